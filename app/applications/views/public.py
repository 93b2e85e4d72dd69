"""Answering a listing, then following or taking back one's answer. No account."""

from __future__ import annotations

import datetime as dt
from contextlib import suppress
from typing import Any

from flask import (
    Blueprint,
    Response,
    abort,
    current_app,
    make_response,
    redirect,
    render_template,
    request,
    session,
    url_for,
)

from app.applications import (
    cv,
    kept,
    keys,
    progress,
    queries,
    receiving,
    services,
    workflow,
)
from app.applications.enums import CALL_BACK_HOURS, LETTER_LABELS
from app.applications.forms import (
    ApplicationForm,
    LookupForm,
    choices_of,
)
from app.applications.models import Application
from app.core import clock, sends, storage
from app.core.database import db, reads_only
from app.core.i18n import _
from app.core.limits import client_network, limiter
from app.core.permissions import public
from app.core.security import csrf
from app.listings import queries as listing_queries
from app.listings.details import details_of
from app.listings.enums import KIND_PATHS, Status
from app.listings.models import Listing, ListingSession

applications = Blueprint("applications", __name__)

# Long enough to note the code or print the page, short on a shared computer.
CODE_SHOWN = dt.timedelta(minutes=30)
FOLLOWED_FOR = dt.timedelta(hours=2)
FOLLOWED_MAX = 5
HIDDEN = {Status.DRAFT, Status.IN_REVIEW}
KINDS = ", ".join(f'"{path}"' for path in KIND_PATHS.values())


@applications.context_processor
def _labels() -> dict[str, Any]:
    return {"call_back_hours": CALL_BACK_HOURS, "letter_labels": LETTER_LABELS}


def _rate_limit() -> str:
    return str(current_app.config["APPLICATION_RATE_LIMIT"])


# The form checks its own token: an expired session gives the form back, filled, not an error page.
@applications.route(
    f"/<any({KINDS}):kind_path>/<int:listing_id>-<slug>/candidater",
    methods=["GET", "POST"],
)
@public
@csrf.exempt
@limiter.limit(_rate_limit, methods=["POST"])
def create(kind_path: str, listing_id: int, slug: str) -> Any:
    """Show the form; receive it once, whatever is clicked or resent."""
    # Reading the form and the file takes time: the writing transaction starts after them.
    reads_only.set(True)
    now = clock.now()
    listing = listing_queries.get_listing(listing_id)
    if listing is None or listing.status in HIDDEN:
        abort(404)
    if request.method == "GET" and request.path != f"{listing.path}/candidater":
        query = request.query_string.decode("latin-1")
        return redirect(f"{listing.path}/candidater" + (f"?{query}" if query else ""), 301)
    sessions = queries.open_sessions(listing, now)
    form = _form(sessions)
    if not form.is_submitted():
        return _first_page(listing, form, sessions, now)
    if not listing.answered_here:
        return redirect(f"{listing.path}/candidater", 303)
    if form.validate():
        return _receive(listing, form, now)
    if not _is_open(listing, sessions, now):
        return _closed(listing, form, now)
    # Ends the reading transaction: no lock is held while the file is written.
    db.session.commit()
    with suppress(storage.StorageUnavailable):
        if form.checked_file and kept.may_keep():
            form.keep_file(cv.store(form.checked_file))
    return _page(listing, form, now), 422


def _form(sessions: list[ListingSession]) -> ApplicationForm:
    form = ApplicationForm(max_bytes=current_app.config["CV_MAX_BYTES"])
    form.session.choices = choices_of({one.id: progress.session_label(one) for one in sessions})
    if not form.is_submitted():
        # The page of the listing leads here from each of its dates.
        form.session.data = request.args.get("session", type=int)
    return form


def _is_open(listing: Listing, sessions: list[ListingSession], now: dt.datetime) -> bool:
    """Return whether one may answer: the listing is open and, if it has dates, one is to come."""
    return listing.is_open(now) and bool(sessions or not listing.sessions)


def _first_page(
    listing: Listing, form: ApplicationForm, sessions: list[ListingSession], now: dt.datetime
) -> Any:
    if not _is_open(listing, sessions, now):
        return _closed(listing, None, now)
    if not listing.answered_here:
        return render_template(
            "applications/elsewhere.html", listing=listing, details=details_of(listing, now)
        )
    sends.look(form, _sending(listing), now)
    return _page(listing, form, now)


def _sending(listing: Listing, contact: str = "") -> sends.Sending:
    return sends.Sending("application", client_network(), contact, str(listing.id))


def _page(listing: Listing, form: ApplicationForm, now: dt.datetime) -> str:
    details = details_of(listing, now)
    hours = listing.organisation.promise_hours if listing.organisation else None
    is_event = workflow.family_of(listing.kind) is workflow.Family.EVENT
    return render_template(
        "applications/form.html",
        form=form,
        listing=listing,
        details=details,
        employer=_employer(listing),
        is_event=is_event,
        due=progress.when(now + dt.timedelta(hours=hours)) if hours and not is_event else "",
        steps=_next_steps(listing, is_event, now),
        accept=cv.ACCEPT,
        url=f"{current_app.config['PUBLIC_BASE_URL']}{listing.path}/candidater",
    )


def _employer(listing: Listing) -> str:
    return listing.employer_name or (listing.organisation.name if listing.organisation else "")


def _next_steps(listing: Listing, is_event: bool, now: dt.datetime) -> list[progress.Step]:
    """Return what happens after the button is pressed."""
    first = progress.Step(
        _("Vous recevez une référence"), _("Elle sert à suivre votre demande."), "now"
    )
    if is_event:
        return [
            first,
            progress.Step(_("Vous venez")),
            progress.Step(_("Empêché·e\u00a0? Vous annulez")),
        ]
    hours = listing.organisation.promise_hours if listing.organisation else None
    due = _("Avant %(when)s.", when=progress.when(now + dt.timedelta(hours=hours))) if hours else ""
    who = listing.contact_name or _("L’équipe")
    # « M. Delorme, responsable de secteur, vous contacte »
    who += "," if "," in who else ""
    return [
        first,
        progress.Step(_("%(who)s vous contacte", who=who), due),
        progress.Step(_("Vous venez voir, si vous voulez")),
    ]


def _closed(listing: Listing, form: ApplicationForm | None, now: dt.datetime) -> Any:
    """Say that it is over; give back what was typed meanwhile, and what resembles it."""
    page = render_template(
        "applications/closed.html",
        listing=listing,
        details=details_of(listing, now),
        paused=listing.status == Status.PAUSED,
        typed=_typed(form) if form is not None else [],
        full=_is_full(listing, now),
        similar=listing_queries.similar_cards(listing, now, limit=3),
    )
    return page, 410


def _is_full(listing: Listing, now: dt.datetime) -> bool:
    """Return whether only the seats are missing: the listing is open, all its periods are full."""
    to_come = [one for one in listing.sessions if one.starts_at > now]
    return listing.is_open(now) and bool(to_come) and all(one.seats_left == 0 for one in to_come)


def _typed(form: ApplicationForm) -> list[tuple[str, str]]:
    fields = (form.first_name, form.last_name, form.phone, form.email, form.commune, form.message)
    return [(str(field.label.text), field.data) for field in fields if field.data]


def _receive(listing: Listing, form: ApplicationForm, now: dt.datetime) -> Any:
    # Ends the reading transaction: no lock is held while the file is written.
    db.session.commit()
    try:
        stored = _stored(form)
    except storage.StorageUnavailable:
        form.cv.errors = [
            _("Nous n’arrivons pas à garder votre fichier. Réessayez, ou envoyez sans lui.")
        ]
        return _page(listing, form, now), 503
    reads_only.set(False)
    answers = form.answers()
    sending = _sending(listing, answers["phone"] or answers["email"])
    # A form that arrived once already is answered again, whoever sends it twice.
    if not sends.let_through(form, sending, now) and queries.by_key(form.key.data) is None:
        db.session.rollback()
        _keep(stored, form)
        return _page(listing, form, now), 422
    fresh = queries.lock_listing(listing.id) or abort(404)
    chosen = db.session.get(ListingSession, form.session.data) if form.session.data else None
    try:
        result = receiving.submit_application(
            fresh, answers, form.key.data, now, session=chosen, cv=stored
        )
    except receiving.ListingNotOpen:
        db.session.rollback()
        _discard(stored)
        return _closed(listing, form, now)
    db.session.commit()
    _discard(stored, unless=result.application.cv_key)
    if result.secret is not None:
        remember(result.application.reference, result.secret, now)
    elif session.get("sent", {}).get("reference") != result.application.reference:
        page = render_template("applications/already.html", listing=listing, own=False)
        return private(make_response(page, 409))
    # From here on, the browser is the one that sent the first: it went back, or has two tabs.
    if result.conflict:
        page = render_template("applications/already.html", listing=listing, own=True)
        return private(make_response(page, 409))
    return redirect(url_for("applications.confirmation"), 303)


def _stored(form: ApplicationForm) -> cv.StoredFile | None:
    """Return the file that the form brings, else the one that waits for it."""
    if form.checked_file:
        return cv.store(form.checked_file)
    return form.kept.stored if form.kept and not form.without_cv.data else None


def _keep(stored: cv.StoredFile | None, form: ApplicationForm) -> None:
    """Let a file that has just been stored wait for its form to be sent again."""
    if stored is None or not form.checked_file:
        return
    if kept.may_keep():
        form.keep_file(stored)
    else:
        _discard(stored)


def _discard(stored: cv.StoredFile | None, unless: str | None = None) -> None:
    # One that stays has no row: it is swept a day later.
    if stored is not None and stored.key != unless:
        with suppress(storage.StorageUnavailable):
            storage.remove(stored.key)


def remember(reference: str, secret: str, now: dt.datetime) -> None:
    """Let this browser see the confirmation of what it has just sent, and follow it."""
    session["sent"] = {"reference": reference, "code": secret, "at": now.timestamp()}
    _follow(reference, now)


def _follow(reference: str, now: dt.datetime) -> None:
    """Let this browser open that application for a while."""
    followed = session.get("followed", {})
    followed.pop(reference, None)
    kept = list(followed.items())[-(FOLLOWED_MAX - 1) :]
    session["followed"] = dict([*kept, (reference, now.timestamp())])


def private(response: Response) -> Response:
    """Keep the page out of caches, of search engines and of the next site's logs."""
    response.headers["Cache-Control"] = "no-store"
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["X-Robots-Tag"] = "noindex"
    return response


@applications.get("/candidature/confirmation")
@public
def confirmation() -> Any:
    """Show what was received, to the browser that sent it."""
    sent = session.get("sent")
    application = queries.by_reference(sent["reference"]) if sent else None
    if sent is None or application is None:
        return redirect(url_for("applications.lookup"), 303)
    shown_until = dt.datetime.fromtimestamp(sent["at"], dt.UTC) + CODE_SHOWN
    code = sent["code"] if clock.now() < shown_until else ""
    page = render_template(
        "applications/confirmation.html",
        application=application,
        listing=application.listing,
        employer=progress.employer(application),
        code=f"{code[:4]} {code[4:]}" if code else "",
        is_event=workflow.family_of(application.listing.kind) is workflow.Family.EVENT,
        due=progress.when(application.answer_due_at) if application.answer_due_at else "",
        session_at=progress.when(application.session.starts_at) if application.session else "",
        steps=progress.steps(application),
    )
    return private(make_response(page))


@applications.route("/candidature/", methods=["GET", "POST"])
@public
def lookup() -> Any:
    """Ask for the reference and the code; the answer never tells which one is wrong."""
    form = LookupForm()
    if request.method == "GET":
        form.reference.data = request.args.get("reference", "")[:20]
        page = render_template(
            "applications/lookup.html", form=form, dead_link="lien" in request.args
        )
        return private(make_response(page))
    status = 422
    if form.validate():
        now = clock.now()
        reference = keys.clean_reference(form.reference.data)
        try:
            found = services.find_by_code(reference, form.code.data, client_network(), now)
        except services.TooManyTries as error:
            form.form_errors.append(error.message)
            status = error.status
        else:
            db.session.commit()
            if found is not None:
                _follow(found.reference, now)
                return redirect(url_for("applications.show", reference=found.reference), 303)
            form.form_errors.append(
                _(
                    "Cette référence et ce code ne vont pas ensemble, ou la demande a été "
                    "effacée. Vérifiez les deux."
                )
            )
    page = render_template("applications/lookup.html", form=form)
    return private(make_response(page, status))


def opened(reference: str) -> Application | None:
    """Return the application this browser may open: by the code, by the form, or by the link."""
    now = clock.now()
    followed_at = session.get("followed", {}).get(reference, 0.0)
    known = dt.datetime.fromtimestamp(followed_at, dt.UTC) + FOLLOWED_FOR > now
    token = request.args.get("cle", "")
    if not known and not token:
        return None
    application = queries.by_reference(reference)
    if application is None or known:
        return application
    if not keys.link_opens(application.link_salt, token):
        return None
    _follow(reference, now)
    return application
