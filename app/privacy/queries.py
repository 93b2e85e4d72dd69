"""Reads of what is kept of people."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import Select, exists, func, select
from sqlalchemy.orm import aliased

from app.accounts.models import AccessAlarm, User
from app.applications import workflow
from app.applications.models import Application, ContactView, EndedApplication
from app.core.database import db
from app.listings.enums import Status
from app.listings.models import Listing
from app.organisations.enums import MemberRole
from app.organisations.models import Membership, Organisation

OPEN = (Status.IN_REVIEW, Status.PUBLISHED, Status.PAUSED)


def views_of(application: Application) -> list[ContactView]:
    """Return when the contact or the CV of a person was opened, the last first."""
    return list(
        db.session.scalars(
            select(ContactView)
            .where(ContactView.application_id == application.id)
            .order_by(ContactView.at.desc(), ContactView.id.desc())
        )
    )


def ended(reference: str) -> EndedApplication | None:
    """Return the line of the archive under the reference that a person holds."""
    return db.session.scalar(
        select(EndedApplication).where(EndedApplication.reference == reference)
    )


def memberships_of(user: User) -> list[Membership]:
    """Return the memberships of a person, suspended organisations too."""
    return list(
        db.session.scalars(
            select(Membership).where(Membership.user_id == user.id).order_by(Membership.id)
        )
    )


def listings_by(user: User) -> list[Listing]:
    """Return the listings that a person created."""
    return list(
        db.session.scalars(
            select(Listing).where(Listing.created_by_id == user.id).order_by(Listing.id)
        )
    )


def owned_with_colleagues(user: User) -> list[Organisation]:
    """Return the organisations of which she is the only owner, and that others act for too."""
    other = aliased(Membership)
    return list(
        db.session.scalars(
            _owned_alone(user).where(
                exists().where(other.organisation_id == Organisation.id, other.user_id != user.id)
            )
        )
    )


def owned_with_people_waiting(user: User, now: dt.datetime) -> list[Organisation]:
    """Return the organisations of which she is the only owner where somebody may wait for her."""
    waits = exists().where(
        Application.listing_id == Listing.id,
        Listing.organisation_id == Organisation.id,
        Application.status.in_(workflow.UNANSWERED),
    )
    is_open = exists().where(
        Listing.organisation_id == Organisation.id,
        Listing.status.in_(OPEN),
        func.coalesce(Listing.closes_at, now + dt.timedelta(days=1)) > now,
    )
    return list(db.session.scalars(_owned_alone(user).where(waits | is_open)))


def has_alarm(user: User) -> bool:
    """Return whether the team has still to look at what this person has read."""
    unhandled = exists().where(AccessAlarm.user_id == user.id, AccessAlarm.handled_at.is_(None))
    return bool(db.session.scalar(select(unhandled)))


def _owned_alone(user: User) -> Select[tuple[Organisation]]:
    mine, other = aliased(Membership), aliased(Membership)
    others = (
        exists()
        .where(
            other.organisation_id == Organisation.id,
            other.role == MemberRole.OWNER,
            other.user_id != user.id,
            User.id == other.user_id,
            User.active,
        )
        .correlate(Organisation)
    )
    return (
        select(Organisation)
        .join(mine, mine.organisation_id == Organisation.id)
        .where(mine.user_id == user.id, mine.role == MemberRole.OWNER, ~others)
        .order_by(Organisation.name)
    )
