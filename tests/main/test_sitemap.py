"""The list of the public pages that search engines read."""

from __future__ import annotations

import datetime as dt

import pytest
from bs4 import BeautifulSoup
from flask.testing import FlaskClient

from app.core.database import db
from app.listings.enums import Status
from app.main import sitemap
from app.organisations.enums import OrganisationStatus
from app.professions.queries import professions
from tests import factories
from tests.listings.counting import count_queries


def addresses(client: FlaskClient, path: str = "/sitemap.xml") -> list[str]:
    """Return the paths of a file, which must be XML."""
    response = client.get(path)
    assert response.status_code == 200
    assert response.mimetype == "application/xml"
    found = BeautifulSoup(response.text, "xml").find_all("loc")
    return [one.text.removeprefix("http://localhost") for one in found]


def test_public_pages_are_listed_and_answer(client: FlaskClient) -> None:
    shown = factories.listing()
    db.session.commit()

    found = addresses(client)

    assert shown.path in found
    assert f"/structures/{shown.organisation.slug}" in found
    assert {f"/metiers/{entry.slug}" for entry in professions()} < set(found)
    assert len(found) == len(set(found))
    for path in ("/", "/metiers/", "/evoluer", shown.path, found[-1]):
        assert path in found
        assert client.get(path).status_code == 200


def test_what_is_not_public_is_left_out(client: FlaskClient, now: dt.datetime) -> None:
    hidden = [
        factories.listing(status=Status.DRAFT),
        factories.listing(status=Status.PAUSED),
        factories.listing(closes_at=now - dt.timedelta(days=1)),
    ]
    suspended = factories.organisation(status=OrganisationStatus.SUSPENDED)
    db.session.commit()

    found = addresses(client)

    assert not {listing.path for listing in hidden} & set(found)
    assert f"/structures/{suspended.slug}" not in found


def test_a_listing_says_when_it_last_changed(client: FlaskClient, now: dt.datetime) -> None:
    listing = factories.listing(updated_at=now - dt.timedelta(days=3))
    db.session.commit()

    address = f"http://localhost{listing.path}"
    pages = BeautifulSoup(client.get("/sitemap.xml").text, "xml").find_all("url")
    changed = next(one.lastmod.text for one in pages if one.loc.text == address)

    said = dt.datetime.fromisoformat(changed)
    assert abs(said - listing.updated_at) < dt.timedelta(seconds=1)


def test_too_many_pages_are_split_without_loss(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(9):
        factories.listing(organisation=None)
    db.session.commit()
    whole = addresses(client)

    monkeypatch.setattr(sitemap, "MAX_ADDRESSES", 7)
    parts = addresses(client)

    assert [path for part in parts for path in addresses(client, part)] == whole
    assert client.get(f"/sitemap-{len(parts) + 1}.xml").status_code == 404
    assert client.get("/sitemap-0.xml").status_code == 404


def test_the_number_of_queries_does_not_depend_on_the_number_of_pages(client: FlaskClient) -> None:
    for _ in range(5):
        factories.listing()
    db.session.commit()
    client.get("/sitemap.xml")

    with count_queries() as asked:
        client.get("/sitemap.xml")

    assert len(asked) <= 3


def test_robots_are_told_where_it_is(client: FlaskClient) -> None:
    assert "Sitemap: http://localhost/sitemap.xml" in client.get("/robots.txt").text
