"""Misspelt words put right: the known word that is one or two letters away, if there is only one.

The known words are few, so every way of losing a letter from them is written down once; looking for
a typed word is then a few reads of a dictionary (the symmetric deletes of SymSpell).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache

from app.search.words import stem

# Below, words are too close to each other: « aide » and « aise ».
SHORTEST = 5
# From this length two mistakes are put right.
TWO_MISTAKES = 9
# Longer words are not names of anything here: looking for them would cost for nothing.
LONGEST = 32


class Speller:
    """Known words and, for joined ones (« aidesoignante »), the words they are made of."""

    def __init__(self, words: Iterable[str], joined: Mapping[str, tuple[str, ...]]) -> None:
        self._known = frozenset(words)
        self._stems = frozenset(stem(word) for word in self._known)
        self._joined = {word: parts for word, parts in joined.items() if word not in self._known}
        self._by_deletes: dict[str, list[str]] = {}
        for word in (*self._known, *self._joined):
            if SHORTEST <= len(word) <= LONGEST:
                depth = 2 if len(word) >= TWO_MISTAKES and word in self._known else 1
                for shorter in _shorter(word, depth):
                    self._by_deletes.setdefault(shorter, []).append(word)
        self._found = lru_cache(maxsize=8192)(self._find)

    @property
    def known(self) -> frozenset[str]:
        """Words that are written right."""
        return self._known

    def corrected(self, word: str) -> tuple[str, ...] | None:
        """Return the words that `word` stands for, or None when it is known or like nothing."""
        if not word.isalpha() or not SHORTEST <= len(word) <= LONGEST:
            return None
        # « aides » is « aide », not « aînés ».
        if word in self._known or stem(word) in self._stems:
            return None
        return self._found(word)

    def _find(self, word: str) -> tuple[str, ...] | None:
        if word in self._joined:
            return self._joined[word]
        most = 2 if len(word) >= TWO_MISTAKES else 1
        candidates = {
            known for shorter in _shorter(word, most) for known in self._by_deletes.get(shorter, ())
        }
        # A wrong first letter is rare, and makes another word: « sonde », « ronde ».
        ranked = sorted(
            (distance, known)
            for known in candidates
            if (distance := _distance(word, known, most)) <= most
            and (known[0] == word[0] or len(word) >= TWO_MISTAKES)
        )
        if not ranked:
            return None
        best = [known for distance, known in ranked if distance == ranked[0][0]]
        # « infirmier » and « infirmière » are one word for who reads them.
        if len({stem(known) for known in best}) > 1:
            return None
        return self._joined.get(best[0]) or (best[0],)


def _shorter(word: str, depth: int) -> Iterator[str]:
    """Yield the word, and what is left of it without one letter, or two."""
    yield word
    once = {word[:place] + word[place + 1 :] for place in range(len(word))}
    yield from once
    if depth > 1:
        yield from {one[:place] + one[place + 1 :] for one in once for place in range(len(one))}


def _distance(one: str, other: str, most: int) -> int:
    """Return how many letters are changed, added, lost or swapped; past `most`, `most` + 1."""
    if abs(len(one) - len(other)) > most:
        return most + 1
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, letter in enumerate(one, 1):
        before, previous, row = row, before, [i]
        for j, wanted in enumerate(other, 1):
            cost = min(before[j] + 1, row[-1] + 1, before[j - 1] + (letter != wanted))
            if i > 1 and j > 1 and letter == other[j - 2] and one[i - 2] == wanted:
                cost = min(cost, previous[j - 2] + 1)
            row.append(cost)
        if min(row) > most:
            return most + 1
    return row[-1]
