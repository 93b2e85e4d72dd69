"""Measure the search page against the engine alone, on the same questions, in one run.

    python -m tools.bench [--listings 100000] [--seconds 20] [--keep FOLDER]

Writes listings in a throw-away database, builds the index, starts gunicorn (2 processes of 4
threads) and Meilisearch, then asks the same questions of the engine, of the page, and of the page
when the engine is down, at 1 and at 8 connections.
"""

from __future__ import annotations

import argparse
import contextlib
import http.client
import itertools
import os
import random
import re
import secrets
import shutil
import socket
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import orjson
from flask import Flask

from app import create_app
from app.core import clock
from app.core.database import db
from app.core.outbox import enqueue
from app.geography.services import load_communes
from app.listings.models import Listing
from app.professions.pathways import Situation, Wishes, base_of_reference, find
from app.professions.services import load_reference
from app.search import rebuild
from app.search.client import Engine
from app.search.criteria import parse
from app.search.queries import engine_queries, rescue_queries
from app.search.reading import read
from app.search.rescues import ideas
from app.search.vocabulary import search_words
from config import Config
from tools.bench_applications import apply_steadily
from tools.bench_listings import add_listings, answered_here
from tools.environment import ROOT, say
from tools.meilisearch import Meilisearch
from tools.processes import LOOPBACK, Service, free_port, http_status

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
MAX_MEDIAN_RATIO = 1.35
MIN_THROUGHPUT_RATIO = 0.8
MIN_HOT_RATE = 1500
CHANGES = 40


@dataclass(frozen=True)
class Measure:
    """Durations of one run, in seconds, and how long the run took."""

    durations: Sequence[float]
    seconds: float
    failures: int

    @property
    def median_ms(self) -> float:
        """Median, in milliseconds."""
        return statistics.median(self.durations) * 1000

    @property
    def p95_ms(self) -> float:
        """Ninety-fifth centile, in milliseconds."""
        return sorted(self.durations)[int(len(self.durations) * 0.95)] * 1000

    @property
    def rate(self) -> float:
        """Answers a second."""
        return len(self.durations) / self.seconds

    def __str__(self) -> str:
        line = f"{self.median_ms:8.1f} {self.p95_ms:8.1f} {self.rate:8.1f}"
        return line + (f"  {self.failures} échecs" if self.failures else "")


@dataclass(frozen=True)
class Call:
    """One HTTP request."""

    method: str
    path: str
    body: bytes | None = None
    headers: tuple[tuple[str, str], ...] = ()


# The calls that answer one question, one after the other.
Asked = tuple[Call, ...]


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


def measure(port: int, asked: Sequence[Asked], connections: int, seconds: float) -> Measure:
    """Ask the questions in turn on some connections that are kept, for some seconds."""
    turn = itertools.cycle(asked)
    lock = threading.Lock()
    durations: list[float] = []
    failures = 0
    end = time.monotonic() + seconds

    def work() -> None:
        nonlocal failures
        connection = http.client.HTTPConnection(LOOPBACK, port, timeout=10)
        while time.monotonic() < end:
            with lock:
                calls = next(turn)
            started = time.perf_counter()
            good = True
            try:
                for call in calls:
                    connection.request(call.method, call.path, call.body, dict(call.headers))
                    answer = connection.getresponse()
                    answer.read()
                    good = good and answer.status == HTTPStatus.OK
            except (OSError, http.client.HTTPException):
                connection.close()
                good = False
            durations.append(time.perf_counter() - started)
            failures += not good
        connection.close()

    started = time.monotonic()
    threads = [threading.Thread(target=work) for _number in range(connections)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return Measure(durations, time.monotonic() - started, failures)


def hot_rate(port: int, paths: Sequence[str], seconds: float, connections: int = 8) -> float:
    """Return how many pages a second come for a few addresses, over plain kept connections.

    A client that does as little as possible: it shares the two cores with what it measures.
    """
    turn = itertools.cycle(
        f"GET {path} HTTP/1.1\r\nHost: {LOOPBACK}:{port}\r\n\r\n".encode() for path in paths
    )
    end = time.monotonic() + seconds
    counts = [0] * connections

    def work(number: int) -> None:
        with socket.create_connection((LOOPBACK, port), timeout=10) as connection:
            while time.monotonic() < end:
                connection.sendall(next(turn))
                counts[number] += _read_answer(connection)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(connections)]
    started = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(counts) / (time.monotonic() - started)


def _read_answer(connection: socket.socket) -> bool:
    """Read one whole answer; return whether it was a page."""
    received = connection.recv(1 << 17)
    while b"\r\n\r\n" not in received:
        received += connection.recv(1 << 17)
    head, _end, body = received.partition(b"\r\n\r\n")
    length = int(re.search(rb"(?i)content-length: (\d+)", head)[1])  # type: ignore[index]
    left = length - len(body)
    while left > 0:
        left -= len(connection.recv(1 << 17))
    return head.startswith(b"HTTP/1.1 200")


def engine_calls(app: Flask, asked: Sequence[dict[str, str]]) -> list[Asked]:
    """Return the very searches that the page asks of the engine.

    One for each question, and a second one when nothing is found: what to propose instead.
    """
    engine: Engine = app.extensions["search_engine"]
    now = clock.now()
    headers = (
        ("Authorization", f"Bearer {app.config['MEILI_API_KEY']}"),
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


def page_calls(asked: Sequence[dict[str, str]]) -> list[Asked]:
    """Return the same questions asked of the page."""
    headers = (("Accept", "text/html"), ("Accept-Encoding", "gzip"))
    return [(Call("GET", f"/recherche?{urlencode(one)}", None, headers),) for one in asked]


class Bench:
    """Everything that runs during the measures, in one folder."""

    def __init__(self, folder: Path, listings: int, seconds: float) -> None:
        self.folder = folder
        self.listings = listings
        self.seconds = seconds
        self.meilisearch = Meilisearch(folder / "search")
        self.port = free_port()
        self.environ = {
            "DATA_DIR": str(folder),
            "DATABASE_URL": os.environ.get("BENCH_DATABASE_URL", ""),
            "MEILI_URL": self.meilisearch.url,
            "MEILI_API_KEY": self.meilisearch.api_key,
            "MAIL_URL": f"file://{folder / 'mails'}",
            "SECRET_KEY": secrets.token_urlsafe(32),
            "LOG_LEVEL": "ERROR",
            "RATELIMIT_ENABLED": "0",
            # Every page is made: what the shared pages give is measured apart.
            "SEARCH_CACHE_SECONDS": "0",
            "PUBLIC_BASE_URL": f"http://{LOOPBACK}:{self.port}",
        }
        self.app = create_app(Config(self.environ))
        self.missed: list[str] = []

    def run(self) -> int:
        """Measure everything; return 0 when the targets are reached."""
        with self.meilisearch, self.app.app_context():
            self.prepare()
            db.session.remove()
            with self.service("web", *self._gunicorn()), self.service("worker", "flask", "worker"):
                self._wait_for_the_site()
                raw = engine_calls(self.app, questions())
                page = page_calls(questions())
                db.session.remove()
                self.pathways()
                self.compare(raw, page)
                self.hot()
                self.applications()
                self.visibility()
                self.outage(page)
        for line in self.missed:
            say(f"Objectif manqué : {line}")
        return bool(self.missed)

    def prepare(self) -> None:
        """Fill the database, build the index."""
        db.create_all()
        load_communes()
        load_reference()
        db.session.commit()
        missing = self.listings - (db.session.query(Listing).count())
        if missing > 0:
            started = time.monotonic()
            add_listings(missing, clock.now())
            say(f"{missing} annonces écrites en {time.monotonic() - started:.0f} s")
        done = rebuild.rebuild()
        say(f"Index construit : {done.documents} annonces en {done.seconds:.0f} s (but : 240 s)")
        if done.seconds > 240 * max(self.listings / 100_000, 0.1):
            self.missed.append("reconstruction de l’index")

    def pathways(self) -> None:
        """Measure an answer over the whole base, from each profession and from none."""
        base = base_of_reference()
        durations = []
        for start in [None, *base.professions]:
            started = time.perf_counter()
            find(base, Situation(start), Wishes())
            durations.append(time.perf_counter() - started)
        told = Measure(durations, sum(durations), 0)
        say(f"parcours depuis un métier    {told}, au pire {max(durations) * 1000:.1f}")
        if max(durations) > 0.05:
            self.missed.append("parcours en 50 ms")

    def compare(self, raw: Sequence[Asked], page: Sequence[Asked]) -> None:
        """Measure the engine and the page side by side, at 1 and 8 connections."""
        say(f"{'':28} médiane      p95     /s  (millisecondes)")
        for connections in (1, 8):
            engine, site = self._interleaved(raw, page, connections)
            say(f"moteur seul, {connections} connexion(s)    {engine}")
            say(f"page, {connections} connexion(s)           {site}")
            say(
                f"  rapport : médiane × {site.median_ms / engine.median_ms:.2f}, "
                f"débit {site.rate / engine.rate:.0%}"
            )
            if site.failures or engine.failures:
                self.missed.append(f"échecs à {connections} connexion(s)")
            if connections == 1 and site.median_ms > MAX_MEDIAN_RATIO * engine.median_ms:
                self.missed.append(f"médiane > {MAX_MEDIAN_RATIO} × le moteur")
            if connections > 1 and site.rate < MIN_THROUGHPUT_RATIO * engine.rate:
                self.missed.append(f"débit < {MIN_THROUGHPUT_RATIO:.0%} du moteur")

    def _interleaved(
        self, raw: Sequence[Asked], page: Sequence[Asked], connections: int
    ) -> tuple[Measure, Measure]:
        """Measure both by turns, so that whatever else the machine does weighs on both."""
        measure(self.meilisearch.port, raw, connections, 2)
        measure(self.port, page, connections, 2)
        slices = 4
        runs: tuple[list[Measure], list[Measure]] = ([], [])
        for _slice in range(slices):
            runs[0].append(measure(self.meilisearch.port, raw, connections, self.seconds / slices))
            runs[1].append(measure(self.port, page, connections, self.seconds / slices))
        return _together(runs[0]), _together(runs[1])

    def hot(self) -> None:
        """Measure the pages that many ask for at the same time, as the site serves them."""
        port = free_port()
        environ = self.environ | {"SEARCH_CACHE_SECONDS": "5"}
        paths = [f"/recherche?{urlencode(one)}" for one in questions(10)]
        with self.service("hot", *self._gunicorn(port), environ=environ):
            self._wait_for_the_site(port)
            rate = hot_rate(port, paths, self.seconds)
        say(f"pages très demandées : {rate:.0f} par seconde")
        if rate < MIN_HOT_RATE:
            self.missed.append(f"{MIN_HOT_RATE} pages très demandées par seconde")

    def applications(self) -> None:
        """Measure the answer to people who apply, twenty a second."""
        path = f"{answered_here(clock.now()).path}/candidater"
        db.session.remove()
        started = time.monotonic()
        durations, failures = apply_steadily(self.port, path, 20, self.seconds)
        sent = Measure(durations, time.monotonic() - started, failures)
        say(f"candidatures, 20 par seconde {sent}")
        if sent.p95_ms > 150 or sent.failures:
            self.missed.append("candidatures en 150 ms")

    def visibility(self) -> None:
        """Change listings while the site is busy; measure when the search shows the change."""
        stop = threading.Event()
        page = page_calls(questions())

        def load() -> None:
            while not stop.is_set():
                measure(self.port, page, 2, 1)

        busy = threading.Thread(target=load)
        busy.start()
        delays = []
        try:
            ids = list(db.session.scalars(db.select(Listing.id).limit(CHANGES)))
            for one in ids:
                delays.append(self._visible_after(one))
        finally:
            stop.set()
            busy.join()
        p95 = sorted(delays)[int(len(delays) * 0.95)]
        say(f"changement visible : médiane {statistics.median(delays):.1f} s, p95 {p95:.1f} s")
        if p95 > 10:
            self.missed.append("changement visible en 10 s")

    def _visible_after(self, listing_id: int) -> float:
        word = f"zz{secrets.token_hex(5)}"
        listing = db.session.get_one(Listing, listing_id)
        listing.title = f"Essai {word}"
        listing.version += 1
        enqueue("listing.changed", now=clock.now(), listing_id=listing_id)
        db.session.commit()
        engine: Engine = self.app.extensions["search_engine"]
        started = time.monotonic()
        while time.monotonic() - started < 60:
            if engine.multi_search([{"q": word, "limit": 1}])[0]["hits"]:
                break
            time.sleep(0.05)
        return time.monotonic() - started

    def outage(self, page: Sequence[Asked]) -> None:
        """Measure the page when the engine is down, then frozen."""
        self.meilisearch.kill()
        for connections in (1, 8):
            # The first calls open the breaker.
            measure(self.port, page, connections, 3)
            site = measure(self.port, page, connections, self.seconds / 2)
            say(f"page sans moteur, {connections} connexion(s) {site}")
            if site.p95_ms > 1500 or site.failures:
                self.missed.append(f"secours à {connections} connexion(s)")

    @contextlib.contextmanager
    def service(
        self, name: str, *command: str, environ: Mapping[str, str] | None = None
    ) -> Iterator[Service]:
        """Run a process of the site for the time of the block."""
        kept = {key: os.environ[key] for key in ("PATH", "HOME", "LANG") if key in os.environ}
        if command[0] == "flask":
            command = ("flask", "--app", "wsgi", *command[1:])
        service = Service(
            name,
            [sys.executable, "-m", *command],
            env=kept | {key: value for key, value in (environ or self.environ).items() if value},
            log_path=self.folder / "logs" / f"{name}.log",
            cwd=ROOT,
        )
        service.start()
        try:
            yield service
        finally:
            service.stop()

    def _gunicorn(self, port: int | None = None) -> tuple[str, ...]:
        return (
            "gunicorn",
            "wsgi:app",
            f"--bind={LOOPBACK}:{port or self.port}",
            "--worker-class=gthread",
            "--workers=2",
            "--threads=4",
            "--no-control-socket",
        )

    def _wait_for_the_site(self, port: int | None = None) -> None:
        deadline = time.monotonic() + 60
        while http_status(port or self.port, "/recherche") != HTTPStatus.OK:
            if time.monotonic() > deadline:
                raise SystemExit(f"Le site n’a pas démarré, voyez {self.folder / 'logs'}")
            time.sleep(0.2)


def _together(runs: Sequence[Measure]) -> Measure:
    return Measure(
        [duration for run in runs for duration in run.durations],
        sum(run.seconds for run in runs),
        sum(run.failures for run in runs),
    )


def main() -> None:
    """Read the options and measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--listings", type=int, default=100_000)
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--keep", type=Path, help="folder to reuse from one run to the next")
    options = parser.parse_args()
    folder = options.keep or Path(tempfile.mkdtemp(prefix="mesures-"))
    try:
        raise SystemExit(Bench(folder.resolve(), options.listings, options.seconds).run())
    finally:
        if options.keep is None:
            shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
