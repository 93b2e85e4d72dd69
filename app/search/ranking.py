"""The order of results by relevance: the words first, then what is fair among equal matches.

The engine gives its first sixty hits with a score of their words. Hits whose scores are close are
as good as each other: a bucket. Buckets keep their order whatever happens, so that nothing can bury
a match. Inside a bucket a sum of four things decides: how near, how fresh, how well the
organisation answers, and how few people apply. Nothing is ever measured on a person.

The weights and their reasons are in docs/search.md, « Ranking ».
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from app.search.criteria import SearchCriteria

# Hits put in order here; further pages follow the order of the engine. Each costs it time: of
# 100,000 listings, 60 take 2 ms less than 100, out of 10.
WINDOW = 60
# A score less than this under the best of its bucket says the same match.
BUCKET = 0.01

DISTANCE_WEIGHT = 0.40
FRESHNESS_WEIGHT = 0.25
ANSWER_WEIGHT = 0.20
NEED_WEIGHT = 0.15
# Where each part is worth half.
HALF_DISTANCE_KM = 10.0
HALF_AGE_DAYS = 21.0
HALF_DEMAND = 3.0
# What is not known neither helps nor harms.
NEUTRAL = 0.5
_HOUR = 3600


class Found(NamedTuple):
    """What is known of a listing that answers; `score` is how well its words do, at most 1.

    `demand`: applications received lately for each post; `reads`: professions read in it;
    `unsaid`: the facets in use about which it says nothing. None: not known.
    """

    listing_id: int
    version: int
    score: float
    published_at: int
    distance_km: float | None = None
    answer_rank: int | None = None
    demand: int | None = None
    reads: tuple[str, ...] = ()
    unsaid: tuple[str, ...] = ()


def window_of(criteria: SearchCriteria) -> int:
    """Return how many hits to put in order for this page, a whole number of pages; 0 for none."""
    if criteria.sort != "relevance":
        return 0
    window = WINDOW // criteria.per_page * criteria.per_page
    return window if criteria.page * criteria.per_page <= window else 0


def in_order(found: Sequence[Found], now: float) -> list[Found]:
    """Return hits that come the best match first in the order in which they are shown."""
    # Pages read within the same hour agree on what is fresh.
    hour = now // _HOUR * _HOUR
    keys = {}
    bucket, best = 0, found[0].score if found else 0.0
    for one in found:
        if one.score < best - BUCKET:
            bucket, best = bucket + 1, one.score
        keys[one.listing_id] = (bucket, -merit(one, hour), -one.published_at, -one.listing_id)
    return sorted(found, key=lambda one: keys[one.listing_id])


def merit(one: Found, now: float) -> float:
    """Return what places a listing among those that match as well, between 0 and 1."""
    return (
        DISTANCE_WEIGHT * _halved(one.distance_km, HALF_DISTANCE_KM)
        + FRESHNESS_WEIGHT * _halved(max(0.0, now - one.published_at) / 86_400, HALF_AGE_DAYS)
        + ANSWER_WEIGHT * answer_rate(one.answer_rank)
        + NEED_WEIGHT * _need(one.demand)
    )


def answer_rate(rank: int | None) -> float:
    """Return how many people an organisation answers to, out of one; see Measure.rank."""
    return NEUTRAL if rank is None else (10 - rank // 100) / 10


def _need(demand: int | None) -> float:
    """The first applications change much, the following ones little: nobody pays for success."""
    return NEUTRAL if demand is None else HALF_DEMAND / (HALF_DEMAND + demand)


def _halved(amount: float | None, half: float) -> float:
    return NEUTRAL if amount is None else float(0.5 ** (amount / half))
