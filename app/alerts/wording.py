"""A search in few words, and the form under which it is kept."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import parse_qs, urlencode

from app.core.i18n import _
from app.listings.enums import KIND_LABELS_PLURAL, Kind
from app.professions.queries import profession_by_slug, term_label
from app.search.criteria import SearchCriteria, parse
from app.search.understanding import understand, understood_chips

MAX_LABEL = 300
_TERMS = {
    "contracts": "contract",
    "schedules": "schedule",
    "workplaces": "workplace",
    "publics": "public",
}


def kept(criteria: SearchCriteria) -> SearchCriteria:
    """Return the search without what has no meaning for what is new: order, page, age."""
    return criteria.but(sort="relevance", since_days=None)


def query_of(criteria: SearchCriteria) -> str:
    """Return the canonical parameters of a search: two equal searches have the same."""
    return urlencode(sorted(criteria.to_query().items()), doseq=True)


def criteria_of(query: str) -> SearchCriteria:
    """Return the search kept under these parameters."""
    return parse(parse_qs(query))


def label_of(criteria: SearchCriteria) -> str:
    """Write « infirmier·ère, nuit, à 20 km de Bron »."""
    parts = list(dict.fromkeys(part for part in _parts(criteria) if part))
    text = ", ".join(parts) or _("toutes les annonces")
    return text if len(text) <= MAX_LABEL else text[: MAX_LABEL - 1] + "…"


def understood_label(criteria: SearchCriteria) -> str:
    """Write a search in our words alone: anyone may type any sentence for any address."""
    reading = understand(criteria)
    chips = [_lower(chip.label) for chip in understood_chips(criteria, reading)]
    parts = [*chips, *(part for part in _parts(criteria.but(q="")) if part)]
    if reading.words:
        parts.append(_("et d’autres mots de la recherche") if parts else _("une recherche libre"))
    return ", ".join(dict.fromkeys(parts)) or _("toutes les annonces")


def _parts(criteria: SearchCriteria) -> Iterator[str]:
    yield criteria.q
    for slug in criteria.professions:
        profession = profession_by_slug(slug)
        yield _lower(profession.label if profession else slug)
    for kind in criteria.kinds:
        yield _lower(str(KIND_LABELS_PLURAL[Kind(kind)]))
    for field, term in _TERMS.items():
        for slug in getattr(criteria, field):
            label = term_label(term, slug)
            yield label if label.isupper() else _lower(label)
    if criteria.diploma_none:
        yield _("sans diplôme")
    if criteria.duration:
        yield criteria.duration.replace("-", " ")
    if criteria.place:
        yield _("à %(km)s\u00a0km de %(place)s", km=criteria.radius_km, place=criteria.place.name)


def _lower(text: str) -> str:
    # An acronym keeps its letters: « EHPAD », « CDD de remplacement ».
    return text if text[:2].isupper() else text[:1].lower() + text[1:]
