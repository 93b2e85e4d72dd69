"""Loading of the communes from the files of the project."""

from __future__ import annotations

import csv
import hashlib
import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import bindparam, delete, insert, select, update

from app.core.database import db
from app.core.snapshots import record_version
from app.geography import queries
from app.geography.models import Commune, CommunePostalCode
from app.geography.queries.names import normalise

DATA = Path(__file__).parent / "data"
FILES = ("communes.csv", "departments.csv", "territories.json")
DEFAULT_TERRITORY = "metropole-de-lyon"
# Raise it when the way the files are read changes, so that databases are loaded again.
FORMAT = "1"


class UnknownTerritoryError(ValueError):
    """The territory is not in territories.json."""


@dataclass(frozen=True, slots=True)
class LoadResult:
    """What a loading changed. `gone` counts communes no longer in the files: they are kept,
    because listings may stand there."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    gone: int = 0


def load_communes(territory: str = DEFAULT_TERRITORY) -> LoadResult:
    """Bring the tables to the content of the files; a second call changes nothing.

    Raises UnknownTerritoryError. Never commits.
    """
    wanted, postal_codes = _read_files(territory)
    columns = [column.name for column in Commune.__table__.columns]
    rows = db.session.execute(select(*Commune.__table__.columns)).all()
    stored = {row[0]: dict(zip(columns, row, strict=True)) for row in rows}
    created = [row for row in wanted if row["code"] not in stored]
    updated = [row for row in wanted if row["code"] in stored and row != stored[row["code"]]]
    if created:
        # Cities come before their arrondissements, which refer to them.
        created.sort(key=lambda row: row["parent_code"] is not None)
        db.session.execute(insert(Commune), created)
    if updated:
        _update(updated, columns)
    _load_postal_codes(postal_codes)
    record_version("geography", _digest(territory))
    db.session.expire_all()
    queries.PLACES.forget()
    return LoadResult(
        created=len(created),
        updated=len(updated),
        unchanged=len(wanted) - len(created) - len(updated),
        gone=len(stored.keys() - {row["code"] for row in wanted}),
    )


def _update(rows: list[dict[str, Any]], columns: Iterable[str]) -> None:
    table = Commune.__table__
    one = update(table).where(table.c.code == bindparam("new_code"))
    # Two names may be exchanged between communes: slugs are freed before they are given.
    freed = [{"new_code": row["code"], "new_slug": f"-{row['code']}"} for row in rows]
    db.session.execute(one.values(slug=bindparam("new_slug")), freed)
    values: dict[str, Any] = {name: bindparam(f"new_{name}") for name in columns if name != "code"}
    given = [{f"new_{name}": value for name, value in row.items()} for row in rows]
    db.session.execute(one.values(values), given)


def _load_postal_codes(wanted: set[tuple[str, str]]) -> None:
    stored = {
        (code, postal_code)
        for code, postal_code in db.session.execute(
            select(CommunePostalCode.commune_code, CommunePostalCode.postal_code)
        )
    }
    listed = {code for code, _postal_code in wanted}
    gone = {pair for pair in stored - wanted if pair[0] in listed}
    if gone:
        table = CommunePostalCode.__table__
        db.session.execute(
            delete(table).where(
                table.c.commune_code == bindparam("code"),
                table.c.postal_code == bindparam("postal"),
            ),
            [{"code": code, "postal": postal_code} for code, postal_code in sorted(gone)],
        )
    if new := sorted(wanted - stored):
        db.session.execute(
            insert(CommunePostalCode),
            [{"commune_code": code, "postal_code": postal_code} for code, postal_code in new],
        )


def _read_files(territory: str) -> tuple[list[dict[str, Any]], set[tuple[str, str]]]:
    territories = json.loads((DATA / "territories.json").read_text(encoding="utf-8"))
    if territory not in territories:
        raise UnknownTerritoryError(territory)
    inside = set(territories[territory]["communes"])
    departments = {row["code"]: row["name"] for row in _csv("departments.csv")}
    source = _csv("communes.csv")
    slugs = _slugs(source)
    rows: list[dict[str, Any]] = []
    postal_codes: set[tuple[str, str]] = set()
    for row in source:
        codes = row["postal_codes"].split()
        postal_codes.update((row["code"], postal_code) for postal_code in codes)
        rows.append(
            {
                "code": row["code"],
                "name": row["name"],
                "slug": slugs[row["code"]],
                "search_name": normalise(row["name"]),
                "postal_code": codes[0] if codes else None,
                "department_code": row["department_code"],
                "department_name": departments[row["department_code"]],
                "population": int(row["population"]),
                "latitude": float(row["latitude"]),
                "longitude": float(row["longitude"]),
                "parent_code": row["parent_code"] or None,
                "in_territory": bool(inside & {row["code"], row["parent_code"]}),
            }
        )
    return rows, postal_codes


def _slugs(rows: list[dict[str, str]]) -> dict[str, str]:
    """Return code -> slug: the name, with its department then its code when others share it."""
    plain = {row["code"]: normalise(row["name"]).replace(" ", "-") for row in rows}
    local = {row["code"]: f"{plain[row['code']]}-{row['department_code'].lower()}" for row in rows}
    plain_count, local_count = Counter(plain.values()), Counter(local.values())
    slugs = {}
    for code, slug in plain.items():
        if plain_count[slug] == 1:
            slugs[code] = slug
        elif local_count[local[code]] == 1:
            slugs[code] = local[code]
        else:
            slugs[code] = f"{slug}-{code.lower()}"
    return slugs


def _csv(name: str) -> list[dict[str, str]]:
    with (DATA / name).open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def _digest(territory: str) -> str:
    digest = hashlib.sha256(f"{FORMAT} {territory}".encode())
    for name in FILES:
        digest.update((DATA / name).read_bytes())
    return digest.hexdigest()
