"""The ledger of erasures: what a backup that is restored must erase again.

Each erasure is a small file of the store, named by what was erased and holding when, nothing else.
Backups take all of them, whatever their own age; restoring an older one replays them before
anybody is let in. A number that was given again since names a newer row, which is left alone.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import structlog
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from app.accounts.models import User
from app.alerts.models import Alert, Watch
from app.alerts.services import delete_alert
from app.alerts.watching import stop_watch
from app.applications.erasing import erase_application, withdraw_again
from app.applications.models import Application
from app.core import clock, storage
from app.core.database import db
from app.core.errors import DomainError
from app.privacy.services import erase_account

log = structlog.get_logger()

FOLDER = "erasures"
# No backup is kept longer (`app/main/backups.py`): no restored row needs an older line.
KEPT = dt.timedelta(days=40)


class Entry(NamedTuple):
    """Something that was erased, by the number of its row."""

    kind: str
    id: int
    at: dt.datetime


class _Kind(NamedTuple):
    model: Any
    # When the row was there for certain; a row that came later is another one.
    since: Any
    erase: Callable[[Any, dt.datetime], Any]


_KINDS = {
    "application": _Kind(Application, Application.created_at, erase_application),
    "withdrawn": _Kind(Application, Application.created_at, withdraw_again),
    "account": _Kind(User, User.created_at, erase_account),
    "alert": _Kind(Alert, Alert.asked_at, delete_alert),
    "watch": _Kind(Watch, Watch.asked_at, stop_watch),
}


def write(kind: str, id_: int, at: dt.datetime) -> None:
    """Add a line. Writing it twice changes nothing. Raises StorageUnavailable."""
    data = json.dumps({"at": at.astimezone(dt.UTC).isoformat()}).encode()
    storage.write(f"{FOLDER}/{kind}-{id_}.json", data)


def is_line(key: str) -> bool:
    """Return whether a file of the store is a line of the ledger."""
    return key.startswith(f"{FOLDER}/")


def entries() -> Iterator[Entry]:
    """Return the lines, in no order. One whose hour cannot be read counts as written now."""
    for key in storage.kept_keys(FOLDER):
        kind, _dash, number = key.removeprefix(f"{FOLDER}/").removesuffix(".json").partition("-")
        data = storage.load(key)
        if kind in _KINDS and number.isdigit() and data is not None:
            yield Entry(kind, int(number), _read(data))


def _read(data: bytes) -> dt.datetime:
    """Return the hour of a line; of one that is damaged, now: what it names is erased again."""
    try:
        return dt.datetime.fromisoformat(json.loads(data)["at"])
    except (ValueError, TypeError, KeyError):
        log.error("erasure_unreadable")
        return clock.now()


def replay(now: dt.datetime) -> tuple[int, list[Entry]]:
    """Erase again what a restored database holds of what was erased.

    Return how many rows were, and the lines that could not be replayed: one of them does not stop
    the others. Replaying twice changes nothing more. The caller commits.
    """
    replayed, refused = 0, []
    for entry in list(entries()):
        kind = _KINDS[entry.kind]
        row = db.session.scalar(
            select(kind.model).where(kind.model.id == entry.id, kind.since <= entry.at)
        )
        if row is None:
            continue
        try:
            with db.session.begin_nested():
                kind.erase(row, now)
        except (DomainError, SQLAlchemyError) as error:
            log.error("erasure_refused", kind=entry.kind, id=entry.id, error=type(error).__name__)
            refused.append(entry)
        else:
            replayed += 1
    return replayed, refused


def purge(now: dt.datetime) -> None:
    """Drop the lines that no backup needs any more."""
    for key in storage.kept_before(FOLDER, now - KEPT):
        storage.remove(key)
