"""Is it still true? What has neither deadline nor date is asked about, confirmed, or leaves."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from sqlalchemy import ColumnElement, or_, select

from app.core.database import db
from app.core.errors import NotAllowedTransition
from app.core.i18n import _
from app.listings.enums import Announcement, Status
from app.listings.models import Listing
from app.listings.queries import closes_unconfirmed
from app.listings.services.life import lock, log, mark_changed, schedule_closing, tell_members
from app.listings.workflow import ASKED_AFTER, REMINDED_BEFORE

if TYPE_CHECKING:
    from app.accounts.models import User

ASKED_AT_ONCE = 200
CONFIRMED = "confirmed"


def confirm_listing(actor: User, listing: Listing, now: dt.datetime) -> Listing:
    """Say that a listing, online or paused, is still true today: it lives as long again."""
    lock(listing)
    if listing.status not in {Status.PUBLISHED, Status.PAUSED}:
        raise NotAllowedTransition(_("Cette annonce n’est plus en ligne."))
    listing.refreshed_at = now
    schedule_closing(listing)
    log(listing, listing.status, actor, now, CONFIRMED)
    mark_changed(listing, now)
    db.session.flush()
    return listing


def ask_due(now: dt.datetime, *, limit: int = ASKED_AT_ONCE) -> int:
    """Ask about every listing nobody confirmed lately; return how many questions were asked.

    One question after thirty days, another a week before the end. Each is written on the listing
    with the messages that carry it: running this twice, or dying in between, asks nothing twice.
    """
    unasked = or_(Listing.asked_at.is_(None), Listing.asked_at <= Listing.refreshed_at)
    first = (Listing.refreshed_at <= now - ASKED_AFTER) & unasked
    unreminded = or_(Listing.reminded_at.is_(None), Listing.reminded_at < Listing.refreshed_at)
    # Those who were asked late are not pressed at once.
    heard = Listing.asked_at <= now - REMINDED_BEFORE
    last = (Listing.closes_at <= now + REMINDED_BEFORE) & ~unasked & heard & unreminded
    asked = _ask(first, Announcement.ASKED, now, limit)
    return asked + _ask(last, Announcement.REMINDED, now, limit)


def _ask(due: ColumnElement[bool], what: Announcement, now: dt.datetime, limit: int) -> int:
    total = 0
    while True:
        query = select(Listing).where(closes_unconfirmed(now), due).order_by(Listing.id)
        listings = db.session.scalars(
            query.limit(limit).with_for_update(skip_locked=True, of=Listing)
        ).all()
        if not listings:
            return total
        for listing in listings:
            if what is Announcement.ASKED:
                listing.asked_at = now
            else:
                listing.reminded_at = now
            tell_members(listing, what, now)
        db.session.flush()
        total += len(listings)
