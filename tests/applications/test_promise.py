"""The promise: who forgets is reminded, who is forgotten is told the truth, nobody twice."""

from __future__ import annotations

import datetime as dt
import random
import threading
from collections import Counter
from typing import Any

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from app.applications import progress, promise, services, tasks, workflow
from app.applications.enums import ActorKind, DeclineReason, Status
from app.applications.models import Application
from app.core import clock
from app.core.database import db
from app.core.jobs import jobs, run_scheduled
from app.core.outbox import OutboxEvent
from app.listings.enums import Kind
from app.listings.enums import Status as ListingStatus
from app.organisations.enums import OrganisationStatus
from app.organisations.models import Membership
from app.subscriptions import SCHEDULE
from tests import factories
from tests.applications.pages import words

DAY = dt.timedelta(days=1)
HOUR = dt.timedelta(hours=1)


def waiting(now: dt.datetime, *members: Any, **values: Any) -> Application:
    """Return an application received now, to be answered in two days."""
    of = values.pop("listing", None) or factories.listing(
        values.pop("kind", Kind.JOB), organisation=factories.organisation(*members)
    )
    return factories.application(of, now=now, answer_due_at=now + 2 * DAY, **values)


def reminders(session: Any) -> list[OutboxEvent]:
    query = select(OutboxEvent).where(OutboxEvent.topic == "application.overdue")
    return list(session.scalars(query.order_by(OutboxEvent.id)))


def text_of(message: Any, kind: str = "plain") -> str:
    return " ".join(message.get_body((kind,)).get_content().split())


def test_members_are_reminded_when_it_is_due_then_three_and_seven_days_later(
    now: dt.datetime, session: Any
) -> None:
    application = waiting(now, factories.user(), factories.user())
    due = application.answer_due_at
    told = []
    instant = now
    while instant < now + 20 * DAY:
        before = len(reminders(session))
        promise.remind_members(instant)
        if len(reminders(session)) > before:
            told.append(instant)
        instant += HOUR
    assert told == [due, due + 3 * DAY, due + 7 * DAY]
    assert len(reminders(session)) == 2 * 3


def test_nobody_is_reminded_before_the_promise_is_broken(now: dt.datetime, session: Any) -> None:
    application = waiting(now, factories.user())
    assert promise.remind_members(application.answer_due_at - dt.timedelta(seconds=1)) == 0
    assert reminders(session) == []


def test_a_second_run_reminds_nobody(now: dt.datetime, session: Any) -> None:
    waiting(now, factories.user())
    assert [promise.remind_members(now + 2 * DAY) for _run in range(3)] == [1, 0, 0]
    assert len(reminders(session)) == 1


def test_what_comes_due_on_a_same_day_is_one_message(now: dt.datetime, session: Any) -> None:
    first = waiting(now, factories.user())
    for hours in range(1, 9):
        waiting(now + hours * HOUR, listing=first.listing)
    for hours in range(12):
        promise.remind_members(now + 2 * DAY + hours * HOUR)
    assert len(reminders(session)) == 1
    promise.remind_members(now + 3 * DAY)
    assert len(reminders(session)) == 2
    promise.remind_members(now + 4 * DAY)
    assert len(reminders(session)) == 2


def test_a_worker_that_was_away_sends_the_last_reminder_only(
    now: dt.datetime, session: Any
) -> None:
    application = waiting(now, factories.user())
    for day in (6, 7, 8, 9, 10, 11):
        promise.remind_members(now + day * DAY)
    session.refresh(application)
    assert application.reminders == 3
    assert len(reminders(session)) == 2


@pytest.mark.parametrize("limit", [1, 2, 200])
def test_organisations_are_taken_by_batches(limit: int, now: dt.datetime, session: Any) -> None:
    for _one in range(5):
        waiting(now, factories.user())
    assert promise.remind_members(now + 2 * DAY, limit=limit) == 5
    assert len(reminders(session)) == 5


@pytest.mark.parametrize(
    "values",
    [
        {"status": Status.CONTACTED},
        {"status": Status.DECLINED, "decline_reason": "filled"},
        {"status": Status.WITHDRAWN},
    ],
)
def test_who_has_been_answered_or_left_is_not_reminded_of(
    values: dict[str, Any], now: dt.datetime, session: Any
) -> None:
    waiting(now, factories.user(), **values)
    assert promise.remind_members(now + 9 * DAY) == 0


@pytest.mark.parametrize("status", [OrganisationStatus.PENDING, OrganisationStatus.SUSPENDED])
def test_members_who_may_not_open_it_are_not_reminded(
    status: OrganisationStatus, now: dt.datetime
) -> None:
    application = waiting(now, factories.user())
    application.listing.organisation.status = status
    assert promise.remind_members(now + 2 * DAY) == 0


def test_the_reminder_counts_all_who_wait_and_names_nobody(
    now: dt.datetime, smtp: Any, session: Any
) -> None:
    member = factories.user(name="Marc")
    owner = factories.organisation(member, name="EHPAD <Le Fil> d’argent")
    job = factories.listing(organisation=owner, title="Aide-soignant·e & <nuit>")
    stage = factories.listing(Kind.INTERNSHIP, organisation=owner, title="Stage infirmier")
    for of, days in ((job, 4), (job, 3), (stage, 1)):
        waiting(now - days * DAY, listing=of, first_name="Nora", last_name="Benali")
    promise.remind_members(now)
    session.commit()
    jobs.drain()
    [message] = smtp.messages
    assert message["To"] == member.email
    assert "3 personnes attendent votre appel" in " ".join(message["Subject"].split())
    plain, rich = text_of(message), text_of(message, "html")
    for text in (plain, rich):
        assert "Le délai que vous avez annoncé est passé pour 2 personnes." in text
        assert "La première a écrit il y a 4 jours." in text
        assert "Stage infirmier : 1 personne" in text.replace("\u00a0", " ")
        assert "Nora" not in text
        assert "Benali" not in text
    assert "Aide-soignant·e & <nuit> : 2 personnes" in plain.replace("\u00a0", " ")
    assert "<nuit>" not in rich
    assert "http://localhost/recruter/?vue=liste&attente=oui" in plain


def test_a_long_reminder_says_how_many_others_wait(
    now: dt.datetime, smtp: Any, session: Any
) -> None:
    owner = factories.organisation(factories.user())
    for number in range(15):
        of = factories.listing(organisation=owner, title=f"Poste {number}")
        waiting(now - 3 * DAY, listing=of)
    promise.remind_members(now)
    session.commit()
    jobs.drain()
    text = text_of(smtp.messages[0])
    assert "Poste 11" in text
    assert "Poste 12" not in text
    assert "3 autres personnes" in text


def test_the_link_of_the_reminder_shows_those_who_wait_and_changes_nothing(
    now: dt.datetime, session: Any, sign_in: Any
) -> None:
    member = factories.user()
    application = waiting(now - 3 * DAY, member, first_name="Paulo")
    waiting(now - DAY, listing=application.listing, first_name="Ines", status=Status.CONTACTED)
    client = sign_in(member)
    events = session.scalars(select(OutboxEvent.id)).all()
    page = words(client.get("/recruter/?vue=liste&attente=oui"))
    assert "Paulo" in page
    assert "Ines" not in page
    session.refresh(application)
    assert application.status == Status.RECEIVED
    assert session.scalars(select(OutboxEvent.id)).all() == events


def test_signing_in_from_the_reminder_leads_to_those_who_wait(client: FlaskClient) -> None:
    page = client.get("/recruter/?vue=liste&attente=oui").text
    assert "next=/recruter/?vue%3Dliste%26attente%3Doui" in page.replace("%2F", "/").replace(
        "%3F", "?"
    )


@pytest.mark.parametrize("change", ["answered", "left", "inactive", "suspended", "erased"])
def test_a_reminder_that_is_no_longer_true_is_not_sent(
    change: str, now: dt.datetime, smtp: Any, session: Any
) -> None:
    member = factories.user()
    application = waiting(now - 3 * DAY, member)
    promise.remind_members(now)
    owner = application.listing.organisation
    if change == "answered":
        services.move_application(application, Status.CONTACTED, ActorKind.MEMBER, member, now)
        application.email = None
    elif change == "left":
        session.delete(session.scalars(select(Membership)).one())
    elif change == "inactive":
        member.active = False
    elif change == "suspended":
        owner.status = OrganisationStatus.SUSPENDED
    else:
        session.delete(application)
    session.commit()
    jobs.drain()
    assert smtp.messages == []


def test_a_reminder_to_who_has_been_erased_is_not_sent() -> None:
    assert tasks.remind_member({"organisation_id": 2**30, "user_id": 2**30}, 1) is None


def test_two_workers_remind_once(
    app: Flask, real_commits: None, now: dt.datetime, session: Any
) -> None:
    for _one in range(6):
        waiting(now - 3 * DAY, factories.user())
    old = factories.application(
        factories.listing(), now=now - 22 * DAY, answer_due_at=now - 20 * DAY, email="a@example.org"
    )
    db.session.commit()
    ready = threading.Barrier(4)

    def work() -> None:
        with app.app_context():
            ready.wait()
            for job in (promise.remind_members, promise.end_silence):
                job(now, limit=2)
                db.session.commit()
            db.session.remove()

    threads = [threading.Thread(target=work) for _one in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    db.session.rollback()
    assert len(reminders(session)) == 6
    session.refresh(old)
    assert [event.to_status for event in old.events] == [Status.EXPIRED_NO_ANSWER]


def test_a_run_that_dies_loses_nothing(real_commits: None, now: dt.datetime, session: Any) -> None:
    application = waiting(now - 22 * DAY, factories.user())
    session.commit()
    promise.remind_members(now)
    promise.end_silence(now)
    session.rollback()
    assert reminders(session) == []
    assert application.status == Status.RECEIVED
    assert promise.remind_members(now) == 1
    assert promise.end_silence(now) == 1


@pytest.mark.parametrize("kind", [kind for kind in Kind if kind != Kind.EVENT])
@pytest.mark.parametrize("status", sorted(workflow.WAITING))
def test_three_weeks_without_an_answer_are_the_end(
    kind: Kind, status: Status, now: dt.datetime
) -> None:
    application = waiting(now, kind=kind, status=status)
    limit = now + 21 * DAY
    assert promise.end_silence(limit - dt.timedelta(seconds=1)) == 0
    assert promise.end_silence(limit) == 1
    assert promise.end_silence(limit) == 0
    assert application.status == Status.EXPIRED_NO_ANSWER
    [event] = application.events
    assert (event.actor_kind, event.actor_id, event.from_status) == ("system", None, status)


@pytest.mark.parametrize("status", sorted(workflow.IN_TOUCH))
@pytest.mark.parametrize(("last_step", "ends"), [(2, 21), (12, 21), (20, 29), (21, 30), (25, 34)])
def test_a_conversation_dropped_ends_nine_days_later_never_before_three_weeks(
    status: Status, last_step: int, ends: int, now: dt.datetime
) -> None:
    application = waiting(now, status=status, updated_at=now + last_step * DAY)
    assert promise.end_silence(now + ends * DAY - dt.timedelta(seconds=1)) == 0
    assert promise.end_silence(now + ends * DAY) == 1
    assert application.status == Status.EXPIRED_NO_ANSWER


@pytest.mark.parametrize("limit", [1, 3, 200])
def test_silences_are_ended_by_batches(limit: int, now: dt.datetime) -> None:
    for _one in range(7):
        waiting(now)
    assert promise.end_silence(now + 21 * DAY, limit=limit) == 7


def test_of_an_event_only_the_wait_for_a_seat_ends_and_with_its_date(now: dt.datetime) -> None:
    event = factories.listing(Kind.EVENT)
    past = factories.listing_session(event, starts_at=now + 60 * DAY, taken=1)
    kept = [
        factories.application(event, now=now, session=past, status=status)
        for status in (Status.REGISTERED, Status.WAITLISTED)
    ]
    assert promise.end_silence(now + 60 * DAY - HOUR) == 0
    assert promise.remind_members(now + 60 * DAY) == 0
    assert promise.end_silence(now + 60 * DAY) == 1
    assert [one.status for one in kept] == [Status.REGISTERED, Status.CANCELLED]


def test_a_waiting_list_of_a_training_ends_with_its_date(now: dt.datetime) -> None:
    training = factories.listing(Kind.TRAINING)
    date = factories.listing_session(training, starts_at=now + 40 * DAY)
    dated = factories.application(training, now=now, session=date, status=Status.WAITLISTED)
    undated = factories.application(training, now=now, status=Status.WAITLISTED)
    assert promise.end_silence(now + 40 * DAY - HOUR) == 0
    assert promise.end_silence(now + 40 * DAY) == 1
    assert dated.status == Status.CLOSED_ELSEWHERE
    training.status, training.closed_at, training.outcome = ListingStatus.CLOSED, now, "filled"
    # She has just been told that she stays on the list: the school may still answer her.
    assert promise.end_silence(now + 9 * DAY - HOUR) == 0
    assert promise.end_silence(now + 9 * DAY) == 1
    assert undated.status == Status.CLOSED_ELSEWHERE


def test_a_waiting_list_that_ends_with_its_date_says_so_and_may_still_give_a_seat(
    now: dt.datetime, smtp: Any
) -> None:
    training = factories.listing(Kind.TRAINING)
    date = factories.listing_session(training, starts_at=now + 40 * DAY)
    listed = factories.application(
        training, now=now, session=date, status=Status.WAITLISTED, email="lila@example.org"
    )
    promise.end_silence(now + 40 * DAY)
    with time_machine.travel(now + 40 * DAY, tick=False):
        jobs.drain()

    (message,) = smtp.messages
    assert "Votre date a commencé" in message.get_body(("plain",)).get_content()
    assert "Votre date a commencé" in progress.next_sentence(listed)
    freed = now + 42 * DAY
    services.move_application(listed, Status.ADMITTED, ActorKind.MEMBER, None, freed)
    assert listed.status == Status.ADMITTED


def test_a_late_answer_is_still_possible_and_may_be_dropped_again(now: dt.datetime) -> None:
    application = waiting(now)
    promise.end_silence(now + 21 * DAY)
    late = now + 25 * DAY
    services.move_application(application, Status.CONTACTED, ActorKind.MEMBER, None, late)
    assert promise.end_silence(late + 8 * DAY) == 0
    assert promise.end_silence(late + 9 * DAY) == 1


@pytest.mark.parametrize("spoken", [False, True])
def test_the_person_is_told_the_truth_and_whom_to_call(
    spoken: bool, now: dt.datetime, smtp: Any, session: Any
) -> None:
    application = waiting(now - 30 * DAY, email="nora@example.org")
    if spoken:
        services.move_application(
            application, Status.CONTACTED, ActorKind.TEAM, None, now - 28 * DAY
        )
    promise.end_silence(now)
    session.commit()
    jobs.drain()
    message = smtp.messages[-1]
    for text in (text_of(message), text_of(message, "html")):
        assert ("La structure ne vous a pas répondu." in text) is not spoken
        assert ("La structure ne nous a pas dit la suite." in text) is spoken
        assert ("Si un rendez-vous est prévu, il tient toujours." in text) is spoken
        assert "04 65 71 12 34" in text.replace("\u00a0", " ")
        assert application.reference in text
    assert len(smtp.messages) == 1 + spoken


@pytest.mark.parametrize("spoken", [False, True])
def test_who_has_no_email_reads_it_on_her_page(
    spoken: bool, app: Flask, client: FlaskClient, now: dt.datetime, session: Any
) -> None:
    application = waiting(now - 30 * DAY, email=None)
    if spoken:
        services.move_application(
            application, Status.MEETING, ActorKind.MEMBER, None, now - 29 * DAY
        )
    promise.end_silence(now)
    session.commit()
    with client.session_transaction() as cookie:
        cookie["followed"] = {application.reference: clock.now().timestamp()}
    text = words(client.get(f"/candidature/{application.reference}"))
    assert ("Sans suite connue" in text) is spoken
    assert ("Sans réponse de la structure" in text) is not spoken
    assert "Une conseillère cherche avec vous" in text
    assert "04 65 71 12 34" in text


def test_the_sheet_says_that_a_late_answer_is_possible(now: dt.datetime, sign_in: Any) -> None:
    member = factories.user()
    application = waiting(now - 30 * DAY, member)
    client = sign_in(member)
    address = f"/recruter/candidatures/{application.id}"
    assert "restée sans suite" not in words(client.get(address))
    promise.end_silence(now)
    assert "Cette demande est restée sans suite." in words(client.get(address))


# What a member may do to a person on a given day, in the cohort below.
STEPS = (Status.SEEN, Status.CONTACTED, Status.MEETING, Status.TRIAL, Status.HIRED)
STEPS += (Status.DECLINED, Status.ADMITTED, Status.WAITLISTED, Status.REFUSED)
TOLD = (Status.ADMITTED, Status.WAITLISTED)
PROMISES = (24, 48, 72, 168)


@pytest.mark.parametrize("seed", range(4))
def test_thirty_days_later_nobody_is_without_an_outcome(
    seed: int, now: dt.datetime, smtp: Any, session: Any
) -> None:
    """Walk day by day with the real timetable, mails included."""
    chance = random.Random(seed)
    people = _cohort(chance, now)
    watched = {"expire_listings", "remind_members", "end_silence", "measure_answers"}
    timetable = [entry for entry in SCHEDULE if entry.name in watched]
    assert len(timetable) == len(watched)
    by_day: Counter[tuple[str, int]] = Counter()
    for day in range(37):
        with time_machine.travel(now + day * DAY, tick=False):
            _live_a_day(chance, people)
            session.commit()
            for entry in timetable:
                run_scheduled(entry)
            jobs.drain()
            for person in people:
                if clock.now() - person.created_at >= 30 * DAY:
                    assert person.status in workflow.FINISHED | set(TOLD), (day, person)
        sent = [message for message in smtp.messages if "reminder" in message["Message-ID"]]
        by_day.update((message["To"], day) for message in sent)
        smtp.messages.clear()
    assert by_day
    assert max(by_day.values()) == 1
    ended = Counter(
        event.application_id
        for person in people
        for event in person.events
        if event.to_status == Status.EXPIRED_NO_ANSWER
    )
    assert ended
    assert max(ended.values()) == 1


def _cohort(chance: random.Random, now: dt.datetime) -> list[Application]:
    """Return sixty people who wrote in the same week, to all kinds of listings but events."""
    kinds = [kind for kind in Kind if kind != Kind.EVENT]
    listings = []
    for number, kind in enumerate(kinds * 2):
        member = factories.user(email=f"membre{number}@example.org")
        owner = factories.organisation(member, promise_hours=chance.choice(PROMISES))
        of = factories.listing(kind, organisation=owner, now=now, deadline=None)
        if number % 2 and kind != Kind.JOB:
            factories.listing_session(of, starts_at=now + chance.randint(12, 80) * DAY)
        listings.append(of)
    people = []
    for _one in range(60):
        of = chance.choice(listings)
        received = now - chance.randint(0, 6) * DAY
        people.append(
            factories.application(
                of,
                now=received,
                session=chance.choice([None, *of.sessions]),
                answer_due_at=received + dt.timedelta(hours=of.organisation.promise_hours),
                email=chance.choice([None, f"personne{chance.random()}@example.org"]),
            )
        )
    return people


def _live_a_day(chance: random.Random, people: list[Application]) -> None:
    """Whoever acts in the first three weeks may be as slow as she likes."""
    for person in people:
        if clock.now() - person.created_at < 21 * DAY and chance.random() < 0.12:
            _act(chance, person)


def _act(chance: random.Random, person: Application) -> None:
    """Have a member take a step that the table allows, or the person take it back."""
    now = clock.now()
    if person.status not in workflow.FINISHED and chance.random() < 0.1:
        services.withdraw_application(person, now)
        return
    allowed = workflow.allowed(person.listing.kind, person.status, ActorKind.MEMBER)
    steps = [to for to in STEPS if to in allowed]
    if steps and person.status != Status.EXPIRED_NO_ANSWER:
        services.move_application(
            person,
            chance.choice(steps),
            ActorKind.MEMBER,
            None,
            now,
            reason=DeclineReason.OTHER,
            message="Voici pourquoi.",
        )
