"""Reads of the applications feature."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Select, case, exists, func, select
from sqlalchemy.orm import contains_eager, joinedload, selectinload

from app.applications import workflow
from app.applications.enums import Status
from app.applications.models import Application, ApplicationEvent, ContactView, LookupAttempt
from app.core.clock import paris_date
from app.core.database import db
from app.listings.enums import WITH_WAITING_LIST, Kind, Outcome
from app.listings.models import Listing, ListingSession
from app.organisations.enums import OrganisationStatus
from app.organisations.models import Membership, Organisation

# People who spoke a week ago and heard nothing since: the organisation is told, gently.
STALLED_SINCE = dt.timedelta(days=7)


@dataclass(frozen=True)
class BoardCounts:
    """What the head of the board says. `first_at`: when who has waited longest wrote."""

    first_at: dt.datetime | None
    waiting: int
    late: int
    new: int
    locked: int
    stalled: int


@dataclass(frozen=True)
class Waiting:
    """Who waits in one organisation: numbers, never names."""

    number: int
    late: int
    first_at: dt.datetime
    by_listing: list[tuple[str, int]]


def lock_listing(listing_id: int) -> Listing | None:
    """Read a listing again, when writing; on PostgreSQL it cannot close before one commits."""
    return db.session.scalars(
        select(Listing)
        .where(Listing.id == listing_id)
        .with_for_update(read=True, of=Listing)
        .execution_options(populate_existing=True)
    ).one_or_none()


def open_sessions(listing: Listing, now: dt.datetime) -> list[ListingSession]:
    """Return the sessions one may still answer for, soonest first.

    One that is full has a waiting list, save the periods of an internship or of an immersion.
    """
    today = paris_date(now)
    may_wait = listing.kind in WITH_WAITING_LIST
    return [
        session
        for session in listing.sessions
        if session.starts_at > now
        and (session.deadline is None or session.deadline >= today)
        and (may_wait or session.seats_left != 0)
    ]


def lock_sessions(*ids: int, listing_id: int | None = None) -> None:
    """Hold sessions until the commit; those of a listing, or those whose ids are given.

    Whoever holds applications of a session, and may need its seats, comes by here first: the
    session, then its applications. Two who go the other way would wait for each other for ever.
    """
    query = select(ListingSession.id).order_by(ListingSession.id).with_for_update(key_share=True)
    if listing_id is None:
        query = query.where(ListingSession.id.in_(ids))
    else:
        query = query.where(ListingSession.listing_id == listing_id)
    db.session.execute(query).all()


def by_reference(reference: str) -> Application | None:
    """Return an application with its listing, its organisation and its log."""
    return db.session.scalars(
        select(Application)
        .where(Application.reference == reference)
        .options(
            joinedload(Application.listing).joinedload(Listing.organisation),
            joinedload(Application.session),
            selectinload(Application.events),
        )
    ).one_or_none()


def by_key(idempotency_key: str) -> Application | None:
    """Return the application sent under a key."""
    return db.session.scalars(
        select(Application).where(Application.idempotency_key == idempotency_key)
    ).one_or_none()


def live_of_candidate(listing_id: int, candidate_key: str) -> Application | None:
    """Return the application of that person to that listing, unless she took it back."""
    return db.session.scalars(
        select(Application).where(
            Application.listing_id == listing_id,
            Application.candidate_key == candidate_key,
            Application.status.not_in(workflow.TAKEN_BACK),
        )
    ).one_or_none()


def next_waitlisted(session_id: int) -> Application | None:
    """Return who has been longest on the waiting list of a session, to be offered a seat.

    Who let an offer pass, or was put back on the list, is left to the school: she is not
    offered the next seats.
    """
    theirs = ApplicationEvent.application_id == Application.id
    listed_at = (
        select(func.max(ApplicationEvent.at))
        .where(theirs, ApplicationEvent.to_status == Status.WAITLISTED)
        .scalar_subquery()
    )
    return db.session.scalars(
        select(Application)
        .where(
            Application.session_id == session_id,
            Application.status == Status.WAITLISTED,
            ~exists().where(theirs, ApplicationEvent.to_status == Status.OFFERED),
        )
        .order_by(func.coalesce(listed_at, Application.created_at), Application.id)
        .limit(1)
        .with_for_update(of=Application, key_share=True)
    ).one_or_none()


def expected_at(session_id: int) -> list[Application]:
    """Return who has a seat at a date of an event, whether she came or not, by first name."""
    return list(
        db.session.scalars(
            select(Application)
            .where(
                Application.session_id == session_id,
                Application.status.in_(workflow.SEATED[workflow.Family.EVENT]),
            )
            .order_by(Application.first_name, Application.last_name, Application.id)
            .execution_options(populate_existing=True)
        )
    )


def event_date_of_member(session_id: int, user_id: int) -> ListingSession | None:
    """Return a date of an event of a verified organisation of that person; else None."""
    return db.session.scalars(
        select(ListingSession)
        .join(ListingSession.listing)
        .where(
            ListingSession.id == session_id,
            Listing.kind == Kind.EVENT,
            Listing.organisation_id.in_(_of_member(user_id)[0]),
        )
        .options(contains_eager(ListingSession.listing))
    ).one_or_none()


def on_waiting_lists(listing_id: int) -> dict[int, int]:
    """Return how many people are on the waiting list of each session of a listing."""
    rows = db.session.execute(
        select(Application.session_id, func.count())
        .where(
            Application.listing_id == listing_id,
            Application.status == Status.WAITLISTED,
            Application.session_id.is_not(None),
        )
        .group_by(Application.session_id)
    ).all()
    return {session_id: number for session_id, number in rows if session_id}


def tries_since(keys: Collection[str], since: dt.datetime) -> dict[str, int]:
    """Return the number of wrong tries of each key."""
    rows = db.session.execute(
        select(LookupAttempt.key, func.count())
        .where(LookupAttempt.key.in_(keys), LookupAttempt.at > since)
        .group_by(LookupAttempt.key)
    ).all()
    return {str(key): int(number) for key, number in rows}


def _of_member(user_id: int) -> tuple[Select[int], Select[int]]:
    """Return the organisations of a person: those she may open, and those not yet checked."""
    mine = (
        select(Organisation.id)
        .join(Membership, Membership.organisation_id == Organisation.id)
        .where(Membership.user_id == user_id)
    )
    return (
        mine.where(Organisation.status == OrganisationStatus.VERIFIED),
        mine.where(Organisation.status == OrganisationStatus.PENDING),
    )


def open_to(user_id: int) -> Select[int]:
    """Return the verified organisations of a person, whose applications she may read."""
    return _of_member(user_id)[0]


def of_member(application_id: int, user_id: int) -> Application | None:
    """Return an application to a verified organisation of that person; else None."""
    return db.session.scalars(
        select(Application)
        .join(Listing, Listing.id == Application.listing_id)
        .where(
            Application.id == application_id,
            Listing.organisation_id.in_(_of_member(user_id)[0]),
        )
        .options(
            joinedload(Application.listing).joinedload(Listing.organisation),
            joinedload(Application.session),
            selectinload(Application.events),
        )
    ).one_or_none()


def has_opened(application_id: int, user_id: int) -> bool:
    """Return whether that person has been shown the contact details before."""
    return bool(
        db.session.scalar(
            select(ContactView.id)
            .where(
                ContactView.application_id == application_id,
                ContactView.user_id == user_id,
                ContactView.what == "contact",
            )
            .limit(1)
        )
    )


def board_counts(user_id: int, now: dt.datetime) -> BoardCounts:
    """Return how many people wait, in all the organisations of that person."""
    opened, locked = _of_member(user_id)
    waiting = Application.status.in_(workflow.WAITING)
    readable = Listing.organisation_id.in_(opened)
    row = db.session.execute(
        select(
            func.min(case((readable & waiting, Application.created_at), else_=None)),
            _count(readable & waiting),
            _count(readable & waiting & (Application.answer_due_at < now)),
            _count(readable & (Application.status == Status.RECEIVED)),
            _count(Listing.organisation_id.in_(locked) & waiting),
            _count(
                readable
                & Application.status.in_(workflow.IN_TOUCH)
                & (Application.updated_at <= now - STALLED_SINCE)
            ),
        )
        .select_from(Application)
        .join(Listing, Listing.id == Application.listing_id)
        .where(readable | Listing.organisation_id.in_(locked))
    ).one()
    first_at, *numbers = row
    return BoardCounts(first_at, *(int(value or 0) for value in numbers))


def _count(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.sum(case((condition, 1), else_=0))


def who_waits(organisation_id: int, now: dt.datetime) -> Waiting | None:
    """Return how many people wait in an organisation, and to which listings they wrote; or None."""
    late = _count(Application.answer_due_at <= now)
    rows = db.session.execute(
        select(Listing.title, func.count(), late, func.min(Application.created_at))
        .join(Listing, Listing.id == Application.listing_id)
        .where(
            Listing.organisation_id == organisation_id,
            Application.status.in_(workflow.WAITING),
        )
        .group_by(Listing.id, Listing.title)
        .order_by(func.min(Application.created_at), Listing.id)
    ).all()
    if not rows:
        return None
    return Waiting(
        number=sum(row[1] for row in rows),
        late=sum(row[2] or 0 for row in rows),
        first_at=rows[0][3],
        by_listing=[(row[0], row[1]) for row in rows],
    )


def listings_answered(user_id: int) -> list[tuple[int, str, int]]:
    """Return (id, title, number of applications) of the listings that person may filter by."""
    rows = db.session.execute(
        select(Listing.id, Listing.title, func.count())
        .join(Application, Application.listing_id == Listing.id)
        .where(Listing.organisation_id.in_(_of_member(user_id)[0]))
        .group_by(Listing.id, Listing.title)
        .order_by(Listing.title, Listing.id)
        .limit(100)
    ).all()
    return [(id_, title, number) for id_, title, number in rows]


def told_of_closing(kind: str, outcome: str | None) -> frozenset[Status]:
    """Return the states in which a person must hear that the listing has closed.

    A deadline changes nothing for those who are in touch already, nor a full group for those
    who are in it.
    """
    if workflow.family_of(kind) is workflow.Family.EVENT:
        return frozenset({Status.WAITLISTED})
    told = workflow.UNANSWERED
    if outcome == Outcome.EXPIRED:
        told -= workflow.IN_TOUCH
    if outcome == Outcome.WITHDRAWN:
        told |= {Status.ADMITTED, Status.ENROLLED}
    return told


def unanswered(listing_id: int, *, lock: bool = False) -> list[Application]:
    """Return the applications to a listing that have neither a yes nor a no, the oldest first.

    `lock`: read them again, and hold them until the commit.
    """
    query = (
        select(Application)
        .join(Listing, Listing.id == Application.listing_id)
        .where(
            Application.listing_id == listing_id,
            Listing.kind != Kind.EVENT,
            Application.status.in_(workflow.UNANSWERED),
        )
        .order_by(Application.created_at, Application.id)
    )
    if lock:
        query = query.with_for_update(of=Application).execution_options(populate_existing=True)
    return list(db.session.scalars(query))


def waiting_for_answer(listing_id: int, user_id: int) -> int:
    """Return how many people wait for an answer of that person to a listing."""
    statement = (
        select(func.count())
        .select_from(Application)
        .join(Listing, Listing.id == Application.listing_id)
        .where(
            Listing.id == listing_id,
            Listing.kind != Kind.EVENT,
            Listing.organisation_id.in_(_of_member(user_id)[0]),
            Application.status.in_(workflow.UNANSWERED),
        )
    )
    return db.session.scalar(statement) or 0


def registered_to_come(listing_id: int, now: dt.datetime) -> int:
    """Return how many people are registered for a date of a listing that is still to come."""
    statement = (
        select(func.count())
        .select_from(Application)
        .outerjoin(ListingSession, ListingSession.id == Application.session_id)
        .where(
            Application.listing_id == listing_id,
            Application.status.in_([Status.REGISTERED, Status.WAITLISTED]),
            ListingSession.starts_at.is_(None) | (ListingSession.starts_at > now),
        )
    )
    return db.session.scalar(statement) or 0


def finished_before(
    day_finished: dt.datetime, day_silent: dt.datetime, now: dt.datetime, limit: int
) -> list[Application]:
    """Return the applications whose time to be kept is over."""
    kept = Application.status == Status.POOL
    finished = Application.status.in_(workflow.FINISHED) & (Application.updated_at < day_finished)
    # Nobody has noted who came: the date itself is the end.
    past = (Application.status == Status.REGISTERED) & (ListingSession.starts_at < day_finished)
    silent = Application.updated_at < day_silent
    return list(
        db.session.scalars(
            select(Application)
            .outerjoin(ListingSession, ListingSession.id == Application.session_id)
            .where(case((kept, Application.pool_until <= now), else_=finished | past | silent))
            .options(joinedload(Application.listing))
            .order_by(Application.id)
            .limit(limit)
        )
    )


def cv_keys() -> set[str]:
    """Return the names of the files that belong to an application."""
    keys = db.session.scalars(select(Application.cv_key).where(Application.cv_key.is_not(None)))
    return {key for key in keys if key}
