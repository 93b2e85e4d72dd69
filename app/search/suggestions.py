"""Suggestions while one types: professions, diplomas, structures and places, from memory.

Each process keeps one index: names come from the reference base, the structures and what is open
from the database. Built before the first visitor, then again beside those who type, who never wait.
"""

from __future__ import annotations

import datetime as dt
import heapq
import threading
import time
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import structlog
from flask import Flask, current_app
from sqlalchemy import Subquery, func, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import InstrumentedAttribute

from app.core.database import db, reads_only
from app.core.filters import number
from app.core.i18n import _, plural
from app.geography.queries import suggest_places
from app.listings.models import Listing
from app.listings.queries import is_open
from app.organisations.enums import OrganisationStatus
from app.organisations.models import Organisation
from app.professions import queries as reference
from app.professions.models import Profession
from app.search.reading import normalise, stem
from app.search.vocabulary import SearchWords, reference_words, search_words

log = structlog.get_logger()

KINDS = ("profession", "diploma", "structure", "place")
SHORTEST, LONGEST = 2, 80
MAX_WORDS = 6
# What each kind may take of a full list; what one leaves goes to the others, in this order.
_SHARES = {"profession": 4, "diploma": 1, "structure": 2, "place": 1}
# A shorter word with one letter wrong is another word.
TOLERATED_FROM = 5
KEPT_SECONDS = 60.0
# The index of many listings takes seconds to build: it is kept long enough to cost next to nothing.
KEPT_BUILDS = 100


@dataclass(frozen=True, slots=True)
class Suggestion:
    """One line under the field. `value`: words of a search, slug of a structure, label of a place.

    `hint`: what tells it apart: the other name that matched, the number of open listings.
    """

    kind: str
    value: str
    label: str
    hint: str = ""


class _Entry(NamedTuple):
    """A thing to suggest. `listings`: what is open for it, which orders entries of a kind."""

    value: str
    label: str
    listings: int


class _Name(NamedTuple):
    entry: int
    words: tuple[str, ...]
    shown: str
    is_label: bool


@dataclass(slots=True)
class _Names:
    """The names of one kind, found by the first letters of any of their words."""

    entries: list[_Entry]
    names: list[_Name]
    postings: list[tuple[str, int]] = field(init=False)
    whole: dict[tuple[str, ...], list[int]] = field(init=False)

    def __post_init__(self) -> None:
        self.whole = {}
        for rank, name in enumerate(self.names):
            self.whole.setdefault(name.words, []).append(rank)
        self.postings = sorted(
            {(word, rank) for rank, name in enumerate(self.names) for word in name.words}
        )

    def find(self, typed: Sequence[str], limit: int, *, tolerant: bool = False) -> list[_Name]:
        """Return the best name of each entry: whole names, labels, other names; busiest first."""
        found: set[int] | None = None
        # The longest word leaves the least to look at.
        for word in sorted(typed, key=len, reverse=True):
            ranks = self._starting(word) if found is None else self._among(found, word)
            if not ranks and tolerant and len(word) >= TOLERATED_FROM:
                ranks = self._close(word, found)
            found = ranks
            if not found:
                return []
        return self._best(found or set(), tuple(typed), limit)

    def _best(self, ranks: Iterable[int], typed: tuple[str, ...], limit: int) -> list[_Name]:
        best: dict[int, tuple[tuple[Any, ...], _Name]] = {}
        for rank in ranks:
            name = self.names[rank]
            entry = self.entries[name.entry]
            order = (name.words != typed, not name.is_label, -entry.listings, rank)
            if name.entry not in best or order < best[name.entry][0]:
                best[name.entry] = (order, name)
        return [name for _order, name in heapq.nsmallest(limit, best.values())]

    def _starting(self, word: str) -> set[int]:
        found: set[int] = set()
        for start in {word, stem(word)}:
            at = bisect_left(self.postings, (start, -1))
            while at < len(self.postings) and self.postings[at][0].startswith(start):
                found.add(self.postings[at][1])
                at += 1
            if found:
                break
        return found

    def _among(self, ranks: set[int], word: str) -> set[int]:
        starts = (word, stem(word))
        return {rank for rank in ranks if any(w.startswith(starts) for w in self.names[rank].words)}

    def _close(self, word: str, among: set[int] | None) -> set[int]:
        return {
            rank
            for known, rank in self.postings
            if (among is None or rank in among) and starts_nearly(known, word)
        }


def starts_nearly(known: str, typed: str) -> bool:
    """Return whether `known` starts with `typed` but for one letter wrong, missing, more or moved.

    The first letter is always right: it is almost never the one mistyped.
    """
    if known[:1] != typed[:1]:
        return False
    at = next((i for i, (a, b) in enumerate(zip(known, typed, strict=False)) if a != b), None)
    if at is None:
        return known.startswith(typed) or (typed.startswith(known) and len(typed) == len(known) + 1)
    rest = typed[at + 1 :]
    return (
        known.startswith(rest, at + 1)
        or known.startswith(rest, at)
        or known.startswith(typed[at:], at + 1)
        or (known[at : at + 2] == typed[at : at + 2][::-1] and known.startswith(rest[1:], at + 2))
    )


@dataclass(frozen=True, slots=True)
class _Index:
    professions: _Names
    diplomas: _Names
    structures: _Names


class _Kept(NamedTuple):
    engine: Any
    words: SearchWords
    until: float
    names: _Index


_lock = threading.Lock()
_kept: _Kept | None = None


def suggest(text: str, now: dt.datetime, kind: str = "all", limit: int = 8) -> list[Suggestion]:
    """Return what `text` may become, grouped by kind in the order of KINDS; [] under 2 letters.

    Accents, hyphens, feminine and masculine do not count. Only names of professions are found
    with one letter wrong.
    """
    typed = normalise(text[:LONGEST]).split()[:MAX_WORDS]
    if len("".join(typed)) < SHORTEST:
        return []
    index = _index(now)
    wanted = KINDS if kind == "all" else (kind,)
    found = {one: _of_kind(one, text, typed, index, limit) for one in wanted}
    room = {one: min(len(found[one]), _SHARES[one] * limit // 8 or 1) for one in wanted}
    left = limit - sum(room.values())
    for one in wanted:
        more = max(0, min(left, len(found[one]) - room[one]))
        room[one] += more
        left -= more
    return [one for name in wanted for one in found[name][: room[name]]][:limit]


def structure_named(text: str, now: dt.datetime) -> tuple[str, str] | None:
    """Return the slug and the name of the one structure whose whole name is `text`."""
    key = tuple(normalise(text[:200]).split())
    structures = _index(now).structures
    ranks = structures.whole.get(key, [])
    if len(ranks) != 1:
        return None
    entry = structures.entries[structures.names[ranks[0]].entry]
    return entry.value, entry.label


def _of_kind(kind: str, text: str, typed: list[str], index: _Index, limit: int) -> list[Suggestion]:
    if kind == "place":
        return [Suggestion(kind, place.label, place.label) for place in _places(text, typed, limit)]
    names = {
        "profession": index.professions,
        "diploma": index.diplomas,
        "structure": index.structures,
    }[kind]
    found = names.find(typed, limit)
    if kind == "profession":
        found = _with_decided(found, typed, limit) or names.find(typed, limit, tolerant=True)
    return [_suggestion(kind, names.entries[name.entry], name) for name in found]


def _with_decided(found: list[_Name], typed: list[str], limit: int) -> list[_Name]:
    """Add the professions that the team has proposed for these words: few, they need no index."""
    words = search_words()
    if not words.proposed:
        return found
    known = {name.entry for name in found}
    ranks = {one.slug: rank for rank, one in enumerate(words.professions)}
    decided = {
        ranks[slug]: _Name(ranks[slug], tuple(name.split()), name, is_label=False)
        for slug, names in words.proposed.items()
        for name in names
        if all(any(w.startswith((t, stem(t))) for w in name.split()) for t in typed)
    }
    return [*found, *(name for rank, name in decided.items() if rank not in known)][:limit]


def _places(text: str, typed: list[str], limit: int) -> list[Any]:
    """Return the places that start so: shortened words are for the field of places."""
    return [
        place
        for place in suggest_places(text[:LONGEST], limit)
        if typed[0].isdigit()
        or all(any(w.startswith(t) for w in place.search_name.split()) for t in typed)
    ]


def _suggestion(kind: str, entry: _Entry, name: _Name) -> Suggestion:
    parts = [] if name.is_label else [name.shown]
    if entry.listings:
        count = number(entry.listings)
        parts.append(plural("%(n)s annonce", "%(n)s annonces", entry.listings, n=count))
    if kind == "structure":
        parts.append(_("voir la page"))
    return Suggestion(kind, entry.value, entry.label, " · ".join(parts))


def _index(now: dt.datetime) -> _Index:
    kept, words, engine = _kept, reference_words(), db.engine
    if kept is None or kept.engine is not engine or kept.words is not words:
        with _lock:
            kept = _kept
            if kept is None or kept.engine is not engine or kept.words is not words:
                kept = _build(words, engine, now)
    elif kept.until < time.monotonic() and _lock.acquire(blocking=False):
        app = current_app._get_current_object()  # type: ignore[attr-defined]
        build = threading.Thread(target=_build_again, args=(app, now), name="suggestions")
        build.daemon = True
        build.start()
    return kept.names


def _build_again(app: Flask, now: dt.datetime) -> None:
    reads_only.set(True)
    try:
        with app.app_context():
            _build(reference_words(), db.engine, now)
    except SQLAlchemyError as error:
        log.warning("suggestions_kept_old", error=type(error).__name__)
    finally:
        _lock.release()


def _build(words: SearchWords, engine: Any, now: dt.datetime) -> _Kept:
    global _kept
    started = time.monotonic()
    counts = _open_by_profession(now)
    index = _Index(_professions(words, counts), _diplomas(), _structures(now))
    ended = time.monotonic()
    until = ended + max(KEPT_SECONDS, KEPT_BUILDS * (ended - started))
    _kept = _Kept(engine, words, until, index)
    return _kept


def _open_by(column: InstrumentedAttribute[int | None], now: dt.datetime) -> Subquery:
    """Count what is open for each value of a column, from an index alone."""
    query = select(column.label("id"), func.count().label("total")).where(is_open(now))
    return query.group_by(column).subquery()


def _open_by_profession(now: dt.datetime) -> dict[str, int]:
    counts = _open_by(Listing.profession_id, now)
    rows = db.session.execute(
        select(Profession.slug, counts.c.total).join(counts, counts.c.id == Profession.id)
    )
    return {row[0]: row[1] for row in rows}


def _professions(words: SearchWords, counts: dict[str, int]) -> _Names:
    entries, names = [], []
    for rank, one in enumerate(words.professions):
        entries.append(_Entry(one.label, one.label, counts.get(one.slug, 0)))
        labels = (one.label, one.label_feminine, one.label_masculine)
        shown = [(label, True) for label in labels]
        shown += [(name, False) for name in words.profession_names[one.slug]]
        seen: set[tuple[str, ...]] = set()
        for name, is_label in shown:
            key = tuple(normalise(name).split())
            if key and key not in seen:
                seen.add(key)
                names.append(_Name(rank, key, name, is_label))
    return _Names(entries, [*names, *_acronyms(words)])


def _acronyms(words: SearchWords) -> list[_Name]:
    """Return the names that mean several professions: each of them is proposed."""
    ranks = {one.slug: rank for rank, one in enumerate(words.professions)}
    return [
        _Name(ranks[slug], (typed,), row["terms"][0], is_label=False)
        for row in words.vocabulary.choices
        for typed in {normalise(term) for term in row["terms"]}
        if typed and " " not in typed
        for slug in row["professions"]
        if slug in ranks
    ]


def _diplomas() -> _Names:
    entries, names = [], []
    for rank, one in enumerate(reference.diplomas()):
        entries.append(_Entry(one.label, one.label, 0))
        for name, is_label in ((one.label, True), (one.acronym or "", False)):
            if key := tuple(normalise(name).split()):
                names.append(_Name(rank, key, name, is_label))
    return _Names(entries, names)


def _structures(now: dt.datetime) -> _Names:
    counts = _open_by(Listing.organisation_id, now)
    rows = db.session.execute(
        select(Organisation.slug, Organisation.name, counts.c.total)
        .join(counts, counts.c.id == Organisation.id)
        .where(Organisation.status == OrganisationStatus.VERIFIED)
        .order_by(Organisation.name, Organisation.id)
    ).all()
    entries = [_Entry(slug, name, total) for slug, name, total in rows]
    keys = [tuple(normalise(entry.label).split()) for entry in entries]
    return _Names(
        entries,
        [
            _Name(rank, key, entries[rank].label, is_label=True)
            for rank, key in enumerate(keys)
            if key
        ],
    )
