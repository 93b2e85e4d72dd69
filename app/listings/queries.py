"""Reads of listings. `now` is an aware UTC instant; closed and hidden listings never come out."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, func, or_, select
from sqlalchemy.orm import aliased, joinedload, selectinload

from app.core.clock import paris_date
from app.core.database import db
from app.geography.models import Commune
from app.listings.cards import Card, build_card
from app.listings.enums import OWN_SOURCE, Kind, Status
from app.listings.models import Listing, ListingEvent, ListingSession
from app.organisations.enums import OrganisationStatus
from app.organisations.models import Membership, Organisation
from app.professions.queries import term_label


def is_open(now: dt.datetime) -> ColumnElement[bool]:
    """Return the condition, in SQL, under which a listing may be shown and answered."""
    return and_(
        Listing.status == Status.PUBLISHED,
        or_(Listing.closes_at.is_(None), Listing.closes_at > now),
    )


def card_select(now: dt.datetime) -> Select[Any]:
    """Return the query of the columns of a card: open listings, with their next free date."""
    later = aliased(ListingSession)
    upcoming = (
        later.listing_id == Listing.id,
        later.starts_at > now,
        or_(later.deadline.is_(None), later.deadline >= paris_date(now)),
    )
    full = case((later.taken < later.capacity, 0), (later.capacity.is_(None), 0), else_=1)
    following = (
        select(later.id)
        .where(*upcoming)
        .order_by(full, later.starts_at, later.id)
        .limit(1)
        .correlate(Listing)
        .scalar_subquery()
    )
    count = select(func.count(later.id)).where(*upcoming).correlate(Listing).scalar_subquery()
    return (
        select(
            Listing.id,
            Listing.version,
            Listing.kind,
            Listing.title,
            Listing.slug,
            Listing.source,
            Listing.employer_name,
            Listing.place_label,
            Listing.latitude,
            Listing.longitude,
            Listing.contract,
            Listing.contract_months,
            Listing.hours_min,
            Listing.hours_max,
            Listing.schedules,
            Listing.pay_min_cents,
            Listing.pay_max_cents,
            Listing.pay_period,
            Listing.diploma_need,
            Listing.workplace,
            Listing.duration_label,
            Listing.duration_months,
            Listing.duration_hours,
            Listing.modality,
            Listing.cost_cents,
            Listing.funding,
            Listing.published_at,
            Listing.deadline,
            Listing.starts_on,
            Organisation.promise_hours,
            ListingSession.starts_at.label("next_at"),
            ListingSession.ends_at.label("next_ends_at"),
            ListingSession.capacity,
            ListingSession.taken,
            count.label("next_count"),
        )
        .select_from(Listing)
        .outerjoin(Organisation, Organisation.id == Listing.organisation_id)
        .outerjoin(ListingSession, ListingSession.id == following)
        .where(is_open(now))
    )


def listing_cards(ids: Iterable[int], now: dt.datetime) -> dict[int, Card]:
    """Return the cards of the open listings among `ids`, in one query."""
    ids = list(ids)
    if not ids:
        return {}
    rows = db.session.execute(card_select(now).where(Listing.id.in_(ids)))
    return {row.id: build_card(row, term_label) for row in rows}


def latest_cards(limit: int, now: dt.datetime, kind: str | None = None) -> list[Card]:
    """Return the cards of the listings published last."""
    query = card_select(now).order_by(Listing.published_at.desc(), Listing.id.desc()).limit(limit)
    if kind is not None:
        query = query.where(Listing.kind == kind)
    return [build_card(row, term_label) for row in db.session.execute(query)]


def upcoming_events(limit: int, now: dt.datetime) -> list[Card]:
    """Return the cards of the open events, the nearest date first."""
    query = (
        card_select(now)
        .where(Listing.kind == Kind.EVENT, ListingSession.id.is_not(None))
        .order_by(ListingSession.starts_at, Listing.id)
        .limit(limit)
    )
    return [build_card(row, term_label) for row in db.session.execute(query)]


def similar_cards(listing: Listing, now: dt.datetime, limit: int = 4) -> list[Card]:
    """Return open listings of the same profession, in the same department."""
    if listing.profession_id is None:
        return []
    query = card_select(now).where(
        Listing.profession_id == listing.profession_id, Listing.id != listing.id
    )
    latest = (Listing.published_at.desc(), Listing.id.desc())
    department = listing.commune.department_code if listing.commune else None
    if department is not None:
        near = select(Commune.code).where(Commune.department_code == department)
        query = query.where(Listing.commune_code.in_(near))
    # Someone who looks at a job wants jobs first, then other ways in.
    same_kind = (Listing.kind == listing.kind).desc()
    rows = db.session.execute(query.order_by(same_kind, *latest).limit(limit))
    return [build_card(row, term_label) for row in rows]


def counts_by_kind(now: dt.datetime) -> dict[str, int]:
    """Return the number of open listings of each kind, 0 included."""
    rows = db.session.execute(
        select(Listing.kind, func.count()).where(is_open(now)).group_by(Listing.kind)
    )
    return {str(kind): 0 for kind in Kind} | dict(rows.all())


def count_open(now: dt.datetime) -> int:
    """Return the number of open listings."""
    return db.session.scalar(select(func.count()).select_from(Listing).where(is_open(now))) or 0


def get_listing(listing_id: int) -> Listing | None:
    """Return a listing in any state, with what its page shows, or None."""
    return db.session.scalar(_page_select().where(Listing.id == listing_id))


def open_listings_after(
    last_id: int, limit: int, now: dt.datetime | None = None
) -> Sequence[Listing]:
    """Return published listings by increasing id, after `last_id`, with all that is indexed.

    With `now`, those whose deadline has passed are left out.
    """
    condition = Listing.status == Status.PUBLISHED if now is None else is_open(now)
    return db.session.scalars(
        select(Listing)
        .where(condition, Listing.id > last_id)
        .options(
            joinedload(Listing.organisation),
            joinedload(Listing.profession),
            joinedload(Listing.diploma),
            joinedload(Listing.commune),
            selectinload(Listing.sessions),
        )
        .order_by(Listing.id)
        .limit(limit)
    ).all()


def listings_by_id(ids: Iterable[int]) -> dict[int, Listing]:
    """Return listings in any state, with all that is indexed, by id."""
    rows = db.session.scalars(
        _page_select().where(Listing.id.in_(list(ids))).options(selectinload(Listing.sessions))
    )
    return {listing.id: listing for listing in rows}


def owned_listing(listing_id: int, user_id: int) -> Listing | None:
    """Return a listing written here by an organisation of this person, or None.

    A suspended organisation is nobody's.
    """
    return db.session.scalar(
        _page_select()
        .join(Membership, Membership.organisation_id == Listing.organisation_id)
        .join(Organisation, Organisation.id == Listing.organisation_id)
        .where(
            Listing.id == listing_id,
            Listing.source == OWN_SOURCE,
            Membership.user_id == user_id,
            Organisation.status != OrganisationStatus.SUSPENDED,
        )
    )


def listings_of(organisation_ids: Iterable[int]) -> Sequence[Listing]:
    """Return the listings written here by these organisations, the last changed first."""
    return db.session.scalars(
        select(Listing)
        .where(Listing.organisation_id.in_(list(organisation_ids)), Listing.source == OWN_SOURCE)
        .order_by(Listing.status == Status.CLOSED, Listing.updated_at.desc(), Listing.id.desc())
    ).all()


def last_refusal(listing_id: int) -> str:
    """Return the reason of the last refusal of a listing, or an empty text."""
    return (
        db.session.scalar(
            select(ListingEvent.reason)
            .where(
                ListingEvent.listing_id == listing_id,
                ListingEvent.from_status == Status.IN_REVIEW,
                ListingEvent.to_status == Status.DRAFT,
            )
            .order_by(ListingEvent.id.desc())
            .limit(1)
        )
        or ""
    )


def _page_select() -> Select[tuple[Listing]]:
    return select(Listing).options(
        joinedload(Listing.organisation),
        joinedload(Listing.profession),
        joinedload(Listing.from_profession),
        joinedload(Listing.diploma),
        joinedload(Listing.commune),
    )
