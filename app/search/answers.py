"""What is shown above the listings when a search asks for a way or a profession, in words."""

from __future__ import annotations

import datetime as dt
from typing import NamedTuple

from flask import url_for

from app.core.i18n import _
from app.listings.cards import months_text
from app.professions.queries import ProfessionEntry, mobility_edges
from app.search.criteria import SearchCriteria
from app.search.moves import Move, read_move
from app.search.suggestions import structure_named
from app.search.vocabulary import search_words


class Answer(NamedTuple):
    """A page of the site that answers a search. `unsure`: its facts wait to be checked.

    `profession`, `structure`: it tells of one of these, rather than of a way.
    """

    title: str
    text: str
    url: str
    label: str
    unsure: bool = False
    profession: bool = False
    structure: bool = False


def answer_to(criteria: SearchCriteria, now: dt.datetime) -> Answer | None:
    """Return what answers the words searched, on the first page; from memory."""
    if not criteria.q or criteria.page > 1:
        return None
    words = search_words()
    move = read_move(criteria.q, words.lexicon)
    if move is None:
        return _structure(criteria.q, now)
    named = words.by_slug
    if move.profession:
        return _profession(move, named[move.profession])
    start = named[move.start] if move.start else None
    target = named[move.target] if move.target else None
    if start and target:
        return _way(move, start, target)
    if target:
        return Answer(
            _("Devenir %(name)s", name=_small(target)),
            _("Sans diplôme, ou depuis votre métier\u00a0: les étapes, la durée, qui paie."),
            move.url,
            _("Voir les parcours"),
        )
    return _next(move, start) if start else None


def _structure(text: str, now: dt.datetime) -> Answer | None:
    found = structure_named(text, now)
    if found is None:
        return None
    slug, name = found
    url = url_for("organisations.show", slug=slug)
    summary = _("Ses annonces, ses lieux, et comment elle répond.")
    return Answer(name, summary, url, _("Voir la page de %(name)s", name=name), structure=True)


def _profession(move: Move, entry: ProfessionEntry) -> Answer:
    label = _("Découvrir ce métier")
    return Answer(entry.label, entry.summary, move.url, label, profession=True)


def _next(move: Move, start: ProfessionEntry) -> Answer:
    return Answer(
        _("Évoluer quand on est %(name)s", name=_small(start)),
        _("Les métiers possibles, avec les étapes, la durée et qui paie."),
        move.url,
        _("Voir les parcours"),
    )


def _way(move: Move, start: ProfessionEntry, target: ProfessionEntry) -> Answer:
    title = _("%(start)s à %(target)s", start=_from(_small(start)), target=_small(target))
    edges = mobility_edges(start.slug, target.slug)
    if not edges:
        return Answer(
            title,
            _("Pas de passage direct dans notre base. Voyez s’il existe un chemin par étapes."),
            move.url,
            _("Chercher un chemin"),
        )
    edge = next((one for one in edges if one.verified), edges[0])
    months = months_text(edge.duration_months)
    text = _("Environ %(time)s.", time=months) if months else _("Durée non connue.")
    return Answer(title, text, move.url, _("Voir le parcours"), unsure=not edge.verified)


def _from(name: str) -> str:
    """Write « D’aide-soignant·e », « De moniteur·rice »."""
    vowel = name[:1] in "aeiouyéèêâîôœæ"
    return f"D’{name}" if vowel else f"De {name}"


def _small(entry: ProfessionEntry) -> str:
    """Return the name of a profession inside a sentence."""
    return entry.label[:1].lower() + entry.label[1:]
