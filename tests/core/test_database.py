"""Who writes waits for nobody who reads at length, and nobody waits for ever."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from functools import wraps

import pytest
from flask import Flask, request_finished
from sqlalchemy import event, select, text

from app.core import database
from app.core.database import db, reading, reads_only
from app.listings.models import Listing
from tests import factories


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
