"""The demonstration: complete, alive, clearly fictional, and always of today."""

from __future__ import annotations

import datetime as dt
import re
from collections import Counter, defaultdict
from collections.abc import Iterator

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import joinedload, selectinload

from app.accounts.models import User
from app.accounts.services import check_password
from app.applications import workflow
from app.applications.enums import ActorKind, DeclineReason
from app.applications.enums import Status as ApplicationStatus
from app.applications.models import Application
from app.applications.workflow import SILENCE
from app.core import clock
from app.core.database import db, reads_only
from app.core.outbox import OutboxEvent, OutboxState
from app.geography.models import Commune
from app.listings.enums import Kind, Outcome, Status, UnfilledReason
from app.listings.models import Listing, ListingEvent, ListingSession
from app.listings.queries import counts_by_kind
from app.main.demo import services
from app.main.demo.days import HOLIDAYS
from app.main.demo.listings import FULL_TIME, MINIMUM_HOUR, MINIMUM_MONTH
from app.main.verify import INVARIANTS
from app.organisations.models import Organisation, measure_of
from app.professions.models import Profession
from app.reports.queries import open_cases
from tests.conftest import empty_tables
from tests.main.demonstration import PASSWORD, open_listings

S = ApplicationStatus
# Under this many people, how an organisation answers says nothing.
ENOUGH = 8


@pytest.fixture(scope="module")
def loaded(app: Flask) -> Iterator[services.LoadResult]:
    """Load the demonstration once, for the tests of this file, which change it each for itself."""
    reads_only.set(False)
    with app.app_context():
        result = services.load_demo(clock.now(), PASSWORD)
        db.session.commit()
        db.session.remove()
    yield result
    with app.app_context():
        empty_tables()
        db.session.remove()


def applications() -> list[Application]:
    """Return all the applications, with what the tests read of them."""
    return list(
        db.session.scalars(
            select(Application).options(
                joinedload(Application.listing).joinedload(Listing.organisation),
                selectinload(Application.events),
            )
        )
    )


def test_every_kind_is_shown_by_many_organisations(
    loaded: services.LoadResult, now: dt.datetime
) -> None:
    counts = counts_by_kind(now)

    assert loaded.organisations >= 30
    assert sum(counts.values()) >= 200
    assert min(counts.values()) >= 15
    assert counts[Kind.JOB] >= 100


def test_every_commune_and_arrondissement_has_a_listing(
    loaded: services.LoadResult, now: dt.datetime
) -> None:
    places = {listing.commune_code for listing in open_listings(now)}

    assert places == set(db.session.scalars(select(Commune.code).where(Commune.in_territory)))


def test_every_profession_is_met(loaded: services.LoadResult, now: dt.datetime) -> None:
    met = {listing.profession_id for listing in open_listings(now)}

    assert set(db.session.scalars(select(Profession.id))) <= met


def test_some_organisations_have_a_past_that_listings_tell(loaded: services.LoadResult) -> None:
    measured = [one for one in db.session.scalars(select(Organisation)) if measure_of(one)]
    assert len(measured) >= 6
    assert {one.promise_hours for one in measured} >= {24, 48}


def test_second_load_changes_nothing(loaded: services.LoadResult, now: dt.datetime) -> None:
    tables = (User, Organisation, Listing, ListingSession, Application, OutboxEvent)
    before = [db.session.scalar(select(func.count()).select_from(table)) for table in tables]

    again = services.load_demo(now + dt.timedelta(hours=1), PASSWORD)

    after = [db.session.scalar(select(func.count()).select_from(table)) for table in tables]
    assert after == before
    assert (again.organisations, again.created, again.applications) == (0, 0, 0)
    assert again.unchanged == loaded.created


def test_pay_is_at_least_the_legal_minimum(loaded: services.LoadResult, now: dt.datetime) -> None:
    jobs = [listing for listing in open_listings(now) if listing.kind == Kind.JOB]

    for job in jobs:
        assert job.pay_min_cents is not None
        assert job.pay_max_cents is not None
        assert job.hours_min is not None
        floor = MINIMUM_HOUR
        if job.pay_period == "month":
            floor = MINIMUM_MONTH * job.hours_min / FULL_TIME
        assert job.pay_min_cents / 100 >= floor, job.title
        assert job.pay_max_cents >= job.pay_min_cents


def test_texts_are_complete_and_unique(loaded: services.LoadResult, now: dt.datetime) -> None:
    listings = open_listings(now)

    assert len({(each.title, each.organisation_id) for each in listings}) == len(listings)
    assert len({each.description for each in listings}) == len(listings)
    conditions = [each.conditions for each in listings if each.conditions]
    assert max(Counter(conditions).values()) <= 2
    for listing in listings:
        text = listing.title + listing.description + listing.conditions
        assert len(listing.description) > 150
        assert "'" not in text
        assert not re.search(r" [:;?!»]|« ", text), listing.title
        assert listing.contact_name
        assert listing.kind in {Kind.EVENT} or listing.profession_id is not None
        assert listing.kind != Kind.JOB or listing.conditions


def test_people_are_fictional(loaded: services.LoadResult) -> None:
    emails = [
        *db.session.scalars(select(User.email)),
        *db.session.scalars(select(Application.email)),
    ]

    assert all(email is None or email.endswith("@example.org") for email in emails)
    for phone in db.session.scalars(select(Application.phone)):
        assert phone is None or re.fullmatch(r"\+33639980\d{3}", phone)
    assert (
        db.session.scalars(select(Organisation.siren).where(Organisation.siren.is_not(None))).all()
        == []
    )


def test_nobody_tells_what_an_employer_must_not_know(loaded: services.LoadResult) -> None:
    private = re.compile(
        r"\b(santé|malad|enceinte|congé (parental|mat)|mari\b|épou|divorc|mes enfants|"
        r"nationalité|papiers|religio|syndic|handicapé)",
        re.IGNORECASE,
    )

    for message in db.session.scalars(select(Application.message)):
        assert not private.search(message), message


def test_applications_stand_at_every_stage_of_every_family(loaded: services.LoadResult) -> None:
    reached = defaultdict(set)
    for application in applications():
        family = workflow.family_of(application.listing.kind)
        reached[family] |= {S(event.to_status) for event in application.events}

    for family, table in workflow.TRANSITIONS.items():
        everywhere = set(table) | {
            to for row in table.values() for targets in row.values() for to in targets
        }
        assert reached[family] >= everywhere
    assert 350 <= loaded.applications <= 550


def test_every_reason_to_decline_is_given(loaded: services.LoadResult) -> None:
    given = {each.decline_reason for each in applications() if each.decline_reason}

    assert len(given) >= 8
    assert given <= set(DeclineReason)
    messages = [each.decline_message for each in applications() if each.decline_reason]
    assert all(messages)
    assert not any("{" in message for message in messages)


def test_lives_of_applications_follow_the_table_and_the_clock(
    loaded: services.LoadResult, now: dt.datetime
) -> None:
    for application in applications():
        events = application.events
        instants = [event.at for event in events]
        assert instants == sorted(instants)
        assert instants[-1] <= now
        for event in events[1:]:
            assert event.from_status is not None
            assert event.to_status in workflow.allowed(
                application.listing.kind, event.from_status, ActorKind(event.actor_kind)
            )


def test_nobody_waits_longer_than_the_silence_that_is_told(
    loaded: services.LoadResult, now: dt.datetime
) -> None:
    for application in applications():
        if application.listing.kind != Kind.EVENT and application.status in workflow.WAITING:
            assert now - application.created_at < SILENCE


def test_some_organisations_answer_well_and_others_badly(
    loaded: services.LoadResult, now: dt.datetime
) -> None:
    answered = defaultdict(list)
    late = 0
    for each in applications():
        if each.answer_due_at is None or each.listing.organisation is None:
            continue
        if each.first_contact_at is not None:
            late += each.first_contact_at > each.answer_due_at
        if each.first_contact_at is not None or each.answer_due_at <= now:
            known = each.first_contact_at is not None
            answered[each.listing.organisation.slug].append(known)
    rates = [sum(cases) / len(cases) for cases in answered.values() if len(cases) >= ENOUGH]

    assert max(rates) >= 0.9
    assert min(rates) <= 0.4
    assert late >= 20


def test_seats_taken_are_those_of_the_applications(loaded: services.LoadResult) -> None:
    seated = Counter(
        each.session_id
        for each in applications()
        if each.session_id and workflow.holds_seat(each.listing.kind, each.status)
    )

    for session in db.session.scalars(select(ListingSession)):
        assert session.taken == seated[session.id]


def test_some_dates_are_full_and_people_wait(loaded: services.LoadResult, now: dt.datetime) -> None:
    full = select(ListingSession.id).where(
        ListingSession.taken == ListingSession.capacity, ListingSession.starts_at > now
    )
    waiting = (
        select(Listing.kind)
        .join(Application, Application.listing_id == Listing.id)
        .where(Application.session_id.in_(full), Application.status == S.WAITLISTED)
    )

    assert {Kind.TRAINING, Kind.EVENT} <= set(db.session.scalars(waiting))


def test_listings_have_ended_in_every_way(loaded: services.LoadResult) -> None:
    closed = db.session.scalars(select(Listing).where(Listing.status == Status.CLOSED)).all()

    assert {each.outcome for each in closed} == set(Outcome)
    assert {each.unfilled_reason for each in closed} >= set(UnfilledReason) - {UnfilledReason.OTHER}
    filled = [each.id for each in closed if each.outcome == Outcome.FILLED]
    hired = {each.listing_id for each in applications() if each.status == S.HIRED}
    assert set(filled) <= hired


def test_one_organisation_waits_for_the_team(loaded: services.LoadResult, now: dt.datetime) -> None:
    waiting = db.session.scalars(select(Listing).where(Listing.status == Status.IN_REVIEW)).all()

    assert len(waiting) == 2
    organisations = [each.organisation for each in waiting if each.organisation]
    assert not any(one.verified for one in organisations)
    # The site answers in one working day: its own example is not late.
    assert all(one.created_at > now - dt.timedelta(days=1) for one in organisations)


def test_each_page_of_the_team_has_something_to_decide(
    loaded: services.LoadResult, now: dt.datetime
) -> None:
    refused = select(ListingEvent.listing_id).where(
        ListingEvent.from_status == Status.IN_REVIEW, ListingEvent.to_status == Status.DRAFT
    )
    again = select(Listing).where(Listing.status == Status.IN_REVIEW, Listing.id.in_(refused))
    cases = open_cases(limit=10)
    asked = [one for one in open_listings(now) if one.awaits_confirmation]

    assert len(db.session.scalars(again).all()) == 1
    assert [case.reports for case in cases] == [2]
    assert cases[0].listing.is_open(now)
    assert not cases[0].is_late(now)
    assert len(asked) == 1
    assert asked[0].closes_at is not None
    assert asked[0].closes_at > now + dt.timedelta(days=20)


def test_load_sends_no_message(loaded: services.LoadResult) -> None:
    waiting = select(OutboxEvent.topic).where(OutboxEvent.state != OutboxState.DONE)

    assert set(db.session.scalars(waiting)) == set(services.KEPT_TOPICS)


def test_what_must_be_true_is_true_of_the_demonstration(
    loaded: services.LoadResult, app: Flask
) -> None:
    now = clock.now()
    checks = {name: check for name, check in INVARIANTS.items() if not name.startswith("I5")}

    assert {name: list(check(now)) for name, check in checks.items() if list(check(now))} == {}


def test_password_is_never_the_same(now: dt.datetime, loaded: services.LoadResult) -> None:
    services.load_demo(now, "un autre mot de passe")

    keys = ("a", "b")
    assert check_password("ecole@example.org", "un autre mot de passe", keys=keys, now=now)
    assert check_password("ecole@example.org", PASSWORD, keys=keys, now=now) is None
    owner = db.session.scalars(select(User).where(User.email == "contact.mimosa@example.org")).one()
    assert owner.password_hash is None


def test_sessions_never_fall_on_a_week_end_or_a_holiday(loaded: services.LoadResult) -> None:
    for start in db.session.scalars(select(ListingSession.starts_at)):
        day = clock.paris_date(start)
        assert day.weekday() < 5
        assert (day.month, day.day) not in HOLIDAYS
