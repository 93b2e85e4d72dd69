"""The listings a person keeps: in her browser alone, never in the database."""

from __future__ import annotations

from typing import Any, NamedTuple
from urllib.parse import urlsplit

from flask import (
    Blueprint,
    Response,
    abort,
    current_app,
    redirect,
    render_template,
    request,
    url_for,
)

from app.alerts import favourites as kept
from app.alerts.queries import closed_listings
from app.alerts.views.pages import private, refuse_other_sites
from app.core import clock
from app.core.i18n import _
from app.core.permissions import public
from app.core.routes import LARGEST_ID
from app.core.security import csrf, safe_next
from app.listings.enums import KIND_PARAMS, Outcome
from app.listings.models import Listing
from app.listings.queries import listing_cards

favourites = Blueprint("favourites", __name__, url_prefix="/mes-annonces")
csrf.exempt(favourites)
# The browser sends the cookie to these pages alone: all the others are the same for everybody.
PATH = "/mes-annonces"


class Closed(NamedTuple):
    """A listing kept that is over, why, and where those that resemble it are."""

    listing: Listing
    state: str
    similar_url: str


@favourites.get("")
@public
def index() -> Any:
    """List what this browser keeps, open or not."""
    ids = kept.read(request.cookies.get(_name(), ""))
    cards = listing_cards(ids, clock.now())
    over = {listing.id: listing for listing in closed_listings([i for i in ids if i not in cards])}
    page = render_template(
        "alerts/favourites.html",
        cards=[cards[one] for one in ids if one in cards],
        closed=[_closed(over[one]) for one in ids if one in over],
        added=request.args.get("gardee") == "1" and bool(ids),
        back=safe_next(request.args.get("retour"), ""),
        at_most=kept.AT_MOST,
        count=len(ids),
    )
    return private(page, referrer="same-origin")


@favourites.post("")
@public
def update() -> Any:
    """Keep a listing, remove one, or remove them all: one button each."""
    refuse_other_sites()
    ids = kept.read(request.cookies.get(_name(), ""))
    listing_id = request.form.get("annonce", 0, type=int)
    if not 0 <= listing_id <= LARGEST_ID:
        abort(404)
    action = request.form.get("geste", "")
    if action == "garder" and listing_cards([listing_id], clock.now()):
        address = url_for("favourites.index", gardee=1, retour=_back())
        return _set(redirect(address, 303), kept.add(ids, listing_id))
    if action == "retirer":
        ids = [one for one in ids if one != listing_id]
    elif action == "vider":
        ids = []
    else:
        abort(404 if listing_id else 400)
    return _set(redirect(url_for("favourites.index"), 303), ids)


def _name() -> str:
    return "__Secure-annonces" if current_app.config["SESSION_COOKIE_SECURE"] else "annonces"


def _set(response: Any, ids: list[int]) -> Response:
    options: dict[str, Any] = {
        "path": PATH,
        "secure": current_app.config["SESSION_COOKIE_SECURE"],
        "httponly": True,
        "samesite": "Lax",
    }
    if ids:
        response.set_cookie(_name(), kept.write(ids), max_age=kept.LASTS, **options)
    else:
        response.delete_cookie(_name(), **options)
    return private(response, referrer="same-origin")


def _back() -> str | None:
    """Return the page of this site from which the button was pressed, if the browser says it."""
    came = urlsplit(request.referrer or "")
    if came.netloc != request.host or came.path.startswith(PATH):
        return None
    return f"{came.path}?{came.query}" if came.query else came.path


def _closed(listing: Listing) -> Closed:
    filled = listing.outcome == Outcome.FILLED
    search: dict[str, Any] = {"type": KIND_PARAMS[listing.kind]}  # type: ignore[index]
    if listing.profession is not None:
        search["metier"] = listing.profession.slug
    if listing.commune is not None:
        search["ou"] = listing.commune.name
    return Closed(
        listing,
        _("Pourvue\u00a0: quelqu’un a été trouvé.") if filled else _("Fermée."),
        url_for("search.index", **search),
    )
