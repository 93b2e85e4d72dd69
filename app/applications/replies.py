"""What a person answers to a message of the organisation, on her page. Nothing here commits."""

from __future__ import annotations

import datetime as dt

from app.applications.enums import Letter
from app.applications.letters import CLOSED
from app.applications.models import Application, ApplicationMessage
from app.core.database import db
from app.core.errors import DomainError
from app.core.i18n import _
from app.core.outbox import enqueue
from app.organisations.queries import members_of

REPLY_MAX = 500


class NothingAsked(DomainError):
    """The message waits for no answer: another came, its date has passed, or it is over."""


def open_message(application: Application, now: dt.datetime) -> ApplicationMessage | None:
    """Return the message that the person may answer, or whose answer she may change: the last."""
    last = application.messages[-1] if application.messages else None
    # One answers a proposal with the listing's own form.
    if last is None or application.status in CLOSED or last.letter == Letter.PROPOSAL:
        return None
    if last.meeting_at is not None and last.meeting_at <= now:
        return None
    return last


def reply(
    application: Application, message_id: int, coming: bool | None, words: str, now: dt.datetime
) -> bool:
    """Keep what the person answers, and tell the members. Return False when nothing changed.

    `coming`: whether she comes to the meeting of the message; None for another message. Raises
    NothingAsked.
    """
    db.session.refresh(application, ["status"], with_for_update=True)
    message = open_message(application, now)
    if message is None or message.id != message_id:
        raise NothingAsked(
            _("La structure vous a écrit depuis\u00a0: relisez son dernier message, puis répondez.")
        )
    said = (coming if message.letter == Letter.MEETING else None, words or None)
    if said == (None, None) or said == (message.coming, message.reply):
        return False
    message.coming, message.reply = said
    message.replied_at = now
    for member in members_of(application.listing.organisation_id or 0):
        # One event for one e-mail: a refused address never delays nor repeats the others.
        enqueue(
            "application.replied",
            now=now,
            application_id=application.id,
            application_message_id=message.id,
            user_id=member.id,
        )
    db.session.flush()
    return True
