"""The questions of the measures, as asked of the page and of the engine alone."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

import orjson
from flask import Flask

from app.core import clock
from app.search.client import Engine
from app.search.criteria import parse
from app.search.filters import ATTRIBUTES, among, facet_values
from app.search.queries import engine_queries, rescue_queries
from app.search.reading import read
from app.search.rescues import ideas
from app.search.vocabulary import search_words
from tools.bench_measures import Asked, Call

WORDS = (
    "aide soignante", "infirmier", "as", "éducateur spécialisé", "nuit", "ehpad",
    "auxiliaire de vie bron", "équipe bienveillante", "alzheimer", "infirmière de nuit",
    "résidence des tilleuls", "moniteur éducateur ime", "ash", "week-end", "domicile",
    "aide soigniante villeurbanne", "crèche", "accompagnant éducatif", "débutant", "planning",
)  # fmt: skip
PLACES = ("", "Lyon", "Bron", "Villeurbanne", "Grenoble", "69003", "Vienne", "")
FILTERS: tuple[dict[str, str], ...] = (
    {}, {"contrat": "cdi"}, {"type": "emploi"}, {"horaires": "nuit"}, {}, {"diplome": "sans"},
    {"tri": "date"}, {"etablissement": "ehpad"},
)  # fmt: skip


def questions(count: int = 200, seed: int = 3) -> list[dict[str, str]]:
    """Return varied searches, as parameters of the address."""
    chance = random.Random(seed)
    found = []
    for number in range(count):
        asked = {"q": WORDS[number % len(WORDS)], **chance.choice(FILTERS)}
        if place := chance.choice(PLACES):
            asked["ou"] = place
        found.append(asked)
    return found


def engine_calls(app: Flask, asked: Sequence[dict[str, str]]) -> list[Asked]:
    """Return the very searches that the page asks of the engine.

    One for each question, and a second one when nothing is found: what to propose instead.
    """
    engine: Engine = app.extensions["search_engines"][0]
    now = clock.now()
    headers = (
        ("Authorization", f"Bearer {app.config['MEILI_SERVERS'][0][1]}"),
        ("Content-Type", "application/json"),
    )

    def call(queries: Sequence[dict[str, Any]]) -> Call:
        body = {"queries": [{"indexUid": engine.index} | query for query in queries]}
        return Call("POST", "/multi-search", orjson.dumps(body), headers)

    found: list[Asked] = []
    words = search_words()
    for one in asked:
        criteria = parse(one)
        understood = read(criteria.q, words.lexicon)
        queries = engine_queries(criteria, understood, now)
        calls = [call(queries)]
        if not engine.multi_search(queries)[0]["totalHits"]:
            rescue = rescue_queries(ideas(criteria, understood, words), now)
            calls += [call(rescue)] if rescue else []
        found.append(tuple(calls))
    return found


def plain_engine_calls(app: Flask, asked: Sequence[dict[str, str]]) -> list[Asked]:
    """Return the same questions as most sites ask them of the engine, one call each.

    The words as typed, a circle around the place, four facets, highlighting and cropping.
    """
    engine: Engine = app.extensions["search_engines"][0]
    headers = (
        ("Authorization", f"Bearer {app.config['MEILI_SERVERS'][0][1]}"),
        ("Content-Type", "application/json"),
    )
    found: list[Asked] = []
    for one in asked:
        criteria = parse(one)
        chosen = facet_values(criteria).items()
        wanted = [among(ATTRIBUTES[name], values) for name, values in chosen]
        wanted.append(f"closes_at > {int(clock.now().timestamp())}")
        if place := criteria.place:
            at = f"{place.latitude}, {place.longitude}"
            wanted.append(f"_geoRadius({at}, {criteria.radius_km * 1000})")
        body = {
            "q": criteria.q,
            "filter": wanted,
            "facets": ["kind", "contract", "workplace", "diploma"],
            "attributesToHighlight": ["title"],
            "attributesToCrop": ["title"],
            "limit": criteria.per_page,
        }
        path = f"/indexes/{engine.index}/search"
        found.append((Call("POST", path, orjson.dumps(body), headers),))
    return found


def page_calls(asked: Sequence[dict[str, str]]) -> list[Asked]:
    """Return the same questions asked of the page."""
    headers = (("Accept", "text/html"), ("Accept-Encoding", "gzip"))
    return [(Call("GET", f"/recherche?{urlencode(one)}", None, headers),) for one in asked]


def suggestion_calls() -> list[Asked]:
    """Return what the field asks while somebody types, one call for each letter from the second."""
    typed = (*WORDS, *(place for place in PLACES if place))
    return [
        (Call("GET", f"/recherche/suggestions?{urlencode({'q': one[:length]})}"),)
        for one in typed
        for length in range(2, len(one) + 1)
    ]
