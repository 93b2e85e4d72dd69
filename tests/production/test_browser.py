"""A real browser on the site of production: https, HTTP/2, the cookies and the rules of its own."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.browser import new_context
from tests.pages.seeker import Seeker
from tests.production.conftest import TITLE, Opened
from tests.production.test_journeys import READING_SECONDS

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.no_database


@pytest.fixture
def page(opened: Opened, chromium: Browser) -> Iterator[Page]:
    """Open a browser that fails the test for an error of a script or a broken rule."""
    context, watch = new_context(chromium, opened.production.url, ignore_https_errors=True)
    yield context.new_page()
    context.close()
    watch.check()


def test_a_person_searches_applies_and_follows_on_a_phone(opened: Opened, page: Page) -> None:
    seeker = Seeker(page)
    seeker.opens_the_site()
    spoken = page.evaluate("performance.getEntriesByType('navigation')[0].nextHopProtocol")
    assert spoken == "h2"
    seeker.types_a_search(TITLE, "bron")
    seeker.chooses_the_first_place_by_keyboard()
    seeker.searches()
    seeker.opens_the_listing(f"{TITLE} 4")
    seeker.starts_to_answer()
    seeker.fills(first_name="Nora", phone="06 39 98 12 34")
    page.wait_for_timeout(READING_SECONDS * 1000)
    seeker.sends()
    receipt = seeker.notes_the_receipt()
    names = {cookie["name"]: cookie for cookie in page.context.cookies()}
    assert names
    assert all(name.startswith("__Host-") for name in names)
    page.context.clear_cookies()

    seeker.follows(receipt)

    expect(seeker.main).to_contain_text("Nora")


def test_what_nginx_says_itself_is_drawn(opened: Opened, page: Page) -> None:
    page.goto("/erreurs/503.html")
    expect(page.get_by_role("heading", level=1)).to_have_text("Le site revient dans un instant.")
    assert page.evaluate("getComputedStyle(document.querySelector('main')).maxWidth") != "none"
