"""Titles with the words found in <mark>. The rest is escaped: engines give titles back as typed."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from markupsafe import Markup, escape

from app.search.documents import MARK_END, MARK_START
from app.search.reading import Reading, spans_of
from app.search.vocabulary import search_words

Span = tuple[int, int]
_MARK = Markup("<mark>%s</mark>")


@lru_cache(maxsize=4096)
def from_engine(marked: str, understood: Reading) -> Markup | None:
    """Return a title that the engine marked, with the professions understood marked too."""
    title, spans = unmarked(marked)
    if understood.parts:
        spans += spans_of(title, understood, search_words().lexicon, words=False)
    return with_marks(title, spans)


@lru_cache(maxsize=4096)
def from_title(title: str, understood: Reading) -> Markup | None:
    """Return a title with the professions and the words understood marked."""
    return with_marks(title, spans_of(title, understood, search_words().lexicon, words=True))


def unmarked(marked: str) -> tuple[str, list[Span]]:
    """Return a title without the marks of the engine, and where they were."""
    title = ""
    spans = []
    for number, part in enumerate(marked.split(MARK_START)):
        inside, _end, rest = part.rpartition(MARK_END) if number else ("", "", part)
        if inside:
            spans.append((len(title), len(title) + len(inside)))
        title += (inside + rest).replace(MARK_END, "")
    return title, spans


def with_marks(title: str, spans: Iterable[Span]) -> Markup | None:
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
