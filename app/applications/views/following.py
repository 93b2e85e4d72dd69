"""What a person decides on the page where she follows her application; her calendar."""

from __future__ import annotations

import datetime as dt
from typing import Any

from flask import Blueprint, Response, abort, current_app, flash, redirect, request, url_for

from app.applications import after, pool, progress
from app.applications.enums import Letter
from app.applications.models import ApplicationMessage
from app.applications.views.public import opened, private, remember
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


@following.get("/rencontre.ics")
@public
def calendar(reference: str) -> Any:
    """Give the last meeting as a file for a calendar."""
    application = opened(reference)
    if application is None:
        return private(redirect(url_for("applications.lookup", reference=reference[:20]), 303))  # type: ignore[arg-type]
    met = [one for one in application.messages if one.letter == Letter.MEETING]
    if not met:
        abort(404)
    name = f"{application.listing.title}, {progress.employer(application)}"
    response = Response(_calendar(met[-1], name), mimetype="text/calendar")
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
