"""The outbox: what must happen after a commit is a row of that commit.

A service calls `enqueue(topic, **ids)` in its transaction. The worker claims due rows, runs the
handlers subscribed to the topic (`app/subscriptions.py`), retries with back-off, then keeps the
row as `dead` for a person to look at. A handler reads the database and returns the effect to run
once the transaction is over (network calls never happen inside one), or None.
"""

from __future__ import annotations

import datetime as dt
import os
import random
import socket
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, case, event, func, or_, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from app.core.database import db, one_of

# Longer than any single effect. What a dead process of this host had leased is given back at once.
LEASE = dt.timedelta(minutes=5)
MAX_ATTEMPTS = 48
BATCH = 500
# An event that was in the hands of workers that died is handled alone after so many deaths, and
# given up after so many more: one that kills whoever takes it must not stop all the others.
SUSPECT_AFTER = 2
MAX_FALLS = 5
# The clocks of two machines are never that far apart.
AHEAD = dt.timedelta(minutes=5)
WAKE_KEY = "outbox_enqueued"


class OutboxState(StrEnum):
    """Life of a row: pending -> leased -> done, or dead after too many attempts."""

    PENDING = "pending"
    LEASED = "leased"
    DONE = "done"
    DEAD = "dead"


class OutboxEvent(db.Model):
    """One thing that must happen because a transaction was committed."""

    __tablename__ = "outbox_event"

    id: Mapped[int] = mapped_column(primary_key=True)
    topic: Mapped[str] = mapped_column(String(60))
    payload: Mapped[dict[str, Any]] = mapped_column(comment="identifiers only, never personal data")
    state: Mapped[str] = mapped_column(String(10), default=OutboxState.PENDING)
    attempts: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[dt.datetime]
    available_at: Mapped[dt.datetime]
    leased_until: Mapped[dt.datetime | None]
    leased_by: Mapped[str | None] = mapped_column(String(200), comment="host:pid of the worker")
    done_at: Mapped[dt.datetime | None]
    last_error: Mapped[str | None] = mapped_column(Text)
    falls: Mapped[int] = mapped_column(
        default=0, server_default="0", comment="workers that died while they held it"
    )

    __table_args__ = (
        one_of("state", OutboxState),
        Index("ix_outbox_event_due", "state", "available_at", "id"),
        Index("ix_outbox_event_topic_id", "topic", "id"),
    )


class OutboxDelivery(db.Model):
    """A handler that has had its effect for an event: it never has it twice."""

    __tablename__ = "outbox_delivery"

    event_id: Mapped[int] = mapped_column(
        ForeignKey("outbox_event.id", ondelete="CASCADE"), primary_key=True
    )
    handler: Mapped[str] = mapped_column(String(120), primary_key=True)
    done_at: Mapped[dt.datetime]


class Permanent(Exception):
    """Raised by a handler or an effect when trying again cannot help."""


class Refused(Permanent):
    """The outside world said no for good, such as to an address that does not exist."""


class WorkerDied(Permanent):
    """Whoever handles the event dies of it."""


Effect = Callable[[], None]


@dataclass(frozen=True)
class Subscription:
    """A handler of a topic. `batch` handlers receive every claimed event of the topic at once."""

    topic: str
    handler: Callable[..., Effect | None]
    batch: bool = False

    @property
    def name(self) -> str:
        """Return the stable name under which deliveries are recorded."""
        return f"{self.handler.__module__}.{self.handler.__qualname__}"


def enqueue(topic: str, *, now: dt.datetime, at: dt.datetime | None = None, **payload: Any) -> None:
    """Add an event to the current transaction, due at `at` (default: at once). Ids only."""
    db.session.add(
        OutboxEvent(
            topic=topic,
            payload=payload,
            state=OutboxState.PENDING,
            attempts=0,
            created_at=now,
            available_at=at or now,
        )
    )
    db.session.info[WAKE_KEY] = True


def enqueue_many(
    topic: str,
    payloads: Sequence[dict[str, Any]],
    *,
    now: dt.datetime,
    at: dt.datetime | None = None,
) -> None:
    """Add many events in one statement, for imports and rebuilds, due as `enqueue` says."""
    if not payloads:
        return
    row = {
        "topic": topic,
        "state": "pending",
        "attempts": 0,
        "created_at": now,
        "available_at": at or now,
    }
    db.session.execute(
        OutboxEvent.__table__.insert(), [row | {"payload": payload} for payload in payloads]
    )
    db.session.info[WAKE_KEY] = True


def was_refused(topics: Collection[str], key: str, id_: int) -> bool:
    """Return whether the outside world refused for good what one of these events was to tell,
    such as an address that does not exist. `key`, `id_`: what the payload names.
    """
    query = select(OutboxEvent.id).where(
        OutboxEvent.state == OutboxState.DEAD,
        OutboxEvent.last_error == Refused.__name__,
        OutboxEvent.topic.in_(topics),
        OutboxEvent.payload[key].as_integer() == id_,
    )
    return db.session.scalar(query.limit(1)) is not None


def on_commit_wake(wake: Callable[[], None]) -> None:
    """Call `wake` after every commit that carried an event, and only then.

    The end of a savepoint is neither a commit nor a rollback of what surrounds it.
    """

    @event.listens_for(db.session, "after_commit")
    def _after_commit(session: Session) -> None:
        if not session.in_nested_transaction() and session.info.pop(WAKE_KEY, False):
            wake()

    @event.listens_for(db.session, "after_rollback")
    def _after_rollback(session: Session) -> None:
        if not session.in_nested_transaction():
            session.info.pop(WAKE_KEY, None)


def claim(now: dt.datetime, *, limit: int = BATCH) -> list[OutboxEvent]:
    """Lease the oldest due events to this worker and commit; no other worker gets them."""
    due = (
        select(OutboxEvent.id, OutboxEvent.state, OutboxEvent.falls)
        .where(
            or_(
                (OutboxEvent.state == OutboxState.PENDING) & (OutboxEvent.available_at <= now),
                (OutboxEvent.state == OutboxState.LEASED) & (OutboxEvent.leased_until <= now),
            )
        )
        .order_by(OutboxEvent.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    # A lease that ran out is one more worker that died, or never came back.
    falls = {
        id_: fell + (state == OutboxState.LEASED) for id_, state, fell in db.session.execute(due)
    }
    ids = [id_ for id_, fell in falls.items() if fell < SUSPECT_AFTER] or list(falls)[:1]
    if not ids:
        db.session.commit()
        return []
    db.session.execute(
        update(OutboxEvent)
        .where(OutboxEvent.id.in_(ids))
        .values(
            state=OutboxState.LEASED,
            leased_until=now + LEASE,
            leased_by=me(),
            attempts=OutboxEvent.attempts + 1,
            falls=case(
                (OutboxEvent.state == OutboxState.LEASED, OutboxEvent.falls + 1),
                else_=OutboxEvent.falls,
            ),
        )
        .execution_options(synchronize_session=False)
    )
    events = list(
        db.session.scalars(
            select(OutboxEvent)
            .where(OutboxEvent.id.in_(ids))
            .order_by(OutboxEvent.id)
            .execution_options(populate_existing=True)
        )
    )
    db.session.commit()
    return events


def next_attempt() -> dt.datetime | None:
    """Return when the first of the events that wait is due, or None when none waits."""
    due: dt.datetime | None = db.session.scalar(
        select(OutboxEvent.available_at)
        .where(OutboxEvent.state == OutboxState.PENDING)
        .order_by(OutboxEvent.available_at)
        .limit(1)
    )
    db.session.rollback()
    return due


def keep(ids: Sequence[int], now: dt.datetime) -> None:
    """Prolong the lease of events that this worker has not finished, and commit."""
    _update(list(ids), state=OutboxState.LEASED, leased_until=now + LEASE)


def release_leases_of_the_dead(*, starting: bool = False) -> int:
    """Give back what processes of this host had leased before they died; return how many.

    `starting`: this process has leased nothing yet, what bears its name comes from a former life.
    """
    host = socket.gethostname()
    leased = db.session.execute(
        select(OutboxEvent.id, OutboxEvent.leased_by).where(
            OutboxEvent.state == OutboxState.LEASED, OutboxEvent.leased_by.startswith(f"{host}:")
        )
    ).all()
    ids = [id_ for id_, worker in leased if (starting and worker == me()) or not is_alive(worker)]
    _update(ids, **_FREE, falls=OutboxEvent.falls + 1)
    return len(ids)


def give_back(ids: Sequence[int]) -> None:
    """Leave to whoever comes first what this worker holds and has not finished; and commit."""
    mine = select(OutboxEvent.id).where(
        OutboxEvent.id.in_(list(ids)), OutboxEvent.leased_by == me()
    )
    _update(list(db.session.scalars(mine)), **_FREE, attempts=OutboxEvent.attempts - 1)


def free_everything() -> None:
    """Free what the copy of a database says is leased: nobody works on it."""
    db.session.execute(
        update(OutboxEvent).where(OutboxEvent.state == OutboxState.LEASED).values(**_FREE)
    )


def revive_dead(now: dt.datetime, topic: str = "", error: str = "") -> int:
    """Give dead events all their attempts again; return how many. All, or those of one group."""
    dead = [OutboxEvent.state == OutboxState.DEAD]
    if topic:
        dead += [OutboxEvent.topic == topic, func.coalesce(OutboxEvent.last_error, "") == error]
    revived = db.session.execute(
        update(OutboxEvent)
        .where(*dead)
        .values(state=OutboxState.PENDING, attempts=0, falls=0, available_at=now)
        .execution_options(synchronize_session=False)
    )
    db.session.info[WAKE_KEY] = True
    return int(revived.rowcount)  # type: ignore[attr-defined]


def bring_forward(now: dt.datetime) -> int:
    """Make due what a clock that was ahead wrote for later than it meant; return how many."""
    ahead = db.session.execute(
        update(OutboxEvent)
        .where(
            OutboxEvent.state == OutboxState.PENDING,
            OutboxEvent.created_at > now + AHEAD,
            OutboxEvent.attempts == 0,
            OutboxEvent.available_at == OutboxEvent.created_at,
        )
        .values(available_at=now)
        .execution_options(synchronize_session=False)
    )
    return int(ahead.rowcount)  # type: ignore[attr-defined]


_FREE = {"state": OutboxState.PENDING, "leased_until": None, "leased_by": None}


def _update(ids: list[int], **values: Any) -> None:
    if ids:
        db.session.execute(
            update(OutboxEvent)
            .where(OutboxEvent.id.in_(ids), OutboxEvent.state == OutboxState.LEASED)
            .values(**values)
            .execution_options(synchronize_session=False)
        )
    db.session.commit()


def me() -> str:
    """Return the name of this process among the workers."""
    return f"{socket.gethostname()}:{os.getpid()}"


def is_alive(worker: str | None) -> bool:
    """Return whether a process of this host, known as host:pid, is still there."""
    try:
        os.kill(int((worker or "").rpartition(":")[2]), 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def backoff(attempts: int) -> dt.timedelta:
    """Return the wait before the next attempt: doubling from 5 s to 10 min, with jitter."""
    seconds = min(600.0, 5.0 * 2 ** min(attempts - 1, 10))
    return dt.timedelta(seconds=seconds * random.uniform(0.8, 1.2))  # noqa: S311 - jitter, not a secret


def counts() -> dict[str, int]:
    """Return the number of events in each state."""
    rows = db.session.execute(
        select(OutboxEvent.state, func.count()).group_by(OutboxEvent.state)
    ).all()
    return {str(state): 0 for state in OutboxState} | dict(rows)
