"""The meeting proposed to a person, and what she answers. Nothing here commits.

Each answer is kept: she may change her mind, the last one counts. Those who proposed are told.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection

import phonenumbers
from sqlalchemy import func, select

from app.applications.enums import Letter, MeetingAnswer, Status
from app.applications.models import Application, ApplicationMessage, MeetingReply
from app.core.database import db
from app.core.errors import DomainError, NotAllowedTransition
from app.core.i18n import _
from app.core.outbox import enqueue
from app.organisations.queries import members_of

# Nobody hesitates more; each change is an e-mail to a team.
MOST_ANSWERS = 10
# (instant, last answer) of the last meeting, by id of application.
Answers = dict[int, tuple[dt.datetime | None, str | None]]
MET = frozenset({Status.MEETING, Status.TRIAL})


class TooManyAnswers(DomainError):
    """The person has changed her mind too often."""

    status = 429


def last_meeting(application: Application) -> ApplicationMessage | None:
    """Return the last meeting that was proposed, or None."""
    return next((one for one in reversed(application.messages) if one.meeting_at), None)


def to_answer(application: Application, now: dt.datetime) -> ApplicationMessage | None:
    """Return the meeting to come that the person may answer, or None."""
    meeting = last_meeting(application)
    if meeting is None or meeting.meeting_at is None or application.status not in MET:
        return None
    return meeting if meeting.meeting_at > now else None


def last_reply(meeting: ApplicationMessage | None) -> MeetingReply | None:
    """Return what the person answered last, or None."""
    return meeting.replies[-1] if meeting is not None and meeting.replies else None


def answer_meeting(
    application: Application, meeting_id: int, answer: MeetingAnswer, words: str, now: dt.datetime
) -> MeetingReply:
    """Keep the answer of the person and tell who proposed the meeting; once, if it is the same.

    `meeting_id`: the one she read. Raises NotAllowedTransition when another was proposed since,
    when it is past or when the application has gone on; and TooManyAnswers.
    """
    db.session.refresh(application, ["status"], with_for_update={"key_share": True})
    db.session.refresh(application, ["messages"])
    meeting = to_answer(application, now)
    if meeting is None:
        raise NotAllowedTransition(_("Ce rendez-vous n’attend plus de réponse."))
    if meeting.id != meeting_id:
        raise NotAllowedTransition(
            _("Un autre rendez-vous vous a été proposé depuis. Répondez à celui-ci.")
        )
    db.session.refresh(meeting, ["replies"])
    known = last_reply(meeting)
    if known is not None and (known.answer, known.words) == (answer, words):
        return known
    if len(meeting.replies) >= MOST_ANSWERS:
        raise TooManyAnswers(_("Vous avez changé plusieurs fois d’avis. Attendez l’appel."))
    reply = MeetingReply(answer=answer, words=words, at=now)
    meeting.replies.append(reply)
    db.session.flush()
    _tell(application, meeting, reply, now)
    return reply


def _tell(
    application: Application, meeting: ApplicationMessage, reply: MeetingReply, now: dt.datetime
) -> None:
    """Enqueue the message to who proposed the meeting; to all the members if she has left."""
    organisation_id = application.listing.organisation_id
    members = members_of(organisation_id) if organisation_id is not None else []
    author = [one for one in members if one.id == meeting.author_id]
    for member in author or members:
        enqueue(
            "application.meeting_answered",
            now=now,
            meeting_reply_id=reply.id,
            user_id=member.id,
        )


def answers_of(application_ids: Collection[int]) -> Answers:
    """Return (instant, last answer) of the last meeting of each of these applications."""
    if not application_ids:
        return {}
    last_meeting = (
        select(func.max(ApplicationMessage.id))
        .where(
            ApplicationMessage.application_id.in_(application_ids),
            ApplicationMessage.letter == Letter.MEETING,
        )
        .group_by(ApplicationMessage.application_id)
    )
    last_answer = (
        select(MeetingReply.answer)
        .where(MeetingReply.message_id == ApplicationMessage.id)
        .order_by(MeetingReply.id.desc())
        .limit(1)
        .scalar_subquery()
    )
    rows = db.session.execute(
        select(ApplicationMessage.application_id, ApplicationMessage.meeting_at, last_answer).where(
            ApplicationMessage.id.in_(last_meeting)
        )
    )
    return {row[0]: (row[1], row[2]) for row in rows}


def number_given(application: Application) -> str:
    """Return the last telephone that the organisation wrote to the person, in E.164, or ""."""
    for message in reversed(application.messages):
        for found in phonenumbers.PhoneNumberMatcher(message.text, "FR"):
            return phonenumbers.format_number(found.number, phonenumbers.PhoneNumberFormat.E164)
    return ""
