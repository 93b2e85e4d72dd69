"""What the worker does with the files of members: read them, apply them, drop them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from typing import Any

from app.accounts.queries import get_user
from app.core import clock, storage
from app.core.database import db
from app.core.errors import DomainError
from app.core.i18n import _
from app.core.outbox import Effect
from app.imports import queries, services
from app.imports.models import FileState, ImportFile
from app.imports.records import Record

FOLDER = "imports"
ORPHAN_AGE = dt.timedelta(days=1)


def read_file(payload: dict[str, Any], _event_id: int) -> Effect | None:
    """Read a file that was sent and write its preview."""
    return _reading(payload, FileState.READING, services.preview_file)


def write_file(payload: dict[str, Any], _event_id: int) -> Effect | None:
    """Apply a file whose preview was confirmed."""

    def write(file: ImportFile, records: Sequence[Record], now: dt.datetime) -> None:
        actor = get_user(file.user_id) if file.user_id else None
        services.apply_file(file, actor, records, now)

    return _reading(payload, FileState.APPLYING, write)


def drop_file(payload: dict[str, Any], _event_id: int) -> Effect:
    """Delete a file that is no longer kept."""
    return lambda: storage.remove(payload["key"])


def purge(now: dt.datetime) -> None:
    """Each night: drop the old files, and those whose row never came.

    The store is asked before the database, and written to by the outbox: never in a transaction.
    """
    written = storage.kept_before(FOLDER, now - ORPHAN_AGE)
    orphans = sorted(set(written) - queries.kept_keys())
    services.purge_files(now, orphans)


def _reading(
    payload: dict[str, Any],
    state: FileState,
    act: Callable[[ImportFile, Sequence[Record], dt.datetime], None],
) -> Effect | None:
    """Return the effect that reads a file outside any transaction, then writes what comes of it.

    What it writes is committed with the mark of its delivery: it is never done twice.
    """
    file = queries.get_file(payload["file_id"])
    if file is None or file.state != state or not file.key:
        return None
    key, digest = file.key, file.sha256
    file_format, name, columns = file.format, file.name, dict(file.columns)

    def effect() -> None:
        content = storage.read(key, digest)
        records = (
            None if content is None else services.records_of(file_format, name, columns, content)
        )
        again = queries.get_file(payload["file_id"])
        if again is None:
            return
        now = clock.now()
        try:
            if records is None:
                gone = _("Ce fichier a été effacé ou abîmé. Envoyez-le de nouveau.")
                services.fail_file(again, gone, now)
            else:
                act(again, records, now)
        except DomainError as error:
            db.session.rollback()
            services.fail_file(again, error.message, now)

    return effect
