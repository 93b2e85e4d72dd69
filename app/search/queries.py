"""Searching: the engine when it is well, the database otherwise, by the same criteria.

What comes out is identifiers and versions. The page reads the listings themselves in the database,
which alone decides what is shown.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from app.core.load import is_crowded
from app.search import fallback, filters, ranking, reasons, rescues
from app.search.client import EngineError, SearchBusyError, SearchNotReadyError, engine
from app.search.criteria import SearchCriteria
from app.search.guard import entries_are_whole, index_is_whole
from app.search.marks import asked
from app.search.ranking import Found
from app.search.reading import Reading
from app.search.results import Proposal, Rescue, SearchResults
from app.search.servers import ask
from app.search.understanding import told, understand
from app.search.vocabulary import UNSAID, search_words

_FACET_OF = {attribute: name for name, attribute in filters.ATTRIBUTES.items()}


def search(criteria: SearchCriteria, now: dt.datetime) -> SearchResults:
    """Return one page of what answers `criteria` at the instant `now`.

    One round trip to the engine; `engine` and `degraded` of the answer say who answered. Raises
    SearchBusyError when this process has too many searches going on, or a crowd waiting, and
    SearchNotReadyError when neither the engine nor the database's own search is filled yet.
    """
    if is_crowded():
        raise SearchBusyError
    criteria = told(criteria)
    understood = understand(criteria)

    def answer() -> SearchResults:
        results = _from_engine(criteria, understood, now)
        if results.total:
            return results
        # An index that was just emptied answers too: nothing found is worth a second look, and a
        # second question, for the index may have come back between the first one and the look.
        if not index_is_whole(now, fresh=True):
            raise EngineError("not_whole")
        return _from_engine(criteria, understood, now)

    try:
        return ask(now, answer)
    except EngineError:
        results = fallback.search(criteria, understood, now)
        if not results.total and not entries_are_whole(now):
            raise SearchNotReadyError from None
        return results


def _from_engine(criteria: SearchCriteria, understood: Reading, now: dt.datetime) -> SearchResults:
    queries = engine_queries(criteria, understood, now)
    answers = engine().multi_search(queries)
    main = answers[0]
    counts = dict(main["facetDistribution"])
    without = {}
    for name, answer in zip(filters.facet_values(criteria), answers[1:], strict=True):
        counts |= answer["facetDistribution"]
        without[name] = answer["totalHits"]
    return SearchResults(
        total=main["totalHits"],
        page=criteria.page,
        per_page=criteria.per_page,
        engine="meilisearch",
        hits=reasons.shown(list(_found(main["hits"], criteria)), criteria, understood, now),
        facets={_FACET_OF[attribute]: values for attribute, values in counts.items()},
        reading=understood,
        without=without,
    )


def engine_queries(
    criteria: SearchCriteria, understood: Reading, now: dt.datetime
) -> list[dict[str, Any]]:
    """Return the questions of one search: the page, then a count for each facet in use.

    A facet in use is counted apart, without its own filter: its other values would show nothing.
    """
    base = filters.base_filters(criteria, understood.named, now)
    chosen = filters.facet_values(criteria)
    chosen_filters = {
        name: filters.among(filters.ATTRIBUTES[name], values) for name, values in chosen.items()
    }
    words = asked(understood)
    main: dict[str, Any] = {
        "q": words,
        "filter": [*base, *chosen_filters.values()],
        "facets": [a for name, a in filters.ATTRIBUTES.items() if name not in chosen],
        "attributesToRetrieve": _retrieved(criteria, understood),
        "page": criteria.page,
        "hitsPerPage": criteria.per_page,
    }
    if window := ranking.window_of(criteria):
        # Without words every score is the same.
        main |= {"page": 1, "hitsPerPage": window, "showRankingScore": bool(words)}
    if order := _order(criteria):
        main["sort"] = [order]
    counts = [
        {
            "q": words,
            "filter": [*base, *(f for other, f in chosen_filters.items() if other != name)],
            "facets": [filters.ATTRIBUTES[name]],
            "page": 1,
            "hitsPerPage": 0,
        }
        for name in chosen
    ]
    return [main, *counts]


def rescue(
    criteria: SearchCriteria, now: dt.datetime, found: int = 0, *, degraded: bool = False
) -> Rescue:
    """Return searches close to one that finds nothing or little, each with what it finds.

    A wider radius, one filter less, fewer words, a close profession, a training: one round trip.
    `degraded`: the engine did not answer that search, and is not waited for a second time.
    """
    criteria = told(criteria)
    proposals = rescues.ideas(criteria, understand(criteria), search_words(), found)
    if not proposals:
        return Rescue()
    try:
        if degraded:
            raise EngineError("degraded")
        totals = ask(now, lambda: _engine_totals(proposals, now))
    except EngineError:
        proposals = proposals[: rescues.MAX_DATABASE_IDEAS]
        totals = [
            fallback.count(idea.criteria, understand(idea.criteria), now) for idea in proposals
        ]
    return rescues.useful(proposals, totals, found)


def totals(searches: Sequence[SearchCriteria], now: dt.datetime) -> list[int]:
    """Return how many listings each search finds: one round trip, or one query each."""
    if not searches:
        return []
    try:
        answers = ask(
            now, lambda: engine().multi_search([_count_query(one, now) for one in searches])
        )
    except EngineError:
        return [fallback.count(one, understand(one), now) for one in searches]
    return [answer["totalHits"] for answer in answers]


def _engine_totals(proposals: Sequence[Proposal], now: dt.datetime) -> list[int]:
    """Return how many listings each proposal finds, in one round trip."""
    answers = engine().multi_search(rescue_queries(proposals, now))
    # An empty index knows no facet at all.
    facets = answers[-1].get("facetDistribution") or {}
    by_profession = facets.get(filters.ATTRIBUTES["profession"]) or {}
    totals = iter(answer["totalHits"] for answer in answers)
    return [
        by_profession.get(idea.value, 0) if idea.reason == "profession" else next(totals)
        for idea in proposals
    ]


def rescue_queries(proposals: Sequence[Proposal], now: dt.datetime) -> list[dict[str, Any]]:
    """Return the questions that count what each proposal finds.

    Close professions are the facet of the last question: six of them cost as much as one.
    """
    apart = [idea for idea in proposals if idea.reason != "profession"]
    close = [idea for idea in proposals if idea.reason == "profession"]
    queries = [_count_query(idea.criteria, now) for idea in apart]
    if close:
        together = close[0].criteria.but(professions=tuple(idea.value for idea in close))
        queries.append(_count_query(together, now) | {"facets": [filters.ATTRIBUTES["profession"]]})
    return queries


def _count_query(criteria: SearchCriteria, now: dt.datetime) -> dict[str, Any]:
    understood = understand(criteria)
    chosen = filters.facet_values(criteria).items()
    return {
        "q": asked(understood),
        "filter": [
            *filters.base_filters(criteria, understood.named, now),
            *(filters.among(filters.ATTRIBUTES[name], values) for name, values in chosen),
        ],
        "page": 1,
        "hitsPerPage": 0,
    }


def _order(criteria: SearchCriteria) -> str | None:
    if criteria.sort == "distance" and criteria.place:
        return f"_geoPoint({criteria.place.latitude:.6f}, {criteria.place.longitude:.6f}):asc"
    return {"date": "published_at:desc", "answer": "answer_rank:asc"}.get(criteria.sort)


def _retrieved(criteria: SearchCriteria, understood: Reading) -> list[str]:
    """Return what the order and its reasons need of each hit, and nothing more."""
    needed = ["id", "version", "published_at", "answer_rank", "demand"]
    if criteria.place:
        needed.append("_geo")
    if understood.named:
        needed.append("reads")
    return needed + [filters.ATTRIBUTES[name] for name in _may_be_unsaid(criteria)]


def _may_be_unsaid(criteria: SearchCriteria) -> list[str]:
    """Return the facets in use that let through what says nothing about them."""
    return [name for name, values in filters.facet_values(criteria).items() if UNSAID in values]


def _found(hits: Iterable[dict[str, Any]], criteria: SearchCriteria) -> Iterator[Found]:
    place = criteria.place
    may_be_unsaid = [(name, filters.ATTRIBUTES[name]) for name in _may_be_unsaid(criteria)]
    for hit in hits:
        position = hit.get("_geo") if place else None
        yield Found(
            hit["id"],
            hit["version"],
            hit.get("_rankingScore", 1.0),
            hit["published_at"],
            filters.distance(place, position["lat"], position["lng"])
            if place and position
            else None,
            hit.get("answer_rank"),
            hit.get("demand"),
            tuple(hit.get("reads", ())),
            tuple(name for name, attribute in may_be_unsaid if hit[attribute] == UNSAID),
        )
