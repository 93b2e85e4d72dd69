"""The vocabulary of care as the search uses it, computed once from the reference base in memory."""

from __future__ import annotations

import threading
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

from app.geography.queries import PLACES
from app.listings.enums import KIND_LABELS_PLURAL, Kind
from app.professions import queries as reference
from app.professions.enums import TermKind
from app.professions.queries import ProfessionEntry, Vocabulary
from app.search import decisions
from app.search.decisions import Decision
from app.search.enums import WordKind
from app.search.hearing import Names
from app.search.reading import Choice, Lexicon, Meaning, key_of, normalise, stem
from app.search.spelling import Speller

# Parameter of the address -> list of the vocabulary.
_PARAM_TERMS = {
    "contrat": TermKind.CONTRACT,
    "etablissement": TermKind.WORKPLACE,
    "public": TermKind.PUBLIC,
    "horaires": TermKind.SCHEDULE,
}
# The value of a facet about which a listing says nothing, though listings of its kind can.
UNSAID = "non-renseigne"
# Acronyms that an ordinary sentence holds: each was found in questions as people type them.
AMBIGUOUS = frozenset(
    {"as", "me", "es", "ap", "ma", "mm", "rs", "ass", "ets", "anim", "de", "ide"}
    | {"pa", "ch", "we", "tp", "sap", "sad", "had", "fam", "cat", "ted", "hp", "mas", "mam", "pec"}
)
# Names so broad that they would hide most of what is looked for.
TOO_BROAD = frozenset({"surveillante", "surveillant", "faisant fonction", "pasa", "infirmier de"})
# A wish of its own when it comes with a profession: it is read apart.
QUALIFIERS = frozenset({"nuit", "jour", "domicile", "ehpad", "creche", "ecole", "esat"})
# Beyond the base's lists: a question about a way, that search/moves.py answers.
EMPTY_WORDS = frozenset({"passer", "vers", "reconversion"})
# Other names of terms that mean something else too often: a profession, a person, a mission.
_VAGUE_TERMS = frozenset(
    {"mission", "psy", "parents", "familles", "scolaire", "véhicule", "permis B", "permanent"}
    | {"étudiant", "insertion", "libéral", "mandataire", "coupé", "tournant", "CESU", "ESA", "CH"}
    | {"nounou agréée", "à son domicile", "famille d’accueil", "accueil familial", "CHU", "115"}
    | {"aide à domicile prestataire", "service social du travail", "EA", "FH", "GEM", "RSA", "EVS"}
    | {"éducateur de rue", "alternance", "indépendant", "roulement", "midi et soir", "MNA", "RAM"}
    | {"bébés", "stage découverte", "immersion", "scolaire", "tutelle", "CAF", "MSP", "CAT"}
)
# Towns of the territory whose name is put right.
SPELT_TOWN = 5_000
# Words that look like a known one and are another.
NEVER_CORRECTED = frozenset(
    {"infirmerie", "psychologie", "psychiatre", "accompagnement", "accompagnements", "ateliers"}
    | {"accompagner", "soigner", "educatif", "animer", "gardien", "gardienne", "garder", "social"}
    | {"services", "aidant", "aidante", "auxiliaires", "medical", "medicaux", "assistance"}
    | {
        "toilette",
        "toilettes",
        "direction",
        "moniteurs",
        "cadrer",
        "familial",
        "domestique",
        "personnel",
        "infirme",
    }
)
# Curated words beat the terms of the base; the facets whose terms are read.
_READ_TERMS = ("workplace", "public", "contract", "schedule")


@dataclass(frozen=True)
class SearchWords:
    """What the search knows; built from one state of the reference base."""

    professions: tuple[ProfessionEntry, ...]
    vocabulary: Vocabulary
    terms: Mapping[str, Mapping[str, tuple[str, ...]]]
    close: Mapping[str, tuple[str, ...]]
    # What the team decided of words since, laid over what takes seconds to build.
    decided: tuple[Decision, ...] = ()
    base: SearchWords | None = None

    def deciding(self, *decided: Decision) -> SearchWords:
        """Return these words with decisions laid over those that are there."""
        return replace(self, decided=(*self.decided, *decided), base=self.base or self)

    @cached_property
    def by_slug(self) -> dict[str, ProfessionEntry]:
        """Professions by slug."""
        return {entry.slug: entry for entry in self.professions}

    @cached_property
    def by_id(self) -> dict[int, ProfessionEntry]:
        """Professions by the id of their row."""
        return {entry.id: entry for entry in self.professions}

    @cached_property
    def profession_names(self) -> dict[str, list[str]]:
        """Slug -> every name of the profession, feminine and masculine first."""
        found = {}
        for entry in self.professions:
            names = [entry.label_feminine, entry.label_masculine, *(n.name for n in entry.names)]
            found[entry.slug] = [name for name in dict.fromkeys(names) if _is_plain(name, entry)]
        return found

    @cached_property
    def lexicon(self) -> Lexicon:
        """What reading needs."""
        if self.base is not None:
            return self._decided_lexicon(self.base.lexicon)
        known = self.vocabulary
        professions, outside = self._profession_keys(), self._outside_keys()
        meanings = self._meaning_keys()
        choices = {
            key_of(term): Choice(tuple(row["professions"]), row["sure"])
            for row in known.choices
            for term in row["terms"]
        }
        misspellings = {
            key_of(typed): tuple(normalise(meant).split())
            for typed, meant in known.misspellings.items()
            if key_of(typed) != key_of(meant)
        }
        stop_words = frozenset(
            word
            for text in (*known.stop_words, *known.empty_words, *EMPTY_WORDS)
            for word in normalise(text).split()
        )
        speller = self._speller(stop_words)
        everything = {**meanings, **outside, **professions}
        spoken = [tuple(normalise(name).split()) for name in self._spoken()]
        return Lexicon(
            professions=professions,
            outside=outside,
            choices=choices,
            meanings=meanings,
            misspellings=misspellings,
            stop_words=stop_words,
            ambiguous=AMBIGUOUS,
            speller=speller,
            names=Names(everything, spoken, speller.known, stop_words),
            first_words=frozenset(key[0] for key in (*professions, *outside, *meanings, *choices)),
        )

    @cached_property
    def meanings(self) -> tuple[Meaning, ...]:
        """Every wish that words may tell, each once."""
        return tuple(dict.fromkeys(self.lexicon.meanings.values()))

    @cached_property
    def answers(self) -> dict[tuple[str, str], tuple[str, ...]]:
        """Facet and value -> marks of the wishes that it answers."""
        found: dict[tuple[str, str], set[str]] = {}
        for meaning in self.meanings:
            for facet in meaning.facets:
                found.setdefault(facet, set()).add(meaning.mark)
        return {facet: tuple(sorted(marks)) for facet, marks in found.items()}

    @cached_property
    def publics_of_workplaces(self) -> dict[str, tuple[str, ...]]:
        """Workplace -> the publics met there."""
        return {term.slug: tuple(term.data["publics"]) for term in reference.terms("workplace")}

    @cached_property
    def outside_labels(self) -> dict[str, str]:
        """Slug -> name of the professions that the base does not describe."""
        return {row["slug"]: row["label"] for row in self.vocabulary.outside}

    @cached_property
    def synonyms(self) -> dict[str, list[str]]:
        """Synonyms of the engine: one typed word -> what it also means. Professions are read."""
        found: dict[str, list[str]] = {}
        for group in self.vocabulary.synonyms:
            if group.kind == "profession":
                continue
            words = normalise(group.canonical).split()
            canonical = " ".join(word for word in words if word not in self.lexicon.stop_words)
            for term in group.terms:
                word = normalise(term)
                if word and " " not in word and word != canonical and len(word) > 1:
                    found.setdefault(word, []).append(canonical)
        return {word: sorted(set(meant)) for word, meant in sorted(found.items())}

    @cached_property
    def proposed(self) -> dict[str, list[str]]:
        """Slug -> the words for which the team has the profession proposed to who types them."""
        found: dict[str, list[str]] = {}
        for one in self.decided:
            if one.kind != WordKind.MISSPELLING and one.target in self.by_slug:
                found.setdefault(one.target, []).append(one.word)
        return found

    def _decided_lexicon(self, known: Lexicon) -> Lexicon:
        """Return a lexicon with the decisions of the team; names of the base come first."""
        names: dict[tuple[str, ...], str] = {}
        misspellings: dict[tuple[str, ...], tuple[str, ...]] = {}
        for one in self.decided:
            if one.kind == WordKind.MISSPELLING:
                misspellings[key_of(one.word)] = tuple(one.target.split())
            elif one.kind == WordKind.SYNONYM and one.target in self.by_slug:
                for key in _keys(one.word, self.vocabulary.stop_words):
                    names.setdefault(key, one.target)
                # Its words are words now: none is put right any more.
                for word in one.word.split():
                    if known.speller.corrected(word):
                        misspellings.setdefault(key_of(word), (word,))
        return replace(
            known,
            professions={**names, **known.professions},
            misspellings={**known.misspellings, **misspellings},
            first_words=known.first_words | {key[0] for key in names},
        )

    def _profession_keys(self) -> dict[tuple[str, ...], str]:
        # The first profession to claim a name keeps it: labels, the words people type, the rest.
        claims = [(name, entry) for entry in self.professions for name in _labels(entry)]
        for group in self.vocabulary.synonyms:
            entry = self.by_slug.get(group.profession or "")
            if group.kind == "profession" and entry and _is_plain(group.canonical, entry):
                claims += [(name, entry) for name in (group.canonical, *group.terms)]
        for entry in self.professions:
            claims += [(name, entry) for name in self.profession_names[entry.slug]]
        found: dict[tuple[str, ...], str] = {}
        for name, entry in claims:
            if _is_plain(name, entry):
                for key in _keys(name, self.vocabulary.stop_words):
                    found.setdefault(key, entry.slug)
        return found

    def _outside_keys(self) -> dict[tuple[str, ...], str]:
        return {
            key_of(term): row["slug"] for row in self.vocabulary.outside for term in row["terms"]
        }

    def _meaning_keys(self) -> dict[tuple[str, ...], Meaning]:
        """What the words tell: those written for people first, then the terms and their names."""
        found: dict[tuple[str, ...], Meaning] = {}
        for row in self.vocabulary.meanings:
            facets = tuple(_facet(written) for written in row["facets"])
            label = row.get("label") or self._facet_label(*facets[0])
            meaning = Meaning(label, facets, row.get("profession"))
            for term in row["terms"]:
                found.setdefault(key_of(term), meaning)
        for kind in _READ_TERMS:
            for entry in reference.terms(kind):
                meaning = Meaning(entry.label, ((kind, entry.slug),))
                names = [name for name in entry.alt_labels if name not in _VAGUE_TERMS]
                for name in (entry.label, *names):
                    found.setdefault(key_of(name), meaning)
        return {key: meaning for key, meaning in found.items() if key}

    def _facet_label(self, name: str, value: str) -> str:
        if name == "kind":
            return str(KIND_LABELS_PLURAL[Kind(value)])
        return reference.term_label(name, value)

    def _spoken(self) -> list[str]:
        """Return every name of a profession or of a wish."""
        known = self.vocabulary
        found = [name for names in self.profession_names.values() for name in names]
        found += [label for entry in self.professions for label in _labels(entry)]
        found += [term for group in known.synonyms for term in group.terms]
        found += [term for row in (*known.outside, *known.meanings) for term in row["terms"]]
        return found + [
            name for terms in self.terms.values() for names in terms.values() for name in names
        ]

    def _speller(self, stop_words: Collection[str]) -> Speller:
        """Words of professions and wishes, and the towns of the territory."""
        known = self.vocabulary
        written = {tuple(normalise(name).split()) for name in self._spoken()}
        towns = {
            place.search_name
            for place in PLACES.get().ranked
            if place.in_territory and place.population >= SPELT_TOWN
        }
        return Speller(
            {word for words in written for word in words}
            | {word for name in towns for word in name.split()}
            | {word for meant in known.misspellings.values() for word in normalise(meant).split()}
            | set(stop_words)
            | NEVER_CORRECTED,
            {
                "".join(words): words
                for words in written
                if len(words) > 1 and len("".join(words)) > 7
            },
        )


def _facet(written: str) -> tuple[str, str]:
    name, _slash, value = written.partition("/")
    return name, value


def _labels(entry: ProfessionEntry) -> Iterable[str]:
    return entry.label_feminine, entry.label_masculine, entry.label


def _is_plain(name: str, entry: ProfessionEntry) -> bool:
    """Return whether a name says the profession only, not a wish as « infirmière de nuit » does."""
    own = {word for label in _labels(entry) for word in key_of(label)}
    return QUALIFIERS.intersection(key_of(name)) <= own


def _keys(name: str, stop_words: Iterable[str]) -> Iterable[tuple[str, ...]]:
    """Yield the name as it is, then without its empty words: « auxiliaire vie »."""
    key = key_of(name)
    if not key or normalise(name) in TOO_BROAD:
        return
    yield key
    empty = {stem(normalise(word)) for word in stop_words}
    short = tuple(word for word in key if word not in empty)
    if len(short) > 1 and short != key:
        yield short


def _build() -> SearchWords:
    terms = {
        str(kind): {entry.slug: (entry.label, *entry.alt_labels) for entry in reference.terms(kind)}
        for kind in _PARAM_TERMS.values()
    }
    professions = reference.professions()
    close: dict[str, list[str]] = {entry.slug: [] for entry in professions}
    for edge in reference.mobility_edges():
        close[edge.from_slug].append(edge.to_slug)
        close[edge.to_slug].append(edge.from_slug)
    for entry in professions:
        close[entry.slug] += [
            other.slug
            for other in professions
            if other.sector == entry.sector and other.slug != entry.slug
        ]
    return SearchWords(
        professions=professions,
        vocabulary=reference.vocabulary(),
        terms=terms,
        close={slug: tuple(dict.fromkeys(others)) for slug, others in close.items()},
    )


_lock = threading.Lock()
_kept: SearchWords | None = None
_decided: SearchWords | None = None


def search_words() -> SearchWords:
    """Return the words of the reference base, with what the team decided of others."""
    global _decided
    words, decided = reference_words(), decisions.in_force()
    if not decided:
        return words
    kept = _decided
    if kept is None or kept.base is not words or kept.decided != decided:
        kept = _decided = words.deciding(*decided)
    return kept


def reference_words() -> SearchWords:
    """Return the words of the reference base now in the database."""
    global _kept
    kept = _kept
    # The reference base gives the same object back as long as it has not been loaded again.
    if kept is not None and kept.professions is reference.professions():
        return kept
    with _lock:
        _kept = _build()
        return _kept


def known_values(param: str) -> Collection[str]:
    """Return the values that a parameter of the address may take."""
    words = search_words()
    if param == "metier":
        return words.by_slug.keys()
    return words.terms[_PARAM_TERMS[param]].keys() | {UNSAID}
