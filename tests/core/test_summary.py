"""The summary of errors follows the page, whatever the order of the form."""

from __future__ import annotations

from typing import Any

import pytest
from bs4 import BeautifulSoup
from flask.testing import FlaskClient

from app.core.summary import in_page_order
from tests import factories
from tests.applications.pages import answer, hidden, page

ITEM = '<li><a href="#{0}">Corrigez {0}</a></li>'


def written(*told: str, fields: tuple[str, ...]) -> str:
    lines = "".join(ITEM.format(one) if one.isalpha() else f"<li>{one}</li>" for one in told)
    inputs = "".join(f'<input class="x" id="{one}">' for one in fields)
    return f"<div><ul data-in-page-order>\n{lines}\n</ul></div><form>{inputs}</form>"


@pytest.mark.parametrize(
    ("told", "fields", "expected"),
    [
        (("b", "a"), ("a", "b"), ["a", "b"]),
        (("ab", "a"), ("a", "ab"), ["a", "ab"]),
        (("La page est ancienne.", "a"), ("a",), ["a", None]),
        (("gone", "b", "a"), ("a", "b"), ["a", "b", "gone"]),
    ],
)
def test_lines_follow_their_fields(
    told: tuple[str, ...], fields: tuple[str, ...], expected: list[str | None]
) -> None:
    ordered = BeautifulSoup(in_page_order(written(*told, fields=fields)), "lxml")
    links = [line.find("a") for line in ordered.select("li")]
    assert [link["href"][1:] if link else None for link in links] == expected


def test_a_page_without_summary_is_left_alone() -> None:
    assert in_page_order("<ul><li>b</li></ul>") == "<ul><li>b</li></ul>"


def told_and_places(response: Any) -> tuple[list[str], list[int]]:
    tree = page(response)
    told = [str(a["href"])[1:] for a in tree.select("[data-error-summary] a")]
    html = str(tree.select_one("main form"))
    return told, [html.index(f' id="{one}"') for one in told]


def test_the_form_of_an_application_tells_its_errors_from_top_to_bottom(
    client: FlaskClient, session: Any
) -> None:
    wrong = {
        "first_name": "",
        "phone": "06",
        "email": "nora@",
        "call_back": "midnight",
        "last_name": "N" * 90,
        "commune": "B" * 130,
        "diploma_held": "maybe",
        "message": "a" * 2001,
    }
    told, places = told_and_places(answer(client, factories.listing(), **wrong))
    assert len(told) == len(wrong)
    assert places == sorted(places)


def test_a_form_whose_fields_are_in_another_order_does_too(
    client: FlaskClient, session: Any
) -> None:
    shown = client.get("/inscription")
    told, places = told_and_places(client.post("/inscription", data=hidden(shown)))
    assert len(told) > 3
    assert places == sorted(places)
