"""Those who recruit or train write their listings, follow them and close them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask_login import current_user
from wtforms.validators import ValidationError

from app.accounts.enums import MEMBER_ROLES
from app.applications.queries import on_waiting_lists, waiting_for_answer
from app.core import clock
from app.core.clock import paris_date
from app.core.database import db
from app.core.errors import DomainError
from app.core.i18n import _
from app.core.permissions import requires_role
from app.listings import queries, services
from app.listings.coach import blocking, told
from app.listings.coach.reading import ForbiddenWords, findings_of
from app.listings.enums import KIND_PARAMS, Kind, Outcome, Status
from app.listings.forms import (
    Difference,
    ListingForm,
    differences,
    form_class,
    initial_values,
    text_version,
)
from app.listings.models import Listing
from app.listings.views.coaching import KIND_OF_PARAM, organisation_asked, panel, saved_message
from app.listings.workflow import missing_for_publication
from app.organisations.queries import organisations_of

recruiter_listings = Blueprint("recruiter_listings", __name__, url_prefix="/recruter/annonces")

member = requires_role(*MEMBER_ROLES)
# Buttons of the editor that keep the listing as a draft.
DRAFT_ACTIONS = {"draft", "review"}


@recruiter_listings.get("/")
@member
def index() -> str:
    """List the listings of one's organisations."""
    organisations = organisations_of(current_user)
    return render_template(
        "recruiter/listings.html",
        organisations=organisations,
        listings=queries.listings_of([organisation.id for organisation in organisations]),
    )


@recruiter_listings.route("/nouvelle", methods=["GET", "POST"])
@member
def create() -> Any:
    """Write a listing of the kind asked for, a job by default."""
    kind = KIND_OF_PARAM.get(request.args.get("type", KIND_PARAMS[Kind.JOB])) or abort(404)
    organisation = organisation_asked()
    if organisation is None:
        return redirect(url_for("recruiter_listings.index"), 303)
    now = clock.now()
    form = form_class(kind, 0)(today=paris_date(now))
    if request.method == "GET":
        return _editor(form, kind, None)
    if _proposed(form):
        return _editor(form, kind, None)
    if not _validate(form, None):
        return _editor(form, kind, None), 422
    try:
        values = form.values([])
        listing = services.create_listing(current_user, organisation, kind, values, now)
        return _after(form, listing)
    except DomainError as error:
        return _refused(form, kind, None, error)


@recruiter_listings.get("/<int:listing_id>")
@member
def show(listing_id: int) -> str:
    """Show where a listing stands and what can be done with it."""
    listing = _owned(listing_id)
    return render_template(
        "recruiter/listing.html",
        listing=listing,
        refusal=queries.last_refusal(listing.id) if listing.status == Status.DRAFT else "",
        missing=missing_for_publication(listing),
        blocked=blocking(findings_of(listing, paris_date(clock.now())))
        if listing.status == Status.DRAFT
        else [],
        recall=queries.last_recall(listing.id) if listing.status == Status.IN_REVIEW else "",
        awaits_outcome=listing.outcome == Outcome.EXPIRED,
        waiting=waiting_for_answer(listing.id, current_user.id),
        lists=on_waiting_lists(listing.id) if listing.sessions else {},
        timed=listing.kind in {Kind.EVENT, Kind.IMMERSION},
    )


@recruiter_listings.route("/<int:listing_id>/modifier", methods=["GET", "POST"])
@member
def update(listing_id: int) -> Any:
    """Change a listing that is not closed."""
    listing = _owned(listing_id, hold=request.method == "POST")
    kind = Kind(listing.kind)
    if listing.status == Status.CLOSED:
        return redirect(url_for("recruiter_listings.show", listing_id=listing.id), 303)
    now = clock.now()
    form = form_class(kind, len(listing.sessions))(
        data=initial_values(listing), today=paris_date(now)
    )
    if request.method == "GET":
        return _editor(form, kind, listing)
    if _proposed(form):
        return _editor(form, kind, listing)
    if not _validate(form, listing):
        return _editor(form, kind, listing), 422
    if form.version.data != text_version(listing):
        differing = differences(form, listing)
        if differing:
            # What she has now read is what she may replace.
            form.version.data = text_version(listing)
            return _editor(form, kind, listing, differing), 409
    try:
        values = form.values(list(listing.sessions))
        before = listing.status
        services.update_listing(current_user, listing, values, now)
        return _after(form, listing, before)
    except DomainError as error:
        return _refused(form, kind, listing, error)


@recruiter_listings.post("/<int:listing_id>/envoyer")
@member
def submit(listing_id: int) -> Any:
    """Send a draft to review, or online when the organisation is known."""
    return _act(listing_id, services.submit_listing, _submitted_message)


@recruiter_listings.post("/<int:listing_id>/pause")
@member
def pause(listing_id: int) -> Any:
    """Hide a listing for a while."""
    return _act(
        listing_id,
        services.pause_listing,
        lambda _listing: _("L’annonce est en pause\u00a0: elle n’apparaît plus."),
    )


@recruiter_listings.post("/<int:listing_id>/reprendre")
@member
def resume(listing_id: int) -> Any:
    """Show a paused listing again."""
    return _act(
        listing_id,
        services.resume_listing,
        lambda _listing: _("L’annonce est de nouveau en ligne."),
    )


@recruiter_listings.route("/<int:listing_id>/confirmer", methods=["GET", "POST"])
@member
def confirm(listing_id: int) -> Any:
    """Ask whether a listing is still true; only the button of the page says yes."""
    listing = _owned(listing_id)
    if request.method == "POST":
        return _act(
            listing_id,
            services.confirm_listing,
            lambda _listing: (
                _("Merci. L’annonce reste en ligne.")
                if _listing.status == Status.PUBLISHED
                else _("Merci. L’annonce reste en pause.")
            ),
        )
    if listing.status not in {Status.PUBLISHED, Status.PAUSED}:
        return redirect(url_for("recruiter_listings.show", listing_id=listing.id), 303)
    return render_template("recruiter/listing_confirm.html", listing=listing)


def _act(
    listing_id: int,
    service: Callable[..., Listing],
    message: Callable[[Listing], str],
) -> Any:
    """Do one thing on a listing of one's own, or say what forbids it."""
    listing = _owned(listing_id)
    try:
        service(current_user, listing, clock.now())
    except DomainError as error:
        db.session.rollback()
        flash(error.message, "error")
        return redirect(url_for("recruiter_listings.show", listing_id=listing_id), 303)
    return _done(listing, message(listing))


def _owned(listing_id: int, *, hold: bool = False) -> Listing:
    return queries.owned_listing(listing_id, current_user.id, hold=hold) or abort(404)


def _proposed(form: ListingForm) -> bool:
    """Fill the form with what is known of the profession, if that is the button pressed."""
    if request.form.get("action") != "propose":
        return False
    try:
        form.propose()
    except ValidationError as error:
        form["profession_id"].errors = [str(error)]
    return True


def _validate(form: ListingForm, listing: Listing | None) -> bool:
    """Check the form; what is already sent or online can no longer be half filled."""
    may_wait = listing is None or listing.status == Status.DRAFT
    form.draft = may_wait and request.form.get("action") in DRAFT_ACTIONS
    return form.validate()


def _after(form: ListingForm, listing: Listing, before: str = Status.DRAFT) -> Any:
    """Commit, then lead where the button pressed says. `before`: its state when it was opened."""
    if listing.status == Status.IN_REVIEW and before in {Status.PUBLISHED, Status.PAUSED}:
        return _done(listing, _hidden_message(Kind(listing.kind)))
    if not form.draft and listing.status == Status.DRAFT:
        services.submit_listing(current_user, listing, clock.now())
        return _done(listing, _submitted_message(listing))
    if request.form.get("action") == "review":
        db.session.commit()
        address = url_for("recruiter_listings.update", listing_id=listing.id, _anchor="coach")
        return redirect(address, 303)
    messages = {
        Status.DRAFT: saved_message(listing),
        Status.IN_REVIEW: _("Enregistré. Notre équipe relit l’annonce avant de la publier."),
    }
    return _done(listing, messages.get(Status(listing.status), _("Modifications enregistrées.")))


def _hidden_message(kind: Kind) -> str:
    if kind == Kind.JOB:
        return _(
            "Enregistré. Le salaire, le contact ou le lieu a changé\u00a0: l’annonce est cachée, "
            "notre équipe la relit, puis elle revient en ligne."
        )
    return _(
        "Enregistré. Le prix, le contact ou le lieu a changé\u00a0: l’annonce est cachée, "
        "notre équipe la relit, puis elle revient en ligne."
    )


def _submitted_message(listing: Listing) -> str:
    if listing.status == Status.PUBLISHED:
        return _("L’annonce est en ligne.")
    return _("Merci. Notre équipe relit l’annonce, puis vous écrit.")


def _done(listing: Listing, message: str) -> Any:
    db.session.commit()
    flash(message, "ok")
    return redirect(url_for("recruiter_listings.show", listing_id=listing.id), 303)


def _refused(form: ListingForm, kind: Kind, listing: Listing | None, error: DomainError) -> Any:
    """Show the form again with what was typed and the rule that forbids it."""
    db.session.rollback()
    for finding in error.findings if isinstance(error, ForbiddenWords) else ():
        field = form[finding.field]
        field.errors = [*field.errors, told(finding)]
    kept = queries.owned_listing(listing.id, current_user.id) if listing else None
    if isinstance(error, services.TooFewSeats) and kept is not None:
        shown = [one and one.id for one in form.shown_sessions(list(kept.sessions))]
        field = form.session_fields[shown.index(error.session_id)]["capacity"]
        field.errors = [*field.errors, error.message]
    if not form.errors:
        form.form_errors.append(error.message)
    return _editor(form, kind, kept), 422


def _editor(
    form: ListingForm,
    kind: Kind,
    listing: Listing | None,
    differing: Sequence[Difference] = (),
) -> str:
    structure = listing.organisation if listing else organisation_asked()
    return render_template(
        "recruiter/listing_form.html",
        form=form,
        kind=kind,
        listing=listing,
        differing=differing,
        organisations=[] if listing else organisations_of(current_user),
        online=listing is not None and listing.status in {Status.PUBLISHED, Status.PAUSED},
        saved=saved_message(listing) if listing and listing.status == Status.DRAFT else "",
        structure=structure.id if structure else None,
        **panel(form, kind, structure),
    )
