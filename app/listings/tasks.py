"""What the worker does for listings: tell those who wrote them, hide what is suspended."""

from __future__ import annotations

from typing import Any

from flask import current_app

from app.accounts.queries import get_user
from app.core import clock, mail
from app.core.outbox import Effect
from app.listings import mails, queries, services
from app.listings.enums import Announcement, Outcome, Status
from app.listings.models import Listing
from app.organisations.queries import acts_for, get_organisation

# Where the words that go with an announcement were written.
REASONS = {
    Announcement.REFUSED: queries.last_refusal,
    Announcement.RECALLED: queries.last_recall,
    Announcement.REMOVED: queries.last_removal,
}


def tell_member(payload: dict[str, Any], event_id: int) -> Effect | None:
    """Tell a member what happened to a listing, unless it is no longer so."""
    listing, member = queries.get_listing(payload["listing_id"]), get_user(payload["user_id"])
    what = Announcement(payload["what"])
    if listing is None or member is None or not _still_true(listing, what):
        return None
    if not acts_for(member, listing.organisation_id):
        return None
    message = mails.announcement(
        what,
        listing,
        member,
        base_url=current_app.config["PUBLIC_BASE_URL"],
        event_id=event_id,
        reason=REASONS[what](listing.id) if what in REASONS else "",
    )
    return mail.sending(message)


def hide_listings(payload: dict[str, Any], _event_id: int) -> None:
    """Hide what an organisation that was suspended has online, unless it was verified since."""
    organisation = get_organisation(payload["organisation_id"])
    if organisation is not None and not organisation.verified:
        services.hide_listings_of(organisation.id, clock.now())


def _still_true(listing: Listing, what: Announcement) -> bool:
    return {
        Announcement.PUBLISHED: listing.status == Status.PUBLISHED,
        Announcement.REFUSED: listing.status == Status.DRAFT,
        Announcement.EXPIRED: listing.outcome == Outcome.EXPIRED,
        Announcement.ASKED: listing.awaits_confirmation,
        Announcement.REMINDED: listing.awaits_confirmation,
        Announcement.RECALLED: listing.status == Status.IN_REVIEW,
        Announcement.REMOVED: listing.status == Status.CLOSED,
    }[what]
