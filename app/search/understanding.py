"""The one door to the reading of a search, and what the page says of it.

What was understood is shown in pieces that can be taken out, with a way back to the plain words: a
machine that reads wrong must be corrected in one gesture.
"""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from typing import NamedTuple

from app.core.i18n import _
from app.geography.queries import PLACES
from app.geography.queries.index import PlaceIndex
from app.search.criteria import SearchCriteria
from app.search.reading import MAX_WORDS, Lexicon, Part, Reading, normalise, read
from app.search.vocabulary import search_words

# Searches are repeated: pages, filters, rescues of the same words.
_KEPT = 4096


class Chip(NamedTuple):
    """A piece of a search, and the address of the search without it."""

    label: str
    url: str


def understand(criteria: SearchCriteria) -> Reading:
    """Return what the words of a search name. A place is read when the address gives none."""
    if criteria.plain:
        return Reading(words=tuple(dict.fromkeys(normalise(criteria.q).split()))[:MAX_WORDS])
    places = None if criteria.place_text else PLACES.get()
    return _read(criteria.q, search_words().lexicon, places)


@lru_cache(maxsize=_KEPT)
def _read(text: str, lexicon: Lexicon, places: PlaceIndex | None) -> Reading:
    return read(text, lexicon, places)


def told(criteria: SearchCriteria) -> SearchCriteria:
    """Return the same search with the place read in its words said in its own field."""
    if not criteria.q or criteria.place_text or criteria.plain:
        return criteria
    understood = understand(criteria)
    if understood.place is None:
        return criteria
    where = [part for part in understood.parts if part.kind == "place"]
    return replace(
        criteria,
        q=_without(criteria.q, where),
        place=understood.place,
        place_text=understood.place.label,
    )


def understood_chips(criteria: SearchCriteria, understood: Reading) -> list[Chip]:
    """Return what was understood, in the order of the words, each with the search without it."""
    return [
        Chip(_label(part), criteria.but(q=_without(criteria.q, [part])).url)
        for part in understood.parts
    ]


def _label(part: Part) -> str:
    words = search_words()
    if part.kind == "profession":
        entry = words.by_slug.get(part.value)
        return entry.label if entry else words.outside_labels[part.value]
    if part.kind == "near":
        return _("près de chez vous")
    return part.value


def _without(text: str, parts: list[Part]) -> str:
    """Return the text without pieces of it, nor the signs that they leave behind."""
    for part in sorted(parts, key=lambda part: -part.start):
        text = f"{text[: part.start]} {text[part.end :]}"
    return " ".join(text.split()).strip(" ,;:/-–’'·.!?()")
