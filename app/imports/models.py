"""Runs of the importers and what they set aside."""

from __future__ import annotations

import datetime as dt
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from sqlalchemy import CheckConstraint, ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.core.database import db, one_of

if TYPE_CHECKING:
    from app.organisations.models import Organisation


class RunState(StrEnum):
    """How a run ended."""

    RUNNING = "running"
    DONE = "done"
    REFUSED = "refused"
    FAILED = "failed"


class FileFormat(StrEnum):
    """What members may send."""

    CSV = "csv"
    LHEO = "lheo"


class FileState(StrEnum):
    """Life of a file that a member sent: told, read, looked at, applied."""

    COLUMNS = "columns"
    READING = "reading"
    READY = "ready"
    APPLYING = "applying"
    APPLIED = "applied"
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


class ImportFile(db.Model):
    """A file that a member sent, what it would change, and what became of it."""

    __tablename__ = "import_file"

    id: Mapped[int] = mapped_column(primary_key=True)
    organisation_id: Mapped[int] = mapped_column(
        ForeignKey("organisation.id", ondelete="CASCADE"), index=True
    )
    user_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id", ondelete="SET NULL"))
    format: Mapped[str] = mapped_column(String(10))
    name: Mapped[str] = mapped_column(String(200), comment="as the member named it")
    key: Mapped[str | None] = mapped_column(
        String(80), unique=True, comment="where the file is kept; empty once it is dropped"
    )
    sha256: Mapped[str] = mapped_column(String(64))
    size_bytes: Mapped[int]
    headers: Mapped[list[str]] = mapped_column(default=list, comment="CSV: its first line")
    columns: Mapped[dict[str, Any]] = mapped_column(
        default=dict, comment="CSV: header -> field, empty when it is not read"
    )
    full: Mapped[bool] = mapped_column(
        default=False, comment="the member says that it holds all that she sends"
    )
    state: Mapped[str] = mapped_column(String(10))
    preview: Mapped[dict[str, Any]] = mapped_column(
        default=dict, comment="counts, changes, set_aside"
    )
    plan: Mapped[str | None] = mapped_column(
        String(64), comment="SHA-256 of what the preview would write"
    )
    reason: Mapped[str] = mapped_column(Text, default="", comment="what the member is told")
    created_at: Mapped[dt.datetime]
    updated_at: Mapped[dt.datetime]
    run_id: Mapped[int | None] = mapped_column(ForeignKey("import_run.id"), unique=True)

    organisation: Mapped[Organisation] = relationship()
    run: Mapped[ImportRun | None] = relationship()

    __table_args__ = (
        one_of("format", FileFormat),
        one_of("state", FileState),
        CheckConstraint("size_bytes > 0", name="size_positive"),
        CheckConstraint(
            "state NOT IN ('ready', 'applying') OR plan IS NOT NULL", name="ready_has_plan"
        ),
        CheckConstraint("(state = 'applied') = (run_id IS NOT NULL)", name="applied_has_run"),
    )
