"""Runs of the importers and what they set aside."""

from __future__ import annotations

import datetime as dt
from enum import StrEnum

from sqlalchemy import ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.core.database import db, one_of


class RunState(StrEnum):
    """How a run ended."""

    RUNNING = "running"
    DONE = "done"
    REFUSED = "refused"
    FAILED = "failed"


class ImportRun(db.Model):
    """One execution of an importer that wrote."""

    __tablename__ = "import_run"

    id: Mapped[int] = mapped_column(primary_key=True)
    source: Mapped[str] = mapped_column(String(30), index=True)
    state: Mapped[str] = mapped_column(String(10))
    started_at: Mapped[dt.datetime]
    ended_at: Mapped[dt.datetime | None]
    read: Mapped[int] = mapped_column(default=0)
    created: Mapped[int] = mapped_column(default=0)
    updated: Mapped[int] = mapped_column(default=0)
    unchanged: Mapped[int] = mapped_column(default=0)
    closed: Mapped[int] = mapped_column(default=0)
    skipped: Mapped[int] = mapped_column(default=0, comment="recognised as outside the care field")
    reason: Mapped[str] = mapped_column(Text, default="")

    quarantined: Mapped[list[QuarantinedItem]] = relationship(back_populates="run")

    __table_args__ = (one_of("state", RunState),)


class QuarantinedItem(db.Model):
    """A record that could not be used, and why."""

    __tablename__ = "import_quarantine"

    id: Mapped[int] = mapped_column(primary_key=True)
    run_id: Mapped[int] = mapped_column(ForeignKey("import_run.id", ondelete="CASCADE"), index=True)
    position: Mapped[str] = mapped_column(String(200), comment="file and position in the file")
    source_id: Mapped[str | None] = mapped_column(String(120))
    reason: Mapped[str] = mapped_column(Text)

    run: Mapped[ImportRun] = relationship(back_populates="quarantined")
