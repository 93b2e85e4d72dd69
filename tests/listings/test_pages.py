"""The public page of a listing: what it says, to whom, and at what cost."""

from __future__ import annotations

import datetime as dt
import json
import re

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from app.accounts.enums import Role
from app.core import clock
from app.core.clock import end_of_paris_day, paris_date
from app.core.database import db
from app.listings.enums import KIND_PATHS, Kind
from app.listings.models import Listing
from app.professions.models import Diploma
from tests import factories
from tests.listings.counting import count_queries

IMPORTED = {
    "source": "france-travail",
    "source_id": "123ABCD",
    "source_hash": "0" * 64,
    "source_url": "https://candidat.francetravail.fr/offres/recherche/detail/123ABCD",
    "employer_name": "",
}


def structured(page: str) -> dict[str, object] | None:
    found = re.search(r'<script type="application/ld\+json">(.*?)</script>', page, re.S)
    return json.loads(found[1]) if found else None


def complete(kind: Kind) -> Listing:
    """Add a listing of `kind` with everything its page can show."""
    listing = factories.listing(
        kind,
        title="Une annonce assez longue pour passer à la ligne, même sur un grand écran",
        summary="Une phrase qui résume l’annonce.",
        conditions="Des matinées denses.\nUn temps d’équipe chaque mardi.",
        entry_conditions="17 ans, dossier et entretien.",
        contact_name="Mme Ravier, cadre de santé",
        publics=["personnes-agees"],
        schedules=["jour", "temps-plein"],
        workplace="ehpad",
        funding=["cpf", "region"],
        cost_cents=0,
        duration_months=11.0,
        duration_hours=1540,
        modality="on_site",
        diploma_need="none",
        from_profession_id=factories.profession("auxiliaire-de-puericulture").id,
        starts_on=dt.date(2027, 1, 4),
        deadline=paris_date(clock.now()) + dt.timedelta(days=10),
    )
    if kind != Kind.JOB:
        factories.listing_session(listing, label="Temps plein", taken=6)
        factories.listing_session(listing, capacity=None)
        factories.listing_session(listing, capacity=3, taken=3)
    return listing


@pytest.mark.parametrize("kind", list(Kind))
def test_page_of_each_kind_answers_within_six_queries(client: FlaskClient, kind: Kind) -> None:
    listing = complete(kind)
    for _ in range(3):
        factories.listing(Kind.JOB)
    client.get(listing.path)  # The reference base is read once by each process.
    db.session.expire_all()

    with count_queries() as queries:
        response = client.get(listing.path)

    page = response.get_data(as_text=True)
    assert response.status_code == 200
    assert len(queries) <= 6, queries
    assert page.count("<h1") == 1
    assert "Mme Ravier, cadre de santé" in page
    assert f'href="{listing.path}/candidater"' in page
    assert f'<link rel="canonical" href="http://localhost{listing.path}">' in page


@pytest.mark.parametrize("kind", list(Kind))
def test_wrong_slug_or_kind_leads_to_the_address(client: FlaskClient, kind: Kind) -> None:
    listing = factories.listing(kind)
    other = next(path for path in KIND_PATHS.values() if path != KIND_PATHS[kind])

    for address in (
        f"/{KIND_PATHS[kind]}/{listing.id}-autre-chose",
        f"/{KIND_PATHS[kind]}/{listing.id}",
        f"/{other}/{listing.id}-{listing.slug}",
    ):
        response = client.get(f"{address}?de=mail")
        assert response.status_code == 301
        assert response.location == f"{listing.path}?de=mail"


@pytest.mark.parametrize("address", ["/emplois/999999-x", "/emplois/99999999999999999999-x"])
def test_unknown_listing_is_not_found(client: FlaskClient, address: str) -> None:
    assert client.get(address).status_code == 404


@pytest.mark.parametrize("status", ["draft", "in_review", "paused"])
def test_hidden_listing_is_shown_to_its_organisation_and_the_team_only(
    client: FlaskClient, sign_in, status: str
) -> None:
    member, stranger = factories.user(), factories.user()
    reviewer, candidate = factories.user(Role.MODERATOR), factories.user(Role.CANDIDATE)
    listing = factories.listing(organisation=factories.organisation(member), status=status)
    factories.organisation(stranger)

    assert client.get(listing.path).status_code == 404
    assert client.get(f"/emplois/{listing.id}-autre").status_code == 404
    assert sign_in(stranger).get(listing.path).status_code == 404
    assert sign_in(candidate).get(listing.path).status_code == 404
    for person in (member, reviewer):
        response = sign_in(person).get(listing.path)
        page = response.get_data(as_text=True)
        assert response.status_code == 200
        assert "noindex" in page
        assert "/candidater" not in page
        assert structured(page) is None


@pytest.mark.parametrize("outcome", ["filled", "unfilled", "withdrawn", "expired"])
def test_closed_listing_says_so_and_shows_similar_ones(client: FlaskClient, outcome: str) -> None:
    now = clock.now()
    listing = factories.listing(
        status="closed", closed_at=now, outcome=outcome, title="Poste qui n’est plus à prendre"
    )
    other = factories.listing(title="Aide-soignant·e de nuit")

    response = client.get(listing.path)

    page = response.get_data(as_text=True)
    assert response.status_code == 410
    assert "Cette annonce n’est plus disponible" in page
    assert other.path in page
    assert "/candidater" not in page
    assert structured(page) is None


def test_listing_past_its_deadline_is_closed_before_anyone_closes_it(client: FlaskClient) -> None:
    yesterday = paris_date(clock.now()) - dt.timedelta(days=1)
    listing = factories.listing(deadline=yesterday, closes_at=end_of_paris_day(yesterday))

    assert client.get(listing.path).status_code == 410


def test_page_says_the_diploma_the_dates_and_what_the_source_wrote(client: FlaskClient) -> None:
    diploma = db.session.scalars(select(Diploma).where(Diploma.slug == "deas")).one()
    job = factories.listing(
        **IMPORTED,
        diploma_need="required",
        diploma_id=diploma.id,
        licence_required=True,
        positions=3,
        pay_min_cents=None,
        pay_max_cents=None,
        pay_period=None,
        pay_label="Selon convention",
        starts_on=dt.date(2027, 1, 4),
        ends_on=dt.date(2027, 6, 30),
        deadline=paris_date(clock.now()),
        closes_at=end_of_paris_day(paris_date(clock.now())),
        contract="interim",
        hours_min=20.0,
    )
    path = factories.listing(
        Kind.PATH, diploma_id=diploma.id, duration_label="Un an", cost_cents=45_000
    )

    page = client.get(job.path).get_data(as_text=True).replace("\u00a0", " ")
    told = client.get(path.path).get_data(as_text=True).replace("\u00a0", " ")

    for words in (
        "DEAS exigé",
        "Permis de conduire demandé",
        "3 postes",
        "Selon convention",
        "Du 4 janvier 2027 au 30 juin 2027",
        "dernier jour",
    ):
        assert words in page
    assert "450 €" in told
    assert "Diplôme préparé" in told


def test_unknown_pay_is_said_and_never_invented(client: FlaskClient) -> None:
    listing = factories.listing(
        **IMPORTED, pay_min_cents=None, pay_max_cents=None, pay_period=None, hours_min=None
    )

    page = client.get(listing.path).get_data(as_text=True)

    assert "Non indiqué par l’employeur" in page
    assert structured(page) is None


def test_imported_listing_leads_to_its_origin(client: FlaskClient) -> None:
    listing = factories.listing(**IMPORTED | {"employer_name": "Maison Bleue"})

    page = client.get(listing.path).get_data(as_text=True)

    assert "Annonce de France Travail\u00a0: on y répond sur leur site." in page
    assert f'href="{IMPORTED["source_url"]}" rel="external nofollow noopener"' in page
    assert "/candidater" not in page
    data = structured(page)
    assert data is not None
    assert data["directApply"] is False


def test_address_of_origin_that_is_not_a_web_page_is_no_link(client: FlaskClient) -> None:
    listing = factories.listing(**IMPORTED | {"source_url": "javascript:alert(1)"})

    assert "javascript:" not in client.get(listing.path).get_data(as_text=True)


def test_job_is_described_to_search_engines_with_what_is_known(client: FlaskClient) -> None:
    listing = factories.listing(title="</script><b>Aide</b>", schedules=["jour"])

    page = client.get(listing.path).get_data(as_text=True)

    data = structured(page)
    assert data is not None
    assert data["@type"] == "JobPosting"
    assert data["title"] == "</script><b>Aide</b>"
    assert data["employmentType"] == ["FULL_TIME"]
    assert data["directApply"] is True
    assert data["baseSalary"] == {
        "@type": "MonetaryAmount",
        "currency": "EUR",
        "value": {
            "@type": "QuantitativeValue",
            "unitText": "MONTH",
            "minValue": 2077.0,
            "maxValue": 2290.0,
        },
    }
    assert data["jobLocation"]["address"]["addressLocality"] == "Bron"
    assert dt.datetime.fromisoformat(data["validThrough"]) == listing.closes_at


def test_event_and_training_are_described_to_search_engines(client: FlaskClient) -> None:
    event, training = complete(Kind.EVENT), complete(Kind.TRAINING)

    event_data = structured(client.get(event.path).get_data(as_text=True))
    training_data = structured(client.get(training.path).get_data(as_text=True))

    assert event_data is not None
    assert event_data["@type"] == "Event"
    assert event_data["offers"]["price"] == 0
    assert training_data is not None
    assert training_data["@type"] == "Course"
    assert len(training_data["hasCourseInstance"]) == 3


def test_immersion_is_never_presented_as_a_vacancy(client: FlaskClient) -> None:
    listing = complete(Kind.IMMERSION)

    page = client.get(listing.path).get_data(as_text=True)

    assert "Pour découvrir\u00a0: ce n’est pas encore un poste" in page
    assert structured(page) is None


def test_path_shows_the_thread_from_one_profession_to_the_other(client: FlaskClient) -> None:
    listing = complete(Kind.PATH)

    page = client.get(listing.path).get_data(as_text=True)

    assert page.index("Point de départ") < page.index("Aide-soignant·e</h3>")


@pytest.mark.parametrize("kind", [Kind.JOB, Kind.PATH])
def test_job_and_path_show_where_to_try_the_profession_nearest_first(
    client: FlaskClient, kind: Kind
) -> None:
    listing = factories.listing(kind)
    far = factories.listing(Kind.IMMERSION, title="Matinée à Givors", commune_code="69091")
    near = factories.listing(Kind.IMMERSION, title="Matinée à Bron")
    visit = factories.listing(Kind.EVENT, title="Café des soignantes")
    factories.listing_session(visit)

    page = client.get(listing.path).get_data(as_text=True)

    section = page.split('aria-labelledby="try"')[1].split("</section>")[0]
    assert near.path in section
    assert visit.path in section
    assert page.count(f'href="{near.path}"') == 1, "a listing is not shown twice"
    assert section.index(near.path) < section.index(far.path)
    assert "à moins de 1\u00a0km" in section


def test_a_profession_without_any_way_to_try_says_so(client: FlaskClient) -> None:
    page = client.get(factories.listing().path).get_data(as_text=True)

    section = page.split('aria-labelledby="try"')[1].split("</section>")[0]
    assert "n’est ouverte pour ce métier aujourd’hui" in section
    assert 'href="/recherche?type=immersion"' in section


@pytest.mark.parametrize("kind", [Kind.EVENT, Kind.IMMERSION, Kind.INTERNSHIP, Kind.TRAINING])
def test_what_is_itself_a_try_or_a_training_shows_none(client: FlaskClient, kind: Kind) -> None:
    assert 'aria-labelledby="try"' not in client.get(factories.listing(kind).path).text


def test_a_job_without_a_profession_shows_no_way_to_try(client: FlaskClient) -> None:
    page = client.get(factories.listing(profession_id=None).path).text
    assert 'aria-labelledby="try"' not in page
