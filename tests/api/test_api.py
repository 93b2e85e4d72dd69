"""The contract of the API: its shapes, its statuses, and what it never says."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.core.database import db
from app.listings.enums import Kind, Outcome, Status
from tests import factories

Index = Callable[[], None]

LISTING_KEYS = {
    "id",
    "kind",
    "title",
    "organisation",
    "commune",
    "place",
    "profession",
    "contract",
    "contract_months",
    "workplace",
    "schedules",
    "hours",
    "pay",
    "diploma",
    "url",
    "published_at",
    "updated_at",
    "closes_at",
    "source",
}
DETAIL_KEYS = LISTING_KEYS | {
    "answer_url",
    "summary",
    "description_html",
    "conditions",
    "entry_conditions",
    "publics",
    "licence_required",
    "positions",
    "duration",
    "modality",
    "starts_on",
    "deadline",
    "sessions",
}


def get(client: FlaskClient, path: str, status: int = 200) -> Any:
    response = client.get(f"/api/v1{path}")
    assert response.status_code == status, response.get_data(as_text=True)
    kind = "application/json" if status == 200 else "application/problem+json"
    assert response.content_type == kind
    if status != 200:
        assert response.json["status"] == status
        assert response.json["title"]
    return response.json


def test_an_unknown_address_is_said_in_french(client: FlaskClient) -> None:
    assert get(client, "/inconnu", 404) == {
        "type": "about:blank",
        "title": "Introuvable",
        "status": 404,
        "detail": "",
    }


def test_search_answers_in_the_shape_of_the_contract(
    client: FlaskClient, app: Flask, index: Index
) -> None:
    listing = factories.listing(title="Aide-soignant·e de jour", contract="cdi")
    index()
    found = get(client, "/listings?q=&kind=&profession=&contract=&commune=&radius=&page=&per_page=")
    assert found.keys() == {"total", "page", "per_page", "engine", "items", "facets"}
    assert (found["total"], found["page"], found["per_page"]) == (1, 1, 20)
    assert found["engine"] == "meilisearch"
    (item,) = found["items"]
    assert item.keys() == LISTING_KEYS | {"distance_km"}
    assert item["commune"] == {"code": "69029", "name": "Bron"}
    assert item["profession"] == "aide-soignant"
    assert item["source"] == {"name": "site", "id": str(listing.id), "url": None}
    assert item["url"] == f"{app.config['PUBLIC_BASE_URL']}{listing.path}"
    assert found["facets"]["contract"] == {"cdi": 1}
    assert found["facets"]["kind"] == {"job": 1}


def test_filters_narrow_the_search(client: FlaskClient, index: Index) -> None:
    factories.listing(contract="cdi")
    factories.listing(contract="cdd", commune_code="69123")
    factories.listing(kind=Kind.EVENT, title="Café des métiers", profession_id=None)
    index()
    totals = {
        query: get(client, f"/listings?{query}")["total"]
        for query in (
            "",
            "kind=job",
            "kind=job&kind=event",
            "contract=cdd",
            "profession=aide-soignant",
            "profession=psychologue",
            "commune=69029&radius=1",
            "commune=75056",
            "page=500",
        )
    }
    assert totals == {
        "": 3,
        "kind=job": 2,
        "kind=job&kind=event": 3,
        "contract=cdd": 1,
        "profession=aide-soignant": 2,
        "profession=psychologue": 0,
        "commune=69029&radius=1": 2,
        "commune=75056": 0,
        "page=500": 3,
    }


def test_distance_is_given_with_a_place(client: FlaskClient, index: Index) -> None:
    factories.listing()
    index()
    assert get(client, "/listings?commune=69029")["items"][0]["distance_km"] == 0
    assert get(client, "/listings")["items"][0]["distance_km"] is None


def test_pages_are_as_long_as_asked(client: FlaskClient, index: Index) -> None:
    for _ in range(3):
        factories.listing()
    index()
    first = get(client, "/listings?per_page=2")
    second = get(client, "/listings?per_page=2&page=2")
    assert (len(first["items"]), len(second["items"]), second["total"]) == (2, 1, 3)


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("kind=emploi", "kind"),
        ("kind=job&kind=x", "kind"),
        ("profession=pizzaiolo", "profession"),
        ("contract=CDI", "contract"),
        ("commune=Bron", "commune"),
        ("commune=00000", "commune"),
        ("radius=0", "radius"),
        ("radius=101", "radius"),
        ("radius=abc", "radius"),
        ("radius=%2B5", "radius"),
        ("per_page=51", "per_page"),
        ("per_page=0", "per_page"),
        ("page=0", "page"),
        ("page=-1", "page"),
        ("page=1.5", "page"),
        ("page=1000000000", "page"),
        ("page=9999&per_page=50", "page"),
        ("q=" + "x" * 201, "q"),
    ],
)
def test_value_that_is_not_understood_is_a_problem_with_its_field(
    client: FlaskClient, query: str, field: str
) -> None:
    problem = get(client, f"/listings?{query}", 422)
    assert [error["field"] for error in problem["errors"]] == [field]
    assert problem["errors"][0]["message"]


@pytest.mark.parametrize("query", ["q=%00", "q=%ff%fe", "q=%27%22%3B--", "q=<script>", "inconnu=1"])
def test_odd_words_are_only_words(client: FlaskClient, index: Index, query: str) -> None:
    index()
    assert get(client, f"/listings?{query}")["total"] == 0


def test_listing_is_read_whole(client: FlaskClient, app: Flask) -> None:
    listing = factories.listing()
    detail = get(client, f"/listings/{listing.id}")
    assert detail.keys() == DETAIL_KEYS
    assert detail["answer_url"] == f"{app.config['PUBLIC_BASE_URL']}{listing.path}/candidater"


def test_imported_listing_is_answered_at_its_origin(client: FlaskClient) -> None:
    listing = factories.listing(
        source="france-travail",
        source_id="201AAAA",
        source_hash="x",
        source_url="https://candidat.francetravail.fr/offres/recherche/detail/201AAAA",
    )
    detail = get(client, f"/listings/{listing.id}")
    assert detail["answer_url"] == listing.source_url
    assert detail["organisation"] is None
    assert detail["source"] == {
        "name": "france-travail",
        "id": "201AAAA",
        "url": listing.source_url,
    }


def test_closed_listing_is_gone_and_hidden_ones_do_not_exist(
    client: FlaskClient, now: dt.datetime
) -> None:
    closed = factories.listing(status=Status.CLOSED, closed_at=now, outcome=Outcome.FILLED)
    due = factories.listing(closes_at=now - dt.timedelta(minutes=1))
    draft = factories.listing(status=Status.DRAFT, published_at=None)
    review = factories.listing(status=Status.IN_REVIEW)
    paused = factories.listing(status=Status.PAUSED)
    withdrawn_draft = factories.listing(
        status=Status.CLOSED, published_at=None, closed_at=now, outcome=Outcome.WITHDRAWN
    )
    for listing in (closed, due):
        get(client, f"/listings/{listing.id}", 410)
    for listing in (draft, review, paused, withdrawn_draft):
        get(client, f"/listings/{listing.id}", 404)
    get(client, "/listings/2147483647", 404)
    get(client, "/listings/99999999999999999999", 404)
    get(client, "/listings/abc", 404)
    assert get(client, "/listings")["items"] == []


def test_nothing_private_is_ever_said(client: FlaskClient, index: Index) -> None:
    person = factories.user(name="Camille Secrète", email="secret@example.org")
    listing = factories.listing(
        organisation=factories.organisation(person),
        contact_name="Camille Secrète",
        created_by_id=person.id,
        address="12 rue Cachée",
    )
    factories.application(listing=listing)
    index()
    for path in ("/listings", f"/listings/{listing.id}", "/professions", "/paths"):
        text = client.get(f"/api/v1{path}").get_data(as_text=True)
        for secret in (
            "Secrète",
            "secret@",
            "Cachée",
            "source_hash",
            "email",
            "phone",
            "created_by",
        ):
            assert secret not in text


def test_professions_carry_their_codes(client: FlaskClient) -> None:
    items = get(client, "/professions")["items"]
    assert len(items) >= 30
    first = next(item for item in items if item["id"] == "aide-soignant")
    assert {"code": "J1501", "current": True} in first["rome"]
    assert first["diplomas"] == ["deas"]
    address = first["url"].removeprefix("http://localhost")
    assert address == "/metiers/aide-soignant"
    assert client.get(address).status_code == 200


def test_paths_are_dated_by_the_newest_text_they_cite(client: FlaskClient) -> None:
    items = get(client, "/paths")["items"]

    for item in items:
        dates = [source["text_date"] for source in item["sources"] if source["text_date"]]
        assert item["as_of"] == max(dates, default=None)
    assert sum(item["as_of"] is not None for item in items) > 30


def test_paths_are_sourced(client: FlaskClient) -> None:
    items = get(client, "/paths?from=agent-de-service-hospitalier&to=aide-soignant")["items"]
    assert [(item["from"], item["to"]) for item in items] == [
        ("agent-de-service-hospitalier", "aide-soignant")
    ]
    assert items[0]["verified"] is True
    assert items[0]["route_verified"] is True
    assert items[0]["sources"][0].keys() == {"code", "title", "url", "text_date"}
    assert (
        len(get(client, "/paths")["items"]) > len(get(client, "/paths?to=infirmier")["items"]) > 0
    )


@pytest.mark.parametrize(("query", "field"), [("from=x", "from"), ("to=x", "to")])
def test_path_between_unknown_professions_is_a_problem(
    client: FlaskClient, query: str, field: str
) -> None:
    assert get(client, f"/paths?{query}", 422)["errors"][0]["field"] == field


@pytest.mark.parametrize("path", ["/", "/inconnu", "/listings/", "/listings/1/2"])
def test_unknown_address_is_a_problem_document(client: FlaskClient, path: str) -> None:
    get(client, path, 404)


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_api_is_read_only(client: FlaskClient, method: str) -> None:
    response = getattr(client, method)("/api/v1/listings")
    assert response.status_code in {400, 405}
    assert response.content_type == "application/problem+json"


def test_other_sites_may_read_and_keep_answers_a_minute(client: FlaskClient) -> None:
    response = client.get("/api/v1/professions")
    assert response.headers["Access-Control-Allow-Origin"] == "*"
    assert response.headers["Cache-Control"] == "public, max-age=60"
    assert "Set-Cookie" not in response.headers
    assert "Access-Control-Allow-Credentials" not in response.headers
    assert "Access-Control-Allow-Origin" not in client.get("/").headers
    wrong = client.get("/api/v1/listings?kind=x")
    assert wrong.headers["Access-Control-Allow-Origin"] == "*"
    assert "public" not in wrong.headers["Cache-Control"]


def test_too_many_demands_are_refused(
    client: FlaskClient, app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(app.config, "API_RATE_LIMIT", "3 per hour")
    statuses = [
        client.get("/api/v1/paths", environ_base={"REMOTE_ADDR": "198.51.100.7"}).status_code
        for _ in range(5)
    ]
    assert statuses == [200, 200, 200, 429, 429]


def test_listing_closed_since_the_search_is_left_out(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch, now: dt.datetime, index: Index
) -> None:
    from app.api import listings
    from app.search.queries import search

    listing = factories.listing()
    index()
    assert len(get(client, "/listings")["items"]) == 1

    def close_then_answer(*args: Any) -> Any:
        results = search(*args)
        listing.status, listing.closed_at, listing.outcome = Status.CLOSED, now, Outcome.FILLED
        db.session.flush()
        return results

    monkeypatch.setattr(listings, "search", close_then_answer)
    assert get(client, "/listings")["items"] == []
