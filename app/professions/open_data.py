"""The reference base as open data: one JSON file with everything, and one table a kind."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from app.core import clock
from app.core.sheets import write_csv
from app.core.snapshots import Snapshot
from app.professions import services
from app.professions.files import NAMES, Reference, Row
from app.professions.revisions import value_of

LICENCE = "Licence Ouverte 2.0"
LICENCE_URL = "https://www.etalab.gouv.fr/licence-ouverte-open-licence/"
WHOLE = "metiers.json"
# Fields of the rows of the files, by table, as app.professions.revisions.value_of reads them.
COLUMNS: dict[str, tuple[str, ...]] = {
    "metiers.csv": (
        *("slug", "label", "label_feminine", "label_masculine", "sector", "regulated", "summary"),
        *("required_diplomas", "without_diploma_entry.possible", "without_diploma_entry.note"),
        *("pay.entry_gross_monthly", "pay.entry_gross_monthly_high", "pay.year", "pay.basis"),
        *("pay.verified", "workplaces", "publics", "next_steps", "verified", "sources"),
    ),
    "diplomes.csv": (
        *("slug", "label", "acronym", "level", "rncp", "duration.hours", "duration.months"),
        *("entry_requirements", "access_routes", "professions", "notes", "verified", "sources"),
    ),
    "passerelles.csv": (
        *("from", "to", "kind", "via", "duration_months", "entry", "exemptions", "funding"),
        *("note", "verified", "verified_scope", "route_verified", "sources"),
    ),
    "equivalences.csv": (
        *("id", "from_diploma", "from_version", "to_diploma", "to_version", "kind", "in_force"),
        *("as_of", "hours_full", "hours_remaining", "blocks", "conditions", "notes", "sources"),
    ),
    "sources.csv": ("code", "title", "url", "reliability", "facts", "text_date", "page_date"),
}
_ROWS: dict[str, Callable[[Reference], list[Row]]] = {
    "metiers.csv": lambda reference: reference.professions,
    "diplomes.csv": lambda reference: reference.diplomas,
    "passerelles.csv": lambda reference: reference.mobility,
    "equivalences.csv": lambda reference: reference.equivalences,
    "sources.csv": lambda reference: reference.sources,
}


@dataclass(frozen=True, slots=True)
class OpenFile:
    """A file to download; `rows`: how many entries a table holds."""

    content: bytes
    etag: str
    rows: int


def _files() -> Mapping[str, OpenFile]:
    today = clock.paris_date(clock.now())
    edition = services.edition(today)
    whole = {name: getattr(edition, name) for name in NAMES}
    day = services.edition_day(today).isoformat()
    document = {"licence": LICENCE, "licence_url": LICENCE_URL, "edition": day, **whole}
    contents = {WHOLE: (orjson.dumps(document, option=orjson.OPT_INDENT_2), 0)}
    for name, columns in COLUMNS.items():
        rows = _ROWS[name](edition)
        table = [columns, *([_cell(value_of(row, one)) for one in columns] for row in rows)]
        contents[name] = (write_csv(table), len(rows))
    return {
        name: OpenFile(content, hashlib.sha256(content).hexdigest()[:32], rows)
        for name, (content, rows) in contents.items()
    }


FILES: Snapshot[Mapping[str, OpenFile]] = Snapshot("professions", _files)


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "oui" if value else "non"
    if isinstance(value, list):
        return " | ".join(_items(value))
    return f"{value:g}".replace(".", ",") if isinstance(value, float) else str(value)


def _items(values: list[Any]) -> Iterable[str]:
    for value in values:
        if isinstance(value, dict):
            yield f"{value.get('number')} {value.get('title')} : {value.get('status')}"
        else:
            yield str(value)
