"""What the search keeps in the database: the simplified search, quarantine, state of the index."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.accounts.models import User
from app.core.database import db, one_of
from app.search.enums import WordKind

# Names of facts in `search_state`; those of one server are followed by its name.
SETTINGS, BUILDING, LATE, DRIFT = "settings", "building", "late", "drift"
WRITTEN = "written"
# When the worker last saw to a server, see servers.py.
CARED = "cared"
# Values of a LATE fact, see servers.py.
BEHIND, CATCHING_UP = "behind", "catching_up"


class SearchEntry(db.Model):
    """What the database itself searches when the engine cannot: one row an open listing.

    Words are already without accents, so that LIKE finds the same thing on SQLite and PostgreSQL.
    """

    __tablename__ = "search_entry"

    listing_id: Mapped[int] = mapped_column(
        ForeignKey("listing.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    version: Mapped[int]
    published_at: Mapped[int] = mapped_column(BigInteger, comment="seconds since 1970")
    closes_at: Mapped[int] = mapped_column(
        BigInteger, comment="seconds since 1970, far away when it has no end"
    )
    latitude: Mapped[float | None]
    longitude: Mapped[float | None]
    commune_code: Mapped[str] = mapped_column(String(5), default="")
    duration_months: Mapped[float | None]
    answer_rank: Mapped[int | None] = mapped_column(comment="least first; empty when unknown")
    demand: Mapped[int | None] = mapped_column(
        comment="applications of the last 30 days a post; empty when unknown"
    )
    professions: Mapped[str] = mapped_column(
        Text, comment="slugs read in the listing, between spaces"
    )
    tags: Mapped[str] = mapped_column(Text, comment="name:value of the facets, between spaces")
    title_words: Mapped[str] = mapped_column(Text, comment="between spaces")
    words: Mapped[str] = mapped_column(
        Text, comment="of title, profession, employer, place, labels, summary; between spaces"
    )

    __table_args__ = (Index("ix_search_entry_commune", "commune_code"),)


class SearchQuarantine(db.Model):
    """A version of a listing that the engine refuses; a new version gets a new chance."""

    __tablename__ = "search_quarantine"

    listing_id: Mapped[int] = mapped_column(
        ForeignKey("listing.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    version: Mapped[int]
    error: Mapped[str] = mapped_column(String(120), comment="code given by the engine")
    at: Mapped[dt.datetime]


class SearchState(db.Model):
    """A fact about the index of a server, such as the digest of the settings it was built with."""

    __tablename__ = "search_state"

    name: Mapped[str] = mapped_column(String(80), primary_key=True)
    value: Mapped[str] = mapped_column(String(200))
    at: Mapped[dt.datetime]


class SearchQuery(db.Model):
    """How often words were searched on a day. Of who searched, nothing is known nor kept."""

    __tablename__ = "search_query"

    day: Mapped[dt.date] = mapped_column(primary_key=True, comment="in Paris")
    words: Mapped[str] = mapped_column(String(80), primary_key=True, comment="normalised")
    place_code: Mapped[str] = mapped_column(
        String(5), primary_key=True, comment="of the commune, or empty"
    )
    kinds: Mapped[str] = mapped_column(
        String(80), primary_key=True, comment="asked, between spaces"
    )
    professions: Mapped[str] = mapped_column(
        String(200), primary_key=True, comment="read, between spaces"
    )
    found: Mapped[str] = mapped_column(String(5), primary_key=True, comment="how many, roughly")
    by_engine: Mapped[bool] = mapped_column(primary_key=True)
    seen: Mapped[int] = mapped_column(comment="searches")

    __table_args__ = (
        Index(None, "words", "place_code"),
        one_of("found", ["0", "1-5", "6-20", "more"]),
        CheckConstraint("seen > 0", name="seen_positive"),
        CheckConstraint("length(words) > 0", name="words_present"),
    )


class SearchWord(db.Model):
    """What the team decided of words that people type. Kept for ever: to undo is written beside."""

    __tablename__ = "search_word"

    id: Mapped[int] = mapped_column(primary_key=True)
    word: Mapped[str] = mapped_column(String(80), comment="normalised, one word or several")
    kind: Mapped[str] = mapped_column(String(12))
    target: Mapped[str] = mapped_column(
        String(80), comment="slug of a profession, words meant, or empty"
    )
    seen: Mapped[int] = mapped_column(comment="searches that held it when it was decided")
    author_id: Mapped[int | None] = mapped_column(
        ForeignKey("user_account.id", ondelete="SET NULL"), index=True
    )
    created_at: Mapped[dt.datetime]
    undone_by_id: Mapped[int | None] = mapped_column(
        ForeignKey("user_account.id", ondelete="SET NULL"), index=True
    )
    undone_at: Mapped[dt.datetime | None]

    author: Mapped[User | None] = relationship(foreign_keys=[author_id])
    undone_by: Mapped[User | None] = relationship(foreign_keys=[undone_by_id])

    __table_args__ = (
        Index(
            "uq_search_word_in_force",
            "word",
            unique=True,
            sqlite_where=text("undone_at IS NULL"),
            postgresql_where=text("undone_at IS NULL"),
        ),
        one_of("kind", WordKind),
        CheckConstraint("length(word) > 0", name="word_present"),
        CheckConstraint("(kind = 'ignored') = (length(target) = 0)", name="target_present"),
        CheckConstraint("seen > 0", name="seen_positive"),
        CheckConstraint("undone_by_id IS NULL OR undone_at IS NOT NULL", name="undone_dated"),
        CheckConstraint("undone_at IS NULL OR undone_at >= created_at", name="undone_after"),
    )
