"""Understanding what people type: acronyms, feminine and masculine, misspellings, former names.

`read(text, vocabulary)` finds the professions named in the words and gives back the other words,
corrected and without the empty ones. The same eyes read the titles of listings, so that a
profession typed and a profession published meet whatever their form.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

MAX_WORDS = 10
# Tokens looked at before the empty words are taken out.
MAX_TOKENS = 24
LONGEST_NAME = 8

# A word of a title with its other gender: « éducateur·rice ».
_TITLE_WORD = re.compile(r"[^\W_]+(?:[·•‧⋅∙.(][^\W_]{1,5}\)?(?![^\W_]))?")
_SIGNS = re.compile(r"[\W_]+")
_NOT_WORD = re.compile(r"[^a-z0-9]+")
# Aide-soignant·e, éducateur(trice), infirmier.ère: the masculine form is kept. The sign comes
# first in the expression, so that a long text is gone through quickly.
_INCLUSIVE_MARKS = "·•‧⋅∙.("
_INCLUSIVE = re.compile(
    r"[·•‧⋅∙.(](?<=\w\w\w[·•‧⋅∙.(])"
    r"(?:e|ne|se|le|te|rice|trice|euse|ere|ère|iere|ière|fe|ve|s|es)(?:[·•‧⋅∙.]?s)?(?:\)|\b)"
)
# Acronyms with dots are read in what is short: a question, a title.
MAX_DOTTED = 300
_DOTTED = re.compile(r"\b(?:[a-z]\.){2,}[a-z]?\b")
# Someone who says "je" or "nous" is writing a sentence: in it "me" or "es" are no acronyms.
_SENTENCE = frozenset(
    {"je", "j", "tu", "il", "elle", "nous", "vous", "on", "suis", "ai", "veux", "voudrais"}
    | {"souhaite", "aimerais", "peux", "qui", "que"}
)


@dataclass(frozen=True, slots=True)
class Reading:
    """What was understood: slugs of professions, and the words left, in order."""

    professions: tuple[str, ...] = ()
    words: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """Return the words left, as the engine is asked for them."""
        return " ".join(self.words)


@dataclass(frozen=True, slots=True)
class Lexicon:
    """What is needed to read: all keys are tuples of `stem`s of normalised words."""

    professions: Mapping[tuple[str, ...], str]
    # Typed words -> words meant.
    misspellings: Mapping[tuple[str, ...], tuple[str, ...]]
    # Names in several words of places of work and of publics -> words of the index.
    phrases: Mapping[tuple[str, ...], tuple[str, ...]]
    stop_words: frozenset[str]
    # Acronyms that are also words of a sentence.
    ambiguous: frozenset[str]


def normalise(text: str) -> str:
    """Return `text` in lower case ASCII words separated by single spaces, masculine forms kept."""
    text = text.lower()
    if any(mark in text for mark in _INCLUSIVE_MARKS):
        text = _INCLUSIVE.sub("", text)
        if len(text) <= MAX_DOTTED:
            text = _DOTTED.sub(lambda match: match[0].replace(".", ""), text)
    if not text.isascii():
        # Signs become spaces before what is not ASCII goes: « l’aide » is two words.
        text = _SIGNS.sub(" ", text.replace("œ", "oe").replace("æ", "ae").replace("ß", "ss"))
        text = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    words = text.split()
    # The usual case: nothing is left to take out, and this is quicker than looking for it.
    if "".join(words).isalnum():
        return " ".join(words)
    return " ".join(_NOT_WORD.sub(" ", text).split())


def stem(word: str) -> str:
    """Return the word without the mark of the plural."""
    return word[:-1] if len(word) > 3 and word[-1] in "sx" else word


def key_of(text: str) -> tuple[str, ...]:
    """Return the key under which a name is kept in a lexicon."""
    return tuple(stem(word) for word in normalise(text).split())


def read(text: str, lexicon: Lexicon) -> Reading:
    """Return the professions named in `text` and the useful words left, ten at most."""
    words = corrected(normalise(text).split()[:MAX_TOKENS], lexicon)
    sentence = not _SENTENCE.isdisjoint(words)
    shouted = set() if text.isupper() else {w.lower() for w in re.findall(r"\b[A-Z]{2,4}\b", text)}
    allowed = lexicon.ambiguous & shouted if sentence else lexicon.ambiguous
    professions, left = _take_professions(words, lexicon, lexicon.ambiguous - allowed)
    useful = [word for word in left if word not in lexicon.stop_words]
    if not useful and not professions:
        useful = left
    return Reading(professions, tuple(dict.fromkeys(useful))[:MAX_WORDS])


def professions_in(text: str, lexicon: Lexicon) -> tuple[str, ...]:
    """Return the professions named in the title of a listing, without its ambiguous acronyms."""
    return _take_professions(normalise(text).split(), lexicon, lexicon.ambiguous)[0]


def spans_of(
    title: str, understood: Reading, lexicon: Lexicon, *, words: bool
) -> list[tuple[int, int]]:
    """Return where the professions understood stand in a title, and the words if asked."""
    found = list(_TITLE_WORD.finditer(title))
    stems = [stem(normalise(match[0])) for match in found]
    spans = []
    position = 0
    while position < len(stems):
        length, slug = longest(stems, position, lexicon.professions)
        named = length and slug in understood.professions
        if named or (words and stems[position].startswith(understood.words)):
            length = length if named else 1
            spans.append((found[position].start(), found[position + length - 1].end()))
        position += length or 1
    return spans


def corrected(words: list[str], lexicon: Lexicon) -> list[str]:
    """Return the words with the known misspellings put right."""
    found: list[str] = []
    position = 0
    while position < len(words):
        length, meant = longest(words, position, lexicon.misspellings)
        found += meant if length else words[position : position + 1]
        position += length or 1
    return found


def _take_professions(
    words: list[str], lexicon: Lexicon, refused: frozenset[str]
) -> tuple[tuple[str, ...], list[str]]:
    found: list[str] = []
    left: list[str] = []
    position = 0
    while position < len(words):
        length, slug = longest(words, position, lexicon.professions)
        if length == 1 and words[position] in refused:
            length = 0
        if length and slug not in found:
            found.append(slug)
        if not length:
            # A profession named in full comes first: « éducateur de jeunes enfants ».
            length, meant = longest(words, position, lexicon.phrases)
            left += meant or words[position : position + 1]
        position += length or 1
    return tuple(found), left


def longest(words: list[str], start: int, names: Mapping[tuple[str, ...], Any]) -> tuple[int, Any]:
    """Return how many words from `start` make the longest name known, and what it names."""
    stems = tuple(stem(word) for word in words[start : start + LONGEST_NAME])
    for length in range(len(stems), 0, -1):
        if (found := names.get(stems[:length])) is not None:
            return length, found
    return 0, None
