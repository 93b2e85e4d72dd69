"""Text as words that compare: lower case ASCII, one gender, one number."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import NamedTuple

_SIGNS = re.compile(r"[\W_]+")
_NOT_WORD = re.compile(r"[^a-z0-9]+")
# Aide-soignant·e, éducateur(trice), infirmier.ère, aide-soignant/e, éducateur-trice: the masculine
# form is kept. The sign comes first in the expression, so that a long text is quickly gone through.
_INCLUSIVE_MARKS = "·•‧⋅∙.("
_INCLUSIVE = re.compile(
    r"[·•‧⋅∙.(](?<=\w\w\w[·•‧⋅∙.(])"
    r"(?:e|ne|se|le|te|rice|trice|euse|ere|ère|iere|ière|fe|ve|ive|s|es)(?:[·•‧⋅∙.]?s)?(?:\)|\b)"
)
_SLASHED = re.compile(r"(?<=\w\w\w)[/-](?:e|ne|rice|trice|euse|ere|ère|iere|ière|ive)s?(?![\w’'])")
# Acronyms with dots are read in what is short: a question, a title.
MAX_DOTTED = 300
_DOTTED = re.compile(r"\b(?:[a-z]\.){2,}[a-z]?\b")
_CHUNK = re.compile(r"\S+")
_PIECE = re.compile(r"[^\W_]+")
_FEMININES = (
    ("trice", "teur"),
    ("iere", "ier"),
    ("euse", "eur"),
    ("enne", "en"),
    ("ante", "ant"),
    ("ente", "ent"),
    ("elle", "el"),
    ("ale", "al"),
    ("ive", "if"),
    ("ee", "e"),
)
_IRREGULAR = {"cheffe": "chef", "chefe": "chef", "maitresse": "maitre"}


class Token(NamedTuple):
    """A word of a text, normalised, and where it stands in the text."""

    word: str
    start: int
    end: int


def normalise(text: str) -> str:
    """Return `text` in lower case ASCII words separated by single spaces, masculine forms kept."""
    text = text.lower()
    if any(mark in text for mark in _INCLUSIVE_MARKS):
        text = _INCLUSIVE.sub("", text)
        if len(text) <= MAX_DOTTED:
            text = _DOTTED.sub(lambda match: match[0].replace(".", ""), text)
    if len(text) <= MAX_DOTTED and ("/" in text or "-" in text):
        text = _SLASHED.sub("", text)
    if not text.isascii():
        # Signs become spaces before what is not ASCII goes: « l’aide » is two words.
        text = _SIGNS.sub(" ", text.replace("œ", "oe").replace("æ", "ae").replace("ß", "ss"))
        text = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    words = text.split()
    # The usual case: nothing is left to take out, and this is quicker than looking for it.
    if "".join(words).isalnum():
        return " ".join(words)
    return " ".join(_NOT_WORD.sub(" ", text).split())


def tokens(text: str) -> list[Token]:
    """Return the normalised words of a short text with their places in it."""
    found: list[Token] = []
    for chunk in _CHUNK.finditer(text):
        lowered = chunk[0].lower()
        if _INCLUSIVE.search(lowered) or _DOTTED.search(lowered) or _SLASHED.search(lowered):
            # A part of a word cannot be taken out of « infirmier·ère » alone.
            pieces = [(chunk[0], chunk.start(), chunk.end())]
        else:
            start = chunk.start()
            pieces = [
                (piece[0], start + piece.start(), start + piece.end())
                for piece in _PIECE.finditer(chunk[0])
            ]
        for piece, start, end in pieces:
            found += [Token(word, start, end) for word in normalise(piece).split()]
    return found


@lru_cache(maxsize=65_536)
def stem(word: str) -> str:
    """Return the word without its plural and its feminine."""
    if len(word) > 5 and word.endswith("aux"):
        return f"{word[:-3]}al"
    if len(word) > 3 and word[-1] in "sx":
        word = word[:-1]
    if len(word) > 5:
        if word in _IRREGULAR:
            return _IRREGULAR[word]
        for feminine, masculine in _FEMININES:
            if word.endswith(feminine):
                return word[: -len(feminine)] + masculine
    return word


def key_of(text: str) -> tuple[str, ...]:
    """Return the key under which a name is kept in a lexicon."""
    return tuple(stem(word) for word in normalise(text).split())
