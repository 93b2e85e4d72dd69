"""What an organisation says of itself, and its public page."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from bs4 import BeautifulSoup
from flask.testing import FlaskClient

from app.core.database import db
from app.organisations import queries
from app.organisations.enums import OrganisationStatus
from app.organisations.models import Organisation
from tests import factories
from tests.accounts.browser import post
from tests.listings.counting import count_queries

SignIn = Callable[..., FlaskClient]


@pytest.fixture
def organisation() -> Organisation:
    added = factories.organisation(
        factories.user(),
        slug="tilleuls",
        name="Résidence des Tilleuls",
        siren="732829320",
        description="Une maison **calme**.\n\n<script>alert(1)</script>",
        conditions="Un week-end sur deux.",
        team_words="On rit souvent.",
    )
    factories.establishment(
        added, workplace="ehpad", publics=["personnes-agees"], address="12 rue des Lilas"
    )
    db.session.commit()
    return added


def test_page_says_who_where_and_what_is_open(
    client: FlaskClient, organisation: Organisation
) -> None:
    factories.listing(organisation=organisation, title="Aide-soignante de nuit")
    factories.listing(organisation=organisation, title="Brouillon caché", status="draft")
    factories.listing(title="Chez un autre")
    db.session.commit()

    page = client.get("/structures/tilleuls").text

    for text in (
        "<strong>calme</strong>",
        "Un week-end sur deux.",
        "On rit souvent.",
        "12 rue des Lilas",
        "EHPAD",
        "48\u00a0h",
        "Aide-soignante de nuit",
        "Une annonce ouverte",
    ):
        assert text in page, text
    assert "<script>alert" not in page
    assert "Brouillon caché" not in page
    assert "Chez un autre" not in page


def test_page_is_described_to_search_engines(
    client: FlaskClient, organisation: Organisation
) -> None:
    html = BeautifulSoup(client.get("/structures/tilleuls").text, "html.parser")
    script = html.find("script", type="application/ld+json")
    assert script is not None
    data = json.loads(script.text)

    assert data["@type"] == "Organization"
    assert data["url"] == "http://localhost/structures/tilleuls"
    assert data["identifier"]["value"] == "732829320"
    assert data["location"][0]["address"]["addressLocality"] == "Bron"


@pytest.mark.parametrize("status", [OrganisationStatus.PENDING, OrganisationStatus.SUSPENDED])
def test_organisation_that_is_not_verified_has_no_page(
    client: FlaskClient, organisation: Organisation, status: str
) -> None:
    listing = factories.listing(organisation=organisation)
    organisation.status = status
    db.session.commit()

    assert client.get("/structures/tilleuls").status_code == 404
    assert "/structures/" not in client.get(listing.path).text
    assert client.get("/structures/inconnue").status_code == 404


def test_listing_leads_to_its_organisation(client: FlaskClient, organisation: Organisation) -> None:
    listing = factories.listing(organisation=organisation)
    db.session.commit()

    assert 'href="/structures/tilleuls"' in client.get(listing.path).text


def test_page_asks_the_same_number_of_questions_whatever_is_open(
    client: FlaskClient, organisation: Organisation
) -> None:
    client.get("/structures/tilleuls")
    with count_queries() as few:
        client.get("/structures/tilleuls")
    for _ in range(6):
        factories.listing(organisation=organisation)
        factories.establishment(organisation)
    db.session.commit()
    db.session.expire_all()
    with count_queries() as many:
        client.get("/structures/tilleuls")

    assert len(many) <= len(few)


def test_owner_writes_what_the_organisation_is(sign_in: SignIn, organisation: Organisation) -> None:
    browser = sign_in(queries.owners_of(organisation.id)[0])
    base = f"/recruter/structures/{organisation.id}"

    assert browser.get("/recruter/structures/").location == base
    post(browser, f"{base}/modifier", description="Neuf", team_words="Merci", promise="168")

    assert (organisation.description, organisation.promise_hours) == ("Neuf", 168)
    page = browser.get(base).text
    assert "7\u00a0jours" in page
    refused = post(browser, f"{base}/modifier", description="x" * 6000, promise="5")
    assert refused.status_code == 422
    assert "x" * 6000 in refused.text


def test_owner_adds_and_changes_a_place(sign_in: SignIn, organisation: Organisation) -> None:
    browser = sign_in(queries.owners_of(organisation.id)[0])
    base = f"/recruter/structures/{organisation.id}"
    place = {
        "name": "Site de Vaulx",
        "place": "Vaulx-en-Velin (69120)",
        "siret": "732 829 320 00074",
        "workplace": "ehpad",
        "publics": "personnes-agees",
    }

    post(browser, f"{base}/etablissements/nouveau", **place)

    added = next(
        one for one in queries.establishments_of(organisation.id) if one.name == "Site de Vaulx"
    )
    assert (added.siret, added.publics) == ("73282932000074", ["personnes-agees"])
    taken = post(browser, f"{base}/etablissements/nouveau", **place)
    assert taken.status_code == 422
    assert "déjà inscrit avec ce numéro SIRET" in taken.text
    assert (
        post(browser, f"{base}/etablissements/nouveau", **place | {"siret": "12"}).status_code
        == 422
    )
    post(browser, f"{base}/etablissements/{added.id}", **place | {"name": "Le grand site"})
    assert added.name == "Le grand site"


def test_place_of_another_organisation_does_not_exist(
    sign_in: SignIn, organisation: Organisation
) -> None:
    (place,) = queries.establishments_of(organisation.id)
    stranger = factories.user()
    own = factories.organisation(stranger)
    browser = sign_in(stranger)

    assert browser.get(f"/recruter/structures/{organisation.id}").status_code == 404
    for organisation_id in (organisation.id, own.id):
        address = f"/recruter/structures/{organisation_id}/etablissements/{place.id}"
        assert browser.get(address).status_code == 404
        assert post(browser, address, name="Pris", place="Bron (69500)").status_code == 404
