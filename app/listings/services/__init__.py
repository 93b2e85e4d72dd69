"""Writes of listings. Nothing here commits: the caller ends the transaction."""

from app.listings.services.imported import IMPORTED, close_gone, confirm_listings, import_listing
from app.listings.services.life import (
    announce_changed,
    close_listing,
    expire_due,
    forget_contacts,
    hide_listings_of,
    mark_changed,
    needs_review,
    pause_listing,
    publish_listing,
    recall_listing,
    refuse_listing,
    remove_listing,
    resume_listing,
    submit_listing,
)
from app.listings.services.refreshing import ask_due, confirm_listing
from app.listings.services.supplied import supply_listing
from app.listings.services.writing import (
    TooFewSeats,
    create_listing,
    duplicate_listing,
    update_listing,
)

__all__ = [
    "IMPORTED",
    "TooFewSeats",
    "announce_changed",
    "ask_due",
    "close_gone",
    "close_listing",
    "confirm_listing",
    "confirm_listings",
    "create_listing",
    "duplicate_listing",
    "expire_due",
    "forget_contacts",
    "hide_listings_of",
    "import_listing",
    "mark_changed",
    "needs_review",
    "pause_listing",
    "publish_listing",
    "recall_listing",
    "refuse_listing",
    "remove_listing",
    "resume_listing",
    "submit_listing",
    "supply_listing",
    "update_listing",
]
