"""Loading the reference base."""

from __future__ import annotations

import copy
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from app.core.database import db
from app.professions import queries, services
from app.professions.files import Reference, read_reference
from app.professions.models import Diploma, MobilityEdge, Profession, ProfessionName, Source, Term


@pytest.fixture
def reference() -> Reference:
    """Return the files of the project, to be altered by a test."""
    read = read_reference()
    contents: dict[str, Any] = {f.name: copy.deepcopy(getattr(read, f.name)) for f in fields(read)}
    return Reference(**contents)


def count(model: type[Any]) -> int:
    return db.session.scalar(select(func.count()).select_from(model)) or 0


def test_every_row_of_the_files_is_loaded(reference: Reference) -> None:
    assert count(Profession) == len(reference.professions) == 32
    assert count(Diploma) == len(reference.diplomas)
    assert count(MobilityEdge) == len(reference.mobility)
    assert count(Term) == sum(len(rows) for rows in reference.terms.values())
    assert count(Source) == len(reference.sources)


def test_a_second_loading_changes_nothing() -> None:
    result = services.load_reference()

    assert (result.created, result.updated, result.removed) == (0, 0, 0)
    assert result.unchanged > 800


def test_a_changed_row_is_updated_and_seen_at_once(reference: Reference) -> None:
    before = queries.profession_by_slug("aide-soignant")
    assert before
    row = next(row for row in reference.professions if row["slug"] == "aide-soignant")
    row["summary"] = "Autre résumé."
    row["alt_labels"].append("soignante de jour")

    result = services.load_reference(replace(reference, version="changed"))

    after = queries.profession_by_slug("aide-soignant")
    assert (result.created, result.removed) == (1, 0)
    assert after
    assert (after.id, after.summary) == (before.id, "Autre résumé.")
    assert "soignante de jour" in {name.normalised for name in after.names}


def test_what_left_the_files_is_inactive_or_deleted(reference: Reference) -> None:
    gone = reference.professions.pop()
    slug = gone["slug"]
    for row in reference.diplomas:
        row["professions"] = [p for p in row["professions"] if p != slug]
    reference.mobility[:] = [
        row for row in reference.mobility if slug not in (row["from"], row["to"])
    ]
    reference.terms["contract"].pop(0)
    reference.sources.pop()

    first = services.load_reference(replace(reference, version="shorter"))
    second = services.load_reference(replace(reference, version="shorter"))

    assert (first.removed > 0, second.removed) == (True, 0)
    kept = db.session.scalars(select(Profession).where(Profession.slug == slug)).one()
    names = select(func.count()).where(ProfessionName.profession_id == kept.id)
    assert kept.active is False
    assert db.session.scalar(names) == 0
    assert queries.profession_by_slug(slug) is None
    assert queries.term("contract", "cdi") is None
    assert count(Source) == len(reference.sources)
    assert [
        edge for edge in queries.mobility_edges() if slug in (edge.from_slug, edge.to_slug)
    ] == []


def test_what_comes_back_is_active_again(reference: Reference) -> None:
    terms = reference.terms | {"contract": reference.terms["contract"][1:]}
    services.load_reference(replace(reference, terms=terms, version="shorter"))

    result = services.load_reference(reference)

    assert queries.terms("contract")[0].slug == "cdi"
    assert result.created == 0


def test_an_unknown_profession_is_refused(reference: Reference) -> None:
    reference.mobility[0]["to"] = "astronaute"

    with pytest.raises(KeyError, match="astronaute"):
        services.load_reference(reference)


def test_a_missing_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(OSError, match=r"professions\.json"):
        read_reference(tmp_path)


def test_the_command_says_what_it_did(app: Flask) -> None:
    output = app.test_cli_runner().invoke(args=["professions", "load"]).output

    assert output.startswith("0 lignes créées, 0 modifiées, ")
