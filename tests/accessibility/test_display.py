"""Larger, spaced, narrow, in other colours, still: nothing is lost."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from tests.accessibility.conftest import Shown
from tests.stack import ROOT

pytestmark = pytest.mark.no_database

NARROW = (320, 256)
# The size that a person chooses in the settings of her browser: 16 px, unless she changes it.
TWICE = {"standard": 32, "fixed": 26}
USUAL = {"standard": 16, "fixed": 13}
# WCAG 1.4.12, word for word.
SPACED = """* { line-height: 1.5 !important; letter-spacing: .12em !important;
word-spacing: .16em !important } p { margin-block-end: 2em !important }"""
SHEETS = sorted((ROOT / "static/css").glob("*.css"))
RULE = re.compile(r"([^{}]+)\{([^{}]*)\}")
SHOWS = re.compile(r"(?:^|;)\s*(?:display|visibility|opacity|content|clip|clip-path)\s*:")
REPEATED = r'attr(data-l) "\00a0:\00a0"'
STILL = """() => ({
  endless: document.getAnimations()
    .filter((one) => one.effect.getComputedTiming().endTime > 5000).length,
  moving: [...document.querySelectorAll('*')].filter((one) => {
    const style = getComputedStyle(one);
    return style.animationName !== 'none' || parseFloat(style.transitionDuration) > 0
      || style.scrollBehavior === 'smooth';
  }).map((one) => one.outerHTML.slice(0, 100)),
})"""


def test_nothing_is_cut_on_the_narrowest_screen(shown: Shown) -> None:
    with shown.seen(*NARROW):
        assert shown.ask("cut") == []


def test_nothing_is_cut_when_text_is_twice_as_large(shown: Shown) -> None:
    browser = shown.page.context.new_cdp_session(shown.page)
    browser.send("Page.setFontSizes", {"fontSizes": TWICE})
    try:
        assert shown.page.evaluate("getComputedStyle(document.documentElement).fontSize") == "32px"
        assert shown.ask("cut") == []
    finally:
        browser.send("Page.setFontSizes", {"fontSizes": USUAL})
        browser.detach()
    # Or she enlarges the whole page.
    with shown.seen(640, 450):
        assert shown.ask("cut") == []


def test_nothing_is_cut_when_text_is_spaced(shown: Shown) -> None:
    with shown.seen(css=SPACED):
        assert shown.ask("cut") == []
    with shown.seen(*NARROW, css=SPACED):
        assert shown.ask("cut") == []


def test_buttons_and_fields_are_seen_with_forced_colours(shown: Shown) -> None:
    with shown.seen(forced_colors="active"):
        assert shown.ask("bare") == []
        shown.page.locator("main a, main button, main input").first.focus()
        shown.page.keyboard.press("Tab")
        assert (
            shown.page.evaluate("page.focusFaults().filter((fault) => fault.endsWith('no ring'))")
            == []
        )


def test_nothing_moves_by_itself(shown: Shown) -> None:
    with shown.seen(reduced_motion="no-preference"):
        assert shown.page.evaluate(STILL)["endless"] == 0
    assert shown.page.evaluate(STILL)["moving"] == [], "in spite of the preference"


def test_page_turns_with_the_screen(shown: Shown) -> None:
    with shown.seen(844, 390):
        assert shown.ask("cut") == []
        assert shown.page.evaluate("getComputedStyle(document.documentElement).rotate") == "none"
        assert shown.page.locator("h1").is_visible()


def _rules() -> Iterator[tuple[str, str]]:
    for sheet in SHEETS:
        bare = re.sub(r"/\*.*?\*/", "", sheet.read_text(encoding="utf-8"), flags=re.DOTALL)
        yield from ((selector.strip(), body) for selector, body in RULE.findall(bare))


def test_nothing_appears_on_hover() -> None:
    appears = [
        selector
        for selector, body in _rules()
        if re.search(r":hover|:focus", selector) and SHOWS.search(body)
    ]
    assert appears == []


def test_style_sheets_hold_no_words() -> None:
    """`attr(data-l)` repeats the header of a column beside its cell, on a phone."""
    written = {
        value.strip()
        for _selector, body in _rules()
        for value in re.findall(r"(?:^|;)\s*content\s*:\s*([^;]+)", body)
    }
    assert {one for one in written if re.search(r"[a-z]", one)} <= {
        "none",
        "attr(data-l)",
        REPEATED,
    }
