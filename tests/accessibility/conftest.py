"""The sample of pages, each opened once: what one test changes in a page, it leaves as it was."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from tests.accessibility.sample import SAMPLE, Sampled
from tests.browser import DESKTOP, Live, Watch, new_context

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

LOOK = (Path(__file__).parent / "page.js").read_text(encoding="utf-8")
STYLE = """(css) => {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(css);
  document.adoptedStyleSheets = css ? [sheet] : [];
}"""
# What browsers of the tests prefer, unless asked otherwise: see tests/browser.py.
USUAL = {"reduced_motion": "reduce"}
# Far more than any page of the sample needs: a page that is longer has a trap.
MOST_TABS = 400


class Shown:
    """A page of the sample on the screen, and what `page.js` sees in it."""

    def __init__(self, page: Page, sampled: Sampled) -> None:
        self.page = page
        self.id = sampled.id
        self.sampled = sampled
        self.walked: dict[str, Any] = {}
        # As it came: other tests move the focus and change fields.
        self.errors: list[str] = self.ask("errors") if sampled.press else []
        self.facts: dict[str, Any] = self.ask("facts")

    def ask(self, question: str) -> Any:
        """Ask something to the page: see page.js."""
        return self.page.evaluate(f"page.{question}()")

    @property
    def walk(self) -> dict[str, Any]:
        """Press Tab from the top of the page until it is left, once, and return what was met."""
        if not self.walked:
            self.press_tab_to_the_end()
            self.walked = self.ask("walked")
        return self.walked

    def press_tab_to_the_end(self) -> None:
        """Press Tab until the page is left, or far too many times."""
        # The browser goes on from where the focus was last: before the first link, in the end.
        self.page.evaluate("document.querySelector('.skip').focus()")
        self.page.keyboard.press("Shift+Tab")
        self.page.evaluate("page.forget()")
        for _ in range(self.ask("tabbable")):
            self.page.keyboard.press("Tab")
        for _ in range(MOST_TABS):
            if self.ask("last"):
                return
            self.page.keyboard.press("Tab")

    @contextlib.contextmanager
    def seen(
        self, width: int = 1280, height: int = 900, css: str = "", **media: Any
    ) -> Iterator[None]:
        """Look at the page on another screen, with other styles or other preferences."""
        self.page.set_viewport_size({"width": width, "height": height})
        self.page.evaluate(STYLE, css)
        if media:
            self.page.emulate_media(**media)
        try:
            yield
        finally:
            if media:
                self.page.emulate_media(**{name: USUAL.get(name, "null") for name in media})
            self.page.evaluate(STYLE, "")
            self.page.set_viewport_size(DESKTOP)  # type: ignore[arg-type]


@pytest.fixture(scope="session")
def visitor(live: Live, chromium: Browser) -> Iterator[tuple[Page, Watch]]:
    """Open one browser for the sample."""
    context, watch = new_context(chromium, live.url, viewport=DESKTOP)
    yield context.new_page(), watch
    context.close()


@pytest.fixture(scope="session", params=SAMPLE, ids=lambda one: one.id)
def shown(
    request: pytest.FixtureRequest, visitor: tuple[Page, Watch], world: SimpleNamespace
) -> Iterator[Shown]:
    """Open a page of the sample, once for all the tests."""
    page, watch = visitor
    sampled: Sampled = request.param
    page.context.clear_cookies()
    if cookie := world.cookies[sampled.role]:
        page.context.add_cookies([cookie])
    if sampled.keeps:
        page.goto(world.open["emploi"])
        with page.expect_navigation():
            page.get_by_role("button", name="Garder").first.click()
    page.goto(sampled.address(world))
    if sampled.press:
        with page.expect_navigation():
            page.get_by_role("button", name=sampled.press).click()
    page.evaluate(LOOK)
    yield Shown(page, sampled)
    # Its scripts ask nothing more once the next person is there.
    page.goto("about:blank")
    watch.check()
