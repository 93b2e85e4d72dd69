"""What the team corrects in the files of the reference base. Pure: rows in, rows out.

A revision bears on one entry, named by its kind and key. Its changes are values by field; a field
is a name of the row of the file, or two joined by a dot. The file stays what it is: what the tables
hold is the files with the revisions in force, in the order they take effect.
"""

from __future__ import annotations

import copy
import datetime as dt
import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, Protocol

from app.professions.enums import EntryKind, TermKind
from app.professions.files import NAMES, Reference, Row

# Of a move or an equivalence: the whole row when it was added, or whether it was taken away.
ADDED, RETIRED = "added", "retired"


class Revised(Protocol):
    """A revision: what `apply` reads of it."""

    id: int
    kind: str
    key: str
    changes: dict[str, Any]
    source_title: str
    source_url: str | None
    source_reliability: str | None
    verified: bool
    effective_on: dt.date


def code_of(revision: Revised) -> str:
    """Return the code of the source that a revision cites."""
    return f"R{revision.id}"


def rows_of(reference: Reference, kind: str) -> list[Row]:
    """Return the rows of the files where the entries of a kind are."""
    if kind == EntryKind.FUNDING:
        return reference.terms[TermKind.FUNDING]
    rows: list[Row] = getattr(
        reference,
        {
            EntryKind.PROFESSION: "professions",
            EntryKind.DIPLOMA: "diplomas",
            EntryKind.MOVE: "mobility",
            EntryKind.EQUIVALENCE: "equivalences",
        }[EntryKind(kind)],
    )
    return rows


def key_of(kind: str, row: Mapping[str, Any]) -> str:
    """Return the key of an entry: a slug, the identifier of an equivalence, "from>to:kind"."""
    if kind == EntryKind.MOVE:
        return f"{row['from']}>{row['to']}:{row['kind']}"
    return str(row["id"] if kind == EntryKind.EQUIVALENCE else row["slug"])


def find(reference: Reference, kind: str, key: str) -> Row | None:
    """Return the row of an entry, or None."""
    return next((row for row in rows_of(reference, kind) if key_of(kind, row) == key), None)


def value_of(row: Mapping[str, Any], field: str) -> Any:
    """Return the value of a field of a row; None when a part of it is not there."""
    outer, _, inner = field.partition(".")
    value = row.get(outer)
    return (value or {}).get(inner) if inner else value


def apply(reference: Reference, revisions: Iterable[Revised], day: dt.date) -> Reference:
    """Return the files with the revisions in force that day; `version` tells of both."""
    in_force = (one for one in revisions if one.effective_on <= day)
    # What takes effect later has the last word, whenever it was written.
    kept = sorted(in_force, key=lambda one: (one.effective_on, one.id))
    if not kept:
        return reference
    contents = {name: copy.deepcopy(getattr(reference, name)) for name in NAMES}
    revised = replace(reference, **contents)
    digest = hashlib.sha256(reference.version.encode())
    for revision in kept:
        digest.update(f"{revision.id}:{json.dumps(revision.changes, sort_keys=True)}".encode())
        _apply(revised, revision)
    return replace(revised, version=digest.hexdigest())


def _apply(reference: Reference, revision: Revised) -> None:
    rows = rows_of(reference, revision.kind)
    row = find(reference, revision.kind, revision.key)
    if revision.changes.get(RETIRED):
        if row is not None:
            rows.remove(row)
        return
    if row is None:
        added = revision.changes.get(ADDED)
        if added is None:
            return
        row = copy.deepcopy(added)
        rows.append(row)
    for field, value in revision.changes.items():
        if field not in {ADDED, RETIRED}:
            _put(row, field, value)
    row["verified"] = revision.verified
    code = code_of(revision)
    row["sources"] = [*(one for one in row.get("sources") or [] if one != code), code]
    _cite(reference, revision)


def _put(row: Row, field: str, value: Any) -> None:
    outer, _, inner = field.partition(".")
    if inner:
        row[outer] = dict(row.get(outer) or {}) | {inner: value}
    else:
        row[outer] = value


def _cite(reference: Reference, revision: Revised) -> None:
    source = {
        "code": code_of(revision),
        "title": revision.source_title,
        "url": revision.source_url,
        "reliability": revision.source_reliability,
        "facts": "",
        "text_date": revision.effective_on.isoformat(),
        "page_date": None,
    }
    sources = reference.sources
    known = [rank for rank, row in enumerate(sources) if row["code"] == source["code"]]
    if known:
        sources[known[0]] = source
    else:
        sources.append(source)
