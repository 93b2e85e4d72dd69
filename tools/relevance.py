"""Measure whether the search finds what people want, on offers whose truth is known.

    python -m tools.relevance [--only CATEGORY] [--set NAME] [--report FILE] [--write]

Two sets of offers and three of queries, of `bench/relevance`: one to improve the search with, the
others, in other people's words, to check that what was improved is the search. For each, the same
queries are asked of the search of the site, of Meilisearch with its default settings on the offers
as published and on our very documents, and of the search of the database when the engine is down.
"""

from __future__ import annotations

import argparse
import datetime as dt
import secrets
import shutil
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import meilisearch as client
from flask import Flask

from app import create_app
from app.core import clock
from app.core.database import db
from app.geography.services import load_communes
from app.listings.models import Listing
from app.professions.services import load_reference
from app.search import rebuild
from app.search.criteria import parse
from app.search.documents import Document, all_documents
from app.search.queries import search
from config import Config
from tools import relevance_report
from tools.environment import ROOT, say
from tools.meilisearch import Meilisearch
from tools.processes import LOOPBACK, free_port
from tools.relevance_corpus import Truth, corpus, read_wording, store
from tools.relevance_judge import DEPTH, Query, grade, missed_wishes, read_close, read_queries
from tools.relevance_report import DATABASE, ENRICHED, NAIVE, OURS, Listed, Outcome, Score

FOLDER = ROOT / "bench" / "relevance"
PAGE = ROOT / "docs" / "relevance.md"
# What we write in a document for the search to understand: it is not in the offer.
OUR_WORK = ("profession_names", "reads")
BATCH = 2000


@dataclass(frozen=True)
class BenchSet:
    """Offers and queries. What fails on a set held out is told only when it is asked alone."""

    name: str
    title: str
    offers: str
    queries: str
    held_out: bool = False


SETS = (
    BenchSet("main", "Nos mots", "offers.json", "queries.txt"),
    BenchSet("other", "Les mots des autres", "offers_other.json", "queries_other.txt", True),
    BenchSet("third", "D’autres encore", "offers_other.json", "queries_third.txt", True),
)

# What a search answers: ids of listings, the best first, and how many there are.
Answer = tuple[Sequence[int], int]


def app_of(folder: Path, search_url: str, api_key: str) -> Flask:
    """Return the site on the database of the folder and on a search server."""
    environ = {
        "DATA_DIR": str(folder),
        "MEILI_URL": search_url,
        "MEILI_API_KEY": api_key,
        "MAIL_URL": f"file://{folder / 'mails'}",
        "SECRET_KEY": secrets.token_urlsafe(32),
        "LOG_LEVEL": "CRITICAL",
        "PUBLIC_BASE_URL": "http://localhost",
    }
    return create_app(Config(environ))


def load_base() -> None:
    """Make the tables and load the places and the professions. Commits."""
    db.create_all()
    load_communes()
    load_reference()
    db.session.commit()


def measure(
    chosen: BenchSet, folder: Path, only: str = "", count: int | None = None
) -> list[Outcome]:
    """Write the offers in an empty folder, ask the queries of the three searches, and judge."""
    with Meilisearch(folder / "search") as server:
        app = app_of(folder, server.url, server.api_key)
        with app.app_context():
            load_base()
            queries = [q for q in read_queries(FOLDER / chosen.queries) if only in q.category]
            # One instant for all: the offers and the searches.
            now = clock.now()
            offers = corpus(read_wording(FOLDER / chosen.offers), now, count)
            truths = store(offers)
            rebuild.rebuild()
            documents = [one for batch in all_documents(now, BATCH) for one in batch]
            naive = default_index(server, "naive", [as_published(one) for one in documents])
            enriched = default_index(server, "enriched", documents)
            found = {
                OURS: [ask_site(query, now) for query in queries],
                NAIVE: [naive(query) for query in queries],
                ENRICHED: [enriched(query) for query in queries],
            }
            rows = db.session.execute(db.select(Listing.id, Listing.title))
            titles = {row.id: row.title for row in rows}
            db.session.remove()
    down = app_of(folder, f"http://{LOOPBACK}:{free_port()}", server.api_key)
    with down.app_context():
        found[DATABASE] = [ask_site(query, now) for query in queries]
        db.session.remove()
    return judge(queries, truths, found, titles)


def judge(
    queries: Sequence[Query],
    truths: dict[int, Truth],
    found: dict[str, list[Answer]],
    titles: dict[int, str],
) -> list[Outcome]:
    """Return the grades of what was found."""
    close = read_close(FOLDER / "judging.json")
    outcomes = []
    for number, query in enumerate(queries):
        grades = {one: grade(query, truth, close) for one, truth in truths.items()}
        ideal = sorted(grades.values(), reverse=True)[:DEPTH]
        scores = {}
        for engine, answers in found.items():
            ids, total = answers[number]
            listed = tuple(
                Listed(grades[one], titles[one], tuple(missed_wishes(query, truths[one])))
                for one in ids[:DEPTH]
            )
            scores[engine] = Score.of(listed, ideal, total)
        outcomes.append(Outcome(query, tuple(ideal), scores))
    return outcomes


def ask_site(query: Query, now: dt.datetime, **args: str) -> Answer:
    """Search as the page does, with other parameters of the address if any."""
    results = search(parse({"q": query.text} | args), now)
    return results.ids, results.total


def as_published(document: Document) -> Document:
    """Return a document without what the search adds to it."""
    return {name: value for name, value in document.items() if name not in OUR_WORK}


def default_index(
    server: Meilisearch, name: str, documents: Sequence[Document]
) -> Callable[[Query], Answer]:
    """Index documents with default settings; return the function that searches them."""
    engine = client.Client(server.url, server.api_key)
    engine.create_index(name, {"primaryKey": "id"})
    index = engine.index(name)
    task = index.add_documents(documents)
    engine.wait_for_task(task.task_uid, timeout_in_ms=120_000)

    def ask(query: Query) -> Answer:
        answer = index.search(query.text, {"limit": DEPTH, "attributesToRetrieve": ["id"]})
        return [hit["id"] for hit in answer["hits"]], answer["estimatedTotalHits"]

    return ask


def run(options: argparse.Namespace, folder: Path) -> int:
    """Measure the sets asked for; return 0 when the targets are reached."""
    measured = []
    told: list[Outcome] = []
    for chosen in SETS:
        if options.set not in (None, chosen.name):
            continue
        started = time.monotonic()
        if outcomes := measure(chosen, folder / chosen.name, options.only or ""):
            measured.append((chosen.title, outcomes))
            told += [] if chosen.held_out and not options.set else outcomes
            say(relevance_report.table(chosen.title, outcomes))
            # Whoever saw what fails here would set the search by it.
            if not chosen.held_out or options.set:
                say(relevance_report.worst(outcomes))
            say(f"({time.monotonic() - started:.0f} s)\n")
    if not measured:
        raise SystemExit(f"Aucune catégorie ne contient « {options.only} ».")
    if options.report:
        options.report.write_text(relevance_report.details(measured, told), encoding="utf-8")
    if options.write:
        PAGE.write_text(relevance_report.page(measured, clock.now()), encoding="utf-8")
    return 0 if options.only else _tell_targets(measured)


def _tell_targets(measured: relevance_report.Measured) -> int:
    """Say what is reached; return 0 when everything is."""
    missed = 0
    for title, outcomes in measured:
        for target in relevance_report.targets(outcomes):
            say(f"{'atteint' if target.reached else 'MANQUÉ '}  {title} : {target.text}")
            missed += not target.reached
    return int(missed > 0)


def main() -> None:
    """Read the options and measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", help="part of the name of the categories to measure")
    parser.add_argument("--set", choices=[one.name for one in SETS], help="one set only")
    parser.add_argument("--report", type=Path, help="file to write every failure in")
    parser.add_argument("--write", action="store_true", help="write docs/relevance.md")
    options = parser.parse_args()
    if options.write and (options.only or options.set):
        parser.error("--write demande une mesure entière")
    folder = Path(tempfile.mkdtemp(prefix="pertinence-"))
    try:
        raise SystemExit(run(options, folder))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
