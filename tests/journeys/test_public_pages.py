"""What the four pages that everyone opens owe to a slow phone and to a keyboard."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from tests.browser import DESKTOP, PHONE, Live

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.no_database

Open = Callable[..., "Page"]

MAX_BYTES = 150_000
MAX_REQUESTS = 15
# Longer than any of these pages: a keyboard that goes round has met everything.
MAX_TABS = 150
PAGES = {
    "home": lambda world: "/",
    "search": lambda world: "/recherche?q=soin&ou=Bron",
    "listing": lambda world: world.open["emploi"],
    "application": lambda world: world.form["emploi"],
    "organisation": lambda world: f"/structures/{world.organisation.slug}",
}
pages = pytest.mark.parametrize("name", PAGES)

# What a person who tabs must see: the element, not covered, with a ring of two pixels.
FOCUSED = """() => {
  const one = document.activeElement;
  if (!one || one === document.body) return null;
  const fault = (words) => `${words}: ${one.outerHTML.slice(0, 140)}`;
  const area = one.getBoundingClientRect();
  const seen = (one.matches('input[type=radio], input[type=checkbox]') && one.labels[0]) || one;
  const box = seen.getBoundingClientRect();
  // The link of a card draws its ring around the whole card.
  const rings = [getComputedStyle(one), getComputedStyle(seen), getComputedStyle(one, '::after')];
  const ringed = rings.some((style) => (style.outlineStyle !== 'none'
    && parseFloat(style.outlineWidth) >= 2) || style.boxShadow !== 'none');
  const top = Math.max(box.top, 0), bottom = Math.min(box.bottom, innerHeight);
  const left = Math.max(box.left, 0), right = Math.min(box.right, innerWidth);
  const faults = [];
  if (!ringed) faults.push(fault('no ring'));
  if (bottom - top < Math.min(box.height, 20) || right <= left) faults.push(fault('out of sight'));
  else {
    const points = [[left + 2, top + 2], [right - 2, bottom - 2],
      [(left + right) / 2, (top + bottom) / 2]];
    const visible = points.some(([x, y]) => {
      const found = document.elementFromPoint(x, y);
      if (!found || found.matches('body, html')) return false;
      return seen.contains(found) || found.contains(seen);
    });
    if (!visible) faults.push(fault('covered'));
  }
  if (!one.dataset.tabbed) { one.dataset.tabbed = 'yes'; return faults; }
  return null;
}"""


@pages
def test_the_first_load_is_light(
    world: SimpleNamespace, open_browser: Open, name: str, record_property: Any
) -> None:
    page = open_browser()
    sizes: dict[str, float] = {}
    wire = page.context.new_cdp_session(page)
    wire.send("Network.enable")
    wire.on(
        "Network.loadingFinished",
        lambda event: sizes.update({event["requestId"]: event["encodedDataLength"]}),
    )
    page.goto(PAGES[name](world), wait_until="networkidle")
    total = int(sum(sizes.values()))
    record_property("bytes", total)
    assert len(sizes) <= MAX_REQUESTS
    assert total <= MAX_BYTES


@pytest.mark.parametrize(
    "address",
    ["/", "/recherche?q=soin", "listing", "/mentions-legales", "/donnees-personnelles"],
)
def test_reading_sets_no_cookie(world: SimpleNamespace, open_browser: Open, address: str) -> None:
    page = open_browser()
    page.goto(world.open["emploi"] if address == "listing" else address, wait_until="networkidle")
    assert page.context.cookies() == []
    assert page.evaluate("() => localStorage.length + sessionStorage.length") == 0


@pages
@pytest.mark.parametrize("screen", [PHONE, DESKTOP], ids=["phone", "computer"])
def test_a_keyboard_always_shows_where_it_is(
    world: SimpleNamespace, open_browser: Open, name: str, screen: dict[str, int]
) -> None:
    page = open_browser(viewport=screen)
    page.goto(PAGES[name](world))
    page.keyboard.press("Tab")
    assert page.locator(":focus").inner_text() == "Aller au contenu", "the first stop"
    faults: list[str] = []
    met = 0
    for _press in range(MAX_TABS):
        found = page.evaluate(FOCUSED)
        if found is None:
            break
        met += 1
        faults += found
        page.keyboard.press("Tab")
    assert met > 10
    assert faults == []


def test_the_link_to_the_content_leads_there(open_browser: Open, live: Live) -> None:
    page = open_browser()
    page.goto("/")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert page.evaluate("() => document.activeElement.id") == "contenu"


@pages
@pytest.mark.parametrize("width", [320, 1280])
def test_wide_spacing_of_text_hides_nothing(
    world: SimpleNamespace, open_browser: Open, name: str, width: int
) -> None:
    page = open_browser(viewport={"width": width, "height": 800}, bypass_csp=True)
    page.goto(PAGES[name](world))
    # The text spacing of WCAG 1.4.12, which people set by an extension of their browser.
    page.add_style_tag(
        content="* {line-height: 1.5 !important; letter-spacing: .12em !important;"
        " word-spacing: .16em !important} p {margin-bottom: 2em !important}"
    )
    assert page.evaluate("() => document.scrollingElement.scrollWidth - innerWidth") <= 0


@pytest.mark.parametrize(
    ("address", "kept"),
    [
        ("/recherche", "/recherche"),
        ("/recherche?ou=Bron&q=soin&rayon=50&tri=date", "/recherche?q=soin&ou=Bron"),
        ("/recherche?type=emploi", "/recherche?type=emploi"),
        ("/recherche?type=emploi&contrat=cdi", ""),
        ("/recherche?q=zzqxw+kkvbn", ""),
        ("/recherche?ou=Atlantis", ""),
        ("/recherche?type=nimporte", ""),
    ],
)
@pytest.mark.usefixtures("world")
def test_search_engines_keep_searches_and_not_their_endless_views(
    live: Live, open_browser: Open, address: str, kept: str
) -> None:
    page = open_browser()
    page.goto(address)
    links = [link.get_attribute("href") for link in page.locator("link[rel=canonical]").all()]
    assert links == ([f"{live.url}{kept}"] if kept else [])
    assert page.locator("meta[name=robots]").count() == (not kept)
