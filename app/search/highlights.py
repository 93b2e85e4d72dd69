"""Titles with the words found in <mark>; the rest is escaped.

The titles are those of the database, whichever engine found the listings: same marks for all.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from markupsafe import Markup, escape

from app.search.reading import Reading
from app.search.titles import spans_of
from app.search.vocabulary import search_words

_MARK = Markup("<mark>%s</mark>")


@lru_cache(maxsize=4096)
def from_title(title: str, understood: Reading) -> Markup | None:
    """Return a title with the professions and the words understood marked."""
    return with_marks(title, spans_of(title, understood, search_words().lexicon, words=True))


@lru_cache(maxsize=4096)
def names_profession(title: str, understood: Reading) -> bool:
    """Return whether a title names one of the professions understood."""
    return bool(spans_of(title, understood, search_words().lexicon, words=False))


def with_marks(title: str, spans: Iterable[tuple[int, int]]) -> Markup | None:
    """Return the escaped title with its spans in <mark>, merged; None without any span."""
    parts: list[Markup] = []
    done = 0
    for start, end in sorted(spans):
        if end <= done:
            continue
        start = max(start, done)
        parts += [escape(title[done:start]), _MARK % title[start:end]]
        done = end
    return Markup("").join([*parts, escape(title[done:])]) if parts else None
