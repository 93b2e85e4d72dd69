"""What a listing says in a list, and what lists show."""

from __future__ import annotations

import datetime as dt

import pytest

from app.core import clock
from app.core.clock import paris_date
from app.listings import queries
from app.listings.cards import hours_text, months_text, pay_text
from app.listings.enums import Kind
from app.listings.facts import facts_of
from tests import factories
from tests.listings.counting import count_queries


@pytest.mark.parametrize(
    ("low", "high", "text"),
    [
        (None, None, ""),
        (207_700, None, "2 077 €"),
        (207_700, 207_700, "2 077 €"),
        (207_700, 229_000, "2 077 à 2 290 €"),
        (1_231, 1_300, "12,31 à 13 €"),
    ],
)
def test_pay_is_written_as_people_read_it(low: int | None, high: int | None, text: str) -> None:
    assert pay_text(low, high).replace("\u00a0", " ") == text


@pytest.mark.parametrize(
    ("low", "high", "text"),
    [(None, None, ""), (35.0, None, "35 h"), (28.0, 35.0, "28 à 35 h"), (17.5, 17.5, "17,5 h")],
)
def test_hours_are_written_as_people_read_them(
    low: float | None, high: float | None, text: str
) -> None:
    assert hours_text(low, high).replace("\u00a0", " ") == text


@pytest.mark.parametrize(
    ("months", "text"),
    [
        (None, ""),
        (0.25, "1 semaine"),
        (0.5, "2 semaines"),
        (1.0, "1 mois"),
        (1.2, "5 semaines"),
        (2.0, "2 mois"),
        (2.99, "13 semaines"),
        (3.2, "3 mois"),
        (3.5, "3 mois et demi"),
        (11.0, "11 mois"),
        (11.8, "12 mois"),
    ],
)
def test_duration_is_written_as_people_read_it(months: float | None, text: str) -> None:
    assert months_text(months).replace("\u00a0", " ") == text


def test_job_card_says_pay_contract_hours_and_promise() -> None:
    listing = factories.listing(schedules=["jour", "temps-plein"], diploma_need="none")

    card = queries.listing_cards([listing.id], clock.now())[listing.id]

    assert card.url == listing.path
    assert card.key_number.replace("\u00a0", " ") == "2 077 à 2 290 €"
    assert card.key_unit == "brut par mois"
    assert [fact.replace("\u00a0", " ") for fact in card.facts] == ["CDI", "35 h", "De jour"]
    assert [icon for icon, _text in card.foot] == ["okrond", "sparkle"]
    assert card.date_text.startswith("Publiée le ")


def test_card_without_pay_says_so_and_names_its_origin() -> None:
    listing = factories.listing(
        source="france-travail",
        source_id="1",
        source_hash="0" * 64,
        pay_min_cents=None,
        pay_max_cents=None,
        pay_period=None,
    )
    card = queries.listing_cards([listing.id], clock.now())[listing.id]
    assert card.key_number == ""
    assert "Salaire non indiqué" in card.facts
    assert card.foot == (("externe", "Annonce de France Travail"),)


def test_card_shows_the_next_date_that_has_room() -> None:
    now = clock.now()
    listing = factories.listing(Kind.TRAINING)
    for days, capacity, taken in ((-5, 30, 0), (20, 2, 2), (40, 30, 26), (60, 30, 0)):
        factories.listing_session(
            listing, starts_at=now + dt.timedelta(days=days), capacity=capacity, taken=taken
        )
    yesterday = paris_date(now) - dt.timedelta(days=1)
    factories.listing_session(listing, starts_at=now + dt.timedelta(days=10), deadline=yesterday)

    card = queries.listing_cards([listing.id], now)[listing.id]

    assert card.key_number == "4\u00a0places"
    assert card.next_at == now + dt.timedelta(days=40)


@pytest.mark.parametrize("kind", list(Kind))
def test_card_of_each_kind_is_complete_with_and_without_dates(kind: Kind) -> None:
    bare, dated = factories.listing(kind), factories.listing(kind, cost_cents=0, modality="mixed")
    factories.listing_session(dated)
    cards = queries.listing_cards([bare.id, dated.id], clock.now())
    assert cards.keys() == {bare.id, dated.id}
    assert all(all(card.facts) for card in cards.values())


def test_only_open_listings_have_a_card_in_one_query() -> None:
    now = clock.now()
    shown = [factories.listing().id for _ in range(5)]
    hidden = [factories.listing(status=status).id for status in ("draft", "in_review", "paused")]
    hidden.append(factories.listing(status="closed", closed_at=now, outcome="filled").id)
    hidden.append(factories.listing(closes_at=now).id)
    queries.listing_cards(shown, now)  # The reference base is read once by each process.

    with count_queries() as made:
        cards = queries.listing_cards([*shown, *hidden, 999_999], now)

    assert len(made) == 1
    assert sorted(cards) == sorted(shown)
    assert queries.listing_cards([], now) == {}


def test_lists_of_the_home_page_are_ordered_and_counted() -> None:
    now = clock.now()
    old = factories.listing(published_at=now - dt.timedelta(days=3))
    new = factories.listing(Kind.IMMERSION)
    late, soon = factories.listing(Kind.EVENT), factories.listing(Kind.EVENT)
    factories.listing(Kind.EVENT)
    factories.listing_session(late, starts_at=now + dt.timedelta(days=20))
    factories.listing_session(soon, starts_at=now + dt.timedelta(days=2))

    assert [card.id for card in queries.upcoming_events(5, now)] == [soon.id, late.id]
    assert queries.latest_cards(1, now, kind=Kind.IMMERSION)[0].id == new.id
    assert queries.latest_cards(9, now)[-1].id == old.id
    counts = queries.counts_by_kind(now)
    assert (counts["job"], counts["event"], counts["training"]) == (1, 3, 0)
    assert queries.count_open(now) == 5


def test_similar_listings_are_the_nearest_ones_and_say_how_far() -> None:
    here = factories.listing()
    now = clock.now()
    villefranche = factories.listing(commune_code="69264")
    miribel = factories.listing(commune_code="01249", published_at=now - dt.timedelta(days=9))
    far = factories.listing(commune_code="75056", published_at=now + dt.timedelta(hours=1))
    training = factories.listing(Kind.TRAINING)
    other = factories.listing(profession_id=factories.profession("aide-a-domicile").id)

    cards = queries.similar_cards(here, now)

    assert [card.id for card in cards] == [miribel.id, villefranche.id, training.id]
    assert not {far.id, other.id} & {card.id for card in cards}
    said = [card.distance.replace("\u00a0", " ") for card in cards]
    assert said == ["à 12 km", "à 31 km", "à moins de 1 km"]


def test_only_the_first_word_of_the_hours_has_a_capital() -> None:
    told = factories.listing(schedules=["jour", "week-end"])
    untold = factories.listing(
        schedules=["jour", "week-end"],
        hours_min=None,
        source="france-travail",
        source_id="1",
        source_hash="0" * 64,
    )

    hours = [
        next(one.value for one in facts_of(each) if one.icon == "heure") for each in (told, untold)
    ]

    assert hours[0].replace("\u00a0", " ") == "35 h par semaine, de jour, week-ends inclus"
    assert hours[1] == "De jour, week-ends inclus"
