"""Employers and schools, their establishments and their members."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from sqlalchemy import CheckConstraint, ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.core.database import db, one_of
from app.organisations.enums import MemberRole, OrganisationKind, OrganisationStatus, Promise

if TYPE_CHECKING:
    from app.accounts.models import User
    from app.geography.models import Commune


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
    promise_hours: Mapped[int] = mapped_column(default=Promise.TWO_DAYS)
    created_at: Mapped[dt.datetime]

    establishments: Mapped[list[Establishment]] = relationship(back_populates="organisation")
    memberships: Mapped[list[Membership]] = relationship(back_populates="organisation")

    __table_args__ = (
        one_of("kind", OrganisationKind),
        one_of("status", OrganisationStatus),
        CheckConstraint(
            f"promise_hours IN ({', '.join(str(int(hours)) for hours in Promise)})",
            name="promise_hours_known",
        ),
    )

    def __repr__(self) -> str:
        return f"<Organisation {self.id} {self.slug}>"

    @property
    def verified(self) -> bool:
        """Return whether its listings may be published and its applications opened."""
        return self.status == OrganisationStatus.VERIFIED


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

    organisation: Mapped[Organisation] = relationship(back_populates="establishments")
    commune: Mapped[Commune | None] = relationship()


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
