"""Which handlers hear which topic, and what runs when. Nothing registers itself by being imported."""

from __future__ import annotations

from app.core.jobs import Scheduled, purge_done
from app.core.outbox import Subscription

SUBSCRIPTIONS: list[Subscription] = []

SCHEDULE = [
    Scheduled("purge_outbox", purge_done, minute="17", hour="2"),
]
