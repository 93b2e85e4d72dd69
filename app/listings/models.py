"""Listings of the six kinds, their sessions, and the log of their life."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.core.database import db, one_of
from app.listings.enums import (
    KIND_PATHS,
    OWN_SOURCE,
    DiplomaNeed,
    Kind,
    Modality,
    Outcome,
    PayPeriod,
    Status,
    UnfilledReason,
)

if TYPE_CHECKING:
    from app.geography.models import Commune
    from app.organisations.models import Establishment, Organisation
    from app.professions.models import Diploma, Profession


class Listing(db.Model):
    """Anything published that a person can answer. Columns of other kinds stay empty."""

    __tablename__ = "listing"

    # Identity and life
    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(12))
    status: Mapped[str] = mapped_column(String(12), default=Status.DRAFT)
    version: Mapped[int] = mapped_column(default=1, comment="rises with every change that is seen")
    title: Mapped[str] = mapped_column(String(160))
    slug: Mapped[str] = mapped_column(String(120))
    created_at: Mapped[dt.datetime]
    updated_at: Mapped[dt.datetime]
    published_at: Mapped[dt.datetime | None]
    refreshed_at: Mapped[dt.datetime | None] = mapped_column(
        comment="last time it was said to be true"
    )
    asked_at: Mapped[dt.datetime | None] = mapped_column(
        comment="last time its members were asked whether it is still true"
    )
    reminded_at: Mapped[dt.datetime | None] = mapped_column(
        comment="last time they were asked again, a week before the end"
    )
    closed_at: Mapped[dt.datetime | None]
    outcome: Mapped[str | None] = mapped_column(String(12))
    unfilled_reason: Mapped[str | None] = mapped_column(String(20))
    created_by_id: Mapped[int | None] = mapped_column(
        ForeignKey("user_account.id", ondelete="SET NULL"), index=True
    )

    # Origin
    source: Mapped[str] = mapped_column(String(30), default=OWN_SOURCE)
    source_id: Mapped[str | None] = mapped_column(String(120))
    source_url: Mapped[str | None] = mapped_column(String(500), comment="where one answers")
    source_hash: Mapped[str | None] = mapped_column(String(64), comment="SHA-256 of the raw record")

    # Who
    organisation_id: Mapped[int | None] = mapped_column(ForeignKey("organisation.id"), index=True)
    establishment_id: Mapped[int | None] = mapped_column(ForeignKey("establishment.id"))
    employer_name: Mapped[str] = mapped_column(
        String(160), default="", comment="as shown; empty when the source hides it"
    )
    contact_name: Mapped[str] = mapped_column(String(120), default="")

    # What
    profession_id: Mapped[int | None] = mapped_column(
        ForeignKey("profession.id"), index=True, comment="for a path, the profession it leads to"
    )
    from_profession_id: Mapped[int | None] = mapped_column(
        ForeignKey("profession.id"), comment="path: where one starts from"
    )
    diploma_id: Mapped[int | None] = mapped_column(
        ForeignKey("diploma.id"), comment="required (job) or prepared (training, path, internship)"
    )
    diploma_need: Mapped[str] = mapped_column(String(10), default=DiplomaNeed.UNKNOWN)
    workplace: Mapped[str | None] = mapped_column(String(60), comment="slug of a workplace term")
    publics: Mapped[list[str]] = mapped_column(default=list, comment="slugs of public terms")
    schedules: Mapped[list[str]] = mapped_column(default=list, comment="slugs of schedule terms")
    summary: Mapped[str] = mapped_column(String(300), default="")
    description: Mapped[str] = mapped_column(Text, default="", comment="Markdown as written")
    description_html: Mapped[str] = mapped_column(Text, default="", comment="sanitised")
    conditions: Mapped[str] = mapped_column(
        Text, default="", comment="what is hard, what is offered, how one enters; plain text"
    )

    # Contract, hours, pay
    contract: Mapped[str | None] = mapped_column(String(40), comment="slug of a contract term")
    contract_months: Mapped[float | None]
    hours_min: Mapped[float | None] = mapped_column(comment="hours a week")
    hours_max: Mapped[float | None] = mapped_column(comment="hours a week")
    hours_label: Mapped[str] = mapped_column(String(200), default="")
    pay_min_cents: Mapped[int | None]
    pay_max_cents: Mapped[int | None]
    pay_period: Mapped[str | None] = mapped_column(String(8))
    pay_label: Mapped[str] = mapped_column(
        String(300), default="", comment="as the source wrote it"
    )
    collective_agreement: Mapped[str] = mapped_column(String(120), default="")
    licence_required: Mapped[bool] = mapped_column(default=False)
    positions: Mapped[int] = mapped_column(default=1)

    # Training, internship, immersion, path
    duration_months: Mapped[float | None]
    duration_hours: Mapped[int | None]
    duration_label: Mapped[str] = mapped_column(String(120), default="")
    modality: Mapped[str | None] = mapped_column(String(12))
    cost_cents: Mapped[int | None] = mapped_column(comment="0 when it is free; empty when unknown")
    funding: Mapped[list[str]] = mapped_column(default=list, comment="slugs of funding terms")
    entry_conditions: Mapped[str] = mapped_column(Text, default="")

    # Where and when
    commune_code: Mapped[str | None] = mapped_column(ForeignKey("commune.code"), index=True)
    place_label: Mapped[str] = mapped_column(String(160), default="", comment="as shown")
    address: Mapped[str] = mapped_column(String(200), default="")
    latitude: Mapped[float | None]
    longitude: Mapped[float | None]
    starts_on: Mapped[dt.date | None]
    ends_on: Mapped[dt.date | None]
    deadline: Mapped[dt.date | None] = mapped_column(comment="last day to answer, Paris")
    closes_at: Mapped[dt.datetime | None] = mapped_column(
        comment="UTC, see workflow.closing_instant"
    )

    organisation: Mapped[Organisation | None] = relationship()
    establishment: Mapped[Establishment | None] = relationship()
    profession: Mapped[Profession | None] = relationship(foreign_keys=[profession_id])
    from_profession: Mapped[Profession | None] = relationship(foreign_keys=[from_profession_id])
    diploma: Mapped[Diploma | None] = relationship()
    commune: Mapped[Commune | None] = relationship()
    sessions: Mapped[list[ListingSession]] = relationship(
        back_populates="listing",
        cascade="all, delete-orphan",
        order_by="ListingSession.starts_at",
    )

    __table_args__ = (
        one_of("kind", Kind),
        one_of("status", Status),
        one_of("outcome", Outcome, nullable=True),
        one_of("unfilled_reason", UnfilledReason, nullable=True),
        one_of("pay_period", PayPeriod, nullable=True),
        one_of("diploma_need", DiplomaNeed),
        one_of("modality", Modality, nullable=True),
        UniqueConstraint("source", "source_id"),
        CheckConstraint("version >= 1", name="version_positive"),
        CheckConstraint("length(title) > 0", name="title_present"),
        CheckConstraint(
            "(status = 'closed') = (closed_at IS NOT NULL AND outcome IS NOT NULL)",
            name="closed_has_outcome",
        ),
        CheckConstraint(
            "status NOT IN ('published', 'paused') OR published_at IS NOT NULL",
            name="published_is_dated",
        ),
        CheckConstraint(
            "source = 'site' OR (source_id IS NOT NULL AND source_hash IS NOT NULL)",
            name="imported_has_identity",
        ),
        CheckConstraint(
            "source <> 'site' OR organisation_id IS NOT NULL", name="own_has_organisation"
        ),
        CheckConstraint(
            "pay_min_cents IS NULL OR (pay_min_cents > 0 AND pay_period IS NOT NULL)",
            name="pay_has_period",
        ),
        CheckConstraint(
            "pay_max_cents IS NULL OR "
            "(pay_min_cents IS NOT NULL AND pay_max_cents >= pay_min_cents)",
            name="pay_ordered",
        ),
        CheckConstraint("(latitude IS NULL) = (longitude IS NULL)", name="point_complete"),
        CheckConstraint("positions >= 1", name="positions_positive"),
        # A job written here says what the law and people ask; an import says what it knows.
        CheckConstraint(
            "source <> 'site' OR kind <> 'job' OR status IN ('draft', 'closed') OR "
            "(pay_min_cents IS NOT NULL AND hours_min IS NOT NULL AND contract IS NOT NULL "
            "AND commune_code IS NOT NULL)",
            name="own_job_complete",
        ),
        Index("ix_listing_status_published_at", "status", "published_at"),
        Index("ix_listing_status_closes_at", "status", "closes_at"),
        # What is open is counted from these alone.
        Index("ix_listing_status_profession_id_closes_at", "status", "profession_id", "closes_at"),
        Index(
            "ix_listing_status_organisation_id_closes_at", "status", "organisation_id", "closes_at"
        ),
    )

    def __repr__(self) -> str:
        return f"<Listing {self.id} {self.kind} {self.status}>"

    @property
    def path(self) -> str:
        """Return the address of the listing on the site."""
        return f"/{KIND_PATHS[Kind(self.kind)]}/{self.id}-{self.slug}"

    @property
    def answered_here(self) -> bool:
        """Return whether people answer on this site, rather than where the listing comes from."""
        return self.source == OWN_SOURCE

    @property
    def awaits_confirmation(self) -> bool:
        """Return whether its members were asked if it is still true, and have not said so since."""
        alive = self.status in {Status.PUBLISHED, Status.PAUSED}
        return alive and self.was_asked

    @property
    def was_asked(self) -> bool:
        """Return whether the last word is our question: nobody has answered it."""
        asked, refreshed = self.asked_at, self.refreshed_at
        return asked is not None and refreshed is not None and asked > refreshed

    @property
    def has_end(self) -> bool:
        """Return whether it ends by a date of its own, rather than for want of a confirmation."""
        return self.deadline is not None or (self.kind != Kind.JOB and bool(self.sessions))

    def is_open(self, now: dt.datetime) -> bool:
        """Return whether it is published and its deadline has not passed."""
        return self.status == Status.PUBLISHED and (self.closes_at is None or now < self.closes_at)


class ListingSession(db.Model):
    """A dated session with seats: of a training, an event, an internship or an immersion."""

    __tablename__ = "listing_session"

    id: Mapped[int] = mapped_column(primary_key=True)
    listing_id: Mapped[int] = mapped_column(
        ForeignKey("listing.id", ondelete="CASCADE"), index=True
    )
    starts_at: Mapped[dt.datetime]
    ends_at: Mapped[dt.datetime | None]
    deadline: Mapped[dt.date | None] = mapped_column(comment="last day to answer, Paris")
    capacity: Mapped[int | None] = mapped_column(comment="empty when it is not limited")
    taken: Mapped[int] = mapped_column(default=0)
    label: Mapped[str] = mapped_column(String(120), default="")

    listing: Mapped[Listing] = relationship(back_populates="sessions")

    __table_args__ = (
        CheckConstraint("capacity IS NULL OR capacity > 0", name="capacity_positive"),
        CheckConstraint("taken >= 0", name="taken_not_negative"),
        CheckConstraint("capacity IS NULL OR taken <= capacity", name="never_over_capacity"),
        CheckConstraint("ends_at IS NULL OR ends_at >= starts_at", name="ends_after_start"),
    )

    @property
    def seats_left(self) -> int | None:
        """Return the number of seats left, or None when seats are not limited."""
        return None if self.capacity is None else self.capacity - self.taken


class ListingEvent(db.Model):
    """The log: who made the listing pass from one state to another, when and why."""

    __tablename__ = "listing_event"

    id: Mapped[int] = mapped_column(primary_key=True)
    listing_id: Mapped[int] = mapped_column(
        ForeignKey("listing.id", ondelete="CASCADE"), index=True
    )
    from_status: Mapped[str | None] = mapped_column(String(12))
    to_status: Mapped[str] = mapped_column(String(12))
    at: Mapped[dt.datetime]
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id", ondelete="SET NULL"))
    reason: Mapped[str] = mapped_column(Text, default="", comment="reason of a refusal, or outcome")

    listing: Mapped[Listing] = relationship()
