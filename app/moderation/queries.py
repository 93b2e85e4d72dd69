"""Reads of what waits for a decision of the team."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Subquery, and_, func, select
from sqlalchemy.orm import joinedload, selectinload

from app.accounts.models import User
from app.core.database import db
from app.listings.enums import OWN_SOURCE, Status
from app.listings.models import Listing, ListingEvent
from app.organisations.enums import Action, OrganisationStatus
from app.organisations.models import (
    Establishment,
    Membership,
    Organisation,
    OrganisationEvent,
)

# What the team says to those who send a listing: an answer within a day.
ANSWER_WITHIN = dt.timedelta(days=1)

# The lists of organisations, by the word of their address.
TO_VERIFY = "a-verifier"
_PENDING = Organisation.status == OrganisationStatus.PENDING
ORGANISATION_LISTS: dict[str, ColumnElement[bool]] = {
    TO_VERIFY: and_(_PENDING, Organisation.refused_at.is_(None)),
    "refusees": and_(_PENDING, Organisation.refused_at.is_not(None)),
    "verifiees": Organisation.status == OrganisationStatus.VERIFIED,
    "suspendues": Organisation.status == OrganisationStatus.SUSPENDED,
}


@dataclass(frozen=True, slots=True)
class Waiting:
    """A listing in review, since when, and who sent it."""

    listing: Listing
    since: dt.datetime
    author: User | None
    published_before: bool

    def is_late(self, now: dt.datetime) -> bool:
        """Return whether the team has kept its author waiting longer than it says."""
        return now - self.since > ANSWER_WITHIN


def waiting_listings(*, limit: int, offset: int = 0) -> list[Waiting]:
    """Return what is in review, the longest wait first."""
    sent = _sent_at()
    rows = db.session.execute(
        select(Listing, sent.c.at, User)
        .join(sent, sent.c.listing_id == Listing.id)
        .outerjoin(User, User.id == Listing.created_by_id)
        .options(joinedload(Listing.organisation))
        .where(Listing.status == Status.IN_REVIEW)
        .order_by(sent.c.at, Listing.id)
        .limit(limit)
        .offset(offset)
    )
    return [_waiting(listing, since, author) for listing, since, author in rows]


def count_waiting() -> int:
    """Return how many listings are in review."""
    statement = select(func.count()).where(Listing.status == Status.IN_REVIEW)
    return db.session.scalar(statement) or 0


def waiting_listing(listing_id: int) -> Waiting | None:
    """Return a listing in review, with what is shown to decide; None when it does not wait."""
    sent = _sent_at()
    row = db.session.execute(
        select(Listing, sent.c.at, User)
        .join(sent, sent.c.listing_id == Listing.id)
        .outerjoin(User, User.id == Listing.created_by_id)
        .options(
            joinedload(Listing.organisation),
            joinedload(Listing.profession),
            joinedload(Listing.diploma),
            joinedload(Listing.commune),
        )
        .where(Listing.id == listing_id, Listing.status == Status.IN_REVIEW)
    ).one_or_none()
    return None if row is None else _waiting(*row)


def count_published_of(organisation_id: int) -> int:
    """Return how many listings of an organisation were online, now or before."""
    statement = select(func.count()).where(
        Listing.organisation_id == organisation_id,
        Listing.source == OWN_SOURCE,
        Listing.published_at.is_not(None),
    )
    return db.session.scalar(statement) or 0


def organisations_in(
    name: str, *, limit: int, offset: int = 0
) -> list[tuple[Organisation, dt.datetime]]:
    """Return the organisations of a list with their people and places, the oldest first, and since
    when each is there: those to verify wait since they signed up, came back or were reopened."""
    asked = (
        select(func.max(OrganisationEvent.at))
        .where(
            OrganisationEvent.organisation_id == Organisation.id,
            OrganisationEvent.action.in_([Action.SENT_AGAIN, Action.REOPENED]),
        )
        .scalar_subquery()
    )
    created = Organisation.created_at
    since = func.coalesce(asked, created) if name == TO_VERIFY else created
    rows = db.session.execute(
        select(Organisation, since.label("since"))
        .where(ORGANISATION_LISTS[name])
        .options(
            selectinload(Organisation.memberships).joinedload(Membership.user),
            selectinload(Organisation.establishments).joinedload(Establishment.commune),
        )
        .order_by(since, Organisation.id)
        .limit(limit)
        .offset(offset)
    )
    return [(organisation, at) for organisation, at in rows]


def count_organisations() -> dict[str, int]:
    """Return how many organisations each list holds."""
    counts = [func.count().filter(condition) for condition in ORGANISATION_LISTS.values()]
    row = db.session.execute(select(*counts).select_from(Organisation)).one()
    return dict(zip(ORGANISATION_LISTS, row, strict=True))


def _sent_at() -> Subquery:
    """Return the subquery of the last time each listing was sent to review."""
    return (
        select(ListingEvent.listing_id, func.max(ListingEvent.at).label("at"))
        .where(ListingEvent.to_status == Status.IN_REVIEW)
        .group_by(ListingEvent.listing_id)
        .subquery()
    )


def _waiting(listing: Listing, since: dt.datetime, author: User | None) -> Waiting:
    return Waiting(listing, since, author, published_before=listing.published_at is not None)
