"""Reads of the pages that gather the site: home, professions, sitemap."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from sqlalchemy import func, select

from app.core.database import db
from app.core.filters import distance
from app.geography.queries import haversine_km
from app.geography.queries.circles import Point, inside
from app.listings.cards import Card
from app.listings.enums import KIND_PARAMS, KIND_PATHS, DiplomaNeed, Kind
from app.listings.models import Listing
from app.listings.queries import is_open, listing_cards
from app.organisations.enums import OrganisationStatus
from app.organisations.models import Organisation
from app.professions.details import gist
from app.professions.queries import ProfessionEntry, profession_by_id

# Those that one tries are shown by `app.listings.queries.nearest_tries`.
_TO_TAKE = (Kind.JOB, Kind.TRAINING, Kind.PATH)


class WantedProfession(NamedTuple):
    """A profession, the first sentence of what it is, and the number of its open listings."""

    profession: ProfessionEntry
    gist: str
    open_listings: int


@dataclass
class OpenOf:
    """How many listings of a profession are open, counted three ways."""

    kinds: Counter[str] = field(default_factory=Counter)
    workplaces: Counter[str] = field(default_factory=Counter)
    contracts: Counter[str] = field(default_factory=Counter)

    @property
    def by_kind(self) -> list[tuple[str, str, int]]:
        """Return the kinds that have something open: (code, value of `type`, how many)."""
        return [
            (kind, param, self.kinds[kind])
            for kind, param in KIND_PARAMS.items()
            if self.kinds[kind]
        ]


class Address(NamedTuple):
    """A page of the sitemap. `changed_at` is None when nothing tells when it last changed."""

    path: str
    changed_at: dt.datetime | None = None


def count_without_diploma(now: dt.datetime) -> int:
    """Return the number of open jobs that ask for no diploma."""
    jobs = select(func.count()).where(
        is_open(now), Listing.kind == Kind.JOB, Listing.diploma_need == DiplomaNeed.NONE
    )
    return db.session.scalar(jobs) or 0


def professions_most_wanted(limit: int, now: dt.datetime) -> list[WantedProfession]:
    """Return the professions that have the most open listings, the most wanted first."""
    count = func.count()
    rows = db.session.execute(
        select(Listing.profession_id, count)
        .where(is_open(now), Listing.profession_id.is_not(None))
        .group_by(Listing.profession_id)
        .order_by(count.desc(), Listing.profession_id)
        .limit(limit)
    )
    found = ((profession_by_id(key), number) for key, number in rows if key is not None)
    return [
        WantedProfession(profession, gist(profession), number)
        for profession, number in found
        if profession is not None
    ]


def open_of_profession(
    profession_id: int, now: dt.datetime, point: Point | None, radius_km: float
) -> OpenOf:
    """Count the open listings of a profession, everywhere or around a point, in one query."""
    query = (
        select(Listing.kind, Listing.workplace, Listing.contract, func.count())
        .where(is_open(now), Listing.profession_id == profession_id)
        .group_by(Listing.kind, Listing.workplace, Listing.contract)
    )
    found = OpenOf()
    for kind, workplace, contract, number in db.session.execute(_around(query, point, radius_km)):
        found.kinds[kind] += number
        if workplace:
            found.workplaces[workplace] += number
        if contract:
            found.contracts[contract] += number
    return found


def newest_of_profession(
    profession_id: int, now: dt.datetime, point: Point | None, radius_km: float, limit: int
) -> list[Card]:
    """Return the cards of what is open of a profession: the last of each kind, then the others."""
    last = (Listing.published_at.desc(), Listing.id.desc())
    rank = func.row_number().over(partition_by=Listing.kind, order_by=last)
    query = select(Listing.id).where(
        is_open(now), Listing.profession_id == profession_id, Listing.kind.in_(_TO_TAKE)
    )
    ids = db.session.scalars(
        _around(query, point, radius_km).order_by(rank, *last).limit(limit)
    ).all()
    cards = listing_cards(ids, now)
    found = [cards[key] for key in ids if key in cards]
    for card in found:
        if point and card.latitude is not None and card.longitude is not None:
            card.distance = distance(haversine_km(*point, card.latitude, card.longitude))
    return found


def _around(query: Any, point: Point | None, radius_km: float) -> Any:
    if point is None:
        return query
    return query.where(inside(Listing.latitude, Listing.longitude, point, radius_km))


def listing_addresses(now: dt.datetime, offset: int, limit: int) -> list[Address]:
    """Return the pages of open listings, in the order of their numbers."""
    rows = db.session.execute(
        select(Listing.kind, Listing.id, Listing.slug, Listing.updated_at)
        .where(is_open(now))
        .order_by(Listing.id)
        .offset(offset)
        .limit(limit)
    )
    return [Address(f"/{KIND_PATHS[Kind(kind)]}/{key}-{slug}", at) for kind, key, slug, at in rows]


def organisation_slugs() -> Sequence[str]:
    """Return the slugs of the organisations that have a page."""
    return db.session.scalars(
        select(Organisation.slug)
        .where(Organisation.status == OrganisationStatus.VERIFIED)
        .order_by(Organisation.id)
    ).all()
