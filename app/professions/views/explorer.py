"""The explorer: from where I am, where can I go, how long, who pays, what will I earn."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, current_app, render_template, request, url_for

from app.core import clock
from app.core.i18n import _, lazy, plural
from app.core.permissions import public
from app.geography.queries import suggest_places
from app.listings.queries import TRIES, live_by_diploma, live_by_profession, nearest_tries
from app.professions import map as maps
from app.professions import queries
from app.professions.enums import TermKind
from app.professions.forms import BEGINNER, MONTHS, ORDER_LABELS, RADII_KM, Asked, parse
from app.professions.pathways import Answer, Base, Pathway, base_of_reference, find
from app.professions.queries import DiplomaEntry, ProfessionEntry
from app.professions.views import ways
from app.professions.views.ways import Opened, Way

bp = Blueprint("explorer", __name__)

PATH = "/evoluer"
# Beyond these, the best ways are buried.
MAX_CARDS = 12
LEVEL_NAMES = {
    0: (lazy("Sans diplôme"), lazy("Pour commencer")),
    3: (lazy("CAP"), lazy("Niveau 3")),
    4: (lazy("Bac"), lazy("Niveau 4")),
    5: (lazy("Bac + 2"), lazy("Niveau 5")),
    6: (lazy("Bac + 3"), lazy("Niveau 6")),
    7: (lazy("Bac + 5"), lazy("Niveau 7")),
}
_STATES = {
    "acquired": ("tag--ok", "ok"),
    "shortened": ("tag--warn", "info"),
    "to-follow": ("", "formation"),
    "unknown": ("tag--line", "info"),
}


@bp.get(PATH)
@public
def index() -> str:
    """Show the form and the map; then the professions one may reach; then one way in detail."""
    asked = parse(request.args)
    base = base_of_reference()
    now = clock.now()
    around = (now, asked.point, asked.radius_km)
    if asked.is_empty:
        return _page("professions/explorer.html", asked, base)
    opened = Opened(live_by_profession(*around), live_by_diploma(*around))
    answer = find(base, asked.situation(), asked.wishes(opened.by_diploma))
    if _aims(base, asked) and answer.pathways:
        named = ways.chosen((*answer.pathways, *_from_cards(base, asked, opened)), asked.by)
        path = named or answer.pathways[0]
        way = ways.explain(base, asked, path, opened)
        return _page(
            "professions/explorer_way.html",
            asked,
            base,
            answer=answer,
            along=path.slugs,
            way=way,
            others=[
                ways.explain(base, asked, other, opened)
                for other in answer.pathways
                if other is not path
            ],
            lost=bool(asked.by) and named is None,
            tries=nearest_tries(way.target.slug, now, asked.point),
            try_search=ways.search_of(asked, way.target.slug, *TRIES),
            heading=heading(way),
            now=now,
            address=current_app.config["PUBLIC_BASE_URL"] + url_of(asked),
            states=_STATES,
            data=_program(way),
        )
    return _page(
        "professions/explorer_results.html",
        asked,
        base,
        answer=answer,
        along=(asked.start,) if asked.start in base.professions else (),
        cards=[ways.explain(base, asked, path, opened) for path in answer.pathways],
        shown=MAX_CARDS,
        title=_title(base, asked, answer),
    )


def url_of(asked: Asked) -> str:
    """Return the address of a question."""
    query = urlencode(asked.to_query(), doseq=True)
    return f"{PATH}?{query}" if query else PATH


def heading(way: Way) -> str:
    """Write « D’aide à domicile à aide-soignant·e », « Devenir aide-soignant·e »."""
    target = ways.arrival(way.target.label)
    if way.origin is None:
        return _("Devenir %(target)s", target=target)
    return _("%(origin)s à %(target)s", origin=ways.departure(way.origin), target=target)


def _page(template: str, asked: Asked, base: Base, **values: Any) -> str:
    slug = asked.start if asked.start in base.professions else ""
    values.setdefault("along", ())
    return render_template(
        template,
        asked=asked,
        beginner=BEGINNER,
        fields=_fields(base),
        diplomas=_useful_diplomas(base),
        levels=[(level, names[0]) for level, names in LEVEL_NAMES.items() if level],
        level_names=LEVEL_NAMES,
        months=MONTHS,
        radii=RADII_KM,
        orders=ORDER_LABELS.items(),
        places=_places(asked),
        minimum=ways.minimum_said(),
        without_limits=url_of(asked.without_limits()),
        selected=slug,
        layouts=(maps.wide(base), maps.tall(base)),
        columns=maps.grid(base),
        labels={entry.slug: entry.label for entry in base.professions.values()},
        leads=_leads(base),
        name_move=ways.from_to,
        to=lambda origin, target="": url_of(_moved(asked, origin, target)),
        way_url=lambda way: url_of(asked.but(target=way.target.slug, by=way.by)),
        search_url=lambda query: url_for("search.index", **query),
        **values,
    )


def _moved(asked: Asked, origin: str, target: str) -> Asked:
    """Keep what the person said of herself when she looks at another way from the map."""
    if origin == asked.start:
        return asked.but(target=target)
    return Asked(start=origin, target=target, place=asked.place, place_text=asked.place_text)


def _from_cards(base: Base, asked: Asked, opened: Opened) -> tuple[Pathway, ...]:
    """Return the way that the card of the target shows, when an address names a way.

    It may not be among the best ways to the target: those leave detours out.
    """
    if not asked.by:
        return ()
    wishes = asked.but(target="").wishes(opened.by_diploma)
    reached = find(base, asked.situation(), wishes).pathways
    return tuple(path for path in reached if path.slugs[-1] == asked.target)


def _aims(base: Base, asked: Asked) -> bool:
    return asked.target in base.professions and asked.target != asked.start


def _fields(base: Base) -> list[tuple[str, list[ProfessionEntry]]]:
    by_field: dict[str, list[ProfessionEntry]] = defaultdict(list)
    for entry in base.professions.values():
        by_field[entry.sector].append(entry)
    return [
        (term.label, sorted(by_field[term.slug], key=lambda entry: entry.label))
        for term in queries.terms(TermKind.SECTOR)
        if by_field[term.slug]
    ]


def _useful_diplomas(base: Base) -> list[tuple[str, list[DiplomaEntry]]]:
    """Return by level the diplomas that open a profession, or spare a part of another one."""
    sparing = {
        row["from_diploma"]
        for entry in base.diplomas.values()
        for row in entry.data.get("equivalences") or ()
    }
    by_level: dict[int, list[DiplomaEntry]] = defaultdict(list)
    for entry in base.diplomas.values():
        if base.opened[entry.slug] or entry.slug in sparing:
            by_level[entry.level or 0].append(entry)
    return [
        (
            _("Niveau %(level)s", level=level) if level else _("Autres titres et formations"),
            by_level[level],
        )
        for level in sorted(by_level, key=lambda level: level or 99)
    ]


def _places(asked: Asked) -> list[tuple[str, str]]:
    """Propose communes when the place that was typed is not one."""
    if asked.place is not None or not asked.place_text:
        return []
    return [
        (place.label, url_of(asked.but(place=place, place_text=place.label)))
        for place in suggest_places(asked.place_text, limit=5)
    ]


def _leads(base: Base) -> dict[str, Sequence[str]]:
    return {
        slug: tuple(dict.fromkeys(link.to_slug for link in links))
        for slug, links in base.links.items()
    }


def _title(base: Base, asked: Asked, answer: Answer) -> str:
    origin = base.professions.get(asked.start)
    count = plural(
        "%(num)d métier à votre portée", "%(num)d métiers à votre portée", len(answer.pathways)
    )
    if not answer.pathways:
        count = _("Aucun chemin trouvé")
    return f"{ways.departure(origin)}, {count[:1].lower()}{count[1:]}" if origin else count


def _program(way: Way) -> dict[str, Any] | None:
    """Describe the way to search engines: only one training of a known length, read in sources."""
    trained = [stage for stage in way.stages if stage.step.diploma and stage.step.months]
    if len(way.stages) != 1 or len(trained) != 1:
        return None
    stage = trained[0]
    if not (stage.step.verified and stage.step.route_verified):
        return None
    months = stage.step.months or 0
    if months % 1:
        return None
    return {
        "@context": "https://schema.org",
        "@type": "EducationalOccupationalProgram",
        "name": stage.diploma,
        "educationalCredentialAwarded": stage.diploma,
        "timeToComplete": f"P{int(months)}M",
        "occupationalCategory": [
            {
                "@type": "CategoryCode",
                "inCodeSet": "ROME 4.0",
                "codeValue": code.code,
                "name": code.label,
            }
            for code in stage.target.rome
            if code.current
        ],
        "programPrerequisites": stage.step.entry,
        "url": current_app.config["PUBLIC_BASE_URL"]
        + url_of(Asked(start=stage.step.from_slug or BEGINNER, target=stage.target.slug)),
    }
