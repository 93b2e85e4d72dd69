"""How organisations answer: what is counted, what is said of it, where it is shown."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Callable
from statistics import median_high
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from app.applications import erasing, measures, services
from app.applications.enums import ActorKind, DeclineReason, Status
from app.applications.models import Application, PastAnswer
from app.core.jobs import jobs
from app.core.outbox import OutboxEvent
from app.listings.enums import Kind
from app.listings.enums import Status as ListingStatus
from app.listings.queries import listing_cards
from app.organisations.models import Measure, Organisation, measure_of
from app.organisations.wording import delay_text, measured_text
from tests import factories
from tests.applications.pages import words
from tests.listings.counting import count_queries

DAY = dt.timedelta(days=1)
HOUR = dt.timedelta(hours=1)


@pytest.fixture
def of(now: dt.datetime) -> Any:
    return factories.listing(organisation=factories.organisation(factories.user(), name="Fil"))


def case(of: Any, now: dt.datetime, after: float | None = None, **values: Any) -> Application:
    """Return an application received ten days ago, answered `after` so many hours."""
    received = values.pop("at", now - 10 * DAY)
    contact = None if after is None else received + after * HOUR
    due = values.pop("answer_due_at", received + 2 * DAY)
    return factories.application(
        of, now=received, answer_due_at=due, first_contact_at=contact, **values
    )


def figures(of: Any) -> tuple[int, int, int | None]:
    owner = of.organisation
    return owner.answer_count, owner.answer_cases, owner.answer_minutes


def measured(of: Any, now: dt.datetime) -> tuple[int, int, int | None]:
    measures.measure_all(now)
    return figures(of)


def test_rate_and_median_are_those_of_people_who_should_have_an_answer(
    of: Any, now: dt.datetime
) -> None:
    for hours in (1, 5, 70):
        case(of, now, hours)
    case(of, now)
    assert measured(of, now) == (3, 4, 5 * 60)


@pytest.mark.parametrize(
    ("values", "counted"),
    [
        ({}, (0, 1, None)),
        ({"status": Status.EXPIRED_NO_ANSWER}, (0, 1, None)),
        # Not due yet: nobody knows.
        ({"due": HOUR}, (0, 0, None)),
        # Taken back before it was due, or after.
        ({"status": Status.WITHDRAWN, "left": -9 * DAY}, (0, 0, None)),
        ({"status": Status.WITHDRAWN, "left": -DAY}, (0, 1, None)),
        # Answered, then taken back.
        ({"after": 3, "status": Status.WITHDRAWN, "left": -DAY}, (1, 1, 180)),
        # Answered at once, before it is due.
        ({"after": 3, "due": HOUR}, (1, 1, 180)),
        # A late answer counts; after three weeks it is one no more.
        ({"after": 9 * 24}, (1, 1, 9 * 1440)),
        ({"received": -30 * DAY, "after": 21 * 24 - 1}, (1, 1, 503 * 60)),
        ({"received": -30 * DAY, "after": 21 * 24}, (0, 1, None)),
        # A year later it is forgotten.
        ({"received": -364 * DAY}, (0, 1, None)),
        ({"received": -365 * DAY}, (0, 0, None)),
    ],
)
def test_what_counts(
    values: dict[str, Any], counted: tuple[int, int, int | None], of: Any, now: dt.datetime
) -> None:
    asked = {"at": now + values.get("received", -10 * DAY), "status": Status.RECEIVED}
    asked |= {"status": values["status"]} if "status" in values else {}
    asked |= {"answer_due_at": now + values["due"]} if "due" in values else {}
    asked |= {"updated_at": now + values["left"]} if "left" in values else {}
    case(of, now, values.get("after"), **asked)
    assert measured(of, now) == counted


def test_registrations_of_events_promise_no_answer(of: Any, now: dt.datetime) -> None:
    event = factories.listing(Kind.EVENT, organisation=of.organisation)
    case(event, now, answer_due_at=None, status=Status.REGISTERED)
    assert measured(of, now) == (0, 0, None)


@pytest.mark.parametrize(
    ("to", "actor", "answered"),
    [
        (Status.SEEN, ActorKind.MEMBER, 0),
        (Status.CONTACTED, ActorKind.MEMBER, 1),
        (Status.HIRED, ActorKind.MEMBER, 1),
        (Status.DECLINED, ActorKind.MEMBER, 1),
        # The team helps: the organisation has answered nobody.
        (Status.CONTACTED, ActorKind.TEAM, 0),
        (Status.EXPIRED_NO_ANSWER, ActorKind.SYSTEM, 0),
    ],
)
def test_a_contact_or_a_decision_of_a_member_is_an_answer(
    to: Status, actor: ActorKind, answered: int, of: Any, now: dt.datetime
) -> None:
    application = case(of, now)
    services.move_application(application, to, actor, None, now, DeclineReason.OTHER, "Voilà.")
    assert measured(of, now)[0] == answered


def test_the_measure_follows_an_answer_at_once(of: Any, now: dt.datetime, session: Any) -> None:
    application = case(of, now, email=None)
    for to in (Status.CONTACTED, Status.MEETING, Status.HIRED):
        services.move_application(application, to, ActorKind.MEMBER, None, now)
    asked = select(OutboxEvent).where(OutboxEvent.topic == "application.answered")
    assert len(session.scalars(asked).all()) == 1
    session.commit()
    jobs.drain()
    session.refresh(of.organisation)
    assert figures(of) == (1, 1, 10 * 1440)


def test_measures_are_those_of_a_plain_count(now: dt.datetime) -> None:
    chance = random.Random(7)
    listings = [factories.listing() for _one in range(5)]
    delays: dict[int, list[int | None]] = {one.organisation_id: [] for one in listings}
    for _one in range(150):
        of, hours = chance.choice(listings), chance.choice([None, *range(1, 480)])
        case(of, now, hours, at=now - chance.randint(22, 300) * DAY)
        delays[of.organisation_id].append(None if hours is None else hours * 60)
    measures.measure_all(now)
    for of in listings:
        given = [delay for delay in delays[of.organisation_id] if delay is not None]
        assert figures(of) == (len(given), len(delays[of.organisation_id]), median_high(given))


def test_measuring_asks_as_many_queries_for_many_as_for_one(now: dt.datetime) -> None:
    case(factories.listing(), now, 3)
    with count_queries() as alone:
        measures.measure_all(now)
    for _one in range(8):
        case(factories.listing(), now, 3)
    with count_queries() as many:
        measures.measure_all(now)
    assert len(many) <= len(alone) + 1


def test_what_was_erased_is_still_counted_without_anybody(
    of: Any, now: dt.datetime, session: Any
) -> None:
    old = {"at": now - 100 * DAY, "updated_at": now - 95 * DAY}
    case(of, now, 3, status=Status.HIRED, **old)
    case(of, now, status=Status.EXPIRED_NO_ANSWER, **old)
    case(of, now, status=Status.WITHDRAWN, at=now - 100 * DAY, updated_at=now - 99.5 * DAY)
    before = measured(of, now)
    assert erasing.purge_applications(now) == 3
    kept = session.execute(select(PastAnswer.received_on, PastAnswer.minutes)).all()
    assert len(kept) == 2
    assert measured(of, now) == before == (1, 2, 180)
    assert measured(of, now + 270 * DAY) == (0, 0, None)
    assert session.scalars(select(PastAnswer)).all() == []


def test_only_what_changes_is_announced_to_search(of: Any, now: dt.datetime, session: Any) -> None:
    draft = factories.listing(organisation=of.organisation, status=ListingStatus.DRAFT)

    def told() -> list[int]:
        asked = select(OutboxEvent.payload).where(OutboxEvent.topic == "listing.changed")
        return [payload["listing_id"] for payload in session.scalars(asked)]

    for _one in range(9):
        case(of, now, 30)
    assert measures.measure_all(now) == 1
    assert told() == []
    case(of, now, 30)
    version = of.version
    assert [measures.measure_all(now) for _run in range(2)] == [1, 0]
    assert told() == [of.id] != [draft.id]
    session.refresh(of)
    assert of.version == version
    # Within the same day, nothing that is shown in order changes.
    case(of, now, 31)
    measures.measure_all(now)
    assert told() == [of.id]


@pytest.mark.no_database
@pytest.mark.parametrize(
    ("count", "cases", "minutes", "expected"),
    [
        (9, 9, 60, None),
        (10, 10, 61, Measure(10, 2)),
        (99, 100, 4320, Measure(9, 72)),
        (9, 10, 4321, Measure(9, 73)),
        (9, 100, 0, Measure(0, 1)),
        (0, 10, None, Measure(0, None)),
    ],
)
def test_a_measure_is_never_better_than_the_truth(
    count: int, cases: int, minutes: int | None, expected: Measure | None
) -> None:
    row = Organisation(answer_count=count, answer_cases=cases, answer_minutes=minutes)
    assert measure_of(row) == expected


@pytest.mark.no_database
def test_who_answers_more_people_comes_first_then_the_fastest() -> None:
    best = [Measure(10, 1), Measure(10, 25), Measure(9, 2), Measure(1, 480), Measure(0, None)]
    ranks = [one.rank for one in best]
    assert ranks == sorted(set(ranks))


@pytest.mark.parametrize(
    ("tenths", "hours", "text"),
    [
        (10, 1, "Répond à toutes les candidatures, en une heure en général"),
        (9, 72, "Répond à 9 candidatures sur 10, en 3 jours en général"),
        (9, 73, "Répond à 9 candidatures sur 10, en 4 jours en général"),
        (2, 23, "Répond à 2 candidatures sur 10, en 23 h en général"),
        (1, 24, "Répond à une candidature sur 10, en un jour en général"),
        (0, None, "Répond à moins d’une candidature sur 10"),
    ],
)
def test_a_measure_is_said_in_one_sentence(tenths: int, hours: int | None, text: str) -> None:
    assert measured_text(tenths, hours).replace("\u00a0", " ") == text


def test_a_delay_is_rounded_up() -> None:
    assert [delay_text(hours).replace("\u00a0", " ") for hours in (1, 2, 25)] == [
        "une heure",
        "2 h",
        "2 jours",
    ]


@pytest.mark.parametrize("cases", [9, 10])
def test_the_page_of_a_listing_says_it_from_ten_cases_on(
    cases: int, of: Any, client: FlaskClient
) -> None:
    owner = of.organisation
    owner.answer_cases, owner.answer_count, owner.answer_minutes = cases, cases, 60 * 30
    text = words(client.get(of.path))
    assert "Réponse annoncée sous 48 h" in text
    assert ("Répond à toutes les candidatures, en 2 jours en général" in text) is (cases == 10)
    card = words(client.get("/"))
    assert ("Répond à toutes les candidatures" in card) is (cases == 10)


@pytest.mark.parametrize(("count", "icon"), [(8, "okrond"), (7, "heure")])
def test_a_tick_is_for_those_who_answer_most_people(
    count: int, icon: str, of: Any, now: dt.datetime
) -> None:
    owner = of.organisation
    owner.answer_cases, owner.answer_count, owner.answer_minutes = 10, count, 60
    foot = listing_cards([of.id], now)[of.id].foot
    said = f"Répond à {count} candidatures sur 10, en une heure en général"
    assert (icon, said) in [(name, text.replace("\u00a0", " ")) for name, text in foot]


def test_an_event_says_nothing_of_answers(of: Any, client: FlaskClient) -> None:
    event = factories.listing(Kind.EVENT, organisation=of.organisation, profession_id=None)
    of.organisation.answer_cases = of.organisation.answer_count = 20
    of.organisation.answer_minutes = 60
    assert "Répond à" not in words(client.get(event.path))


@pytest.mark.parametrize(
    "wrong",
    [
        {"answer_cases": -1},
        {"answer_cases": 3, "answer_count": 4, "answer_minutes": 5},
        {"answer_cases": 3, "answer_count": 2},
        {"answer_cases": 3, "answer_minutes": 2},
    ],
)
def test_the_database_refuses_figures_that_make_no_sense(wrong: dict[str, int]) -> None:
    with pytest.raises(IntegrityError):
        factories.organisation(**wrong)


@pytest.fixture
def board(of: Any, sign_in: Callable[..., FlaskClient], session: Any) -> Callable[[], str]:
    member = session.scalars(select(Organisation)).one().memberships[0].user
    client = sign_in(member)
    return lambda: words(client.get("/recruter/"))


def test_the_coach_says_who_waits_and_since_when(
    of: Any, now: dt.datetime, board: Callable[[], str], session: Any
) -> None:
    assert "Le coach" not in board()
    one = case(of, now, at=now)
    assert "Une personne attend depuis aujourd’hui" in board()
    one.created_at = now - DAY
    session.flush()
    assert "Une personne attend depuis hier" in board()
    case(of, now, at=now - 4 * DAY)
    assert "2 personnes attendent, la première depuis 4 jours" in board()
    assert "Voir qui attend" in board()


def test_the_coach_speaks_of_conversations_that_stopped(
    of: Any, now: dt.datetime, board: Callable[[], str]
) -> None:
    case(of, now, 3, status=Status.CONTACTED, updated_at=now - 6 * DAY)
    assert "sans nouvelles" not in board()
    case(of, now, 3, status=Status.MEETING, updated_at=now - 8 * DAY)
    assert "Une personne à qui vous avez parlé est sans nouvelles depuis une semaine" in board()


@pytest.mark.parametrize(
    ("count", "hours", "advice"),
    [
        (20, 30, "Promesse tenue"),
        (20, 60, "Vous annoncez 48 h : un délai plus long, mais tenu, rassure davantage."),
        (12, 30, "Un non dit gentiment vaut mieux qu’un silence"),
        (0, None, "Un non dit gentiment vaut mieux qu’un silence"),
    ],
)
def test_the_coach_gives_one_advice_that_fits(
    count: int, hours: int | None, advice: str, of: Any, board: Callable[[], str]
) -> None:
    owner = of.organisation
    owner.answer_cases, owner.answer_count = 20, count
    owner.answer_minutes = hours * 60 if hours else None
    assert advice in board()


def test_the_coach_says_how_many_cases_are_missing(
    of: Any, now: dt.datetime, board: Callable[[], str]
) -> None:
    case(of, now, 3, status=Status.HIRED)
    measures.measure_all(now)
    text = board()
    assert "Vos réponses se verront à partir de 10 candidatures" in text
    assert "Une seule compte pour le moment." in text


def test_a_member_of_several_organisations_reads_whose_figures_they_are(
    now: dt.datetime, sign_in: Callable[..., FlaskClient]
) -> None:
    member = factories.user()
    for name in ("Le Fil", "Les Mimosas"):
        owner = factories.organisation(member, name=name)
        owner.answer_cases = owner.answer_count = 10
        owner.answer_minutes = 600
    text = words(sign_in(member).get("/recruter/"))
    assert "Le Fil : « Répond à toutes" in text
    assert "Les Mimosas : « Répond à toutes" in text
