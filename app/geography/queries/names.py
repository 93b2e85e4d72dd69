"""How place names are compared: without accents, case, hyphens, apostrophes or abbreviations."""

from __future__ import annotations

import re
import unicodedata

MAX_LENGTH = 120

_LIGATURES = str.maketrans({"œ": "oe", "Œ": "oe", "æ": "ae", "Æ": "ae", "ß": "ss"})
_ABBREVIATIONS = {"st": "saint", "ste": "sainte", "sts": "saints", "stes": "saintes"}
_ACCENTS = re.compile("[\u0300-\u036f]+")
_SUR = re.compile(r"\bs/")
_NOT_WORD = re.compile(r"[^a-z0-9]+")
_ARTICLES = ("le ", "la ", "les ", "l ")


def normalise(text: str) -> str:
    """Return `text` in lower case ASCII words separated by single spaces, "St" read as "Saint".

    Only the first 120 characters count: no place name is longer.
    """
    text = text[:MAX_LENGTH].translate(_LIGATURES)
    text = _ACCENTS.sub("", unicodedata.normalize("NFKD", text)).lower()
    words = _NOT_WORD.sub(" ", _SUR.sub("sur ", text)).split()
    return " ".join(_ABBREVIATIONS.get(word, word) for word in words)


def without_article(name: str) -> str:
    """Return a normalised name without its leading article: "le havre" -> "havre"."""
    for article in _ARTICLES:
        if name.startswith(article):
            return name.removeprefix(article)
    return name
