"""Somebody looks for the next step of her career by keyboard alone, then prints it on one sheet."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from pypdf import PdfReader

from tests.browser import DESKTOP, PHONE

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.no_database

Open = Callable[..., "Page"]
# The form, the map with its moves, the list.
MAX_TABS = 400
NAME = """() => {
  const one = document.activeElement;
  return one.getAttribute('aria-label') || one.textContent.trim();
}"""


def tab_to(page: Page, name: str) -> None:
    """Press Tab until what bears this name has the focus."""
    for _ in range(MAX_TABS):
        page.keyboard.press("Tab")
        if page.evaluate(NAME).startswith(name):
            return
    pytest.fail(f"no way by keyboard to {name}")


def test_from_my_profession_to_the_printed_sheet_by_keyboard(open_browser: Open) -> None:
    page = open_browser(viewport=DESKTOP)
    page.goto("/evoluer")
    page.locator("#de").focus()
    page.keyboard.type("Aide à domicile")
    tab_to(page, "Voir le chemin")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert "de=aide-a-domicile" in page.url
    assert page.get_by_role("heading", name="Où vous pouvez aller").is_visible()

    tab_to(page, "Aide-soignant·e")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    heading = page.get_by_role("heading", level=1)
    assert heading.inner_text() == "D’aide à domicile à aide-soignant·e"
    assert "vers=aide-soignant" in page.url

    sheet = PdfReader(io.BytesIO(page.pdf(prefer_css_page_size=True)))
    assert len(sheet.pages) == 1
    told = " ".join(sheet.pages[0].extract_text().split())
    assert "vers=aide-soignant" in told
    assert "Qui paie" in told


def test_a_move_of_the_map_is_followed_by_keyboard(open_browser: Open) -> None:
    page = open_browser(viewport=DESKTOP)
    page.goto("/evoluer?de=aide-soignant")

    page.get_by_role("link", name="Passer la carte").focus()
    tab_to(page, "D’aide-soignant·e à infirmier·ère, 27")
    with page.expect_navigation():
        page.keyboard.press("Enter")

    assert page.get_by_role("heading", level=1).inner_text() == "D’aide-soignant·e à infirmier·ère"
    assert page.locator("svg.map:visible .map__edge--core").count() == 1


def test_the_map_of_a_phone_leads_too_and_the_other_is_not_told(open_browser: Open) -> None:
    page = open_browser(viewport=PHONE)
    page.goto("/evoluer")

    assert page.locator("svg.map:visible").count() == 1
    with page.expect_navigation():
        page.locator("svg.map:visible").get_by_role("link", name="Aide à domicile").first.click()

    assert "de=aide-a-domicile" in page.url


def test_every_way_of_three_steps_prints_on_one_sheet(open_browser: Open) -> None:
    page = open_browser(viewport=DESKTOP)
    for question in (
        "de=aide-a-domicile&vers=infirmier&diplome=tp-advf&annees=4&ou=Bron",
        "de=debutant&vers=cadre-de-sante",
        "de=agent-de-service-hospitalier&vers=educateur-specialise",
        "de=aesh&vers=directeur-etablissement",
    ):
        page.goto(f"/evoluer?{question}")
        sheet = PdfReader(io.BytesIO(page.pdf(prefer_css_page_size=True)))
        assert len(sheet.pages) == 1, question
