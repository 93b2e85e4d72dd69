"""What the site tells Prometheus: how it answers, what waits, what it stands on. Nobody's data.

Each web process counts its answers in files of METRICS_DIR; `flask metrics` adds them up, reads the
rest in the database, and serves both at METRICS_ADDRESS, an address of this machine. Without that
setting nothing is counted. Names and alerts: `docs/metrics.md`.

The files are memory shared with the disk: on one that is full, the kernel kills who writes in them.
They belong in memory, which is what production asks for.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import fcntl
import itertools
import os
import shutil
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from flask import Flask, current_app, request
from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError

from app.applications.models import Application
from app.core import clock
from app.core.database import database_answers, db
from app.core.logging import METHODS
from app.core.outbox import OutboxEvent, OutboxState
from app.core.pulse import WorkState, work_state
from app.main.health import search_state, server_states
from app.search.client import engines
from app.search.servers import last_drifts

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment
    from prometheus_client.core import GaugeMetricFamily, Metric
    from prometheus_client.registry import CollectorRegistry

# What a page should take, and what nobody waits for: in seconds.
BUCKETS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10)
# How fast what was due was done, over this long.
RECENT = dt.timedelta(minutes=15)
QUANTILES = (0.5, 0.95)
_ENDPOINT = "prendre_soin.endpoint"


def init_app(app: Flask) -> None:
    """Count answers, if somebody reads the counts; add the command that serves them."""
    app.cli.add_command(metrics)
    if not app.config["METRICS_ADDRESS"]:
        return
    # Imported here: only who counts pays for it.
    from prometheus_client import Counter, Histogram, values

    folder: Path = app.config["METRICS_DIR"]
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    values.ValueClass = values.MultiProcessValue(Place(folder))
    registry = _registry()
    answers = Counter(
        "soin_http_responses",
        "Answers, by route, method and status",
        ("endpoint", "method", "status"),
        registry=registry,
    )
    seconds = Histogram(
        "soin_http_response_seconds",
        "Time to answer, by route",
        ("endpoint",),
        buckets=BUCKETS,
        registry=registry,
    )

    def count(endpoint: str, method: str, status: str, took: float) -> None:
        # Methods are made up by those who send them; those of HTTP are few.
        known = method if method in METHODS else "other"
        # An answer is worth more than its count.
        with contextlib.suppress(OSError, ValueError):
            answers.labels(endpoint, known, status).inc()
            seconds.labels(endpoint).observe(took)

    @app.before_request
    def name() -> None:
        request.environ[_ENDPOINT] = request.endpoint or "none"

    # Around the pages that are kept, and the refusals of a crowd.
    app.wsgi_app = _counted(app.wsgi_app, count)  # type: ignore[method-assign, assignment]


class Place:
    """The number under which a process counts: that of one that is gone, or else a new one.

    The library would name its files after the process, and leave some behind at each restart.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._pid = self._number = -1

    def __call__(self) -> int:
        """Return the number, held until the process ends."""
        if self._pid != os.getpid():
            self._pid, self._number = os.getpid(), self._take()
        return self._number

    def _take(self) -> int:
        for number in itertools.count():
            lock = os.open(self._folder / f"{number}.lock", os.O_CREAT | os.O_RDWR, 0o600)
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                os.close(lock)
            else:
                return number
        raise AssertionError("numbers have no end")


def _counted(
    following: WSGIApplication, count: Callable[[str, str, str, float], None]
) -> WSGIApplication:
    def answer(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        started = time.perf_counter()
        # What breaks out of the application is answered by the server.
        status = "500"

        def start(said: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Any:
            nonlocal status
            status = said[:3]
            return start_response(said, headers, exc_info)

        try:
            return following(environ, start)
        finally:
            endpoint = environ.get(_ENDPOINT, "kept")
            count(endpoint, environ["REQUEST_METHOD"], status, time.perf_counter() - started)

    return answer


@click.command("metrics")
def metrics() -> None:
    """Sert les mesures à Prometheus, à METRICS_ADDRESS."""
    address: str = current_app.config["METRICS_ADDRESS"]
    if not address:
        raise click.ClickException("METRICS_ADDRESS n’est pas réglé, par exemple 127.0.0.1:9100.")
    from prometheus_client import start_http_server
    from prometheus_client.multiprocess import MultiProcessCollector

    registry = _registry()
    MultiProcessCollector(registry, path=str(current_app.config["METRICS_DIR"]))
    registry.register(State(current_app._get_current_object()))  # type: ignore[attr-defined]
    host, _colon, port = address.rpartition(":")
    start_http_server(int(port), host.strip("[]"), registry)
    click.echo(f"mesures : http://{address}/metrics")
    threading.Event().wait()


class State:
    """What the database and this machine say at the instant they are asked."""

    def __init__(self, app: Flask) -> None:
        self.app = app

    def collect(self) -> Iterator[Metric]:
        """Yield what is known; with the database away, little more than that it is."""
        with self.app.app_context():
            try:
                answers = database_answers()
                yield _gauge("database_up", "Whether the database answers", answers)
                yield from _disk()
                if answers:
                    yield from _work(work_state(clock.now()))
                    yield from _speed(clock.now())
                    yield from _search()
                    yield from _files()
            except SQLAlchemyError:
                return
            finally:
                db.session.remove()


def _registry() -> CollectorRegistry:
    from prometheus_client import CollectorRegistry

    return CollectorRegistry()


def _gauge(name: str, words: str, value: float | None = None, *labels: str) -> GaugeMetricFamily:
    from prometheus_client.core import GaugeMetricFamily

    return GaugeMetricFamily(f"soin_{name}", words, value=value, labels=labels or None)


def _labelled(name: str, words: str, label: str, values: dict[str, float]) -> GaugeMetricFamily:
    gauge = _gauge(name, words, None, label)
    for key, value in values.items():
        gauge.add_metric([key], value)
    return gauge


def _work(state: WorkState) -> Iterator[Metric]:
    now = state.at
    yield _labelled("outbox_events", "Events, by state", "state", dict(state.counts))
    yield _labelled(
        "outbox_due_events",
        "Events due and not done, by topic",
        "topic",
        {one.topic: one.number for one in state.waiting},
    )
    yield _gauge(
        "outbox_oldest_due_age_seconds",
        "How long the oldest due event has waited",
        state.oldest_age_seconds,
    )
    dead = _gauge("outbox_dead_events", "Events given up, by topic", None, "topic", "refused")
    for one in state.dead:
        dead.add_metric([one.topic, str(one.refused).lower()], one.number)
    yield dead
    yield _labelled(
        "workers",
        "Workers, by whether they gave a sign of life for two minutes",
        "state",
        {
            "alive": sum(not one.silent for one in state.workers),
            "silent": sum(one.silent for one in state.workers),
        },
    )
    yield _gauge("clock_leapt", "Whether the clock moved more than a day", state.clock_leapt)
    if state.backup_at is not None:
        age = (now - state.backup_at).total_seconds()
        yield _gauge("backup_age_seconds", "How old the last backup is", age)


def _speed(now: dt.datetime) -> Iterator[Metric]:
    """How long what is done took, from when it was due: the hand-off of e-mails, the index…"""
    rows = db.session.execute(
        select(OutboxEvent.topic, OutboxEvent.done_at, OutboxEvent.available_at).where(
            OutboxEvent.state == OutboxState.DONE, OutboxEvent.done_at > now - RECENT
        )
    )
    took = defaultdict(list)
    for topic, done, due in rows:
        if done is not None:
            took[topic].append(max(0.0, (done - due).total_seconds()))
    speed = _gauge(
        "outbox_done_seconds", "From due to done, over fifteen minutes", None, "topic", "quantile"
    )
    for topic, all_of_them in took.items():
        ranked = sorted(all_of_them)
        for quantile in QUANTILES:
            rank = min(len(ranked) - 1, int(len(ranked) * quantile))
            speed.add_metric([topic, str(quantile)], ranked[rank])
    yield speed
    yield _labelled(
        "outbox_done_events",
        "Events done, over fifteen minutes",
        "topic",
        {topic: len(all_of_them) for topic, all_of_them in took.items()},
    )


def _search() -> Iterator[Metric]:
    yield _gauge(
        "search_by_engine", "Whether an engine answers, not the database", search_state() == "ok"
    )
    names = [searched.name for searched in engines()]
    states = dict(zip(names, server_states(), strict=True))
    yield _labelled(
        "search_server_up",
        "Whether each server has all the listings",
        "server",
        {name: state == "ok" for name, state in states.items()},
    )
    drifts = [
        counts["missing"] + counts["stale"] + counts["extra"] for counts, _at in last_drifts()
    ]
    yield _gauge(
        "search_drift_listings",
        "Listings that differed last night, at most",
        max(drifts, default=0),
    )


def _files() -> Iterator[Metric]:
    states = db.session.execute(
        select(Application.cv_state, func.count())
        .where(Application.cv_state.is_not(None))
        .group_by(Application.cv_state)
    )
    yield _labelled(
        "joined_files",
        "Joined files, by what the antivirus said",
        "state",
        {str(state): number for state, number in states},
    )


def _disk() -> Iterator[Metric]:
    usage = shutil.disk_usage(current_app.config["DATA_DIR"])
    yield _gauge("disk_free_bytes", "Free space where the site writes", usage.free)
    yield _gauge("disk_size_bytes", "Size of the disk where the site writes", usage.total)
