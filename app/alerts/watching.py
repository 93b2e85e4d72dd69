"""Writes about notices: tell when one listing closes, then when it opens again."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from sqlalchemy import and_, delete, or_, select
from sqlalchemy.exc import IntegrityError

from app.alerts import queries, services, tokens
from app.alerts.models import Watch
from app.core import consents
from app.core.database import db
from app.core.errors import DomainError
from app.core.i18n import _
from app.core.outbox import enqueue
from app.listings.enums import Status
from app.listings.models import Listing

# After the closing, the time left for the listing to open again; and the longest wait of all.
CLOSED_KEPT_DAYS = 30
LONGEST_DAYS = 365


def request_watch(email: str, listing: Listing, now: dt.datetime) -> None:
    """Ask an address to confirm that it wants to know; nothing says whether it was known."""
    if not listing.is_open(now):
        raise DomainError(_("Cette annonce n’est plus en ligne."))
    watch = queries.watch_of(email, listing.id)
    if watch is None:
        _create(email, listing, now)
    elif services.ask_again(watch, now):
        enqueue("watch.requested", now=now, watch_id=watch.id)


def _create(email: str, listing: Listing, now: dt.datetime) -> None:
    if not services.may_ask(email, now):
        return
    salt, token_hash = tokens.new()
    watch = Watch(
        email=email,
        listing_id=listing.id,
        salt=salt,
        token_hash=token_hash,
        asked_at=now,
        asks=1,
    )
    try:
        with db.session.begin_nested():
            db.session.add(watch)
    except IntegrityError:
        # Two clicks at once: the other one has asked.
        return
    enqueue("watch.requested", now=now, watch_id=watch.id)


def confirm_watch(watch: Watch, now: dt.datetime) -> None:
    """Start to watch. A listing that closed meanwhile is told at once, by the page itself."""
    if watch.confirmed_at is not None:
        return
    if watch.asked_at < now - dt.timedelta(days=services.UNCONFIRMED_KEPT_DAYS):
        raise DomainError(_("Cette demande a plus de 7 jours. Refaites-la depuis l’annonce."))
    watch.confirmed_at, watch.wording = now, consents.WATCH
    watch.asks = 0
    if watch.listing.status == Status.CLOSED:
        watch.closed_told_at = now


def stop_watch(watch: Watch, now: dt.datetime) -> None:
    """Forget a notice and its address at once."""
    enqueue("person.erased", now=now, kind="watch", id=watch.id)
    db.session.delete(watch)


def follow(listing_ids: Sequence[int], now: dt.datetime) -> None:
    """Write to those who watch these listings, when they closed or opened again."""
    rows = db.session.execute(
        select(Watch, Listing)
        .join(Listing, Listing.id == Watch.listing_id)
        .where(
            Watch.listing_id.in_(listing_ids),
            Watch.confirmed_at.is_not(None),
            Watch.reopened_told_at.is_(None),
        )
        .order_by(Watch.id)
        .with_for_update(of=Watch)
    ).all()
    for watch, listing in rows:
        if watch.closed_told_at is None and listing.status == Status.CLOSED:
            watch.closed_told_at = now
            enqueue("watch.closed", now=now, watch_id=watch.id)
        elif watch.closed_told_at is not None and listing.is_open(now):
            watch.reopened_told_at = now
            enqueue("watch.reopened", now=now, watch_id=watch.id)


def forget_refused(email: str) -> None:
    """Forget the notices of an address that its server refuses."""
    db.session.execute(
        delete(Watch).where(Watch.email == email).execution_options(synchronize_session=False)
    )


def purge_watches(now: dt.datetime) -> int:
    """Erase the notices that are over, late, or that nobody confirmed; return how many."""
    unconfirmed = now - dt.timedelta(days=services.UNCONFIRMED_KEPT_DAYS)
    result = db.session.execute(
        delete(Watch)
        .where(
            or_(
                and_(Watch.confirmed_at.is_(None), Watch.asked_at < unconfirmed),
                Watch.confirmed_at < now - dt.timedelta(days=LONGEST_DAYS),
                Watch.closed_told_at < now - dt.timedelta(days=CLOSED_KEPT_DAYS),
                # Its message has left, or never will.
                Watch.reopened_told_at < now - dt.timedelta(days=1),
            )
        )
        .execution_options(synchronize_session=False)
    )
    return int(result.rowcount)  # type: ignore[attr-defined]
