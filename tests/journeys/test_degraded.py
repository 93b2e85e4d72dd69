"""The search server dies or freezes: nobody sees an error, and all comes back by itself."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests import factories
from tests.browser import Live, wait_for_worker
from tests.inspection import Inspector
from tests.pages.seeker import Seeker
from tests.stack import wait_until

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.no_database

BANNER = "Recherche simplifiée pour le moment"
# The breaker waits ten seconds before it tries the server again.
RECOVERED_WITHIN_SECONDS = 45
ANSWERED_WITHIN_SECONDS = 8


@pytest.fixture
def search_comes_back(live: Live) -> Iterator[None]:
    """Leave to the tests that follow a search server that answers."""
    yield
    live.stack.revive("search")


@pytest.mark.usefixtures("search_comes_back")
@pytest.mark.parametrize("disaster", ["kill", "freeze"])
def test_the_search_goes_on_without_its_server(
    live: Live, open_browser: Callable[..., Page], inspector: Inspector, disaster: str
) -> None:
    with live.writing():
        listing = factories.listing(title=f"Veilleuse de nuit {disaster}")
        live.announce(listing)
    wait_for_worker(live)
    seeker = Seeker(open_browser())
    address = f"/recherche?q={listing.title.replace(' ', '+')}&ou=Bron"
    seeker.page.goto(address)
    expect(seeker.page.get_by_text(BANNER)).to_have_count(0)

    getattr(live.stack, disaster)("search")
    start = time.monotonic()
    answer = seeker.page.goto(address)
    assert answer is not None
    assert answer.status == 200
    assert time.monotonic() - start < ANSWERED_WITHIN_SECONDS
    expect(seeker.page.get_by_text(BANNER)).to_be_visible()
    expect(seeker.results().filter(has_text=listing.title)).to_have_count(1)
    inspector.check(seeker.page, answer.text())
    nothing = seeker.page.goto("/recherche?q=zzqxw+kkvbn")
    assert nothing is not None
    expect(seeker.page.get_by_text(BANNER)).to_be_visible()
    inspector.check(seeker.page, nothing.text())
    seeker.page.goto(address)

    live.stack.revive("search")

    def recovered() -> bool:
        seeker.page.reload()
        return seeker.page.get_by_text(BANNER).count() == 0

    wait_until(recovered, RECOVERED_WITHIN_SECONDS, "the banner to leave")
    expect(seeker.results().filter(has_text=listing.title)).to_have_count(1)
