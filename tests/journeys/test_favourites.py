"""Keeping listings without an account, in a real browser: what it says of itself counts."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests import factories
from tests.browser import Live

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.no_database


def test_what_is_kept_can_be_removed_from_the_list(
    live: Live, open_browser: Callable[..., Page]
) -> None:
    with live.writing():
        kept = [factories.listing(title=title) for title in ("Veille gardée", "Jour gardé")]
        addresses = [listing.path for listing in kept]
    page = open_browser()
    for address in addresses:
        page.goto(live.url + address)
        page.get_by_role("button", name="Garder").click()
    expect(page.get_by_role("button", name="Ne plus garder")).to_have_count(2)
    page.get_by_role("button", name="Ne plus garder").first.click()
    expect(page.get_by_role("button", name="Ne plus garder")).to_have_count(1)
    page.get_by_role("button", name="Tout retirer").click()
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    expect(page.get_by_role("button", name="Ne plus garder")).to_have_count(0)
    expect(page.get_by_text("Rien ici pour le moment")).to_be_visible()
