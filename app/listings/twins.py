"""Listings that are the same under two addresses: what some do to be seen more."""

from __future__ import annotations

import re

from sqlalchemy import select

from app.core.database import db
from app.listings.enums import OWN_SOURCE, Status
from app.listings.models import Listing
from app.listings.rich_text import make_slug

# A large house recruits for several services at once; `positions` is for more.
ALIKE_ONLINE = 5
READ_AT_MOST = 200
_SHOWN = (Status.IN_REVIEW, Status.PUBLISHED, Status.PAUSED)
# What makes no difference in a title: « Aide-soignant(e) H/F n° 2 » is « Aide soignante ».
_NO_WORD = re.compile(r"(?:\d+|n|no|ndeg|[hfx]|de|du|des|d|la|le|les|l|un|une|en|et|a|au|urgent)")


def twins_of(listing: Listing) -> list[Listing]:
    """Return the other listings of the organisation, shown or waiting, that say the same job in
    the same place, the newest first."""
    alike = db.session.scalars(
        select(Listing)
        .where(
            Listing.organisation_id == listing.organisation_id,
            Listing.source == OWN_SOURCE,
            Listing.status.in_(_SHOWN),
            Listing.id != listing.id,
            Listing.kind == listing.kind,
            *(
                column.is_(None) if value is None else column == value
                for column, value in (
                    (Listing.profession_id, listing.profession_id),
                    (Listing.contract, listing.contract),
                    (Listing.commune_code, listing.commune_code),
                )
            ),
        )
        .order_by(Listing.id.desc())
        .limit(READ_AT_MOST)
    )
    said = _words(listing.title)
    return [one for one in alike if _words(one.title) == said]


def _words(title: str) -> frozenset[str]:
    """Return the words that matter in a title; all of them when none does."""
    words = make_slug(title).split("-")
    kept = frozenset(_plain(word) for word in words if not _NO_WORD.fullmatch(word))
    return kept or frozenset(words)


def _plain(word: str) -> str:
    """Return a word without the marks of gender and number."""
    return word.removesuffix("s").removesuffix("e")
