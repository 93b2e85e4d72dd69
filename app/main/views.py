"""The home page and the pages the law asks for."""

from __future__ import annotations

import datetime as dt
from typing import NamedTuple

from flask import Blueprint, Response, current_app, render_template, url_for
from flask_babel import format_date

from app.core import clock
from app.core.permissions import public
from app.listings import queries as listings
from app.listings.cards import Card
from app.listings.enums import KIND_PARAMS
from app.main import queries
from app.main.accessibility import the_grid

bp = Blueprint("main", __name__)

LATEST = 4
EVENTS = 3
PROFESSIONS = 8

# Pages that say nothing to a search engine, or that only one person may read.
ROBOTS = """User-agent: *
Disallow: /alertes/
Disallow: /candidature/
Disallow: /connexion
Disallow: /inscription/
Disallow: /invitation/
Disallow: /recruter/
Disallow: /lieux
Disallow: /mes-annonces
Disallow: /recherche/suggestions
Disallow: /signaler/
"""


class CalendarDay(NamedTuple):
    """A day as on a wall calendar: « jeu. », « 3 », « déc. »."""

    weekday: str
    number: str
    month: str


@bp.get("/")
@public
def home() -> str:
    """Search first, then what is open today."""
    now = clock.now()
    return render_template(
        "main/home.html",
        kinds=KIND_PARAMS,
        counts=listings.counts_by_kind(now),
        without_diploma=queries.count_without_diploma(now),
        latest=listings.latest_cards(LATEST, now),
        events=[(card, _calendar_day(card)) for card in listings.upcoming_events(EVENTS, now)],
        professions=queries.professions_most_wanted(PROFESSIONS, now),
    )


@bp.get("/mentions-legales")
@public
def legal() -> str:
    """Say who publishes and hosts the site."""
    return render_template("main/legal.html")


@bp.get("/donnees-personnelles")
@public
def privacy() -> str:
    """Say which personal data are asked, for what, for whom and for how long."""
    return render_template("main/privacy.html")


@bp.get("/accessibilite")
@public
def accessibility() -> str:
    """Say how far the site is usable by all."""
    return render_template("main/accessibility.html", grid=the_grid())


@bp.get("/robots.txt")
@public
def robots() -> Response:
    """Tell robots what not to read, and where the list of what they may read is."""
    address = current_app.config["PUBLIC_BASE_URL"] + url_for("sitemap.index")
    return Response(f"{ROBOTS}\nSitemap: {address}\n", mimetype="text/plain")


def _calendar_day(card: Card) -> CalendarDay:
    instant: dt.datetime = card.next_at or clock.now()
    day = clock.paris_date(instant)
    return CalendarDay(format_date(day, "EEE"), str(day.day), format_date(day, "MMM"))
