"""Fields that say what they are, groups that have a legend, errors that lead to their field."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.accessibility.conftest import LOOK, Shown

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.no_database

# WCAG 1.3.5: fields about the person, by their names in the forms.
TOKENS = {
    "first_name": "given-name",
    "last_name": "family-name",
    "person_name": "name",
    "phone": "tel",
    "email": "email",
    "commune": "address-level2",
    "password": "current-password",
    "code": "one-time-code",
}
# A name to sign in with is an e-mail too.
ALSO = {"email": "username"}
# Once a list of suggestions is under the field, the browser's own would cover it.
SUGGESTED = {"commune", "ou", "place"}
ERRORS = {
    "sign in": ("/connexion", "Me connecter", ""),
    "ask for an alert": ("/alertes/?q=nuit", "Créer l’alerte", ""),
    "sign up": ("/inscription", "Inscrire ma structure", ""),
    "write a listing": (
        "/recruter/annonces/nouvelle?type=emploi",
        "Publier l’annonce",
        "recruiter",
    ),
}


def test_every_field_has_a_visible_label(shown: Shown) -> None:
    assert shown.facts["labels"] == []


def test_choices_are_grouped_under_a_legend(shown: Shown) -> None:
    assert shown.facts["groups"] == []


def test_what_must_be_filled_is_told_before(shown: Shown) -> None:
    assert shown.facts["obligations"] == []


def test_fields_about_the_person_fill_themselves(shown: Shown) -> None:
    wrong = [
        (name, token)
        for name, token in shown.facts["tokens"]
        if name in TOKENS
        and token not in {TOKENS[name], ALSO.get(name)}
        and not (name in SUGGESTED and token == "off")
    ]
    assert wrong == []


def test_changing_a_field_changes_nothing_else(shown: Shown) -> None:
    address = shown.page.url

    assert shown.ask("moved") == []
    assert shown.page.url == address


@pytest.mark.parametrize("name", ERRORS)
def test_errors_lead_to_their_fields(
    open_browser: Callable[..., Page], world: SimpleNamespace, name: str
) -> None:
    page = _wrong(open_browser(), world, *ERRORS[name])
    page.evaluate(LOOK)

    assert page.evaluate("page.errors()") == []

    link = page.locator("[data-error-summary] a").first
    target = page.locator(str(link.get_attribute("href")))
    link.click()
    expect(target).to_be_focused()
    assert page.evaluate("page.focusFaults().filter((one) => !one.endsWith('no ring'))") == []


def test_errors_of_an_application_lead_to_their_fields(shown: Shown) -> None:
    assert shown.errors == []


def test_errors_are_told_without_javascript_too(
    open_browser: Callable[..., Page], world: SimpleNamespace
) -> None:
    page = _wrong(open_browser(java_script_enabled=False), world, *ERRORS["sign in"])

    expect(page.get_by_role("alert")).to_contain_text("à corriger")
    assert page.title().startswith("Erreur\u00a0: ")
    field = page.get_by_label("E-mail")
    expect(field).to_have_attribute("aria-invalid", "true")
    expect(field).to_have_accessible_description(page.locator("#email-error").inner_text())


def _wrong(page: Page, world: SimpleNamespace, address: str, button: str, role: str) -> Page:
    if role:
        page.context.add_cookies([world.cookies[role]])
    page.goto(address)
    with page.expect_navigation():
        page.get_by_role("button", name=button).first.click()
    return page
