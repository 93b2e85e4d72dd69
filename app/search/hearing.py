"""Names written as they are heard, or cut short: « sicologue », « auxi de puer ».

A name is recognised only whole, and when it is the only one: hearing « infirmier » in a word that
sounds so is safe, hearing a part of it is not.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import lru_cache

from app.search.words import stem

# Shorter sounds are those of too many words.
LEAST_SOUNDS = 5
# A word cut shorter than this is not told from others.
LEAST_LETTERS = 3
LONGEST_SPAN = 6
# What a name may hold or leave out: « infirmière vers puéricultrice » is two names.
_LINKS = frozenset({"de", "d", "du", "des", "en", "a", "au", "aux", "la", "le", "l", "les"})

# Letters as French says them, in this order, each on what the ones before left. Capitals are sounds
# of several letters: A « an », E « ai », I « in », O « on », U « ou », N « gn », S « ch », W « oi »
_RULES = tuple(
    (re.compile(pattern), sound)
    for pattern, sound in (
        ("femme", "fame"),
        ("ph", "f"),
        ("psych|psyk|sych", "sik"),
        ("chr", "kr"),
        ("tech", "tek"),
        ("sch|ch", "S"),
        ("gn|ni(?=[aou])", "N"),
        ("ill(?=[aeiou])|ille?$", "i"),
        ("eau|au", "o"),
        ("(?:ain|ein)(?![aeiouyn])", "I"),
        ("ai|ei|ay|ey", "E"),
        ("oin(?![aeiouyn])", "WI"),
        ("oi|oy", "W"),
        ("oeu|eu", "E"),
        ("ou", "U"),
        ("(?:an|am|en|em)(?![aeiouynm])", "A"),
        ("(?:in|im|yn|ym|un|um)(?![aeiouynm])", "I"),
        ("(?:on|om)(?![aeiouynm])", "O"),
        ("qu|q|ck|cc(?![eiy])", "k"),
        ("sc(?=[eiyE])|c(?=[eiyEI])", "s"),
        ("c", "k"),
        ("gu(?=[eiyEI])", "g"),
        ("g(?=[eiyEI])", "j"),
        ("t(?=i[O])", "s"),
        ("x", "ks"),
        ("z", "s"),
        ("y", "i"),
        ("w", "v"),
        ("h", ""),
        (r"(.)\1+", r"\1"),
        # A consonant is heard before a last « e », and is not without it.
        ("(?:er|ez|et|e|[stdp]+)$", ""),
        ("e", "E"),
    )
)


@lru_cache(maxsize=16_384)
def sound(word: str) -> str:
    """Return how a normalised word is said, gender and number left out: « sWNA »."""
    said = stem(word)
    for pattern, heard in _RULES:
        said = pattern.sub(heard, said)
    return said


Words = tuple[str, ...]


class Names:
    """Names of professions and wishes, found by their sound or by the beginnings of their words."""

    def __init__(
        self,
        names: Mapping[Words, object],
        spoken: Iterable[Words],
        known: Collection[str],
        empty: Collection[str],
    ) -> None:
        """`names`: key of a name -> slug of a profession, or a wish; `spoken`: their words.

        `known`: words that are written right; `empty`: words that are left out of names.
        """
        self._known, self._empty = known, empty
        self._by_sound: dict[str, tuple[Words, object]] = {}
        self._by_starts: dict[tuple[int, str], dict[Words, object]] = {}
        refused: set[str] = set()
        for words in spoken:
            named = names.get(tuple(stem(word) for word in words))
            full = self._full(words)
            if named is None or not full:
                continue
            heard = "".join(map(sound, full))
            kept = self._by_sound.setdefault(heard, (words, named))
            if _is_profession(named) and not _is_profession(kept[1]):
                self._by_sound[heard] = words, named
            elif kept[1] != named and _is_profession(named) == _is_profession(kept[1]):
                refused.add(heard)
            if len(full) > 1 and _is_profession(named):
                start = len(full), full[0][:LEAST_LETTERS]
                self._by_starts.setdefault(start, {})[words] = named
        for heard in list(self._by_sound):
            if heard in refused or len(heard) < LEAST_SOUNDS:
                del self._by_sound[heard]

    def meant(self, words: Sequence[str], start: int) -> tuple[int, Words]:
        """Return how many words from `start` are a name badly written, and the words meant."""
        if words[start] in self._empty:
            return 0, ()
        for end in range(min(len(words), start + LONGEST_SPAN), start, -1):
            span = tuple(words[start:end])
            full = self._full(span)
            if span[-1] in self._empty or not _LINKS.issuperset(set(span) - set(full)):
                continue
            found = self._heard(full) or self._completed(full)
            if found and found != span:
                return end - start, found
        return 0, ()

    def _full(self, words: Words) -> Words:
        return tuple(word for word in words if word not in self._empty)

    def _heard(self, full: Words) -> Words:
        if all(word in self._known for word in full):
            return ()
        heard = [sound(word) for word in full]
        found = self._by_sound.get("".join(heard)) if all(heard) else None
        return found[0] if found else ()

    def _completed(self, full: Words) -> Words:
        if len(full) < 2 or min(map(len, full)) < LEAST_LETTERS:
            return ()
        begun = self._by_starts.get((len(full), full[0][:LEAST_LETTERS]), {})
        found = {words: named for words, named in begun.items() if self._begins(full, words)}
        # Of several professions, none is guessed.
        if len(set(found.values())) != 1:
            return ()
        return next((words for words in found if self._full(words) == full), next(iter(found)))

    def _begins(self, typed: Words, words: Words) -> bool:
        return all(
            word.startswith(begun) for begun, word in zip(typed, self._full(words), strict=True)
        )


def _is_profession(named: object) -> bool:
    return isinstance(named, str)
