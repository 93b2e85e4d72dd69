"""The order by relevance: fair among equal matches, and never at the cost of a better match."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from app.core import clock
from app.core.database import db
from app.core.outbox import OutboxEvent
from app.search import documents, indexing, ranking, tasks
from app.search.models import SearchEntry
from app.search.ranking import BUCKET, Found, in_order, merit
from app.search.results import SearchResults
from tests import factories
from tests.search.test_search import add, answering, by_database

NOW = 1_800_000_000.0
DAY = 86_400
Searched = Callable[..., SearchResults]

hits = st.builds(
    Found,
    listing_id=st.integers(1, 10**9),
    version=st.just(1),
    score=st.floats(0, 1),
    published_at=st.integers(int(NOW) - 400 * DAY, int(NOW)),
    distance_km=st.none() | st.floats(0, 150),
    answer_rank=st.none() | st.integers(0, 1099),
    demand=st.none() | st.integers(0, documents.MAX_DEMAND),
)
windows = st.lists(hits, max_size=30, unique_by=lambda one: one.listing_id).map(
    lambda found: sorted(found, key=lambda one: -one.score)
)


def hit(**values: Any) -> Found:
    return Found(**({"listing_id": 1, "version": 1, "score": 1.0, "published_at": NOW} | values))


@given(windows)
def test_no_listing_passes_before_one_that_matches_better(found: list[Found]) -> None:
    ordered = in_order(found, NOW)
    assert sorted(ordered) == sorted(found)
    best_after = 0.0
    for one in reversed(ordered):
        assert one.score >= best_after - BUCKET
        best_after = max(best_after, one.score)


@given(windows)
def test_the_order_depends_on_the_listings_alone(found: list[Found]) -> None:
    same_words = [one._replace(score=1.0) for one in found]
    assert in_order(same_words, NOW) == in_order(same_words[::-1], NOW)


@given(hits)
def test_each_part_helps_and_is_bounded_by_its_weight(one: Found) -> None:
    assert 0 <= merit(one, NOW) <= 1
    for name, better, worse, weight in (
        ("distance_km", 1.0, 30.0, ranking.DISTANCE_WEIGHT),
        ("published_at", int(NOW), int(NOW) - 60 * DAY, ranking.FRESHNESS_WEIGHT),
        ("answer_rank", 1, 900, ranking.ANSWER_WEIGHT),
        ("demand", 0, documents.MAX_DEMAND, ranking.NEED_WEIGHT),
    ):
        gain = merit(one._replace(**{name: better}), NOW) - merit(
            one._replace(**{name: worse}), NOW
        )
        assert 0 < gain <= weight


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ({"distance_km": 2.0}, {"distance_km": 9.0}),
        ({"published_at": NOW - DAY}, {"published_at": NOW - 30 * DAY}),
        ({"answer_rank": 2}, {"answer_rank": None}),
        ({"answer_rank": None}, {"answer_rank": 1000}),
        ({"demand": 0}, {"demand": 8}),
        ({"demand": None}, {"demand": 20}),
        # Success is never worth more than a long way.
        ({"demand": 20, "distance_km": 1.0}, {"demand": 0, "distance_km": 18.0}),
    ],
)
def test_all_else_equal(first: dict[str, Any], second: dict[str, Any]) -> None:
    before, after = hit(listing_id=1, **first), hit(listing_id=2, **second)
    assert in_order([after, before], NOW) == [before, after]


def test_the_weights_make_one_and_halves_are_where_they_say() -> None:
    weights = (
        ranking.DISTANCE_WEIGHT,
        ranking.FRESHNESS_WEIGHT,
        ranking.ANSWER_WEIGHT,
        ranking.NEED_WEIGHT,
    )
    assert sum(weights) == pytest.approx(1)
    near, half = hit(distance_km=0.0), hit(distance_km=10.0)
    lost = merit(near, NOW) - merit(half, NOW)
    assert lost == pytest.approx(ranking.DISTANCE_WEIGHT / 2)


@pytest.fixture
def many(index: Callable[[], None]) -> set[int]:
    """A hundred and fifty jobs in four communes, more or less recent, some by the name."""
    owners = [factories.organisation(), answering(10, 600), answering(2, 600)]
    now = clock.now()
    found = {
        add(
            "Aide-soignant·e de nuit" if number % 3 else "Aide-soignant·e",
            organisation=owners[number % 3],
            commune_code=("69029", "69256", "69383", "69266")[number % 4],
            published_at=now - dt.timedelta(hours=7 * (number * 37 % 150)),
        )
        for number in range(150)
    }
    index()
    return found


@pytest.mark.parametrize(
    "address",
    [
        {},
        {"q": "aide soignante"},
        {"q": "aide soignante nuit"},
        {"ou": "Bron", "rayon": "50"},
        {"q": "nuit", "ou": "Villeurbanne", "rayon": "50"},
        {"tri": "date"},
    ],
)
def test_pages_hold_every_listing_once(
    address: dict[str, str], many: set[int], found: Searched
) -> None:
    for asked in (found, by_database):
        pages = [asked(**address, page=str(page)) for page in range(1, 10)]
        seen = [one for page in pages for one in page.ids]
        assert len(seen) == len(set(seen)) == pages[0].total
        assert [len(page.ids) for page in pages[:5]] == [20] * min(5, pages[0].total // 20)
        assert asked(**address).ids == pages[0].ids


def test_both_searches_show_the_same_order(many: set[int], found: Searched) -> None:
    for page in ("1", "2", "5"):
        address = {"ou": "Bron", "rayon": "50", "page": page}
        ours, database = found(**address), by_database(**address)
        assert ours.engine == "meilisearch"
        assert ours.ids == database.ids
        assert [hit.why for hit in ours.hits] == [hit.why for hit in database.hits]


def test_the_nearest_and_the_least_applied_to_come_first(
    index: Callable[[], None], found: Searched
) -> None:
    now = clock.now() - dt.timedelta(hours=1)
    owner = factories.organisation()
    far = add("Aide-soignant·e", commune_code="69256", published_at=now, organisation=owner)
    popular = factories.listing(published_at=now, organisation=owner)
    quiet = add("Aide-soignant·e", published_at=now, organisation=owner)
    for _ in range(6):
        factories.application(popular)
    index()
    wanted = [quiet, popular.id, far]
    for results in (found(ou="Bron", q="aide-soignant"), by_database(ou="Bron")):
        assert results.ids == wanted
        assert ["few" in hit.why for hit in results.hits] == [True, False, True]


def test_a_post_for_several_people_is_not_popular_at_the_first_applications() -> None:
    listing = factories.listing(positions=4)
    for _ in range(5):
        factories.application(listing)
    factories.application(listing, now=clock.now() - dt.timedelta(days=31))
    outside = factories.listing(
        source="france_travail", source_id="1", source_hash="x", source_url="https://example.org"
    )
    event = factories.listing("event")
    found = documents.documents_of([listing.id, outside.id, event.id], clock.now())
    assert [one.get("demand") for one in found] == [2, None, None]


def test_each_night_only_the_listings_whose_demand_moved_are_written_again() -> None:
    same, more, less = (factories.listing() for _ in range(3))
    factories.application(less, now=clock.now() - dt.timedelta(days=29))
    ids = [same.id, more.id, less.id]
    indexing.write_entries(ids, documents.documents_of(ids, clock.now()))
    factories.application(more)
    later = clock.now() + dt.timedelta(days=2)

    assert tasks.measure_demand(later) == 2
    events = db.session.scalars(
        select(OutboxEvent.payload).where(OutboxEvent.topic == "listing.changed")
    ).all()
    assert sorted(event["listing_id"] for event in events) == [more.id, less.id]

    indexing.write_entries(ids, documents.documents_of(ids, later))
    assert tasks.measure_demand(later) == 0
    demands = dict(db.session.execute(select(SearchEntry.listing_id, SearchEntry.demand)).all())
    assert demands == {same.id: 0, more.id: 1, less.id: 0}
