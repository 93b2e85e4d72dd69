"""Understanding what people type: professions, wishes and places, whatever their form.

`read(text, lexicon, places)` finds what the words name and gives back the other words, corrected
and without the empty ones. The same eyes read the titles of listings, so that a profession typed
and a profession published meet whatever their form. Names are read the longest first; a profession
comes before a wish, and a place is looked for in what they left.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from app.geography.queries.index import Place, PlaceIndex
from app.search.denials import is_denied
from app.search.hearing import Names
from app.search.naming import Key, corrected_tokens, longest_name
from app.search.spelling import Speller
from app.search.where import NEAR_ME, where_in
from app.search.words import key_of, normalise, stem, tokens

__all__ = ["Lexicon", "Meaning", "Part", "Reading", "key_of", "normalise", "read", "stem"]

MAX_WORDS = 10
# Tokens looked at before the empty words are taken out: a question of 200 letters holds no more.
MAX_TOKENS = 40
# More professions, or wishes, than this in one question choose nothing.
MAX_NAMED = 5

# Someone who says "je" or "nous" is writing a sentence: in it "me" or "es" are no acronyms.
_SENTENCE = frozenset(
    {"je", "j", "tu", "il", "elle", "nous", "vous", "on", "suis", "ai", "veux", "voudrais"}
    | {"souhaite", "aimerais", "peux", "qui", "que"}
)

# « passer le DEAES », « préparer aide-soignante »: what is named is what one trains for.
_PREPARES = frozenset({"passer", "preparer", "obtenir", "decrocher"})
_ARTICLES = frozenset({"le", "la", "l", "mon", "ma", "son", "sa", "un", "une"})
# « je suis menuisier et je voudrais… » leaves it.
_STATES = frozenset({"suis", "etais", "ex", "ancien", "ancienne"})
# Cleaning is another profession in an institution than at home.
_CLEANS = frozenset({"menage", "entretien", "nettoyage"})
_AT_HOME, _IN_HOUSE = "aide-a-domicile", "agent-de-service-hospitalier"
_HOUSES = frozenset(
    {"hopital", "clinique", "psychiatrie", "maternite", "smr", "usld", "ehpad", "mas", "fam"}
    | {"residence-autonomie", "foyer-hebergement", "foyer-de-vie", "ime", "mecs", "creche"}
)

# Beginning of the slugs of the professions that the base does not describe.
OUTSIDE = "hors-base-"


def mark_of(text: str) -> str:
    """Return a word of digits that stands for `text`: no one types it, the engine corrects none."""
    return f"7{zlib.crc32(text.encode()):010d}"


@dataclass(frozen=True, slots=True)
class Meaning:
    """A wish that words tell: one of `facets` (name of a facet, value) answers it.

    `profession`: what the words name besides, « IFAS » is the school of the aides-soignants.
    """

    label: str
    facets: tuple[tuple[str, str], ...]
    profession: str | None = None

    @property
    def mark(self) -> str:
        """Return the word of the engine that stands for this wish, whatever its label."""
        return mark_of(" ".join(sorted(f"{name}/{value}" for name, value in self.facets)))


@dataclass(frozen=True, slots=True)
class Choice:
    """A name that means several professions; when `sure`, the first unless the person says no."""

    professions: tuple[str, ...]
    sure: bool


@dataclass(frozen=True, slots=True)
class Part:
    """What was understood of a piece of the text: `value` is a slug, a label or a name."""

    kind: str
    value: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Reading:
    """What was understood: slugs of professions, wishes, a place, and the words left, in order.

    `outside`: professions that the base does not describe. `choices`: professions that an
    ambiguous name may mean. `namesakes`: communes that bear the name typed, when no one is meant.
    """

    professions: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    place: Place | None = None
    facets: tuple[tuple[str, str], ...] = ()
    choices: tuple[str, ...] = ()
    outside: tuple[str, ...] = ()
    meanings: tuple[Meaning, ...] = ()
    namesakes: tuple[Place, ...] = ()
    near_me: bool = False
    parts: tuple[Part, ...] = ()

    @property
    def text(self) -> str:
        """Return the words left, as the engine is asked for them."""
        return " ".join(self.words)

    @property
    def named(self) -> tuple[str, ...]:
        """Return all the professions named, as listings carry them in `reads`."""
        return (*self.professions, *self.outside)


@dataclass(frozen=True, slots=True, eq=False)
class Lexicon:
    """What is needed to read: all keys are tuples of `stem`s of normalised words."""

    professions: Mapping[Key, str]
    outside: Mapping[Key, str]
    choices: Mapping[Key, Choice]
    meanings: Mapping[Key, Meaning]
    # Typed words -> words meant.
    misspellings: Mapping[Key, tuple[str, ...]]
    stop_words: frozenset[str]
    # Acronyms that are also words of a sentence.
    ambiguous: frozenset[str]
    speller: Speller
    names: Names
    # First words of the names above: most words of a text begin none of them.
    first_words: frozenset[str]


def read(text: str, lexicon: Lexicon, places: PlaceIndex | None = None) -> Reading:
    """Return what `text` names and the useful words left, ten at most."""
    return _Reader(text, lexicon, places).read()


class _Reader:
    """One reading. `taken[n]` tells what the token n was understood as, "" for nothing yet."""

    def __init__(self, text: str, lexicon: Lexicon, places: PlaceIndex | None) -> None:
        self.text = text
        self.lexicon = lexicon
        self.places = places
        self.tokens = corrected_tokens(tokens(text)[:MAX_TOKENS], lexicon, places)
        self.words = [token.word for token in self.tokens]
        self.stems = [stem(word) for word in self.words]
        self.taken = [""] * len(self.words)
        self.parts: list[Part] = []
        self.professions: list[str] = []
        self.outside: list[str] = []
        self.choices: tuple[str, ...] = ()
        self.meanings: list[Meaning] = []
        self.refused = lexicon.ambiguous - self._allowed()

    def _allowed(self) -> set[str] | frozenset[str]:
        """Return the acronyms read as such: in a sentence, those in capitals."""
        if _SENTENCE.isdisjoint(self.words):
            return self.lexicon.ambiguous
        if self.text.isupper():
            return set()
        return {word.lower() for word in re.findall(r"\b[A-Z]{2,4}\b", self.text)}

    def read(self) -> Reading:
        # « Saint-Cyr-l’École » is no school.
        place, namesakes = self._take_place(least=3)
        near_me = self._take_names()
        if place is None:
            place, namesakes = self._take_place()
        self._take_names_left()
        self._leave_former()
        self._clean_in_house()
        useful = [
            word
            for word, taken in zip(self.words, self.taken, strict=True)
            if not taken and self._is_useful(word)
        ]
        return Reading(
            professions=tuple(self.professions[:MAX_NAMED]),
            words=tuple(dict.fromkeys(useful))[:MAX_WORDS],
            place=place,
            facets=tuple(dict.fromkeys(facet for one in self.meanings for facet in one.facets)),
            choices=self.choices,
            outside=tuple(self.outside[:MAX_NAMED]),
            meanings=tuple(self.meanings[:MAX_NAMED]),
            namesakes=namesakes,
            near_me=near_me,
            parts=tuple(sorted(self.parts, key=lambda part: part.start)),
        )

    def _is_useful(self, word: str) -> bool:
        # A number beside what is understood is an age, a duration or a year.
        number = word.isdigit() and bool(self.parts)
        return len(word) > 1 and word not in self.lexicon.stop_words and not number

    def _take_names(self) -> bool:
        """Take professions and wishes, the longest first; tell whether « near me » was said."""
        near_me = False
        position = 0
        while position < len(self.words):
            if self.taken[position]:
                position += 1
                continue
            length, named = self._name_at(position)
            near, said = longest_name(self.stems, position, NEAR_ME)
            if said and near >= length:
                near_me = True
                self._take(position, near, "near", "")
                position += near
                continue
            if length:
                length = self._note_named(position, length, named)
            position += length or 1
        return near_me

    def _note_named(self, position: int, length: int, named: Any) -> int:
        """Note a name and what goes on after it; return how many words are read."""
        if isinstance(named, str):
            self._note(position, length, named)
            self._school_of(position)
            self._prepared(position)
            # « garde d’enfants handicapés »: the wish goes on after the profession.
            return length + self._wish_across(position, length)
        if is_denied(self.words, position):
            # « plus de nuits » says what « pas de nuit » does; else nothing is asked.
            refused = ("pas", "de", *self.stems[position : position + length])
            named = self.lexicon.meanings.get(refused)
            if named is None:
                self.taken[position : position + length] = ["empty"] * length
                return length
        # « passer le CAP petite enfance »: the profession begins in the wish.
        for start in range(position + 1, position + length):
            found, profession = longest_name(self.stems, start, self.lexicon.professions)
            if start + found > position + length:
                self._note(position, start - position, named)
                self._note(start, found, profession)
                return start + found - position
        self._note(position, length, named)
        return length

    def _school_of(self, position: int) -> None:
        """Read « école d’infirmière » as a training: it is no place to work in."""
        before = position - 1
        while before > 0 and self.words[before] in {"d", "de", "des"}:
            before -= 1
        training = self.lexicon.meanings.get(("formation",))
        schools = [one for one in self.meanings if ("workplace", "ecole") in one.facets]
        if before < 0 or self.taken[before] != "wish" or not schools or training is None:
            return
        if self.stems[before] != "ecole":
            return
        self.meanings = [one for one in self.meanings if one not in (*schools, training)]
        self.meanings.append(training)
        self.parts = [
            replace(part, value=training.label)
            if part.kind == "wish" and part.value == schools[0].label
            else part
            for part in self.parts
        ]

    def _prepared(self, position: int) -> None:
        """Read « passer le DEAES » as a training, unless the kind is said."""
        before = position - 1
        while before >= 0 and self.words[before] in _ARTICLES:
            before -= 1
        training = self.lexicon.meanings.get(("formation",))
        said = any(name == "kind" for one in self.meanings for name, _value in one.facets)
        if before < 0 or self.words[before] not in _PREPARES or training is None or said:
            return
        self._note(before, 1, training)

    def _leave_former(self) -> None:
        """Leave out the profession of elsewhere that one says to be leaving."""
        former = [
            part
            for part in self.parts
            if part.value in self.outside
            and (words := normalise(self.text[: part.end]).split()[-4:-1])
            and not _STATES.isdisjoint(words)
        ]
        if former and (self.meanings or self.professions):
            self.outside = [one for one in self.outside if one not in {p.value for p in former}]
            self.parts = [part for part in self.parts if part not in former]

    def _clean_in_house(self) -> None:
        """Read cleaning in a hospital or a residence as the work of its service agents."""
        houses = {
            value for one in self.meanings for name, value in one.facets if name == "workplace"
        }
        if _AT_HOME not in self.professions or _IN_HOUSE in self.professions:
            return
        if _HOUSES.isdisjoint(houses) or _CLEANS.isdisjoint(self.words):
            return
        self.professions = [_IN_HOUSE if one == _AT_HOME else one for one in self.professions]
        self.parts = [
            replace(part, value=_IN_HOUSE) if part.value == _AT_HOME else part
            for part in self.parts
        ]

    def _name_at(self, position: int) -> tuple[int, Any]:
        if (share := self._share_at(position)) is not None:
            return 1, share
        if self.stems[position] not in self.lexicon.first_words:
            return 0, None
        best: tuple[int, Any] = 0, None
        lexicon = self.lexicon
        for names in (lexicon.professions, lexicon.outside, lexicon.meanings):
            length, named = longest_name(self.stems, position, names)
            if length == 1 and self.words[position] in self.refused:
                continue
            # « IFSI » says more than the name of the profession does.
            more = isinstance(named, Meaning) and named.profession and length == best[0]
            if length > best[0] or more:
                best = length, named
        return best

    def _share_at(self, position: int) -> Meaning | None:
        """Return the wish that « 50 % » says: part time, or full time."""
        if not self.words[position].isdigit():
            return None
        if not re.match(r"\s?(?:%|pour\s?cent)", self.text[self.tokens[position].end :]):
            return None
        name = "partiel" if int(self.words[position]) < 100 else "plein"
        return self.lexicon.meanings.get(key_of(f"temps {name}"))

    def _wish_across(self, position: int, length: int) -> int:
        end = position + length
        for start in range(position + 1, end):
            found, meaning = longest_name(self.stems, start, self.lexicon.meanings)
            if start + found > end:
                self._note(end, start + found - end, meaning)
                return start + found - end
        return 0

    def _note(self, position: int, length: int, named: Any) -> None:
        if isinstance(named, Meaning):
            if named not in self.meanings:
                self.meanings.append(named)
            if named.profession and named.profession not in self.professions:
                self.professions.append(named.profession)
            self._take(position, length, "wish", named.label)
            return
        choice = self.lexicon.choices.get(tuple(self.stems[position : position + length]))
        if choice and length == len(self.words):
            self.choices = choice.professions
        found = self.outside if named.startswith(OUTSIDE) else self.professions
        if named not in found:
            found.append(named)
        self._take(position, length, "profession", named)

    def _take_names_left(self) -> None:
        """Take the broad names, « éducateur », when no profession was named in full."""
        for position in range(len(self.words)):
            # « je suis infirmière, j’aimerais devenir cadre »
            aimed = position > 0 and self.words[position - 1] == "devenir"
            if self.taken[position] or ((self.professions or self.outside) and not aimed):
                continue
            length, choice = longest_name(self.stems, position, self.lexicon.choices)
            if length and not any(self.taken[position : position + length]):
                self.professions = list(choice.professions)
                self.choices = choice.professions if len(choice.professions) > 1 else ()
                self._take(position, length, "choice", self.words[position])
                self._school_of(position)

    def _take_place(self, least: int = 1) -> tuple[Place | None, tuple[Place, ...]]:
        if self.places is None:
            return None, ()
        found = where_in(self.tokens, self.taken, self.text, self.places, self.lexicon, least=least)
        if found is None or (found.place is None and least > 1):
            return None, ()
        label = found.place.name if found.place else self.words[found.start]
        self._take(found.start, found.end - found.start, "place", label)
        return found.place, found.namesakes

    def _take(self, position: int, length: int, kind: str, value: str) -> None:
        first = position
        # The empty words before go with it: « de nuit », « à Villeurbanne ».
        while first and not self.taken[first - 1] and self._is_empty(first - 1):
            first -= 1
        for number in range(first, position + length):
            self.taken[number] = self.taken[number] or ("empty" if number < position else kind)
        start, end = self.tokens[first].start, self.tokens[position + length - 1].end
        self.parts.append(Part(kind, value, start, end))

    def _is_empty(self, position: int) -> bool:
        word = self.words[position]
        return word in self.lexicon.stop_words and not _SENTENCE.intersection([word])
