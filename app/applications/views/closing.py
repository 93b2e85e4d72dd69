"""Closing a listing: how it ended, and what those who wait for an answer are told."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask_login import current_user

from app.accounts.enums import MEMBER_ROLES
from app.applications import mails, queries
from app.applications.closing import REASONS, Answered, close_and_answer
from app.applications.closing_forms import NOW, AnswerAllForm, CloseForm, EndingForm
from app.applications.enums import DECLINE_REASON_LABELS, STATUS_LABELS
from app.applications.enums import Status as Step
from app.applications.forms import choices_of
from app.applications.models import Application
from app.applications.services import NOT_HELD
from app.applications.workflow import WAITING
from app.core import clock
from app.core.database import db
from app.core.errors import DomainError
from app.core.filters import date_short
from app.core.i18n import _, plural
from app.core.permissions import requires_role
from app.listings.enums import Kind, Outcome, Status
from app.listings.models import Listing
from app.listings.queries import owned_listing

closing = Blueprint("closing", __name__, url_prefix="/recruter/annonces/<int:listing_id>/clore")
member = requires_role(*MEMBER_ROLES)


@closing.route("", methods=["GET", "POST"])
@member
def close(listing_id: int) -> Any:
    """Close a listing, or tell how one closed by its date ended."""
    listing = _owned(listing_id)
    if _is_concluded(listing):
        return _to_listing(listing_id)
    form = CloseForm(listing.kind)
    if request.method == "GET":
        form.outcome.data = request.args.get("outcome", "")
        return _close_page(form, listing)
    if not form.validate():
        return _close_page(form, listing), 422
    waiting = queries.waiting_for_answer(listing.id, current_user.id)
    ending = {"outcome": form.outcome.data, "unfilled_reason": form.unfilled_reason.data or ""}
    if waiting and form.reply.data == NOW:
        return redirect(url_for("closing.answer", listing_id=listing.id, **ending), 303)
    try:
        close_and_answer(
            current_user,
            listing,
            ending["outcome"],
            clock.now(),
            unfilled_reason=ending["unfilled_reason"] or None,
        )
    except DomainError as error:
        db.session.rollback()
        form.form_errors.append(error.message)
        return _close_page(form, _owned(listing_id)), 422
    db.session.commit()
    flash(_closed_message(listing, waiting), "warn" if waiting else "ok")
    return _to_listing(listing_id)


def _close_page(form: CloseForm, listing: Listing) -> str:
    is_event = listing.kind == Kind.EVENT
    return render_template(
        "recruiter/listing_close.html",
        form=form,
        listing=listing,
        waiting=queries.waiting_for_answer(listing.id, current_user.id),
        registered=queries.registered_to_come(listing.id, clock.now()) if is_event else 0,
    )


def _closed_message(listing: Listing, waiting: int) -> str:
    if waiting:
        return plural(
            "L’annonce est close. Une personne attend encore votre réponse.",
            "L’annonce est close. %(num)d personnes attendent encore votre réponse.",
            waiting,
        )
    if listing.kind == Kind.EVENT and listing.outcome in NOT_HELD:
        return _("C’est noté. Les personnes inscrites à une date à venir vont être prévenues.")
    return _("C’est noté. L’annonce est close.")


@closing.route("/repondre", methods=["GET", "POST"])
@member
def answer(listing_id: int) -> Any:
    """Show the ready message to those who wait; then send it, and close the listing with it."""
    listing = _owned(listing_id)
    ending = EndingForm(listing.kind, formdata=request.args)
    if not _is_concluded(listing) and not ending.validate():
        return redirect(url_for("closing.close", listing_id=listing_id), 303)
    people = queries.unanswered(listing.id) if _may_read(listing) else []
    if not people:
        return _to_listing(listing_id)
    outcome = Outcome((listing.outcome if _is_concluded(listing) else None) or ending.outcome.data)
    form = AnswerAllForm()
    form.given = (listing.title,)
    form.people.choices = choices_of({one.id: _short_name(one) for one in people})
    if request.method == "GET":
        form.people.data = [one.id for one in people if one.status in WAITING]
        form.message.data = mails.closing_message(REASONS[outcome], listing)
    elif form.validate():
        return _answer(form, listing, outcome, ending.unfilled_reason.data or None)
    return _answer_page(form, listing, outcome, people), 422 if form.errors else 200


def _answer_page(
    form: AnswerAllForm, listing: Listing, outcome: Outcome, people: list[Application]
) -> str:
    return render_template(
        "recruiter/listing_answer.html",
        form=form,
        listing=listing,
        concluded=_is_concluded(listing),
        reason=DECLINE_REASON_LABELS[REASONS[outcome]],
        steps={one.id: _step(one) for one in people},
    )


def _step(application: Application) -> str:
    step = str(STATUS_LABELS[Step(application.status)])
    received = _("%(step)s, reçue le %(day)s", step=step, day=date_short(application.created_at))
    if application.email:
        return received
    return _("%(received)s, sans e-mail\u00a0: à appeler", received=received)


def _answer(form: AnswerAllForm, listing: Listing, outcome: Outcome, why: str | None) -> Any:
    listing_id = listing.id
    try:
        answered = close_and_answer(
            current_user,
            listing,
            outcome,
            clock.now(),
            unfilled_reason=why,
            refused=form.people.data or [],
            message=form.message.data,
        )
    except DomainError as error:
        db.session.rollback()
        flash(error.message, "error")
        return _to_listing(listing_id)
    db.session.commit()
    flash(_answered_message(answered), "ok")
    return _to_listing(listing_id)


def _answered_message(answered: Answered) -> str:
    if not answered.people:
        return _("L’annonce est close. Ces personnes avaient déjà une réponse.")
    told = plural(
        "L’annonce est close. Une personne a votre réponse.",
        "L’annonce est close. %(num)d personnes ont votre réponse.",
        answered.people,
    )
    if not answered.without_email:
        return told
    return f"{told} " + plural(
        "L’une n’a pas d’e-mail\u00a0: appelez-la.",
        "%(num)d n’ont pas d’e-mail\u00a0: appelez-les.",
        answered.without_email,
    )


def _short_name(application: Application) -> str:
    name, last = application.first_name, application.last_name
    return f"{name} {last[:1]}." if last else name


def _is_concluded(listing: Listing) -> bool:
    return listing.status == Status.CLOSED and listing.outcome != Outcome.EXPIRED


def _may_read(listing: Listing) -> bool:
    """Return whether the names of those who answered may be shown: its organisation is known."""
    return listing.organisation is not None and listing.organisation.verified


def _owned(listing_id: int) -> Listing:
    return owned_listing(listing_id, current_user.id) or abort(404)


def _to_listing(listing_id: int) -> Any:
    return redirect(url_for("recruiter_listings.show", listing_id=listing_id), 303)
