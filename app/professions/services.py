"""Loading of the reference base from the files of the project."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy import delete, insert, select

from app.core import clock
from app.core.database import db
from app.core.snapshots import record_version
from app.professions import queries
from app.professions.enums import NameKind
from app.professions.files import READ_ON, Reference, Row, read_reference
from app.professions.models import (
    Diploma,
    MobilityEdge,
    Profession,
    ProfessionName,
    ProfessionRome,
    ReferenceRevision,
    Source,
    Term,
    diploma_profession,
)
from app.professions.queries import normalise
from app.professions.revisions import apply


@dataclass(slots=True)
class LoadResult:
    """How many rows a loading created, updated, left as they were, made inactive or deleted."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    removed: int = 0


def edition(day: dt.date, files: Reference | None = None) -> Reference:
    """Return the files with the corrections of the team that are in force that day."""
    revisions = db.session.scalars(select(ReferenceRevision).order_by(ReferenceRevision.id))
    return apply(files or read_reference(), revisions, day)


def edition_day(today: dt.date) -> dt.date:
    """Return the day from which the base says what it says today."""
    revisions = db.session.execute(
        select(ReferenceRevision.created_at, ReferenceRevision.effective_on).where(
            ReferenceRevision.effective_on <= today
        )
    )
    return max([READ_ON, *(max(clock.paris_date(at), day) for at, day in revisions)])


def load_reference(reference: Reference | None = None, day: dt.date | None = None) -> LoadResult:
    """Bring the tables to the files and the corrections in force; a second call changes nothing.

    Raises KeyError when a row names a profession or a diploma that is in no file. Never commits.
    """
    reference = edition(day or clock.paris_date(clock.now()), reference)
    result = LoadResult()
    _sync(result, Source, ("code",), _source_rows(reference))
    _sync(result, Term, ("kind", "slug"), _term_rows(reference))
    _sync(result, Profession, ("slug",), _profession_rows(reference))
    _sync(result, Diploma, ("slug",), _diploma_rows(reference))
    professions = _ids(Profession)
    diplomas = _ids(Diploma)
    _sync(result, ProfessionName, ("profession_id", "normalised"), _names(reference, professions))
    _sync(result, ProfessionRome, ("profession_id", "code"), _rome(reference, professions))
    _sync(
        result,
        MobilityEdge,
        ("from_id", "to_id", "kind"),
        _edges(reference, professions, diplomas),
    )
    _sync_diploma_professions(result, reference, professions, diplomas)
    record_version("professions", reference.version)
    queries.REFERENCE.forget()
    return result


def _sync(
    result: LoadResult, model: type[db.Model], key: tuple[str, ...], rows: Iterable[Row]
) -> None:
    """Create, update, or make inactive (delete, for what nothing refers to) the rows of a table."""
    stored = {
        tuple(getattr(row, name) for name in key): row for row in db.session.scalars(select(model))
    }
    for values in rows:
        row = stored.pop(tuple(values[name] for name in key), None)
        if row is None:
            db.session.add(model(**values))
            result.created += 1
        elif any(getattr(row, name) != value for name, value in values.items()):
            for name, value in values.items():
                setattr(row, name, value)
            result.updated += 1
        else:
            result.unchanged += 1
    for row in stored.values():
        if not hasattr(model, "active"):
            db.session.delete(row)
            result.removed += 1
        elif row.active:
            row.active = False
            result.removed += 1
    db.session.flush()


def _ids(model: type[Profession] | type[Diploma]) -> Mapping[str, int]:
    return {row.slug: row.id for row in db.session.execute(select(model.slug, model.id))}


def _rest(row: Row, *named: str) -> Row:
    return {name: value for name, value in row.items() if name not in named}


def _source_rows(reference: Reference) -> Iterable[Row]:
    named = ("code", "title", "url", "reliability")
    for position, row in enumerate(reference.sources):
        yield {name: row[name] for name in named} | {
            "position": position,
            "data": _rest(row, *named),
        }


def _term_rows(reference: Reference) -> Iterable[Row]:
    for kind, rows in reference.terms.items():
        for position, row in enumerate(rows):
            yield {
                "kind": kind,
                "slug": row["slug"],
                "label": row["label"],
                "category": row.get("category"),
                "verified": row.get("verified", False),
                "position": position,
                "active": True,
                "data": _rest(row, "slug", "label", "category", "verified"),
            }


def _profession_rows(reference: Reference) -> Iterable[Row]:
    named = (
        *("slug", "label", "label_feminine", "label_masculine"),
        *("sector", "regulated", "summary", "verified"),
    )
    portraits = {row["slug"]: _rest(row, "slug") for row in reference.portraits}
    for position, row in enumerate(reference.professions):
        rest = _rest(row, *named, "rome", "former_rome_codes")
        yield {name: row[name] for name in named} | {
            "position": position,
            "active": True,
            "data": rest | {"portrait": portraits.get(row["slug"])},
        }


def _diploma_rows(reference: Reference) -> Iterable[Row]:
    """`data` also holds the structures of the diploma and the equivalences that lead to it."""
    named = ("slug", "label", "acronym", "level", "verified")
    for position, row in enumerate(reference.diplomas):
        slug = row["slug"]
        yield {name: row[name] for name in named} | {
            "position": position,
            "active": True,
            "data": _rest(row, *named, "professions")
            | {
                "structures": [s for s in reference.diploma_structures if s["slug"] == slug],
                "equivalences": [e for e in reference.equivalences if e["to_diploma"] == slug],
            },
        }


def _names(reference: Reference, professions: Mapping[str, int]) -> Iterable[Row]:
    """The first of the names that normalise alike is kept: labels, then the everyday names."""
    for row in reference.professions:
        typed = [
            term
            for group in reference.vocabulary["synonyms"]
            if group["profession"] == row["slug"] and group["kind"] == "profession"
            for term in (group["canonical"], *group["terms"])
        ]
        named = [
            (NameKind.LABEL, row["label"]),
            (NameKind.FEMININE, row["label_feminine"]),
            (NameKind.MASCULINE, row["label_masculine"]),
            *((_kind_of(name), name) for name in row["alt_labels"]),
            *((NameKind.FORMER, name) for name in row.get("former_labels", ())),
            *((NameKind.ALTERNATIVE, name) for name in typed),
        ]
        kept: dict[str, tuple[NameKind, str]] = {}
        for kind, name in named:
            kept.setdefault(normalise(name), (kind, name))
        for position, (normalised, (kind, name)) in enumerate(kept.items()):
            yield {
                "profession_id": professions[row["slug"]],
                "normalised": normalised,
                "name": name,
                "kind": kind.value,
                "position": position,
            }


def _kind_of(name: str) -> NameKind:
    short = len(name) <= 8 and " " not in name
    return NameKind.ACRONYM if short and name.upper() == name else NameKind.ALTERNATIVE


def _rome(reference: Reference, professions: Mapping[str, int]) -> Iterable[Row]:
    for row in reference.professions:
        codes: dict[str, str | None] = {rome["code"]: rome["label"] for rome in row["rome"]}
        former = [code for code in row["former_rome_codes"] if code not in codes]
        for position, code in enumerate([*codes, *former]):
            yield {
                "profession_id": professions[row["slug"]],
                "code": code,
                "label": codes.get(code),
                "current": code in codes,
                "position": position,
            }


def _edges(
    reference: Reference, professions: Mapping[str, int], diplomas: Mapping[str, int]
) -> Iterable[Row]:
    for position, row in enumerate(reference.mobility):
        yield {
            "from_id": professions[row["from"]],
            "to_id": professions[row["to"]],
            "kind": row["kind"],
            "diploma_id": diplomas[row["via"]] if row["via"] else None,
            "duration_months": row["duration_months"],
            "verified": row["verified"],
            "position": position,
            "data": _rest(row, "from", "to", "kind", "via", "duration_months", "verified"),
        }


def _sync_diploma_professions(
    result: LoadResult,
    reference: Reference,
    professions: Mapping[str, int],
    diplomas: Mapping[str, int],
) -> None:
    columns = diploma_profession.c
    wanted = {
        (diplomas[row["slug"]], professions[slug])
        for row in reference.diplomas
        for slug in row["professions"]
    }
    stored = {
        (diploma_id, profession_id)
        for diploma_id, profession_id in db.session.execute(
            select(columns.diploma_id, columns.profession_id)
        )
    }
    for diploma_id, profession_id in stored - wanted:
        db.session.execute(
            delete(diploma_profession).where(
                columns.diploma_id == diploma_id, columns.profession_id == profession_id
            )
        )
    if new := sorted(wanted - stored):
        db.session.execute(
            insert(diploma_profession),
            [{"diploma_id": d, "profession_id": p} for d, p in new],
        )
    result.created += len(wanted - stored)
    result.unchanged += len(wanted & stored)
    result.removed += len(stored - wanted)
