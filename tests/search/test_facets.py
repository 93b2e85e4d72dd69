"""Filters that can change something, reasons on cards, and help when few listings are found."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from bs4 import BeautifulSoup
from flask.testing import FlaskClient

from app.core import clock
from app.listings.enums import Kind
from app.search import criteria, queries
from app.search.client import Engine
from app.search.results import SearchResults
from tests import factories
from tests.listings.counting import count_queries
from tests.search.test_search import add, answering, by_database

Found = Callable[..., SearchResults]
Index = Callable[[], None]


@pytest.fixture
def told(index: Index) -> dict[str, int]:
    """A job that says all, one that says nothing, and a training that has no contract to say."""
    ids = {
        "all": add("Aide-soignant·e", workplace="ehpad", schedules=["nuit"], publics=["autisme"]),
        "nothing": factories.listing(
            title="Aide-soignant·e",
            contract=None,
            source="france_travail",
            source_id="1",
            source_hash="x",
            source_url="https://example.org/1",
        ).id,
        "training": factories.listing(Kind.TRAINING, title="Diplôme d’aide-soignant").id,
    }
    index()
    return ids


def page_of(client: FlaskClient, address: str) -> BeautifulSoup:
    return BeautifulSoup(client.get(address).data, "html.parser")


@pytest.mark.parametrize("name", ["contract", "workplace", "public", "schedule"])
def test_what_is_not_said_is_counted_and_found_by_both_searches(
    name: str, told: dict[str, int], found: Found
) -> None:
    param = {
        "contract": "contrat",
        "workplace": "etablissement",
        "public": "public",
        "schedule": "horaires",
    }[name]
    for asked in (found, by_database):
        assert asked().facets[name]["non-renseigne"] == 1
        results = asked(**{param: "non-renseigne"})
        assert results.ids == [told["nothing"]]
        assert f"unsaid:{name}" in results.hits[0].why
        assert results.without == {name: 3}
    assert found().facets == by_database().facets


def test_with_a_value_what_is_not_said_widens_the_search(
    told: dict[str, int], found: Found
) -> None:
    address = {"contrat": ["cdi", "non-renseigne"]}
    for asked in (found, by_database):
        results = asked(**address)
        assert set(results.ids) == {told["all"], told["nothing"]}
        why = {hit.listing_id: hit.why for hit in results.hits}
        assert "unsaid:contract" in why[told["nothing"]]
        assert "unsaid:contract" not in why[told["all"]]


def test_not_said_is_the_last_box_and_a_chip(told: dict[str, int], client: FlaskClient) -> None:
    page = page_of(client, "/recherche?contrat=non-renseigne")
    boxes = page.select('input[name="contrat"][type="checkbox"]')
    assert [box["value"] for box in boxes][-1] == "non-renseigne"
    assert boxes[-1].has_attr("checked")
    assert "Contrat\u00a0: non renseigné" in page.select_one(".search-head .chips").text
    assert "Contrat\u00a0: non précisé dans l’annonce" in page.select_one(".why").text


def test_boxes_that_change_nothing_are_disabled_or_left_out(
    index: Index, client: FlaskClient
) -> None:
    for _ in range(2):
        add("Aide-soignant·e", schedules=["nuit", "week-end"])
    factories.listing(Kind.JOB, schedules=["nuit"], contract="cdd", contract_months=3)
    index()
    page = page_of(client, "/recherche")
    # All are jobs, all are care assistants: nothing to choose there.
    assert not page.select('input[name="type"], input[name="metier"]')
    assert page.select_one("#horaires-nuit").has_attr("disabled")
    assert not page.select_one("#contrat-cdi").has_attr("disabled")
    # What is ticked stays within reach, alone of its group or not.
    chosen = page_of(client, "/recherche?type=emploi&horaires=nuit")
    for ticked in ("#type-emploi", "#horaires-nuit"):
        assert chosen.select_one(ticked).has_attr("checked")
        assert not chosen.select_one(ticked).has_attr("disabled")
    assert chosen.select_one("#type-formation").has_attr("disabled")


def test_a_card_says_why_it_is_there(index: Index, client: FlaskClient) -> None:
    add(
        "Aide-soignant·e de nuit",
        organisation=answering(9, 600),
        published_at=clock.now() - dt.timedelta(days=2, hours=1),
    )
    index()
    page = page_of(client, "/recherche?q=aide+soignante&ou=Bron")
    why = page.select_one("details.why")
    assert not why.has_attr("open")
    assert why.summary.get_text(" ", strip=True) == (
        "Pourquoi cette offre\u00a0? Aide-soignant·e de nuit"
    )
    assert [item.text.replace("\u00a0", " ") for item in why.select("li")] == [
        "Le métier que vous cherchez est dans le titre",
        "À moins de 1 km du centre de Bron",
        "Publiée il y a 2 jours",
        "La structure répond à 9 personnes sur 10",
        "Peu de candidatures pour l’instant",
    ]
    listing_page = page_of(client, page.select_one(".card__link")["href"])
    assert not listing_page.select("details.why")


def test_who_has_no_diploma_reads_on_each_card_what_it_asks(
    index: Index, client: FlaskClient
) -> None:
    ids = {
        "open": add("Aide à domicile", "aide-a-domicile", diploma_need="none"),
        "said": add("Aide à domicile, sans diplôme", "aide-a-domicile"),
        "unsaid": add("Aide à domicile", "aide-a-domicile"),
        "after": factories.listing(
            Kind.TRAINING, profession_id=factories.profession("aide-a-domicile").id
        ).id,
        "required": add("Aide à domicile", "aide-a-domicile", diploma_need="required"),
    }
    index()

    def tags(address: str) -> dict[str, str]:
        cards = page_of(client, address).select("article.listing")
        assert len(cards) == len(ids)
        told = {card.a["href"].split("/")[2].split("-")[0]: card for card in cards}
        facts = {
            key: " ".join(tag.text for tag in card.select(".tag")) for key, card in told.items()
        }
        return {name: facts[str(one)] for name, one in ids.items()}

    said = tags("/recherche?q=aide+à+domicile+sans+diplôme")
    assert "Diplôme demandé" in said["required"]
    for name in ("unsaid", "after"):
        assert "Diplôme\u00a0: à vérifier dans l’annonce" in said[name]
    for name in ("open", "said"):
        assert "Diplôme" not in said[name]
    assert not any("Diplôme" in text for text in tags("/recherche?q=aide+à+domicile").values())

    page = page_of(client, "/recherche?q=aide+à+domicile+sans+diplôme")
    only = page.find("a", string="Ne garder que l’annonce ouverte sans diplôme")
    kept = page_of(client, only["href"])
    assert len(kept.select("article.listing")) == 1
    assert "restent dans la liste" not in kept.main.text


def test_hostile_words_in_a_reason_stay_text(index: Index, client: FlaskClient) -> None:
    factories.listing(title="Soins <b>gras</b>", employer_name="<script>x</script> Glycines")
    index()
    body = client.get("/recherche?q=glycines").text
    assert "<script>x" not in body
    assert "<b>gras" not in body
    assert "Dans le nom de la structure\u00a0: glycines" in body


def test_a_profession_recognised_and_absent_is_said_with_ways_to_it(
    index: Index, client: FlaskClient
) -> None:
    add("Aide-soignant·e")
    index()
    page = page_of(client, "/recherche?q=puericultrice&ou=Bron")
    assert "Aucune annonce de puériculteur·rice en ce moment." in page.main.text


def test_trainings_towards_the_profession_are_proposed(index: Index, found: Found) -> None:
    add("Infirmier·ère", "infirmier", commune_code="75112")
    factories.listing(
        Kind.TRAINING,
        title="Formation en trois ans",
        profession_id=factories.profession("infirmier").id,
    )
    index()
    asked = criteria.parse({"q": "infirmière", "ou": "Bron", "rayon": "5", "type": "emploi"})
    proposals = {p.reason: p for p in queries.rescue(asked, clock.now()).proposals}
    assert (proposals["training"].value, proposals["training"].total) == ("infirmier", 1)
    assert queries.search(proposals["training"].criteria, clock.now()).total == 1


def test_a_few_results_come_with_more_below_and_many_do_not(
    index: Index, client: FlaskClient
) -> None:
    for _ in range(2):
        add("Aide-soignant·e")
    for _ in range(4):
        add("Aide-soignant·e", commune_code="69256")
    index()
    page = page_of(client, "/recherche?q=aide-soignant&ou=Bron&rayon=1")
    more = page.select_one("#plus").parent
    assert "Chercher à 10\u00a0km" in more.text
    assert "6" in more.select_one(".chip").text
    assert not page_of(client, "/recherche?q=aide-soignant&ou=Bron&rayon=30").select("#plus")


def test_the_page_asks_once_and_more_only_when_nothing_is_found(
    index: Index, client: FlaskClient, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(6):
        add("Aide-soignant·e")
    index()
    asked: list[Any] = []
    multi_search = engine.multi_search
    monkeypatch.setattr(
        type(engine), "multi_search", lambda _self, q: asked.append(q) or multi_search(q)
    )
    client.get("/recherche?q=aide-soignant")
    asked.clear()
    with count_queries() as statements:
        client.get("/recherche?q=aide-soignant&contrat=cdi")
    assert len(asked) == 1
    many = len(statements)
    asked.clear()
    with count_queries() as statements:
        client.get("/recherche?q=aide-soignant&contrat=cdd")
    # Nothing found is asked again, in case the index was just emptied; then what to propose.
    assert len(asked) == 3
    assert len(statements) <= many
