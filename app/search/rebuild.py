"""Building the index anew while the site serves, and comparing it with the database.

A new index receives its settings, then every open listing, then what changed meanwhile; it takes
the place of the old one in one operation, and what changed around that instant is written again.
Nothing is lost because what to write is not a list of events but the difference with the database.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import time
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import structlog
from meilisearch.errors import MeilisearchApiError
from sqlalchemy import Select, and_, delete, or_, select
from sqlalchemy.exc import IntegrityError

from app.core import clock
from app.core.database import db, reading
from app.listings.models import Listing
from app.listings.queries import count_open, is_open
from app.search import indexing
from app.search.client import EngineError, engine
from app.search.documents import all_documents, documents_of
from app.search.guard import MIN_SHARE, forget_guard
from app.search.indexing import Sent, remember
from app.search.models import BUILDING, SETTINGS, SearchEntry, SearchState
from app.search.settings import index_settings, settings_digest

log = structlog.get_logger()

READ_BATCH = 5000
# Batches handed over and not yet indexed: enough to keep the engine busy, few enough for its disk.
IN_FLIGHT = 4
REBUILD_TASK_SECONDS = 240.0
# A rebuild writes a sign of life at each batch, and its longest wait is shorter than this.
SILENCE = dt.timedelta(minutes=5)
DRAFT = "-building-"
# Above this share of differences a rebuild costs less than repairs.
MAX_REPAIRED_SHARE = 0.3
FETCH_BATCH = 10_000


class RebuildRunningError(EngineError):
    """Another process is building the index."""

    def __init__(self) -> None:
        super().__init__("rebuild_running")


@dataclass(frozen=True)
class Rebuilt:
    """How a rebuild went."""

    documents: int
    refused: int
    seconds: float


@dataclass(frozen=True)
class Drift:
    """What differs between the index and the database: ids, and the two digests."""

    expected: int
    indexed: int
    missing: list[int] = field(default_factory=list)
    stale: list[int] = field(default_factory=list)
    extra: list[int] = field(default_factory=list)
    quarantined: int = 0
    database_hash: str = ""
    index_hash: str = ""
    index_missing: bool = False

    @property
    def is_empty(self) -> bool:
        """Return whether the index is exactly what the database says."""
        return not (self.missing or self.stale or self.extra or self.index_missing)

    @property
    def ids(self) -> list[int]:
        """Return every listing on which they differ."""
        return [*self.missing, *self.stale, *self.extra]

    def counts(self) -> dict[str, int]:
        """Return the numbers, for a log or a screen."""
        return {
            "expected": self.expected,
            "indexed": self.indexed,
            "missing": len(self.missing),
            "stale": len(self.stale),
            "extra": len(self.extra),
            "quarantined": self.quarantined,
        }


def rebuild() -> Rebuilt:
    """Build the index of `engine()` again from the database and swap it in. Commits.

    Raises EngineError, RebuildRunningError.
    """
    started = time.monotonic()
    _take_turn()
    try:
        sent = _rebuild()
    finally:
        db.session.rollback()
        _end_turn()
    forget_guard()
    done = Rebuilt(len(sent.versions), len(sent.refused), time.monotonic() - started)
    log.info(
        "search_rebuilt",
        server=engine().name,
        documents=done.documents,
        seconds=round(done.seconds, 1),
    )
    return done


def _rebuild() -> Sent:
    searched = engine()
    building = f"{searched.index}{DRAFT}{time.time_ns()}"
    _delete_leftovers()
    with reading():
        digest = settings_digest()
    _create(building)
    sent = _fill(building)
    indexing.settle(building, _everything(sent), sent)
    _swap(building)
    # From here on the worker writes in the new index; what it wrote in the old one comes again.
    indexing.settle(searched.index, _everything(sent), sent)
    remember(f"{SETTINGS}:{searched.name}", digest)
    searched.ensure(searched.admin().delete_index(building).task_uid, REBUILD_TASK_SECONDS)
    return sent


def reason_to_rebuild(now: dt.datetime) -> str | None:
    """Return why the index must be built again: missing, settings, documents; or None."""
    searched = engine()
    with reading():
        state = db.session.get(SearchState, f"{SETTINGS}:{searched.name}", populate_existing=True)
        known = state.value if state else None
        expected = count_open(now)
        settings, digest = index_settings(), settings_digest()
    if index_is_missing():
        return "missing"
    index = searched.admin().index(searched.index)
    if known != digest or not _has_settings(index.get_settings(), settings):
        return "settings"
    documents = index.get_stats().number_of_documents
    if expected and documents < expected * MIN_SHARE:
        return "documents"
    return None


def index_is_missing() -> bool:
    """Return whether the engine has no index for us."""
    try:
        engine().admin().get_raw_index(engine().index)
    except MeilisearchApiError as error:
        if error.code == "index_not_found":
            return True
        raise
    return False


def _has_settings(found: Mapping[str, Any], wanted: Mapping[str, Any]) -> bool:
    return set(found["filterableAttributes"]) == set(wanted["filterableAttributes"]) and (
        found["rankingRules"] == wanted["rankingRules"]
    )


def compare() -> Drift:
    """Compare every (id, version) of the index with the database. Raises EngineError."""
    refused = indexing.quarantined()
    wanted = indexing.current_versions()
    indexed = _indexed_versions()
    # Read after the index: what was written between the two readings is looked at again.
    after = indexing.current_versions()
    # Past their deadline these are hidden by the search itself and leave when they are closed.
    tolerated = _published_past_deadline()
    unsettled = {one for one in wanted.keys() | after.keys() if wanted.get(one) != after.get(one)}
    if indexed is None:
        return Drift(len(after), 0, missing=sorted(after), index_missing=True)
    expected = {
        one: version
        for one, version in after.items()
        if refused.get(one) != version and one not in unsettled
    }
    found = {
        one: version
        for one, version in indexed.items()
        if one not in tolerated and one not in unsettled
    }
    return Drift(
        expected=len(expected),
        indexed=len(found),
        missing=sorted(expected.keys() - found.keys()),
        stale=sorted(one for one in expected.keys() & found.keys() if expected[one] != found[one]),
        extra=sorted(found.keys() - expected.keys()),
        quarantined=len(refused),
        database_hash=versions_hash(expected),
        index_hash=versions_hash(found),
    )


def repair(drift: Drift) -> None:
    """Write what differs, or build again when too much does. Raises EngineError."""
    if drift.index_missing or len(drift.ids) > MAX_REPAIRED_SHARE * max(drift.expected, 1):
        rebuild()
        return
    for start in range(0, len(drift.ids), indexing.BATCH):
        ids = drift.ids[start : start + indexing.BATCH]
        sent = Sent()
        indexing.rewrite(engine().index, ids, sent)
        indexing.settle(engine().index, ids, sent)


def versions_hash(versions: Mapping[int, int]) -> str:
    """Return a digest of all (id, version), whatever their order."""
    digest = hashlib.sha256()
    for one in sorted(versions):
        digest.update(b"%d:%d\n" % (one, versions[one]))
    return digest.hexdigest()[:16]


def catch_up_entries(now: dt.datetime) -> int:
    """Write the rows of the database's own search that are missing or outdated; commit.

    Return how many. The outbox does it in the first place: this is the second net.
    """
    done = 0
    outdated = (
        select(Listing.id)
        .outerjoin(SearchEntry, SearchEntry.listing_id == Listing.id)
        .where(
            is_open(now),
            or_(SearchEntry.listing_id.is_(None), SearchEntry.version != Listing.version),
        )
        .limit(READ_BATCH)
    )
    closed = (
        select(SearchEntry.listing_id)
        .join(Listing, Listing.id == SearchEntry.listing_id)
        .where(~and_(is_open(now)))
        .limit(READ_BATCH)
    )
    for query in (outdated, closed):
        while ids := _read_ids(query):
            indexing.write_entries(ids, documents_of(ids, now))
            db.session.commit()
            done += len(ids)
    return done


def _read_ids(query: Select[int]) -> Sequence[int]:
    with reading():
        return db.session.scalars(query).all()


def _everything(sent: Sent) -> set[int]:
    return sent.versions.keys() | sent.refused.keys() | indexing.current_versions().keys()


def _create(index: str) -> None:
    """Make an empty index with its settings, before any document."""
    with reading():
        settings = index_settings()
    searched = engine()
    client = searched.admin()
    searched.ensure(client.create_index(index, {"primaryKey": "id"}).task_uid)
    searched.ensure(client.index(index).update_settings(settings).task_uid)


def _fill(index: str) -> Sent:
    """Stream every open listing into the index and into the database's own search."""
    sent = Sent()
    waiting: deque[tuple[int, list[int]]] = deque()
    for documents in all_documents(clock.now(), READ_BATCH):
        ids = [document["id"] for document in documents]
        for start in range(0, len(ids), indexing.BATCH):
            end = start + indexing.BATCH
            indexing.write_entries(ids[start:end], documents[start:end])
            db.session.commit()
        waiting.append((indexing.add_later(index, documents), ids))
        sent.versions.update((document["id"], document["version"]) for document in documents)
        if len(waiting) > IN_FLIGHT:
            _wait(waiting.popleft(), sent)
    while waiting:
        _wait(waiting.popleft(), sent)
    return sent


def _wait(task: tuple[int, list[int]], sent: Sent) -> None:
    """Wait for a batch; forget one that failed, which will be written again and bisected."""
    uid, ids = task
    try:
        engine().ensure(uid, REBUILD_TASK_SECONDS)
    except EngineError as error:
        log.warning("search_batch_failed", code=error.code)
        for one in ids:
            sent.versions.pop(one, None)
    # A sign of life, for those who wonder whether this rebuild died.
    remember(f"{BUILDING}:{engine().name}", "")


def _swap(building: str) -> None:
    searched = engine()
    client = searched.admin()
    if index_is_missing():
        searched.ensure(client.create_index(searched.index, {"primaryKey": "id"}).task_uid)
    searched.ensure(
        client.swap_indexes([{"indexes": [searched.index, building]}]).task_uid,
        REBUILD_TASK_SECONDS,
    )


def _delete_leftovers() -> None:
    """Delete what rebuilds that were interrupted left."""
    searched = engine()
    client = searched.admin()
    for found in client.http.get("indexes?limit=1000")["results"]:
        if found["uid"].startswith(f"{searched.index}{DRAFT}"):
            client.delete_index(found["uid"])


def _indexed_versions() -> dict[int, int] | None:
    """Return id -> version of every document, or None without an index."""
    if index_is_missing():
        return None
    # Raw answers: a hundred thousand objects of the client take ten times longer.
    http = engine().admin().http
    path = f"indexes/{engine().index}/documents?fields=id,version&limit={FETCH_BATCH}&offset="
    found: dict[int, int] = {}
    read = 0
    while True:
        page = http.get(f"{path}{read}")["results"]
        found |= {document["id"]: document["version"] for document in page}
        read += len(page)
        if len(page) < FETCH_BATCH:
            return found


def _published_past_deadline() -> set[int]:
    now = clock.now()
    query = select(Listing.id).where(Listing.status == "published", Listing.closes_at <= now)
    with reading():
        return set(db.session.scalars(query))


def _take_turn() -> None:
    """Mark that an index is being built; one that gave no sign of life for long has died."""
    name = f"{BUILDING}:{engine().name}"
    running = db.session.get(SearchState, name, with_for_update=True, populate_existing=True)
    if running and running.at > clock.now() - SILENCE:
        db.session.commit()
        raise RebuildRunningError
    running = running or SearchState(name=name, value="")
    running.at = clock.now()
    db.session.add(running)
    try:
        db.session.commit()
    except IntegrityError as error:
        db.session.rollback()
        raise RebuildRunningError from error


def _end_turn() -> None:
    name = f"{BUILDING}:{engine().name}"
    db.session.execute(delete(SearchState).where(SearchState.name == name))
    db.session.commit()
