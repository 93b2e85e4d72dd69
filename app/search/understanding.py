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
from app.search.moves import read_move
from app.search.reading import MAX_WORDS, Lexicon, Part, Reading, normalise, read
from app.search.vocabulary import search_words

# Searches are repeated: pages, filters, rescues of the same words.
_KEPT = 4096


class Chip(NamedTuple):
    """A piece of a search, and the address of the search without it."""

    label: str
    url: str


class Question(NamedTuple):
    """A name that means several things: what was typed, and the search of each of them."""

    typed: str
    answers: list[Chip]


class Understood(NamedTuple):
    """What the page says of the reading of a search."""

    chips: list[Chip]
    # The same search of the plain words, or the way back from it.
    other_url: str
    plain: bool
    professions: Question | None
    places: Question | None
    # « près de chez moi », and no place is known.
    where: bool
    # Something was typed, and nothing of it can be searched.
    nothing: bool


def understood(criteria: SearchCriteria) -> Understood:
    """Return what the page says of what was read in the words of a search."""
    reading = understand(criteria)
    found = not criteria.plain and bool(reading.parts)
    searched = reading.parts or reading.words or criteria.plain
    return Understood(
        chips=understood_chips(criteria, reading),
        other_url=criteria.but(plain=not criteria.plain).url if found or criteria.plain else "",
        plain=criteria.plain,
        professions=_which_profession(criteria, reading),
        places=_which_place(criteria, reading),
        where=reading.near_me and not reading.place and not criteria.place,
        nothing=bool(criteria.q) and not searched,
    )


def _which_profession(criteria: SearchCriteria, reading: Reading) -> Question | None:
    named = [part for part in reading.parts if part.kind in {"profession", "choice"}]
    if not reading.choices or not named:
        return None
    part = named[0]
    words = search_words()
    return Question(
        criteria.q[part.start : part.end],
        [
            Chip(label, criteria.but(q=_with(criteria.q, part, label)).url)
            for label in (words.by_slug[slug].label_feminine for slug in reading.choices)
        ],
    )


def _which_place(criteria: SearchCriteria, reading: Reading) -> Question | None:
    if not reading.namesakes:
        return None
    part = next(part for part in reading.parts if part.kind == "place")
    rest = criteria.but(q=_without(criteria.q, [part]))
    return Question(
        criteria.q[part.start : part.end],
        [
            Chip(place.label, rest.but(place=place, place_text=place.label).url)
            for place in reading.namesakes
        ],
    )


def understand(criteria: SearchCriteria) -> Reading:
    """Return what the words of a search name. A place is read when the address gives none."""
    if criteria.plain:
        return Reading(words=tuple(dict.fromkeys(normalise(criteria.q).split()))[:MAX_WORDS])
    places = None if criteria.place_text else PLACES.get()
    return _read(criteria.q, search_words().lexicon, places)


@lru_cache(maxsize=_KEPT)
def _read(text: str, lexicon: Lexicon, places: PlaceIndex | None) -> Reading:
    reading = read(text, lexicon, places)
    if len(reading.professions) != 2:
        return reading
    # « d’ASH à aide-soignante »: listings of where one goes, and ways there.
    move = read_move(text, lexicon)
    if move is None or {move.start, move.target} != set(reading.professions):
        return reading
    way = lexicon.meanings.get(("devenir",))
    said = any(name == "kind" for name, _value in reading.facets)
    meanings = reading.meanings if said or way is None else (*reading.meanings, way)
    return replace(
        reading,
        professions=(str(move.target),),
        choices=(),
        meanings=meanings,
        facets=tuple(dict.fromkeys(facet for one in meanings for facet in one.facets)),
        parts=tuple(part for part in reading.parts if part.value != move.start),
    )


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
    pieces: dict[tuple[str, str], list[Part]] = {}
    for part in understood.parts:
        # A question is asked about the others.
        if part.kind != "choice" and not (part.kind == "place" and understood.namesakes):
            # What is said twice is one piece.
            pieces.setdefault((part.kind, part.value), []).append(part)
    return [
        Chip(_label(parts[0]), criteria.but(q=_without(criteria.q, parts)).url)
        for parts in pieces.values()
    ]


def _label(part: Part) -> str:
    words = search_words()
    if part.kind == "profession":
        entry = words.by_slug.get(part.value)
        return entry.label if entry else words.outside_labels[part.value]
    if part.kind == "near":
        return _("Près de chez vous")
    return part.value


def _with(text: str, part: Part, name: str) -> str:
    return f"{text[: part.start]}{name.lower()}{text[part.end :]}"


def _without(text: str, parts: list[Part]) -> str:
    """Return the text without pieces of it, nor the signs that they leave behind."""
    for part in sorted(parts, key=lambda part: -part.start):
        text = f"{text[: part.start]} {text[part.end :]}"
    return " ".join(text.split()).strip(" ,;:/-–’'·.!?()")
