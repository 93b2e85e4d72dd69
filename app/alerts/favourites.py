"""The listings a person keeps, in a cookie of her browser: identifiers, the last kept first."""

from __future__ import annotations

import datetime as dt

from app.core.routes import LARGEST_ID

AT_MOST = 50
# Thirteen months, counted again each time something is kept.
LASTS = dt.timedelta(days=395)


def read(cookie: str) -> list[int]:
    """Return the identifiers a cookie holds; what is not one is left out."""
    ids = [
        int(one) for one in cookie.split(".") if one.isascii() and one.isdigit() and len(one) < 11
    ]
    return list(dict.fromkeys(one for one in ids if 0 < one <= LARGEST_ID))[:AT_MOST]


def write(ids: list[int]) -> str:
    """Return what the cookie holds."""
    return ".".join(str(one) for one in ids)


def add(ids: list[int], listing_id: int) -> list[int]:
    """Return the list with one more listing, first; beyond fifty, the oldest leave."""
    return [listing_id, *(one for one in ids if one != listing_id)][:AT_MOST]
