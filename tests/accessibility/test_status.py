"""What changes without a new page is announced, once, to those who do not see it."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.no_database

# Every text that any status has held, as a screen reader would say it.
LISTEN = """() => {
  window.said = [];
  for (const status of document.querySelectorAll('[role=status]')) {
    new MutationObserver(() => {
      const text = status.textContent.trim();
      if (text) window.said.push(text);
    }).observe(status, { childList: true, characterData: true, subtree: true });
  }
}"""


def test_suggestions_are_announced_once(open_browser: Callable[..., Page]) -> None:
    page = open_browser()
    page.goto("/")
    field = page.get_by_label("Où ?").first
    page.evaluate(LISTEN)
    field.press_sequentially("bron", delay=20)
    expect(page.get_by_role("option").first).to_be_visible()

    said = page.evaluate("said")
    assert len(said) == 1, "a status was there before, and was told the end of it only"
    assert "suggestion" in said[0]


def test_suggestions_are_driven_by_the_keyboard(open_browser: Callable[..., Page]) -> None:
    page = open_browser()
    page.goto("/")
    field = page.get_by_label("Où ?").first
    field.press_sequentially("saint", delay=20)
    options = page.get_by_role("option")
    expect(options.nth(1)).to_be_visible()
    for key, rank in (("ArrowDown", 0), ("End", -1), ("Home", 0), ("ArrowUp", -1)):
        field.press(key)
        option = options.nth(rank)
        expect(option).to_have_attribute("aria-selected", "true")
        expect(field).to_have_attribute("aria-activedescendant", option.get_attribute("id") or "")
        expect(field).to_be_focused()
    field.press("Escape")
    expect(field).to_have_attribute("aria-expanded", "false")
    expect(options).to_have_count(0)
    expect(field).to_be_focused()
    expect(field).to_have_value("saint")


def test_advice_is_announced_once(
    open_browser: Callable[..., Page], world: SimpleNamespace
) -> None:
    page = open_browser()
    page.context.add_cookies([world.cookies["recruiter"]])
    page.goto("/recruter/annonces/nouvelle?type=emploi")
    expect(page.locator("[data-coach-status]")).to_have_role("status")
    page.evaluate(LISTEN)
    with page.expect_response("**/relecture*"):
        page.get_by_label("Intitulé").first.press_sequentially("Aide-soignant de nuit", delay=5)
    expect(page.locator("[data-coach-status]")).not_to_be_empty()

    assert len(page.evaluate("said")) == 1


def test_what_was_done_is_told_in_a_status(
    open_browser: Callable[..., Page], world: SimpleNamespace
) -> None:
    page = open_browser()
    page.goto("/recherche?q=soin&ou=Bron")
    expect(page.get_by_role("status").filter(has_text="annonce").first).to_be_visible()

    page.context.add_cookies([world.cookies["recruiter"]])
    page.goto(world.sheet["opened"])
    page.get_by_label("Votre note").fill("À rappeler jeudi.")
    page.get_by_role("button", name="Garder cette note").click()
    expect(page.get_by_role("status").first).to_contain_text("note")
