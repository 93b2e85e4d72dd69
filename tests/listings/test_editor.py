"""The editor: the coach beside it, the draft that is kept, the profession that fills, the copy."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from app.core.database import db
from app.listings.enums import Status
from app.listings.forms import text_version
from app.listings.models import Listing
from app.organisations.models import Organisation
from app.professions.queries import profession_by_slug
from tests import factories
from tests.listings.test_recruiter import (
    BASE,
    _without_tokens,
    browser,
    event,
    job,
    member,
    only_listing,
    organisation,
)

__all__ = ["_without_tokens", "browser", "member", "organisation"]

FORBIDDEN = "Poste réservé aux femmes."


def draft(organisation: Organisation, **values: Any) -> Listing:
    return factories.listing(
        organisation=organisation, status=Status.DRAFT, published_at=None, **values
    )


def test_forbidden_words_are_refused_at_their_field_and_nothing_is_lost(
    browser: FlaskClient,
) -> None:
    response = browser.post(f"{BASE}/nouvelle", data=job(conditions=FORBIDDEN))

    assert response.status_code == 422
    assert 'id="conditions-error"' in response.text
    assert "La loi interdit de choisir selon le sexe" in response.text
    assert f"{FORBIDDEN}</textarea>" in response.text
    assert db.session.scalars(select(Listing)).all() == []


def test_draft_with_forbidden_words_is_kept_and_cannot_be_sent(
    browser: FlaskClient, organisation: Organisation
) -> None:
    response = browser.post(f"{BASE}/nouvelle", data=job(conditions=FORBIDDEN, action="draft"))
    assert response.status_code == 303
    listing = only_listing()
    assert "mots à corriger" in browser.get(f"{BASE}/{listing.id}").text

    refused = browser.post(f"{BASE}/{listing.id}/envoyer", follow_redirects=True)

    assert "ne peut pas partir telle quelle" in refused.text
    assert listing.status == Status.DRAFT


def test_listing_online_cannot_take_forbidden_words(
    browser: FlaskClient, organisation: Organisation
) -> None:
    listing = factories.listing(organisation=organisation)
    db.session.commit()
    changed = job(version=text_version(listing), conditions=FORBIDDEN, action="save")

    response = browser.post(f"{BASE}/{listing.id}/modifier", data=changed)

    assert response.status_code == 422
    assert only_listing().conditions != FORBIDDEN


def test_button_keeps_the_draft_and_shows_what_the_coach_says(browser: FlaskClient) -> None:
    typed = job(conditions=FORBIDDEN, pay_min="1 500", pay_max="", action="review")

    response = browser.post(f"{BASE}/nouvelle", data=typed)

    listing = only_listing()
    assert response.location == f"{BASE}/{listing.id}/modifier#coach"
    page = browser.get(f"{BASE}/{listing.id}/modifier").text
    assert "2 choses à corriger avant de publier" in page.replace("\u00a0", " ")
    assert "moins que le SMIC" in page
    assert "Brouillon enregistré à" in page


@pytest.mark.parametrize(
    ("amounts", "said"),
    [
        (("12,50", "13", "month"), "12,50 € brut par mois : c’est moins que le SMIC"),
        (("25 000", "", "month"), "25 000 € brut par mois : personne n’est payé autant."),
    ],
)
def test_a_pay_that_cannot_be_true_does_not_leave_and_loses_nothing(
    browser: FlaskClient, amounts: tuple[str, str, str], said: str
) -> None:
    typed = job(
        pay_min=amounts[0],
        pay_max=amounts[1],
        pay_period=amounts[2],
        action="publish",
        hours_min="35",
    )

    response = browser.post(f"{BASE}/nouvelle", data=typed, follow_redirects=True)
    page = response.text.replace("\u00a0", " ").replace("\u202f", " ")

    assert said in page
    assert "Est-ce par " in page
    assert f'value="{amounts[0]}"' in page
    assert not db.session.scalars(select(Listing).where(Listing.status != Status.DRAFT)).all()


def test_panel_reads_what_is_typed_and_keeps_nothing(browser: FlaskClient) -> None:
    typed = job(
        title="Aide <b>soignante</b>", conditions=FORBIDDEN, pay_min="beaucoup", place="Nulle part"
    )

    page = browser.post(f"{BASE}/relecture?type=emploi", data=typed).text

    assert "<html" not in page
    assert "Poste réservé" not in page
    assert "«\u00a0réservé aux femmes\u00a0»" in page
    assert "Aide &lt;b&gt;soignante&lt;/b&gt;" in page
    assert "Nulle part" in page
    assert db.session.scalars(select(Listing)).all() == []


@pytest.mark.parametrize(
    "kind", ["emploi", "formation", "stage", "immersion", "parcours", "rendez-vous"]
)
@pytest.mark.parametrize(
    "typed",
    [
        {},
        {
            "profession_id": "forged",
            "workplace": "forged",
            "contract": "forged",
            "pay_period": "forged",
            "modality": "forged",
            "pay_min": "9" * 40,
            "pay_max": "NaN",
            "hours_min": "-4",
            "duration_months": "1e9",
            "positions": "1e400",
            "date1_day": "2027-02-30",
            "date2_day": "2027-02-03",
            "date2_start": "tôt",
            "date2_capacity": "-1",
            "title": "\x00" + "é" * 400,
            "schedules": ["forged"],
        },
    ],
)  # fmt: skip
def test_panel_survives_anything(browser: FlaskClient, kind: str, typed: dict[str, Any]) -> None:
    assert browser.post(f"{BASE}/relecture?type={kind}&dates=2", data=typed).status_code == 200


def test_panel_shows_the_date_and_seats_of_a_meeting(browser: FlaskClient) -> None:
    page = browser.post(f"{BASE}/relecture?type=rendez-vous&dates=1", data=event()).text
    assert "12\u00a0places" in page
    assert "de 14\u00a0h à 16\u00a0h" in page


def test_panel_of_another_organisation_or_kind_does_not_exist(browser: FlaskClient) -> None:
    other = factories.organisation(factories.user())
    assert browser.post(f"{BASE}/relecture?structure={other.id}", data=job()).status_code == 404
    assert browser.post(f"{BASE}/relecture?type=autre", data=job()).status_code == 404


def test_draft_is_kept_as_one_writes(browser: FlaskClient, organisation: Organisation) -> None:
    listing = draft(organisation)
    typed = job(version=text_version(listing), title="Aide-soignant·e de nuit", hours_min="")

    answer = browser.post(f"{BASE}/{listing.id}/brouillon", data=typed)

    assert answer.status_code == 200
    assert answer.json is not None
    assert answer.json["version"] == text_version(listing)
    assert answer.json["message"].startswith("Brouillon enregistré à ")
    assert (listing.title, listing.hours_min) == ("Aide-soignant·e de nuit", None)


def test_second_tab_is_told_and_erases_nothing(
    browser: FlaskClient, organisation: Organisation
) -> None:
    listing = draft(organisation)
    seen = text_version(listing)
    first = job(version=seen, title="Premier onglet")
    assert browser.post(f"{BASE}/{listing.id}/brouillon", data=first).status_code == 200

    second = browser.post(
        f"{BASE}/{listing.id}/brouillon", data=job(version=seen, title="Second onglet")
    )

    assert second.status_code == 409
    assert second.json is not None
    assert "autre onglet" in second.json["message"]
    assert listing.title == "Premier onglet"


def test_draft_that_cannot_be_read_says_so(
    browser: FlaskClient, organisation: Organisation
) -> None:
    listing = draft(organisation)
    typed = job(version=text_version(listing), title="Autre", pay_min="beaucoup")

    answer = browser.post(f"{BASE}/{listing.id}/brouillon", data=typed)

    assert answer.status_code == 422
    assert listing.title != "Autre"


def test_listing_that_is_sent_is_no_longer_kept_as_a_draft(
    browser: FlaskClient, organisation: Organisation
) -> None:
    listing = factories.listing(organisation=organisation)
    answer = browser.post(f"{BASE}/{listing.id}/brouillon", data=job(version=text_version(listing)))
    assert answer.status_code == 409
    assert listing.status == Status.PUBLISHED


def test_profession_fills_what_is_empty_and_only_that(browser: FlaskClient) -> None:
    profession = profession_by_slug("aide-soignant")
    assert profession is not None
    typed = {
        "title": "Mon titre",
        "profession_id": str(profession.id),
        "pay_min": "abc",
        "diploma_id": "",
        "action": "propose",
    }

    page = browser.post(f"{BASE}/nouvelle", data=typed).text

    assert 'value="Mon titre"' in page
    assert 'value="abc"' in page
    assert "- Mesurer la tension, la température, le pouls" in page
    assert '<option selected value="ehpad">' in page
    assert (
        "Diplôme d’État d’aide-soignant" in page.split('name="diploma_id"')[1].split("selected")[1]
    )
    assert db.session.scalars(select(Listing)).all() == []


def test_profession_must_be_chosen_before_it_fills(browser: FlaskClient) -> None:
    page = browser.post(f"{BASE}/nouvelle", data={"profession_id": "", "action": "propose"}).text
    assert "Choisissez d’abord le métier." in page
    assert 'href="#profession_id"' in page


def test_job_whose_profession_is_chosen_needs_few_fields(browser: FlaskClient) -> None:
    profession = factories.profession()
    proposal = {"profession_id": str(profession.id), "diploma_id": "", "action": "propose"}
    page = browser.post(f"{BASE}/nouvelle", data=proposal).text
    typed = job()
    filled = ("place", "pay_min", "hours_min", "contract", "contact_name", "profession_id")
    kept = {
        "title": "Aide-soignant·e",
        "description": page.split('name="description"')[1].split(">", 1)[1].split("</textarea>")[0],
        "diploma_need": "required",
        "pay_period": "month",
        "workplace": "ehpad",
        "diploma_id": "",
        "action": "publish",
    }

    response = browser.post(f"{BASE}/nouvelle", data=kept | {name: typed[name] for name in filled})

    assert response.status_code == 303
    assert len(filled) <= 12
    assert only_listing().status == Status.IN_REVIEW


def test_copy_is_a_draft_without_dates(browser: FlaskClient, organisation: Organisation) -> None:
    listing = factories.listing(
        "event",
        organisation=organisation,
        title="Café des métiers",
        deadline=dt.date(2027, 1, 5),
        publics=["personnes-agees"],
    )
    factories.listing_session(listing)
    db.session.refresh(listing)

    response = browser.post(f"{BASE}/{listing.id}/copier")

    copy = db.session.scalars(select(Listing).order_by(Listing.id.desc())).first()
    assert copy is not None
    assert response.location == f"{BASE}/{copy.id}/modifier"
    assert (copy.title, copy.status) == ("Copie de Café des métiers", Status.DRAFT)
    assert (copy.sessions, copy.deadline, copy.published_at) == ([], None, None)
    assert (copy.description_html, copy.publics) == (listing.description_html, listing.publics)
    assert copy.publics is not listing.publics
    assert listing.sessions
    assert "Voici la copie" in browser.get(response.location).text


def test_copy_of_a_long_title_fits(browser: FlaskClient, organisation: Organisation) -> None:
    listing = factories.listing(organisation=organisation, title="é" * 160)
    assert browser.post(f"{BASE}/{listing.id}/copier").status_code == 303


def test_listing_of_others_is_neither_copied_nor_kept(browser: FlaskClient) -> None:
    other = factories.listing(organisation=factories.organisation(factories.user()))
    assert browser.post(f"{BASE}/{other.id}/copier").status_code == 404
    assert browser.post(f"{BASE}/{other.id}/brouillon", data=job()).status_code == 404


def test_editor_is_light(browser: FlaskClient, organisation: Organisation) -> None:
    page = browser.get(f"{BASE}/{draft(organisation).id}/modifier")
    assert len(page.data) < 150_000
    assert 'data-l="' in browser.get(f"{BASE}/").text


def test_imported_listing_is_never_held_back(client: FlaskClient) -> None:
    listing = factories.listing(
        organisation=None,
        source="france-travail",
        source_id="1",
        source_hash="0" * 64,
        conditions=FORBIDDEN,
    )
    page = client.get(listing.path)
    assert page.status_code == 200
    assert "La loi interdit" not in page.text
