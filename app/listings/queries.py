"""Reads of listings. `now` is an aware UTC instant; closed and hidden listings never come out."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Date,
    Row,
    Select,
    and_,
    bindparam,
    case,
    func,
    literal,
    or_,
    select,
)
from sqlalchemy.orm import joinedload

from app.accounts.enums import REVIEW_ROLES
from app.accounts.models import User
from app.core.clock import paris_date
from app.core.database import UtcDateTime, db
from app.core.filters import distance
from app.geography.queries import haversine_km
from app.geography.queries.circles import Point, inside, squared_km
from app.listings.cards import COLUMNS, Card, cards_of
from app.listings.enums import OWN_SOURCE, Kind, Outcome, Status
from app.listings.models import Listing, ListingEvent, ListingSession
from app.organisations.enums import OrganisationStatus
from app.organisations.models import Membership, Organisation
from app.professions.models import Diploma, Profession
from app.professions.queries import label_of_terms

# Written once, on tables rather than on classes: building and reading objects would cost as much
# as the search itself on the page that is asked for most.
_LISTING = Listing.__table__
_SESSION = ListingSession.__table__
_ORGANISATION = Organisation.__table__
# The ways to see a profession before choosing it.
TRIES = (Kind.IMMERSION, Kind.EVENT, Kind.INTERNSHIP)
# Listings without a position come after those that have one.
_FAR_KM = 1e9
SIMILAR_KM = 50


@dataclass(frozen=True, slots=True)
class Live:
    """What is open: listings, seats left of their coming dates, and the first date with room.

    Dates without a limit of seats have room, and count no seat.
    """

    listings: int
    seats: int
    next_start: dt.datetime | None


def is_open(now: dt.datetime) -> ColumnElement[bool]:
    """Return the condition, in SQL, under which a listing may be shown and answered."""
    return and_(
        Listing.status == Status.PUBLISHED,
        or_(Listing.closes_at.is_(None), Listing.closes_at > now),
    )


def _card_select() -> Select[Any]:
    """Return the query of the columns of a card: listings in any state, with their next free date.

    Parameters: `now` (an instant) and `today` (the day in Paris).
    """
    now, today = bindparam("now", type_=UtcDateTime()), bindparam("today", type_=Date())
    later = _SESSION.alias("later")
    upcoming = (
        later.c.listing_id == _LISTING.c.id,
        later.c.starts_at > now,
        or_(later.c.deadline.is_(None), later.c.deadline >= today),
    )
    full = case((later.c.taken < later.c.capacity, 0), (later.c.capacity.is_(None), 0), else_=1)
    following = (
        select(later.c.id)
        .where(*upcoming)
        .order_by(full, later.c.starts_at, later.c.id)
        .limit(1)
        .correlate(_LISTING)
        .scalar_subquery()
    )
    count = select(func.count(later.c.id)).where(*upcoming).correlate(_LISTING).scalar_subquery()
    return (
        select(
            *(_LISTING.c[name] for name in COLUMNS),
            _ORGANISATION.c.promise_hours,
            _ORGANISATION.c.answer_cases,
            _ORGANISATION.c.answer_count,
            _ORGANISATION.c.answer_minutes,
            _SESSION.c.starts_at.label("next_at"),
            _SESSION.c.ends_at.label("next_ends_at"),
            _SESSION.c.capacity,
            _SESSION.c.taken,
            count.label("next_count"),
        )
        .select_from(_LISTING)
        .outerjoin(_ORGANISATION, _ORGANISATION.c.id == _LISTING.c.organisation_id)
        .outerjoin(_SESSION, _SESSION.c.id == following)
    )


_ANY_CARDS = _card_select()
_CARDS = _ANY_CARDS.where(
    _LISTING.c.status == Status.PUBLISHED,
    or_(
        _LISTING.c.closes_at.is_(None), _LISTING.c.closes_at > bindparam("now", type_=UtcDateTime())
    ),
)
# Closed listings are left out below: asked for the state too, SQLite walks the index of all that is
# published instead of reading twenty rows by their key.
_CARDS_BY_ID = _ANY_CARDS.add_columns(_LISTING.c.status, _LISTING.c.closes_at).where(
    _LISTING.c.id.in_(bindparam("ids", expanding=True))
)
_LATEST_CARDS = _CARDS.order_by(_LISTING.c.published_at.desc(), _LISTING.c.id.desc())
_EVENT_CARDS = _CARDS.where(_LISTING.c.kind == Kind.EVENT, _SESSION.c.id.is_not(None)).order_by(
    _SESSION.c.starts_at, _LISTING.c.id
)


def _rows(query: Select[Any], now: dt.datetime, **values: Any) -> Sequence[Row[Any]]:
    return db.session.execute(query, {"now": now, "today": paris_date(now)} | values).all()


def _cards(rows: Iterable[Row[Any]], point: Point | None = None) -> list[Card]:
    cards = cards_of(rows, label_of_terms())
    for card in cards:
        if point and card.latitude is not None and card.longitude is not None:
            card.distance = distance(haversine_km(*point, card.latitude, card.longitude))
    return cards


def listing_cards(ids: Iterable[int], now: dt.datetime) -> dict[int, Card]:
    """Return the cards of the open listings among `ids`, in one query."""
    ids = list(ids)
    rows = _rows(_CARDS_BY_ID, now, ids=ids) if ids else []
    return {card.id: card for card in _cards(row for row in rows if _shows(row, now))}


def _shows(row: Row[Any], now: dt.datetime) -> bool:
    return row.status == Status.PUBLISHED and (row.closes_at is None or row.closes_at > now)


def latest_cards(limit: int, now: dt.datetime, kind: str | None = None) -> list[Card]:
    """Return the cards of the listings published last."""
    query = _LATEST_CARDS.limit(limit)
    return _cards(_rows(query if kind is None else query.where(_LISTING.c.kind == kind), now))


def upcoming_events(limit: int, now: dt.datetime) -> list[Card]:
    """Return the cards of the open events, the nearest date first."""
    return _cards(_rows(_EVENT_CARDS.limit(limit), now))


def organisation_cards(organisation_id: int, now: dt.datetime, limit: int = 50) -> list[Card]:
    """Return the cards of the open listings of an organisation, the last published first."""
    query = _LATEST_CARDS.where(_LISTING.c.organisation_id == organisation_id).limit(limit)
    return _cards(_rows(query, now))


def similar_cards(listing: Listing, now: dt.datetime, limit: int = 4) -> list[Card]:
    """Return open listings of the same profession, of the same kind first, then the nearest."""
    if listing.profession_id is None:
        return []
    same = _LISTING.c.profession_id == listing.profession_id
    query = _CARDS.where(same, _LISTING.c.id != listing.id)
    order: list[Any] = [case((_LISTING.c.kind == listing.kind, 0), else_=1)]
    point = point_of(listing)
    if point is not None:
        where = (_LISTING.c.latitude, _LISTING.c.longitude, point)
        query = query.where(inside(*where, SIMILAR_KM))
        order.append(squared_km(*where))
    order += [_LISTING.c.published_at.desc(), _LISTING.c.id.desc()]
    return _cards(_rows(query.order_by(*order).limit(limit), now), point)


def point_of(listing: Listing) -> Point | None:
    """Return where a listing is: as its source says, else the centre of its commune."""
    if listing.latitude is not None and listing.longitude is not None:
        return listing.latitude, listing.longitude
    return (listing.commune.latitude, listing.commune.longitude) if listing.commune else None


def live_by_profession(
    now: dt.datetime, point: Point | None = None, radius_km: float = 20
) -> Mapping[tuple[str, str], Live]:
    """Return what is open for each (profession, kind): everywhere, or around a point."""
    query = _live(now, point, radius_km, Profession.slug, Listing.kind).join(
        Profession, Profession.id == Listing.profession_id
    )
    rows = db.session.execute(query)
    return {(slug, kind): Live(*live) for slug, kind, *live in rows}


def live_by_diploma(
    now: dt.datetime, point: Point | None = None, radius_km: float = 20
) -> Mapping[str, Live]:
    """Return the open trainings that prepare each diploma: everywhere, or around a point."""
    query = _live(now, point, radius_km, Diploma.slug).join(
        Diploma, Diploma.id == Listing.diploma_id
    )
    rows = db.session.execute(query.where(Listing.kind == Kind.TRAINING))
    return {slug: Live(*live) for slug, *live in rows}


def _live(
    now: dt.datetime, point: Point | None, radius_km: float, *keys: ColumnElement[str] | Any
) -> Select[Any]:
    """Return the query of the three numbers of `Live` for each value of `keys`."""
    room = and_(
        ListingSession.listing_id == Listing.id,
        ListingSession.starts_at > now,
        or_(ListingSession.deadline.is_(None), ListingSession.deadline >= paris_date(now)),
        or_(
            ListingSession.capacity.is_(None),
            ListingSession.taken < ListingSession.capacity,
        ),
    )
    left = func.coalesce(func.sum(ListingSession.capacity - ListingSession.taken), 0)
    query = (
        select(
            *keys,
            func.count(Listing.id.distinct()),
            left,
            func.min(ListingSession.starts_at),
        )
        .select_from(Listing)
        .outerjoin(ListingSession, room)
        .where(is_open(now))
        .group_by(*keys)
    )
    if point is not None:
        query = query.where(inside(Listing.latitude, Listing.longitude, point, radius_km))
    return query


def nearest_tries(
    profession_slug: str, now: dt.datetime, point: Point | None = None, limit: int = 4
) -> list[Card]:
    """Return where to try a profession: immersions, events and internships that have room.

    The nearest of each kind come first, then the others; at the same distance, the soonest.
    """
    far: ColumnElement[Any] = literal(0)
    if point is not None:
        squared = squared_km(_LISTING.c.latitude, _LISTING.c.longitude, point)
        far = func.coalesce(squared, _FAR_KM)
    soon = case((_SESSION.c.id.is_(None), 1), else_=0)
    order = (far, soon, _SESSION.c.starts_at, _LISTING.c.id)
    rank = func.row_number().over(partition_by=_LISTING.c.kind, order_by=order)
    query = _CARDS.join(Profession.__table__, Profession.id == _LISTING.c.profession_id).where(
        Profession.slug == profession_slug,
        _LISTING.c.kind.in_(TRIES),
        or_(_SESSION.c.id.is_not(None), _LISTING.c.kind != Kind.EVENT),
        or_(_SESSION.c.capacity.is_(None), _SESSION.c.taken < _SESSION.c.capacity),
    )
    query = query.order_by(case((rank == 1, 0), else_=1), *order).limit(limit)
    return _cards(_rows(query, now), point)


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


def owned_listing(listing_id: int, user_id: int, *, hold: bool = False) -> Listing | None:
    """Return a listing written here by an organisation of this person, or None.

    A suspended organisation is nobody's. `hold`: nobody else changes it until the commit.
    """
    query = (
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
    if hold:
        query = query.with_for_update(of=Listing).execution_options(populate_existing=True)
    return db.session.scalar(query)


def listings_of(organisation_ids: Iterable[int]) -> Sequence[Listing]:
    """Return the listings written here by these organisations, the last changed first.

    Those about which we asked whether they are still true come before the others.
    """
    alive = Listing.status.in_([Status.PUBLISHED, Status.PAUSED])
    asked = alive & (Listing.asked_at > Listing.refreshed_at)
    return db.session.scalars(
        select(Listing)
        .where(Listing.organisation_id.in_(list(organisation_ids)), Listing.source == OWN_SOURCE)
        .order_by(
            case((asked, 0), (Listing.status == Status.CLOSED, 2), else_=1),
            Listing.updated_at.desc(),
            Listing.id.desc(),
        )
    ).all()


def closes_unconfirmed(now: dt.datetime) -> ColumnElement[bool]:
    """Return the condition, in SQL, under which only the silence of its authors ends a listing.

    It is online or paused, has neither deadline nor dated session, and its organisation may act.
    """
    dated = select(ListingSession.id).where(ListingSession.listing_id == Listing.id)
    acting = select(Organisation.id).where(Organisation.status != OrganisationStatus.SUSPENDED)
    return and_(
        Listing.source == OWN_SOURCE,
        Listing.status.in_([Status.PUBLISHED, Status.PAUSED]),
        Listing.closes_at > now,
        Listing.deadline.is_(None),
        ~dated.exists(),
        Listing.organisation_id.in_(acting),
    )


def last_refusal(listing_id: int) -> str:
    """Return the reason of the last refusal of a listing, or an empty text."""
    return _last_reason(listing_id, {Status.IN_REVIEW}, Status.DRAFT)


def last_recall(listing_id: int) -> str:
    """Return why the team brought a listing back to review, or an empty text.

    It is empty too when its author, by a change, sent it there since.
    """
    return _last_reason(listing_id, {Status.PUBLISHED, Status.PAUSED}, Status.IN_REVIEW)


def last_removal(listing_id: int) -> str:
    """Return what the organisation was told when the team removed its listing."""
    return _last_reason(listing_id, set(Status) - {Status.CLOSED}, Status.CLOSED)


def removed_by_team(listing: Listing) -> bool:
    """Return whether the team closed a listing, rather than its author or its source."""
    if listing.outcome != Outcome.WITHDRAWN:
        return False
    role = db.session.scalar(
        select(User.role)
        .join(ListingEvent, ListingEvent.actor_id == User.id)
        .where(ListingEvent.listing_id == listing.id, ListingEvent.to_status == Status.CLOSED)
        .order_by(ListingEvent.id.desc())
        .limit(1)
    )
    return role in REVIEW_ROLES


def _last_reason(listing_id: int, before: set[Status], to: Status) -> str:
    return (
        db.session.scalar(
            select(ListingEvent.reason)
            .where(
                ListingEvent.listing_id == listing_id,
                ListingEvent.from_status.in_(before),
                ListingEvent.to_status == to,
            )
            .order_by(ListingEvent.id.desc())
            .limit(1)
        )
        or ""
    )


def _page_select() -> Select[Listing]:
    return select(Listing).options(
        joinedload(Listing.organisation),
        joinedload(Listing.profession),
        joinedload(Listing.from_profession),
        joinedload(Listing.diploma),
        joinedload(Listing.commune),
    )
