"""The page of a listing, for everyone."""

from __future__ import annotations

import datetime as dt
from typing import Any

from flask import Blueprint, abort, current_app, redirect, render_template, request
from flask_login import current_user

from app.accounts.enums import REVIEW_ROLES
from app.core import clock
from app.core.i18n import _
from app.core.permissions import public
from app.listings import queries
from app.listings.cards import Card
from app.listings.details import details_of
from app.listings.enums import KIND_PATHS, Kind, Outcome, Status
from app.listings.models import Listing
from app.listings.structured_data import structured_data

listings = Blueprint("listings", __name__)

KIND_RULE = f"<any({', '.join(repr(path) for path in KIND_PATHS.values())}):kind_path>"
# One may see these before choosing them.
TRIED_FIRST = frozenset({Kind.JOB, Kind.PATH})
HIDDEN = {Status.DRAFT, Status.IN_REVIEW, Status.PAUSED}


@listings.get(f"/{KIND_RULE}/<int:listing_id>")
@listings.get(f"/{KIND_RULE}/<int:listing_id>-<slug>")
@public
def show(kind_path: str, listing_id: int, slug: str = "") -> Any:
    """Show a listing: open, closed (410), or hidden from all but those who may preview it."""
    listing = queries.get_listing(listing_id)
    if listing is None or (listing.status in HIDDEN and not _may_preview(listing)):
        abort(404)
    if request.path != listing.path:
        query = request.query_string.decode("latin-1")
        return redirect(f"{listing.path}?{query}" if query else listing.path, 301)
    now = clock.now()
    if not listing.is_open(now) and listing.status not in HIDDEN:
        return _closed(listing), 410
    tries = _tries(listing, now)
    shown = {card.id for card in tries}
    return render_template(
        "listings/show.html",
        listing=listing,
        details=details_of(listing, now),
        tried=listing.profession.slug if listing.kind in TRIED_FIRST and listing.profession else "",
        tries=tries,
        similar=[card for card in queries.similar_cards(listing, now) if card.id not in shown],
        preview=listing.status in HIDDEN,
        url=current_app.config["PUBLIC_BASE_URL"] + listing.path,
        data=_structured(listing),
    )


def _tries(listing: Listing, now: dt.datetime) -> list[Card]:
    """Return the nearest immersion, event and internship of the profession of a job or a path."""
    if listing.kind not in TRIED_FIRST or listing.profession is None:
        return []
    return queries.nearest_tries(
        listing.profession.slug, now, queries.point_of(listing), limit=len(queries.TRIES)
    )


def _closed(listing: Listing) -> str:
    reasons = {
        Outcome.FILLED: _("Quelqu’un a été trouvé."),
        Outcome.UNFILLED: _("Son auteur l’a close."),
        Outcome.WITHDRAWN: _("Elle a été retirée par son auteur.")
        if listing.answered_here
        else _("Son site d’origine ne l’affiche plus."),
        Outcome.EXPIRED: _("Sa date est passée.")
        if listing.has_end
        else _("Personne n’a confirmé qu’elle était toujours vraie."),
    }
    reason = reasons[Outcome(listing.outcome or Outcome.EXPIRED)]
    if queries.removed_by_team(listing):
        reason = _("Notre équipe l’a retirée.")
    now = clock.now()
    return render_template(
        "listings/closed.html",
        listing=listing,
        details=details_of(listing, now),
        reason=reason,
        similar=queries.similar_cards(listing, now),
    )


def _structured(listing: Listing) -> dict[str, Any] | None:
    if listing.status != Status.PUBLISHED:
        return None
    return structured_data(
        listing,
        base_url=current_app.config["PUBLIC_BASE_URL"],
        site_name=current_app.config["SITE_NAME"],
    )


def _may_preview(listing: Listing) -> bool:
    if not current_user.is_authenticated:
        return False
    if current_user.role in REVIEW_ROLES:
        return True
    return queries.owned_listing(listing.id, current_user.id) is not None
