"""Messages to the members of an organisation about its listings. Each address gets its own."""

from __future__ import annotations

from collections.abc import Iterable

from app.core import mail
from app.listings.models import Listing


def published(
    listing: Listing, addresses: Iterable[str], *, base_url: str, event_id: int
) -> list[mail.Message]:
    """Say that the listing is online."""
    return _each("published", listing, addresses, base_url, event_id, deadline=listing.deadline)


def refused(
    listing: Listing, reason: str, addresses: Iterable[str], *, base_url: str, event_id: int
) -> list[mail.Message]:
    """Say why the listing is not online, and how to correct it."""
    return _each("refused", listing, addresses, base_url, event_id, reason=reason)


def expired(
    listing: Listing, addresses: Iterable[str], *, base_url: str, event_id: int
) -> list[mail.Message]:
    """Say that the listing closed at its date, and ask how it ended."""
    return _each("expired", listing, addresses, base_url, event_id)


def _each(
    name: str,
    listing: Listing,
    addresses: Iterable[str],
    base_url: str,
    event_id: int,
    **context: object,
) -> list[mail.Message]:
    manage_url = f"{base_url}/recruter/annonces/{listing.id}"
    return [
        mail.render(
            f"listings/{name}",
            to=address,
            message_id=f"listing-{name}-{event_id}-{number}",
            title=listing.title,
            url=base_url + listing.path,
            manage_url=manage_url,
            close_url=f"{manage_url}/clore",
            **context,
        )
        for number, address in enumerate(addresses, 1)
    ]
