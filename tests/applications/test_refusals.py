"""A no says nothing false: neither what the person lacks, nor how what lacks is prepared."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient

from app.applications import refusals, services
from app.applications.enums import DeclineReason, DiplomaHeld, Status
from app.applications.refusals import ready_words
from app.applications.wording import improper
from app.listings.enums import Kind
from app.professions import queries as professions
from tests import factories
from tests.applications.pages import page, press, words

SAID = "Cette personne a répondu qu’elle a le diplôme de ce métier."
GROUP = "Ont répondu avoir le diplôme de ce métier : Samira B."


def no(listing: Any, **values: Any) -> str:
    return refusals.decline_message(DeclineReason.DIPLOMA, factories.application(listing, **values))


@pytest.mark.parametrize("entry", ["infirmier", "aide-soignant", "cadre-de-sante"])
def test_a_diploma_is_promised_only_by_the_ways_of_the_reference(entry: str, session: Any) -> None:
    routes: set[str] = set()
    for diploma in professions.diplomas():
        if entry in diploma.professions:
            routes.update(diploma.data["access_routes"] or ())
    text = no(factories.listing(profession_id=factories.profession(entry).id))
    assert ("VAE" in text) is ("VAE" in routes)
    assert ("travaillant" in text or "apprentissage" in text) is ("apprentissage" in routes)
    assert "{" not in text


def test_the_three_professions_have_different_ways() -> None:
    ways = {
        entry: {
            route
            for diploma in professions.diplomas()
            if entry in diploma.professions
            for route in diploma.data["access_routes"] or ()
        }
        for entry in ("infirmier", "aide-soignant", "cadre-de-sante")
    }
    assert "VAE" not in ways["infirmier"]
    assert "apprentissage" in ways["infirmier"]
    assert "VAE" in ways["aide-soignant"]
    assert not {"VAE", "apprentissage"} & ways["cadre-de-sante"]


def test_the_ways_told_to_a_group_hold_for_everybody(session: Any) -> None:
    nurse = factories.listing(profession_id=factories.profession("infirmier").id)
    text = refusals.group_message(
        DeclineReason.DIPLOMA, [factories.application(nurse), factories.application()]
    )
    assert "VAE" not in text
    assert "apprentissage" in text


@pytest.mark.parametrize("kind", [Kind.TRAINING, Kind.INTERNSHIP])
def test_nothing_is_said_of_the_diploma_that_a_training_prepares(kind: str, session: Any) -> None:
    text = no(factories.listing(kind))
    assert "Il se prépare" not in text
    assert "des annonces sans diplôme" in text
    assert "Il se prépare" not in no(factories.listing(profession_id=None))


@pytest.mark.parametrize("held", [None, *DiplomaHeld])
def test_what_lacks_is_what_the_person_said(held: str | None, session: Any) -> None:
    text = no(factories.listing(), diploma_held=held)
    assert ("que vous n’avez pas encore" in text) is (held == DiplomaHeld.NO)
    assert ("le vôtre est en cours" in text) is (held == DiplomaHeld.IN_PROGRESS)
    assert improper(text) == []


def test_a_group_is_told_nothing_that_is_true_of_some_only(session: Any) -> None:
    said = [DiplomaHeld.YES, DiplomaHeld.NO]
    text = ready_words(DeclineReason.DIPLOMA, "Un poste", [factories.listing()], said)
    assert "que vous n’avez pas encore" not in text


@pytest.mark.parametrize("held", [None, *DiplomaHeld])
def test_the_reason_that_contradicts_the_person_warns_and_does_not_block(
    held: str | None, now: Any, sign_in: Callable[..., FlaskClient]
) -> None:
    member = factories.user()
    of = factories.listing(organisation=factories.organisation(member))
    application = factories.application(of, diploma_held=held)
    services.record_view(application, member, "contact", now)
    browser = sign_in(member)
    address = f"/recruter/candidatures/{application.id}/refuser"
    told = held == DiplomaHeld.YES
    assert (SAID in words(browser.get(address))) is told
    assert SAID not in words(browser.get(f"{address}?reason=schedule"))
    ready = browser.get(f"{address}?reason=diploma")
    assert (SAID in words(ready)) is told
    message = page(ready).select_one("textarea").get_text().strip()
    wrong = press(browser, address, f"{address}?reason=diploma", reason="diploma", message="")
    assert wrong.status_code == 422
    assert (SAID in words(wrong)) is told
    press(browser, address, f"{address}?reason=diploma", reason="diploma", message=message)
    assert application.status == Status.DECLINED


def test_the_same_warning_names_people_of_a_group(
    now: Any, sign_in: Callable[..., FlaskClient]
) -> None:
    member = factories.user()
    of = factories.listing(organisation=factories.organisation(member))
    people = [
        factories.application(of, last_name="Ben", diploma_held=DiplomaHeld.YES),
        factories.application(of, first_name="Nora", diploma_held=DiplomaHeld.NO),
    ]
    asked = "&".join(f"qui={one.id}" for one in people)
    browser = sign_in(member)
    address = f"/recruter/candidatures/repondre?{asked}"
    assert "Une personne a répondu qu’elle a le diplôme" in words(browser.get(address))
    assert GROUP in words(browser.get(f"{address}&reason=diploma"))
    assert "Ont répondu avoir" not in words(browser.get(f"{address}&reason=filled"))
