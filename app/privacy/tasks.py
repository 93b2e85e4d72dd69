"""What the worker does about the end of personal data."""

from __future__ import annotations

import datetime as dt
from typing import Any

from flask import current_app

from app.accounts.models import User
from app.core import mail
from app.core.database import db
from app.core.outbox import Effect, OutboxEvent
from app.listings.queries import get_listing
from app.organisations.queries import acts_for
from app.privacy import ledger, mails
from app.privacy.services import TOLD_BEFORE, purge_accounts, tell_unseen


def note_erasure(payload: dict[str, Any], event_id: int) -> Effect | None:
    """Write an erasure in the ledger, so that no backup brings anybody back."""
    event = db.session.get(OutboxEvent, event_id)
    if event is None:
        return None
    kind, id_, at = payload["kind"], payload["id"], event.created_at
    return lambda: ledger.write(kind, id_, at)


def tell_member(payload: dict[str, Any], event_id: int) -> Effect | None:
    """Tell one member that somebody who had answered has erased her data."""
    listing, member = get_listing(payload["listing_id"]), db.session.get(User, payload["user_id"])
    if listing is None or member is None or not acts_for(member, listing.organisation_id):
        return None
    return mail.sending(
        mails.application_erased(listing, payload["reference"], member, event_id, _base_url())
    )


def tell_ending(payload: dict[str, Any], event_id: int) -> Effect | None:
    """Tell a person that her account is about to be erased, unless she has signed in since."""
    user = db.session.get(User, payload["user_id"])
    if user is None or user.end_told_at is None:
        return None
    until = user.end_told_at + TOLD_BEFORE
    return mail.sending(mails.account_ends(user, until, event_id, _base_url()))


def care_for_accounts(now: dt.datetime) -> None:
    """Each night: tell those whose account ends, erase those that were told."""
    tell_unseen(now)
    purge_accounts(now)


def purge_ledger(now: dt.datetime) -> None:
    """Each night: drop the lines that no backup needs any more."""
    ledger.purge(now)


def _base_url() -> str:
    return str(current_app.config["PUBLIC_BASE_URL"])
