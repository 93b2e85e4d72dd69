"""Any search as an Atom feed (RFC 4287): the same for everybody, nothing about who reads."""

from __future__ import annotations

import datetime as dt
import hashlib
from dataclasses import replace
from typing import Any

from flask import Blueprint, Response, current_app, render_template, request, url_for

from app.alerts import queries, wording
from app.core import clock
from app.core.permissions import public
from app.listings.queries import listing_cards
from app.search.criteria import parse
from app.search.queries import search

feed = Blueprint("feed", __name__)

ENTRIES = 50
KEPT_SECONDS = 900


@feed.get("/flux/recherche.atom")
@public
def index() -> Any:
    """Give the listings that answer a search, the last published first."""
    now = clock.now()
    criteria = wording.kept(parse(request.args))
    found = search(replace(criteria, sort="date", per_page=ENTRIES), now)
    cards = listing_cards(found.ids, now)
    dates = queries.feed_dates(list(cards))
    entries = [(cards[one], *dates[one]) for one in found.ids if one in dates]
    entries.sort(key=lambda entry: (entry[1], entry[0].id), reverse=True)
    # An empty feed says the same all day long.
    today = clock.paris_instant(clock.paris_date(now), dt.time())
    updated = max((entry[2] for entry in entries), default=today)
    base_url = current_app.config["PUBLIC_BASE_URL"]
    query = criteria.to_query()
    body = render_template(
        "alerts/feed.xml",
        label=wording.label_of(criteria),
        entries=entries,
        updated=updated,
        self_url=base_url + url_for("feed.index", **query),
        page_url=base_url + url_for("search.index", **query),
        base_url=base_url,
        instant=lambda when: when.strftime("%Y-%m-%dT%H:%M:%SZ"),
    )
    response = Response(body, mimetype="application/atom+xml")
    response.set_etag(hashlib.sha256(body.encode()).hexdigest()[:32])
    response.last_modified = updated
    response.headers["Cache-Control"] = f"public, max-age={KEPT_SECONDS}"
    return response.make_conditional(request)
