"""Filters of the search page: what can be ticked, with how many listings, in a logical order."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from flask import get_template_attribute
from markupsafe import Markup

from app.core.filters import number
from app.core.i18n import _, plural, remembered
from app.listings.enums import KIND_LABELS_PLURAL, KIND_PARAMS, Kind
from app.professions import queries as professions
from app.search.criteria import SearchCriteria
from app.search.results import SearchResults
from app.search.vocabulary import UNSAID

# More choices than this are folded: a list that long is not read on a phone.
SHOWN = 8
# Where the number of listings goes in a box.
_COUNT = "\ufffc"


class Option(NamedTuple):
    """A box to tick: a value, what it is called, and how many listings it would leave."""

    value: str
    label: str
    total: int
    checked: bool
    kind: str = ""


class Group(NamedTuple):
    """Boxes of one filter; `more` holds the less frequent ones, folded.

    `idle`: numbers of listings that leave nothing or change nothing; such a box cannot be ticked.
    """

    param: str
    legend: str
    options: list[Option]
    more: list[Option]
    idle: tuple[int, ...] = (0,)


def groups(criteria: SearchCriteria, results: SearchResults) -> list[Group]:
    """Return the filters that can change something, in the order in which people decide."""
    counts = results.facets
    found = [
        Group("type", _("Type d’annonce"), _kinds(criteria, counts.get("kind", {})), []),
        _terms(
            "horaires", _("Horaires"), "schedule", criteria.schedules, counts.get("schedule", {})
        ),
        _terms("contrat", _("Contrat"), "contract", criteria.contracts, counts.get("contract", {})),
        Group("diplome", _("Diplôme"), _diploma(criteria, counts.get("diploma", {})), []),
        _professions(criteria, counts.get("profession", {})),
        _terms(
            "etablissement",
            _("Lieu d’exercice"),
            "workplace",
            criteria.workplaces,
            counts.get("workplace", {}),
        ),
        _terms(
            "public",
            _("Personnes accompagnées"),
            "public",
            criteria.publics,
            counts.get("public", {}),
        ),
    ]
    return [
        shown
        for (name, chosen), group in zip(_facets(criteria), found, strict=True)
        if (shown := _useful(group, chosen, results.without.get(name, results.total)))
    ]


def _facets(criteria: SearchCriteria) -> tuple[tuple[str, bool], ...]:
    """Return the facet of each group, and whether something is chosen in it."""
    return (
        ("kind", bool(criteria.kinds)),
        ("schedule", bool(criteria.schedules)),
        ("contract", bool(criteria.contracts)),
        ("diploma", criteria.diploma_none),
        ("profession", bool(criteria.professions)),
        ("workplace", bool(criteria.workplaces)),
        ("public", bool(criteria.publics)),
    )


def _useful(group: Group, chosen: bool, everything: int) -> Group | None:
    """Return the group with what makes a box idle; None when no box of it can change anything.

    What is ticked always stays within reach.
    """
    if chosen:
        # Any other box may be ticked in the place of what is chosen.
        return group
    idle = (0, everything)
    if all(option.total in idle for option in (*group.options, *group.more)):
        return None
    return group._replace(idle=idle)


def boxes(param: str, options: Iterable[Option], idle: tuple[int, ...]) -> Markup:
    """Return the boxes of a filter, one after the other."""
    written: list[str] = []
    for value, label, total, checked, kind in options:
        before, after = _box(param, value, label, checked, kind, not checked and total in idle)
        written += (before, _count(total), after)
    return Markup("".join(written))  # noqa: S704 -- templates wrote all of it


# A page holds a hundred boxes, which are always the same but for their number.
@remembered
def _box(
    param: str, value: str, label: str, checked: bool, kind: str, idle: bool
) -> tuple[str, str]:
    """Return what comes before and after the number of a box."""
    box = get_template_attribute("search/facet_box.html", "box")
    before, _sign, after = str(box(param, value, label, checked, kind, idle, _COUNT)).partition(
        _COUNT
    )
    return before, after


@remembered
def _count(total: int) -> str:
    count = get_template_attribute("search/facet_box.html", "count")
    return str(count(number(total), plural("annonce", "annonces", total)))


def _kinds(criteria: SearchCriteria, counts: dict[str, int]) -> list[Option]:
    return [
        Option(KIND_PARAMS[kind], str(KIND_LABELS_PLURAL[kind]), counts.get(kind, 0), checked, kind)
        for kind in Kind
        for checked in (kind in criteria.kinds,)
    ]


def _diploma(criteria: SearchCriteria, counts: dict[str, int]) -> list[Option]:
    count = counts.get("none", 0)
    if not count and not criteria.diploma_none:
        return []
    return [Option("sans", _("Sans diplôme"), count, criteria.diploma_none)]


def _terms(
    param: str, legend: str, kind: str, chosen: tuple[str, ...], counts: dict[str, int]
) -> Group:
    options = [
        Option(term.slug, term.label, counts.get(term.slug, 0), term.slug in chosen)
        for term in professions.terms(kind)
        if counts.get(term.slug) or term.slug in chosen
    ]
    if counts.get(UNSAID) or UNSAID in chosen:
        label = _("Non renseigné")
        options.append(Option(UNSAID, label, counts.get(UNSAID, 0), UNSAID in chosen))
    return _folded(param, legend, options)


def _professions(criteria: SearchCriteria, counts: dict[str, int]) -> Group:
    options = [
        Option(
            profession.slug,
            profession.label,
            counts.get(profession.slug, 0),
            profession.slug in criteria.professions,
        )
        for profession in professions.professions()
        if counts.get(profession.slug) or profession.slug in criteria.professions
    ]
    return _folded("metier", _("Métier"), options)


def _folded(param: str, legend: str, options: list[Option]) -> Group:
    """Keep in sight what is ticked and what is most frequent, both in their own order."""
    if len(options) <= SHOWN:
        return Group(param, legend, options, [])
    ranked = sorted(options, key=lambda option: (not option.checked, -option.total))
    # What is not told comes last, in sight: it is not one more choice.
    kept = {option.value for option in ranked[:SHOWN]} | {UNSAID}
    return Group(
        param,
        legend,
        [option for option in options if option.value in kept],
        [option for option in options if option.value not in kept],
    )
