"""Members are warned, once, before a conversation they have dropped ends without an outcome."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
import time_machine
from sqlalchemy import func, select

from app.applications import promise, services
from app.applications.enums import ActorKind, Status
from app.applications.models import Application
from app.core.database import db
from app.core.jobs import jobs
from app.core.outbox import OutboxEvent
from app.listings.enums import Kind
from tests import factories

DAY = dt.timedelta(days=1)
HOUR = dt.timedelta(hours=1)


def conversation(now: dt.datetime, *, age: int, idle: int, **values: Any) -> Application:
    """Return an application of a verified organisation of one member, without a step lately."""
    of = factories.listing(
        values.pop("kind", Kind.JOB), organisation=factories.organisation(factories.user())
    )
    base = {"status": Status.CONTACTED, "updated_at": now - idle * DAY}
    return factories.application(of, now=now - age * DAY, **base | values)


def warnings() -> int:
    topic = OutboxEvent.topic == "application.overdue"
    return db.session.scalar(select(func.count()).select_from(OutboxEvent).where(topic)) or 0


@pytest.mark.parametrize(("age", "idle"), [(0, 0), (14, 0), (40, 0)])
def test_members_are_warned_once_three_days_before_the_end(
    age: int, idle: int, now: dt.datetime
) -> None:
    application = conversation(now, age=age, idle=idle)
    warned, instant = [], now
    while application.status != Status.EXPIRED_NO_ANSWER:
        instant += HOUR
        if promise.remind_members(instant):
            warned.append(instant)
        promise.end_silence(instant)
        db.session.refresh(application)

    assert [instant - one for one in warned] == [3 * DAY]


def test_new_step_postpones_the_end_and_the_warning(now: dt.datetime) -> None:
    application = conversation(now, age=25, idle=6)
    assert promise.remind_members(now) == 1
    services.move_application(application, Status.MEETING, ActorKind.MEMBER, None, now + DAY)
    db.session.flush()

    assert promise.remind_members(now + 6 * DAY) == 0
    assert promise.remind_members(now + 7 * DAY) == 1
    assert promise.remind_members(now + 9 * DAY) == 0


@pytest.mark.parametrize(
    "values",
    [
        {"age": 25, "idle": 5},
        {"age": 17, "idle": 9},
        {"age": 25, "idle": 9},
        {"age": 25, "idle": 7, "status": Status.HIRED},
        {"age": 25, "idle": 7, "kind": Kind.EVENT, "status": Status.REGISTERED},
    ],
)
def test_nobody_is_warned_too_early_too_late_or_of_what_is_settled(
    values: dict[str, Any], now: dt.datetime
) -> None:
    conversation(now, **values)
    assert promise.remind_members(now) == 0


def test_both_kinds_of_wait_are_one_message_a_day(now: dt.datetime, smtp: Any) -> None:
    application = conversation(now, age=25, idle=7, first_name="Nora")
    factories.application(application.listing, now=now - 3 * DAY, answer_due_at=now - DAY)
    promise.remind_members(now)
    promise.remind_members(now + HOUR)
    db.session.commit()
    with time_machine.travel(now, tick=False):
        jobs.drain()

    [message] = smtp.messages
    for part in ("plain", "html"):
        text = " ".join(message.get_body((part,)).get_content().split())
        assert "1 personne attend votre appel" in text
        assert "1 personne que vous avez contactée attend la suite" in text
        assert "Nora" not in text


def test_warning_says_nothing_when_a_step_was_taken_since(now: dt.datetime, smtp: Any) -> None:
    application = conversation(now, age=25, idle=7)
    promise.remind_members(now)
    services.move_application(application, Status.MEETING, ActorKind.MEMBER, None, now)
    db.session.commit()
    jobs.drain()
    assert warnings() == 1
    assert not [one for one in smtp.messages if "attend la suite" in one["Subject"]]
