"""Employers and schools, their establishments, their members and who asks to be one."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    Index,
    String,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.core.database import db, one_of
from app.organisations.enums import (
    Action,
    MemberRole,
    OrganisationKind,
    OrganisationStatus,
    Promise,
)

if TYPE_CHECKING:
    from app.accounts.models import User
    from app.geography.models import Commune

PROMISE_KNOWN = f"promise_hours IN ({', '.join(str(int(hours)) for hours in Promise)})"
INVITATION_LIVES = text("accepted_at IS NULL AND revoked_at IS NULL")
REQUEST_WAITS = text("answered_at IS NULL")


# More would make a long page of pictures, and a heavy one.
PICTURES_MAX = 6
# How wide the small one is, in points.
PICTURE_SMALL = 480
# From here on, in ten, one may say it with a tick.
WELL = 8
# Under this many cases a rate says more of chance than of the organisation.
MEASURED_FROM = 10


class Measure(NamedTuple):
    """How an organisation really answers: of ten people, how many; usually within how long."""

    tenths: int
    hours: int | None

    @property
    def good(self) -> bool:
        """Return whether most people have an answer."""
        return self.tenths >= WELL

    @property
    def rank(self) -> int:
        """Return what puts the best first: those who answer to more people, then the fastest."""
        days = 99 if self.hours is None else min(-(-self.hours // 24), 99)
        return (10 - self.tenths) * 100 + days


def measure_of(row: Any) -> Measure | None:
    """Return what may be said of an organisation, or of a row with its `answer_…` columns.

    Rounded against the organisation, so that nothing better than the truth is ever said. None
    when too few people wrote to it.
    """
    if not row.answer_cases or row.answer_cases < MEASURED_FROM:
        return None
    hours = None if row.answer_minutes is None else max(1, -(-row.answer_minutes // 60))
    return Measure(row.answer_count * 10 // row.answer_cases, hours)


class Organisation(db.Model):
    """An employer or a school that publishes and answers here."""

    __tablename__ = "organisation"

    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(String(120), unique=True)
    name: Mapped[str] = mapped_column(String(160))
    kind: Mapped[str] = mapped_column(String(20))
    status: Mapped[str] = mapped_column(String(20), default=OrganisationStatus.PENDING)
    siren: Mapped[str | None] = mapped_column(String(9), unique=True)
    description: Mapped[str] = mapped_column(Text, default="")
    conditions: Mapped[str] = mapped_column(Text, default="", comment="working conditions, lines")
    team_words: Mapped[str] = mapped_column(Text, default="", comment="the team speaks, lines")
    promise_hours: Mapped[int] = mapped_column(default=Promise.TWO_DAYS)
    created_at: Mapped[dt.datetime]
    refused_at: Mapped[dt.datetime | None] = mapped_column(
        comment="verification refused, until it is sent again"
    )

    # How it answered over the last twelve months, see applications/measures.py: people who should
    # have had an answer, those who had one, the median delay of these.
    answer_cases: Mapped[int] = mapped_column(default=0, server_default="0")
    answer_count: Mapped[int] = mapped_column(default=0, server_default="0")
    answer_minutes: Mapped[int | None]
    reminded_at: Mapped[dt.datetime | None] = mapped_column(
        comment="last time its members were reminded of who waits"
    )

    establishments: Mapped[list[Establishment]] = relationship(back_populates="organisation")
    memberships: Mapped[list[Membership]] = relationship(back_populates="organisation")

    __table_args__ = (
        one_of("kind", OrganisationKind),
        one_of("status", OrganisationStatus),
        CheckConstraint(PROMISE_KNOWN, name="promise_hours_known"),
        CheckConstraint("answer_cases >= 0", name="answer_cases_not_negative"),
        CheckConstraint("answer_count BETWEEN 0 AND answer_cases", name="answer_count_possible"),
        CheckConstraint(
            "(answer_minutes IS NULL) = (answer_count = 0)", name="answer_minutes_measured"
        ),
    )

    def __repr__(self) -> str:
        return f"<Organisation {self.id} {self.slug}>"

    @property
    def verified(self) -> bool:
        """Return whether its listings may be published and its applications opened."""
        return self.status == OrganisationStatus.VERIFIED

    @property
    def refused(self) -> bool:
        """Return whether its verification was refused and waits for a correction."""
        return self.status == OrganisationStatus.PENDING and self.refused_at is not None


class Establishment(db.Model):
    """A place where the organisation works, with its own SIRET."""

    __tablename__ = "establishment"

    id: Mapped[int] = mapped_column(primary_key=True)
    organisation_id: Mapped[int] = mapped_column(
        ForeignKey("organisation.id", ondelete="CASCADE"), index=True
    )
    name: Mapped[str] = mapped_column(String(160))
    siret: Mapped[str | None] = mapped_column(String(14), unique=True)
    workplace: Mapped[str | None] = mapped_column(String(60), comment="slug of a workplace term")
    address: Mapped[str] = mapped_column(String(200), default="")
    commune_code: Mapped[str | None] = mapped_column(ForeignKey("commune.code"), index=True)
    publics: Mapped[list[str]] = mapped_column(default=list, comment="slugs of public terms")

    organisation: Mapped[Organisation] = relationship(back_populates="establishments")
    commune: Mapped[Commune | None] = relationship()


class Picture(db.Model):
    """A picture on the page of an organisation: two files, and what it shows, in words."""

    __tablename__ = "organisation_picture"

    id: Mapped[int] = mapped_column(primary_key=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id", ondelete="CASCADE"))
    position: Mapped[int] = mapped_column(comment="from 1; 0 while two change places")
    alt: Mapped[str] = mapped_column(String(200), comment="what the picture shows, in words")
    key: Mapped[str] = mapped_column(String(80), unique=True, comment="name in the file store")
    sha256: Mapped[str] = mapped_column(String(64), index=True)
    small_key: Mapped[str] = mapped_column(
        String(80), unique=True, comment="name of the small one in the file store"
    )
    small_sha256: Mapped[str] = mapped_column(String(64), index=True)
    width: Mapped[int] = mapped_column(comment="points of the wide one")
    height: Mapped[int]
    created_at: Mapped[dt.datetime]

    organisation: Mapped[Organisation] = relationship()

    __table_args__ = (
        UniqueConstraint("organisation_id", "position"),
        UniqueConstraint("organisation_id", "sha256"),
        CheckConstraint(f"position BETWEEN 0 AND {PICTURES_MAX}", name="position_possible"),
        CheckConstraint("length(trim(alt)) > 0", name="alt_written"),
        CheckConstraint("width BETWEEN 1 AND 960 AND height > 0", name="size_possible"),
    )

    @property
    def small_width(self) -> int:
        """Return the points of the small one."""
        return min(self.width, PICTURE_SMALL)


class Membership(db.Model):
    """A person who acts for an organisation."""

    __tablename__ = "membership"

    id: Mapped[int] = mapped_column(primary_key=True)
    organisation_id: Mapped[int] = mapped_column(
        ForeignKey("organisation.id", ondelete="CASCADE"), index=True
    )
    user_id: Mapped[int] = mapped_column(
        ForeignKey("user_account.id", ondelete="CASCADE"), index=True
    )
    role: Mapped[str] = mapped_column(String(20), default=MemberRole.MEMBER)
    created_at: Mapped[dt.datetime]

    organisation: Mapped[Organisation] = relationship(back_populates="memberships")
    user: Mapped[User] = relationship()

    __table_args__ = (
        one_of("role", MemberRole),
        UniqueConstraint("organisation_id", "user_id"),
    )


class SignUp(db.Model):
    """What a person declares to open an organisation, until she has confirmed her address."""

    __tablename__ = "organisation_sign_up"

    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(String(254), comment="lower case")
    person_name: Mapped[str] = mapped_column(String(120))
    name: Mapped[str] = mapped_column(String(160))
    kind: Mapped[str] = mapped_column(String(20))
    siret: Mapped[str] = mapped_column(String(14))
    workplace: Mapped[str | None] = mapped_column(String(60), comment="slug of a workplace term")
    commune_code: Mapped[str] = mapped_column(ForeignKey("commune.code"))
    promise_hours: Mapped[int]
    created_at: Mapped[dt.datetime]
    expires_at: Mapped[dt.datetime]
    confirmed_at: Mapped[dt.datetime | None]
    token_hash: Mapped[str | None] = mapped_column(
        String(64), unique=True, comment="empty until the message leaves"
    )

    __table_args__ = (
        one_of("kind", (OrganisationKind.EMPLOYER, OrganisationKind.SCHOOL)),
        CheckConstraint(PROMISE_KNOWN, name="promise_hours_known"),
        Index("ix_organisation_sign_up_email_created_at", "email", "created_at"),
    )


class JoinRequest(db.Model):
    """A person who asks the owners of an organisation to let her in."""

    __tablename__ = "organisation_join_request"

    id: Mapped[int] = mapped_column(primary_key=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id", ondelete="CASCADE"))
    user_id: Mapped[int] = mapped_column(
        ForeignKey("user_account.id", ondelete="CASCADE"), index=True
    )
    created_at: Mapped[dt.datetime]
    answered_at: Mapped[dt.datetime | None]
    accepted: Mapped[bool | None]

    organisation: Mapped[Organisation] = relationship()
    user: Mapped[User] = relationship()

    __table_args__ = (
        CheckConstraint("(answered_at IS NULL) = (accepted IS NULL)", name="answered_or_not"),
        Index(
            "uq_organisation_join_request_waiting",
            "organisation_id",
            "user_id",
            unique=True,
            sqlite_where=REQUEST_WAITS,
            postgresql_where=REQUEST_WAITS,
        ),
    )


class Invitation(db.Model):
    """A link by which the person who has this address, and nobody else, may become a member."""

    __tablename__ = "organisation_invitation"

    id: Mapped[int] = mapped_column(primary_key=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id", ondelete="CASCADE"))
    email: Mapped[str] = mapped_column(String(254), comment="lower case")
    role: Mapped[str] = mapped_column(String(20))
    invited_by_id: Mapped[int] = mapped_column(
        ForeignKey("user_account.id", ondelete="CASCADE"), index=True
    )
    created_at: Mapped[dt.datetime]
    expires_at: Mapped[dt.datetime]
    accepted_at: Mapped[dt.datetime | None]
    revoked_at: Mapped[dt.datetime | None]
    token_hash: Mapped[str | None] = mapped_column(
        String(64), unique=True, comment="empty until the message leaves"
    )

    organisation: Mapped[Organisation] = relationship()
    invited_by: Mapped[User] = relationship()

    __table_args__ = (
        one_of("role", MemberRole),
        Index(
            "uq_organisation_invitation_living",
            "organisation_id",
            "email",
            unique=True,
            sqlite_where=INVITATION_LIVES,
            postgresql_where=INVITATION_LIVES,
        ),
    )


class OrganisationEvent(db.Model):
    """The log: who decided what about an organisation, when and why."""

    __tablename__ = "organisation_event"

    id: Mapped[int] = mapped_column(primary_key=True)
    organisation_id: Mapped[int] = mapped_column(
        ForeignKey("organisation.id", ondelete="CASCADE"), index=True
    )
    action: Mapped[str] = mapped_column(String(12))
    at: Mapped[dt.datetime]
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id", ondelete="SET NULL"))
    reason: Mapped[str] = mapped_column(Text, default="")

    organisation: Mapped[Organisation] = relationship()
    actor: Mapped[User | None] = relationship()

    __table_args__ = (one_of("action", Action),)
