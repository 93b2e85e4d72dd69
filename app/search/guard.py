"""Is the index whole? An emptied index answers « nothing found » as if all were well."""

from __future__ import annotations

import datetime as dt
import threading
import time
from dataclasses import dataclass

import structlog
from flask import current_app

from app.listings.queries import count_open
from app.search.client import Engine, EngineError, engine

log = structlog.get_logger()

# How long an answer of the engine is believed: in between a search costs nothing more.
BELIEVED_SECONDS = 5.0
# The number of listings moves slowly, and counting a hundred thousand of them takes a while.
EXPECTED_BELIEVED_SECONDS = 60.0
# Under this share of the listings that should be there, the database is the better source.
MIN_SHARE = 0.7


@dataclass
class Guard:
    """The last comparison of the index with the database, shared by the threads of the process."""

    whole: bool = True
    checked_at: float = float("-inf")
    expected: int = 0
    expected_at: float = float("-inf")

    def __post_init__(self) -> None:
        self.lock = threading.Lock()


def index_is_whole(now: dt.datetime, *, fresh: bool = False) -> bool:
    """Return whether the index holds about what it should, as seen in the last seconds.

    `fresh` compares now. Raises EngineError.
    """
    guard: Guard = current_app.extensions["search_guard"]
    age = time.monotonic() - guard.checked_at
    if age < BELIEVED_SECONDS and not fresh:
        return guard.whole
    # One thread compares; the others go on with what is believed so far.
    if not guard.lock.acquire(blocking=fresh):
        return guard.whole
    try:
        guard.whole = _compare(guard, engine(), now)
        guard.checked_at = time.monotonic()
    finally:
        guard.lock.release()
    return guard.whole


def forget_guard() -> None:
    """Compare again at the next search: the index has just been changed by this process."""
    guard: Guard = current_app.extensions["search_guard"]
    guard.checked_at = guard.expected_at = float("-inf")


def _compare(guard: Guard, searched: Engine, now: dt.datetime) -> bool:
    documents = searched.document_count()
    # Nothing indexed is right only if there was nothing to index an instant ago.
    old = time.monotonic() - guard.expected_at > EXPECTED_BELIEVED_SECONDS
    if old or (not documents and not guard.expected):
        guard.expected = count_open(now)
        guard.expected_at = time.monotonic()
    whole = documents >= guard.expected * MIN_SHARE and (documents > 0 or guard.expected == 0)
    if not whole:
        log.error("search_index_not_whole", documents=documents, expected=guard.expected)
    return whole


__all__ = ["EngineError", "Guard", "forget_guard", "index_is_whole"]
