"""What is searched, counted without people: words, commune, result; never who, nor at what time.

Each process counts in memory and writes by batches, apart from the pages. A process that is killed
loses what it has not written yet: these are statistics, not facts that somebody waits for.
"""

from __future__ import annotations

import atexit
import datetime as dt
import re
import threading
import time
from collections import Counter
from typing import NamedTuple

import structlog
from flask import Flask, current_app
from sqlalchemy import delete, func, select, tuple_
from sqlalchemy.exc import SQLAlchemyError

from app.core.clock import paris_date
from app.core.database import db
from app.search.criteria import SearchCriteria
from app.search.indexing import INSERTS
from app.search.models import SearchQuery
from app.search.reading import normalise
from app.search.results import SearchResults

log = structlog.get_logger()

FLUSH_SECONDS = 30.0
FLUSH_SIZE = 500
# The database is away: beyond this, new searches are no longer counted.
MOST_KEPT = 5_000
LONGEST = 80
# A telephone, a number of a file or of an insurance: no search for work needs so many digits.
PERSONAL_DIGITS = 6
# What fewer searches than this asked within a month may tell of one person.
FEWEST_SEEN = 3
RARE_KEPT = dt.timedelta(days=30)
KEPT = dt.timedelta(days=25 * 30)

_ADDRESS = re.compile(r"@|[(\[{]\s*at\s*[)\]}]|\barobase\b|\S\.(?:fr|com|net|org)\b", re.IGNORECASE)
_ROBOT = re.compile(r"bot|crawl|spider|slurp|curl|wget|python|headless", re.IGNORECASE)


class _Key(NamedTuple):
    day: dt.date
    words: str
    place_code: str
    kinds: str
    professions: str
    found: str
    by_engine: bool


_counts: Counter[_Key] = Counter()
_lock = threading.Lock()
_written_at = time.monotonic()
_writer: threading.Thread | None = None


def record(criteria: SearchCriteria, results: SearchResults, now: dt.datetime, agent: str) -> None:
    """Count a search of the page, in memory. `agent`: looked at to leave robots out, not kept."""
    if not criteria.q or criteria.page > 1 or _ROBOT.search(agent) or is_personal(criteria.q):
        return
    words = normalise(criteria.q)[:LONGEST].strip()
    if not words:
        return
    key = _Key(
        paris_date(now),
        words,
        criteria.place.code if criteria.place else "",
        " ".join(criteria.kinds)[:80],
        " ".join(results.reading.professions)[:200],
        _roughly(results.total),
        not results.degraded,
    )
    with _lock:
        if key in _counts or len(_counts) < MOST_KEPT:
            _counts[key] += 1
    _write_when_due()


def is_personal(text: str) -> bool:
    """Return whether the words may hold an address or a number of somebody."""
    digits = sum(char.isdigit() for char in text)
    return digits >= PERSONAL_DIGITS or _ADDRESS.search(text) is not None


def flush() -> int:
    """Write what was counted; return how many lines. Kept for later if the database is away."""
    global _written_at
    with _lock:
        taken = dict(_counts)
        _counts.clear()
        _written_at = time.monotonic()
    if not taken:
        return 0
    try:
        _write(taken)
    except SQLAlchemyError as error:
        log.warning("search_log_late", error=type(error).__name__)
        with _lock:
            _counts.update(taken)
        return 0
    return len(taken)


def erase(now: dt.datetime) -> int:
    """Erase what is too old, and what was too rare over a month; return how many lines."""
    today = paris_date(now)
    rare = (
        select(SearchQuery.words, SearchQuery.place_code)
        .group_by(SearchQuery.words, SearchQuery.place_code)
        .having(func.sum(SearchQuery.seen) < FEWEST_SEEN)
    )
    old = delete(SearchQuery).where(SearchQuery.day <= today - KEPT)
    alone = delete(SearchQuery).where(
        SearchQuery.day <= today - RARE_KEPT,
        tuple_(SearchQuery.words, SearchQuery.place_code).in_(rare),
    )
    return sum(
        db.session.execute(one.execution_options(synchronize_session=False)).rowcount  # type: ignore[attr-defined]
        for one in (old, alone)
    )


def most_searched(since: dt.date, limit: int, *, nothing: bool = False) -> list[tuple[str, int]]:
    """Return the words most searched since a day; `nothing`: of the searches that found nothing.

    Words that too few searches hold are not told.
    """
    seen = func.sum(SearchQuery.seen)
    query = (
        select(SearchQuery.words, seen)
        .where(SearchQuery.day >= since)
        .group_by(SearchQuery.words)
        .having(seen >= FEWEST_SEEN)
        .order_by(seen.desc(), SearchQuery.words)
        .limit(limit)
    )
    if nothing:
        query = query.where(SearchQuery.found == "0")
    return [(words, total) for words, total in db.session.execute(query)]


def _roughly(total: int) -> str:
    return "0" if not total else "1-5" if total <= 5 else "6-20" if total <= 20 else "more"


def _write(counts: dict[_Key, int]) -> None:
    statement = INSERTS[db.engine.dialect.name](SearchQuery)
    statement = statement.on_conflict_do_update(
        index_elements=list(_Key._fields),
        set_={"seen": SearchQuery.seen + statement.excluded.seen},
    )
    # In one order everywhere: two processes that write the same lines wait, and do not lock.
    rows = [key._asdict() | {"seen": seen} for key, seen in sorted(counts.items())]
    with db.session.begin_nested():
        db.session.execute(statement, rows)


def _write_when_due() -> None:
    global _writer
    full = len(_counts) >= FLUSH_SIZE
    if current_app.testing or not (full or time.monotonic() - _written_at >= FLUSH_SECONDS):
        return
    with _lock:
        if _writer is not None and _writer.is_alive():
            return
        app = current_app._get_current_object()  # type: ignore[attr-defined]
        _writer = threading.Thread(target=_flush_of, args=(app,), name="search-log", daemon=True)
        _writer.start()


def _flush_of(app: Flask) -> None:
    with app.app_context():
        try:
            with db.session.begin():
                flush()
        except SQLAlchemyError as error:
            log.warning("search_log_lost", error=type(error).__name__)


def init_app(app: Flask) -> None:
    """Write what is left when the process ends by itself."""
    if not app.testing:
        atexit.register(_flush_of, app)
