"""Reads of organisations and of who acts for them."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import contains_eager, joinedload

from app.accounts.models import User
from app.core.database import db
from app.organisations.enums import OrganisationStatus
from app.organisations.models import Establishment, Membership, Organisation


def organisations_of(user: User) -> list[Organisation]:
    """Return the organisations for which the person acts, by name; a suspended one is not hers."""
    return list(
        db.session.scalars(
            select(Organisation)
            .join(Membership)
            .where(
                Membership.user_id == user.id,
                Organisation.status != OrganisationStatus.SUSPENDED,
            )
            .order_by(Organisation.name, Organisation.id)
        )
    )


def member_of(user: User, organisation_id: int) -> Membership | None:
    """Return the person's membership, with its organisation; None if she has none, or if the
    organisation is suspended."""
    return db.session.scalar(
        select(Membership)
        .join(Membership.organisation)
        .options(contains_eager(Membership.organisation))
        .where(
            Membership.user_id == user.id,
            Membership.organisation_id == organisation_id,
            Organisation.status != OrganisationStatus.SUSPENDED,
        )
    )


def organisation_by_slug(slug: str) -> Organisation | None:
    """Return an organisation by the last segment of its address."""
    return db.session.scalar(select(Organisation).where(Organisation.slug == slug))


def get_organisation(organisation_id: int) -> Organisation | None:
    """Return an organisation by id."""
    return db.session.get(Organisation, organisation_id)


def establishments_of(organisation_id: int) -> list[Establishment]:
    """Return the establishments of an organisation with their commune, by name."""
    return list(
        db.session.scalars(
            select(Establishment)
            .options(joinedload(Establishment.commune))
            .where(Establishment.organisation_id == organisation_id)
            .order_by(Establishment.name, Establishment.id)
        )
    )


def members_of(organisation_id: int) -> list[User]:
    """Return the active people who act for an organisation, the oldest membership first."""
    return list(
        db.session.scalars(
            select(User)
            .join(Membership, Membership.user_id == User.id)
            .where(Membership.organisation_id == organisation_id, User.active)
            .order_by(Membership.id)
        )
    )
