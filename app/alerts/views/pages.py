"""What the pages of this feature share."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from flask import Response, abort, current_app, make_response, request

from app.core.limits import client_network
from app.core.sends import Sending


def private(page: Any, *, referrer: str = "no-referrer") -> Response:
    """Keep the page out of caches, of search engines and of the next site's logs.

    `referrer`: "same-origin" for a page whose address is no secret, and whose forms must tell
    where they come from; browsers say nothing of it under "no-referrer".
    """
    response = make_response(page)
    response.headers["Cache-Control"] = "no-store"
    response.headers["Referrer-Policy"] = referrer
    response.headers["X-Robots-Tag"] = "noindex"
    return response


def refuse_other_sites() -> None:
    """Refuse a form sent from another site, by browsers that tell from which one.

    Recent ones are refused before, see core/security.py: forms here carry no token, so that the
    pages that hold them are the same for everybody.
    """
    origin = request.headers.get("Origin")
    if origin is not None and urlsplit(origin).netloc != request.host:
        abort(403)


def rate_limit() -> str:
    """Return how many requests one visitor may send."""
    return str(current_app.config["ALERT_RATE_LIMIT"])


def sending(contact: str = "") -> Sending:
    """Return what is about to be sent by one of these forms: they count together."""
    return Sending("alert", client_network(), contact)
