"""The seats of a date: taken up, let go, given to who waits; and those who have one, told of it.

A seat that is freed goes to who has waited longest (`services.fill_seats`). For an event it is hers
at once. For a training it is proposed to her and kept for 72 hours, never past the first day. She
who does not answer stays on the list, where the school may still choose her, and the seat is
proposed to the next. Nothing here commits.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

from sqlalchemy import or_, select
from sqlalchemy.orm import contains_eager

from app.accounts.models import User
from app.applications import queries, workflow
from app.applications.enums import ActorKind, Status
from app.applications.models import Application, ApplicationEvent
from app.applications.services import fill_seats, move_application, tell_members
from app.core.clock import paris_date
from app.core.database import db
from app.core.errors import DomainError
from app.core.i18n import _
from app.core.outbox import enqueue
from app.listings.enums import Kind
from app.listings.models import Listing, ListingSession

S = Status
BATCH = 200
# Before the beginning of an event; who has just had a message about it is left in peace.
REMINDED_BEFORE = dt.timedelta(hours=48)
JUST_TOLD = dt.timedelta(hours=12)
CAME = frozenset({S.ATTENDED, S.ABSENT})


class OfferOver(DomainError):
    """The seat is no longer kept for the person."""

    status = 410


class TooEarly(DomainError):
    """Nobody can have come yet."""


def accept_seat(application: Application, now: dt.datetime) -> ApplicationEvent | None:
    """Take the seat that was proposed; None on a second click. Raises OfferOver."""
    if application.session_id is not None:
        queries.lock_sessions(application.session_id)
    db.session.refresh(application, ["status", "offer_until"])
    until = application.offer_until
    if application.status == S.ADMITTED:
        return None
    if application.status != S.OFFERED or until is None or until <= now:
        raise OfferOver(_("Cette place n’est plus gardée pour vous."))
    event = move_application(application, S.ADMITTED, ActorKind.CANDIDATE, None, now)
    if event is not None:
        tell_members(application, event, now)
    return event


def end_offers(now: dt.datetime, *, limit: int = BATCH) -> int:
    """End the offers whose delay has passed, and offer these seats to the next; return how many.

    Running it twice, or twice at the same time, changes nothing.
    """
    total = 0
    while True:
        over = (
            select(Application)
            .join(Application.session)
            .options(contains_eager(Application.session))
            .where(
                Application.status == S.OFFERED,
                or_(Application.offer_until <= now, ListingSession.starts_at <= now),
            )
            .order_by(Application.offer_until, Application.id)
            .limit(limit)
        )
        found = db.session.execute(
            over.with_only_columns(Application.id, Application.session_id)
        ).all()
        queries.lock_sessions(*{session_id for _id, session_id in found if session_id})
        ended = db.session.scalars(
            over.where(Application.id.in_([id_ for id_, _session in found])).with_for_update(
                skip_locked=True, of=Application, key_share=True
            )
        ).all()
        if not ended:
            return total
        for application in ended:
            session = application.session
            begun = session is not None and session.starts_at <= now
            to = S.CLOSED_ELSEWHERE if begun else S.WAITLISTED
            move_application(application, to, ActorKind.SYSTEM, None, now)
        total += len(ended)


def follow_dates(listing: Listing, moved: Mapping[str, str], now: dt.datetime) -> None:
    """Serve who waits where seats were added; tell of the new date those who counted on the old.

    `moved`: when the dates that changed used to start (ISO), by the id of the session.
    """
    queries.lock_sessions(listing_id=listing.id)
    for session in listing.sessions:
        was = moved.get(str(session.id))
        if was is not None and dt.datetime.fromisoformat(was) != session.starts_at:
            _tell_of_move(session, was, now)
        fill_seats(session, now)


def _tell_of_move(session: ListingSession, was: str, now: dt.datetime) -> None:
    theirs = select(Application).where(Application.session_id == session.id)
    for application in db.session.scalars(
        theirs.order_by(Application.id).with_for_update(key_share=True)
    ):
        if not counts_on_date(application):
            continue
        # She is told of the new date now: reminded of it only if it is not so near.
        near = session.starts_at <= now + REMINDED_BEFORE
        application.date_reminded_at = now if near else None
        if application.offer_until is not None:
            application.offer_until = min(application.offer_until, session.starts_at)
        enqueue("application.date_moved", now=now, application_id=application.id, was=was)


def counts_on_date(application: Application) -> bool:
    """Return whether the person has, or hopes for, a seat at a date that is not over."""
    holds = workflow.holds_seat(application.listing.kind, application.status)
    return application.status == S.WAITLISTED or (holds and application.status not in CAME)


def remind_registered(now: dt.datetime, *, limit: int = BATCH) -> int:
    """Remind those who are registered for an event, two days before; return how many.

    Each is marked with the event that sends her message: nobody is reminded twice.
    """
    total = 0
    while True:
        due = db.session.scalars(
            select(Application)
            .join(Application.listing)
            .join(Application.session)
            .options(contains_eager(Application.session))
            .where(
                Listing.kind == Kind.EVENT,
                Application.status == S.REGISTERED,
                Application.email.is_not(None),
                Application.date_reminded_at.is_(None),
                Application.updated_at <= now - JUST_TOLD,
                ListingSession.starts_at > now,
                ListingSession.starts_at <= now + REMINDED_BEFORE,
            )
            .order_by(Application.id)
            .limit(limit)
            .with_for_update(skip_locked=True, of=Application, key_share=True)
        ).all()
        if not due:
            return total
        for application in due:
            application.date_reminded_at = now
            enqueue("application.date_near", now=now, application_id=application.id)
        db.session.flush()
        total += len(due)


def note_attendance(
    session: ListingSession, marks: Mapping[int, Status], actor: User, now: dt.datetime
) -> int:
    """Write who came to a date and who did not, by id of application; return how many changed.

    Who gave her seat back meanwhile is left alone. Raises TooEarly before the day.
    """
    if paris_date(session.starts_at) > paris_date(now):
        raise TooEarly(_("Vous noterez les présences le jour venu."))
    queries.lock_sessions(session.id)
    changed = 0
    for application in queries.expected_at(session.id):
        to = marks.get(application.id)
        if to in CAME and to != application.status:
            move_application(application, to, ActorKind.MEMBER, actor, now)
            changed += 1
    return changed
