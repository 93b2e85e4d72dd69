"""What the worker does for the search: changes to index, and the care of the index."""

from __future__ import annotations

import datetime as dt
from typing import Any

import structlog
from sqlalchemy import delete, select

from app.core import clock
from app.core.database import db, reading
from app.core.outbox import Effect, enqueue_many
from app.search import indexing, rebuild, servers
from app.search.client import engine
from app.search.documents import demands, documents_of
from app.search.indexing import Sent
from app.search.models import SearchEntry, SearchQuarantine

log = structlog.get_logger()


def index_changed(payloads: list[dict[str, Any]]) -> Effect | None:
    """Index what changed: one batch whatever the number of changes of a same listing.

    The database's own search is up to date with the transaction; the engine follows.
    """
    ids = sorted({int(payload["listing_id"]) for payload in payloads})
    documents = documents_of(ids, clock.now())
    indexing.write_entries(ids, documents)
    db.session.execute(
        delete(SearchQuarantine)
        .where(SearchQuarantine.listing_id.in_(ids))
        .execution_options(synchronize_session=False)
    )
    if not engine().configured:
        return None
    here = {document["id"] for document in documents}
    gone = [one for one in ids if one not in here]

    def write() -> None:
        searched = engine()
        if rebuild.index_is_missing():
            # Documents would make the engine create an index of its own, without our settings.
            rebuild.rebuild()
            return
        sent = indexing.send(searched.index, documents, gone)
        indexing.settle(searched.index, ids, sent)

    return lambda: servers.write_to_each(write)


def measure_demand(now: dt.datetime) -> int:
    """Each night: index again the listings that more or fewer people apply to; return how many.

    Time passing is enough: an application of thirty-one days ago counts no more.
    """
    with reading():
        asked = demands(None, now)
        known = db.session.execute(select(SearchEntry.listing_id, SearchEntry.demand)).all()
    moved = sorted(one for one, demand in known if demand != asked.get(one))
    enqueue_many("listing.changed", [{"listing_id": one} for one in moved], now=now)
    return len(moved)


def ensure_index(now: dt.datetime) -> None:
    """Each minute: build each index that is missing, outdated or far from whole; bring up to date
    the servers that missed changes.

    An engine that is away is not an error here: it will be asked again the next minute.
    """
    rebuild.catch_up_entries(now)
    if engine().configured:
        servers.care_for_each(lambda: _ensure(now), failure="search_ensure_failed")


def _ensure(now: dt.datetime) -> None:
    def bring_up_to_date() -> None:
        reason = rebuild.reason_to_rebuild(now)
        if reason:
            log.warning("search_rebuild_started", server=engine().name, reason=reason)
            rebuild.rebuild()
            return
        drift = rebuild.compare()
        if not drift.is_empty:
            rebuild.repair(drift)

    servers.welcome_back(engine(), now)
    servers.catch_up(engine(), bring_up_to_date)
    reason = rebuild.reason_to_rebuild(now)
    if reason:
        log.warning("search_rebuild_started", server=engine().name, reason=reason)
        rebuild.rebuild()
    servers.cared_for(engine())


def check_index(_now: dt.datetime) -> None:
    """Each night: compare each index with the database, listing by listing, and repair.

    What was found is kept with its date, and told by `/health/ready` and `flask verify`.
    """
    if not engine().configured:
        return
    servers.care_for_each(_check, failure="search_check_failed")
    # What an engine refused for a passing reason gets in.
    if refused := indexing.give_another_chance():
        servers.care_for_each(
            lambda: indexing.settle(engine().index, refused, Sent()), failure="search_check_failed"
        )


def _check() -> None:
    drift = rebuild.compare()
    servers.record_drift(engine(), drift.counts())
    if not drift.is_empty:
        log.error("search_index_drift", server=engine().name, **drift.counts())
        rebuild.repair(drift)
