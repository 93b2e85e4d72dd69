"""Which of the new listings answer which searches: all at once, in memory.

`Candidates` reads the rows of the database's own search once, and keeps for each word, tag,
profession and area the set of rows that have it, as the bits of one number. A search is then a
few operations on numbers. It means what `app.search.fallback` means, condition by condition, but
for wishes (see `_conditions`).
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from app.search import filters
from app.search.criteria import DURATIONS, SearchCriteria
from app.search.fallback import MAX_WORDS
from app.search.marks import marks_asked
from app.search.reading import Reading

Entry = Mapping[str, Any]


class Candidates:
    """Listings to be matched: rows of `search_entry`, in the order in which they are given."""

    def __init__(self, entries: Sequence[Entry]) -> None:
        self.entries = entries
        self.ids = [entry["listing_id"] for entry in entries]
        self._all = (1 << len(entries)) - 1
        self._tags = self._inverted(lambda entry: entry["tags"].split())
        self._professions = self._inverted(lambda entry: entry["professions"].split())
        self._communes = self._inverted(lambda entry: [entry["commune_code"]])
        self._words = self._inverted(lambda entry: entry["words"].split())
        self._sorted_words = sorted(self._words)
        self._starts: dict[str, int] = {}
        self._areas: dict[tuple[str, ...], int] = {}
        self._durations = {
            name: self._where(lambda entry, low=low, high=high: _lasts(entry, low, high))  # type: ignore[misc]
            for name, (low, high) in DURATIONS.items()
        }

    def matching(self, criteria: SearchCriteria, understood: Reading) -> list[int]:
        """Return the ids of the listings that answer a search, in the order of the candidates."""
        found = self._all
        for values in self._conditions(criteria, understood):
            found &= values
            if not found:
                return []
        return [self.ids[position] for position in _positions(found)]

    def _conditions(self, criteria: SearchCriteria, understood: Reading) -> Iterable[int]:
        for name, values in filters.facet_values(criteria).items():
            yield _any(self._tags.get(f"{name}:{value}", 0) for value in values)
        marks = marks_asked(understood)
        if understood.named:
            yield _any(self._professions.get(slug, 0) for slug in understood.named)
        elif not marks:
            for word in understood.words[:MAX_WORDS]:
                yield self._starting(word)
        # On the page wishes only order what is found; a message tells only what meets them all.
        for mark in marks:
            yield self._words.get(mark, 0)
        if criteria.duration:
            yield self._durations[criteria.duration]
        if criteria.place:
            yield self._near(criteria)

    def _starting(self, word: str) -> int:
        """Return the rows that have a word starting so."""
        if word not in self._starts:
            words, found = self._sorted_words, 0
            position = bisect_left(words, word)
            while position < len(words) and words[position].startswith(word):
                found |= self._words[words[position]]
                position += 1
            self._starts[word] = found
        return self._starts[word]

    def _near(self, criteria: SearchCriteria) -> int:
        """Return the rows in the communes of the area searched."""
        codes = filters.area_codes(criteria)
        if codes not in self._areas:
            self._areas[codes] = _any(self._communes.get(code, 0) for code in codes)
        return self._areas[codes]

    def _where(self, condition: Callable[[Entry], bool]) -> int:
        return _any(1 << rank for rank, entry in enumerate(self.entries) if condition(entry))

    def _inverted(self, values: Callable[[Entry], Iterable[str]]) -> dict[str, int]:
        found: dict[str, int] = defaultdict(int)
        for rank, entry in enumerate(self.entries):
            for value in values(entry):
                found[value] |= 1 << rank
        return dict(found)


def _lasts(entry: Entry, low: float, high: float) -> bool:
    months = entry["duration_months"]
    return months is not None and low <= months < high


def _any(values: Iterable[int]) -> int:
    found = 0
    for value in values:
        found |= value
    return found


def _positions(bits: int) -> Iterable[int]:
    while bits:
        lowest = bits & -bits
        yield lowest.bit_length() - 1
        bits ^= lowest
