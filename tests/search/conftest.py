"""The index of the tests: with its settings, empty, on the real server."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask

from app.core import clock
from app.core.database import db
from app.search import criteria, indexing, queries, rebuild
from app.search.breaker import Breaker
from app.search.client import Engine
from app.search.guard import forget_guard
from app.search.indexing import Sent
from app.search.results import SearchResults
from tools.meilisearch import Meilisearch


def forget(app: Flask) -> Engine:
    """Forget what earlier failures taught this process."""
    engine: Engine = app.extensions["search_engines"][0]
    engine.breaker = Breaker(5, 10.0)
    forget_guard()
    return engine


@pytest.fixture
def engine(app: Flask, session: Any, meilisearch: Meilisearch) -> Iterator[Engine]:
    """Return the engine with an empty index and its settings."""
    meilisearch.resume()
    engine = forget(app)
    if rebuild.reason_to_rebuild(clock.now()):
        rebuild.rebuild()
    index = engine.admin().index(engine.index)
    engine.ensure(index.delete_all_documents().task_uid)
    yield engine
    meilisearch.resume()
    if not meilisearch.service.running():
        meilisearch.start()
    forget(app)


@pytest.fixture
def index(engine: Engine) -> Callable[[], None]:
    """Return a function that indexes, for both searches, the listings added so far."""

    def write() -> None:
        db.session.flush()
        rebuild.catch_up_entries(clock.now())
        ids = list(indexing.current_versions())
        indexing.rewrite(engine.index, ids, Sent())
        forget_guard()

    return write


@pytest.fixture
def found() -> Callable[..., SearchResults]:
    """Return a function that searches by parameters of the address."""
    return lambda **args: queries.search(criteria.parse(args), clock.now())
