"""Applications and the log of their life."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.accounts.models import User
from app.applications.enums import (
    CALL_BACK_CHOICES,
    CV_SERVED,
    ActorKind,
    CallBack,
    CvState,
    DiplomaHeld,
    Letter,
    RelayOutcome,
    Status,
)
from app.core.database import db, one_of
from app.listings.models import Listing, ListingSession


class Application(db.Model):
    """A person's answer to a listing (for an event, her registration)."""

    __tablename__ = "application"

    id: Mapped[int] = mapped_column(primary_key=True)
    reference: Mapped[str] = mapped_column(String(12), unique=True, comment="PS-XXXX-XXXX")
    secret_hash: Mapped[str] = mapped_column(
        String(64), comment="keyed hash of the code to follow it"
    )
    link_salt: Mapped[str] = mapped_column(
        String(64), comment="random; its keyed hash, stored nowhere, opens the link sent by e-mail"
    )
    idempotency_key: Mapped[str] = mapped_column(String(64), unique=True)
    body_hash: Mapped[str] = mapped_column(String(64), comment="what was sent under that key")
    listing_id: Mapped[int] = mapped_column(ForeignKey("listing.id"), index=True)
    session_id: Mapped[int | None] = mapped_column(ForeignKey("listing_session.id"), index=True)
    status: Mapped[str] = mapped_column(String(20), default=Status.RECEIVED)

    # The person: what she chose to say, and nothing else.
    candidate_key: Mapped[str] = mapped_column(
        String(64),
        comment="keyed hash of the phone, else of the e-mail: one live application a listing",
    )
    first_name: Mapped[str] = mapped_column(String(80))
    last_name: Mapped[str] = mapped_column(String(80), default="")
    phone: Mapped[str | None] = mapped_column(String(20), comment="E.164")
    email: Mapped[str | None] = mapped_column(String(254))
    call_back: Mapped[str] = mapped_column(
        String(30), default=CallBack.ANY, comment="slots in the order of the day, or any"
    )
    commune_label: Mapped[str] = mapped_column(String(120), default="")
    diploma_held: Mapped[str | None] = mapped_column(String(12))
    message: Mapped[str] = mapped_column(Text, default="")
    cv_key: Mapped[str | None] = mapped_column(String(80), comment="name in the file store")
    cv_name: Mapped[str | None] = mapped_column(String(120), comment="generated, safe to download")
    cv_sha256: Mapped[str | None] = mapped_column(String(64))
    cv_state: Mapped[str | None] = mapped_column(String(10))
    cv_state_at: Mapped[dt.datetime | None]
    counsellor_consent_at: Mapped[dt.datetime | None]
    counsellor_wording: Mapped[str | None] = mapped_column(
        String(10), comment="version of the sentence the person agreed to"
    )

    created_at: Mapped[dt.datetime]
    updated_at: Mapped[dt.datetime]
    answer_due_at: Mapped[dt.datetime | None] = mapped_column(comment="promise made to the person")
    first_contact_at: Mapped[dt.datetime | None]
    closing_told_at: Mapped[dt.datetime | None] = mapped_column(
        comment="when the person was told that the listing had closed before any answer"
    )
    offer_until: Mapped[dt.datetime | None] = mapped_column(
        comment="until when the seat proposed is kept for the person"
    )
    date_reminded_at: Mapped[dt.datetime | None] = mapped_column(
        comment="when the person was reminded of the date she is registered for"
    )
    # How many reminders the members have had of her, see promise.REMINDERS.
    reminders: Mapped[int] = mapped_column(default=0, server_default="0")
    end_warned_at: Mapped[dt.datetime | None] = mapped_column(
        comment="when the members were warned that the conversation was about to end"
    )
    decline_reason: Mapped[str | None] = mapped_column(String(30))
    decline_message: Mapped[str] = mapped_column(Text, default="")

    # Kept for later, if she says yes: see pool.py.
    pool_asked_at: Mapped[dt.datetime | None]
    pool_consent_at: Mapped[dt.datetime | None]
    pool_refused_at: Mapped[dt.datetime | None] = mapped_column(
        comment="when she said no, or took her yes back"
    )
    pool_wording: Mapped[str | None] = mapped_column(
        String(10), comment="version of the sentence she agreed to"
    )
    pool_until: Mapped[dt.datetime | None]
    pool_told_at: Mapped[dt.datetime | None] = mapped_column(
        comment="when she was told that the end is near"
    )

    listing: Mapped[Listing] = relationship()
    session: Mapped[ListingSession | None] = relationship()
    events: Mapped[list[ApplicationEvent]] = relationship(
        back_populates="application",
        cascade="all, delete-orphan",
        order_by="ApplicationEvent.id",
    )
    notes: Mapped[list[ApplicationNote]] = relationship(
        back_populates="application",
        cascade="all, delete-orphan",
        order_by="ApplicationNote.id",
    )
    messages: Mapped[list[ApplicationMessage]] = relationship(
        back_populates="application",
        cascade="all, delete-orphan",
        order_by="ApplicationMessage.id",
    )
    relay: Mapped[Relay | None] = relationship(
        back_populates="application", cascade="all, delete-orphan", passive_deletes=True
    )
    transfers: Mapped[list[ApplicationTransfer]] = relationship(
        back_populates="application",
        cascade="all, delete-orphan",
        order_by="ApplicationTransfer.id",
    )

    __table_args__ = (
        one_of("status", Status),
        one_of("call_back", CALL_BACK_CHOICES),
        one_of("diploma_held", DiplomaHeld, nullable=True),
        CheckConstraint("(status = 'offered') = (offer_until IS NOT NULL)", name="offer_has_end"),
        CheckConstraint("reminders BETWEEN 0 AND 3", name="reminders_known"),
        CheckConstraint("phone IS NOT NULL OR email IS NOT NULL", name="reachable"),
        CheckConstraint("(cv_key IS NULL) = (cv_sha256 IS NULL)", name="cv_complete"),
        one_of("cv_state", CvState, nullable=True),
        # What is blocked is deleted: it cannot leave, whatever is asked.
        CheckConstraint(
            "(cv_key IS NULL) = (cv_state IS NULL OR cv_state = 'blocked')", name="cv_has_state"
        ),
        CheckConstraint("(cv_state IS NULL) = (cv_state_at IS NULL)", name="cv_state_dated"),
        CheckConstraint(
            "status NOT IN ('declined', 'refused') OR decline_reason IS NOT NULL",
            name="declined_has_reason",
        ),
        CheckConstraint(
            "status <> 'pool' OR (pool_consent_at IS NOT NULL AND pool_wording IS NOT NULL "
            "AND pool_until IS NOT NULL)",
            name="pool_is_agreed",
        ),
        Index(
            "uq_application_live_candidate",
            "listing_id",
            "candidate_key",
            unique=True,
            sqlite_where=text("status NOT IN ('withdrawn', 'cancelled')"),
            postgresql_where=text("status NOT IN ('withdrawn', 'cancelled')"),
        ),
        Index("ix_application_status_created_at", "status", "created_at"),
    )

    def __repr__(self) -> str:
        return f"<Application {self.id} {self.status}>"

    @property
    def full_name(self) -> str:
        """Return first and last name, or the first name alone."""
        return f"{self.first_name} {self.last_name}".strip()

    @property
    def file_may_leave(self) -> bool:
        """Return whether the file that was joined may be given to a member."""
        return self.cv_state in CV_SERVED


class ApplicationEvent(db.Model):
    """The log: who made the application pass from one state to another, when and why."""

    __tablename__ = "application_event"

    id: Mapped[int] = mapped_column(primary_key=True)
    application_id: Mapped[int] = mapped_column(
        ForeignKey("application.id", ondelete="CASCADE"), index=True
    )
    from_status: Mapped[str | None] = mapped_column(String(20))
    to_status: Mapped[str] = mapped_column(String(20))
    at: Mapped[dt.datetime]
    actor_kind: Mapped[str] = mapped_column(String(10))
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id", ondelete="SET NULL"))
    reason: Mapped[str | None] = mapped_column(String(30))

    application: Mapped[Application] = relationship(back_populates="events")

    __table_args__ = (one_of("actor_kind", ActorKind),)


class ApplicationNote(db.Model):
    """What a member wrote for her colleagues. The person may ask to read it."""

    __tablename__ = "application_note"

    id: Mapped[int] = mapped_column(primary_key=True)
    application_id: Mapped[int] = mapped_column(
        ForeignKey("application.id", ondelete="CASCADE"), index=True
    )
    author_id: Mapped[int | None] = mapped_column(
        ForeignKey("user_account.id", ondelete="SET NULL"), index=True
    )
    text: Mapped[str] = mapped_column(Text)
    at: Mapped[dt.datetime]

    application: Mapped[Application] = relationship(back_populates="notes")
    author: Mapped[User | None] = relationship(lazy="joined")

    __table_args__ = (CheckConstraint("length(text) BETWEEN 1 AND 2000", name="text_sized"),)


class ApplicationMessage(db.Model):
    """What a member wrote to the person; read on her page, and by e-mail if she has one."""

    __tablename__ = "application_message"

    id: Mapped[int] = mapped_column(primary_key=True)
    application_id: Mapped[int] = mapped_column(
        ForeignKey("application.id", ondelete="CASCADE"), index=True
    )
    author_id: Mapped[int | None] = mapped_column(
        ForeignKey("user_account.id", ondelete="SET NULL"), index=True
    )
    letter: Mapped[str] = mapped_column(String(10))
    text: Mapped[str] = mapped_column(Text)
    at: Mapped[dt.datetime]
    meeting_at: Mapped[dt.datetime | None]
    meeting_place: Mapped[str | None] = mapped_column(String(200))
    listing_id: Mapped[int | None] = mapped_column(
        ForeignKey("listing.id", ondelete="SET NULL"), index=True, comment="the one proposed"
    )
    # What the person answers, on her page: she may change it.
    coming: Mapped[bool | None]
    reply: Mapped[str | None] = mapped_column(Text)
    replied_at: Mapped[dt.datetime | None]

    application: Mapped[Application] = relationship(back_populates="messages")
    author: Mapped[User | None] = relationship(lazy="joined")
    listing: Mapped[Listing | None] = relationship(lazy="joined")

    __table_args__ = (
        one_of("letter", Letter),
        CheckConstraint("length(text) BETWEEN 1 AND 2000", name="text_sized"),
        CheckConstraint(
            "(letter = 'meeting') = (meeting_at IS NOT NULL AND meeting_place IS NOT NULL)",
            name="meeting_is_placed",
        ),
        CheckConstraint(
            "(coming IS NULL AND reply IS NULL) = (replied_at IS NULL)", name="reply_dated"
        ),
        CheckConstraint("coming IS NULL OR letter = 'meeting'", name="coming_to_meeting"),
        CheckConstraint("reply IS NULL OR length(reply) BETWEEN 1 AND 500", name="reply_sized"),
    )


class ApplicationTransfer(db.Model):
    """An application handed from one listing to another of the same organisation."""

    __tablename__ = "application_transfer"

    id: Mapped[int] = mapped_column(primary_key=True)
    application_id: Mapped[int] = mapped_column(
        ForeignKey("application.id", ondelete="CASCADE"), index=True
    )
    from_listing_id: Mapped[int] = mapped_column(ForeignKey("listing.id"), index=True)
    to_listing_id: Mapped[int] = mapped_column(ForeignKey("listing.id"), index=True)
    actor_id: Mapped[int | None] = mapped_column(
        ForeignKey("user_account.id", ondelete="SET NULL"), index=True
    )
    at: Mapped[dt.datetime]

    application: Mapped[Application] = relationship(back_populates="transfers")
    from_listing: Mapped[Listing] = relationship(foreign_keys=[from_listing_id], lazy="joined")
    to_listing: Mapped[Listing] = relationship(foreign_keys=[to_listing_id], lazy="joined")

    __table_args__ = (CheckConstraint("from_listing_id <> to_listing_id", name="changes_listing"),)


class PastAnswer(db.Model):
    """What is kept of an application that was erased, to measure its organisation: nobody."""

    __tablename__ = "past_answer"

    id: Mapped[int] = mapped_column(primary_key=True)
    organisation_id: Mapped[int] = mapped_column(
        ForeignKey("organisation.id", ondelete="CASCADE"), index=True
    )
    received_on: Mapped[dt.date]
    minutes: Mapped[int | None] = mapped_column(comment="before the answer; empty without one")

    __table_args__ = (CheckConstraint("minutes >= 0", name="minutes_not_negative"),)


class EndedApplication(db.Model):
    """What the archive keeps of an application that was erased: no name, no way to reach anybody.

    The person holds the reference; with it the team can say, if she contests a refusal, what she
    was answered and when (article L1134-5 of the Code du travail: five years).
    """

    __tablename__ = "ended_application"

    id: Mapped[int] = mapped_column(primary_key=True)
    reference: Mapped[str] = mapped_column(String(12), unique=True)
    organisation_id: Mapped[int | None] = mapped_column(
        ForeignKey("organisation.id", ondelete="SET NULL"), index=True
    )
    listing_id: Mapped[int | None] = mapped_column(
        ForeignKey("listing.id", ondelete="SET NULL"), index=True
    )
    status: Mapped[str] = mapped_column(String(20), comment="the last one")
    decline_reason: Mapped[str | None] = mapped_column(String(30))
    received_on: Mapped[dt.date]
    ended_on: Mapped[dt.date] = mapped_column(index=True)

    __table_args__ = (one_of("status", Status),)


class ContactView(db.Model):
    """Trace of a person's contact details or CV being shown, written before they leave."""

    __tablename__ = "contact_view"

    id: Mapped[int] = mapped_column(primary_key=True)
    application_id: Mapped[int] = mapped_column(
        ForeignKey("application.id", ondelete="CASCADE"), index=True
    )
    # Who looked may have left; the person may still read that somebody did.
    user_id: Mapped[int | None] = mapped_column(
        ForeignKey("user_account.id", ondelete="SET NULL"), index=True
    )
    what: Mapped[str] = mapped_column(String(10), comment="contact, cv, or relay by a counsellor")
    at: Mapped[dt.datetime]

    __table_args__ = (one_of("what", ["contact", "cv", "relay"]),)


class Relay(db.Model):
    """A person nobody called back, whom a counsellor takes care of."""

    __tablename__ = "relay"

    id: Mapped[int] = mapped_column(primary_key=True)
    application_id: Mapped[int] = mapped_column(
        ForeignKey("application.id", ondelete="CASCADE"), unique=True
    )
    # Who left gives back those she had not finished with.
    counsellor_id: Mapped[int | None] = mapped_column(
        ForeignKey("user_account.id", ondelete="SET NULL"), index=True
    )
    taken_at: Mapped[dt.datetime]
    outcome: Mapped[str | None] = mapped_column(String(12))
    outcome_at: Mapped[dt.datetime | None]

    application: Mapped[Application] = relationship(back_populates="relay")

    __table_args__ = (
        one_of("outcome", RelayOutcome, nullable=True),
        CheckConstraint("(outcome IS NULL) = (outcome_at IS NULL)", name="outcome_dated"),
    )


class LookupAttempt(db.Model):
    """A wrong reference or code, kept a day to slow down guessing."""

    __tablename__ = "lookup_attempt"

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(64), comment="keyed hash of what is being tried")
    at: Mapped[dt.datetime]

    __table_args__ = (Index("ix_lookup_attempt_key_at", "key", "at"),)
