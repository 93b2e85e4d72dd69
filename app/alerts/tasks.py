"""What the worker does for alerts: digests in the morning, messages, erasures at night."""

from __future__ import annotations

import datetime as dt
from typing import Any

from flask import current_app

from app.alerts import digests, mails, queries, services, watching
from app.alerts.models import Alert, Digest, Watch
from app.core import clock, mail
from app.core.database import db, reading
from app.core.outbox import Effect, Refused
from app.listings.enums import Status
from app.listings.queries import listing_cards, similar_cards

SIMILAR = 4


def send_digests(now: dt.datetime) -> int:
    """Prepare the digests that are due; return how many leave.

    Running it twice sends nothing twice. Matching only reads: nobody who writes waits for it.
    """
    with reading():
        plans = digests.plan(now)
    total = 0
    for batch in digests.batches(plans):
        total += digests.write(batch, now)
        db.session.commit()
    return total


def care_for_alerts(now: dt.datetime) -> None:
    """Each day: warn, stop, erase."""
    services.warn_unvisited(now)
    services.stop_unvisited(now)
    services.purge_alerts(now)
    watching.purge_watches(now)
    digests.purge_digests(now)


def ask_to_confirm(payload: dict[str, Any], event_id: int) -> Effect | None:
    """Send the link that confirms an alert, unless it was erased."""
    alert = db.session.get(Alert, payload["alert_id"])
    if alert is None:
        return None
    kept = services.UNCONFIRMED_KEPT_DAYS
    return mail.sending(mails.requested(alert, event_id, _base_url(), kept))


def send_digest(payload: dict[str, Any], event_id: int) -> Effect | None:
    """Send a digest, without what closed since; nothing when all did, or when it was stopped."""
    digest = db.session.get(Digest, payload["digest_id"])
    if digest is None or not digest.alert.active:
        return None
    named = queries.listings_of(digest)
    cards = listing_cards(named, clock.now())
    shown = [cards[one] for one in named if one in cards]
    if not shown:
        return None
    ends_at = services.ends_at(digest.alert)
    return _sending(mails.digest(digest, event_id, shown, len(named), ends_at, _base_url()))


def tell_ending(payload: dict[str, Any], event_id: int) -> Effect | None:
    """Tell a person that her alert is about to stop, unless she kept it since."""
    alert = db.session.get(Alert, payload["alert_id"])
    if alert is None or not alert.active or alert.warned_at is None:
        return None
    return _sending(mails.ending(alert, event_id, services.ends_at(alert), _base_url()))


def ask_to_confirm_watch(payload: dict[str, Any], event_id: int) -> Effect | None:
    """Send the link that confirms a notice, unless it was erased."""
    watch = db.session.get(Watch, payload["watch_id"])
    if watch is None:
        return None
    kept = services.UNCONFIRMED_KEPT_DAYS
    return mail.sending(mails.watch_requested(watch, event_id, _base_url(), kept))


def follow_listings(payloads: list[dict[str, Any]]) -> None:
    """Find who wants to know that these listings closed or opened again."""
    ids = sorted({int(payload["listing_id"]) for payload in payloads})
    watching.follow(ids, clock.now())


def tell_closed(payload: dict[str, Any], event_id: int) -> Effect | None:
    """Tell that a listing closed, unless it opened again since."""
    watch = db.session.get(Watch, payload["watch_id"])
    if watch is None or watch.listing.status != Status.CLOSED:
        return None
    similar = similar_cards(watch.listing, clock.now(), limit=SIMILAR)
    return _sending(
        mails.watch_closed(watch, event_id, similar, _base_url(), watching.CLOSED_KEPT_DAYS)
    )


def tell_reopened(payload: dict[str, Any], event_id: int) -> Effect | None:
    """Tell that a listing opened again, unless it closed since."""
    watch = db.session.get(Watch, payload["watch_id"])
    if watch is None or not watch.listing.is_open(clock.now()):
        return None
    return _sending(mails.watch_reopened(watch, event_id, _base_url()))


def _sending(message: mail.Message) -> Effect:
    """Return the effect that sends, and that stops writing to an address its server refuses."""

    def send() -> None:
        try:
            mail.send(message)
        except Refused:
            services.stop_bounced(message.to, clock.now())
            watching.forget_refused(message.to)

    return send


def _base_url() -> str:
    return str(current_app.config["PUBLIC_BASE_URL"])
