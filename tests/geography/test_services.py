"""Loading the communes."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import delete, func, select, update

from app.core.database import db
from app.geography import services
from app.geography.models import Commune, CommunePostalCode
from app.geography.queries import find_place, suggest_places


def count() -> int:
    return db.session.scalar(select(func.count()).select_from(Commune)) or 0


def test_every_commune_has_a_point_a_department_and_a_postal_code() -> None:
    assert count() > 34_900
    with_code = select(func.count(CommunePostalCode.commune_code.distinct()))
    assert db.session.scalar(with_code) == count()
    assert db.session.scalars(select(Commune).where(Commune.department_name == "")).all() == []


def test_the_territory_is_its_58_communes_and_their_arrondissements() -> None:
    inside = db.session.scalars(select(Commune).where(Commune.in_territory)).all()

    assert len([row for row in inside if row.parent_code is None]) == 58
    assert sorted(row.code for row in inside if row.parent_code) == [
        f"6938{number}" for number in range(1, 10)
    ]


def test_every_arrondissement_has_its_city() -> None:
    cities = db.session.scalars(select(Commune).where(Commune.arrondissements.any())).all()

    assert {city.name: len(city.arrondissements) for city in cities} == {
        "Lyon": 9,
        "Marseille": 16,
        "Paris": 20,
    }
    for city in cities:
        codes = {code.postal_code for code in city.postal_codes}
        parts = {code.postal_code for part in city.arrondissements for code in part.postal_codes}
        assert codes == parts


def test_names_keep_their_article_and_accents() -> None:
    names = {code: db.session.get(Commune, code).name for code in ("76351", "69010", "69259")}

    assert names == {"76351": "Le Havre", "69010": "L’Arbresle", "69259": "Vénissieux"}


def test_a_second_loading_changes_nothing() -> None:
    result = services.load_communes()

    assert result == services.LoadResult(unchanged=count())


def test_a_loading_repairs_what_differs() -> None:
    db.session.execute(update(Commune).where(Commune.code == "69029").values(name="Brron"))
    db.session.execute(delete(CommunePostalCode).where(CommunePostalCode.commune_code == "01001"))
    db.session.execute(delete(Commune).where(Commune.code == "01001"))
    db.session.add(CommunePostalCode(commune_code="69029", postal_code="00000"))
    db.session.flush()

    result = services.load_communes()

    assert (result.created, result.updated, result.gone) == (1, 1, 0)
    bron = db.session.get_one(Commune, "69029")
    assert bron.name == "Bron"
    assert [row.postal_code for row in bron.postal_codes] == ["69500"]
    assert db.session.get(Commune, "01001") is not None


def test_two_communes_may_exchange_their_slugs() -> None:
    bron, lyon = db.session.get_one(Commune, "69029"), db.session.get_one(Commune, "69123")
    for commune, slug in ((bron, "-"), (lyon, "bron"), (bron, "lyon")):
        commune.slug = slug
        db.session.flush()

    services.load_communes()

    assert (bron.slug, lyon.slug) == ("bron", "lyon")


def test_a_commune_gone_from_the_files_is_kept() -> None:
    db.session.add(
        Commune(
            code="99999",
            name="Ancienne",
            slug="ancienne-99999",
            search_name="ancienne",
            department_code="69",
            department_name="Rhône",
            population=0,
            latitude=45.0,
            longitude=4.0,
        )
    )
    db.session.flush()

    assert services.load_communes().gone == 1
    assert db.session.get(Commune, "99999") is not None


def test_namesakes_have_distinct_slugs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    places = [("99001", "69"), ("99002", "69"), ("99003", "01"), ("99004", "01")]
    names = ["Essai-les-Bains", "Essai-les-Bains", "Essai-les-Bains", "Seul"]
    header = "code,name,department_code,population,latitude,longitude,parent_code,postal_codes"
    rows = [f"{c},{n},{d},1,45,4,,99000" for (c, d), n in zip(places, names, strict=True)]
    (tmp_path / "communes.csv").write_text("\n".join([header, *rows]), encoding="utf-8")
    (tmp_path / "departments.csv").write_text("code,name\n69,Rhône\n01,Ain", encoding="utf-8")
    (tmp_path / "territories.json").write_text('{"metropole-de-lyon": {"communes": []}}')
    monkeypatch.setattr(services, "DATA", tmp_path)

    services.load_communes()

    slugs = [db.session.get_one(Commune, code).slug for code, _department in places]
    assert slugs == [
        "essai-les-bains-99001",
        "essai-les-bains-99002",
        "essai-les-bains-01",
        "seul",
    ]


def test_an_unknown_territory_is_refused() -> None:
    with pytest.raises(services.UnknownTerritoryError):
        services.load_communes("atlantide")


def test_places_follow_what_is_in_the_tables() -> None:
    """Rows written by hand have no version: they are read at each call."""
    from app.core.snapshots import ReferenceVersion
    from app.geography.queries import PLACES

    db.session.execute(delete(ReferenceVersion))
    PLACES.forget()
    db.session.execute(
        update(Commune).where(Commune.code == "69029").values(name="Bourg", search_name="bourg xyz")
    )

    place = find_place("bourg xyz")

    assert place is not None
    assert place.code == "69029"
    assert suggest_places("bourg x") == [place]


def test_the_command_says_what_it_did(app: Flask) -> None:
    run = app.test_cli_runner()

    assert (
        f"0 lieux créés, 0 modifiés, {count()} inchangés"
        in run.invoke(args=["geography", "load"]).output
    )
    assert run.invoke(args=["geography", "load", "--territory", "x"]).exit_code == 2
