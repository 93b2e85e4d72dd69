"""Reference data kept in memory by each process, and re-read when it has changed.

A loader gives the reference it wrote a version (a digest of its content) by `record_version`.
A `Snapshot` reads the tables once per version and shares the result between threads: what it holds
must be immutable.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any, Generic, TypeVar

from sqlalchemy import String, select
from sqlalchemy.orm import Mapped, mapped_column

from app.core.database import db

Content = TypeVar("Content")

# A running process notices a new reference within this delay; in between it asks nothing.
RECHECK_SECONDS = 15.0


class ReferenceVersion(db.Model):
    """Which content of a reference the tables hold."""

    __tablename__ = "reference_version"

    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    version: Mapped[str] = mapped_column(String(64), comment="digest of the files loaded")


def record_version(name: str, version: str) -> None:
    """Write that the tables of the reference `name` now hold `version`."""
    row = db.session.get(ReferenceVersion, name)
    if row is None:
        db.session.add(ReferenceVersion(name=name, version=version))
    else:
        row.version = version
    db.session.flush()


class Snapshot(Generic[Content]):
    """The content of one reference, as read by `read`.

    Without a recorded version (rows written by hand, as tests do) it is read at each call.
    """

    def __init__(self, name: str, read: Callable[[], Content]) -> None:
        self._name = name
        self._read = read
        self._lock = threading.Lock()
        self._kept: tuple[Any, str, Content] | None = None
        self._checked: tuple[Any, float] | None = None

    def get(self) -> Content:
        """Return the content of the version the database holds."""
        kept = self._kept
        if kept is not None and self._is_fresh():
            return kept[2]
        with self._lock:
            version = db.session.scalar(
                select(ReferenceVersion.version).where(ReferenceVersion.name == self._name)
            )
            if version is None:
                self._kept = self._checked = None
                return self._read()
            # `engine` is the pool itself, even when a test has put a connection in its place.
            engine = db.engine.engine
            if self._kept is None or self._kept[:2] != (engine, version):
                self._kept = (engine, version, self._read())
            self._checked = (db.engine, time.monotonic())
            return self._kept[2]

    def forget(self) -> None:
        """Ask the database again at the next call: the loader of this process has just written."""
        self._checked = None

    def _is_fresh(self) -> bool:
        checked = self._checked
        if checked is None or checked[0] is not db.engine:
            return False
        return 0 <= time.monotonic() - checked[1] < RECHECK_SECONDS
