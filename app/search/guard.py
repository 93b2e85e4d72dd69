"""Is the index whole? An emptied index answers « nothing found » as if all were well."""

from __future__ import annotations

import datetime as dt
import threading
import time
from dataclasses import dataclass

import structlog
from flask import current_app
from sqlalchemy import func, select

from app.core.database import db
from app.core.outbox import OutboxEvent
from app.listings.queries import count_open
from app.search.client import Engine, EngineError, engine, engines
from app.search.models import LATE, WRITTEN, SearchEntry, SearchState

log = structlog.get_logger()

# How long an answer of the engine is believed: in between a search costs nothing more.
BELIEVED_SECONDS = 5.0
# The number of listings moves slowly, and counting a hundred thousand of them takes a while.
EXPECTED_BELIEVED_SECONDS = 60.0
# Under this share of the listings that should be there, the database is the better source.
MIN_SHARE = 0.7
VERSION_BELIEVED_SECONDS = 0.9
# The last changes that a version looks at: transactions may end in another order than they began.
VERSION_CHANGES = 100


@dataclass
class Guard:
    """The last comparison of one server with the database, shared by the threads of the process."""

    whole: bool = True
    # It lacks changes that the other servers have had.
    late: bool = False
    checked_at: float = float("-inf")

    def __post_init__(self) -> None:
        self.lock = threading.Lock()


class Guards:
    """What this process believes of each server, and of the database they copy."""

    def __init__(self, names: tuple[str, ...]) -> None:
        self.of = {name: Guard() for name in names}
        self.expected = 0
        self.expected_at = float("-inf")
        self.version = ""
        self.version_at = float("-inf")
        self.version_lock = threading.Lock()


def guards() -> Guards:
    """Return the guards of the current application."""
    found: Guards = current_app.extensions["search_guards"]
    return found


def index_is_whole(now: dt.datetime, *, fresh: bool = False) -> bool:
    """Return whether the index of `engine()` holds about what it should, as seen lately.

    `fresh` compares now. Raises EngineError.
    """
    searched = engine()
    guard = guards().of[searched.name]
    age = time.monotonic() - guard.checked_at
    if age < BELIEVED_SECONDS and not fresh:
        return guard.whole
    # One thread compares; the others go on with what is believed so far.
    if not guard.lock.acquire(blocking=fresh):
        return guard.whole
    try:
        guard.whole = _compare(searched, now)
        guard.late = len(engines()) > 1 and _is_late(searched)
        guard.checked_at = time.monotonic()
    finally:
        guard.lock.release()
    return guard.whole


def entries_are_whole(now: dt.datetime) -> bool:
    """Return whether the database's own search holds about what it should, now.

    It does not in the minute after listings were written by other means than this application's.
    """
    held = db.session.scalar(select(func.count()).select_from(SearchEntry)) or 0
    expected = count_open(now)
    return held >= expected * MIN_SHARE and (held > 0 or expected == 0)


def is_late() -> bool:
    """Return whether `engine()` lacks changes, as seen by the last comparison."""
    return guards().of[engine().name].late


def forget_guard() -> None:
    """Compare again at the next search: the index has just been changed by this process."""
    kept = guards()
    for guard in kept.of.values():
        guard.checked_at = float("-inf")
    kept.expected_at = kept.version_at = float("-inf")


def index_version() -> str:
    """Return what changes within a second of any change of a listing or of an index.

    One small query a second and process, whatever the number of searches.
    """
    kept = guards()
    if time.monotonic() - kept.version_at < VERSION_BELIEVED_SECONDS:
        return kept.version
    if not kept.version_lock.acquire(blocking=not kept.version):
        return kept.version
    try:
        kept.version = _version()
        kept.version_at = time.monotonic()
    finally:
        kept.version_lock.release()
    return kept.version


def _version() -> str:
    last = (
        select(OutboxEvent.id)
        .where(OutboxEvent.topic == "listing.changed")
        .order_by(OutboxEvent.id.desc())
        .limit(VERSION_CHANGES)
        .subquery()
    )
    written = select(SearchState.value).where(SearchState.name == WRITTEN).scalar_subquery()
    query = select(func.max(last.c.id), func.count(), func.sum(last.c.id), written).select_from(
        last
    )
    return "-".join(str(part or 0) for part in db.session.execute(query).one())


def _compare(searched: Engine, now: dt.datetime) -> bool:
    kept = guards()
    documents = searched.document_count()
    # Nothing indexed is right only if there was nothing to index an instant ago.
    old = time.monotonic() - kept.expected_at > EXPECTED_BELIEVED_SECONDS
    if old or (not documents and not kept.expected):
        kept.expected = count_open(now)
        kept.expected_at = time.monotonic()
    whole = documents >= kept.expected * MIN_SHARE and (documents > 0 or kept.expected == 0)
    if not whole:
        log.error(
            "search_index_not_whole",
            server=searched.name,
            documents=documents,
            expected=kept.expected,
        )
    return whole


def _is_late(searched: Engine) -> bool:
    name = f"{LATE}:{searched.name}"
    return bool(db.session.scalar(select(SearchState.value).where(SearchState.name == name)))


__all__ = [
    "EngineError",
    "Guard",
    "Guards",
    "entries_are_whole",
    "forget_guard",
    "guards",
    "index_is_whole",
    "index_version",
    "is_late",
]
