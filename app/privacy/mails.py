"""Messages about the end of personal data."""

from __future__ import annotations

import datetime as dt

from app.accounts.models import User
from app.core import mail
from app.core.i18n import _
from app.listings.models import Listing


def application_erased(
    listing: Listing, reference: str, member: User, event_id: int, base_url: str
) -> mail.Message:
    """Return the message to a member: a person who had answered has erased her data. No names."""
    return mail.render(
        "privacy/erased",
        to=member.email,
        message_id=f"application-erased-{event_id}",
        hello=_("Bonjour %(name)s,", name=member.name),
        listing=listing,
        reference=reference,
        url=f"{base_url}/recruter/",
    )


def account_ends(user: User, until: dt.datetime, event_id: int, base_url: str) -> mail.Message:
    """Return the message to a person whose account nobody has opened for nearly two years."""
    return mail.render(
        "privacy/account_ends",
        to=user.email,
        message_id=f"account-ends-{event_id}",
        hello=_("Bonjour %(name)s,", name=user.name),
        until=until,
        url=f"{base_url}/connexion/",
    )
