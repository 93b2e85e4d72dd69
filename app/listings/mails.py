"""Messages to the members of an organisation about its listings."""

from __future__ import annotations

from app.accounts.models import User
from app.core import mail
from app.listings.enums import Announcement
from app.listings.models import Listing
from app.listings.workflow import last_day


def announcement(
    what: Announcement,
    listing: Listing,
    member: User,
    *,
    base_url: str,
    event_id: int,
    reason: str = "",
) -> mail.Message:
    """Return the message that tells `member` what happened to `listing`."""
    manage_url = f"{base_url}/recruter/annonces/{listing.id}"
    return mail.render(
        f"listings/{what}",
        to=member.email,
        message_id=f"listing-{what}-{event_id}",
        title=listing.title,
        kind=listing.kind,
        deadline=listing.deadline,
        unconfirmed=not listing.has_end,
        last_day=last_day(listing.closes_at) if listing.closes_at else None,
        reason=reason,
        url=base_url + listing.path,
        manage_url=manage_url,
        confirm_url=f"{manage_url}/confirmer",
        close_url=f"{manage_url}/clore",
    )
