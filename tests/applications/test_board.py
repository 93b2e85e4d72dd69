"""The board and the list: true counts, filters, few queries and a light page however many wait."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from bs4 import BeautifulSoup
from flask.testing import FlaskClient
from sqlalchemy import insert

from app.applications import board
from app.applications.enums import Status
from app.applications.models import Application, ContactView
from app.listings.enums import Kind
from app.listings.models import Listing
from tests import factories
from tests.applications.pages import page, words
from tests.listings.counting import count_queries

SignIn = Callable[..., FlaskClient]
BOARD = "/recruter/"
S = Status


@pytest.fixture
def house() -> Any:
    """Return a recruiter and a listing of hers."""
    person = factories.user()
    return person, factories.listing(organisation=factories.organisation(person))


def add_many(of: Listing, number: int, session: Any, now: dt.datetime) -> None:
    """Add people to all lanes, in one statement."""
    first = factories.application(of, now=now)
    columns = {c.key: getattr(first, c.key) for c in Application.__table__.columns if c.key != "id"}
    steps = [S.RECEIVED, S.SEEN, S.CONTACTED, S.MEETING, S.HIRED, S.DECLINED]
    session.execute(
        insert(Application),
        [
            columns
            | {
                "reference": f"PS-{rank:04d}-AAAA",
                "idempotency_key": f"many-{rank}",
                "candidate_key": f"many-{rank}",
                "status": steps[rank % 6],
                "last_name": "de La Rochefoucauld-Montbéliard",
                "decline_reason": "filled",
                "answer_due_at": now - dt.timedelta(hours=rank),
            }
            for rank in range(number - 1)
        ],
    )
    session.commit()


def names(response: Any) -> list[str]:
    return [label.get_text() for label in page(response).select("[data-ticks] label")]


def lane(tree: BeautifulSoup, title: str) -> Any:
    return next(one for one in tree.select(".lane") if one.h2.get_text().startswith(title))


def test_five_hundred_people_are_counted_reached_and_light(
    house: Any, sign_in: SignIn, session: Any, now: dt.datetime
) -> None:
    person, of = house
    add_many(of, 500, session, now)
    client = sign_in(person)
    with count_queries() as asked:
        response = client.get(BOARD)
    assert len(asked) <= 12
    assert len(response.data) <= 150_000
    tree = page(response)
    new = lane(tree, "Nouveau")
    assert new.select_one(".lane__n").contents[0] == "85"
    assert len(new.select(".cand")) == board.LANE_MOST
    others = new.select_one("a[href*=etape]")
    assert f"{85 - board.LANE_MOST} autres" in others.get_text()
    # Lanes are side by side: the page is as tall as the tallest of them.
    assert max(len(one.select(".cand")) for one in tree.select(".lane")) <= 10
    listed = client.get(others["href"])
    assert "85 candidatures, page 1 sur 2" in words(listed)
    seen = set()
    for number in (1, 2):
        boxes = page(client.get(f"{others['href']}&page={number}")).select("[name=qui]")
        seen |= {box["value"] for box in boxes}
    assert len(seen) == 85
    with count_queries() as asked:
        whole = client.get(f"{BOARD}?vue=liste&page=10")
    assert len(asked) <= 12
    assert "500 candidatures, page 10 sur 10" in words(whole)


def test_the_board_says_what_only_the_list_holds(
    house: Any, sign_in: SignIn, session: Any, now: dt.datetime
) -> None:
    person, of = house
    for _rank in range(2):
        factories.application(of)
    client = sign_in(person)
    assert "plus ancienne" not in words(client.get(BOARD))
    factories.application(of, status=S.DECLINED, now=now - dt.timedelta(days=40))
    shown = client.get(BOARD)
    assert "2 candidatures sur le tableau, et une plus ancienne dans la liste" in words(shown)
    link = next(one for one in page(shown).select("a") if "plus ancienne" in one.get_text())
    assert "3 candidatures" in words(client.get(link["href"]))


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("ines", ["Inès M."]),
        ("INÈS", ["Inès M."]),
        ("inès marœ", ["Inès M."]),
        ("MAROEUIL", ["Inès M."]),
        ("éloïse d", ["Éloïse D."]),
        ("d'angelo", []),
        ("eloise", ["Éloïse D."]),
        ("ps-elo2", ["Éloïse D."]),
        ("%", ["Cent %."]),
        ("_", []),
        ("\\", []),
        ("zoé", []),
    ],
)
def test_people_are_found_by_name_or_reference(
    typed: str, found: list[str], house: Any, sign_in: SignIn, session: Any
) -> None:
    person, of = house
    opened = factories.application(of, first_name="Inès", last_name="Marœuil")
    seen = {"user_id": person.id, "what": "contact", "at": opened.created_at}
    session.add(ContactView(application_id=opened.id, **seen))
    session.flush()
    factories.application(of, first_name="Éloïse", last_name="D’Angelo", reference="PS-ELO2-AAAA")
    factories.application(of, first_name="Cent", last_name="%")
    client = sign_in(person)
    for view in ("", "liste"):
        answer = client.get(BOARD, query_string={"q": typed, "vue": view})
        assert names(answer) == found
        assert page(answer).select_one("#q")["value"] == typed


def test_the_address_is_the_whole_state_of_the_list(house: Any, sign_in: SignIn) -> None:
    person, of = house
    training = factories.listing(Kind.TRAINING, organisation=of.organisation)
    june, july = (factories.listing_session(training) for _rank in range(2))
    factories.application(of, first_name="Emploi")
    factories.application(of, first_name="Oui", status=S.HIRED)
    factories.application(training, first_name="Juin", session=june)
    factories.application(training, first_name="Juillet", session=july, status=S.ADMITTED)
    client = sign_in(person)
    for query, found in (
        ({"etape": "nouveau"}, ["Emploi", "Juin"]),
        ({"etape": "oui"}, ["Juillet", "Oui"]),
        ({"annonce": training.id}, ["Juillet", "Juin"]),
        ({"annonce": training.id, "date": june.id}, ["Juin"]),
        ({"date": june.id}, ["Emploi", "Juillet", "Juin", "Oui"]),
        ({"annonce": of.id, "attente": "oui"}, ["Emploi"]),
        ({"etape": "nulle-part"}, ["Emploi", "Juillet", "Juin", "Oui"]),
    ):
        response = client.get(BOARD, query_string={"vue": "liste"} | query)
        assert sorted(names(response)) == found, query
        kept = {
            one["name"]: one["value"] for one in page(response).select("form[action$=export] input")
        }
        assert ("date" in kept) is ("annonce" in query and "date" in query)
    text = words(client.get(f"{BOARD}?vue=liste&q=personne"))
    assert "Aucune candidature ne répond à ces filtres" in text


def test_people_of_others_are_never_found(house: Any, sign_in: SignIn) -> None:
    person, _of = house
    other = factories.application(first_name="Samira", last_name="Benali")
    for query in (
        "q=samira",
        f"q={other.reference}",
        f"annonce={other.listing_id}",
        "etape=nouveau",
    ):
        for view in ("", "&vue=liste"):
            assert names(sign_in(person).get(f"{BOARD}?{query}{view}")) == []
