"""The page on durability covers the charter, and what it names exists."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import pytest

from app.main.verify import INVARIANTS

pytestmark = pytest.mark.no_database
ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs/durability.md").read_text(encoding="utf-8")
ROWS = dict(re.findall(r"^\| ([IRG]\d+) \|(.+)$", PAGE, re.MULTILINE))


@cache
def functions_of(name: str) -> set[str]:
    tree = ast.parse((ROOT / name).read_text(encoding="utf-8"))
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}


def test_every_invariant_fault_and_goal_has_its_line_and_its_tests() -> None:
    invariants = [f"I{number}" for number in range(1, 15)]
    faults = [f"R{number:02}" for number in range(1, 30)]
    assert list(ROWS) == ["G1", "G2", "G10", *invariants, *faults]
    for number in (*invariants, *faults):
        assert "`tests/" in ROWS[number], number


def test_every_test_that_is_named_exists() -> None:
    for number, row in ROWS.items():
        named = re.findall(r"`(tests/[\w/]+\.py)::(test_\w+)`", row)
        assert row.count("`tests/") == len(named), number
        for file, test in named:
            assert test in functions_of(file), (number, file, test)


def test_every_predicate_is_named_beside_its_invariant() -> None:
    for name, check in INVARIANTS.items():
        number = name.split()[0]
        # Others than those of the charter are told by `flask verify` alone.
        if number in ROWS:
            assert f"`{check.__name__}`" in ROWS[number], name
    names = {check.__name__ for check in INVARIANTS.values()}
    predicates = [row for number, row in ROWS.items() if number.startswith("I")]
    assert {one for row in predicates for one in re.findall(r"`([a-z_]+)`", row)} - names == {
        # Settings of PostgreSQL.
        "fsync",
        "synchronous_commit",
    }
