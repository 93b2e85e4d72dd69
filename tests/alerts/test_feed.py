"""Any search as a feed."""

from __future__ import annotations

import datetime as dt
from xml.etree import ElementTree

import pytest
from flask.testing import FlaskClient

from app.alerts.views.feed import ENTRIES
from app.search import queries, rebuild
from app.search.client import EngineError
from tests import factories

ATOM = "{http://www.w3.org/2005/Atom}"
FEED = "/flux/recherche.atom"


@pytest.fixture(autouse=True)
def _database_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave the engine out: what other tests indexed is not in the database of these."""

    def away(*_asked: object) -> None:
        raise EngineError("away")

    monkeypatch.setattr(queries, "ask", away)


def test_a_feed_gives_the_last_listings_of_a_search(client: FlaskClient, now: dt.datetime) -> None:
    old = factories.listing(title="Soins & <b>repas</b>", now=now - dt.timedelta(days=2))
    new = factories.listing(title="De nuit", now=now - dt.timedelta(hours=1))
    factories.listing(title="À Paris", commune_code="75112")
    rebuild.catch_up_entries(now)

    answer = client.get(f"{FEED}?ou=Bron&tri=distance&page=4&inconnu=1")

    assert answer.mimetype == "application/atom+xml"
    assert answer.headers["Cache-Control"] == "public, max-age=900"
    assert "Set-Cookie" not in answer.headers
    root = ElementTree.fromstring(answer.data)  # noqa: S314 - ours
    entries = root.findall(f"{ATOM}entry")
    assert [one.findtext(f"{ATOM}title") for one in entries] == [new.title, old.title]
    ids = [one.findtext(f"{ATOM}id") for one in entries]
    assert ids == [f"http://localhost/annonces/{one.id}" for one in (new, old)]
    for element in (root, *entries):
        assert dt.datetime.fromisoformat(element.findtext(f"{ATOM}updated") or "")
    assert root.findtext(f"{ATOM}id") == "http://localhost/flux/recherche.atom?ou=Bron"
    assert root.find(f"{ATOM}author") is not None
    again = client.get(f"{FEED}?ou=Bron", headers={"If-None-Match": answer.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")


def test_a_feed_is_bounded_and_may_be_empty(client: FlaskClient, now: dt.datetime) -> None:
    empty = ElementTree.fromstring(client.get(f"{FEED}?q=zzz").data)  # noqa: S314 - ours
    assert empty.findall(f"{ATOM}entry") == []
    assert empty.findtext(f"{ATOM}updated")
    for _ in range(ENTRIES + 3):
        factories.listing()
    rebuild.catch_up_entries(now)
    full = ElementTree.fromstring(client.get(FEED).data)  # noqa: S314 - ours
    assert len(full.findall(f"{ATOM}entry")) == ENTRIES


def test_the_page_of_a_search_links_its_feed_and_its_address(
    client: FlaskClient, now: dt.datetime
) -> None:
    factories.listing()
    rebuild.catch_up_entries(now)
    page = client.get("/recherche?ou=Bron").text
    assert 'rel="alternate" type="application/atom+xml"' in page
    assert 'value="http://localhost/recherche?ou=Bron"' in page
