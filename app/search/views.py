"""The search page. Its address is the whole state of the search."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import NamedTuple

from flask import Blueprint, Response, jsonify, render_template, request, url_for

from app.core import clock
from app.core.filters import distance, number
from app.core.i18n import _, lazy, plural
from app.core.permissions import public
from app.geography.queries import suggest_places
from app.listings.cards import Card
from app.listings.enums import KIND_LABELS_PLURAL, DiplomaNeed, Kind
from app.listings.queries import listing_cards
from app.professions import queries as professions
from app.search import facets, query_log
from app.search.answers import answer_to
from app.search.cache import share
from app.search.criteria import DEFAULT_RADIUS_KM, MULTIPLE, PATH, SearchCriteria, parse
from app.search.highlights import from_title
from app.search.queries import rescue, search
from app.search.reasons import diploma_asked, explained, wants_no_diploma
from app.search.rescues import FEW
from app.search.results import Hit, Proposal, Rescue, SearchResults
from app.search.suggestions import Suggestion, suggest
from app.search.understanding import Chip, told, understood
from app.search.vocabulary import UNSAID, search_words

bp = Blueprint("search", __name__)

# What is suggested changes little in that time, and everybody types the same first letters.
SUGGESTIONS_SECONDS = 300

# Pages further than this are not linked: nobody reads them, and they cost as much as the first.
AROUND = 2
_FACET_KINDS = {
    "contracts": "contract",
    "schedules": "schedule",
    "workplaces": "workplace",
    "publics": "public",
}


_GROUPS = {
    "profession": lazy("Métiers"),
    "diploma": lazy("Diplômes"),
    "structure": lazy("Structures"),
    "place": lazy("Lieux"),
}
_FILTER_NAMES = {
    "kinds": lazy("Type d’annonce"),
    "professions": lazy("Métier"),
    "contracts": lazy("Contrat"),
    "workplaces": lazy("Lieu d’exercice"),
    "publics": lazy("Personnes accompagnées"),
    "schedules": lazy("Horaires"),
    "diploma_none": lazy("Sans diplôme"),
    "duration": lazy("Durée"),
    "since_days": lazy("Date"),
}


class Offer(NamedTuple):
    """Another search, which has `total` results."""

    label: str
    url: str
    icon: str
    total: int


@bp.get(PATH)
@public
def index() -> str:
    """Show the listings that answer the criteria of the address."""
    asked = parse(request.args)
    criteria = told(asked)
    now = clock.now()
    results = search(criteria, now)
    cards = listing_cards([hit.listing_id for hit in results.hits], now)
    found = [
        _present(cards[hit.listing_id], hit, results, criteria)
        for hit in results.hits
        if hit.listing_id in cards
    ]
    seen = partial(query_log.record, criteria, results, now)
    seen(request.user_agent.string)
    share(degraded=results.degraded, seen=seen)
    few = criteria.page == 1 and results.total < FEW
    degraded = results.degraded
    rescued = rescue(criteria, now, results.total, degraded=degraded) if few else Rescue()
    return render_template(
        "search/index.html",
        criteria=criteria,
        results=results,
        cards=found,
        groups=facets.groups(criteria, results),
        boxes=facets.boxes,
        chips=chips(criteria),
        reading=understood(asked),
        open_to_all=_open_to_all(criteria, results),
        heading=heading(criteria),
        title=page_title(criteria, results),
        canonical=canonical(criteria, results),
        sorts=_sorts(criteria),
        kept_by_place=_kept(criteria, "ou", "page"),
        # New words are read again.
        kept_by_search=_kept(criteria, "q", "ou", "mots", "page"),
        kept_by_filters=_kept(criteria, *MULTIPLE, "diplome", "rayon", "tri", "page"),
        sort_param=criteria.to_query().get("tri", "pertinence"),
        kept_by_sort=_kept(criteria, "tri", "rayon", "page"),
        clear_url=url_of(_without_filters(criteria)),
        pages=_pages(criteria, results),
        next_url=_next_url(criteria, results),
        proposals=[_offer(proposal) for proposal in rescued.proposals],
        absent=of(_profession_label(rescued.absent)) if rescued.absent else "",
        places=_places(criteria),
        answer=answer_to(criteria, now),
    )


def url_of(criteria: SearchCriteria) -> str:
    """Return the address of a search."""
    return criteria.url


def at(name: str) -> str:
    """Write « à Bron », « au Havre », « aux Abymes »: French contracts the article of a name."""
    for article, contracted in (("Les ", "aux "), ("Le ", "au ")):
        if name.startswith(article):
            return contracted + name.removeprefix(article)
    return f"à {name}"


@bp.get("/recherche/suggestions")
@public
def suggestions() -> Response:
    """Answer what the letters typed may become, grouped; [] when they are too few."""
    found = suggest(request.args.get("q", ""), clock.now())
    response = jsonify([_suggested(one) for one in found])
    response.cache_control.public = True
    response.cache_control.max_age = SUGGESTIONS_SECONDS
    return response


def _suggested(one: Suggestion) -> dict[str, str]:
    shown = {"kind": one.kind, "group": str(_GROUPS[one.kind]), "label": one.label}
    if one.kind == "structure":
        shown["url"] = url_for("organisations.show", slug=one.value)
    else:
        shown["value"] = one.value
    return shown | ({"hint": one.hint} if one.hint else {})


def heading(criteria: SearchCriteria) -> str:
    """Return the sentence that says what is searched."""
    subject = _subject(criteria)
    if criteria.place is None:
        return subject
    return _(
        "%(subject)s %(at_place)s et à %(km)s\u00a0km",
        subject=subject,
        at_place=at(criteria.place.name),
        km=criteria.radius_km,
    )


def page_title(criteria: SearchCriteria, results: SearchResults) -> str:
    """Return the title of the page: what, where, how many, which page."""
    count = (
        plural("%(n)s annonce", "%(n)s annonces", results.total, n=number(results.total))
        if results.total
        else _("aucune annonce")
    )
    where = f" {at(criteria.place.name)}" if criteria.place else ""
    page = _(", page %(page)s", page=results.page) if results.page > 1 else ""
    return f"{_subject(criteria)}{where}, {count}{page}"


def canonical(criteria: SearchCriteria, results: SearchResults) -> str:
    """Return the address under which search engines keep this page, or "" if they should not.

    One subject in one place is a page that people look for. A page without results, the next
    pages and combinations of filters are endless views of the same listings.
    """
    lost = criteria.ignored or (criteria.place_text and criteria.place is None)
    if lost or results.total == 0 or results.page > 1 or len(chips(criteria)) > 1:
        return ""
    return url_of(criteria.but(radius_km=DEFAULT_RADIUS_KM, sort="relevance"))


def chips(criteria: SearchCriteria) -> list[Chip]:
    """Return the filters in force, each with the address that removes it."""
    found = [
        Chip(value_label(field, value), url_of(criteria.without(field, value)))
        for field in MULTIPLE.values()
        for value in getattr(criteria, field)
    ]
    if criteria.diploma_none:
        found.append(Chip(_("Sans diplôme"), url_of(criteria.without("diploma_none"))))
    if criteria.since_days:
        label = plural(
            "Depuis %(n)s jour", "Depuis %(n)s jours", criteria.since_days, n=criteria.since_days
        )
        found.append(Chip(label, url_of(criteria.without("since_days"))))
    return found


def value_label(field: str, value: str) -> str:
    """Return the words shown for a value of a field of the criteria."""
    if field == "kinds":
        return str(KIND_LABELS_PLURAL[Kind(value)])
    if field == "professions":
        return _profession_label(value)
    if value == UNSAID:
        return _("%(filter)s\u00a0: non renseigné", filter=_FILTER_NAMES[field])
    return professions.term_label(_FACET_KINDS[field], value)


def _without_filters(criteria: SearchCriteria) -> SearchCriteria:
    return SearchCriteria(
        q=criteria.q,
        place=criteria.place,
        place_text=criteria.place_text,
        radius_km=criteria.radius_km,
    )


def _offer(proposal: Proposal) -> Offer:
    """Say in words what another search changes."""
    label, icon = {
        "radius": (_("Chercher à %(km)s\u00a0km", km=proposal.value), "lieu"),
        "place": (_("Chercher partout"), "lieu"),
        "filters": (_("Sans aucun filtre"), "filtres"),
        "words": (proposal.value or _("Sans les mots tapés"), "search"),
        "profession": (_profession_label(proposal.value), "coeur"),
        "training": (_training_label(proposal), "formation"),
    }.get(proposal.reason) or (
        _("Sans «\u00a0%(filter)s\u00a0»", filter=_dropped(proposal)),
        "filtres",
    )
    return Offer(label, url_of(proposal.criteria), icon, proposal.total)


def _training_label(proposal: Proposal) -> str:
    name = of(_profession_label(proposal.value))
    if proposal.criteria.place is None:
        return _("Se former au métier %(of_name)s", of_name=name)
    return _(
        "Se former au métier %(of_name)s, à %(km)s\u00a0km",
        of_name=name,
        km=proposal.criteria.radius_km,
    )


def of(label: str) -> str:
    """Write « d’aide-soignant·e », « de sage-femme »."""
    name = label[:1].lower() + label[1:]
    return f"d’{name}" if name[:1] in "aeiouyéèêâîôœæ" else f"de {name}"


def _dropped(proposal: Proposal) -> str:
    """Return the words of the filter left out: its value, or its name when it had several."""
    if proposal.value and proposal.field in MULTIPLE.values():
        return value_label(proposal.field, proposal.value)
    return str(_FILTER_NAMES[proposal.field])


def _subject(criteria: SearchCriteria) -> str:
    if criteria.q:
        return criteria.q[:1].upper() + criteria.q[1:]
    if len(criteria.professions) == 1:
        return _profession_label(criteria.professions[0])
    if len(criteria.kinds) == 1:
        return str(KIND_LABELS_PLURAL[Kind(criteria.kinds[0])])
    return _("Toutes les annonces")


def _open_to_all(criteria: SearchCriteria, results: SearchResults) -> Chip | None:
    """Return, when others come too, the search of what is open without the diploma she lacks."""
    count = results.facets.get("diploma", {}).get(DiplomaNeed.NONE, 0)
    if count >= results.total or not wants_no_diploma(results.reading):
        return None
    label = plural(
        "Ne garder que l’annonce ouverte sans diplôme",
        "Ne garder que les %(n)s annonces ouvertes sans diplôme",
        count,
        n=number(count),
    )
    return Chip(label if count else "", url_of(criteria.but(diploma_none=True)))


def _profession_label(slug: str) -> str:
    profession = professions.profession_by_slug(slug)
    return profession.label if profession else search_words().outside_labels.get(slug, slug)


def _present(card: Card, hit: Hit, results: SearchResults, criteria: SearchCriteria) -> Card:
    """Add to a card what only this search knows: the words found, the distance, why it is there."""
    if hit.distance_km is not None:
        card.distance = distance(hit.distance_km)
    if asked := diploma_asked(card, results.reading):
        card.facts += (asked,)
    card.why = explained(card, hit, results.reading, criteria)
    if (marked := from_title(card.title, results.reading)) is not None:
        card.title = marked
    return card


def _kept(criteria: SearchCriteria, *changed: str) -> list[tuple[str, str]]:
    """Return what a form that changes some parameters sends along."""
    return [
        (name, str(value))
        for name, values in criteria.to_query().items()
        if name not in changed
        for value in (values if isinstance(values, list) else [values])
    ]


def _sorts(criteria: SearchCriteria) -> tuple[tuple[str, str], ...]:
    near = (("distance", _("Les plus proches")),) if criteria.place else ()
    return (
        ("pertinence", _("Les plus adaptées")),
        ("date", _("Les plus récentes")),
        *near,
        ("reponse", _("Celles qui répondent le mieux")),
    )


def _pages(criteria: SearchCriteria, results: SearchResults) -> list[tuple[int | None, str, bool]]:
    """Return the linked pages around the current one; None stands for a gap."""
    last = results.pages
    if last <= 1:
        return []
    around = range(max(1, results.page - AROUND), min(last, results.page + AROUND) + 1)
    numbers = sorted({1, *around})
    links: list[tuple[int | None, str, bool]] = []
    for previous, page in zip([0, *numbers], numbers, strict=False):
        if page - previous > 1:
            links.append((None, "", False))
        links.append((page, url_of(replace(criteria, page=page)), page == results.page))
    return links


def _next_url(criteria: SearchCriteria, results: SearchResults) -> str:
    if results.page >= results.pages:
        return ""
    return url_of(replace(criteria, page=results.page + 1))


def _places(criteria: SearchCriteria) -> list[Chip]:
    """Propose communes when the place that was typed is not one."""
    if criteria.place is not None or not criteria.place_text:
        return []
    return [
        Chip(place.label, url_of(criteria.but(place=place, place_text=place.label)))
        for place in suggest_places(criteria.place_text, limit=5)
    ]
