"""The sitemap: the public pages that search engines may read. See https://www.sitemaps.org."""

from __future__ import annotations

from flask import Blueprint, Response, abort, current_app, render_template, url_for

from app.core import clock
from app.core.permissions import public
from app.listings.queries import count_open
from app.main import queries
from app.main.queries import Address
from app.professions.queries import professions

bp = Blueprint("sitemap", __name__)

# The most addresses that one file may hold, by the protocol.
MAX_ADDRESSES = 50_000


@bp.get("/sitemap.xml")
@public
def index() -> Response:
    """List the public pages, or the parts of the list when there are too many for one file."""
    fixed = _fixed()
    parts = -(-(len(fixed) + count_open(clock.now())) // MAX_ADDRESSES)
    if parts == 1:
        return _file(fixed, 1)
    return _xml(
        render_template(
            "main/sitemap_parts.xml",
            parts=[_absolute(url_for("sitemap.part", number=n)) for n in range(1, parts + 1)],
        )
    )


@bp.get("/sitemap-<int:number>.xml")
@public
def part(number: int) -> Response:
    """List one part of the public pages."""
    fixed = _fixed()
    parts = -(-(len(fixed) + count_open(clock.now())) // MAX_ADDRESSES)
    if not 1 <= number <= parts:
        abort(404)
    return _file(fixed, number)


def _fixed() -> list[Address]:
    """Return the pages that are not listings; they come first."""
    return [
        *(
            Address(url_for(endpoint))
            for endpoint in (
                "main.home",
                "professions.index",
                "search.index",
                "main.accessibility",
                "main.legal",
                "main.privacy",
            )
        ),
        *(Address(url_for("professions.show", slug=entry.slug)) for entry in professions()),
        *(
            Address(url_for("organisations.show", slug=slug))
            for slug in queries.organisation_slugs()
        ),
    ]


def _file(fixed: list[Address], number: int) -> Response:
    start = (number - 1) * MAX_ADDRESSES
    addresses = fixed[start : start + MAX_ADDRESSES]
    if room := MAX_ADDRESSES - len(addresses):
        addresses += queries.listing_addresses(clock.now(), max(start - len(fixed), 0), room)
    return _xml(
        render_template(
            "main/sitemap.xml",
            addresses=[(_absolute(path), changed_at) for path, changed_at in addresses],
        )
    )


def _absolute(path: str) -> str:
    return str(current_app.config["PUBLIC_BASE_URL"]) + path


def _xml(content: str) -> Response:
    return Response(content, mimetype="application/xml")
