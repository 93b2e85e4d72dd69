"""The rules that judge an offer for a query, and the measures made of the grades.

A query says what its author wishes; an offer has its truth; the grade follows from both, never from
what an engine found. All the rules are in `grade`.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from app.geography.queries import Place, find_place, haversine_km, normalise
from tools.relevance_corpus import Truth

NEAR_KM, WITHIN_KM, TOO_FAR_KM = 10.0, 20.0, 45.0
DEPTH, FIRST = 10, 3
# Wishes of a query, by the name they have in the files.
FACETS = ("profession", "workplace", "schedule", "contract", "public", "kind")
OTHERS = ("place", "diploma", "employer", "expects")


@dataclass(frozen=True)
class Query:
    """What someone types, and what she wishes. `expects`: "absent" or "nothing", else empty."""

    category: str
    text: str
    # Facet -> values, any of which answers.
    wishes: Mapping[str, frozenset[str]] = field(default_factory=dict)
    place: Place | None = None
    no_diploma: bool = False
    employer: str = ""
    expects: str = ""


def read_queries(path: Path) -> list[Query]:
    """Read queries: « [category] » lines, then « what is typed | wish:value,value wish:value »."""
    found: list[Query] = []
    category = ""
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        line = line.strip()
        if not line or line.startswith("#"):
            continue
        if line.startswith("["):
            category = line.strip("[]")
            continue
        text, _bar, wishes = line.partition("|")
        try:
            found.append(_query(category, text.strip(), wishes.split()))
        except ValueError as error:
            raise ValueError(f"{path.name}, ligne {number} : {error}") from error
    return found


def _query(category: str, text: str, pairs: Iterable[str]) -> Query:
    wishes: dict[str, frozenset[str]] = {}
    others: dict[str, str] = {}
    for pair in pairs:
        name, _colon, value = pair.partition(":")
        if not value or name not in FACETS + OTHERS:
            raise ValueError(f"souhait inconnu : {pair}")
        if name in FACETS:
            wishes[name] = frozenset(value.split(","))
        else:
            others[name] = value.replace("_", " ")
    place = find_place(others["place"]) if "place" in others else None
    if "place" in others and place is None:
        raise ValueError(f"lieu inconnu : {others['place']}")
    return Query(
        category=category,
        text=text,
        wishes=wishes,
        place=place,
        no_diploma=others.get("diploma") == "none",
        employer=normalise(others.get("employer", "")),
        expects=others.get("expects", ""),
    )


def read_close(path: Path) -> dict[str, frozenset[str]]:
    """Read groups of close professions: someone who looks for one may take another."""
    close: dict[str, set[str]] = {}
    for group in json.loads(path.read_text(encoding="utf-8"))["close"]:
        for slug in group:
            close.setdefault(slug, set()).update(group)
    return {slug: frozenset(others - {slug}) for slug, others in close.items()}


def grade(query: Query, truth: Truth, close: Mapping[str, frozenset[str]]) -> int:
    """Return how well an offer answers: 3 entirely, 2 well, 1 a little, 0 not at all.

    3: every wish is met, and the place wished, if any, is at most 10 km away.
    2: every wish is met, 10 to 20 km away; or the profession is right and one wish is not met.
    1: the profession is right and two wishes are not met, or it is close and all the rest is met;
       without a profession wished, one wish among several is not met.
    0: anything else, and whatever is more than 45 km from the place wished, asks for a diploma of
       someone who has none, or is not of the structure named.
    Another kind than the one named (a job for a training) is at best 1.
    """
    if query.expects:
        return 0
    if query.employer and query.employer not in normalise(truth.employer):
        return 0
    if query.no_diploma and truth.open_to_all is False:
        return 0
    distance = _distance(query.place, truth)
    if distance > TOO_FAR_KM:
        return 0
    missed = missed_wishes(query, truth)
    most = 1 if "kind" in missed else 3
    if "profession" in query.wishes:
        return min(most, _with_profession(query, truth, missed, distance, close))
    if not missed:
        return min(most, 3 if distance <= NEAR_KM else 2)
    return int(len(missed) == 1 and _count(query) > 1)


def _with_profession(
    query: Query,
    truth: Truth,
    missed: Sequence[str],
    distance: float,
    close: Mapping[str, frozenset[str]],
) -> int:
    if "profession" in missed:
        others = frozenset().union(*(close.get(s, ()) for s in query.wishes["profession"]))
        return int(len(missed) == 1 and bool(others & truth.professions))
    if not missed:
        return 3 if distance <= NEAR_KM else 2
    return max(3 - len(missed), 0)


def missed_wishes(query: Query, truth: Truth) -> list[str]:
    """Return the names of the wishes that an offer does not meet."""
    values = {
        "profession": truth.professions,
        "workplace": {truth.workplace},
        "schedule": truth.schedules,
        "contract": {truth.contract},
        "public": truth.publics,
        "kind": {truth.kind},
    }
    missed = [name for name, wished in query.wishes.items() if not wished & values[name]]
    if query.no_diploma and not truth.open_to_all:
        missed.append("diploma")
    if _distance(query.place, truth) > WITHIN_KM:
        missed.append("place")
    return missed


def _count(query: Query) -> int:
    others = (query.place is not None, query.no_diploma, bool(query.employer))
    return len(query.wishes) + sum(others)


def _distance(place: Place | None, truth: Truth) -> float:
    if place is None:
        return 0.0
    if truth.commune == place.code:
        return 0.0
    return haversine_km(place.latitude, place.longitude, truth.latitude, truth.longitude)


def ndcg(grades: Sequence[int], ideal: Sequence[int], depth: int = DEPTH) -> float:
    """Return the normalised discounted gain of `grades`, `ideal` being the grades of all offers."""
    best = _gain(sorted(ideal, reverse=True)[:depth])
    return _gain(grades[:depth]) / best if best else 0.0


def _gain(grades: Sequence[int]) -> float:
    return sum((2**one - 1) / math.log2(rank + 2) for rank, one in enumerate(grades))


def succeeds(grades: Sequence[int], ideal: Sequence[int], first: int = FIRST) -> bool:
    """Return whether one of the first answers is good: graded 2, or as well as anything can be."""
    return max(grades[:first], default=0) >= min(2, max(ideal, default=0) or 1)
