"""The search of the database: less clever, always there; same criteria, filters and counts."""

from __future__ import annotations

import datetime as dt
import math
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import ColumnElement, and_, case, func, or_, select

from app.core.database import db
from app.geography.queries import Place
from app.search import filters
from app.search.criteria import DURATIONS, SearchCriteria
from app.search.models import SearchEntry
from app.search.reading import Reading
from app.search.results import Hit, SearchResults

KM_PER_DEGREE = 111.195
# Further words change little and each one reads the whole text of every listing again.
MAX_WORDS = 5


def search(criteria: SearchCriteria, understood: Reading, now: dt.datetime) -> SearchResults:
    """Return one page of results from `search_entry`, in two queries."""
    base = _conditions(criteria, understood, now)
    chosen = filters.facet_values(criteria)
    signatures = db.session.execute(
        select(SearchEntry.tags, func.count()).where(*base).group_by(SearchEntry.tags)
    )
    total, facets = _count(signatures, chosen)
    return SearchResults(
        total=total,
        page=criteria.page,
        per_page=criteria.per_page,
        engine="database",
        hits=_page(criteria, understood, [*base, *_chosen(chosen)]) if total else [],
        facets=facets,
        degraded=True,
        understood=understood.professions,
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
        found.append(_near(criteria, criteria.place))
    if criteria.duration:
        low, high = DURATIONS[criteria.duration]
        found.append(and_(SearchEntry.duration_months >= low, SearchEntry.duration_months < high))
    if understood.professions:
        found.append(
            or_(*(SearchEntry.professions.like(f"% {slug} %") for slug in understood.professions))
        )
    # Words hold nothing but letters and digits: LIKE sees no wildcard in them.
    found += [SearchEntry.words.like(f"% {word}%") for word in understood.words[:MAX_WORDS]]
    return found


def _chosen(chosen: Mapping[str, Iterable[str]]) -> list[ColumnElement[bool]]:
    return [
        or_(*(SearchEntry.tags.like(f"% {name}:{value} %") for value in values))
        for name, values in chosen.items()
    ]


def _near(criteria: SearchCriteria, place: Place) -> ColumnElement[bool]:
    """In the commune, or in the circle; the box around the circle lets the index work."""
    high = criteria.radius_km / KM_PER_DEGREE
    wide = high / max(math.cos(math.radians(place.latitude)), 0.01)
    inside = and_(
        SearchEntry.latitude.between(place.latitude - high, place.latitude + high),
        SearchEntry.longitude.between(place.longitude - wide, place.longitude + wide),
        _squared_km(place) <= criteria.radius_km**2,
    )
    return or_(inside, SearchEntry.commune_code.in_(filters.place_codes(criteria)))


def _squared_km(place: Place) -> ColumnElement[float]:
    """On a plane: within 100 km the error is under 0.5 %, and no database needs trigonometry."""
    north = (SearchEntry.latitude - place.latitude) * KM_PER_DEGREE
    east = (SearchEntry.longitude - place.longitude) * (
        KM_PER_DEGREE * math.cos(math.radians(place.latitude))
    )
    return north * north + east * east


def _page(
    criteria: SearchCriteria, understood: Reading, conditions: list[ColumnElement[bool]]
) -> list[Hit]:
    order: list[Any] = [SearchEntry.published_at.desc(), SearchEntry.listing_id.desc()]
    if criteria.sort == "distance" and criteria.place:
        order.insert(0, func.coalesce(_squared_km(criteria.place), 1e9))
    elif criteria.sort == "relevance" and understood.words:
        in_title = and_(
            *(SearchEntry.strong.like(f"% {word}%") for word in understood.words[:MAX_WORDS])
        )
        order.insert(0, case((in_title, 0), else_=1))
    rows = db.session.execute(
        select(
            SearchEntry.listing_id,
            SearchEntry.version,
            SearchEntry.latitude,
            SearchEntry.longitude,
        )
        .where(*conditions)
        .order_by(*order)
        .limit(criteria.per_page)
        .offset((criteria.page - 1) * criteria.per_page)
    )
    return [
        Hit(
            listing_id=row.listing_id,
            version=row.version,
            distance_km=(
                filters.distance(criteria.place, row.latitude, row.longitude)
                if criteria.place and row.latitude is not None
                else None
            ),
        )
        for row in rows
    ]


def _count(
    signatures: Iterable[tuple[str, int]], chosen: Mapping[str, Iterable[str]]
) -> tuple[int, dict[str, dict[str, int]]]:
    """Return the total, and for each facet the counts that ignore its own choice."""
    wanted = {name: {f"{name}:{value}" for value in values} for name, values in chosen.items()}
    counts: dict[str, Counter[str]] = {name: Counter() for name in filters.ATTRIBUTES}
    total = 0
    for signature, number in signatures:
        tags = signature.split()
        failed = [name for name, values in wanted.items() if values.isdisjoint(tags)]
        if not failed:
            total += number
        elif len(failed) > 1:
            continue
        for tag in tags:
            name, _colon, value = tag.partition(":")
            if not failed or failed[0] == name:
                counts[name][value] += number
    return total, {name: dict(counter) for name, counter in counts.items()}
