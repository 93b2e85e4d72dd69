"""The grid of the 106 criteria: none is missing, and no verdict is without ground."""

from __future__ import annotations

import ast
import dataclasses
import datetime as dt
import json
import re
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from bs4 import BeautifulSoup
from flask import Flask
from flask.testing import FlaskClient

from app.main.accessibility import Criterion, Grid, How, State, Verdict, the_grid
from tests.accessibility.sample import SAMPLE
from tests.inspection import AXE, AXE_TAGS
from tests.stack import ROOT
from tools import accessibility as readable

# How many criteria each theme of the standard holds.
THEMES = (9, 2, 3, 13, 8, 2, 5, 10, 4, 14, 13, 11, 12)
NU_CHECKS = {"nu:doctype", "nu:errors"}
CRITERIA = the_grid().criteria

pytestmark = pytest.mark.no_database


def test_the_106_criteria_are_there_once_and_in_order() -> None:
    expected = [
        f"{theme}.{rank}" for theme, many in enumerate(THEMES, 1) for rank in range(1, many + 1)
    ]

    assert len(expected) == 106
    assert [one.number for one in CRITERIA] == expected
    assert len({one.title for one in CRITERIA}) == 106
    assert len({one.theme for one in CRITERIA}) == len(THEMES)


@pytest.mark.parametrize("criterion", CRITERIA, ids=lambda one: one.number)
def test_a_verdict_has_a_ground(criterion: Criterion) -> None:
    if criterion.how is How.PERSON and the_grid().audited_on is None:
        assert criterion.verdict is Verdict.TO_JUDGE, "nobody has judged it"
    if criterion.verdict is Verdict.TO_JUDGE:
        assert criterion.how is How.PERSON
    if criterion.verdict in {Verdict.TO_JUDGE, Verdict.FAILED, Verdict.NOT_APPLICABLE}:
        assert criterion.note, "what is to be looked at, what is wrong, why it does not apply"
    if criterion.how is not How.PERSON:
        assert criterion.checks, "what the machine looks at"
    if criterion.verdict is Verdict.FAILED:
        assert criterion.pages
    assert set(criterion.pages) <= set(the_grid().sample)


@pytest.mark.parametrize("check", sorted({one for each in CRITERIA for one in each.checks}))
def test_a_check_exists(check: str) -> None:
    kind, _, name = check.partition(":")
    if kind == "axe":
        assert name in _axe_rules(), "not among the rules that are run"
    elif kind == "nu":
        assert check in NU_CHECKS
    else:
        file, _, function = check.partition("::")
        assert function in _functions(ROOT / file)


@cache
def _functions(file: Path) -> set[str]:
    tree = ast.parse(file.read_text(encoding="utf-8"))
    return {one.name for one in tree.body if isinstance(one, ast.FunctionDef)}


@cache
def _axe_rules() -> set[str]:
    """Return the rules of axe that pages are checked against."""
    ask = "const axe = require(process.argv[1]); console.log(JSON.stringify(axe.getRules()))"
    told = subprocess.run(["node", "-e", ask, AXE], capture_output=True, check=True, text=True)
    rules: list[dict[str, Any]] = json.loads(told.stdout)
    return {one["ruleId"] for one in rules if set(one["tags"]) & set(AXE_TAGS)}


def test_the_sample_is_the_one_that_scripts_visit() -> None:
    assert list(the_grid().sample) == [one.id for one in SAMPLE]


def test_the_readable_grid_is_up_to_date() -> None:
    assert readable.PAGE.read_text(encoding="utf-8") == readable.written(the_grid()), (
        "run: python -m tools.accessibility"
    )


def grid(*verdicts: str, audited: bool = True) -> Grid:
    return dataclasses.replace(
        the_grid(),
        criteria=tuple(
            Criterion(str(rank), "", "", How.PERSON, Verdict(verdict), note="Ceci.")
            for rank, verdict in enumerate(verdicts)
        ),
        audited_on=dt.date(2027, 2, 15) if audited else None,
        audited_by="Lila Benali",
    )


@pytest.mark.parametrize(
    ("one", "rate", "state"),
    [
        (grid("C", "C", "NA"), 100, State.FULL),
        (grid("C", "C", "NC", "NA"), 66, State.PARTIAL),
        (grid("C", "NC"), 50, State.PARTIAL),
        (grid("C", "NC", "NC"), 33, State.NONE),
        (grid("C", "C", "?"), 66, State.NONE),
        (grid("C", "C", audited=False), 100, State.NONE),
        (grid("NA"), 0, State.NONE),
    ],
)
def test_the_state_is_what_the_law_lets_say(one: Grid, rate: int, state: State) -> None:
    assert one.rate == rate
    assert one.state is state


def test_the_grid_of_the_site_waits_for_a_person() -> None:
    assert the_grid().state is State.NONE
    assert the_grid().to_judge


def words(html: Any) -> str:
    return " ".join(html.get_text(" ").split())


def statement(client: FlaskClient) -> Any:
    return BeautifulSoup(client.get("/accessibilite").text, "html.parser")


@pytest.fixture
def judged(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Grid:
    """Let the site have been audited, with a criterion that is not met."""
    wrong = Criterion(
        "3.2", "", "Contraste ?", How.PERSON, Verdict.FAILED, note="Pâle.", pages=("suivi",)
    )
    audited = grid("C", "C", "NA")
    audited = dataclasses.replace(audited, criteria=(*audited.criteria, wrong))
    monkeypatch.setattr("app.main.views.the_grid", lambda: audited)
    monkeypatch.setattr("app.main.accessibility.the_grid", lambda: audited)
    monkeypatch.setattr("app.core.fragments._kept", lambda _site, *named: _fresh(*named))
    return audited


def _fresh(template: str, macro: str, *arguments: Any) -> Any:
    from flask import get_template_attribute

    return get_template_attribute(template, macro)(*arguments)


def test_the_statement_before_any_audit_promises_nothing(client: FlaskClient) -> None:
    page = statement(client)
    said = words(page.main)

    assert words(page.h1) == "Accessibilité : non conforme"
    assert "L’audit par une personne n’a pas encore été fait" in said
    assert f"{the_grid().met} critères respectés sur {the_grid().applicable}" in said
    assert f"{the_grid().rate} %" in said
    assert f"{len(the_grid().to_judge)} critères que seule une personne peut juger" in said
    assert "Défenseur des droits" in said
    assert "23 novembre 2026" in said
    for one in the_grid().to_judge:
        assert one.title.replace("\u00a0", " ") in said.replace("\u00a0", " ")


@pytest.mark.usefixtures("judged")
def test_the_statement_after_the_audit_says_what_is_wrong_and_where(client: FlaskClient) -> None:
    page = statement(client)
    said = words(page.main)

    assert words(page.h1) == "Accessibilité : partiellement conforme"
    assert words(page.footer.find("a", href="/accessibilite")) == words(page.h1)
    assert "66 %" in said
    assert re.search(r"Critère 3\.2 : Contraste \? Pâle\. Pages : Suivre une candidature\.", said)
    assert "Lila Benali, le 15 février 2027" in said
    assert "n’a pas encore été fait" not in said
