"""What is understood of a listing and of a question, as words of the engine that nobody types.

A wish answers a listing that says it in its fields, in its title, or only in its text. Each wish is
a number, written in the documents it answers and asked first in the question: the engine then puts
first the listings that answer every wish, and none is lost for having left a field blank. Numbers
are not corrected by the engine, and no text holds them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

from app.listings.enums import Kind
from app.search.reading import MAX_WORDS, Meaning, Reading, mark_of
from app.search.titles import wishes_in
from app.search.vocabulary import SearchWords

# In every document: what follows it in a question puts in order, and leaves nothing out.
ANYTHING = "70000000000"
# The engine reads ten words: more wishes than this are asked once only.
MAX_SURE = 3
FEW_PUBLICS = 2
Facet = tuple[str, str]


def profession_mark(slug: str) -> str:
    """Return the word that stands for a profession."""
    return mark_of(f"profession/{slug}")


# Which wish is kept when nothing answers all of them: the first in this order.
_ORDER = ("kind", "public", "workplace", "diploma", "schedule", "contract")


def marks_asked(understood: Reading) -> list[str]:
    """Return the marks of a question, the one that must be there first."""
    wishes = [meaning.mark for meaning in sorted(understood.meanings, key=_rank)]
    # All wishes in some way come before one wish for certain.
    wishes += [_sure(mark) for mark in wishes[:MAX_SURE]]
    if not understood.named:
        return wishes
    if len(understood.named) == 1:
        # What is about the profession comes before what names it beside another.
        return [ANYTHING, profession_mark(understood.named[0]), *wishes]
    return [ANYTHING, *wishes] if wishes or understood.words else []


def _rank(meaning: Meaning) -> int:
    # Most listings are jobs: the word says little.
    name, value = meaning.facets[0]
    return len(_ORDER) if value == Kind.JOB else _ORDER.index(name)


def _sure(mark: str) -> str:
    """Return the word that stands for a wish answered elsewhere than in a text."""
    return f"8{mark[1:]}"


def asked(understood: Reading) -> str:
    """Return the words asked of the engine: it reads ten at most, and drops the last ones."""
    return " ".join([*marks_asked(understood), *understood.words][:MAX_WORDS])


def marks_of(
    words: SearchWords,
    facets: Collection[Facet],
    own: Iterable[str],
    short: str,
    text: str,
) -> tuple[list[str], list[str]]:
    """Return the marks of a listing: of its fields and its title, then of its text.

    `own`: professions it is certainly about; `short`: title and employer.
    """
    said = _answered(words, set(facets), wishes_in(short, words.lexicon))
    tied = set(facets)
    workplaces = words.publics_of_workplaces
    for name, value in facets:
        if name == "workplace":
            tied.update(("public", slug) for slug in workplaces.get(value, ()))
    for slug in own:
        publics = words.by_slug[slug].data["publics"] if slug in words.by_slug else ()
        # Who cares for everyone says nothing of whom a listing is about.
        if len(publics) <= FEW_PUBLICS:
            tied.update(("public", public) for public in publics)
    # A training that speaks of its stages is no stage.
    written = [one for one in wishes_in(text, words.lexicon) if one.facets[0][0] != "kind"]
    more = _answered(words, tied, written) - said
    return (
        [ANYTHING, *map(profession_mark, own), *sorted(said), *sorted(map(_sure, said))],
        sorted(more),
    )


def _answered(words: SearchWords, facets: set[Facet], read: Iterable[Meaning]) -> set[str]:
    """Return the marks of the wishes that facets, or words read, answer."""
    answers = words.answers
    found = {mark for facet in facets for mark in answers.get(facet, ())}
    for meaning in read:
        if len(meaning.facets) == 1:
            found.update(answers.get(meaning.facets[0], ()))
        else:
            found.add(meaning.mark)
    return found
