"""Reads of the API: the public columns of listings, and no other."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any

from sqlalchemy import Row, Select, select

from app.core.database import db
from app.geography.models import Commune
from app.listings.models import Listing, ListingSession
from app.listings.queries import is_open
from app.professions.models import Profession

_COLUMNS = (
    Listing.id,
    Listing.kind,
    Listing.title,
    Listing.slug,
    Listing.employer_name,
    Listing.place_label,
    Listing.contract,
    Listing.contract_months,
    Listing.workplace,
    Listing.schedules,
    Listing.hours_min,
    Listing.hours_max,
    Listing.pay_min_cents,
    Listing.pay_max_cents,
    Listing.pay_period,
    Listing.pay_label,
    Listing.diploma_need,
    Listing.published_at,
    Listing.updated_at,
    Listing.closes_at,
    Listing.source,
    Listing.source_id,
    Listing.source_url,
    Commune.code.label("commune_code"),
    Commune.name.label("commune_name"),
    Profession.slug.label("profession"),
)
_DETAIL_COLUMNS = (
    Listing.summary,
    Listing.description_html,
    Listing.conditions,
    Listing.entry_conditions,
    Listing.publics,
    Listing.licence_required,
    Listing.positions,
    Listing.duration_label,
    Listing.modality,
    Listing.starts_on,
    Listing.deadline,
)


def _listings(*columns: Any) -> Select[Any]:
    return (
        select(*columns)
        .select_from(Listing)
        .outerjoin(Commune, Commune.code == Listing.commune_code)
        .outerjoin(Profession, Profession.id == Listing.profession_id)
    )


def listing_rows(ids: Iterable[int], now: dt.datetime) -> dict[int, Row[Any]]:
    """Return the open listings among `ids`, by id, in one query."""
    query = _listings(*_COLUMNS).where(Listing.id.in_(list(ids)), is_open(now))
    return {row.id: row for row in db.session.execute(query)}


def listing_row(listing_id: int, now: dt.datetime) -> Row[Any] | None:
    """Return one open listing with all that is public, or None."""
    query = _listings(*_COLUMNS, *_DETAIL_COLUMNS).where(Listing.id == listing_id, is_open(now))
    return db.session.execute(query).one_or_none()


def was_published(listing_id: int) -> bool:
    """Return whether a listing was public once: it is then gone, and not unknown."""
    query = select(Listing.published_at).where(
        Listing.id == listing_id, Listing.status.in_(["closed", "published"])
    )
    return db.session.scalar(query) is not None


def session_rows(listing_id: int) -> list[ListingSession]:
    """Return the sessions of a listing, the first one first."""
    query = (
        select(ListingSession)
        .where(ListingSession.listing_id == listing_id)
        .order_by(ListingSession.starts_at, ListingSession.id)
    )
    return list(db.session.scalars(query))
