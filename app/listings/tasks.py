"""What the worker does for listings: tell their authors, close what is over."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import current_app

from app.core import mail
from app.core.outbox import Effect
from app.listings import mails, queries
from app.listings.enums import Outcome, Status
from app.listings.models import Listing
from app.organisations.queries import member_emails


def notify_published(payload: dict[str, Any], event_id: int) -> Effect | None:
    """Tell the members that their listing is online, if it still is."""
    listing = _own_listing(payload)
    if listing is None or listing.status != Status.PUBLISHED:
        return None
    return _send(mails.published(listing, _addresses(listing), **_links(event_id)))


def notify_refused(payload: dict[str, Any], event_id: int) -> Effect | None:
    """Tell the members what must change."""
    listing = _own_listing(payload)
    if listing is None:
        return None
    reason = queries.last_refusal(listing.id)
    return _send(mails.refused(listing, reason, _addresses(listing), **_links(event_id)))


def notify_closed(payload: dict[str, Any], event_id: int) -> Effect | None:
    """Ask the members how a listing closed by its date ended; they closed the others themselves."""
    listing = _own_listing(payload)
    if listing is None or listing.outcome != Outcome.EXPIRED:
        return None
    return _send(mails.expired(listing, _addresses(listing), **_links(event_id)))


def _own_listing(payload: dict[str, Any]) -> Listing | None:
    listing = queries.get_listing(payload["listing_id"])
    return listing if listing is not None and listing.answered_here else None


def _addresses(listing: Listing) -> list[str]:
    return member_emails(listing.organisation_id) if listing.organisation_id else []


def _links(event_id: int) -> dict[str, Any]:
    return {"base_url": current_app.config["PUBLIC_BASE_URL"], "event_id": event_id}


def _send(messages: Sequence[mail.Message]) -> Effect | None:
    if not messages:
        return None

    def effect() -> None:
        for message in messages:
            mail.send(message)

    return effect
