"""The scripts see what is wrong: a page built with one fault of each kind."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from tests.accessibility.conftest import LOOK

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.no_database

WRONG = """<!DOCTYPE html><html lang="fr"><title>Page</title><body>
<header><a class="skip" href="#contenu">Aller au contenu</a><nav><a href="/a">A</a></nav></header>
<main id="contenu"><h1>Page</h1><h3>Trop loin</h3>
<iframe src="about:blank"></iframe><a href="/b" target="_blank">Fenêtre</a>
<img src="data:," alt="" title="Bavarde"><svg width="9" height="9"></svg>
<ul><li><a href="/1">Voir l’offre</a></li><li><a href="/2">Voir l’offre</a></li></ul>
<button aria-label="Fermer">Envoyer</button><b id="twice"></b><b id="twice"></b>
<table role="presentation"><tr><td colspan="2">x</td></tr></table>
<form method="post"><input id="bare" name="bare">
<label for="sent">Nom</label><input id="sent" name="sent" onchange="document.title = 1;
  document.getElementById('bare').focus()">
<label><input type="radio" name="pick">Un</label><label><input type="radio" name="pick">Deux</label>
</form>
<p id="cut">Des mots qui ne tiennent pas du tout dans leur boîte</p>
<a id="dull" href="/c">Terne</a><a id="under" href="/d">Dessous</a><i id="lid"></i>
<span tabindex="5">Premier</span></main><footer></footer>"""
STYLE = """#cut { inline-size: 60px; white-space: nowrap; overflow: hidden } #dull { outline: 0 }
#under { position: absolute; inset: 900px auto auto 9px } body { min-height: 1500px }
#under:focus { outline: 3px solid #ddd } form { inline-size: 1400px }
#lid { position: absolute; inset: 850px auto auto 0; inline-size: 300px; block-size: 200px }"""


@pytest.fixture
def wrong(open_browser: Callable[..., Page]) -> Page:
    """Show a page full of faults."""
    page = open_browser(watched=False, viewport={"width": 1280, "height": 900})
    page.set_content(WRONG)
    page.add_style_tag(content=STYLE)
    page.evaluate(LOOK)
    return page


def test_faults_of_structure_are_seen(wrong: Page) -> None:
    facts = wrong.evaluate("page.facts()")

    assert [level for level, _text in facts["headings"]] == [1, 3]
    assert len(facts["media"]) == len(facts["windows"]) == 1
    assert len(facts["pictures"]) == 2
    assert facts["sameNames"] == ["two links « Voir l’offre » in a list"]
    assert facts["otherNames"] == ["« Envoyer » is named « Fermer »"]
    assert facts["ids"] == ["twice"]
    assert {one.rpartition(": ")[2] for one in facts["tables"]} == {
        "no title",
        "for layout",
        "merged cells",
        "headers without scope",
    }
    assert [one for one in facts["regions"] if one.startswith("no name")]
    assert [one for one in facts["labels"] if 'id="bare"' in one]
    assert len(facts["groups"]) == 2
    assert len(facts["obligations"]) == 2
    assert facts["keys"], "an order of its own"


def test_faults_of_display_and_keyboard_are_seen(wrong: Page) -> None:
    cut = wrong.evaluate("page.cut()")
    assert [one for one in cut if "too wide" in one]
    assert [one for one in cut if one.startswith("cut: « Des mots")]

    wrong.locator("#dull").focus()
    assert wrong.evaluate("page.focusFaults()")[0].endswith("no ring")
    wrong.locator("#under").focus()
    faults = wrong.evaluate("page.focusFaults()")
    assert [one for one in faults if "ring rgb" in one]
    assert [one for one in faults if "covered by" in one]

    wrong.locator(".skip").focus()
    wrong.evaluate("page.forget()")
    for _ in range(3):
        wrong.keyboard.press("Tab")
    walked = wrong.evaluate("page.walked()")
    assert [one for one in walked["order"] if one.startswith("not reached")]
    assert not walked["last"]


def test_faults_of_forms_are_seen(wrong: Page) -> None:
    assert [one for one in wrong.evaluate("page.moved()") if one.startswith("the focus leaves")]
    assert wrong.evaluate("page.errors()") == ["no summary"]
