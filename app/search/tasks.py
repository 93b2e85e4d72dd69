"""What the worker does for the search: changes to index, and the care of the index."""

from __future__ import annotations

import datetime as dt
from typing import Any

import structlog
from sqlalchemy import delete, select

from app.core import clock
from app.core.database import db
from app.core.outbox import Effect, enqueue_many
from app.search import indexing, rebuild
from app.search.client import ADMIN_ERRORS, engine
from app.search.documents import demands, documents_of
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
    searched = engine()
    if not searched.configured:
        return None
    here = {document["id"] for document in documents}
    gone = [one for one in ids if one not in here]

    def write() -> None:
        if rebuild.index_is_missing():
            # Documents would make the engine create an index of its own, without our settings.
            rebuild.rebuild()
            return
        sent = indexing.send(searched.index, documents, gone)
        indexing.settle(searched.index, ids, sent)

    return write


def measure_demand(now: dt.datetime) -> int:
    """Each night: index again the listings that more or fewer people apply to; return how many.

    Time passing is enough: an application of thirty-one days ago counts no more.
    """
    asked = demands(None, now)
    known = db.session.execute(select(SearchEntry.listing_id, SearchEntry.demand)).all()
    moved = sorted(one for one, demand in known if demand != asked.get(one))
    enqueue_many("listing.changed", [{"listing_id": one} for one in moved], now=now)
    return len(moved)


def ensure_index(now: dt.datetime) -> None:
    """Each minute: build the index if it is missing, outdated or far from whole.

    An engine that is away is not an error here: it will be asked again the next minute.
    """
    rebuild.catch_up_entries(now)
    if not engine().configured:
        return
    try:
        reason = rebuild.reason_to_rebuild(now)
        if reason:
            log.warning("search_rebuild_started", reason=reason)
            rebuild.rebuild()
    except ADMIN_ERRORS as error:
        log.warning("search_ensure_failed", error=str(getattr(error, "code", error)))


def check_index(_now: dt.datetime) -> None:
    """Each night: compare the index with the database, listing by listing, and repair."""
    if not engine().configured:
        return
    drift = rebuild.compare()
    if drift.is_empty:
        return
    log.error("search_index_drift", **drift.counts())
    rebuild.repair(drift)
