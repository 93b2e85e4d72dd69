"""What is searched, counted without people: words, commune, result; never who, nor at what time.

Each process counts in memory and writes by batches, apart from the pages; one that stops writes
what it holds. One that is killed loses it: these are statistics, not facts that somebody waits for.
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
from flask import Flask
from sqlalchemy import ColumnElement, and_, delete, func, or_, select, tuple_
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
# What fewer searches, or fewer different days, than this hold may tell of one person: nobody is
# shown it, and its words are erased after a month.
FEWEST_SEEN = 10
FEWEST_DAYS = 5
RARE_KEPT = dt.timedelta(days=30)
KEPT = dt.timedelta(days=25 * 30)
# Words that were erased, still counted together: nobody types this.
RARE = "-"
# What a process that stops waits for the batch being written.
STOP_SECONDS = 5.0

_ADDRESS = re.compile(r"@|[(\[{]\s*at\s*[)\]}]|\barobase\b|\S\.(?:fr|com|net|org)\b", re.IGNORECASE)
_PERSON = re.compile(
    r"\b(?:mme|mlle|mr|madame|mademoiselle|monsieur|je m.appelle)\b", re.IGNORECASE
)
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
# The application that writes; None where nothing is written by itself, as in tests.
_app: Flask | None = None


def record(criteria: SearchCriteria, results: SearchResults, now: dt.datetime, agent: str) -> None:
    """Count a search of the page, in memory. `agent`: looked at to leave robots out, not kept.

    Never raises: the page is made already, and may be given by the cache outside the application.
    """
    try:
        key = _key_of(criteria, results, now, agent)
        if key is None:
            return
        with _lock:
            if key in _counts or len(_counts) < MOST_KEPT:
                _counts[key] += 1
        _write_when_due()
    except Exception as error:  # noqa: BLE001 - a count is not worth the page of somebody
        log.warning("search_not_counted", error=type(error).__name__)


def _key_of(
    criteria: SearchCriteria, results: SearchResults, now: dt.datetime, agent: str
) -> _Key | None:
    if not criteria.q or criteria.page > 1 or _ROBOT.search(agent) or is_personal(criteria.q):
        return None
    words = normalise(criteria.q)[:LONGEST].strip()
    if not words:
        return None
    return _Key(
        paris_date(now),
        words,
        criteria.place.code if criteria.place else "",
        " ".join(criteria.kinds)[:80],
        " ".join(results.reading.professions)[:200],
        _roughly(results.total),
        not results.degraded,
    )


def is_personal(text: str) -> bool:
    """Return whether the words may hold an address, a number or the name of somebody."""
    digits = sum(char.isdigit() for char in text)
    return digits >= PERSONAL_DIGITS or bool(_ADDRESS.search(text) or _PERSON.search(text))


def flush(app: Flask) -> int:
    """Write what was counted; return how many lines. Kept for later if the database is away."""
    global _written_at
    with _lock:
        taken = dict(_counts)
        _counts.clear()
        _written_at = time.monotonic()
    if not taken:
        return 0
    with app.app_context():
        try:
            with db.session.begin():
                _write(taken)
        except SQLAlchemyError as error:
            log.warning("search_log_late", error=type(error).__name__)
            with _lock:
                _counts.update(taken)
            return 0
    return len(taken)


def erase(now: dt.datetime) -> int:
    """Erase what is too old, and the words too rare over a month; return how many lines.

    Rare words stay counted together, without them: a rate must not depend on what was erased.
    """
    today = paris_date(now)
    erased = _delete(is_old(today))
    parts = (SearchQuery.day, SearchQuery.found, SearchQuery.by_engine)
    kept = db.session.execute(
        select(*parts, func.sum(SearchQuery.seen)).where(is_rare(today)).group_by(*parts)
    ).all()
    erased += _delete(is_rare(today))
    if kept:
        _write({_Key(day, RARE, "", "", "", found, by): seen for day, found, by, seen in kept})
    return erased


def _delete(which: ColumnElement[bool]) -> int:
    statement = delete(SearchQuery).where(which).execution_options(synchronize_session=False)
    return int(db.session.execute(statement).rowcount)  # type: ignore[attr-defined]


def is_old(today: dt.date) -> ColumnElement[bool]:
    """Return the condition of the lines that are kept no longer."""
    return SearchQuery.day <= today - KEPT


def is_rare(today: dt.date) -> ColumnElement[bool]:
    """Return the condition of the lines of a month ago whose words may tell of one person."""
    rare = (
        select(SearchQuery.words, SearchQuery.place_code)
        .where(SearchQuery.words != RARE)
        .group_by(SearchQuery.words, SearchQuery.place_code)
        .having(
            or_(
                func.sum(SearchQuery.seen) < FEWEST_SEEN,
                func.count(SearchQuery.day.distinct()) < FEWEST_DAYS,
            )
        )
    )
    return and_(
        SearchQuery.day <= today - RARE_KEPT,
        tuple_(SearchQuery.words, SearchQuery.place_code).in_(rare),
    )


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
    db.session.execute(statement, rows)


def _write_when_due() -> None:
    global _writer
    full = len(_counts) >= FLUSH_SIZE
    if _app is None or not (full or time.monotonic() - _written_at >= FLUSH_SECONDS):
        return
    with _lock:
        if _writer is not None and _writer.is_alive():
            return
        _writer = threading.Thread(target=flush, args=(_app,), name="search-log", daemon=True)
        _writer.start()


def start(app: Flask) -> None:
    """Write by batches from now on, apart from the pages."""
    global _app
    _app = app


def stop() -> None:
    """Write what is left: the process ends by itself."""
    global _app
    app, _app = _app, None
    if _writer is not None:
        _writer.join(STOP_SECONDS)
    if app is not None:
        flush(app)


def init_app(app: Flask) -> None:
    """Write what `app` counts, to the end of its process."""
    if not app.testing or app.config.get("JOBS_IN_TESTS"):
        start(app)
        atexit.register(stop)
