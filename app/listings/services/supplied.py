"""Listings that an organisation sends in a file: its own, under the rules of those it writes."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from app.core.database import db
from app.listings.enums import Status
from app.listings.models import Listing, ListingEvent
from app.listings.services.life import (
    UNSEEN,
    lock,
    mark_changed,
    move,
    schedule_closing,
    submit_listing,
)
from app.listings.services.writing import (
    create_listing,
    known_sessions,
    update_listing,
)
from app.listings.workflow import Action

if TYPE_CHECKING:
    from app.accounts.models import User
    from app.organisations.models import Organisation


def supply_listing(
    actor: User | None,
    organisation: Organisation,
    listing: Listing | None,
    values: Mapping[str, Any],
    now: dt.datetime,
) -> Listing:
    """Write a listing of a member's file and send it: to review, or online when she is trusted.

    `values`: what `update_listing` takes, with `kind`, `source_id` and `source_hash`; `listing`:
    the one that bears this identifier, None for a new one. A closed one comes back. Members are
    not told of each listing: they asked for all of them at once.
    """
    values = dict(values)
    kind = values.pop("kind")
    identity = {name: values.pop(name) for name in ("source", "source_id", "source_hash")}
    if listing is None:
        listing = create_listing(actor, organisation, kind, values, now)
    else:
        if listing.status == Status.CLOSED:
            _bring_back(listing, actor, now)
        if "sessions" in values:
            values["sessions"] = known_sessions(listing, values["sessions"])
        update_listing(actor, listing, values, now)
    for name, value in identity.items():
        setattr(listing, name, value)
    if listing.status == Status.DRAFT:
        submit_listing(actor, listing, now, tell=False)
    return listing


def _bring_back(listing: Listing, actor: User | None, now: dt.datetime) -> None:
    """Show a closed listing again, or have it read when what comes back must be."""
    lock(listing)
    known = listing.organisation is not None and listing.organisation.verified
    before = db.session.scalar(
        select(ListingEvent.from_status)
        .where(ListingEvent.listing_id == listing.id, ListingEvent.to_status == Status.CLOSED)
        .order_by(ListingEvent.id.desc())
        .limit(1)
    )
    review = listing.published_at is None or not known or before in UNSEEN
    listing.closed_at = listing.outcome = listing.unfilled_reason = None
    listing.refreshed_at = now
    move(listing, Action.REOPEN, actor, now)
    if review:
        move(listing, Action.REVIEW_AGAIN, actor, now)
    schedule_closing(listing)
    mark_changed(listing, now)
    db.session.flush()
