"""The search fields suggest as one types, by keyboard alone, and never take the focus."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.browser import DESKTOP
from tests.inspection import AXE, AXE_TAGS, NARROW, RUN_AXE

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.no_database

LABEL = "Quel métier, quelle formation ?"


@pytest.mark.parametrize("address", ["/", "/recherche?type=emploi"])
def test_a_profession_is_chosen_by_keyboard_alone(
    world: SimpleNamespace, open_browser: Callable[..., Page], address: str
) -> None:
    page = open_browser(viewport=DESKTOP)
    page.goto(address)
    field = page.get_by_role("combobox", name=LABEL)
    field.focus()
    page.keyboard.type("aide soigan")

    options = page.get_by_role("listbox").get_by_role("option")
    expect(options.first).to_contain_text("Aide-soignant")
    expect(field).to_have_attribute("aria-expanded", "true")
    assert field.get_attribute("aria-activedescendant") is None
    expect(page.get_by_text("flèche du bas")).to_be_attached()

    page.keyboard.press("ArrowUp")
    expect(options.last).to_have_attribute("aria-selected", "true")
    page.keyboard.press("Home")
    expect(options.first).to_have_attribute("aria-selected", "true")
    active = field.get_attribute("aria-activedescendant")
    assert options.first.get_attribute("id") == active
    expect(field).to_be_focused()
    page.keyboard.press("Enter")

    expect(page.get_by_role("listbox")).to_have_count(0)
    expect(field).to_have_attribute("aria-expanded", "false")
    expect(field).to_have_value("Aide-soignant·e")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Aide-soignant·e")


def test_escape_closes_the_list_and_keeps_what_was_typed(
    world: SimpleNamespace, open_browser: Callable[..., Page]
) -> None:
    page = open_browser(viewport=DESKTOP)
    page.goto("/")
    field = page.get_by_role("combobox", name=LABEL)
    field.focus()
    page.keyboard.type("infirm")
    expect(page.get_by_role("option").first).to_be_visible()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Escape")

    expect(page.get_by_role("listbox")).to_have_count(0)
    expect(field).to_have_value("infirm")
    assert field.get_attribute("aria-activedescendant") is None


def test_a_place_fills_its_own_field(
    world: SimpleNamespace, open_browser: Callable[..., Page]
) -> None:
    page = open_browser(viewport=DESKTOP)
    page.goto("/")
    page.get_by_role("combobox", name=LABEL).focus()
    page.keyboard.type("villeurb")
    page.get_by_role("option", name="Villeurbanne (69100)").click()

    expect(page.locator("#ou")).to_have_value("Villeurbanne (69100)")
    expect(page.locator("#q")).to_have_value("")


def test_the_field_of_places_suggests_as_the_other(
    world: SimpleNamespace, open_browser: Callable[..., Page]
) -> None:
    page = open_browser(viewport=DESKTOP)
    page.goto("/")
    page.locator("#ou").focus()
    page.keyboard.type("bron")
    expect(page.get_by_role("option").first).to_be_visible()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")

    expect(page.locator("#ou")).to_have_value("Bron (69500)")


@pytest.mark.parametrize("colors", ["none", "active"])
def test_the_open_list_is_accessible_on_the_narrowest_screen(
    world: SimpleNamespace, open_browser: Callable[..., Page], colors: str
) -> None:
    page = open_browser(viewport=NARROW, forced_colors=colors)
    page.goto("/")
    page.get_by_role("combobox", name=LABEL).focus()
    page.keyboard.type("in")
    expect(page.get_by_role("option").first).to_be_visible()
    page.keyboard.press("ArrowDown")

    page.evaluate(AXE.read_text())
    faults = page.evaluate(RUN_AXE, AXE_TAGS)
    # Under forced colours axe still reads the colours of the style sheet.
    assert [one for one in faults if colors == "none" or "color-contrast" not in one] == []
    assert page.evaluate("document.scrollingElement.scrollWidth <= innerWidth")


def test_without_script_it_is_a_plain_field(
    world: SimpleNamespace, open_browser: Callable[..., Page]
) -> None:
    page = open_browser(java_script_enabled=False)
    page.goto("/")
    field = page.get_by_role("searchbox", name=LABEL)
    field.fill("soin")
    field.press("Enter")

    expect(page.get_by_role("heading", level=1)).to_be_visible()
    assert page.get_by_role("combobox").count() == 0
