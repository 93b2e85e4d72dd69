"""The messages about alerts and notices."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace

from app.alerts import wording
from app.alerts.enums import FREQUENCY_LABELS, Frequency
from app.alerts.models import Alert, Digest, Watch
from app.alerts.tokens import token_of
from app.core import mail
from app.listings.cards import Card


def alert_url(alert: Alert, base_url: str) -> str:
    """Return the address of the page of an alert, known to its person alone."""
    return f"{base_url}/alertes/{token_of(alert.salt, alert.token_hash)}"


def watch_url(watch: Watch, base_url: str) -> str:
    """Return the address of the page of a notice, known to its person alone."""
    return f"{base_url}/alertes/annonce/{token_of(watch.salt, watch.token_hash)}"


def _stopped_in_one_click(message: mail.Message, page: str) -> mail.Message:
    """Add the headers of RFC 8058: the mail program shows a button that stops it all."""
    headers = {
        "List-Unsubscribe": f"<{page}/arret>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    }
    return replace(message, headers=headers)


def requested(alert: Alert, event_id: int, base_url: str, kept_days: int) -> mail.Message:
    """Return the message that asks to confirm, or says that the alert is there already."""
    return mail.render(
        "alerts/requested",
        to=alert.email,
        message_id=f"alert-requested-{event_id}",
        label=wording.understood_label(wording.criteria_of(alert.query)),
        confirmed=alert.confirmed_at is not None,
        frequency=FREQUENCY_LABELS[Frequency(alert.frequency)],
        kept_days=kept_days,
        url=alert_url(alert, base_url),
    )


def digest(
    digest: Digest,
    event_id: int,
    cards: Sequence[Card],
    named: int,
    ends_at: dt.datetime,
    base_url: str,
) -> mail.Message:
    """Return the digest; `cards`: those of its `named` listings that are still open."""
    alert = digest.alert
    page = alert_url(alert, base_url)
    message = mail.render(
        "alerts/digest",
        to=alert.email,
        message_id=f"alert-digest-{event_id}",
        label=alert.label,
        cards=cards,
        # Those that closed since it was written are neither named nor counted.
        others=max(0, digest.total - named),
        search_url=f"{base_url}/recherche?{alert.query}{'&' if alert.query else ''}tri=date",
        url=page,
        stop_url=f"{page}/arret",
        ends_at=ends_at,
        base_url=base_url,
    )
    return _stopped_in_one_click(message, page)


def ending(alert: Alert, event_id: int, ends_at: dt.datetime, base_url: str) -> mail.Message:
    """Return the message that says the alert stops, with the way to keep it."""
    page = alert_url(alert, base_url)
    message = mail.render(
        "alerts/ending",
        to=alert.email,
        message_id=f"alert-ending-{event_id}",
        label=alert.label,
        ends_at=ends_at,
        url=page,
    )
    return _stopped_in_one_click(message, page)


def watch_requested(watch: Watch, event_id: int, base_url: str, kept_days: int) -> mail.Message:
    """Return the message that asks to confirm a notice."""
    return mail.render(
        "alerts/watch_requested",
        to=watch.email,
        message_id=f"watch-requested-{event_id}",
        listing=watch.listing,
        confirmed=watch.confirmed_at is not None,
        kept_days=kept_days,
        url=watch_url(watch, base_url),
    )


def watch_closed(
    watch: Watch, event_id: int, similar: Sequence[Card], base_url: str, kept_days: int
) -> mail.Message:
    """Return the message that says a listing closed, with those that resemble it."""
    page = watch_url(watch, base_url)
    message = mail.render(
        "alerts/watch_closed",
        to=watch.email,
        message_id=f"watch-closed-{event_id}",
        listing=watch.listing,
        similar=similar,
        kept_days=kept_days,
        url=page,
        base_url=base_url,
    )
    return _stopped_in_one_click(message, page)


def watch_reopened(watch: Watch, event_id: int, base_url: str) -> mail.Message:
    """Return the message that says a listing opened again: the last one."""
    return mail.render(
        "alerts/watch_reopened",
        to=watch.email,
        message_id=f"watch-reopened-{event_id}",
        listing=watch.listing,
        url=f"{base_url}{watch.listing.path}",
    )
