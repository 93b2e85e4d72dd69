"""The outbox: nothing lost, nothing done twice, nothing blocked by one bad event."""

from __future__ import annotations

import datetime as dt
import os
import socket
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest
from huey import MemoryHuey
from sqlalchemy import func, select, update

from app.core import clock, outbox
from app.core.database import db
from app.core.jobs import Jobs, Lease, jobs, purge_done
from app.core.outbox import OutboxDelivery, OutboxEvent, Permanent, Subscription, enqueue

calls: list[int] = []
effects: list[int] = []
failures: dict[int, Exception] = {}


def record(payload: dict[str, Any], _event_id: int) -> Callable[[], None]:
    number = payload["number"]
    calls.append(number)
    if number in failures:
        raise failures[number]
    return lambda: effects.append(number)


def record_effect_fails(payload: dict[str, Any], _event_id: int) -> Callable[[], None]:
    def effect() -> None:
        effects.append(payload["number"])
        raise ConnectionError("the server hung up on samira@example.org")

    return effect


def record_batch(payloads: list[dict[str, Any]]) -> None:
    calls.extend(payload["number"] for payload in payloads)


@pytest.fixture(autouse=True)
def subscribed() -> Iterator[None]:
    calls.clear()
    effects.clear()
    failures.clear()
    before = jobs.subscriptions
    jobs.subscriptions = {
        "one": [Subscription("one", record)],
        "many": [Subscription("many", record_batch, batch=True)],
        "cut": [Subscription("cut", record_effect_fails)],
    }
    yield
    jobs.subscriptions = before


def add(topic: str, *numbers: int, at: dt.datetime | None = None) -> None:
    for number in numbers:
        enqueue(topic, now=clock.now(), at=at, number=number)
    db.session.commit()


def states() -> list[str]:
    db.session.expire_all()
    return list(db.session.scalars(select(OutboxEvent.state).order_by(OutboxEvent.id)))


def test_a_rolled_back_change_leaves_no_event() -> None:
    enqueue("one", now=clock.now(), number=1)
    db.session.rollback()
    assert jobs.drain() == 0
    assert calls == []


def test_an_event_is_handled_once_and_in_order() -> None:
    add("one", 1, 2, 3)
    assert jobs.drain() == 3
    assert jobs.drain() == 0
    assert calls == effects == [1, 2, 3]
    assert states() == ["done"] * 3


def test_an_event_due_later_waits() -> None:
    add("one", 1, at=clock.now() + dt.timedelta(hours=1))
    assert jobs.drain() == 0
    assert states() == ["pending"]


def test_a_batch_handler_receives_every_event_at_once() -> None:
    add("many", 1, 2, 3)
    jobs.drain()
    assert calls == [1, 2, 3]


def test_a_failing_event_waits_and_blocks_no_other() -> None:
    failures[1] = ConnectionError()
    add("one", 1, 2)
    jobs.drain()
    assert effects == [2]
    assert states() == ["pending", "done"]
    event = db.session.scalars(select(OutboxEvent).order_by(OutboxEvent.id)).first()
    assert event is not None
    assert event.available_at > clock.now()
    assert event.last_error == "ConnectionError"


def test_the_stored_error_holds_no_personal_data() -> None:
    add("cut", 1)
    jobs.drain()
    assert db.session.scalars(select(OutboxEvent.last_error)).one() == "ConnectionError"


def test_a_hopeless_event_dies_at_once_and_stays_visible() -> None:
    failures[1] = Permanent()
    add("one", 1)
    jobs.drain()
    assert states() == ["dead"]
    assert outbox.counts() == {"pending": 0, "leased": 0, "done": 0, "dead": 1}


def test_an_event_without_handler_dies_instead_of_looping() -> None:
    add("unknown", 1)
    jobs.drain()
    assert states() == ["dead"]


def test_a_huge_event_that_nobody_knows_blocks_no_other() -> None:
    add("one", 1)
    enqueue("unheard-of", now=clock.now(), number=2, text="x" * 5_000_000)
    add("one", 3)
    assert jobs.drain() == 3
    assert states() == ["done", "dead", "done"]
    assert effects == [1, 3]


def test_an_event_dies_after_the_last_attempt() -> None:
    failures[1] = ConnectionError()
    add("one", 1)
    db.session.execute(update(OutboxEvent).values(attempts=outbox.MAX_ATTEMPTS - 1))
    db.session.commit()
    jobs.drain()
    assert states() == ["dead"]


def test_a_worker_that_died_after_its_effect_does_not_repeat_it() -> None:
    add("one", 1)
    (event,) = outbox.claim(clock.now())
    # The effect was recorded, then the process died before the event was marked as done.
    db.session.add(
        OutboxDelivery(event_id=event.id, handler=f"{__name__}.record", done_at=clock.now())
    )
    db.session.execute(update(OutboxEvent).values(leased_until=clock.now()))
    db.session.commit()
    jobs.drain()
    assert calls == []
    assert states() == ["done"]


def test_a_lease_that_expired_is_taken_again() -> None:
    add("one", 1)
    outbox.claim(clock.now())
    assert jobs.drain() == 0
    db.session.execute(
        update(OutboxEvent).values(leased_until=clock.now() - dt.timedelta(seconds=1))
    )
    db.session.commit()
    assert jobs.drain() == 1
    assert effects == [1]


def test_what_was_done_long_ago_is_purged_and_the_rest_kept() -> None:
    add("one", 1, 2)
    jobs.drain()
    first = db.session.scalars(select(OutboxEvent.id).order_by(OutboxEvent.id)).first()
    db.session.execute(
        update(OutboxEvent)
        .where(OutboxEvent.id == first)
        .values(done_at=clock.now() - dt.timedelta(days=31))
    )
    db.session.commit()
    assert purge_done(clock.now()) == 1
    db.session.commit()
    assert states() == ["done"]


@pytest.mark.parametrize("workers", [2, 8])
def test_workers_that_race_never_have_the_same_effect(
    app: Any, real_commits: None, monkeypatch: pytest.MonkeyPatch, workers: int
) -> None:
    add("one", *range(400))
    # A few at a time: one worker alone would take all of them at once.
    monkeypatch.setattr(outbox, "claim", partial(outbox.claim, limit=7))
    errors: list[Exception] = []
    gate = threading.Barrier(workers)

    def work() -> None:
        try:
            with app.app_context():
                gate.wait(30)
                Jobs.drain(jobs)
                db.session.remove()
        except Exception as error:  # noqa: BLE001 - reported by the test itself
            errors.append(error)

    threads = [threading.Thread(target=work) for _ in range(workers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert Counter(effects) == Counter(range(400))
    assert db.session.scalar(select(func.count()).where(OutboxEvent.state == "done")) == 400


def lease_by(worker: str) -> None:
    add("one", 1)
    outbox.claim(clock.now())
    db.session.execute(update(OutboxEvent).values(leased_by=worker))
    db.session.commit()


def test_what_a_dead_worker_had_leased_is_given_back_at_once() -> None:
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    lease_by(f"{socket.gethostname()}:{dead.pid}")
    assert outbox.release_leases_of_the_dead() == 1
    assert jobs.drain() == 1


def test_what_a_living_worker_leased_stays_its_own() -> None:
    lease_by(f"{socket.gethostname()}:{os.getpid()}")
    assert outbox.release_leases_of_the_dead() == 0
    lease_by("another-host:1")
    assert outbox.release_leases_of_the_dead() == 0


def test_a_restarted_container_takes_back_what_its_former_life_leased() -> None:
    lease_by(f"{socket.gethostname()}:{os.getpid()}")
    assert outbox.release_leases_of_the_dead(starting=True) == 1


def test_a_lease_is_prolonged_while_the_work_goes_on() -> None:
    add("one", 1)
    (event,) = outbox.claim(clock.now())
    later = clock.now() + dt.timedelta(minutes=5)
    outbox.keep([event.id], later)
    assert outbox.claim(later) == []


def test_savepoint_neither_wakes_the_worker_nor_lets_it_sleep() -> None:
    with db.session.begin_nested():
        enqueue("one", now=clock.now(), number=1)
    assert db.session.info.get(outbox.WAKE_KEY)
    with db.session.begin_nested() as savepoint:
        db.session.execute(select(1))
        savepoint.rollback()
    assert db.session.info.get(outbox.WAKE_KEY)
    db.session.commit()
    assert outbox.WAKE_KEY not in db.session.info


def test_lease_of_a_whole_claim_is_prolonged(monkeypatch: pytest.MonkeyPatch) -> None:
    add("one", 1)
    add("many", 2)
    first, second = outbox.claim(clock.now())
    lease = Lease([first.id, second.id])
    lease.prolong()
    soon = clock.now() + outbox.LEASE
    monkeypatch.setattr(lease, "_kept_at", lease._kept_at - outbox.LEASE.total_seconds() / 2)
    lease.prolong()
    db.session.expire_all()
    assert first.leased_until is not None
    assert second.leased_until is not None
    assert first.leased_until >= soon
    assert second.leased_until >= soon


def test_dead_events_are_tried_again_when_a_person_asks() -> None:
    failures[1] = Permanent("cannot work")
    add("one", 1)
    jobs.drain()
    assert states() == ["dead"]
    failures.clear()
    assert outbox.revive_dead(clock.now()) == 1
    assert jobs.drain() == 1
    assert states() == ["done"]


def test_a_failed_event_is_tried_again_when_it_is_due(app: Any) -> None:
    """Five seconds later, not at the next minute; and one appointment is enough."""
    worker = Jobs()
    worker.huey = MemoryHuey()
    worker.subscriptions = jobs.subscriptions
    worker._register_tasks(app)
    add("one", 2)
    worker._wake_task.call_local()
    assert worker.huey.pending() == []

    failures[1] = ConnectionError()
    add("one", 1)
    worker._wake_task.call_local()
    worker._wake_task.call_local()

    (again,) = worker.huey.pending()
    assert 3 < (again.eta - dt.datetime.now(dt.UTC).replace(tzinfo=None)).total_seconds() < 7


def test_an_event_due_much_later_makes_no_appointment(app: Any) -> None:
    worker = Jobs()
    worker.huey = MemoryHuey()
    worker.subscriptions = jobs.subscriptions
    worker._register_tasks(app)
    add("one", 1, at=clock.now() + dt.timedelta(hours=1))

    worker._wake_task.call_local()

    assert worker.huey.pending() == []
