"""What a person decides on the page where she follows her application; her calendar."""

from __future__ import annotations

import datetime as dt
from typing import Any

from flask import (
    Blueprint,
    Response,
    abort,
    current_app,
    flash,
    make_response,
    redirect,
    render_template,
    request,
    url_for,
)

from app.applications import after, meetings, pool, progress
from app.applications.enums import MeetingAnswer
from app.applications.letter_forms import MeetingReplyForm
from app.applications.models import Application, ApplicationMessage
from app.applications.views.public import meeting_context, opened, private, remember
from app.core import clock
from app.core.database import db
from app.core.errors import DomainError
from app.core.i18n import _
from app.core.limits import limiter
from app.core.permissions import public

following = Blueprint("following", __name__, url_prefix="/candidature/<reference>")
LASTS = dt.timedelta(hours=1)


@following.post("/vivier")
@public
def keep(reference: str) -> Any:
    """Agree that the organisation keeps the contact, refuse, or take it back: one button each."""
    application = opened(reference)
    if application is None:
        return private(redirect(url_for("applications.lookup", reference=reference[:20]), 303))  # type: ignore[arg-type]
    now = clock.now()
    try:
        if request.form.get("answer") == "yes":
            pool.agree(application, now)
            told = _("C’est noté\u00a0: votre contact est gardé. Vous pouvez changer d’avis ici.")
        elif request.form.get("answer") != "no":
            abort(400)
        else:
            pool.refuse(application, now)
            told = _("C’est noté\u00a0: votre contact n’est pas gardé.")
    except DomainError as error:
        db.session.rollback()
        flash(error.message, "warn")
    else:
        db.session.commit()
        flash(told, "ok")
    return private(redirect(url_for("applications.show", reference=reference), 303))  # type: ignore[arg-type]


@following.post("/suite")
@public
@limiter.limit(lambda: str(current_app.config["APPLICATION_RATE_LIMIT"]))
def apply(reference: str) -> Any:
    """Answer the listing proposed after a visit that pleased: one tap, once."""
    application = opened(reference)
    if application is None:
        return private(redirect(url_for("applications.lookup", reference=reference[:20]), 303))  # type: ignore[arg-type]
    now = clock.now()
    back = url_for("applications.show", reference=reference)
    try:
        listing_id = request.form.get("listing", 0, type=int)
        result = after.apply_next(application, listing_id, now)
    except DomainError as error:
        db.session.rollback()
        flash(error.message, "warn")
        return private(redirect(back, 303))  # type: ignore[arg-type]
    db.session.commit()
    if result.secret is None:
        flash(_("Vous avez déjà répondu à cette annonce. Rien d’autre n’a été envoyé."), "warn")
        return private(redirect(back, 303))  # type: ignore[arg-type]
    remember(result.application.reference, result.secret, now)
    return private(redirect(url_for("applications.confirmation"), 303))  # type: ignore[arg-type]


@following.route("/rendez-vous", methods=["GET", "POST"])
@public
@limiter.limit(lambda: str(current_app.config["APPLICATION_RATE_LIMIT"]), methods=["POST"])
def meeting(reference: str) -> Any:
    """Answer the meeting that is proposed: opening the page changes nothing, a button does."""
    application = opened(reference)
    if application is None:
        return private(redirect(url_for("applications.lookup", reference=reference[:20]), 303))  # type: ignore[arg-type]
    now = clock.now()
    back = url_for("applications.show", reference=reference)
    asked = meetings.to_answer(application, now)
    form = MeetingReplyForm()
    if form.is_submitted():
        answer = request.form.get("answer", "")
        if answer not in set(MeetingAnswer) or not (form.meeting.data or "").isdecimal():
            abort(400)
        if form.validate():
            return _answer(application, form, MeetingAnswer(answer), now)
    elif asked is not None:
        form.meeting.data = str(asked.id)
    if asked is None:
        return private(redirect(back, 303))  # type: ignore[arg-type]
    page = render_template(
        "applications/meeting.html",
        application=application,
        listing=application.listing,
        employer=progress.employer(application),
        **meeting_context(application, now, form),
    )
    return private(make_response(page, 422 if form.errors else 200))


def _answer(
    application: Application, form: MeetingReplyForm, answer: MeetingAnswer, now: dt.datetime
) -> Any:
    coming = answer is MeetingAnswer.COMING
    words = "" if coming else form.words.data or ""
    back = url_for("applications.show", reference=application.reference)
    try:
        meetings.answer_meeting(application, int(form.meeting.data or 0), answer, words, now)
    except DomainError as error:
        db.session.rollback()
        flash(error.message, "warn")
        return private(redirect(back, 303))  # type: ignore[arg-type]
    db.session.commit()
    told = _("C’est noté\u00a0: l’équipe sait que vous venez.")
    if not coming:
        told = _("C’est noté\u00a0: l’équipe sait que cette date ne vous convient pas.")
    flash(told, "ok")
    return private(redirect(back, 303))  # type: ignore[arg-type]


@following.get("/rencontre.ics")
@public
def calendar(reference: str) -> Any:
    """Give the last meeting as a file for a calendar."""
    application = opened(reference)
    if application is None:
        return private(redirect(url_for("applications.lookup", reference=reference[:20]), 303))  # type: ignore[arg-type]
    met = meetings.last_meeting(application) or abort(404)
    name = f"{application.listing.title}, {progress.employer(application)}"
    response = Response(_calendar(met, name), mimetype="text/calendar")
    response.headers["Content-Disposition"] = 'attachment; filename="rencontre.ics"'
    return private(response)


def _calendar(message: ApplicationMessage, name: str) -> str:
    """Write an RFC 5545 calendar with one event."""
    start = message.meeting_at or message.at
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        f"PRODID:-//{_escape(current_app.config['SITE_NAME'])}//FR",
        "BEGIN:VEVENT",
        f"UID:rencontre-{message.id}@{request.host}",
        f"DTSTAMP:{message.at:%Y%m%dT%H%M%SZ}",
        f"DTSTART:{start:%Y%m%dT%H%M%SZ}",
        f"DTEND:{start + LASTS:%Y%m%dT%H%M%SZ}",
        f"SUMMARY:{_escape(name)}",
        f"LOCATION:{_escape(message.meeting_place or '')}",
        "END:VEVENT",
        "END:VCALENDAR",
    ]
    return "\r\n".join(part for line in lines for part in _folded(line)) + "\r\n"


def _escape(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,")
    return " ".join(escaped.split())


def _folded(line: str) -> list[str]:
    """Cut a line so that none is longer than 75 bytes, the next ones starting with a space."""
    parts, current = [], ""
    for sign in line:
        if len((current + sign).encode()) > 74:
            parts.append(current)
            current = " "
        current += sign
    return [*parts, current]
