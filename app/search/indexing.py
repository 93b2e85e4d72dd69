"""Writing to the index: batches, followed to the end of their task, then checked again.

Whoever writes checks afterwards that what it wrote is still what the database says, and writes
again if not. The last writer of a listing therefore always leaves its last version, whatever the
number of workers and rebuilds at work, and without a lock between them.
"""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

import orjson
import structlog
from meilisearch.errors import MeilisearchApiError
from sqlalchemy import delete, select
from sqlalchemy.dialects import postgresql, sqlite

from app.core import clock
from app.core.database import db, reading
from app.core.outbox import enqueue_many
from app.search.client import ADMIN_ERRORS, EngineError, engine
from app.search.documents import Document, documents_of, entry_of, open_versions
from app.search.guard import forget_guard
from app.search.models import WRITTEN, SearchEntry, SearchQuarantine, SearchState

log = structlog.get_logger()

Answer = TypeVar("Answer")

BATCH = 1000
INSERTS: dict[str, Any] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}
# Well under the lease of an event, so that a slow engine does not have its batch done twice.
TASK_SECONDS = 60.0
ROUNDS = 8
# What the engine blames on a document. Anything else is a fault of the engine, tried again later.
_DOCUMENT_CODES = ("invalid_document", "missing_document", "malformed", "payload_too_large")
# An index apart in which an engine that refuses documents proves that it can write at all.
PROOF = "-proof"
PROOF_LETTERS = 4000


@dataclass
class Sent:
    """What an index holds of what was sent to it: id -> version."""

    versions: dict[int, int] = field(default_factory=dict)
    refused: dict[int, int] = field(default_factory=dict)

    def known(self, listing_id: int) -> int | None:
        """Return the version of a listing that was sent, accepted or not."""
        return self.versions.get(listing_id) or self.refused.get(listing_id)


def write_entries(ids: Collection[int], documents: Sequence[Document]) -> None:
    """Make `search_entry` say of `ids` what `documents` says; the others leave it."""
    here = {document["id"] for document in documents}
    db.session.execute(
        delete(SearchEntry)
        .where(SearchEntry.listing_id.in_(set(ids) - here))
        .execution_options(synchronize_session=False)
    )
    if not documents:
        return
    # Two workers may write the same entry: the later version stays, and rows are locked in order.
    insert = INSERTS[db.engine.dialect.name](SearchEntry)
    columns = [column for column in insert.excluded if column.name != "listing_id"]
    upsert = insert.on_conflict_do_update(
        index_elements=["listing_id"],
        set_={column.name: column for column in columns},
        where=SearchEntry.version <= insert.excluded.version,
    )
    rows = sorted((entry_of(one) for one in documents), key=lambda row: row["listing_id"])
    db.session.execute(upsert, rows)


def send(index: str, documents: Sequence[Document], gone: Sequence[int] = ()) -> Sent:
    """Write and delete documents, wait for the end, set aside those that the engine refuses.

    Raises EngineError when the engine, not a document, is at fault.
    """
    tasks = [delete_later(index, gone)] if gone else []
    sent = Sent()
    suspects: list[tuple[Document, str]] = []
    _send_bisecting(index, documents, sent, suspects)
    if suspects:
        # With a full disk an engine blames each document it is given: it says so of any other too.
        prove_writing()
    for document, code in suspects:
        quarantine(document, code)
        sent.refused[document["id"]] = document["version"]
    for task in tasks:
        engine().ensure(task, TASK_SECONDS)
    return sent


def prove_writing() -> None:
    """Raise EngineError unless the engine can write a document that nothing is wrong with."""
    searched = engine()
    proof = f"{searched.index}{PROOF}"
    try:
        task = add_later(proof, [{"id": time.time_ns(), "text": "x" * PROOF_LETTERS}])
        searched.ensure(task, TASK_SECONDS)
        searched.ensure(searched.admin().delete_index(proof).task_uid, TASK_SECONDS)
    except ADMIN_ERRORS as error:
        log.error("search_engine_not_writing", server=searched.name)
        raise EngineError("not_writing") from error


def add_later(index: str, documents: Sequence[Document]) -> int:
    """Hand documents over and return the number of the task."""
    answer = (
        engine()
        .admin()
        .index(index)
        .add_documents_raw(orjson.dumps(documents), "id", "application/json")
    )
    return answer.task_uid


def delete_later(index: str, ids: Sequence[int]) -> int:
    """Ask for the deletion of documents and return the number of the task."""
    # The client's own method by identifiers is deprecated; the route of the engine is not.
    answer = (
        engine()
        .admin()
        .http.post(f"indexes/{index}/documents/delete-batch", orjson.dumps(list(ids)))
    )
    return int(answer["taskUid"])


def _send_bisecting(
    index: str,
    documents: Sequence[Document],
    sent: Sent,
    suspects: list[tuple[Document, str]],
) -> None:
    if not documents:
        return
    try:
        engine().ensure(add_later(index, documents), TASK_SECONDS)
    except (EngineError, MeilisearchApiError) as error:
        code = str(error.code or "")
        if not code.startswith(_DOCUMENT_CODES):
            raise
        if len(documents) == 1:
            suspects.append((documents[0], code))
            return
        middle = len(documents) // 2
        if not sent.versions and not suspects:
            # Before cutting a batch in pieces for nothing.
            prove_writing()
        _send_bisecting(index, documents[:middle], sent, suspects)
        _send_bisecting(index, documents[middle:], sent, suspects)
    else:
        sent.versions.update((document["id"], document["version"]) for document in documents)


def quarantine(document: Document, code: str) -> None:
    """Record that the engine refuses this version of a listing."""
    log.error("search_document_refused", listing_id=document["id"], code=code)
    row = db.session.get(SearchQuarantine, document["id"])
    row = row or SearchQuarantine(listing_id=document["id"])
    row.version, row.error, row.at = document["version"], code, clock.now()
    db.session.add(row)
    db.session.commit()


def give_another_chance() -> list[int]:
    """Empty the quarantine, commit and return what was in it."""
    ids = sorted(quarantined())
    db.session.execute(delete(SearchQuarantine))
    db.session.commit()
    return ids


def remember(name: str, value: str) -> None:
    """Write a fact of `search_state` and commit."""
    insert = INSERTS[db.engine.dialect.name](SearchState)
    row = {"name": name, "value": value, "at": clock.now()}
    changed = {"value": insert.excluded.value, "at": insert.excluded.at}
    db.session.execute(
        insert.on_conflict_do_update(index_elements=["name"], set_=changed).values(row),
        execution_options={"synchronize_session": False},
    )
    db.session.commit()


def forget_fact(name: str, value: str) -> None:
    """Delete a fact of `search_state` if it still has this value, and commit."""
    db.session.execute(
        delete(SearchState).where(SearchState.name == name, SearchState.value == value)
    )
    db.session.commit()


def facts(names: Collection[str]) -> dict[str, str]:
    """Return name -> value of facts of `search_state`."""
    query = select(SearchState.name, SearchState.value).where(SearchState.name.in_(names))
    return _read(lambda _now: {row.name: row.value for row in db.session.execute(query)})


def quarantined() -> dict[int, int]:
    """Return id -> version of what the engine refuses."""
    query = select(SearchQuarantine.listing_id, SearchQuarantine.version)
    return dict(db.session.execute(query).all())


def settle(index: str, ids: Iterable[int], sent: Sent) -> None:
    """Write again, until nothing moves, those of `ids` whose version in the database changed.

    `sent` says what the index holds of them, and is kept up to date. Listings that change faster
    than they can be written are left to an event of their own.
    """
    ids, moved = set(ids), list[int]()
    for _round in range(ROUNDS):
        wanted = current_versions(ids)
        moved = [one for one in ids if wanted.get(one) != sent.known(one)]
        if not moved:
            remember(WRITTEN, str(time.time_ns()))
            forget_guard()
            return
        for start in range(0, len(moved), BATCH):
            rewrite(index, moved[start : start + BATCH], sent)
    log.info("search_index_still_moving", listings=len(moved))
    enqueue_many("listing.changed", [{"listing_id": one} for one in moved], now=clock.now())
    db.session.commit()


def rewrite(index: str, ids: Sequence[int], sent: Sent) -> None:
    """Write the present state of `ids` in the index."""
    documents = _read(lambda now: documents_of(ids, now))
    here = {document["id"] for document in documents}
    gone = [one for one in ids if one not in here]
    fresh = send(index, documents, gone)
    for one in ids:
        sent.versions.pop(one, None)
        sent.refused.pop(one, None)
    sent.versions |= fresh.versions
    sent.refused |= fresh.refused


def current_versions(ids: Collection[int] | None = None) -> dict[int, int]:
    """Return id -> version of the listings that are open now."""
    return _read(lambda now: open_versions(now, ids))


def _read(question: Callable[[dt.datetime], Answer]) -> Answer:
    """Read in a transaction that ends at once: nothing may hold the lock during a network call."""
    with reading():
        return question(clock.now())
