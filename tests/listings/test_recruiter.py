"""Members write, send, follow and close their listings; others see nothing."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from app.accounts.enums import Role
from app.accounts.models import User
from app.core import clock
from app.core.clock import paris_date
from app.core.database import db
from app.listings import services
from app.listings.enums import KIND_PARAMS, Kind, Status
from app.listings.forms import text_version
from app.listings.models import Listing
from app.organisations.models import Organisation
from tests import factories
from tests.listings.counting import count_queries

SignIn = Callable[[User], FlaskClient]
BASE = "/recruter/annonces"


@pytest.fixture(autouse=True)
def _without_tokens(app: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(app.config, "WTF_CSRF_ENABLED", False)


@pytest.fixture
def member() -> User:
    return factories.user()


@pytest.fixture
def organisation(member: User) -> Organisation:
    return factories.organisation(member)


@pytest.fixture
def browser(sign_in: SignIn, member: User, organisation: Organisation) -> FlaskClient:
    return sign_in(member)


def job(**values: Any) -> dict[str, Any]:
    """Return what a person types to publish a job."""
    return {
        "title": "Aide-soignant·e de jour",
        "profession_id": str(factories.profession().id),
        "description": "Vous veillez au confort de **douze** résidents.",
        "place": "Bron (69500)",
        "workplace": "ehpad",
        "publics": ["personnes-agees"],
        "pay_min": "2 077",
        "pay_max": "2 290,50 €",
        "pay_period": "month",
        "hours_min": "35",
        "contract": "cdi",
        "schedules": ["jour"],
        "diploma_need": "none",
        "diploma_id": "",
        "contact_name": "Mme Ravier",
        "action": "publish",
    } | values


def event(**values: Any) -> dict[str, Any]:
    """Return what a person types to announce a meeting."""
    day = paris_date(clock.now()) + dt.timedelta(days=12)
    return {
        "title": "Café des métiers",
        "profession_id": "",
        "description": "Parler avec trois aides à domicile.",
        "place": "69500",
        "workplace": "",
        "date1_day": day.isoformat(),
        "date1_start": "14:00",
        "date1_end": "16:00",
        "date1_capacity": "12",
        "free": "y",
        "contact_name": "Nadia",
        "action": "publish",
    } | values


def only_listing() -> Listing:
    return db.session.scalars(select(Listing)).one()


def test_job_is_written_in_one_screen_and_waits_for_review(browser: FlaskClient) -> None:
    response = browser.post(f"{BASE}/nouvelle", data=job())

    listing = only_listing()
    assert response.status_code == 303
    assert response.location == f"{BASE}/{listing.id}"
    assert listing.status == Status.IN_REVIEW
    assert (listing.pay_min_cents, listing.pay_max_cents) == (207_700, 229_050)
    assert (listing.hours_min, listing.contract, listing.commune_code) == (35.0, "cdi", "69029")
    assert listing.diploma_need == "none"
    assert "relit l’annonce" in browser.get(response.location).get_data(as_text=True)


def test_known_organisation_is_online_at_once(
    browser: FlaskClient, organisation: Organisation
) -> None:
    factories.listing(organisation=organisation)

    browser.post(f"{BASE}/nouvelle", data=job(title="Aide-soignant·e de nuit"))

    listing = db.session.scalars(select(Listing).order_by(Listing.id.desc())).first()
    assert listing is not None
    assert listing.status == Status.PUBLISHED
    assert browser.get(listing.path).status_code == 200


@pytest.mark.parametrize("kind", list(Kind))
def test_form_of_each_kind_is_shown_and_saves_a_draft(browser: FlaskClient, kind: Kind) -> None:
    address = f"{BASE}/nouvelle?type={KIND_PARAMS[kind]}"
    page = browser.get(address)
    assert page.status_code == 200

    response = browser.post(
        address,
        data={
            "title": "Un titre",
            "action": "draft",
            "profession_id": "",
            "from_profession_id": "",
            "diploma_id": "",
        },
    )

    listing = only_listing()
    assert response.status_code == 303
    assert (listing.kind, listing.status) == (kind, Status.DRAFT)
    page = browser.get(f"{BASE}/{listing.id}/modifier").get_data(as_text=True)
    assert "Un titre" in page
    assert "il manque" in browser.get(f"{BASE}/{listing.id}").get_data(as_text=True)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"title": ""}, "Donnez un titre"),
        ({"pay_min": ""}, "Sans salaire, l’annonce ne peut pas paraître."),
        ({"pay_min": "selon profil"}, "Indiquez un montant brut en euros"),
        ({"pay_min": "-3"}, "Indiquez un montant brut en euros"),
        ({"pay_min": "NaN"}, "Indiquez un montant brut en euros"),
        ({"pay_max": "1 000"}, "plus petit que le minimum"),
        ({"hours_min": ""}, "Indiquez un nombre d’heures, par exemple 35."),
        ({"hours_min": "300"}, "Indiquez un nombre d’heures, par exemple 35."),
        ({"contract": ""}, "Choisissez le contrat"),
        ({"contract": "forged"}, "Choisissez une réponse de la liste."),
        ({"place": ""}, "Indiquez la commune"),
        ({"place": "Trifouillis"}, "Nous ne connaissons pas cette commune."),
        ({"profession_id": ""}, "Choisissez le métier"),
        ({"diploma_need": ""}, "Dites si un diplôme est exigé."),
        ({"diploma_need": "forged"}, "Choisissez une réponse de la liste."),
        ({"deadline": "2020-01-01"}, "Cette date est passée."),
        ({"deadline": "bientôt"}, "Écrivez la date ainsi"),
        ({"schedules": ["forged"]}, "Choisissez une réponse de la liste."),
        ({"contact_name": ""}, "Indiquez un nom"),
        ({"profession_id": "forged"}, "Choisissez"),
        ({"workplace": "forged"}, "Choisissez une réponse de la liste."),
        ({"pay_period": "forged"}, "Choisissez une réponse de la liste."),
    ],
)
def test_mistake_is_explained_and_nothing_typed_is_lost(
    browser: FlaskClient, wrong: dict[str, Any], message: str
) -> None:
    response = browser.post(f"{BASE}/nouvelle", data=job(**wrong))

    page = response.get_data(as_text=True)
    assert response.status_code == 422
    assert message in page
    assert "<title>Erreur : " in page.replace("\u00a0", " ").replace("&nbsp;", " ")
    assert "Vous veillez au confort de **douze** résidents." in page
    assert db.session.scalars(select(Listing)).all() == []


def test_draft_that_is_half_filled_is_kept(browser: FlaskClient) -> None:
    browser.post(
        f"{BASE}/nouvelle",
        data=job(action="draft", pay_min="", pay_max="", hours_min="", contract=""),
    )

    listing = only_listing()
    assert listing.status == Status.DRAFT
    assert listing.pay_period is None


def test_event_is_written_with_its_date_and_seats(browser: FlaskClient) -> None:
    browser.post(f"{BASE}/nouvelle?type=rendez-vous", data=event())

    listing = only_listing()
    session = listing.sessions[0]
    assert listing.status == Status.IN_REVIEW
    assert listing.cost_cents == 0
    assert session.starts_at.astimezone(clock.PARIS).hour == 14
    assert session.ends_at is not None
    assert session.capacity == 12
    page = browser.get(f"{BASE}/{listing.id}/modifier").get_data(as_text=True)
    assert 'value="14:00"' in page


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"date1_day": ""}, "Indiquez la date"),
        ({"date1_day": "0001-01-01"}, "Écrivez la date ainsi"),
        ({"deadline": "9999-12-31"}, "Écrivez la date ainsi"),
        ({"date1_start": ""}, "Indiquez l’heure"),
        ({"date1_start": "tôt"}, "Écrivez l’heure ainsi"),
        ({"date1_start": "16:00", "date1_end": "14:00"}, "La fin vient avant le début."),
        ({"date1_capacity": "beaucoup"}, "Indiquez un nombre de places"),
    ],
)
def test_mistake_in_a_date_is_explained(
    browser: FlaskClient, wrong: dict[str, Any], message: str
) -> None:
    response = browser.post(f"{BASE}/nouvelle?type=rendez-vous", data=event(**wrong))
    assert response.status_code == 422
    assert message in response.get_data(as_text=True)


def test_immersion_may_have_no_date_yet(browser: FlaskClient) -> None:
    typed = event(date1_day="", date1_start="", date1_end="", date1_capacity="")

    response = browser.post(f"{BASE}/nouvelle?type=immersion", data=typed)

    assert response.status_code == 303
    assert only_listing().sessions == []


def test_draft_is_sent_from_its_page_once_complete(
    browser: FlaskClient, organisation: Organisation
) -> None:
    factories.listing(organisation=organisation)
    browser.post(f"{BASE}/nouvelle", data=job(action="draft", hours_min=""))
    listing = db.session.scalars(select(Listing).where(Listing.status == "draft")).one()

    refused = browser.post(f"{BASE}/{listing.id}/envoyer", follow_redirects=True)
    assert "les heures par semaine" in refused.get_data(as_text=True)
    browser.post(
        f"{BASE}/{listing.id}/modifier", data=job(version=text_version(listing), action="draft")
    )
    browser.post(f"{BASE}/{listing.id}/envoyer")

    assert listing.status == Status.PUBLISHED


def test_draft_is_withdrawn_and_not_said_to_be_filled(
    browser: FlaskClient, organisation: Organisation
) -> None:
    listing = factories.listing(organisation=organisation, status="draft")
    db.session.commit()
    answer = {"outcome": "filled", "unfilled_reason": ""}

    response = browser.post(f"{BASE}/{listing.id}/clore", data=answer)
    assert response.status_code == 422
    assert "peut être retirée" in response.get_data(as_text=True)
    browser.post(f"{BASE}/{listing.id}/clore", data=answer | {"outcome": "withdrawn"})

    assert listing.outcome == "withdrawn"


def test_end_before_the_start_is_explained(browser: FlaskClient) -> None:
    typed = event(starts_on="2027-02-01", ends_on="2027-01-01", diploma_id="", positions="2")
    response = browser.post(f"{BASE}/nouvelle?type=stage", data=typed)
    assert response.status_code == 422
    assert "La fin vient avant le début." in response.get_data(as_text=True)


def test_editing_keeps_what_is_not_changed(
    browser: FlaskClient, organisation: Organisation
) -> None:
    listing = factories.listing(organisation=organisation, contact_name="Mme Ravier")
    listing.pay_max_cents = 229_050
    db.session.flush()

    response = browser.post(
        f"{BASE}/{listing.id}/modifier",
        data=job(
            version=text_version(listing), title="Aide-soignant·e d’après-midi", action="save"
        ),
    )

    assert response.status_code == 303
    assert listing.status == Status.PUBLISHED
    assert listing.title == "Aide-soignant·e d’après-midi"


def test_changing_the_pay_hides_the_listing_until_it_is_read(
    browser: FlaskClient, organisation: Organisation
) -> None:
    listing = factories.listing(organisation=organisation)
    assert "envoie l’annonce en relecture" in browser.get(f"{BASE}/{listing.id}/modifier").get_data(
        as_text=True
    )

    browser.post(
        f"{BASE}/{listing.id}/modifier",
        data=job(version=text_version(listing), pay_min="1 900", action="save"),
    )

    assert listing.status == Status.IN_REVIEW


@pytest.mark.parametrize("status", ["published", "paused"])
def test_author_is_told_before_and_after_that_it_will_be_read_again(
    browser: FlaskClient, organisation: Organisation, status: str
) -> None:
    listing = factories.listing(organisation=organisation, status=status)
    before = browser.get(f"{BASE}/{listing.id}/modifier").text
    after = browser.post(
        f"{BASE}/{listing.id}/modifier",
        data=job(version=text_version(listing), contact_name="M. Adé", action="save"),
        follow_redirects=True,
    ).text

    assert "envoie l’annonce en relecture" in before
    assert ("Une fois relue, elle revient en ligne." in before) == (status == "paused")
    assert "l’annonce est cachée" in after
    assert "Notre équipe relit votre annonce" in after


def test_recalled_listing_shows_why(browser: FlaskClient, organisation: Organisation) -> None:
    listing = factories.listing(organisation=organisation)
    services.recall_listing(
        factories.user(Role.MODERATOR), listing, "Le lieu n’existe pas.", clock.now()
    )
    assert "Le lieu n’existe pas." in browser.get(f"{BASE}/{listing.id}").text


def test_date_with_registered_people_cannot_be_emptied(
    browser: FlaskClient, organisation: Organisation
) -> None:
    listing = factories.listing("event", organisation=organisation)
    factories.listing_session(listing, taken=2)
    db.session.refresh(listing)
    kept = event(version=text_version(listing), action="save")

    response = browser.post(f"{BASE}/{listing.id}/modifier", data=kept | {"date1_capacity": "1"})

    assert response.status_code == 422
    assert "places sont déjà prises" in response.get_data(as_text=True)


def test_listing_is_paused_resumed_and_closed(
    browser: FlaskClient, organisation: Organisation
) -> None:
    listing = factories.listing(organisation=organisation)
    address = f"{BASE}/{listing.id}"

    browser.post(f"{address}/pause")
    assert listing.status == Status.PAUSED
    refused = browser.post(f"{address}/pause", follow_redirects=True)
    assert "ne peut pas être mise en pause" in refused.get_data(as_text=True)
    browser.post(f"{address}/reprendre")
    assert listing.status == Status.PUBLISHED

    assert browser.get(f"{address}/clore").status_code == 200
    assert browser.post(f"{address}/clore", data={"unfilled_reason": ""}).status_code == 422
    silent = browser.post(f"{address}/clore", data={"outcome": "unfilled", "unfilled_reason": ""})
    assert silent.status_code == 422
    browser.post(f"{address}/clore", data={"outcome": "unfilled", "unfilled_reason": "hours"})
    assert (listing.status, listing.unfilled_reason) == (Status.CLOSED, "hours")
    assert browser.get(f"{address}/clore").status_code == 303
    assert browser.get(f"{address}/modifier").status_code == 303


def test_listing_closed_by_its_date_asks_how_it_ended(
    browser: FlaskClient, organisation: Organisation
) -> None:
    now = clock.now()
    listing = factories.listing(
        organisation=organisation, status="closed", closed_at=now, outcome="expired"
    )
    assert "Dites-nous comment cela s’est terminé" in browser.get(f"{BASE}/{listing.id}").get_data(
        as_text=True
    )

    browser.post(f"{BASE}/{listing.id}/clore", data={"outcome": "filled", "unfilled_reason": ""})

    assert listing.outcome == "filled"


def test_list_shows_every_state_in_few_queries(
    browser: FlaskClient, organisation: Organisation
) -> None:
    now = clock.now()
    for number in range(8):
        factories.listing(organisation=organisation, title=f"Annonce {number}")
    factories.listing(organisation=organisation, status="draft")
    factories.listing(organisation=organisation, status="closed", closed_at=now, outcome="expired")
    db.session.expire_all()

    with count_queries() as queries:
        page = browser.get(f"{BASE}/").get_data(as_text=True)

    assert len(queries) <= 6, queries
    assert all(f"Annonce {number}" in page for number in range(8))
    assert "Brouillon" in page
    assert "à conclure" in page


def test_person_without_organisation_is_told_what_to_do(sign_in: SignIn) -> None:
    browser = sign_in(factories.user())
    assert "rattaché à aucune structure" in browser.get(f"{BASE}/").get_data(as_text=True)
    assert browser.get(f"{BASE}/nouvelle").status_code == 303


def test_member_of_two_organisations_chooses_for_which_she_writes(
    sign_in: SignIn, member: User, organisation: Organisation
) -> None:
    other = factories.organisation(member)
    browser = sign_in(member)

    browser.post(f"{BASE}/nouvelle?structure={other.id}", data=job(action="draft"))

    assert only_listing().organisation_id == other.id
    stranger = factories.organisation()
    assert browser.get(f"{BASE}/nouvelle?structure={stranger.id}").status_code == 404


@pytest.mark.parametrize("path", ["", "/modifier", "/clore"])
def test_listings_of_others_do_not_exist(browser: FlaskClient, path: str) -> None:
    stranger = factories.listing()
    imported = factories.listing(source="lheo", source_id="1", source_hash="0" * 64)
    for listing in (stranger, imported):
        assert browser.get(f"{BASE}/{listing.id}{path}").status_code == 404
    for action in ("envoyer", "pause", "reprendre", "clore", "modifier"):
        assert browser.post(f"{BASE}/{stranger.id}/{action}").status_code == 404


def test_candidates_and_visitors_do_not_enter(client: FlaskClient, sign_in: SignIn) -> None:
    assert client.get(f"{BASE}/").status_code == 302
    assert sign_in(factories.user(Role.CANDIDATE)).get(f"{BASE}/").status_code == 404


def test_unknown_kind_is_not_found(browser: FlaskClient) -> None:
    assert browser.get(f"{BASE}/nouvelle?type=autre").status_code == 404
