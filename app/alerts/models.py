"""Alerts on a search, the digests they sent, and the notices asked about one listing."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import CheckConstraint, ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.alerts.enums import Frequency, Stop
from app.core.database import db, one_of
from app.listings.models import Listing


class Alert(db.Model):
    """A search that a person asked to be told about. Without confirmation, nothing is sent."""

    __tablename__ = "alert"

    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(String(254))
    query: Mapped[str] = mapped_column(Text, comment="canonical parameters of the search")
    query_hash: Mapped[str] = mapped_column(String(64), comment="SHA-256 of the query")
    label: Mapped[str] = mapped_column(String(300))
    frequency: Mapped[str] = mapped_column(String(6))
    salt: Mapped[str] = mapped_column(String(43), comment="gives the token, with the secret key")
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    asked_at: Mapped[dt.datetime] = mapped_column(comment="last time somebody asked for it")
    asks: Mapped[int] = mapped_column(default=1, comment="messages sent since it was confirmed")
    confirmed_at: Mapped[dt.datetime | None]
    wording: Mapped[str | None] = mapped_column(
        String(10), comment="version of the sentence the person agreed to"
    )
    kept_at: Mapped[dt.datetime | None] = mapped_column(
        comment="last time its person did something on its page"
    )
    warned_at: Mapped[dt.datetime | None] = mapped_column(comment="told that it is about to stop")
    paused_at: Mapped[dt.datetime | None]
    stopped_at: Mapped[dt.datetime | None]
    stop_reason: Mapped[str | None] = mapped_column(String(10))
    seen_until: Mapped[dt.datetime | None] = mapped_column(
        comment="what came before was matched already"
    )
    ran_on: Mapped[dt.date | None] = mapped_column(comment="last Paris day it was matched")

    __table_args__ = (
        one_of("frequency", Frequency),
        one_of("stop_reason", Stop, nullable=True),
        UniqueConstraint("email", "query_hash"),
        CheckConstraint("length(email) > 2", name="email_present"),
        CheckConstraint("asks >= 0", name="asks_positive"),
        CheckConstraint(
            "confirmed_at IS NULL OR "
            "(kept_at IS NOT NULL AND seen_until IS NOT NULL AND ran_on IS NOT NULL)",
            name="confirmed_complete",
        ),
        CheckConstraint(
            "confirmed_at IS NOT NULL OR (paused_at IS NULL AND stopped_at IS NULL)",
            name="live_once_confirmed",
        ),
        CheckConstraint("(stopped_at IS NULL) = (stop_reason IS NULL)", name="stop_has_reason"),
    )

    @property
    def active(self) -> bool:
        """Return whether digests leave."""
        return self.confirmed_at is not None and self.paused_at is None and self.stopped_at is None


class Digest(db.Model):
    """What was new for an alert on one day: written with what it tells, sent once."""

    __tablename__ = "alert_digest"

    id: Mapped[int] = mapped_column(primary_key=True)
    alert_id: Mapped[int] = mapped_column(ForeignKey("alert.id", ondelete="CASCADE"))
    day: Mapped[dt.date] = mapped_column(comment="in Paris")
    total: Mapped[int] = mapped_column(comment="how many were new, shown or not")

    alert: Mapped[Alert] = relationship()

    __table_args__ = (
        UniqueConstraint("alert_id", "day"),
        CheckConstraint("total > 0", name="total_positive"),
    )


class SentListing(db.Model):
    """A listing named to an alert: once, whatever happens."""

    __tablename__ = "alert_listing"

    alert_id: Mapped[int] = mapped_column(
        ForeignKey("alert.id", ondelete="CASCADE"), primary_key=True
    )
    listing_id: Mapped[int] = mapped_column(
        ForeignKey("listing.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    digest_id: Mapped[int] = mapped_column(
        ForeignKey("alert_digest.id", ondelete="CASCADE"), index=True
    )
    rank: Mapped[int] = mapped_column(comment="place in the message")


class Watch(db.Model):
    """Somebody wants to know when one listing closes, then when it opens again."""

    __tablename__ = "listing_watch"

    id: Mapped[int] = mapped_column(primary_key=True)
    listing_id: Mapped[int] = mapped_column(
        ForeignKey("listing.id", ondelete="CASCADE"), index=True
    )
    email: Mapped[str] = mapped_column(String(254))
    salt: Mapped[str] = mapped_column(String(43), comment="gives the token, with the secret key")
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    asked_at: Mapped[dt.datetime] = mapped_column(comment="last time somebody asked for it")
    asks: Mapped[int] = mapped_column(default=1, comment="messages sent to confirm it")
    confirmed_at: Mapped[dt.datetime | None]
    wording: Mapped[str | None] = mapped_column(
        String(10), comment="version of the sentence the person agreed to"
    )
    closed_told_at: Mapped[dt.datetime | None]
    reopened_told_at: Mapped[dt.datetime | None] = mapped_column(comment="it is then over")

    listing: Mapped[Listing] = relationship()

    __table_args__ = (
        UniqueConstraint("email", "listing_id"),
        CheckConstraint("length(email) > 2", name="email_present"),
        CheckConstraint("asks >= 0", name="asks_positive"),
        CheckConstraint(
            "confirmed_at IS NOT NULL OR closed_told_at IS NULL", name="told_once_confirmed"
        ),
        CheckConstraint(
            "closed_told_at IS NOT NULL OR reopened_told_at IS NULL", name="reopened_after_closed"
        ),
    )
