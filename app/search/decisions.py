"""What the team decided of words, as the reading of a search uses it.

Each process reads the decisions again when what it knows is a few seconds old: a decision holds
everywhere without a restart. The same object is given back as long as nothing has changed.
"""

from __future__ import annotations

import threading
import time
from typing import Any, NamedTuple

from sqlalchemy import select

from app.core.database import db
from app.search.enums import WordKind
from app.search.models import SearchWord

RECHECK_SECONDS = 5.0


class Decision(NamedTuple):
    """A decision in force. `target`: slug of a profession, or the words meant."""

    kind: str
    word: str
    target: str


class _Kept(NamedTuple):
    engine: Any
    at: float
    decisions: tuple[Decision, ...]


_lock = threading.Lock()
_kept: _Kept | None = None


def in_force() -> tuple[Decision, ...]:
    """Return the decisions that change how words are read or proposed, the oldest first."""
    global _kept
    kept = _kept
    usable = kept is not None and kept.engine is db.engine
    if kept is not None and usable and 0 <= time.monotonic() - kept.at < RECHECK_SECONDS:
        return kept.decisions
    # One thread looks; the others go on with what is known.
    if not _lock.acquire(blocking=not usable) and kept is not None:
        return kept.decisions
    try:
        found = _read()
        if usable and kept is not None and kept.decisions == found:
            found = kept.decisions
        _kept = _Kept(db.engine, time.monotonic(), found)
        return found
    finally:
        _lock.release()


def forget() -> None:
    """Look again at the next search: this process has just written a decision."""
    global _kept
    _kept = None


def _read() -> tuple[Decision, ...]:
    query = (
        select(SearchWord.kind, SearchWord.word, SearchWord.target)
        .where(SearchWord.undone_at.is_(None), SearchWord.kind != WordKind.IGNORED)
        .order_by(SearchWord.id)
    )
    return tuple(Decision(*row) for row in db.session.execute(query))
