"""Which handlers hear which topic, and what runs when: nothing registers itself."""

from __future__ import annotations

from app.accounts.services import purge_sign_ins
from app.accounts.tasks import send_sign_in_link
from app.applications.services import purge_applications, sweep_files
from app.applications.tasks import confirm_to_candidate, drop_file, tell_candidate, tell_member
from app.core.jobs import Scheduled, purge_done
from app.core.outbox import Subscription
from app.listings.services import expire_due
from app.listings.tasks import hide_listings
from app.listings.tasks import tell_member as tell_listing_member
from app.organisations.services import purge_sign_ups
from app.organisations.tasks import (
    send_invitation,
    send_sign_up,
    tell_answer,
    tell_decision,
    tell_owner_of_request,
)
from app.search.tasks import check_index, ensure_index, index_changed

SUBSCRIPTIONS: list[Subscription] = [
    Subscription("listing.changed", index_changed, batch=True),
    Subscription("listing.announced", tell_listing_member),
    Subscription("organisation.suspended", hide_listings),
    Subscription("organisation.sign_up_requested", send_sign_up),
    Subscription("organisation.invited", send_invitation),
    Subscription("organisation.join_requested", tell_owner_of_request),
    Subscription("organisation.join_answered", tell_answer),
    Subscription("organisation.decided", tell_decision),
    Subscription("account.link_requested", send_sign_in_link),
    Subscription("application.received", confirm_to_candidate),
    Subscription("application.moved", tell_candidate),
    Subscription("application.announced", tell_member),
    Subscription("application.file_dropped", drop_file),
]

SCHEDULE = [
    Scheduled("expire_listings", expire_due, minute="*/5"),
    Scheduled("ensure_index", ensure_index),
    Scheduled("check_index", check_index, minute="37", hour="3"),
    Scheduled("purge_outbox", purge_done, minute="17", hour="2"),
    Scheduled("purge_applications", purge_applications, minute="47", hour="2"),
    Scheduled("sweep_files", sweep_files, minute="57", hour="2"),
    Scheduled("purge_sign_ups", purge_sign_ups, minute="7", hour="2"),
    Scheduled("purge_sign_ins", purge_sign_ins, minute="27", hour="2"),
]
