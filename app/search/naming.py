"""Finding names in words: typed right, wrong or as they are heard, the longest first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from app.geography.queries.index import PlaceIndex
from app.search.words import Token, stem

if TYPE_CHECKING:
    from app.search.reading import Lexicon

LONGEST_NAME = 10
Key = tuple[str, ...]


def corrected(words: list[str], lexicon: Lexicon) -> list[str]:
    """Return the words with the misspellings put right."""
    given = [Token(word, 0, 0) for word in words]
    return [token.word for token in corrected_tokens(given, lexicon)]


def corrected_tokens(
    given: list[Token], lexicon: Lexicon, places: PlaceIndex | None = None
) -> list[Token]:
    found: list[Token] = []
    words = [token.word for token in given]
    stems = [stem(word) for word in words]
    position = 0
    while position < len(given):
        token = given[position]
        # A word of the name of a commune is no mistake: « Saint-Martin » is no « matin ».
        named = places is not None and places.has_word(token.word)
        length, meant = longest_name(stems, position, lexicon.misspellings)
        by_name, name = lexicon.names.meant(words, position)
        if by_name > max(length, 1 if named else 0):
            length, meant = by_name, name
        if not length:
            meant = (not named and lexicon.speller.corrected(token.word)) or (token.word,)
        last = given[position + max(length, 1) - 1]
        found += [Token(word, token.start, last.end) for word in meant]
        position += length or 1
    return found


def longest(words: list[str], start: int, names: Mapping[Key, Any]) -> tuple[int, Any]:
    """Return how many words from `start` make the longest name known, and what it names."""
    return longest_name([stem(word) for word in words[start : start + LONGEST_NAME]], 0, names)


def longest_name(stems: Sequence[str], start: int, names: Mapping[Key, Any]) -> tuple[int, Any]:
    """Return how many stems from `start` make the longest name known, and what it names."""
    some = tuple(stems[start : start + LONGEST_NAME])
    for length in range(len(some), 0, -1):
        if (found := names.get(some[:length])) is not None:
            return length, found
    return 0, None
