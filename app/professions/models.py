"""The reference base: professions, diplomas, vocabulary, moves between professions, sources.

Loaded from the files of the feature and the revisions of the team; nothing else writes here. A row
that has left the files is made inactive, because listings may refer to it. `verified` says whether
the central fact of the row was read in the sources it cites; `data` keeps the rest of the row.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import CheckConstraint, Column, ForeignKey, String, Table, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.core.database import Base, db, one_of
from app.professions.enums import EntryKind, MobilityKind, NameKind, TermKind

diploma_profession = Table(
    "diploma_profession",
    Base.metadata,
    Column("diploma_id", ForeignKey("diploma.id", ondelete="CASCADE"), primary_key=True),
    Column(
        "profession_id",
        ForeignKey("profession.id", ondelete="CASCADE"),
        primary_key=True,
        index=True,
    ),
)


class Profession(db.Model):
    """A profession of care, with what its page says of it in `data`."""

    __tablename__ = "profession"

    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(String(60), unique=True)
    label: Mapped[str] = mapped_column(String(120), comment="both genders: Aide-soignant·e")
    label_feminine: Mapped[str] = mapped_column(String(120))
    label_masculine: Mapped[str] = mapped_column(String(120))
    sector: Mapped[str] = mapped_column(String(60), comment="slug of a sector term")
    regulated: Mapped[bool] = mapped_column(comment="a diploma is required by law")
    summary: Mapped[str] = mapped_column(String(600))
    verified: Mapped[bool]
    position: Mapped[int]
    active: Mapped[bool] = mapped_column(default=True)
    data: Mapped[dict[str, Any]]

    names: Mapped[list[ProfessionName]] = relationship(
        back_populates="profession", cascade="all, delete-orphan"
    )
    rome: Mapped[list[ProfessionRome]] = relationship(
        back_populates="profession", cascade="all, delete-orphan"
    )
    diplomas: Mapped[list[Diploma]] = relationship(
        secondary=diploma_profession, back_populates="professions", order_by="Diploma.position"
    )

    def __repr__(self) -> str:
        return f"<Profession {self.slug}>"


class ProfessionName(db.Model):
    """One of the names by which people call a profession."""

    __tablename__ = "profession_name"
    __table_args__ = (one_of("kind", NameKind),)

    profession_id: Mapped[int] = mapped_column(
        ForeignKey("profession.id", ondelete="CASCADE"), primary_key=True
    )
    normalised: Mapped[str] = mapped_column(
        String(120), primary_key=True, index=True, comment="as queries.normalise writes it"
    )
    name: Mapped[str] = mapped_column(String(120))
    kind: Mapped[str] = mapped_column(String(20))
    position: Mapped[int]

    profession: Mapped[Profession] = relationship(back_populates="names")


class ProfessionRome(db.Model):
    """A code of the ROME, the French nomenclature of occupations, that covers a profession."""

    __tablename__ = "profession_rome"

    profession_id: Mapped[int] = mapped_column(
        ForeignKey("profession.id", ondelete="CASCADE"), primary_key=True
    )
    code: Mapped[str] = mapped_column(String(5), primary_key=True, index=True)
    label: Mapped[str | None] = mapped_column(String(200))
    current: Mapped[bool] = mapped_column(comment="false: code used before ROME 4.0")
    position: Mapped[int]

    profession: Mapped[Profession] = relationship(back_populates="rome")


class Diploma(db.Model):
    """A diploma, a title or a required training; `data` holds its blocks and equivalences."""

    __tablename__ = "diploma"
    __table_args__ = (CheckConstraint("level BETWEEN 1 AND 8", name="level_in_range"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(String(60), unique=True)
    label: Mapped[str] = mapped_column(String(200))
    acronym: Mapped[str | None] = mapped_column(String(40))
    level: Mapped[int | None] = mapped_column(comment="level of the French framework, 3 to 8")
    verified: Mapped[bool]
    position: Mapped[int]
    active: Mapped[bool] = mapped_column(default=True)
    data: Mapped[dict[str, Any]]

    professions: Mapped[list[Profession]] = relationship(
        secondary=diploma_profession, back_populates="diplomas", order_by="Profession.position"
    )

    def __repr__(self) -> str:
        return f"<Diploma {self.slug}>"


class Term(db.Model):
    """A term of one list of the vocabulary: a workplace, a public, a contract…"""

    __tablename__ = "term"
    __table_args__ = (UniqueConstraint("kind", "slug"), one_of("kind", TermKind))

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(30))
    slug: Mapped[str] = mapped_column(String(60))
    label: Mapped[str] = mapped_column(String(120))
    category: Mapped[str | None] = mapped_column(String(60))
    verified: Mapped[bool]
    position: Mapped[int]
    active: Mapped[bool] = mapped_column(default=True)
    data: Mapped[dict[str, Any]]

    def __repr__(self) -> str:
        return f"<Term {self.kind} {self.slug}>"


class MobilityEdge(db.Model):
    """A move from one profession to another, through a diploma or not."""

    __tablename__ = "mobility_edge"
    __table_args__ = (
        UniqueConstraint("from_id", "to_id", "kind"),
        one_of("kind", MobilityKind),
        CheckConstraint("from_id <> to_id", name="goes_elsewhere"),
        CheckConstraint("duration_months > 0", name="duration_positive"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    from_id: Mapped[int] = mapped_column(ForeignKey("profession.id", ondelete="CASCADE"))
    to_id: Mapped[int] = mapped_column(ForeignKey("profession.id", ondelete="CASCADE"), index=True)
    kind: Mapped[str] = mapped_column(String(20))
    diploma_id: Mapped[int | None] = mapped_column(ForeignKey("diploma.id"), index=True)
    duration_months: Mapped[float | None]
    verified: Mapped[bool]
    position: Mapped[int]
    data: Mapped[dict[str, Any]]

    origin: Mapped[Profession] = relationship(foreign_keys=[from_id])
    target: Mapped[Profession] = relationship(foreign_keys=[to_id])
    diploma: Mapped[Diploma | None] = relationship()


class ReferenceRevision(db.Model):
    """A correction of one entry of the files by the team. Kept for ever: to undo is to correct.

    `number` follows the corrections of the entry, from 1: two people cannot write the same one.
    """

    __tablename__ = "reference_revision"
    __table_args__ = (
        UniqueConstraint("kind", "key", "number"),
        one_of("kind", EntryKind),
        one_of("source_reliability", ["A", "B", "C"], nullable=True),
        CheckConstraint("number >= 1", name="number_positive"),
        CheckConstraint("length(source_title) > 0", name="source_present"),
        CheckConstraint("review_on IS NULL OR review_on > effective_on", name="review_after"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(12))
    key: Mapped[str] = mapped_column(String(160))
    number: Mapped[int]
    changes: Mapped[dict[str, Any]] = mapped_column(comment="field of the file -> value")
    file_values: Mapped[dict[str, Any]] = mapped_column(
        comment="what the file said of these fields then"
    )
    verified: Mapped[bool] = mapped_column(comment="read in the source")
    source_title: Mapped[str] = mapped_column(String(300))
    source_url: Mapped[str | None] = mapped_column(String(500))
    source_reliability: Mapped[str | None] = mapped_column(String(1))
    reason: Mapped[str] = mapped_column(String(500), default="")
    effective_on: Mapped[dt.date] = mapped_column(comment="Paris day from which it holds")
    review_on: Mapped[dt.date | None] = mapped_column(comment="day to read it again")
    author_id: Mapped[int | None] = mapped_column(
        ForeignKey("user_account.id", ondelete="SET NULL"), index=True
    )
    created_at: Mapped[dt.datetime]


class Source(db.Model):
    """A page or a text in which facts of the reference base were read."""

    __tablename__ = "source"
    __table_args__ = (one_of("reliability", ["A", "B", "C"], nullable=True),)

    code: Mapped[str] = mapped_column(String(8), primary_key=True)
    title: Mapped[str] = mapped_column(String(300))
    url: Mapped[str | None] = mapped_column(String(500))
    reliability: Mapped[str | None] = mapped_column(
        String(1), comment="A: law or official site; B: specialised press, school; C: to cross"
    )
    position: Mapped[int]
    data: Mapped[dict[str, Any]]
