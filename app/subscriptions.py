"""Which handlers hear which topic, and what runs when. Nothing registers itself by being imported."""

from __future__ import annotations

from app.accounts.services import purge_sign_ins
from app.accounts.tasks import send_sign_in_link
from app.core.jobs import Scheduled, purge_done
from app.core.outbox import Subscription

SUBSCRIPTIONS: list[Subscription] = [
    Subscription("account.link_requested", send_sign_in_link),
]

SCHEDULE = [
    Scheduled("purge_outbox", purge_done, minute="17", hour="2"),
    Scheduled("purge_sign_ins", purge_sign_ins, minute="27", hour="2"),
]
