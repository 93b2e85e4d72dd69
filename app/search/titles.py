"""What the texts of listings name, read with the eyes that read questions."""

from __future__ import annotations

import re

from app.search.naming import longest_name
from app.search.reading import Lexicon, Meaning, Reading, normalise, stem

# A word of a title with its other gender: « éducateur·rice ».
_TITLE_WORD = re.compile(r"[^\W_]+(?:[·•‧⋅∙.(][^\W_]{1,5}\)?(?![^\W_]))?")

# « pas de travail de nuit »
_DENIED = frozenset({"pas", "san", "ni", "aucun", "hor", "non", "jamai"})


def professions_in(text: str, lexicon: Lexicon) -> tuple[str, ...]:
    """Return the professions named in the title of a listing, without its ambiguous acronyms."""
    words = normalise(text).split()
    stems = [stem(word) for word in words]
    found: list[str] = []
    position = 0
    while position < len(words):
        length = 0
        if stems[position] in lexicon.first_words:
            length, slug = longest_name(stems, position, lexicon.professions)
            outside, other = longest_name(stems, position, lexicon.outside)
            if outside > length:
                length, slug = outside, other
            if length == 1 and words[position] in lexicon.ambiguous:
                length = 0
            if length and slug not in found:
                found.append(slug)
        position += length or 1
    return tuple(found)


def wishes_in(text: str, lexicon: Lexicon) -> list[Meaning]:
    """Return the wishes that a text of a listing says, unless it denies them."""
    stems = [stem(word) for word in normalise(text).split()]
    begins = lexicon.first_words
    found: dict[Meaning, None] = {}
    for position, first in enumerate(stems):
        if first not in begins:
            continue
        length, meaning = longest_name(stems, position, lexicon.meanings)
        if length and _DENIED.isdisjoint(stems[max(0, position - 3) : position]):
            found[meaning] = None
    return list(found)


def spans_of(
    title: str, understood: Reading, lexicon: Lexicon, *, words: bool
) -> list[tuple[int, int]]:
    """Return where what was understood stands in a title, and the words if asked."""
    found = list(_TITLE_WORD.finditer(title))
    plain = [normalise(match[0]) for match in found]
    stems = [stem(word) for word in plain]
    wanted = {*understood.named, *understood.meanings}
    spans = []
    position = 0
    while position < len(stems):
        length = 0
        if stems[position] in lexicon.first_words:
            for names in (lexicon.professions, lexicon.outside, lexicon.meanings):
                size, named = longest_name(stems, position, names)
                if size > length and named in wanted:
                    length = size
        if not length and words and plain[position].startswith(understood.words):
            length = 1
        if length:
            spans.append((found[position].start(), found[position + length - 1].end()))
        position += length or 1
    return spans
