"""The professions: a list to find one's own, and a page for each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple
from urllib.parse import urlencode

from flask import Blueprint, current_app, redirect, render_template, request, url_for
from werkzeug.datastructures import MultiDict

from app.core import clock
from app.core.i18n import _, lazy
from app.core.permissions import public
from app.geography.queries import Place, find_place, suggest_places
from app.listings.queries import live_by_diploma, live_by_profession, nearest_tries
from app.main.queries import newest_of_profession, open_of_profession
from app.professions import details, names, queries
from app.professions.details import LEVEL_LABELS, LEVELS
from app.professions.enums import TermKind
from app.professions.queries import ProfessionEntry
from app.professions.structured_data import structured_data
from app.professions.views.ways import legal_minimum

bp = Blueprint("professions", __name__, url_prefix="/metiers")

CARDS = 4
TRIES = 3
DEFAULT_RADIUS_KM, MAX_RADIUS_KM = 20, 100
RADII = (5, 10, 20, 50)
MAX_LENGTH = 80
SCHOOL_CONTRACTS = ("apprentissage", "professionnalisation")

WITHOUT = "sans"
FILTER_NAMES = {
    "domaine": lazy("domaine"),
    "niveau": lazy("niveau"),
    "diplome": lazy("diplôme"),
    "public": lazy("public"),
}


class Choice(NamedTuple):
    """A filter one may put or take off, and how many professions are left with it."""

    label: str
    url: str
    left: int
    on: bool


class Near(NamedTuple):
    """Where the reader is, as she says it: `place` is None when nothing, or nowhere, was typed."""

    text: str
    place: Place | None
    radius_km: int

    @property
    def point(self) -> tuple[float, float] | None:
        """Return the position of the place."""
        return (self.place.latitude, self.place.longitude) if self.place else None

    @property
    def query(self) -> dict[str, Any]:
        """Return the arguments of a search around the place."""
        if self.place is None:
            return {}
        radius = {"rayon": self.radius_km} if self.radius_km != DEFAULT_RADIUS_KM else {}
        return {"ou": self.place.label} | radius


@bp.get("/")
@public
def index() -> str:
    """List the professions that match the filters of the address."""
    chosen, ignored = _chosen(request.args)
    text = request.args.get("q", "").replace("\x00", "")[:MAX_LENGTH].strip()
    named = names.search_by_name(text) if text else list(queries.professions())
    found = [entry for entry in named if _matches(entry, chosen)]
    live = live_by_profession(clock.now())
    counts = {
        entry.slug: sum(one.listings for (slug, _kind), one in live.items() if slug == entry.slug)
        for entry in found
    }
    return render_template(
        "professions/index.html",
        text=text,
        chosen=chosen,
        ignored=ignored,
        professions=found,
        groups=[] if text else _by_sector(found),
        counts=counts,
        gist=details.gist,
        every_name=sorted({entry.label for entry in queries.professions()}),
        sectors=_choices(named, chosen, text, "domaine", _sector_labels()),
        levels=_choices(named, chosen, text, "diplome", {WITHOUT: _("Sans diplôme")})
        + _choices(named, chosen, text, "niveau", LEVEL_LABELS),
        publics=_choices(named, chosen, text, "public", _public_labels()),
        elsewhere=names.search_by_name(text) if text and not found else [],
    )


def _chosen(args: MultiDict[str, str]) -> tuple[dict[str, str], list[tuple[str, str]]]:
    """Return the filters in force, and (name, value) of those that mean nothing."""
    known: dict[str, Mapping[str, Any]] = {
        "domaine": _sector_labels(),
        "niveau": LEVELS,
        "diplome": {WITHOUT: WITHOUT},
        "public": _public_labels(),
    }
    given = {name: args.get(name, "") for name in known}
    chosen = {name: value for name, value in given.items() if value in known[name]}
    ignored = [
        (str(FILTER_NAMES[name]), value[:40])
        for name, value in given.items()
        if value and name not in chosen
    ]
    return chosen, ignored


def _sector_labels() -> dict[str, str]:
    return {term.slug: term.label for term in queries.terms(TermKind.SECTOR)}


def _public_labels() -> dict[str, str]:
    return {term.slug: term.label for term in queries.terms(TermKind.PUBLIC)}


def _matches(entry: ProfessionEntry, chosen: Mapping[str, str]) -> bool:
    if chosen.get("domaine", entry.sector) != entry.sector:
        return False
    if "diplome" in chosen and not entry.open_without_diploma:
        return False
    if "public" in chosen and chosen["public"] not in entry.data["publics"]:
        return False
    if "niveau" in chosen:
        low, high = LEVELS[chosen["niveau"]]
        return low <= (details.level_of(entry) or 0) <= high
    return True


def _choices(
    among: list[ProfessionEntry],
    chosen: dict[str, str],
    text: str,
    name: str,
    labels: Mapping[str, Any],
) -> list[Choice]:
    """Return the values of a filter that leave something, or that one may take off."""
    others = {key: value for key, value in chosen.items() if key != name}
    found = []
    for value, label in labels.items():
        on = chosen.get(name) == value
        count = sum(_matches(entry, others | {name: value}) for entry in among)
        if on or count:
            query = urlencode((others if on else others | {name: value}) | _typed(text))
            address = url_for("professions.index")
            found.append(Choice(str(label), f"{address}?{query}" if query else address, count, on))
    return found


def _typed(text: str) -> dict[str, str]:
    return {"q": text} if text else {}


def _by_sector(found: list[ProfessionEntry]) -> list[tuple[str, str, list[ProfessionEntry]]]:
    groups = [
        (slug, label, [entry for entry in found if entry.sector == slug])
        for slug, label in _sector_labels().items()
    ]
    return [group for group in groups if group[2]]


@bp.get("/<slug>")
@public
def show(slug: str) -> Any:
    """Show a profession; another of its names leads to its page."""
    entry = queries.profession_by_slug(slug)
    if entry is None:
        return _elsewhere(slug)
    now = clock.now()
    near = _near(request.args)
    minimum = legal_minimum()
    pay = details.pay_of(entry, minimum)
    ways = details.ways_to(entry)
    url = current_app.config["PUBLIC_BASE_URL"] + url_for("professions.show", slug=slug)
    opened = open_of_profession(entry.id, now, near.point, near.radius_km)
    return render_template(
        "professions/show.html",
        profession=entry,
        portrait=entry.data.get("portrait"),
        sector=queries.term_label(TermKind.SECTOR, entry.sector),
        pay=pay,
        ways=ways,
        live=live_by_diploma(now, near.point, near.radius_km),
        opened=opened,
        with_school=sum(opened.contracts[contract] for contract in SCHOOL_CONTRACTS),
        leads=details.moves_from(entry),
        comes=details.moves_to(entry),
        cards=newest_of_profession(entry.id, now, near.point, near.radius_km, CARDS),
        tries=nearest_tries(slug, now, near.point, TRIES),
        near=near,
        radii=RADII,
        proposed=suggest_places(near.text, limit=4) if near.text and not near.place else [],
        workplaces=[
            (slug, queries.term_label(TermKind.WORKPLACE, slug)) for slug in entry.workplaces
        ],
        publics=[
            (slug, queries.term_label(TermKind.PUBLIC, slug)) for slug in entry.data["publics"]
        ],
        schedules=_schedules(entry),
        sources=details.sources_of(entry, ways, pay.minimum if pay else None),
        reliability=details.RELIABILITY,
        url=url,
        data=structured_data(entry, pay, ways, url=url),
    )


def _elsewhere(slug: str) -> Any:
    """Lead from a former or everyday name to the page, else propose the closest names."""
    entry = names.named(slug)
    if entry is not None:
        query = request.query_string.decode("latin-1")
        address = url_for("professions.show", slug=entry.slug)
        return redirect(f"{address}?{query}" if query else address, 301)
    closest = names.closest(slug)
    return render_template("professions/unknown.html", closest=closest, gist=details.gist), 404


def _schedules(entry: ProfessionEntry) -> list[str]:
    portrait = entry.data.get("portrait") or {}
    return [queries.term_label(TermKind.SCHEDULE, slug) for slug in portrait.get("schedules") or ()]


def _near(args: MultiDict[str, str]) -> Near:
    """Read the place and the radius of the address; what means nothing is the usual radius."""
    text = " ".join(args.get("ou", "").replace("\x00", "").split())[:MAX_LENGTH]
    typed = args.get("rayon", "")
    radius = int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 4 else 0
    within = min(radius, MAX_RADIUS_KM) if radius else DEFAULT_RADIUS_KM
    return Near(text, find_place(text) if text else None, within)
