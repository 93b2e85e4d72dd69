"""Reads of alerts and notices."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import joinedload

from app.alerts.models import Alert, Digest, SentListing, Watch
from app.alerts.tokens import TOKEN, hash_of
from app.core.database import db
from app.listings.enums import Status
from app.listings.models import Listing
from app.listings.queries import is_open
from app.search.documents import Document, documents_of


def alert_by_token(token: str, *, hold: bool = False) -> Alert | None:
    """Return the alert that a link opens, or None. `hold`: nobody changes it until the commit."""
    if not TOKEN.fullmatch(token):
        return None
    query = select(Alert).where(Alert.token_hash == hash_of(token))
    return db.session.scalar(query.with_for_update(of=Alert) if hold else query)


def watch_by_token(token: str, *, hold: bool = False) -> Watch | None:
    """Return the notice that a link opens, or None. `hold`: nobody changes it until the commit."""
    if not TOKEN.fullmatch(token):
        return None
    query = select(Watch).where(Watch.token_hash == hash_of(token))
    return db.session.scalar(query.with_for_update(of=Watch) if hold else query)


def alert_of(email: str, query_hash: str) -> Alert | None:
    """Return the alert of an address on a search."""
    return db.session.scalar(
        select(Alert)
        .where(Alert.email == email, Alert.query_hash == query_hash)
        .with_for_update()
        .execution_options(populate_existing=True)
    )


def watch_of(email: str, listing_id: int) -> Watch | None:
    """Return the notice that an address asked about a listing."""
    return db.session.scalar(
        select(Watch)
        .where(Watch.email == email, Watch.listing_id == listing_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )


def asked_since(email: str, since: dt.datetime) -> int:
    """Return how many messages were asked for an address, about what was asked since an instant."""
    alerts = select(func.sum(Alert.asks)).where(Alert.email == email, Alert.asked_at > since)
    watches = select(func.sum(Watch.asks)).where(Watch.email == email, Watch.asked_at > since)
    return (db.session.scalar(alerts) or 0) + (db.session.scalar(watches) or 0)


def count_alerts(email: str) -> int:
    """Return how many alerts an address has, confirmed or not."""
    query = select(func.count(Alert.id)).where(Alert.email == email)
    return db.session.scalar(query) or 0


def is_active() -> ColumnElement[bool]:
    """Return the condition, in SQL, under which digests leave."""
    return and_(
        Alert.confirmed_at.is_not(None), Alert.paused_at.is_(None), Alert.stopped_at.is_(None)
    )


def new_documents(since: dt.datetime, now: dt.datetime) -> tuple[list[Document], dict[int, float]]:
    """Return the open listings that came after `since`, the last first, and when each came.

    What another site publishes comes here later than it was published there: the later counts.
    """
    rows = db.session.execute(
        select(Listing.id, Listing.created_at, Listing.published_at).where(
            is_open(now), or_(Listing.created_at > since, Listing.published_at > since)
        )
    ).all()
    came = {id_: max(created, published or created).timestamp() for id_, created, published in rows}
    ids = sorted(came, key=lambda one: (came[one], one), reverse=True)
    documents = {
        document["id"]: document
        for start in range(0, len(ids), 500)
        for document in documents_of(ids[start : start + 500], now)
    }
    return [documents[one] for one in ids if one in documents], came


def already_sent(alert_ids: Sequence[int], listing_ids: Sequence[int]) -> set[tuple[int, int]]:
    """Return the pairs (alert, listing) that were sent, among these."""
    rows = db.session.execute(
        select(SentListing.alert_id, SentListing.listing_id).where(
            SentListing.alert_id.in_(alert_ids), SentListing.listing_id.in_(listing_ids)
        )
    )
    return {(alert_id, listing_id) for alert_id, listing_id in rows}


def listings_of(digest: Digest) -> list[int]:
    """Return the ids of the listings that a digest names, in order."""
    return list(
        db.session.scalars(
            select(SentListing.listing_id)
            .where(SentListing.digest_id == digest.id)
            .order_by(SentListing.rank)
        )
    )


def closed_listings(ids: Sequence[int]) -> Sequence[Listing]:
    """Return the listings that are over among `ids`, with their profession and place."""
    return db.session.scalars(
        select(Listing)
        .options(joinedload(Listing.profession), joinedload(Listing.commune))
        .where(Listing.id.in_(ids), Listing.status == Status.CLOSED)
    ).all()


def feed_dates(ids: Sequence[int]) -> dict[int, tuple[dt.datetime, dt.datetime]]:
    """Return when each listing was published, and when it changed last."""
    rows = db.session.execute(
        select(Listing.id, Listing.published_at, Listing.updated_at).where(Listing.id.in_(ids))
    )
    return {
        id_: (published or updated, max(updated, published or updated))
        for id_, published, updated in rows
    }
