"""How a page is built: titles, regions, lists, tables, names of links."""

from __future__ import annotations

import re
from itertools import pairwise

import pytest

from tests.accessibility.conftest import Shown
from tests.accessibility.sample import SAMPLE
from tests.stack import ROOT

pytestmark = pytest.mark.no_database

SITE = " – Prendre soin"
SCRIPTS = sorted((ROOT / "static/js").glob("*.js"))
# Gestures, motion, actions at the press, windows.
NEVER = re.compile(
    r"touch(?:start|move|end)|pointer(?:down|move)|gesture|devicemotion|deviceorientation"
    r"|keypress|accessKey|window\.open|_blank|setInterval\(\s*\(\)\s*=>\s*location"
)
KEY = re.compile(r"""["'](keydown|keyup)["']""")
titles: dict[str, str] = {}
menus: dict[str, list[str]] = {}


def test_title_says_what_the_page_is(shown: Shown) -> None:
    title = shown.facts["title"]

    assert shown.facts["lang"] == "fr"
    assert title.endswith(SITE)
    assert len(title) > len(SITE) + 5
    assert titles.setdefault(title, shown.id) == shown.id, "two pages have this title"
    assert title.startswith("Erreur\u00a0: ") == bool(shown.sampled.press)


@pytest.mark.parametrize("shown", [SAMPLE[1]], ids=lambda one: one.id, indirect=True)
def test_title_of_a_search_says_the_words_the_place_and_the_page(shown: Shown) -> None:
    title = shown.facts["title"]

    assert "soin" in title.lower()
    assert "Bron" in title


def test_headings_follow_each_other(shown: Shown) -> None:
    levels = [level for level, _text in shown.facts["headings"]]

    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels)), shown.facts["headings"]
    assert all(text for _level, text in shown.facts["headings"])


def test_regions_are_there_and_named(shown: Shown) -> None:
    assert shown.facts["regions"] == []


def test_links_of_a_list_have_different_names(shown: Shown) -> None:
    assert shown.facts["sameNames"] == []


def test_visible_words_are_in_the_names(shown: Shown) -> None:
    assert shown.facts["otherNames"] == []


def test_tables_are_simple_and_named(shown: Shown) -> None:
    assert shown.facts["tables"] == []


def test_decorative_pictures_are_silent(shown: Shown) -> None:
    assert shown.facts["pictures"] == []


def test_a_page_holds_no_frame_sound_film_nor_drawing_surface(shown: Shown) -> None:
    assert shown.facts["media"] == []


def test_no_link_opens_a_window(shown: Shown) -> None:
    assert shown.facts["windows"] == []


def test_scripts_leave_valid_identifiers(shown: Shown) -> None:
    assert shown.facts["ids"] == []


@pytest.mark.parametrize("shown", [SAMPLE[1]], ids=lambda one: one.id, indirect=True)
def test_results_are_a_list(shown: Shown) -> None:
    assert shown.facts["results"] > 1
    assert shown.facts["loose"] == 0


def test_menus_keep_their_place_and_order(shown: Shown) -> None:
    menu = shown.facts["menu"]
    space = "equipe" if shown.id.startswith("equipe") else shown.sampled.role

    assert menu
    assert menus.setdefault(space, menu) == menu


def test_two_ways_lead_around_the_site(shown: Shown) -> None:
    assert len(shown.facts["menu"]) > 2
    assert shown.facts["search"], "the search is not reached from here"


def test_scripts_listen_to_no_gesture_motion_nor_shortcut() -> None:
    assert SCRIPTS
    for script in SCRIPTS:
        source = script.read_text(encoding="utf-8")
        assert not NEVER.search(source), script.name
        # The only keys are those of a list of suggestions, in its own field.
        assert not KEY.search(source) or script.name == "suggest.js"
    suggestions = (ROOT / "static/js/suggest.js").read_text(encoding="utf-8")
    assert len(KEY.findall(suggestions)) == 1
    assert 'input.addEventListener("keydown"' in suggestions
    assert suggestions.count("mousedown") == 1
    assert '"mousedown", (event) => event.preventDefault()' in suggestions
