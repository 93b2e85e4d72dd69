"""The search of the database: less clever, always there; same criteria, filters and counts."""

from __future__ import annotations

import datetime as dt
import heapq
import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain
from typing import Any, cast

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    String,
    and_,
    any_,
    case,
    func,
    literal,
    or_,
    select,
)

from app.core.database import db
from app.geography.queries import circles
from app.search import filters, ranking, reasons
from app.search.criteria import DURATIONS, SearchCriteria
from app.search.marks import marks_asked
from app.search.models import SearchEntry
from app.search.ranking import Found
from app.search.reading import Reading
from app.search.results import Hit, SearchResults
from app.search.vocabulary import UNSAID

_POSITION = (SearchEntry.latitude, SearchEntry.longitude)
# Further words change little.
MAX_WORDS = 5
FAR_KM = 1e9
# After the worst of the organisations that are measured.
UNKNOWN_RANK = 10_000
MAX_HEAP = 200

_FOUND = (
    SearchEntry.listing_id,
    SearchEntry.version,
    SearchEntry.published_at,
    SearchEntry.latitude,
    SearchEntry.longitude,
    SearchEntry.answer_rank,
    SearchEntry.demand,
    SearchEntry.professions,
    SearchEntry.tags,
)

# What is read of each listing that answers: (order, -date, -id, tags), ready to be sorted.
Row = tuple[float, int, int, str]


def search(criteria: SearchCriteria, understood: Reading, now: dt.datetime) -> SearchResults:
    """Return one page of results, in two queries: one reading of the table, then the page."""
    rows = _matching(criteria, understood, now)
    kept, facets, without = _sort_out(rows, filters.facet_values(criteria))
    window = ranking.window_of(criteria)
    start = 0 if window else (criteria.page - 1) * criteria.per_page
    end = window or start + criteria.per_page
    # A first page needs no complete sorting.
    best = heapq.nsmallest(end, kept) if end <= MAX_HEAP else sorted(kept)[:end]
    return SearchResults(
        total=len(kept),
        page=criteria.page,
        per_page=criteria.per_page,
        engine="database",
        hits=_hits(best[start:], criteria, understood, now),
        facets=facets,
        degraded=True,
        reading=understood,
        without=without,
    )


def count(criteria: SearchCriteria, understood: Reading, now: dt.datetime) -> int:
    """Return the number of listings that answer."""
    conditions = _conditions(criteria, understood, now)
    conditions += _chosen(filters.facet_values(criteria))
    return db.session.scalar(select(func.count()).select_from(SearchEntry).where(*conditions)) or 0


def _conditions(
    criteria: SearchCriteria, understood: Reading, now: dt.datetime
) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = [SearchEntry.closes_at > int(now.timestamp())]
    if after := criteria.published_after(now):
        found.append(SearchEntry.published_at >= int(after.timestamp()))
    if criteria.place:
        found.append(_among_communes(filters.area_codes(criteria)))
    if criteria.duration:
        low, high = DURATIONS[criteria.duration]
        found.append(and_(SearchEntry.duration_months >= low, SearchEntry.duration_months < high))
    # Words and marks hold nothing but letters and digits: LIKE sees no wildcard in them.
    if understood.named:
        found.append(
            or_(*(SearchEntry.professions.like(f"% {slug} %") for slug in understood.named))
        )
    elif marks := marks_asked(understood):
        found.append(SearchEntry.words.like(f"% {marks[0]} %"))
    else:
        found += [SearchEntry.words.like(f"% {word}%") for word in understood.words[:MAX_WORDS]]
    return found


def _chosen(chosen: Mapping[str, Iterable[str]]) -> list[ColumnElement[bool]]:
    return [
        or_(*(SearchEntry.tags.like(f"% {name}:{value} %") for value in values))
        for name, values in chosen.items()
    ]


def _matching(criteria: SearchCriteria, understood: Reading, now: dt.datetime) -> list[Row]:
    """Return what answers, the facets left aside, ready to be put in order."""
    rows = db.session.execute(
        select(
            _order(criteria, understood),
            -SearchEntry.published_at,
            -SearchEntry.listing_id,
            SearchEntry.tags,
        ).where(*_conditions(criteria, understood, now))
    ).all()
    return cast("list[Row]", rows)


def _order(criteria: SearchCriteria, understood: Reading) -> ColumnElement[Any]:
    """Return what comes before the date: the distance, how the organisation
    answers, or the words being in the title."""
    if criteria.sort == "distance" and criteria.place:
        point = (criteria.place.latitude, criteria.place.longitude)
        return func.coalesce(circles.squared_km(*_POSITION, point), FAR_KM)
    if criteria.sort == "answer":
        return func.coalesce(SearchEntry.answer_rank, UNKNOWN_RANK)
    if criteria.sort == "relevance" and (understood.words or understood.meanings):
        return _lacking(understood)
    return literal(0)


def _lacking(understood: Reading) -> ColumnElement[Any]:
    """Return what a listing lacks of the wishes, then of the words, then of the words of titles."""
    words = understood.words[:MAX_WORDS]
    weighed = [
        *((SearchEntry.words.like(f"% {m.mark} %"), 4 * MAX_WORDS) for m in understood.meanings),
        *((SearchEntry.words.like(f"% {word}%"), 2) for word in words),
        *((SearchEntry.title_words.like(f"% {word}%"), 1) for word in words),
    ]
    return sum((case((said, 0), else_=weight) for said, weight in weighed), literal(0))


def _sort_out(
    rows: list[Row], chosen: Mapping[str, Iterable[str]]
) -> tuple[list[Row], dict[str, dict[str, int]], dict[str, int]]:
    """Return the rows that have the values chosen, and counts that ignore each facet's own.

    Then how many there are without what is chosen in each facet in use.
    """
    wanted = {
        name: tuple(f" {name}:{value} " for value in values) for name, values in chosen.items()
    }
    kept: list[Row] = []
    # Rows that lack the values of one facet only: they count in that facet.
    nearly: dict[str, list[Row]] = {name: [] for name in wanted}
    for row in rows if wanted else ():
        lacking = [name for name, tags in wanted.items() if not any(tag in row[3] for tag in tags)]
        if not lacking:
            kept.append(row)
        elif len(lacking) == 1:
            nearly[lacking[0]].append(row)
    kept = kept if wanted else rows
    facets: dict[str, dict[str, int]] = {name: {} for name in filters.ATTRIBUTES}
    _count(kept, facets)
    for name, others in nearly.items():
        _count(others, facets, only=name)
    return kept, facets, {name: len(kept) + len(others) for name, others in nearly.items()}


def _count(rows: Iterable[Row], facets: dict[str, dict[str, int]], only: str = "") -> None:
    counter = Counter(chain.from_iterable(row[3].split() for row in rows))
    for tag, number in counter.items():
        name, _colon, value = tag.partition(":")
        if only in ("", name):
            facets[name][value] = facets[name].get(value, 0) + number


def _among_communes(codes: Sequence[str]) -> ColumnElement[bool]:
    """Hundreds of codes as one parameter: one for each would cost more than the search."""
    if db.engine.dialect.name == "sqlite":
        listed = func.json_each(json.dumps(codes)).table_valued("value")
        return SearchEntry.commune_code.in_(select(listed.c.value))
    return SearchEntry.commune_code == any_(literal(list(codes), ARRAY(String)))


def _hits(
    rows: Sequence[Row], criteria: SearchCriteria, understood: Reading, now: dt.datetime
) -> list[Hit]:
    """Return the hits of a page out of `rows`: the window to put in order, or the page itself."""
    query = select(*_FOUND).where(SearchEntry.listing_id.in_([-row[2] for row in rows]))
    entries = {entry.listing_id: entry for entry in db.session.execute(query)}
    unsaid = [name for name, values in filters.facet_values(criteria).items() if UNSAID in values]
    found = [
        # What a listing lacks comes first in its row.
        _found(entries[-row[2]], -row[0], criteria, unsaid)
        for row in rows
        if -row[2] in entries
    ]
    return reasons.shown(found, criteria, understood, now)


def _found(entry: Any, score: float, criteria: SearchCriteria, unsaid: Iterable[str]) -> Found:
    distance = None
    if criteria.place and entry.latitude is not None:
        distance = filters.distance(criteria.place, entry.latitude, entry.longitude)
    return Found(
        listing_id=entry.listing_id,
        version=entry.version,
        score=score,
        published_at=entry.published_at,
        distance_km=distance,
        answer_rank=entry.answer_rank,
        demand=entry.demand,
        reads=tuple(entry.professions.split()),
        unsaid=tuple(name for name in unsaid if f" {name}:{UNSAID} " in entry.tags),
    )
