"""Offers of other sites: written in batches, online at once, closed when they are gone."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from app.listings.enums import Outcome, Status
from app.listings.models import Listing
from app.listings.rich_text import plain_to_html
from app.listings.services.life import announce_changed, end, log, schedule_closing, touch
from app.listings.services.writing import EDITABLE, apply_values, known_sessions
from app.listings.workflow import UNCONFIRMED_LIFE, Action, can, target

IMPORTED = EDITABLE | {
    "kind",
    "latitude",
    "longitude",
    "organisation_id",
    "published_at",
    "source",
    "source_hash",
    "source_id",
    "source_url",
}


def import_listing(listing: Listing | None, values: Mapping[str, Any], now: dt.datetime) -> Listing:
    """Write an offer of another site, online at once; give None for a new one.

    `values`: columns of IMPORTED (the place with its point, the plain text `description`) and
    `sessions`. Does not flush and announces nothing: after each batch, call `announce_changed`.
    Raises ValueError on a value that is not expected.
    """
    values = dict(values)
    description = values.get("description")
    if listing is not None and "sessions" in values:
        values["sessions"] = known_sessions(listing, values["sessions"])
    new = listing is None
    if listing is None:
        listing = Listing(
            status=Status.PUBLISHED,
            version=0,
            created_at=now,
            published_at=now,
            publics=[],
            schedules=[],
            funding=[],
        )
    elif listing.status == Status.CLOSED:
        log(listing, Status.CLOSED, None, now, to=target(listing.status, Action.REOPEN))
        listing.status = Status.PUBLISHED
        listing.closed_at = listing.outcome = listing.unfilled_reason = None
    apply_values(listing, values, IMPORTED, look_up_place=False)
    if description is not None:
        listing.description_html = plain_to_html(description)
    listing.refreshed_at = now
    schedule_closing(listing)
    touch(listing, now)
    if new:
        # Last, with all it holds: what a session holds is looked through at each change.
        log(listing, None, None, now)
    return listing


def confirm_listings(listings: Iterable[Listing], now: dt.datetime) -> None:
    """Say that imported listings, unchanged, are still shown by their source today.

    The search holds the instant of closing too: it moves, and is announced, only once half of the
    time before it is gone, rather than for every listing at every run.
    """
    renewed = []
    for listing in listings:
        listing.refreshed_at = now
        before = listing.closes_at
        if before is None or before - now < UNCONFIRMED_LIFE / 2:
            schedule_closing(listing)
        if listing.closes_at != before:
            touch(listing, now)
            renewed.append(listing)
    announce_changed(renewed, now)


def close_gone(listings: Sequence[Listing], now: dt.datetime) -> int:
    """Close imported listings that their source no longer shows; return how many were open."""
    gone = [listing for listing in listings if can(listing.status, Action.CLOSE)]
    for listing in gone:
        end(listing, Outcome.WITHDRAWN, None, now)
        touch(listing, now)
    announce_changed(gone, now)
    return len(gone)
