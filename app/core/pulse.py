"""The pulse of the site: who works, what waits and since when, and whether the clock is sane.

`work_state` is what the page of the team, the metrics and the alarms are told from.
"""

from __future__ import annotations

import datetime as dt
import os
import platform
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import and_, case, delete, func, insert, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, mapped_column

from app.core import outbox
from app.core.database import db
from app.core.outbox import OutboxEvent, OutboxState, Refused

HEARTBEAT_MAX_AGE = dt.timedelta(minutes=2)
# Rows of the table: all the workers, one of them (« worker host:pid »), the clock, the last backup.
WORKER, CLOCK, BACKUP = "worker", "clock", "backup"
# The worker looks at the clock each minute: one that moved more than this between two looks lies,
# or nobody has worked for as long. A person says which; until then nothing is erased.
CLOCK_LEAP = dt.timedelta(hours=24)
# What other machines beat is forgotten a day after their last sign.
SILENT_KEPT = dt.timedelta(days=1)
# A bell that rings for work that a person should have had by now.
LATE_AFTER = dt.timedelta(minutes=15)


class Heartbeat(db.Model):
    """The last sign of life of each background process, and the last known instants."""

    __tablename__ = "heartbeat"

    name: Mapped[str] = mapped_column(primary_key=True)
    beat_at: Mapped[dt.datetime]


@dataclass(frozen=True)
class Worker:
    """A background process and its last sign of life."""

    name: str
    beat_at: dt.datetime
    silent: bool


@dataclass(frozen=True)
class Waiting:
    """What is due on one topic and not done."""

    topic: str
    number: int
    oldest_at: dt.datetime


@dataclass(frozen=True)
class DeadLetters:
    """What was given up on one topic, for one reason."""

    topic: str
    error: str
    number: int
    oldest_at: dt.datetime

    @property
    def refused(self) -> bool:
        """Return whether the address was refused: nobody's breakdown."""
        return self.error == Refused.__name__


@dataclass(frozen=True)
class WorkState:
    """All that there is to say about the work of the background."""

    at: dt.datetime
    counts: dict[str, int]
    waiting: Sequence[Waiting]
    dead: Sequence[DeadLetters]
    workers: Sequence[Worker]
    clock_leapt: bool
    clock_at: dt.datetime | None
    backup_at: dt.datetime | None

    @property
    def oldest_at(self) -> dt.datetime | None:
        """Return since when the oldest due work waits, None when nothing is due."""
        return min((one.oldest_at for one in self.waiting), default=None)

    @property
    def oldest_age_seconds(self) -> float:
        """Return how long the oldest due work has waited; 0 when nothing is due."""
        return (
            0.0 if self.oldest_at is None else max(0.0, (self.at - self.oldest_at).total_seconds())
        )

    @property
    def late(self) -> bool:
        """Return whether something has waited longer than it should."""
        return self.oldest_age_seconds > LATE_AFTER.total_seconds()

    @property
    def given_up(self) -> int:
        """Return how many events a person should look at."""
        return sum(one.number for one in self.dead if not one.refused)

    @property
    def silent(self) -> bool:
        """Return whether no background process works."""
        return all(one.silent for one in self.workers)

    @property
    def sound(self) -> bool:
        """Return whether nobody has to do anything."""
        return not (self.silent or self.late or self.given_up or self.clock_leapt)


def work_state(now: dt.datetime) -> WorkState:
    """Return what waits, what was given up, and who works."""
    beats = {row.name: row.beat_at for row in db.session.scalars(select(Heartbeat))}
    clock_at = beats.get(CLOCK)
    return WorkState(
        at=now,
        counts=outbox.counts(),
        waiting=_waiting(now),
        dead=_dead(),
        workers=[
            Worker(name.removeprefix(f"{WORKER} "), at, now - at >= HEARTBEAT_MAX_AGE)
            for name, at in sorted(beats.items())
            if name.startswith(f"{WORKER} ")
        ],
        clock_leapt=clock_at is not None and _leapt(clock_at, now),
        clock_at=clock_at,
        backup_at=beats.get(BACKUP),
    )


def _waiting(now: dt.datetime) -> list[Waiting]:
    # One that failed is due again later, and has waited since the beginning.
    since = case((OutboxEvent.attempts > 0, OutboxEvent.created_at), else_=OutboxEvent.available_at)
    due = or_(
        OutboxEvent.state == OutboxState.LEASED,
        and_(
            OutboxEvent.state == OutboxState.PENDING,
            or_(OutboxEvent.available_at <= now, OutboxEvent.attempts > 0),
        ),
    )
    oldest = func.min(since, type_=OutboxEvent.created_at.type)
    query = select(OutboxEvent.topic, func.count(), oldest).where(due).group_by(OutboxEvent.topic)
    return [Waiting(*row) for row in db.session.execute(query.order_by(oldest))]


def _dead() -> list[DeadLetters]:
    error = func.coalesce(OutboxEvent.last_error, "")
    oldest = func.min(OutboxEvent.created_at)
    query = (
        select(OutboxEvent.topic, error, func.count(), oldest)
        .where(OutboxEvent.state == OutboxState.DEAD)
        .group_by(OutboxEvent.topic, error)
        .order_by(oldest)
    )
    return [DeadLetters(*row) for row in db.session.execute(query)]


def beat(name: str, now: dt.datetime) -> None:
    """Record a sign of life of `name`."""
    _set(name, now)


def beat_as_worker(now: dt.datetime) -> None:
    """Record that this process works, forget those that ended, look at the clock."""
    host = f"{WORKER} {platform.node()}:"
    gone = [
        name
        for name in db.session.scalars(
            select(Heartbeat.name).where(Heartbeat.name.startswith(f"{WORKER} "))
        )
        if name.startswith(host) and not outbox.is_alive(name)
    ]
    db.session.execute(
        delete(Heartbeat).where(
            or_(
                Heartbeat.name.in_(gone),
                and_(
                    Heartbeat.name.startswith(f"{WORKER} "), Heartbeat.beat_at < now - SILENT_KEPT
                ),
            )
        )
    )
    _set(WORKER, now)
    _set(f"{host}{os.getpid()}", now)
    seen_at = db.session.scalar(select(Heartbeat.beat_at).where(Heartbeat.name == CLOCK))
    if seen_at is None or not _leapt(seen_at, now):
        _set(CLOCK, now)


def clock_has_leapt(now: dt.datetime) -> bool:
    """Return whether the clock has moved too far since somebody worked: erase nothing."""
    seen_at = db.session.scalar(select(Heartbeat.beat_at).where(Heartbeat.name == CLOCK))
    return seen_at is not None and _leapt(seen_at, now)


def trust_clock(now: dt.datetime) -> None:
    """A person says that the clock is right: what it says is due is done again."""
    _set(CLOCK, now)


def _leapt(seen_at: dt.datetime, now: dt.datetime) -> bool:
    return abs(now - seen_at) > CLOCK_LEAP


def _set(name: str, now: dt.datetime) -> None:
    """Write the instant of `name`, whoever else writes it at the same time."""
    written = update(Heartbeat).where(Heartbeat.name == name).values(beat_at=now)
    if db.session.execute(written).rowcount:  # type: ignore[attr-defined]
        return
    try:
        with db.session.begin_nested():
            db.session.execute(insert(Heartbeat).values(name=name, beat_at=now))
    except IntegrityError:
        db.session.execute(written)
