"""Reads of the reference base, from memory: every value is immutable and shared by threads.

`data` fields hold the rest of the file's row, read-only: mappings and tuples instead of lists.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import selectinload

from app.core.database import db
from app.core.snapshots import Snapshot
from app.professions.enums import NameKind
from app.professions.models import (
    Diploma,
    MobilityEdge,
    Profession,
    ProfessionName,
    ProfessionRome,
    Source,
    Term,
)

Frozen = Mapping[str, Any]

_LIGATURES = str.maketrans({"œ": "oe", "Œ": "oe", "æ": "ae", "Æ": "ae"})
_ACCENTS = re.compile("[\u0300-\u036f]+")
# "soignant·e", "éducatif·ve", "maternel·le", also typed with a dot or an "(e)".
_FEMININE_ENDING = re.compile(r"(?<=\w)(?:·\w+(?:·s)?|\((?:e|ne|le|trice|ère|ve)s?\))")
_NOT_WORD = re.compile(r"[^a-z0-9]+")


def normalise(text: str) -> str:
    """Return a name as ASCII words in lower case, in the masculine form when both are written.

    "Aide-soignant·e" -> "aide soignant"; "A.S." -> "as".
    """
    text = _FEMININE_ENDING.sub("", text).translate(_LIGATURES)
    text = _ACCENTS.sub("", unicodedata.normalize("NFKD", text)).lower()
    if re.fullmatch(r"(?:[a-z]\.)+[a-z]?", text):
        return text.replace(".", "")
    return " ".join(_NOT_WORD.sub(" ", text).split())


@dataclass(frozen=True, slots=True)
class NameEntry:
    """A name of a profession; `kind` is a NameKind."""

    name: str
    normalised: str
    kind: str


@dataclass(frozen=True, slots=True)
class RomeEntry:
    """A ROME code of a profession; `current` is false for codes from before ROME 4.0."""

    code: str
    label: str | None
    current: bool


@dataclass(frozen=True, slots=True)
class ProfessionEntry:
    """A profession, its names and its ROME codes.

    `data`: alt_labels, typical_tasks, qualities, pay, required_diplomas, workplaces, publics,
    next_steps, portrait, regulated_note, without_diploma_entry, rome_note, rome_verified,
    verified_fields, editorial_fields, sources.
    """

    id: int
    slug: str
    label: str
    label_feminine: str
    label_masculine: str
    sector: str
    regulated: bool
    summary: str
    verified: bool
    position: int
    names: tuple[NameEntry, ...]
    rome: tuple[RomeEntry, ...]
    data: Frozen

    @property
    def workplaces(self) -> tuple[str, ...]:
        """Slugs of the workplace terms where one works."""
        found: tuple[str, ...] = self.data["workplaces"]
        return found

    @property
    def open_without_diploma(self) -> bool:
        """Whether one may start without a diploma of care."""
        return bool(self.data["without_diploma_entry"]["possible"])


@dataclass(frozen=True, slots=True)
class DiplomaEntry:
    """A diploma; `professions` are the slugs it leads to. `data` holds structures, equivalences."""

    id: int
    slug: str
    label: str
    acronym: str | None
    level: int | None
    verified: bool
    position: int
    professions: tuple[str, ...]
    data: Frozen


@dataclass(frozen=True, slots=True)
class TermEntry:
    """A term of the vocabulary; `kind` is a TermKind. `alt_labels` are its other names."""

    kind: str
    slug: str
    label: str
    category: str | None
    verified: bool
    position: int
    alt_labels: tuple[str, ...]
    data: Frozen


@dataclass(frozen=True, slots=True)
class EdgeEntry:
    """A move between two professions, given by slugs. `data`: entry, exemptions, funding, note…"""

    from_slug: str
    to_slug: str
    kind: str
    diploma: str | None
    duration_months: float | None
    verified: bool
    data: Frozen


@dataclass(frozen=True, slots=True)
class SourceEntry:
    """Where facts were read; `reliability` A, B or C; `text_date`: ISO date of the text cited."""

    code: str
    title: str
    url: str | None
    reliability: str | None
    text_date: str | None = None


@dataclass(frozen=True, slots=True)
class SynonymGroup:
    """What people type for one thing; the slugs say which profession, workplace… it means."""

    canonical: str
    terms: tuple[str, ...]
    kind: str
    profession: str | None
    workplace: str | None
    public: str | None
    diploma: str | None


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """What the search knows of the words of care, as people type them.

    `acronyms`: normalised acronym -> slugs of the professions it may mean (several: ambiguous).
    `misspellings`: typed -> meant. `empty_words`: those of a sentence around a search for work.
    `meanings`: `terms` that tell one of `facets` ("schedule/nuit"). `choices`: `terms` that may
    mean several `professions`, mostly the first when `sure`. `outside`: professions that people
    look for and that the base does not describe.
    """

    synonyms: tuple[SynonymGroup, ...]
    acronyms: Mapping[str, tuple[str, ...]]
    stop_words: tuple[str, ...]
    empty_words: tuple[str, ...]
    misspellings: Mapping[str, str]
    meanings: tuple[Frozen, ...]
    choices: tuple[Frozen, ...]
    outside: tuple[Frozen, ...]


@dataclass(frozen=True, slots=True)
class _Reference:
    professions: tuple[ProfessionEntry, ...]
    by_slug: Mapping[str, ProfessionEntry]
    by_id: Mapping[int, ProfessionEntry]
    diplomas: tuple[DiplomaEntry, ...]
    terms: Mapping[str, tuple[TermEntry, ...]]
    terms_by_slug: Mapping[tuple[str, str], TermEntry]
    labels: Mapping[tuple[str, str], str]
    edges: tuple[EdgeEntry, ...]
    sources: Mapping[str, SourceEntry]

    def label(self, kind: str, slug: str) -> str:
        """Return the label of a term, else its slug."""
        return self.labels.get((kind, slug), slug)


def freeze(value: Any) -> Any:
    """Return a JSON value with its lists as tuples and its objects as read-only mappings."""
    if isinstance(value, dict):
        return MappingProxyType({name: freeze(item) for name, item in value.items()})
    if isinstance(value, list):
        return tuple(freeze(item) for item in value)
    return value


def _read_professions() -> tuple[ProfessionEntry, ...]:
    names: dict[int, list[NameEntry]] = defaultdict(list)
    for name in db.session.scalars(select(ProfessionName).order_by(ProfessionName.position)):
        names[name.profession_id].append(NameEntry(name.name, name.normalised, name.kind))
    codes: dict[int, list[RomeEntry]] = defaultdict(list)
    for code in db.session.scalars(select(ProfessionRome).order_by(ProfessionRome.position)):
        codes[code.profession_id].append(RomeEntry(code.code, code.label, code.current))
    rows = select(Profession).where(Profession.active).order_by(Profession.position)
    return tuple(
        ProfessionEntry(
            id=row.id,
            slug=row.slug,
            label=row.label,
            label_feminine=row.label_feminine,
            label_masculine=row.label_masculine,
            sector=row.sector,
            regulated=row.regulated,
            summary=row.summary,
            verified=row.verified,
            position=row.position,
            names=tuple(names[row.id]),
            rome=tuple(codes[row.id]),
            data=freeze(row.data),
        )
        for row in db.session.scalars(rows)
    )


def _read_diplomas() -> tuple[DiplomaEntry, ...]:
    rows = (
        select(Diploma)
        .where(Diploma.active)
        .order_by(Diploma.position)
        .options(selectinload(Diploma.professions))
    )
    return tuple(
        DiplomaEntry(
            id=row.id,
            slug=row.slug,
            label=row.label,
            acronym=row.acronym,
            level=row.level,
            verified=row.verified,
            position=row.position,
            professions=tuple(p.slug for p in row.professions if p.active),
            data=freeze(row.data),
        )
        for row in db.session.scalars(rows)
    )


def _read_terms() -> Mapping[str, tuple[TermEntry, ...]]:
    terms: dict[str, list[TermEntry]] = defaultdict(list)
    for row in db.session.scalars(select(Term).where(Term.active).order_by(Term.position)):
        data = freeze(row.data)
        terms[row.kind].append(
            TermEntry(
                kind=row.kind,
                slug=row.slug,
                label=row.label,
                category=row.category,
                verified=row.verified,
                position=row.position,
                alt_labels=data.get("alt_labels", ()),
                data=data,
            )
        )
    return {kind: tuple(entries) for kind, entries in terms.items()}


def _read_edges(
    professions: Mapping[int, ProfessionEntry], diplomas: tuple[DiplomaEntry, ...]
) -> tuple[EdgeEntry, ...]:
    slugs = {diploma.id: diploma.slug for diploma in diplomas}
    return tuple(
        EdgeEntry(
            from_slug=professions[row.from_id].slug,
            to_slug=professions[row.to_id].slug,
            kind=row.kind,
            diploma=slugs.get(row.diploma_id) if row.diploma_id else None,
            duration_months=row.duration_months,
            verified=row.verified,
            data=freeze(row.data),
        )
        for row in db.session.scalars(select(MobilityEdge).order_by(MobilityEdge.position))
        if row.from_id in professions and row.to_id in professions
    )


def _read_reference() -> _Reference:
    professions = _read_professions()
    by_id = {entry.id: entry for entry in professions}
    diplomas = _read_diplomas()
    terms = _read_terms()
    return _Reference(
        professions=professions,
        by_slug={entry.slug: entry for entry in professions},
        by_id=by_id,
        diplomas=diplomas,
        terms=terms,
        terms_by_slug={(t.kind, t.slug): t for entries in terms.values() for t in entries},
        labels={(t.kind, t.slug): t.label for entries in terms.values() for t in entries},
        edges=_read_edges(by_id, diplomas),
        sources={
            row.code: SourceEntry(
                row.code, row.title, row.url, row.reliability, row.data.get("text_date")
            )
            for row in db.session.scalars(select(Source).order_by(Source.position))
        },
    )


REFERENCE: Snapshot[_Reference] = Snapshot("professions", _read_reference)


def professions() -> tuple[ProfessionEntry, ...]:
    """Return the professions in the order of display."""
    return REFERENCE.get().professions


def profession_by_slug(slug: str) -> ProfessionEntry | None:
    """Return a profession by its slug."""
    return REFERENCE.get().by_slug.get(slug)


def profession_by_id(profession_id: int) -> ProfessionEntry | None:
    """Return a profession by the id of its row."""
    return REFERENCE.get().by_id.get(profession_id)


def diplomas() -> tuple[DiplomaEntry, ...]:
    """Return the diplomas in the order of display."""
    return REFERENCE.get().diplomas


def terms(kind: str) -> tuple[TermEntry, ...]:
    """Return the terms of a list (a TermKind) in the order of display."""
    return REFERENCE.get().terms.get(kind, ())


def term(kind: str, slug: str) -> TermEntry | None:
    """Return one term of a list."""
    return REFERENCE.get().terms_by_slug.get((kind, slug))


def term_label(kind: str, slug: str) -> str:
    """Return the label of a term; the slug itself when the list has no such term."""
    return label_of_terms()(kind, slug)


def label_of_terms() -> Callable[[str, str], str]:
    """Return `term_label` as it is now, for those who ask it many times in a row."""
    return REFERENCE.get().label


def mobility_edges(
    from_slug: str | None = None, to_slug: str | None = None
) -> tuple[EdgeEntry, ...]:
    """Return the moves from and to the professions given; None stands for any."""
    return tuple(
        edge
        for edge in REFERENCE.get().edges
        if from_slug in (None, edge.from_slug) and to_slug in (None, edge.to_slug)
    )


def sources() -> Mapping[str, SourceEntry]:
    """Return the sources by code."""
    return REFERENCE.get().sources


def newest_text(cited: Iterable[SourceEntry]) -> str | None:
    """Return the date of the newest of the texts cited, if one is known."""
    return max((source.text_date for source in cited if source.text_date), default=None)


@cache
def _vocabulary_file() -> Mapping[str, Any]:
    path = Path(__file__).parent / "data" / "vocabulary.json"
    return MappingProxyType(json.loads(path.read_text(encoding="utf-8")))


def vocabulary() -> Vocabulary:
    """Return the synonyms, acronyms, stop words and misspellings, as people type them."""
    written = _vocabulary_file()
    acronyms: dict[str, list[str]] = defaultdict(list)
    for profession in professions():
        for name in profession.names:
            if name.kind == NameKind.ACRONYM:
                acronyms[name.normalised].append(profession.slug)
    return Vocabulary(
        synonyms=tuple(
            SynonymGroup(**(group | {"terms": tuple(group["terms"])}))
            for group in written["synonyms"]
        ),
        acronyms={acronym: tuple(slugs) for acronym, slugs in acronyms.items()},
        stop_words=tuple(written["stop_words"]),
        empty_words=tuple(written["empty_words"]),
        misspellings={pair["typed"]: pair["meant"] for pair in written["misspellings"]},
        meanings=tuple(written["meanings"]),
        choices=tuple(written["choices"]),
        outside=tuple(written["outside"]),
    )
