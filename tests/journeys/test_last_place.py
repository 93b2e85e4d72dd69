"""The commune of the last search is kept by the browser, and by nobody else."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.no_database


def test_the_last_place_is_offered_on_the_page_of_a_profession(
    world: SimpleNamespace, open_browser: Callable[..., Page]
) -> None:
    page = open_browser()
    page.goto("/recherche?ou=Bron")
    page.goto("/metiers/aide-soignant")

    expect(page.locator("#ou")).to_have_value("Bron (69500)")
    assert page.context.cookies() == []
    page.get_by_role("button", name="Voir autour").click()
    expect(page.get_by_role("heading", name="Autour de Bron")).to_be_visible()


def test_what_is_typed_wins_over_what_was_kept_and_an_unknown_place_is_not_kept(
    world: SimpleNamespace, open_browser: Callable[..., Page]
) -> None:
    page = open_browser()
    page.goto("/metiers/aide-soignant?ou=Atlantis")
    page.goto("/metiers/aide-soignant")
    expect(page.locator("#ou")).to_have_value("")
    page.goto("/recherche?ou=Bron")
    page.goto("/metiers/aide-soignant?ou=Vaulx-en-Velin")

    expect(page.locator("#ou")).to_have_value("Vaulx-en-Velin (69120)")


def test_without_script_the_field_waits_empty(
    world: SimpleNamespace, open_browser: Callable[..., Page]
) -> None:
    page = open_browser(java_script_enabled=False)
    page.goto("/recherche?ou=Bron")
    page.goto("/metiers/aide-soignant")

    expect(page.locator("#ou")).to_have_value("")
