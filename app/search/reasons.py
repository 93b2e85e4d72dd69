"""Why a listing is among the results: codes given by the search, said in words by its card.

Codes: profession (the one searched), words, near, recent:DAYS, answers:TENTHS, few (applications),
unsaid:FACET. Each is a fact of the listing, as the index or its title tells it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from functools import lru_cache

from flask import get_template_attribute
from markupsafe import Markup, escape

from app.core.filters import NBSP
from app.core.i18n import _, lazy, plural, remembered
from app.listings.cards import Card
from app.listings.enums import DiplomaNeed, Kind
from app.organisations.models import WELL
from app.search import highlights, ranking
from app.search.criteria import SearchCriteria
from app.search.ranking import Found
from app.search.reading import Reading, normalise
from app.search.results import Hit
from app.search.titles import wishes_in
from app.search.vocabulary import search_words

RECENT_DAYS = 7
# Up to so many applications a post in thirty days, there are few.
FEW = 2
_DAY = 86_400
# Written by nobody: see cards.py.
_HOLE = "\ufffc"
_UNSAID = {
    "contract": lazy("Contrat\u00a0: non précisé dans l’annonce"),
    "workplace": lazy("Lieu d’exercice\u00a0: non précisé dans l’annonce"),
    "public": lazy("Personnes accompagnées\u00a0: non précisé dans l’annonce"),
    "schedule": lazy("Horaires\u00a0: non précisés dans l’annonce"),
}
# A wish to start without a diploma is read in words: it puts in order and leaves nothing out.
_NO_DIPLOMA = (("diploma", "none"),)
_ASKED_TO_ENTER = frozenset({Kind.JOB, Kind.TRAINING, Kind.PATH})


def shown(
    found: Sequence[Found], criteria: SearchCriteria, understood: Reading, now: dt.datetime
) -> list[Hit]:
    """Return the hits of the page, out of the window put in order or as the engine gives them."""
    at = now.timestamp()
    if ranking.window_of(criteria):
        start = (criteria.page - 1) * criteria.per_page
        found = ranking.in_order(found, at)[start : start + criteria.per_page]
    return [
        Hit(one.listing_id, one.version, one.distance_km, codes(one, understood, at))
        for one in found
    ]


def codes(found: Found, reading: Reading, now: float) -> tuple[str, ...]:
    """Return why a listing is there."""
    why = []
    if not set(reading.named).isdisjoint(found.reads):
        why.append("profession")
    if reading.words:
        why.append("words")
    if found.distance_km is not None:
        why.append("near")
    days = int((now - found.published_at) // _DAY)
    if 0 <= days <= RECENT_DAYS:
        why.append(f"recent:{days}")
    if found.answer_rank is not None and (tenths := 10 - found.answer_rank // 100) >= WELL:
        why.append(f"answers:{tenths}")
    if found.demand is not None and found.demand <= FEW:
        why.append("few")
    return (*why, *(f"unsaid:{name}" for name in found.unsaid))


def wants_no_diploma(reading: Reading) -> bool:
    """Return whether the words say that the person has no diploma."""
    return any(meaning.facets == _NO_DIPLOMA for meaning in reading.meanings)


def diploma_asked(card: Card, reading: Reading) -> str:
    """Return what a card says to who has no diploma, when it is not open without one."""
    told = card.diploma_need == DiplomaNeed.NONE or card.kind not in _ASKED_TO_ENTER
    if told or not wants_no_diploma(reading):
        return ""
    if card.diploma_need == DiplomaNeed.REQUIRED:
        return _("Diplôme demandé")
    titled = wishes_in(card.title, search_words().lexicon)
    if any(meaning.facets == _NO_DIPLOMA for meaning in titled):
        return ""
    return _("Diplôme\u00a0: à vérifier dans l’annonce")


def explained(card: Card, hit: Hit, reading: Reading, criteria: SearchCriteria) -> Markup:
    """Return the folded reasons of a card, or nothing when there is none to give."""
    said = list(_said(card, hit, reading, criteria))
    if not said:
        return Markup("")
    before, middle, end = _written()
    items = "".join(f"<li>{escape(one)}</li>" for one in said)
    return Markup(f"{before}{escape(card.title)}{middle}{items}{end}")  # noqa: S704 -- escaped


@remembered
def _written() -> tuple[str, str, str]:
    why = get_template_attribute("search/why.html", "why")
    before, middle, end = str(why(_HOLE)).split(_HOLE)
    return before, middle, end


def _said(card: Card, hit: Hit, reading: Reading, criteria: SearchCriteria) -> Iterator[str]:
    for code in hit.why:
        name, _colon, value = code.partition(":")
        if name == "profession":
            yield _profession_said(card.title, reading)
        elif name == "words":
            told = _words_said(card.title, card.employer, card.place, reading.words)
            if told or "profession" not in hit.why:
                yield from told or (
                    _("Au moins un de vos mots, ou un mot proche, est dans l’annonce"),
                )
        elif name == "near" and criteria.place and card.distance:
            yield _near_said(card.distance, criteria.place.name)
        else:
            yield from _fact_said(name, value)


@lru_cache(maxsize=4096)
def _profession_said(title: str, reading: Reading) -> str:
    if highlights.names_profession(title, reading):
        return _("Le métier que vous cherchez est dans le titre")
    return _("Elle concerne le métier que vous cherchez")


@lru_cache(maxsize=4096)
def _words_said(title: str, employer: str, place: str, words: tuple[str, ...]) -> tuple[str, ...]:
    """Return where the words are, each told once, where it is most telling."""
    found = []
    left = list(words)
    for sentence, text in (
        (_("Dans le titre\u00a0: %(words)s"), title),
        (_("Dans le nom de la structure\u00a0: %(words)s"), employer),
        (_("Dans le lieu\u00a0: %(words)s"), place),
    ):
        written = normalise(text).split()
        here = [word for word in left if any(one.startswith(word) for one in written)]
        left = [word for word in left if word not in here]
        if here:
            found.append(sentence % {"words": ", ".join(here)})
    return tuple(found)


@remembered
def _near_said(distance: str, place: str) -> str:
    return _("%(distance)s du centre de %(place)s", distance=distance.capitalize(), place=place)


@remembered
def _fact_said(name: str, value: str) -> tuple[str, ...]:
    if name == "recent":
        days = int(value)
        if not days:
            return (_("Publiée depuis moins d’un jour"),)
        return (
            plural("Publiée il y a %(num)d\u00a0jour", "Publiée il y a %(num)d\u00a0jours", days),
        )
    if name == "answers":
        if value == "10":
            return (_("La structure répond à toutes les personnes"),)
        return (
            _(
                "La structure répond à %(tenths)s personnes sur\u00a010",
                tenths=f"{value}{NBSP}".strip(),
            ),
        )
    if name == "few":
        return (_("Peu de candidatures pour l’instant"),)
    return (str(_UNSAID[value]),) if name == "unsaid" else ()
