"""The command that people and schedulers run."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from flask import Flask
from sqlalchemy import func, select

from app.core.database import db
from app.imports.csv_columns import model
from app.listings.enums import Status
from app.listings.models import Listing
from tests import factories
from tests.imports import files


def run(app: Flask, *args: object) -> Result:
    return app.test_cli_runner().invoke(args=["imports", "run", *map(str, args)])


def count() -> int:
    return db.session.scalar(select(func.count()).select_from(Listing)) or 0


@pytest.mark.usefixtures("real_commits")
def test_dry_run_then_write_print_the_keys_of_the_contract(
    app: Flask, care_offers_path: Path
) -> None:
    result = run(app, "france-travail", care_offers_path)
    assert result.exit_code == 0
    assert "Essai à blanc" in result.output
    assert count() == 0

    result = run(app, "france-travail", care_offers_path, "--write")
    assert result.exit_code == 0
    assert result.output.splitlines() == [
        "read: 3 (lues)",
        "created: 2 (créées)",
        "updated: 0 (modifiées)",
        "unchanged: 0 (inchangées)",
        "closed: 0 (fermées)",
        "skipped: 1 (hors des métiers du soin)",
        "quarantined: 0 (mises de côté)",
    ]
    assert count() == 2


@pytest.mark.usefixtures("real_commits")
def test_quarantined_records_are_shown_with_line_and_reason(app: Flask, tmp_path: Path) -> None:
    path = tmp_path / "offres.json"
    path.write_text(
        json.dumps([{"id": "A1", "intitule": "Aide-soignant"}, 5, {"id": "B2"}], indent=0)
    )
    result = run(app, "france-travail", path)
    assert "quarantined: 3" in result.output
    assert "offres.json, ligne 2, offre 1 [A1] : date de création" in result.output
    assert "offres.json, ligne 6, offre 2 : ce n’est pas une offre" in result.output
    assert result.exit_code == 1


@pytest.mark.usefixtures("real_commits")
@pytest.mark.parametrize("content", [b"", b"[", b"\xff\xfe\x00", b"[]", b"<xml/>"])
def test_file_in_which_nothing_can_be_read_exits_1(
    app: Flask, tmp_path: Path, content: bytes
) -> None:
    path = tmp_path / "offres.json"
    path.write_bytes(content)
    result = run(app, "france-travail", path, "--write")
    assert result.exit_code == 1
    assert "Aucune annonce n’a pu être lue" in result.output


@pytest.mark.usefixtures("real_commits")
def test_unknown_source_and_missing_file_are_told(app: Flask, tmp_path: Path) -> None:
    result = run(app, "ailleurs", tmp_path / "a.xml")
    assert (result.exit_code, "Source inconnue" in result.output) == (1, True)
    result = run(app, "france-travail", tmp_path / "absent.json")
    assert (result.exit_code, "introuvable" in result.output) == (1, True)


@pytest.mark.usefixtures("real_commits")
def test_refused_full_run_exits_1_and_writes_nothing(
    app: Flask, care_offers_path: Path, tmp_path: Path
) -> None:
    run(app, "france-travail", care_offers_path, "--write")
    offers: list[dict[str, Any]] = json.loads(care_offers_path.read_text())["resultats"]
    path = tmp_path / "moins.json"
    path.write_text(json.dumps(offers[1:]))
    result = run(app, "france-travail", path, "--write", "--full")
    assert result.exit_code == 1
    assert "Import refusé" in result.output
    assert count() == 2


@pytest.mark.usefixtures("real_commits")
def test_lheo_and_csv_are_sources_too(app: Flask, tmp_path: Path) -> None:
    catalogue, model_path = tmp_path / "catalogue.xml", tmp_path / "modele.csv"
    catalogue.write_bytes(files.lheo())
    model_path.write_bytes(model())
    for source, path, created in (("lheo", catalogue, 1), ("csv", model_path, 3)):
        assert f"created: {created} " in run(app, source, path).output
        assert run(app, source, path, "--write").exit_code == 0
        assert f"unchanged: {created} " in run(app, source, path, "--write").output
    assert count() == 4


@pytest.mark.usefixtures("real_commits")
def test_listings_of_an_organisation_go_through_review(app: Flask, tmp_path: Path) -> None:
    organisation = factories.organisation()
    db.session.commit()
    path = tmp_path / "annonces.csv"
    path.write_bytes(files.csv_file(files.JOB))
    result = run(app, "csv", path, "--write", "--organisation", organisation.slug)
    assert result.exit_code == 0, result.output
    (listing,) = db.session.scalars(select(Listing))
    assert (listing.status, listing.organisation_id) == (Status.IN_REVIEW, organisation.id)
    assert listing.answered_here
    result = run(app, "csv", path, "--organisation", "inconnue")
    assert (result.exit_code, "n’existe pas" in result.output) == (1, True)
