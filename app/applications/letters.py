"""What the members write about a person, and to her. Nothing here commits.

Notes are read by the members only; messages leave, and stay on her page.
"""

from __future__ import annotations

import datetime as dt

from app.accounts.models import User
from app.applications import queries, workflow
from app.applications.enums import ActorKind, Letter, Status
from app.applications.models import Application, ApplicationMessage, ApplicationNote
from app.applications.services import move_application
from app.applications.wording import require_proper
from app.core.database import db
from app.core.errors import DomainError, NotAllowedTransition
from app.core.i18n import _
from app.core.outbox import enqueue
from app.listings.models import Listing

S = Status
MET = frozenset({S.MEETING, S.TRIAL})
# A no has been said, or the person has gone: nothing more is written to her, unless she agreed.
CLOSED = frozenset({S.DECLINED, S.REFUSED, S.CLOSED_ELSEWHERE, S.ABSENT}) | workflow.TAKEN_BACK


class TooLate(DomainError):
    """What was asked is about an instant that is past."""

    status = 422


def letters_for(kind: str, status: str) -> list[Letter]:
    """Return what a member may write about, in this state of an application."""
    if status == S.POOL:
        return [Letter.PROPOSAL]
    if status in CLOSED:
        return []
    letters = [Letter.TRIED, Letter.TALK, Letter.MISSING]
    return [*letters, Letter.MEETING] if meeting_steps(kind, status) else letters


def meeting_steps(kind: str, status: str) -> list[Status]:
    """Return the steps that have a date and a place, which a member may reach or set again."""
    reached = workflow.allowed(kind, status, ActorKind.MEMBER) | {Status(status)}
    return [step for step in (S.MEETING, S.TRIAL) if step in reached]


def add_note(application: Application, actor: User, text: str, now: dt.datetime) -> ApplicationNote:
    """Write a note for the colleagues. Raises NotAllowedTransition once it was taken back."""
    if application.status in workflow.TAKEN_BACK:
        raise NotAllowedTransition(
            _("La personne a retiré sa demande\u00a0: rien ne se note plus.")
        )
    note = ApplicationNote(author_id=actor.id, text=text, at=now)
    application.notes.append(note)
    db.session.flush()
    return note


def delete_note(application: Application, actor: User, note_id: int) -> bool:
    """Delete a note of one's own; return whether there was one."""
    for note in application.notes:
        if note.id == note_id and note.author_id == actor.id:
            application.notes.remove(note)
            db.session.flush()
            return True
    return False


def write(
    application: Application,
    actor: User,
    letter: Letter,
    text: str,
    now: dt.datetime,
    *,
    step: Status | None = None,
    meeting_at: dt.datetime | None = None,
    meeting_place: str | None = None,
    listing: Listing | None = None,
) -> ApplicationMessage:
    """Write to the person: on her page, and by e-mail if she has one.

    The step follows when nobody had answered yet; `step` is the one a meeting leads to. Raises
    NotAllowedTransition, ImproperWords, TooLate.
    """
    if application.session_id is not None:
        queries.lock_sessions(application.session_id)
    db.session.refresh(application, ["status"], with_for_update=True)
    kind = application.listing.kind
    if letter not in letters_for(kind, application.status):
        raise NotAllowedTransition(_("On ne peut plus écrire cela à cette personne."))
    require_proper(text, (application.listing.title, application.first_name))
    if letter is Letter.MEETING:
        if meeting_at is None or meeting_at <= now:
            raise TooLate(_("Cette date est passée. Choisissez-en une à venir."))
        require_proper(meeting_place or "")
        if step not in meeting_steps(kind, application.status):
            raise NotAllowedTransition(_("Cette candidature n’en est plus à cette étape."))
    message = ApplicationMessage(
        author_id=actor.id,
        letter=letter,
        text=text,
        at=now,
        meeting_at=meeting_at,
        meeting_place=meeting_place,
        listing=listing,
    )
    application.messages.append(message)
    db.session.flush()
    _follow(application, actor, letter, step, now)
    enqueue(
        "application.written",
        now=now,
        application_id=application.id,
        application_message_id=message.id,
    )
    return message


def _follow(
    application: Application, actor: User, letter: Letter, step: Status | None, now: dt.datetime
) -> None:
    """Bring the application to the step that the message tells; the message tells it."""
    to = step if letter is Letter.MEETING else S.CONTACTED
    allowed = workflow.allowed(application.listing.kind, application.status, ActorKind.MEMBER)
    if to is not None and to in allowed:
        move_application(application, to, ActorKind.MEMBER, actor, now, told=True)
