"""The table of transitions, checked as a whole and against the service that applies it."""

from __future__ import annotations

import datetime as dt
import random
from typing import Any

import pytest
from sqlalchemy import select

from app.applications import pool, services, workflow
from app.applications.enums import STEP_ACTIONS, ActorKind, DeclineReason, Status
from app.applications.models import ApplicationEvent
from app.applications.progress import DONE, NEXT, steps
from app.applications.workflow import Family
from app.core.errors import NotAllowedTransition
from app.core.outbox import OutboxEvent
from app.listings.enums import Kind
from tests import factories

KINDS = {Family.WORK: Kind.JOB, Family.TRAINING: Kind.TRAINING, Family.EVENT: Kind.EVENT}
FIRST = {Family.WORK: "received", Family.TRAINING: "received", Family.EVENT: "registered"}


@pytest.mark.no_database
@pytest.mark.parametrize("family", Family)
def test_every_state_of_the_table_can_be_reached(family: Family) -> None:
    table = workflow.TRANSITIONS[family]
    reached = {Status(FIRST[family])} | ({Status.WAITLISTED} if family is Family.EVENT else set())
    for _round in Status:
        for status in list(reached):
            for targets in table.get(status, {}).values():
                reached |= targets
    assert set(table) <= reached


@pytest.mark.no_database
@pytest.mark.parametrize("family", Family)
def test_the_person_can_always_take_back_what_is_alive(family: Family) -> None:
    back = workflow.withdrawn_status(KINDS[family])
    for status in workflow.TRANSITIONS[family]:
        over = status in {Status.ATTENDED, Status.ABSENT, Status.DECLINED, Status.REFUSED}
        can = back in workflow.allowed(KINDS[family], status, ActorKind.CANDIDATE)
        assert can is not over


@pytest.mark.no_database
def test_the_person_takes_it_back_or_answers_what_she_is_asked() -> None:
    for table in workflow.TRANSITIONS.values():
        for status, row in table.items():
            kept = {Status.POOL} if status in pool.ASKED_AFTER else set()
            taken = {Status.ADMITTED} if status is Status.OFFERED else set()
            assert row[ActorKind.CANDIDATE] - workflow.TAKEN_BACK == kept | taken


@pytest.mark.no_database
def test_nobody_else_keeps_a_person_nor_lets_her_go() -> None:
    for table in workflow.TRANSITIONS.values():
        for status, row in table.items():
            for actor in set(ActorKind) - {ActorKind.CANDIDATE}:
                assert Status.POOL not in row[actor]
                assert status is not Status.POOL or not row[actor]


@pytest.mark.no_database
def test_what_is_taken_back_never_moves_again() -> None:
    for table in workflow.TRANSITIONS.values():
        assert not workflow.TAKEN_BACK & set(table)


@pytest.mark.no_database
def test_every_state_that_can_be_reached_has_its_words() -> None:
    reached = {
        to
        for table in workflow.TRANSITIONS.values()
        for row in table.values()
        for targets in row.values()
        for to in targets
    }
    assert reached <= set(DONE)
    assert reached <= set(NEXT)
    by_members = {
        to
        for table in workflow.TRANSITIONS.values()
        for row in table.values()
        for to in row[ActorKind.MEMBER]
    }
    assert by_members - workflow.NEEDS_REASON - {Status.SEEN} == set(STEP_ACTIONS)


@pytest.mark.parametrize("family", Family)
@pytest.mark.parametrize("seed", range(12))
def test_a_random_life_only_takes_allowed_steps_and_logs_each(
    family: Family, seed: int, now: dt.datetime, session: Any
) -> None:
    chance = random.Random(seed)
    of = factories.listing(KINDS[family])
    date = factories.listing_session(of, capacity=1)
    application = factories.application(of, status=FIRST[family], session=date)
    if family is Family.EVENT:
        date.taken = 1
        session.flush()
    taken = 0
    for _step in range(12):
        to, actor = chance.choice(list(Status)), chance.choice(list(ActorKind))
        before = Status(application.status)
        try:
            event = services.move_application(
                application, to, actor, None, now, reason=DeclineReason.OTHER, message="Voilà."
            )
        except NotAllowedTransition:
            assert to not in workflow.allowed(of.kind, before, actor)
            assert application.status == before
            continue
        if event is None:
            assert before == to
            continue
        assert to in workflow.allowed(of.kind, before, actor)
        assert (event.from_status, event.to_status, application.status) == (before, to, to)
        taken += 1
        session.refresh(date)
        assert date.taken == int(workflow.holds_seat(of.kind, to))
        assert steps(application)
    logged = session.scalars(
        select(ApplicationEvent).where(ApplicationEvent.application_id == application.id)
    ).all()
    assert len(logged) == taken
    told = session.scalars(select(OutboxEvent).where(OutboxEvent.topic == "application.moved"))
    assert len(told.all()) == sum(event.to_status not in workflow.SILENT for event in logged)


def test_saying_no_needs_a_reason_and_a_message(now: dt.datetime) -> None:
    application = factories.application()
    for reason, message in ((None, "Bonjour"), (DeclineReason.FILLED, "  ")):
        with pytest.raises(services.ReasonMissing):
            services.move_application(
                application, Status.DECLINED, ActorKind.MEMBER, None, now, reason, message
            )
    assert application.status == Status.RECEIVED


def test_a_second_click_changes_nothing(now: dt.datetime, session: Any) -> None:
    application = factories.application()
    for _click in range(2):
        services.move_application(application, Status.CONTACTED, ActorKind.MEMBER, None, now)
    assert len(application.events) == 1


def test_the_last_place_of_a_training_is_not_given_twice(now: dt.datetime) -> None:
    training = factories.listing(Kind.TRAINING)
    date = factories.listing_session(training, capacity=1)
    first, second = (factories.application(training, session=date) for _one in range(2))
    services.move_application(first, Status.ADMITTED, ActorKind.MEMBER, None, now)
    with pytest.raises(services.NoSeatLeft):
        services.move_application(second, Status.ADMITTED, ActorKind.MEMBER, None, now)
    services.move_application(second, Status.WAITLISTED, ActorKind.MEMBER, None, now)


def test_a_freed_place_goes_to_who_has_waited_longest(now: dt.datetime, session: Any) -> None:
    event = factories.listing(Kind.EVENT)
    date = factories.listing_session(event, capacity=1, taken=1)
    registered = factories.application(event, session=date, status=Status.REGISTERED)
    later = factories.application(event, session=date, status=Status.WAITLISTED)
    sooner = factories.application(
        event, session=date, status=Status.WAITLISTED, now=now - dt.timedelta(hours=1)
    )
    services.withdraw_application(registered, now)
    session.refresh(date)
    assert (sooner.status, later.status, date.taken) == ("registered", "waitlisted", 1)
