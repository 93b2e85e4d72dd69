"""One gesture for the people whose boxes are ticked on the board or in the list."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import abort, flash, make_response, redirect, render_template, request, url_for
from flask_login import current_user

from app.applications import batch, board, mails, wording, workflow
from app.applications.closing_forms import DeclineGroupForm
from app.applications.enums import DECLINE_REASON_LABELS, STATUS_LABELS, DeclineReason, Status
from app.applications.forms import GroupForm, ReasonForm, choices_of
from app.applications.models import Application
from app.applications.views.recruiter import member, no_store, recruiter
from app.core import clock
from app.core.database import db
from app.core.i18n import _, plural
from app.core.routes import LARGEST_ID
from app.core.security import safe_next

NO = "non"
# States that are reached otherwise: by opening the sheet, or with a reason.
NOT_OFFERED = workflow.NEEDS_REASON | {Status.SEEN}


@recruiter.post("/candidatures/groupe")
@member
def group_move() -> Any:
    """Bring those whose boxes are ticked to a step, or ask why it is no."""
    form = GroupForm()
    back = safe_next(request.form.get("next"), url_for("recruiter.index"))
    ids = _ids(request.form.getlist("qui"))
    to = form.to.data or ""
    wrong = (
        _what_is_wrong(ids, to) if form.validate() else _("Rechargez la page, puis recommencez.")
    )
    if wrong:
        flash(wrong, "error")
        return redirect(back, 303)
    if to == NO:
        return redirect(url_for("recruiter.group_decline", qui=ids), 303)
    found = batch.move_people(current_user, ids, Status(to), clock.now())
    db.session.commit()
    return _told(found, Status(to), back)


def _what_is_wrong(ids: Sequence[int], to: str) -> str:
    if not ids:
        return _("Cochez au moins une personne.")
    if len(ids) > batch.MOST:
        return _("Cochez %(most)d personnes au plus à la fois.", most=batch.MOST)
    if to == NO or (to in set(Status) and to not in NOT_OFFERED):
        return ""
    return _("Choisissez une étape de la liste.")


def _ids(given: Sequence[str]) -> list[int]:
    """Return the whole numbers among what was sent, each once."""
    numbers = [int(one) for one in given if one.isascii() and one.isdigit() and len(one) < 20]
    return [number for number in dict.fromkeys(numbers) if 0 < number <= LARGEST_ID]


def _told(found: Sequence[Application], to: Status | None, back: str) -> Any:
    """Go back when all is done and everybody hears it by e-mail; else say who does not."""
    outcome = batch.outcome_of(found, to)
    if not found:
        abort(404)
    if outcome.left or _to_phone(outcome, to):
        ids = [one.id for one in found]
        return redirect(url_for("recruiter.group_result", qui=ids, vers=to or NO), 303)
    step = _("réponse négative") if to is None else STATUS_LABELS[to]
    flash(
        plural(
            "Une personne\u00a0: %(step)s.",
            "%(num)d personnes\u00a0: %(step)s.",
            len(outcome.done),
            step=step,
        ),
        "ok",
    )
    return redirect(back, 303)


def _to_phone(outcome: batch.Outcome, to: Status | None) -> list[Application]:
    """Return those who know nothing of it until somebody calls them."""
    return [] if to in workflow.SILENT | workflow.SPOKEN else outcome.to_phone


@recruiter.get("/candidatures/bilan")
@member
def group_result() -> Any:
    """Say who is where the gesture led, who must be called, and who could not move."""
    asked = request.args.get("vers", "")
    ids = _ids(request.args.getlist("qui"))
    if not ids:
        return _nobody()
    if asked != NO and (asked not in set(Status) or asked in NOT_OFFERED):
        abort(404)
    to = None if asked == NO else Status(asked)
    found = _find(ids)
    outcome = batch.outcome_of(found, to)
    page = render_template(
        "recruiter/group_result.html",
        outcome=outcome,
        to_phone=_to_phone(outcome, to),
        step=_("Réponse négative") if to is None else STATUS_LABELS[to],
        silent=to in workflow.SILENT,
        name=_name,
    )
    return no_store(make_response(page))


def _find(ids: Sequence[int]) -> list[Application]:
    """Return those of these people that this member may open, or answer 404."""
    return batch.people(ids, current_user.id) or abort(404)


def _nobody() -> Any:
    flash(_("Cochez au moins une personne."), "error")
    return redirect(url_for("recruiter.index"), 303)


def _name(application: Application) -> str:
    return board.short_name(application.first_name, application.last_name)


@recruiter.route("/candidatures/repondre", methods=["GET", "POST"])
@member
def group_decline() -> Any:
    """Ask for one reason, show the message that goes with it, then send it to each person."""
    ids = _ids(request.args.getlist("qui"))
    if not ids:
        return _nobody()
    found = _find(ids)
    people = [one for one in found if batch.refusal(one) is not None]
    form = DeclineGroupForm()
    form.given = [one.listing.title for one in people]
    form.people.choices = choices_of({one.id: _name(one) for one in people})
    if form.is_submitted():
        if form.validate():
            return _send(form)
        return _message_page(form, found, people), 422
    if not people:
        flash(_("Ces personnes ont déjà une réponse, ou n’en attendent plus."), "warn")
        return redirect(url_for("recruiter.index"), 303)
    reason = request.args.get("reason", "")
    if reason in set(DeclineReason):
        form.reason.data = reason
        form.people.data = [one.id for one in people]
        form.message.data = mails.group_message(DeclineReason(reason), people)
        return _message_page(form, found, people)
    asked = ReasonForm(request.args if "reason" in request.args else None)
    wrong = "reason" in request.args and not asked.validate()
    page = render_template("recruiter/group_reason.html", form=asked, people=people, name=_name)
    return no_store(make_response(page, 422 if wrong else 200))


def _message_page(
    form: DeclineGroupForm, found: Sequence[Application], people: Sequence[Application]
) -> Any:
    reason = form.reason.data
    page = render_template(
        "recruiter/group_decline.html",
        form=form,
        people=people,
        answered=[_name(one) for one in found if one not in people],
        reason=DECLINE_REASON_LABELS[DeclineReason(reason)] if reason in set(DeclineReason) else "",
        hints={one.id: _hint(one) for one in people},
        doubts=wording.doubts(reason or "", people),
        to_phone=[_name(one) for one in people if one.email is None],
        first_name=mails.FIRST_NAME,
        title=mails.TITLE,
    )
    return no_store(make_response(page))


def _hint(one: Application) -> str:
    step = str(STATUS_LABELS[Status(one.status)])
    words = _("%(title)s, %(step)s", title=one.listing.title, step=step)
    return words if one.email else _("%(words)s, sans e-mail\u00a0: à appeler", words=words)


def _send(form: DeclineGroupForm) -> Any:
    told = batch.decline_people(
        current_user,
        form.people.data or [],
        DeclineReason(form.reason.data),
        form.message.data,
        clock.now(),
    )
    db.session.commit()
    return _told(told, None, url_for("recruiter.index"))
