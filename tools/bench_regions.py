"""Measure one whole index against two servers that hold half of the listings each, by region.

    python -m tools.bench_regions [--listings 30000] [--questions 100]

Two ways of asking both: one question to the first, which asks the second (remote federated search);
or one to each, put together here. What they find is compared, then how long they take. This is the
way past one machine, see docs/scale.md: the site itself asks whole copies.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

import orjson

from app import create_app
from app.core import clock
from app.core.database import db
from app.geography.services import load_communes
from app.professions.services import load_reference
from app.search import indexing
from app.search.client import Engine, using
from app.search.criteria import parse
from app.search.documents import Document, all_documents
from app.search.queries import engine_queries
from app.search.settings import index_settings
from app.search.understanding import told, understand
from config import Config
from tools.bench_listings import add_listings
from tools.bench_questions import questions
from tools.environment import say
from tools.meilisearch import Meilisearch

# The departments of the west: about half of what the bench writes.
WEST = frozenset({"01", "07", "26", "42", "43", "63", "69"})
BATCH = 5000
NAMES = ("ouest", "est")
Query = dict[str, Any]


class Answer(NamedTuple):
    """What one search finds: how many, how many for each value of a facet, the best scores."""

    total: int
    facets: dict[str, dict[str, int]]
    scores: list[float]


def send(engine: Engine, documents: Sequence[Document]) -> None:
    """Write documents in a server, with the settings of the site."""
    with using(engine):
        client = engine.admin()
        engine.ensure(client.create_index(engine.index, {"primaryKey": "id"}).task_uid)
        engine.ensure(client.index(engine.index).update_settings(index_settings()).task_uid)
        for start in range(0, len(documents), BATCH):
            task = indexing.add_later(engine.index, documents[start : start + BATCH])
            engine.ensure(task, timeout_seconds=600)


def join(servers: Sequence[Engine], keys: Sequence[str]) -> None:
    """Tell servers about each other."""
    remotes = {
        name: {"url": server.url, "searchApiKey": key}
        for name, server, key in zip(NAMES, servers, keys, strict=True)
    }
    for name, server in zip(NAMES, servers, strict=True):
        features = orjson.dumps({"network": True})
        server.call("PATCH", "/experimental-features", features)
        server.call("PATCH", "/network", orjson.dumps({"self": name, "remotes": remotes}))


def whole(engine: Engine, query: Query) -> Answer:
    """Ask one server that holds everything."""
    return _answer(engine.multi_search([query])[0])


def federated(engine: Engine, query: Query) -> Answer:
    """Ask one server of two, which asks the other."""
    kept = ("q", "filter", "sort", "attributesToRetrieve", "showRankingScore")
    asked = {"indexUid": engine.index} | {name: query[name] for name in kept if name in query}
    body = {
        "federation": {
            "limit": query["hitsPerPage"],
            "facetsByIndex": {engine.index: query["facets"]},
            "mergeFacets": {},
        },
        "queries": [asked | {"federationOptions": {"remote": name}} for name in NAMES],
    }
    found = engine.call("POST", "/multi-search", orjson.dumps(body))
    if found.get("remoteErrors"):
        raise RuntimeError(str(found["remoteErrors"]))
    return _answer(found)


def merged(engines: Sequence[Engine], pool: ThreadPoolExecutor, query: Query) -> Answer:
    """Ask both servers at the same time, and put together what they find."""
    answers = list(pool.map(lambda engine: whole(engine, query), engines))
    facets: dict[str, Counter[str]] = {}
    for answer in answers:
        for name, counts in answer.facets.items():
            facets.setdefault(name, Counter()).update(counts)
    scores = sorted((score for answer in answers for score in answer.scores), reverse=True)
    return Answer(
        sum(answer.total for answer in answers),
        {name: dict(counts) for name, counts in facets.items()},
        scores[: query["hitsPerPage"]],
    )


def _answer(found: dict[str, Any]) -> Answer:
    total = found.get("totalHits", found.get("estimatedTotalHits"))
    scores = [round(hit.get("_rankingScore", 1.0), 6) for hit in found["hits"]]
    return Answer(int(total or 0), found["facetDistribution"], scores)


def main() -> int:
    """Write the listings, ask, compare; return 0 when all ways find the same."""
    parser = argparse.ArgumentParser(description="Un index entier face à deux moitiés")
    parser.add_argument("--listings", type=int, default=30_000)
    parser.add_argument("--questions", type=int, default=100)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        servers = [Meilisearch(Path(folder) / name) for name in ("tout", *NAMES)]
        with servers[0], servers[1], servers[2]:
            environ = {
                "DATA_DIR": folder,
                "MEILI_URL": ",".join(server.url for server in servers),
                "MEILI_API_KEY": ",".join(server.api_key for server in servers),
                "SECRET_KEY": "x" * 40,
                "LOG_LEVEL": "ERROR",
                "SEARCH_READ_TIMEOUT_SECONDS": "5",
            }
            app = create_app(Config(environ))
            with app.app_context():
                return _compare(app.extensions["search_engines"], servers, options)


def _compare(
    engines: Sequence[Engine], servers: Sequence[Meilisearch], options: argparse.Namespace
) -> int:
    _fill(engines, options.listings)
    join(engines[1:], [server.api_key for server in servers[1:]])
    asked = []
    for one in questions(options.questions):
        criteria = told(parse(one))
        # Without what is counted apart for a filter in use: one question each.
        asked.append(engine_queries(criteria, understand(criteria), clock.now())[0])
    with ThreadPoolExecutor(2) as pool:
        ways: dict[str, Callable[[Query], Answer]] = {
            "un index entier": lambda query: whole(engines[0], query),
            "deux moitiés, fédérées": lambda query: federated(engines[1], query),
            "deux moitiés, réunies ici": lambda query: merged(engines[1:], pool, query),
        }
        return _told(ways, asked)


def _fill(engines: Sequence[Engine], count: int) -> None:
    db.create_all()
    load_communes()
    load_reference()
    db.session.commit()
    add_listings(count, clock.now())
    documents = [one for batch in all_documents(clock.now(), BATCH) for one in batch]
    west = [one for one in documents if one["department"] in WEST]
    east = [one for one in documents if one["department"] not in WEST]
    for engine, held in zip(engines, (documents, west, east), strict=True):
        started = time.monotonic()
        send(engine, held)
        say(f"{len(held)} annonces indexées en {time.monotonic() - started:.0f} s")


def _told(ways: Mapping[str, Callable[[Query], Answer]], asked: Sequence[Query]) -> int:
    """Ask each question in each way; say the times, and what is not as the first way found it."""
    times: dict[str, list[float]] = {name: [] for name in ways}
    different: Counter[str] = Counter()
    for query in asked:
        answers = {}
        for name, ask in ways.items():
            started = time.perf_counter()
            answers[name] = ask(query)
            times[name].append((time.perf_counter() - started) * 1000)
        first = next(iter(answers.values()))
        for name, answer in answers.items():
            pairs = zip(Answer._fields, answer, first, strict=True)
            different.update(f"{name} : {field}" for field, one, other in pairs if one != other)
    for name, taken in times.items():
        p95 = sorted(taken)[int(len(taken) * 0.95)]
        say(f"{name.ljust(28)} médiane {statistics.median(taken):6.1f} ms, p95 {p95:6.1f} ms")
    for name, count in different.items():
        say(f"Autre réponse, {name}, {count} fois sur {len(asked)}")
    return bool(different)


if __name__ == "__main__":
    sys.exit(main())
