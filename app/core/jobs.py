"""The worker: drains the outbox and runs the scheduled work.

Huey carries the wake-ups and the timetable. It removes a task when it takes it, so nothing
relies on it: what must happen is in the outbox, and a periodic drain finds it without any wake-up.
"""

from __future__ import annotations

import datetime as dt
import os
import smtplib
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import structlog
from flask import current_app
from huey import crontab
from huey.api import Huey
from sqlalchemy import delete, select, update
from sqlalchemy.exc import SQLAlchemyError

from app.core import clock, outbox, pulse, sentry
from app.core.database import db
from app.core.outbox import (
    OutboxDelivery,
    OutboxEvent,
    OutboxState,
    Permanent,
    Subscription,
    WorkerDied,
)
from app.core.queue import make_huey

if TYPE_CHECKING:
    from flask import Flask

log = structlog.get_logger()

KEEP_DONE = dt.timedelta(days=30)
DRAIN = "drain_outbox"
BEAT_EVERY_SECONDS = 30.0
AWAY = (ConnectionError, TimeoutError, smtplib.SMTPServerDisconnected)
SILENCES = 3


@dataclass(frozen=True)
class Scheduled:
    """A piece of scheduled work: a function of the instant, and its crontab in UTC."""

    name: str
    run: Callable[[dt.datetime], Any]
    minute: str = "*"
    hour: str = "*"
    # What it erases or ends does not come back: it waits while the clock is in doubt.
    final: bool = False


class Lease:
    """What one claim took, of all topics: kept from the other workers until it is finished."""

    def __init__(self, ids: Sequence[int]) -> None:
        self._ids = ids
        self._kept_at = time.monotonic()
        self._beat_at = self._kept_at
        # Handlers whose server is away, with what was last heard: the rest of this lease waits,
        # rather than one timeout each.
        self.away: dict[str, Exception] = {}
        self._silences: Counter[str] = Counter()

    def prolong(self) -> None:
        """Prolong the lease of what is not finished, when a third of it has passed.

        A process at work on something long still gives signs of life.
        """
        if time.monotonic() - self._beat_at > BEAT_EVERY_SECONDS:
            self._beat_at = time.monotonic()
            _beat()
        if time.monotonic() - self._kept_at > outbox.LEASE.total_seconds() / 3:
            outbox.keep(self._ids, clock.now())
            self._kept_at = time.monotonic()

    def note(self, subscription: Subscription, error: Exception | None) -> None:
        """Count the silences of a server in a row; a server that answers no is not away."""
        name = subscription.name
        if not isinstance(error, AWAY):
            self._silences[name] = 0
            return
        self._silences[name] += 1
        if self._silences[name] >= SILENCES:
            self.away[name] = error


class Jobs:
    """The application's background work: subscriptions, timetable, and Huey to run them."""

    def __init__(self) -> None:
        self.subscriptions: dict[str, list[Subscription]] = {}
        self.schedule: list[Scheduled] = []
        self.huey: Huey | None = None
        self._wake_task: Any = None
        # Set when the process is asked to end: what it has not begun goes back to the others.
        self.stopping = threading.Event()
        self._cut: list[int] = []

    def init_app(
        self,
        app: Flask,
        subscriptions: Iterable[Subscription],
        schedule: Iterable[Scheduled],
    ) -> None:
        """Bind the tables of handlers and of scheduled work to `app`."""
        by_topic: dict[str, list[Subscription]] = defaultdict(list)
        for subscription in subscriptions:
            by_topic[subscription.topic].append(subscription)
        self.subscriptions = dict(by_topic)
        self.schedule = list(schedule)
        app.extensions["jobs"] = self
        if app.config["TESTING"] and not app.config.get("JOBS_IN_TESTS"):
            self.huey = None
            return
        self.huey = make_huey(app)
        self._register_tasks(app)

    def _register_tasks(self, app: Flask) -> None:
        assert self.huey is not None  # noqa: S101 - set by the caller

        @self.huey.task(name=DRAIN)
        def drain_task() -> None:
            with app.app_context():
                self.drain()
                self._come_back()

        @self.huey.periodic_task(crontab(minute="*"), name="beat_and_drain")
        def beat_task() -> None:
            with app.app_context():
                _beat()
                outbox.release_leases_of_the_dead()
                self.drain()
                self._come_back()

        for entry in self.schedule:
            self._register_scheduled(app, entry)
        self._wake_task = drain_task

    def _register_scheduled(self, app: Flask, entry: Scheduled) -> None:
        assert self.huey is not None  # noqa: S101 - set by the caller

        @self.huey.periodic_task(crontab(minute=entry.minute, hour=entry.hour), name=entry.name)
        def scheduled_task() -> None:
            with app.app_context():
                run_scheduled(entry)

    def wake(self) -> None:
        """Ask the worker to drain now; a failure here loses nothing, the next minute drains."""
        if self.huey is None or self._wake_task is None:
            return
        try:
            if not self._comes_before(clock.now()):
                self._wake_task()
        except Exception as error:  # noqa: BLE001 - whatever the queue says, the row is committed
            log.warning("worker_wake_failed", error=type(error).__name__)

    def _come_back(self) -> None:
        """Drain again when the next attempt is due, if that is before the next minute."""
        now = clock.now()
        due = outbox.next_attempt()
        if due is None or due - now > dt.timedelta(minutes=1):
            return
        delay = max(1.0, (due - now).total_seconds())
        if not self._comes_before(now + dt.timedelta(seconds=delay + 1)):
            self._wake_task.schedule(delay=delay)

    def _comes_before(self, instant: dt.datetime) -> bool:
        """Return whether a drain is asked for already, at the latest at `instant`."""
        assert self.huey is not None  # noqa: S101 - called by its tasks
        latest = instant.replace(tzinfo=None)
        return any(
            task.name == DRAIN and (task.eta is None or task.eta <= latest)
            for task in (*self.huey.pending(), *self.huey.scheduled())
        )

    def drain(self, *, deadline_seconds: float = 3000.0) -> int:
        """Do all that is due now. Return the number of events handled."""
        handled = 0
        started = time.monotonic()
        self._take_up_what_was_cut()
        while time.monotonic() - started < deadline_seconds and not self.stopping.is_set():
            events = outbox.claim(clock.now())
            if not events:
                break
            # Read now: an event that a rollback has expired is asked of the database again.
            ids = [event.id for event in events]
            try:
                self._handle(events)
            except SQLAlchemyError:
                # The database went away while this worker held them: it says so when it is back.
                self._cut.extend(ids)
                raise
            handled += len(events)
        return handled

    def _take_up_what_was_cut(self) -> None:
        # Another thread of this process may add its own meanwhile.
        if cut := list(self._cut):
            outbox.give_back(cut)
            self._cut = [id_ for id_ in self._cut if id_ not in cut]

    def _handle(self, events: Sequence[OutboxEvent]) -> None:
        by_topic: dict[str, list[OutboxEvent]] = defaultdict(list)
        for event in events:
            by_topic[event.topic].append(event)
        lease = Lease([event.id for event in events])
        # The index, in one call, before messages that may take ten seconds each.
        for topic in sorted(by_topic, key=self._is_batch, reverse=True):
            self._handle_topic(topic, by_topic[topic], lease)

    def _is_batch(self, topic: str) -> bool:
        return any(one.batch for one in self.subscriptions.get(topic, ()))

    def _handle_topic(self, topic: str, events: Sequence[OutboxEvent], lease: Lease) -> None:
        subscriptions = self.subscriptions.get(topic)
        if subscriptions is None or events[0].falls >= outbox.MAX_FALLS:
            # No handler; or it is alone in its lease, and kills whoever takes it.
            for event in events:
                _fail(event, Permanent() if subscriptions is None else WorkerDied())
            return
        failed: dict[int, Exception] = {}
        for subscription, group in _calls(subscriptions, events):
            if self.stopping.is_set():
                outbox.give_back([event.id for event in events])
                return
            lease.prolong()
            error = lease.away.get(subscription.name) or _run(subscription, group)
            lease.note(subscription, error)
            if error is not None:
                failed.update({event.id: error for event in group})
        for event in events:
            if event.id in failed:
                _fail(event, failed[event.id])
        _finish([event.id for event in events if event.id not in failed])


def _beat() -> None:
    pulse.beat_as_worker(clock.now())
    db.session.commit()


def _calls(
    subscriptions: Sequence[Subscription], events: Sequence[OutboxEvent]
) -> Iterator[tuple[Subscription, list[OutboxEvent]]]:
    """Yield each handler with the events of each of its calls."""
    for subscription in subscriptions:
        if subscription.batch:
            yield subscription, list(events)
        else:
            for event in events:
                yield subscription, [event]


def _run(subscription: Subscription, events: list[OutboxEvent]) -> Exception | None:
    """Run one handler for events that it has not had yet; return what went wrong, or None."""
    ids = [event.id for event in events]
    try:
        done = set(
            db.session.scalars(
                select(OutboxDelivery.event_id).where(
                    OutboxDelivery.event_id.in_(ids),
                    OutboxDelivery.handler == subscription.name,
                )
            )
        )
        todo = [event for event in events if event.id not in done]
        if not todo:
            db.session.rollback()
            return None
        effect = (
            subscription.handler([event.payload for event in todo])
            if subscription.batch
            else subscription.handler(todo[0].payload, todo[0].id)
        )
        # The handler's own writes and the end of its transaction come before any network call.
        db.session.commit()
        if effect is not None:
            failpoint("before_effect")
            effect()
            failpoint("after_effect")
        now = clock.now()
        db.session.add_all(
            OutboxDelivery(event_id=event.id, handler=subscription.name, done_at=now)
            for event in todo
        )
        db.session.commit()
    except Exception as error:  # noqa: BLE001 - the loop must outlive any handler
        db.session.rollback()
        log.warning(
            "handler_failed",
            handler=subscription.name,
            event_ids=ids[:20],
            error=type(error).__name__,
        )
        return error
    return None


def _finish(ids: list[int]) -> None:
    if not ids:
        return
    db.session.execute(
        update(OutboxEvent)
        .where(OutboxEvent.id.in_(ids))
        .values(
            state=OutboxState.DONE,
            done_at=clock.now(),
            leased_until=None,
            leased_by=None,
            last_error=None,
        )
        .execution_options(synchronize_session=False)
    )
    db.session.commit()


def _fail(event: OutboxEvent, error: Exception) -> None:
    now = clock.now()
    dead = isinstance(error, Permanent) or event.attempts >= outbox.MAX_ATTEMPTS
    if dead:
        log.error("outbox_event_dead", event_id=event.id, topic=event.topic)
    if not isinstance(error, Permanent):
        sentry.tell(error, topic=event.topic, dead=str(dead).lower())
    db.session.execute(
        update(OutboxEvent)
        # One that another worker took meanwhile is hers to judge.
        .where(OutboxEvent.id == event.id, OutboxEvent.leased_by == outbox.me())
        .values(
            state=OutboxState.DEAD if dead else OutboxState.PENDING,
            available_at=now if dead else now + outbox.backoff(event.attempts),
            leased_until=None,
            leased_by=None,
            # The type only: the text of an SMTP error repeats the address of a person.
            last_error=type(error).__name__,
        )
        .execution_options(synchronize_session=False)
    )
    db.session.commit()


def run_scheduled(entry: Scheduled) -> None:
    """Run one piece of scheduled work in its own transaction.

    What cannot be undone is not done by a clock that has just leapt: a person looks at it first.
    """
    now = clock.now()
    if entry.final and pulse.clock_has_leapt(now):
        log.error("scheduled_refused_clock_leapt", name=entry.name)
        return
    log.info("scheduled_started", name=entry.name)
    with sentry.told(scheduled=entry.name):
        entry.run(now)
        db.session.commit()


def purge_done(now: dt.datetime) -> int:
    """Delete what was done more than thirty days ago; return how many rows went."""
    result = db.session.execute(
        delete(OutboxEvent).where(
            OutboxEvent.state == OutboxState.DONE, OutboxEvent.done_at < now - KEEP_DONE
        )
    )
    return int(result.rowcount)  # type: ignore[attr-defined]


def sweep_outbox(now: dt.datetime) -> int:
    """Free what is stuck: leases of the dead, work that a clock ahead put off; return how many."""
    return outbox.release_leases_of_the_dead() + outbox.bring_forward(now)


def failpoint(name: str) -> None:
    """Die on the spot when a test asks for it, as a crash would; does nothing outside tests."""
    config = current_app.config
    if config["TESTING"] and name in config["FAILPOINTS"].split(","):
        os._exit(137)


jobs = Jobs()
outbox.on_commit_wake(jobs.wake)
