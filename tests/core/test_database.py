"""Who writes waits for nobody who reads at length, and nobody waits for ever."""

from __future__ import annotations

import gc
import logging
import runpy
import signal
import sqlite3
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from functools import wraps
from types import SimpleNamespace

import pytest
from flask import Flask, request_finished
from sqlalchemy import create_engine, event, select, text

from app.core import database
from app.core.database import database_answers, db, reading, reads_only
from app.listings.models import Listing
from tests import factories
from tools.environment import ROOT
from tools.postgres import Postgres


def test_reading_at_length_keeps_nobody_from_writing(app: Flask, real_commits: None) -> None:
    listing = factories.listing(title="Avant")

    def write() -> None:
        with app.app_context():
            db.session.execute(text("UPDATE listing SET title = 'Pendant'"))
            db.session.commit()

    with reading():
        assert db.session.scalar(select(Listing.title)) == "Avant", "what was pending is committed"
        with ThreadPoolExecutor(1) as other:
            other.submit(write).result(timeout=8)

    assert not reads_only.get()
    db.session.refresh(listing)
    assert listing.title == "Pendant"


def test_a_reading_that_fails_leaves_writing_possible(app: Flask, session: object) -> None:
    with pytest.raises(ValueError, match="stopped"), reading():
        raise ValueError("stopped")
    assert not reads_only.get()


@pytest.fixture
def own_connections(app: Flask, real_commits: None) -> Iterator[None]:
    """Give the test connections that no other test has opened, nor will use."""
    db.session.remove()
    db.engine.dispose()
    yield
    db.session.remove()
    db.engine.dispose()


def test_a_pool_without_a_free_connection_is_told_and_comes_back(
    app: Flask, own_connections: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = factories.listing().path
    db.session.commit()
    db.session.remove()
    pool = db.engine.pool
    monkeypatch.setattr(pool, "_timeout", 0.1)
    held = [db.engine.connect() for _ in range(pool.size() + pool._max_overflow)]  # type: ignore[attr-defined]
    answer = app.test_client().get(f"{path}/candidater")
    for connection in held:
        connection.close()
    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "30"
    assert app.test_client().get(f"{path}/candidater").status_code == 200


def test_a_database_too_slow_is_told_and_not_waited_for(
    app: Flask, own_connections: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A question that lasts on PostgreSQL; a lock that nobody gives back on SQLite."""
    slow = "SELECT pg_sleep(60)"
    if db.engine.dialect.name == "sqlite":
        slow = "UPDATE listing SET title = title"
        event.listen(db.engine, "connect", _impatient)
    monkeypatch.setattr(database, "PAGE_STATEMENT_SECONDS", 1)

    @wraps(app.view_functions["main.home"])
    def home() -> str:
        return str(db.session.execute(text(slow)))

    monkeypatch.setitem(app.view_functions, "main.home", home)
    with _other_writer():
        answer = app.test_client().get("/")
    if db.engine.dialect.name == "sqlite":
        event.remove(db.engine, "connect", _impatient)
    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "30"


def test_a_frozen_server_is_told_at_once(
    app: Flask, own_connections: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "ANSWER_SECONDS", 1)
    with Postgres() as cluster:
        engine = create_engine(cluster.url)
        monkeypatch.setitem(db.engines, None, engine)  # type: ignore[call-overload]
        assert database_answers()
        db.session.remove()
        cluster.service.freeze()
        with ThreadPoolExecutor(1) as supervisor:
            asked = supervisor.submit(_within(app, database_answers))
            assert asked.result(timeout=60) is False
        cluster.service.signal(signal.SIGCONT)
        cluster.wait_ready()
        assert database_answers()
        db.session.remove()
        engine.dispose()


def _within(app: Flask, ask: Callable[[], bool]) -> Callable[[], bool]:
    def asked() -> bool:
        with app.app_context():
            return ask()

    return asked


def test_what_was_read_before_the_first_visitor_leaves_her_page_its_own_patience(
    app: Flask, own_connections: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    if db.engine.dialect.name == "sqlite":
        assert app.config["SQLALCHEMY_ENGINE_OPTIONS"] == {"connect_args": {}}
        return
    worker = SimpleNamespace(log=logging.getLogger("gunicorn"), wsgi=app)
    worker.log.error_log = worker.log  # type: ignore[attr-defined]
    runpy.run_path(str(ROOT / "gunicorn.conf.py"))["post_worker_init"](worker)
    gc.unfreeze()

    @wraps(app.view_functions["main.home"])
    def home() -> str:
        return str(db.session.scalar(text("SHOW statement_timeout")))

    monkeypatch.setitem(app.view_functions, "main.home", home)
    assert app.test_client().get("/").text == f"{database.PAGE_STATEMENT_SECONDS}s"


def test_a_database_cut_after_the_answer_is_made_does_not_spoil_it(
    app: Flask, own_connections: None
) -> None:
    path = f"{factories.listing().path}/candidater"
    db.session.commit()
    db.session.remove()
    cut = []

    def lose_the_database(_site: Flask, **_more: object) -> None:
        driver = db.session.connection().connection.dbapi_connection
        assert driver is not None
        driver.close()
        cut.append(driver)

    def ask() -> int:
        """Ask from outside any context, as a server does: the session ends with the request."""
        return app.test_client().get(path).status_code

    with ThreadPoolExecutor(1) as visitor:
        with request_finished.connected_to(lose_the_database, app):
            assert visitor.submit(ask).result() == 200
        assert cut, "the connection was lost before the session was closed"
        assert visitor.submit(ask).result() == 200, "nothing broken is kept for the next request"


def _impatient(connection: sqlite3.Connection, _record: object) -> None:
    connection.execute("PRAGMA busy_timeout=100")


@contextmanager
def _other_writer() -> Iterator[None]:
    """Hold the lock of SQLite, until closed."""
    if db.engine.dialect.name != "sqlite":
        yield
        return
    with closing(sqlite3.connect(str(db.engine.url.database))) as other:
        other.execute("BEGIN IMMEDIATE")
        yield
