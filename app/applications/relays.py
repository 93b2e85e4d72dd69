"""Counsellors who call those nobody called back, with their agreement. Nothing here commits.

A counsellor sees who waits without a name nor a number. She takes a person on, one at a time: only
then are the details shown, to her alone, and the person reads on her page that they were.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from sqlalchemy import ColumnElement, Select, and_, exists, func, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import contains_eager, joinedload

from app.accounts.enums import Role
from app.accounts.models import User
from app.applications import reading, workflow
from app.applications.enums import RelayOutcome, Status
from app.applications.models import Application, ContactView, Relay
from app.core import clock
from app.core.database import db
from app.core.errors import DomainError
from app.core.i18n import _
from app.core.outbox import OutboxEvent, enqueue
from app.core.working_days import is_working_day
from app.listings.enums import Kind
from app.listings.models import Listing


class AlreadyTaken(DomainError):
    """Another counsellor takes care of this person."""


def waiting(now: dt.datetime, *, limit: int, offset: int = 0) -> Sequence[Application]:
    """Return those who may be called and whom nobody takes care of, the longest wait first."""
    return db.session.scalars(
        _to_call(now)
        .where(_nobody_cares())
        .order_by(Application.created_at, Application.id)
        .limit(limit)
        .offset(offset)
    ).all()


def count_waiting(now: dt.datetime) -> int:
    """Return how many they are."""
    query = select(func.count(Application.id)).join(Application.listing)
    return db.session.scalar(query.where(_nobody_called(now), _nobody_cares())) or 0


def tell_counsellors(now: dt.datetime) -> int:
    """Tell each counsellor, once a working day, that people wait; return how many are told."""
    today = clock.paris_date(now)
    if not is_working_day(today) or not count_waiting(now):
        return 0
    # Locked before what was told is read: another run may be telling them.
    team = db.session.scalars(
        select(User.id).where(User.active, User.role == Role.COUNSELLOR).with_for_update()
    ).all()
    told = set(
        db.session.scalars(
            select(OutboxEvent.payload["user_id"].as_integer()).where(
                OutboxEvent.topic == "relay.waiting",
                OutboxEvent.created_at >= clock.paris_instant(today, dt.time()),
            )
        )
    )
    for user_id in set(team) - told:
        # One event for one message: a refused address never delays the others.
        enqueue("relay.waiting", now=now, user_id=user_id)
    return len(set(team) - told)


def taken_by(counsellor: User) -> Sequence[Relay]:
    """Return those this counsellor takes care of, the first taken first."""
    return db.session.scalars(
        _kept_by(counsellor)
        .where(Relay.outcome.is_(None))
        .options(
            joinedload(Relay.application)
            .joinedload(Application.listing)
            .joinedload(Listing.organisation)
        )
        .order_by(Relay.taken_at, Relay.id)
    ).all()


def find(counsellor: User, relay_id: int) -> Relay | None:
    """Return one of those she takes care of, as long as the person agrees to it."""
    return db.session.scalar(_kept_by(counsellor).where(Relay.id == relay_id))


def take(counsellor: User, application_id: int, now: dt.datetime) -> Relay | None:
    """Take a person on, and write that her details are about to be shown.

    Return None when she may not be called. Raises AlreadyTaken; ProofNeeded, with an alarm that the
    caller commits, when this counsellor reads too many people.
    """
    application = db.session.scalar(_to_call(now).where(Application.id == application_id))
    if application is None:
        return None
    reading.check(counsellor, [application.id], now)
    relay = _given_to(counsellor, application, now)
    db.session.add(
        ContactView(application_id=application.id, user_id=counsellor.id, what="relay", at=now)
    )
    db.session.flush()
    return relay


def end(relay: Relay, outcome: RelayOutcome, now: dt.datetime) -> bool:
    """Write how it ended; return False on a second click."""
    if relay.outcome is not None:
        return False
    relay.outcome, relay.outcome_at = outcome, now
    db.session.flush()
    return True


def still_waits(application: Application) -> bool:
    """Return whether the organisation has said nothing since."""
    return application.status in workflow.WAITING | {Status.EXPIRED_NO_ANSWER}


def _to_call(now: dt.datetime) -> Select[Application]:
    return (
        select(Application)
        .join(Application.listing)
        .options(contains_eager(Application.listing).joinedload(Listing.organisation))
        .where(_nobody_called(now))
    )


def _nobody_cares() -> ColumnElement[bool]:
    return ~exists().where(Relay.application_id == Application.id, ~_given_back())


def _nobody_called(now: dt.datetime) -> ColumnElement[bool]:
    late = and_(Application.status.in_(workflow.WAITING), Application.answer_due_at <= now)
    return and_(
        Application.counsellor_consent_at.is_not(None),
        Listing.kind != Kind.EVENT,
        or_(late, Application.status == Status.EXPIRED_NO_ANSWER),
    )


def _given_back() -> ColumnElement[bool]:
    """Return the condition of a person whose counsellor left before the end."""
    return and_(Relay.counsellor_id.is_(None), Relay.outcome.is_(None))


def _kept_by(counsellor: User) -> Select[Relay]:
    return (
        select(Relay)
        .join(Relay.application)
        .where(
            Relay.counsellor_id == counsellor.id,
            Application.counsellor_consent_at.is_not(None),
        )
    )


def _given_to(counsellor: User, application: Application, now: dt.datetime) -> Relay:
    taken = AlreadyTaken(_("Une autre personne de l’équipe s’en occupe déjà."))
    relay_id = db.session.scalar(
        update(Relay)
        .where(Relay.application_id == application.id, _given_back())
        .values(counsellor_id=counsellor.id, taken_at=now)
        .returning(Relay.id)
    )
    if relay_id is not None:
        return db.session.get_one(Relay, relay_id, populate_existing=True)
    relay = Relay(application_id=application.id, counsellor_id=counsellor.id, taken_at=now)
    try:
        with db.session.begin_nested():
            db.session.add(relay)
    except IntegrityError as error:
        raise taken from error
    return relay
