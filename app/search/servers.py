"""Several search servers, each a whole copy of the index: written side by side, read in turn.

A server that misses a write is marked late in the database. It is then left out of the writing, is
read last, and is compared with the database and repaired as soon as it answers. The mark has two
values, so that no change slips between the comparison and the end of the mark:

- `behind`: the worker does not write to this server;
- `catching_up`: the worker writes to it again, and the comparison that follows sees in the database
  all that was left out before.

One server alone misses nothing: what it does not take stays in the outbox. A server that was out of
the settings for a while misses all of it, whoever it is: back there, it is marked and compared.
"""

from __future__ import annotations

import datetime as dt
import time
from collections import deque
from collections.abc import Callable, Mapping
from typing import TypeVar

import orjson
import structlog
from sqlalchemy import select

from app.core.database import db
from app.search.client import ADMIN_ERRORS, Engine, EngineError, engines, using
from app.search.guard import forget_guard, index_is_whole, is_late
from app.search.indexing import facts, forget_fact, remember
from app.search.models import BEHIND, CARED, CATCHING_UP, DRIFT, LATE, SearchState

log = structlog.get_logger()

Answer = TypeVar("Answer")

# All the servers together have this long to answer one search; the database comes after.
READING_SECONDS = 1.0
# What the first of several may take of it, so that another one has time to answer.
FIRST_SHARE = 0.6
# The worker sees to each server every minute; one without this for so long may have missed changes.
AWAY = dt.timedelta(minutes=10)


def ask(now: dt.datetime, question: Callable[[], Answer]) -> Answer:
    """Return what the first whole server answers; those that lack changes are asked last.

    Raises EngineError when none can tell, SearchBusyError.
    """
    waiting = deque(engines())
    ends_at = time.monotonic() + READING_SECONDS if len(waiting) > 1 else None
    postponed: set[str] = set()
    failure = EngineError("not_whole")
    while waiting:
        searched = waiting.popleft()
        with using(searched, _share(ends_at, last=not waiting)):
            try:
                if not index_is_whole(now):
                    continue
                if waiting and is_late() and searched.name not in postponed:
                    postponed.add(searched.name)
                    waiting.append(searched)
                    continue
                return question()
            except EngineError as error:
                failure = error
                log.warning("search_engine_failed", server=searched.name, code=error.code)
    raise failure


def _share(ends_at: float | None, *, last: bool) -> float | None:
    if ends_at is None:
        return None
    return (ends_at - time.monotonic()) * (1.0 if last else FIRST_SHARE)


def write_to_each(write: Callable[[], None]) -> None:
    """Run `write` for each server that keeps up; one that fails is left behind if another did it.

    Raises what the last one raised when none did: the change stays in the outbox.
    """
    servers = engines()
    if len(servers) == 1:
        with using(servers[0]):
            write()
        return
    marks = late_servers()
    done = 0
    failed: list[tuple[Engine, Exception]] = []
    for searched in servers:
        if marks.get(searched.name) == BEHIND:
            continue
        try:
            with using(searched):
                # A frozen server is found out here in a second, not at the end of a long write.
                searched.probe()
                write()
            done += 1
        except ADMIN_ERRORS as error:
            db.session.rollback()
            failed.append((searched, error))
    if failed and not done:
        raise failed[-1][1]
    for searched, failure in failed:
        log.error("search_server_behind", server=searched.name, error=code_of(failure))
        remember(f"{LATE}:{searched.name}", BEHIND)


def care_for_each(care: Callable[[], None], *, failure: str) -> None:
    """Run `care` for each server that answers; one that does not is told to the log."""
    for searched in engines():
        try:
            with using(searched):
                searched.probe()
                care()
        except ADMIN_ERRORS as error:
            db.session.rollback()
            log.warning(failure, server=searched.name, error=code_of(error))


def catch_up(searched: Engine, bring_up_to_date: Callable[[], None]) -> None:
    """Run `bring_up_to_date` if this server lacks changes, and end its mark once it is done."""
    name = f"{LATE}:{searched.name}"
    if searched.name not in late_servers():
        return
    # The worker writes to it from now on: what it left out before is in the database already.
    remember(name, CATCHING_UP)
    bring_up_to_date()
    # One that failed again meanwhile keeps its mark.
    forget_fact(name, CATCHING_UP)
    forget_guard()
    log.info("search_server_caught_up", server=searched.name)


def welcome_back(searched: Engine, now: dt.datetime) -> None:
    """Mark a server that was not seen to for long: changes may have gone by without it."""
    name = f"{CARED}:{searched.name}"
    query = select(SearchState.name).where(SearchState.name == name, SearchState.at > now - AWAY)
    if db.session.scalar(query) is None:
        remember(f"{LATE}:{searched.name}", CATCHING_UP)


def cared_for(searched: Engine) -> None:
    """Note that a server has been seen to."""
    remember(f"{CARED}:{searched.name}", "")


def late_servers() -> dict[str, str]:
    """Return name -> mark of the servers that lack changes."""
    names = {f"{LATE}:{searched.name}": searched.name for searched in engines()}
    return {names[name]: value for name, value in facts(names).items()}


def record_drift(searched: Engine, counts: Mapping[str, int]) -> None:
    """Keep what the last comparison of a server with the database found, with its date."""
    remember(f"{DRIFT}:{searched.name}", orjson.dumps(counts).decode())


def last_drifts() -> list[tuple[dict[str, int], dt.datetime]]:
    """Return what the last nightly comparison of each server found, and when."""
    names = [f"{DRIFT}:{searched.name}" for searched in engines()]
    rows = db.session.scalars(select(SearchState).where(SearchState.name.in_(names)))
    return [(orjson.loads(row.value), row.at) for row in rows]


def code_of(error: Exception) -> str:
    """Return what an engine said was wrong, short, for a log."""
    return str(getattr(error, "code", None) or type(error).__name__)
