"""The register of personal data cannot lag behind the tables, nor promise what nothing does."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask import Flask

from app.core.database import db
from app.privacy import registry
from app.privacy.registry import NOT_PERSONAL, REGISTRY, Held
from app.subscriptions import SCHEDULE

PAGE = Path(__file__).resolve().parent.parent.parent / "docs/privacy.md"


def columns() -> set[tuple[str, str]]:
    """Return every column but keys of rows, which say nothing by themselves."""
    return {
        (table.name, column.name)
        for table in db.metadata.tables.values()
        for column in table.columns
        if not column.foreign_keys and column.name != "id"
    }


def test_every_column_is_declared_once(app: Flask) -> None:
    held = [
        (table, name) for one in REGISTRY for table, names in one.where.items() for name in names
    ]
    assert len(set(held)) == len(held)
    whole = {table for table, names in NOT_PERSONAL.items() if names == ("*",)}
    others = {(table, name) for table, names in NOT_PERSONAL.items() for name in names}
    others -= {(table, "*") for table in whole}
    others |= {(table, name) for table, name in columns() if table in whole}
    assert not others & set(held)
    assert others | set(held) == columns()
    # A table is not forgotten because it was renamed.
    assert set(NOT_PERSONAL) <= {table for table, _name in columns()} | {"diploma_profession"}


@pytest.mark.parametrize("held", REGISTRY, ids=lambda held: held.what[:40])
def test_what_is_promised_is_done_by_the_timetable(held: Held) -> None:
    run = {entry.run for entry in SCHEDULE}
    assert held.kept
    assert set(held.ends) <= run, held.what


@pytest.mark.parametrize(
    ("days", "words"),
    [(1, "1 jour"), (7, "7 jours"), (30, "1 mois"), (90, "3 mois"), (365, "1 an"), (730, "2 ans")],
)
def test_lengths_are_said_in_words(days: int, words: str) -> None:
    assert registry.said(registry.dt.timedelta(days=days)) == words


def test_the_page_is_up_to_date(app: Flask) -> None:
    written = app.test_cli_runner().invoke(args=["privacy", "registry"]).output
    assert written == PAGE.read_text(encoding="utf-8")
