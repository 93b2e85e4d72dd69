"""The places in memory: finding one from what people type, suggesting some, measuring distances.

Every structure is built once and never changed: threads share it.
"""

from __future__ import annotations

import heapq
import math
import re
import sys
from array import array
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from app.geography.models import place_label
from app.geography.queries.districts import DISTRICTS
from app.geography.queries.names import normalise, without_article

EARTH_RADIUS_KM = 6371.0
KM_PER_DEGREE = 111.195
# Above this many matches of one word, only the largest places are ranked.
RANKED_AT_MOST = 1000
# A namesake this many times smaller than the largest one does not make a name ambiguous.
DOMINANCE = 10
# A name of more communes than this is a question, unless one is a large city.
NAMESAKES = 4
LARGE_CITY = 100_000
# A town of that size around the territory is meant by the beginning of its name.
KNOWN_TOWN = 10_000
# A word that nothing starts with is shortened down to this length to suggest something.
SHORTEST_STEM = 4

_CODE = re.compile(r"(?:\d{5}|2[ab]\d{3})\Z")
_DIGITS = re.compile(r"\d{2,5}\Z")
_ARRONDISSEMENT = re.compile(
    r"(?P<city>[a-z]+) 0?(?P<number>\d{1,2})"
    r"(?: ?(?:er|e|eme|ieme|nd|nde))?(?: (?:arrondissement|arrdt|ardt|arr))?\Z"
)


class Place(NamedTuple):
    """A commune or an arrondissement, safe to share between threads. Degrees are WGS 84.

    A tuple, because a process makes 35,000 of them when it starts.
    """

    code: str
    name: str
    slug: str
    search_name: str
    postal_code: str | None
    department_code: str
    department_name: str
    population: int
    latitude: float
    longitude: float
    parent_code: str | None
    in_territory: bool
    postal_codes: tuple[str, ...]

    @property
    def label(self) -> str:
        """How the place is shown and typed: "Bron (69500)", "Lyon 3e (69003)", "Lyon"."""
        return place_label(self.code, self.name, self.postal_code or self.department_code)


# The fields of a place that are columns of the table.
COLUMNS = Place._fields[:-1]


class PlaceIndex:
    """All the places, indexed by code, name, postal code, first letters and position."""

    def __init__(self, places: Iterable[Place]) -> None:
        self.ranked = sorted(
            places, key=lambda p: (not p.in_territory, -p.population, p.parent_code or "", p.code)
        )
        self._local = tuple(
            place for place in self.ranked if place.in_territory and not place.parent_code
        )
        self.by_code = {place.code: place for place in self.ranked}
        self.arrondissements: dict[str, tuple[str, ...]] = {}
        self._index_arrondissements()
        # Where the people of the territory come from too.
        self.home_departments = frozenset(place.department_code for place in self._local)
        self._by_name = self._index_names()
        self._local_starts = self._index_local_starts()
        self._by_postal_code = self._index_postal_codes()
        self._postal_codes = sorted(self._by_postal_code)
        self._words, self._word_ranks = self._index_words()
        self._by_latitude = sorted(self.ranked, key=lambda place: place.latitude)
        self._latitudes = array("d", [place.latitude for place in self._by_latitude])
        self._departments = {place.department_code.lower() for place in self.ranked}

    # Building

    def _index_arrondissements(self) -> None:
        children: dict[str, list[str]] = defaultdict(list)
        for place in self.ranked:
            if place.parent_code:
                children[place.parent_code].append(place.code)
        self.arrondissements = {parent: tuple(sorted(codes)) for parent, codes in children.items()}

    def _index_names(self) -> dict[str, tuple[Place, ...]]:
        names: dict[str, list[Place]] = defaultdict(list)
        for place in self.ranked:
            for name in {place.search_name, without_article(place.search_name)}:
                names[name].append(place)
        for name, code in DISTRICTS.items():
            if (district := self.by_code.get(code)) is not None:
                names[name].insert(0, district)
        return {name: tuple(places) for name, places in names.items()}

    def _index_local_starts(self) -> dict[str, tuple[Place, ...]]:
        """Near home people say Caluire, Oullins or Grigny for the longer official name.

        And Villefranche, around the territory, for the town that everybody knows.
        """
        starts: dict[str, list[Place]] = defaultdict(list)
        towns = (
            place
            for place in self.ranked
            if not place.in_territory
            and place.population >= KNOWN_TOWN
            and place.department_code in self.home_departments
        )
        for place in (*self._local, *towns):
            words = place.search_name.split()
            for length in range(1, len(words)):
                starts[" ".join(words[:length])].append(place)
        return {name: tuple(places) for name, places in starts.items()}

    def _index_postal_codes(self) -> dict[str, tuple[Place, ...]]:
        """A divided city answers to 69000, which people write, not to its arrondissements'."""
        codes: dict[str, list[Place]] = defaultdict(list)
        for place in self.ranked:
            divided = place.code in self.arrondissements
            for code in (f"{place.department_code}000",) if divided else place.postal_codes:
                codes[code].append(place)
        return {code: tuple(places) for code, places in codes.items()}

    def _index_words(self) -> tuple[list[str], array[int]]:
        pairs = sorted(
            (sys.intern(word), rank)
            for rank, place in enumerate(self.ranked)
            for word in set(place.search_name.split())
        )
        return [word for word, _rank in pairs], array("I", [rank for _word, rank in pairs])

    # Finding one place

    def find(self, text: str) -> Place | None:
        """Return the one place `text` names, or None when it names none or several."""
        words = [word for word in normalise(text).split() if word != "cedex"]
        if len(words) > 1 and words[-1] == "france":
            words.pop()
        codes = {word for word in words if _CODE.match(word)}
        if len(codes) > 1:
            return None
        name = " ".join(word for word in words if word not in codes)
        if not codes:
            return _single(_if_told_apart(self._named(name)))
        code = codes.pop()
        return _single(self._named_with_code(name, code) if name else self._coded(code))

    def _coded(self, code: str) -> Sequence[Place]:
        """Postal codes come before INSEE codes: 69003 is Lyon 3e, not Albigny-sur-Saône."""
        if found := self._by_postal_code.get(code):
            return found
        place = self.by_code.get(code.upper())
        return (place,) if place else ()

    def _named(self, name: str) -> Sequence[Place]:
        if found := self.namesakes(name):
            return found
        if match := _ARRONDISSEMENT.match(name):
            return self._arrondissement(match["city"], int(match["number"]))
        first, _space, rest = name.partition(" ")
        if first in self._departments and rest:
            return self._in_department(first, rest)
        rest, _space, last = name.rpartition(" ")
        return self._in_department(last, rest) if last in self._departments and rest else ()

    def namesakes(self, name: str) -> tuple[Place, ...]:
        """Return the places of a normalised name, the nearest home and the largest first."""
        found = self._by_name.get(name, ())
        if not any(place.in_territory for place in found):
            found += self._local_starts.get(name, ())
        return found

    def has_word(self, word: str) -> bool:
        """Return whether a normalised word is one of the name of some place."""
        start = bisect_left(self._words, word)
        return start < len(self._words) and self._words[start] == word

    def coded(self, code: str) -> tuple[Place, ...]:
        """Return the places of a postal code, the nearest home and the largest first."""
        return self._by_postal_code.get(code, ())

    def _arrondissement(self, city: str, number: int) -> Sequence[Place]:
        found = [
            self.by_code[code]
            for place in self._by_name.get(city, ())
            for code in self.arrondissements.get(place.code, ())[number - 1 : number]
        ]
        if found or number < 10:
            return found
        return self._in_department(str(number), city)

    def _in_department(self, department: str, name: str) -> Sequence[Place]:
        """Outside its department a name may have grown: "69 - Grigny" is Grigny-sur-Rhône."""
        found = [p for p in self._named(name) if p.department_code.lower() == department]
        return found or [
            place
            for place in self._ranked_matches(name.split())
            if place.department_code.lower() == department
        ]

    def _named_with_code(self, name: str, code: str) -> Sequence[Place]:
        coded, named = self._coded(code), self._named(name)
        if not coded:  # A business post code, such as 69373 Lyon Cedex 08.
            return [p for p in named if code.startswith(p.department_code.lower())]
        agreed = [p for p in coded if p in named or self._parent(p) in named]
        if agreed := agreed or [p for p in named if code in p.postal_codes]:
            return agreed
        typed = f" {name} "
        told = [p for p in coded if f" {p.search_name} " in typed or typed in f" {p.search_name} "]
        # The name of another place contradicts the code; a misspelt name or a street does not.
        return told or ([] if named else coded)

    def _parent(self, place: Place) -> Place | None:
        return self.by_code.get(place.parent_code) if place.parent_code else None

    # Suggesting

    def suggest(self, text: str, limit: int) -> list[Place]:
        """Return at most `limit` places for what is being typed, best first."""
        query = normalise(text)
        if not query or limit < 1:
            return []
        found = self.find(text)
        places = self._completions(query, limit)
        if found and (found not in places or any(letter.isdigit() for letter in query)):
            places = [found, *(place for place in places if place is not found)]
        return places[:limit]

    def _completions(self, query: str, limit: int) -> list[Place]:
        words = query.split()
        if len(words) == 1 and words[0].isdigit():
            return self._with_postal_prefix(words[0], limit)
        matches = self._ranked_matches(words)
        if not matches:
            digits = [word for word in words if _DIGITS.match(word)]
            letters = [word for word in words if word not in digits]
            matches = self._ranked_matches(letters) or self._shortened_matches(letters)
            matches = [p for p in matches if _has_codes(p, digits)] or matches
        name = " ".join(words)

        def order(place: Place) -> tuple[bool, int]:
            plain = without_article(place.search_name)
            if name in (place.search_name, plain):
                return not place.in_territory, 0
            starts = place.search_name.startswith(name) or plain.startswith(name)
            return not place.in_territory, 1 if starts else 2

        return heapq.nsmallest(limit, matches, key=order)

    def _with_postal_prefix(self, digits: str, limit: int) -> list[Place]:
        start = bisect_left(self._postal_codes, digits)
        end = bisect_right(self._postal_codes, digits + "\x7f")
        places = {
            place.code: place
            for code in self._postal_codes[start:end]
            for place in self._by_postal_code[code]
        }
        return heapq.nsmallest(
            limit, places.values(), key=lambda p: (not p.in_territory, -p.population, p.code)
        )

    def _word_range(self, prefix: str) -> tuple[int, int]:
        return bisect_left(self._words, prefix), bisect_right(self._words, prefix + "\x7f")

    def _ranked_matches(self, words: Sequence[str]) -> list[Place]:
        """Return the places with a word starting with each of `words`, largest first."""
        if not words:
            return []
        start, end = min((self._word_range(word) for word in words), key=lambda r: r[1] - r[0])
        ranks = set(self._word_ranks[start:end])
        if len(words) > 1:
            starts = [f" {word}" for word in words]
            ranks = {r for r in ranks if _has_all(f" {self.ranked[r].search_name}", starts)}
        matches = [self.ranked[rank] for rank in heapq.nsmallest(RANKED_AT_MOST, ranks)]
        if len(ranks) > RANKED_AT_MOST:
            matches += [p for p in self._by_name.get(" ".join(words), ()) if p not in matches]
        return matches

    def _shortened_matches(self, words: list[str]) -> list[Place]:
        """Drop the last letters of the longest word until something is found."""
        if not words:
            return []
        longest = max(words, key=len)
        for length in range(len(longest) - 1, SHORTEST_STEM - 1, -1):
            stem = longest[:length]
            shortened = [stem if word == longest else word for word in words]
            if matches := self._ranked_matches(shortened):
                return matches
        return []

    # Measuring

    def within(self, latitude: float, longitude: float, km: float) -> list[tuple[float, Place]]:
        """Return (distance, place) for the centres at most `km` away, nearest first."""
        if not (_is_position(latitude, longitude) and km >= 0):
            return []
        high = km / KM_PER_DEGREE
        wide = high / max(math.cos(math.radians(latitude)), 0.01)
        start = bisect_left(self._latitudes, latitude - high)
        end = bisect_right(self._latitudes, latitude + high)
        found = []
        for place in self._by_latitude[start:end]:
            if abs(place.longitude - longitude) <= wide:
                distance = haversine_km(latitude, longitude, place.latitude, place.longitude)
                if distance <= km:
                    found.append((distance, place))
        return sorted(found, key=lambda pair: (pair[0], pair[1].code))

    def nearest(self, latitude: float, longitude: float, km: float) -> Place | None:
        """Return the place whose centre is nearest, an arrondissement rather than its city."""
        radius = min(5.0, km)
        while True:
            for _distance, place in self.within(latitude, longitude, radius):
                if place.code not in self.arrondissements:
                    return place
            if radius >= km:
                return None
            radius = min(radius * 3, km)


def haversine_km(latitude: float, longitude: float, latitude2: float, longitude2: float) -> float:
    """Return the distance in kilometres along the surface, in a straight line."""
    north, north2 = math.radians(latitude), math.radians(latitude2)
    half = math.sin((north2 - north) / 2) ** 2
    east = math.sin(math.radians(longitude2 - longitude) / 2) ** 2
    chord = min(1.0, half + math.cos(north) * math.cos(north2) * east)
    return 2 * EARTH_RADIUS_KM * math.asin(math.sqrt(chord))


def _is_position(latitude: float, longitude: float) -> bool:
    return -90 <= latitude <= 90 and -180 <= longitude <= 180


def _has_all(padded_name: str, starts: list[str]) -> bool:
    return all(start in padded_name for start in starts)


def _has_codes(place: Place, digits: list[str]) -> bool:
    return all(any(code.startswith(d) for code in place.postal_codes) for d in digits)


def _if_told_apart(places: Sequence[Place]) -> Sequence[Place]:
    """« Saint-Martin » alone is anyone's village, whatever the size of one of them."""
    if len(places) <= NAMESAKES or any(place.in_territory for place in places):
        return places
    return places if max(place.population for place in places) >= LARGE_CITY else ()


def _single(places: Sequence[Place]) -> Place | None:
    """Return the only place, else the only one of the territory, else one far above the rest."""
    if len(places) < 2:
        return places[0] if places else None
    local = [place for place in places if place.in_territory]
    if local:
        return local[0] if len(local) == 1 else None
    first, second = heapq.nlargest(2, places, key=lambda place: place.population)
    return first if first.population >= DOMINANCE * max(second.population, 1) else None
