"""With a keyboard alone: everything is reached, in order, seen, and nothing holds the focus."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.accessibility.conftest import Shown
from tests.accessibility.sample import SAMPLE

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.no_database

# A screen of 1280 × 1024 enlarged four times.
ENLARGED = (320, 256)
ENLARGED_PAGES = [one for one in SAMPLE if one.id in {"recherche", "candidater-erreur", "tableau"}]


def test_first_tab_reaches_the_skip_link(shown: Shown) -> None:
    assert shown.walk["first"] == "#contenu"


def test_tab_reaches_everything_in_the_order_of_the_page(shown: Shown) -> None:
    assert shown.walk["order"] == []
    assert shown.facts["keys"] == [], "an order or a shortcut of its own"


def test_focus_is_seen_wherever_it_goes(shown: Shown) -> None:
    assert shown.walk["unseen"] == []


def test_nothing_traps_the_keyboard(shown: Shown) -> None:
    assert shown.walk["last"], "Tab never leaves the page"

    shown.page.evaluate("[...document.links].at(-1).focus()")
    shown.page.keyboard.press("Escape")
    shown.page.keyboard.press("Tab")
    shown.page.keyboard.press("Tab")

    assert shown.page.evaluate("document.activeElement.getAttribute('href')") == "#contenu"


@pytest.mark.parametrize("shown", ENLARGED_PAGES, ids=lambda one: one.id, indirect=True)
def test_focus_is_seen_at_four_hundred_per_cent(shown: Shown) -> None:
    with shown.seen(*ENLARGED):
        shown.press_tab_to_the_end()
        walked = shown.ask("walked")

    assert walked["unseen"] == []
    assert walked["order"] == []
    assert walked["last"]


def test_the_skip_link_leads_into_the_content(open_browser: Callable[..., Page]) -> None:
    page = open_browser()
    page.goto("/")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()
    page.keyboard.press("Tab")

    assert page.evaluate("document.querySelector('main').contains(document.activeElement)")


def test_what_unfolds_is_reached_next(
    open_browser: Callable[..., Page], world: SimpleNamespace
) -> None:
    page = open_browser()
    page.goto("/")
    menu = page.locator("details.menu > summary")
    menu.focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(page.locator("details.menu nav a").first).to_be_focused()

    page.goto(world.form["emploi"])
    page.get_by_text("Ajouter un mot").focus()
    page.keyboard.press("Space")
    page.keyboard.press("Tab")
    expect(page.locator("[name=message]")).to_be_focused()
