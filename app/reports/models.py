"""Reports of listings. All those of one listing, until a decision, are one case."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.accounts.models import User
from app.core.database import db, one_of
from app.listings.models import Listing
from app.reports.enums import Decision, Reason


class ReportCase(db.Model):
    """A listing that people reported, and what the team decided."""

    __tablename__ = "report_case"

    id: Mapped[int] = mapped_column(primary_key=True)
    listing_id: Mapped[int] = mapped_column(ForeignKey("listing.id"), index=True)
    opened_at: Mapped[dt.datetime]
    decided_at: Mapped[dt.datetime | None]
    decision: Mapped[str | None] = mapped_column(String(10))
    answer: Mapped[str] = mapped_column(
        Text, default="", comment="why, as told to those who reported"
    )
    decided_by_id: Mapped[int | None] = mapped_column(
        ForeignKey("user_account.id", ondelete="SET NULL")
    )

    listing: Mapped[Listing] = relationship()
    decided_by: Mapped[User | None] = relationship()
    reports: Mapped[list[Report]] = relationship(
        back_populates="case", cascade="all, delete-orphan", order_by="Report.id"
    )

    __table_args__ = (
        one_of("decision", Decision, nullable=True),
        CheckConstraint("(decided_at IS NULL) = (decision IS NULL)", name="decision_dated"),
        CheckConstraint("decision IS NULL OR length(answer) > 0", name="decision_has_reason"),
        Index(
            "uq_report_case_open",
            "listing_id",
            unique=True,
            sqlite_where=text("decided_at IS NULL"),
            postgresql_where=text("decided_at IS NULL"),
        ),
    )


class Report(db.Model):
    """What one person says is wrong. She needs neither account nor name."""

    __tablename__ = "report"

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(
        ForeignKey("report_case.id", ondelete="CASCADE"), index=True
    )
    created_at: Mapped[dt.datetime]
    reason: Mapped[str] = mapped_column(String(12))
    words: Mapped[str] = mapped_column(Text, default="", comment="emptied after some time")
    email: Mapped[str | None] = mapped_column(
        String(254), comment="to be told the decision; emptied after some time"
    )
    team_told_at: Mapped[dt.datetime | None]

    case: Mapped[ReportCase] = relationship(back_populates="reports")

    __table_args__ = (one_of("reason", Reason),)
