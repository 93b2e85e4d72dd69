"""What is open near a place, by profession and by diploma, and where to try a profession."""

from __future__ import annotations

import datetime as dt

import pytest
from sqlalchemy import select

from app.core import clock
from app.core.clock import paris_date
from app.core.database import db
from app.listings import queries
from app.listings.enums import Kind, Status
from app.listings.queries import Live
from app.professions.models import Diploma
from tests import factories
from tests.listings.counting import count_queries

DAY = dt.timedelta(days=1)
# Bron, then Lyon (7 km), then Givors (23 km).
LYON, GIVORS = "69123", "69091"


def diploma_id(slug: str) -> int:
    return db.session.scalars(select(Diploma.id).where(Diploma.slug == slug)).one()


def test_open_listings_are_counted_by_profession_and_kind_in_one_query() -> None:
    now = clock.now()
    factories.listing()
    factories.listing()
    factories.listing(profession_id=factories.profession("infirmier").id)
    factories.listing(status=Status.PAUSED)
    factories.listing(closes_at=now - DAY)
    factories.listing(profession_id=None)

    with count_queries() as statements:
        live = queries.live_by_profession(now)

    assert len(statements) == 1
    assert live == {
        ("aide-soignant", "job"): Live(2, 0, None),
        ("infirmier", "job"): Live(1, 0, None),
    }


def test_seats_left_are_those_of_coming_dates_before_their_deadline() -> None:
    now = clock.now()
    today = paris_date(now)
    training = factories.listing(Kind.TRAINING)
    factories.listing_session(training, starts_at=now - DAY, capacity=50)
    factories.listing_session(training, starts_at=now + DAY, capacity=40, deadline=today - DAY)
    factories.listing_session(training, starts_at=now + 2 * DAY, capacity=30, taken=30)
    factories.listing_session(
        training, starts_at=now + 3 * DAY, capacity=8, taken=3, deadline=today
    )
    factories.listing_session(training, starts_at=now + 4 * DAY, capacity=None, taken=7)
    factories.listing_session(training, starts_at=now + 5 * DAY, capacity=2)

    live = queries.live_by_profession(now)[("aide-soignant", "training")]

    assert live == Live(1, 7, training.sessions[3].starts_at)


def test_trainings_are_counted_by_the_diploma_they_prepare() -> None:
    now = clock.now()
    deas, deaes = diploma_id("deas"), diploma_id("deaes")
    one = factories.listing(Kind.TRAINING, diploma_id=deas)
    factories.listing_session(one, capacity=10, taken=4)
    factories.listing_session(factories.listing(Kind.TRAINING, diploma_id=deas), capacity=5)
    factories.listing(Kind.TRAINING, diploma_id=deaes)
    factories.listing(Kind.TRAINING)
    factories.listing(diploma_id=deas)

    with count_queries() as statements:
        live = queries.live_by_diploma(now)

    assert len(statements) == 1
    assert live["deas"].listings == 2
    assert live["deas"].seats == 11
    assert live["deas"].next_start is not None
    assert live["deaes"] == Live(1, 0, None)
    assert set(live) == {"deas", "deaes"}


@pytest.mark.parametrize(("km", "expected"), [(1, 1), (20, 2), (60, 3)])
def test_a_point_and_a_radius_limit_what_is_counted(km: float, expected: int) -> None:
    for code in ("69029", LYON, GIVORS):
        factories.listing(Kind.TRAINING, commune_code=code, diploma_id=diploma_id("deas"))
    factories.listing(Kind.TRAINING, latitude=None, longitude=None, diploma_id=diploma_id("deas"))
    place = factories.commune()
    point = (place.latitude, place.longitude)

    assert queries.live_by_diploma(clock.now(), point, km)["deas"].listings == expected
    found = queries.live_by_profession(clock.now(), point, km)
    assert found[("aide-soignant", "training")].listings == expected


def test_the_nearest_of_each_way_to_try_comes_first() -> None:
    now = clock.now()
    place = factories.commune()
    point = (place.latitude, place.longitude)
    here = factories.listing(Kind.IMMERSION)
    also_here = factories.listing(Kind.IMMERSION)
    visit = factories.listing(Kind.EVENT, commune_code=LYON)
    factories.listing_session(visit)
    internship = factories.listing(Kind.INTERNSHIP, commune_code=GIVORS)
    nowhere = factories.listing(Kind.INTERNSHIP, latitude=None, longitude=None)
    factories.listing()
    factories.listing(Kind.IMMERSION, profession_id=factories.profession("infirmier").id)

    with count_queries() as statements:
        cards = queries.nearest_tries("aide-soignant", now, point, limit=5)

    assert len([text for text in statements if "FROM listing" in text]) == 1
    assert [card.id for card in cards] == [
        here.id,
        visit.id,
        internship.id,
        also_here.id,
        nowhere.id,
    ]
    assert cards[1].distance.endswith("km")
    assert cards[-1].distance == ""
    assert len(queries.nearest_tries("aide-soignant", now, point, limit=2)) == 2


def test_without_a_point_the_soonest_comes_first_and_no_distance_is_told() -> None:
    now = clock.now()
    permanent = factories.listing(Kind.IMMERSION)
    late, soon = factories.listing(Kind.IMMERSION), factories.listing(Kind.IMMERSION)
    factories.listing_session(late, starts_at=now + 20 * DAY)
    factories.listing_session(soon, starts_at=now + 2 * DAY)

    cards = queries.nearest_tries("aide-soignant", now)

    assert [card.id for card in cards] == [soon.id, late.id, permanent.id]
    assert {card.distance for card in cards} == {""}


def test_what_is_closed_past_or_full_is_no_way_to_try() -> None:
    now = clock.now()
    factories.listing(Kind.IMMERSION, status=Status.PAUSED)
    factories.listing(Kind.INTERNSHIP, closes_at=now - DAY)
    past = factories.listing(Kind.EVENT)
    factories.listing_session(past, starts_at=now - DAY)
    full = factories.listing(Kind.IMMERSION)
    factories.listing_session(full, capacity=1, taken=1)

    assert queries.nearest_tries("aide-soignant", now) == []
    assert queries.nearest_tries("nothing-of-the-kind", now) == []
