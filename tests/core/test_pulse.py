"""What waits is seen, who is silent too, and a clock that lies erases nothing."""

from __future__ import annotations

import datetime as dt
import os
import socket
import subprocess
import sys
import threading
from typing import Any

import pytest
from sqlalchemy import select, update
from sqlalchemy.exc import OperationalError

from app.core import clock, outbox, pulse
from app.core.database import db
from app.core.jobs import Jobs, Scheduled, jobs, run_scheduled, sweep_outbox
from app.core.outbox import OutboxEvent, Refused, Subscription, enqueue
from app.core.pulse import Heartbeat, work_state

handled: list[int] = []
HOUR = dt.timedelta(hours=1)


def handle(payload: dict[str, Any], _event_id: int) -> None:
    handled.append(payload["number"])


def refuse(_payload: dict[str, Any], _event_id: int) -> None:
    raise Refused


@pytest.fixture(autouse=True)
def subscribed(monkeypatch: pytest.MonkeyPatch) -> None:
    handled.clear()
    monkeypatch.setattr(
        jobs,
        "subscriptions",
        {"one": [Subscription("one", handle)], "mail": [Subscription("mail", refuse)]},
    )


def add(topic: str = "one", *numbers: int, now: dt.datetime | None = None) -> None:
    for number in numbers or (1,):
        enqueue(topic, now=now or clock.now(), number=number)
    db.session.commit()


def test_the_oldest_work_that_waits_is_known(now: dt.datetime) -> None:
    assert work_state(now).oldest_at is None
    add(now=now - HOUR)
    add(now=now)
    enqueue("one", now=now - 2 * HOUR, at=now + HOUR, number=3)
    state = work_state(now)
    assert state.oldest_age_seconds == 3600
    assert [(one.topic, one.number) for one in state.waiting] == [("one", 2)]
    assert state.late


def test_what_failed_has_waited_since_it_was_written(now: dt.datetime) -> None:
    add(now=now - HOUR)
    db.session.execute(update(OutboxEvent).values(attempts=3, available_at=now + HOUR))
    assert work_state(now).oldest_age_seconds == 3600


def test_dead_letters_are_told_by_topic_and_reason(now: dt.datetime) -> None:
    add("mail", 1, 2)
    add("unknown")
    jobs.drain()
    state = work_state(clock.now())
    told = {(one.topic, one.error): one.number for one in state.dead}
    assert told == {("mail", "Refused"): 2, ("unknown", "Permanent"): 1}
    # An address that was mistyped is nobody's breakdown.
    assert state.given_up == 1
    assert not state.sound


def test_one_group_of_dead_letters_is_taken_up_again(now: dt.datetime) -> None:
    add("mail")
    add("unknown")
    jobs.drain()
    assert outbox.revive_dead(clock.now(), "mail", "Refused") == 1
    assert outbox.revive_dead(clock.now(), "mail", "Refused") == 0
    assert outbox.counts()["dead"] == 1


def test_a_worker_that_froze_is_silent_and_one_that_ended_is_forgotten(now: dt.datetime) -> None:
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    db.session.add_all(
        [
            Heartbeat(name=f"worker {socket.gethostname()}:{ended.pid}", beat_at=now),
            Heartbeat(name="worker elsewhere:7", beat_at=now - dt.timedelta(minutes=3)),
            Heartbeat(name="worker long-ago:8", beat_at=now - dt.timedelta(days=2)),
        ]
    )
    pulse.beat_as_worker(now)
    state = work_state(now)
    assert {one.name: one.silent for one in state.workers} == {
        f"{socket.gethostname()}:{os.getpid()}": False,
        "elsewhere:7": True,
    }
    assert not state.silent
    assert work_state(now + dt.timedelta(minutes=2)).silent


def test_workers_that_start_together_beat_together(app: Any, real_commits: None) -> None:
    errors: list[Exception] = []

    def start() -> None:
        try:
            with app.app_context():
                pulse.beat_as_worker(clock.now())
                db.session.commit()
                db.session.remove()
        except Exception as error:  # noqa: BLE001 - reported by the test itself
            errors.append(error)

    threads = [threading.Thread(target=start) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []


@pytest.mark.parametrize("leap", [dt.timedelta(days=400), dt.timedelta(days=-2)])
def test_a_clock_that_leaps_erases_nothing_until_a_person_has_looked(
    now: dt.datetime, leap: dt.timedelta, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran: list[str] = []
    purge = Scheduled("purge", lambda _now: ran.append("purge"), final=True)
    other = Scheduled("other", lambda _now: ran.append("other"))
    pulse.beat_as_worker(now)
    monkeypatch.setattr(clock, "now", lambda: now + leap)
    # However often the worker looks, it does not get used to it.
    pulse.beat_as_worker(clock.now())
    pulse.beat_as_worker(clock.now())
    run_scheduled(purge)
    run_scheduled(other)
    assert ran == ["other"]
    assert work_state(clock.now()).clock_leapt

    pulse.trust_clock(clock.now())
    run_scheduled(purge)
    assert ran == ["other", "purge"]
    assert not work_state(clock.now()).clock_leapt


@pytest.mark.parametrize("step", [dt.timedelta(hours=2), dt.timedelta(hours=-2)])
def test_a_small_step_of_the_clock_stops_nothing(now: dt.datetime, step: dt.timedelta) -> None:
    pulse.beat_as_worker(now)
    assert not pulse.clock_has_leapt(now + step)


def test_what_a_clock_ahead_wrote_does_not_wait_for_it(now: dt.datetime) -> None:
    add(now=now + 2 * HOUR)
    enqueue("one", now=now, at=now + HOUR, number=2)
    db.session.commit()
    assert jobs.drain() == 0
    assert sweep_outbox(clock.now()) == 1
    db.session.commit()
    jobs.drain()
    assert handled == [1]


def test_work_not_begun_goes_back_when_the_worker_is_asked_to_end() -> None:
    worker = Jobs()

    def end(payload: dict[str, Any], _event_id: int) -> None:
        handled.append(payload["number"])
        worker.stopping.set()

    worker.subscriptions = {"one": [Subscription("one", end)], "other": jobs.subscriptions["one"]}
    add("one", 1, 2)
    add("other", 3)
    worker.drain()
    assert handled == [1]
    assert outbox.counts() == {"pending": 3, "leased": 0, "done": 0, "dead": 0}
    assert set(db.session.scalars(select(OutboxEvent.falls))) == {0}

    # What was already done is known: the next worker does the rest only.
    successor = Jobs()
    successor.subscriptions = worker.subscriptions
    successor.drain()
    assert handled == [1, 2, 3]


def test_an_event_that_kills_its_workers_is_given_up_and_stops_no_other() -> None:
    """As `kill -9` of the worker each time: the lease runs out without a verdict."""
    add("one", 1, 2)
    poison = db.session.scalars(select(OutboxEvent).order_by(OutboxEvent.id)).first()
    assert poison is not None
    for _ in range(20):
        events = outbox.claim(clock.now())
        if poison.id not in [event.id for event in events]:
            break
        if len(events) == 1 and events[0].falls >= outbox.MAX_FALLS:
            db.session.execute(update(OutboxEvent).values(leased_until=clock.now()))
            break
        held = [event.id for event in events]
        db.session.execute(
            update(OutboxEvent).where(OutboxEvent.id.in_(held)).values(leased_until=clock.now())
        )
        db.session.commit()
    jobs.drain()
    db.session.expire_all()
    assert (poison.state, poison.last_error) == ("dead", "WorkerDied")
    assert handled == [2]
    # A person who has corrected what it dies of gives it all its chances again.
    outbox.revive_dead(clock.now(), "one", "WorkerDied")
    jobs.drain()
    assert handled == [2, 1]


def test_a_server_that_is_away_is_not_waited_for_once_a_message(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[int] = []

    def away(payload: dict[str, Any], _event_id: int) -> None:
        asked.append(payload["number"])
        raise TimeoutError

    def index(payloads: list[dict[str, Any]]) -> None:
        assert asked == []
        handled.extend(payload["number"] for payload in payloads)

    monkeypatch.setitem(jobs.subscriptions, "mail", [Subscription("mail", away)])
    monkeypatch.setitem(jobs.subscriptions, "many", [Subscription("many", index, batch=True)])
    add("mail", *range(20))
    add("many", 1, 2)
    jobs.drain()
    assert asked == [0, 1, 2]
    assert handled == [1, 2]
    assert outbox.counts() == {"pending": 20, "leased": 0, "done": 2, "dead": 0}


def test_a_server_that_refuses_some_messages_is_given_the_others(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[int] = []

    def answers(payload: dict[str, Any], _event_id: int) -> None:
        asked.append(payload["number"])
        if payload["number"] % 2:
            raise TimeoutError
        raise ValueError

    monkeypatch.setitem(jobs.subscriptions, "mail", [Subscription("mail", answers)])
    add("mail", *range(8))
    jobs.drain()
    assert asked == list(range(8))


def test_what_a_worker_held_when_the_database_went_away_waits_for_no_lease(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    worker = Jobs()
    worker.subscriptions = jobs.subscriptions
    add("one", 1, 2)

    def cut(_ids: list[int]) -> None:
        # As a rollback does: nothing of the events is known but by a database that is not there.
        db.session.expire_all()
        db.session.expunge_all()
        raise OperationalError("UPDATE", {}, Exception("server closed the connection"))

    with monkeypatch.context() as patched:
        patched.setattr("app.core.jobs._finish", cut)
        with pytest.raises(OperationalError):
            worker.drain()
    db.session.rollback()
    assert outbox.counts()["leased"] == 2
    assert worker.drain() == 2
    # Their effects were recorded: nobody has them twice.
    assert handled == [1, 2]
    assert outbox.counts()["done"] == 2
