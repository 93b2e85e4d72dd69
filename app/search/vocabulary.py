"""The vocabulary of care as the search uses it, computed once from the reference base in memory."""

from __future__ import annotations

import threading
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

from app.professions import queries as reference
from app.professions.enums import TermKind
from app.professions.queries import ProfessionEntry, SynonymGroup, Vocabulary
from app.search.reading import Lexicon, key_of, normalise, stem

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
AMBIGUOUS = frozenset({"as", "me", "es", "ap", "ma", "mm", "rs", "ass", "ets", "anim", "de", "ide"})
# Names so broad that they would hide most of what is looked for.
TOO_BROAD = frozenset({"surveillante", "surveillant", "faisant fonction", "pasa", "infirmier de"})
# A wish of its own when it comes with a profession: it is read apart.
QUALIFIERS = frozenset({"nuit", "jour", "domicile", "ehpad", "creche", "ecole", "esat"})
# Beyond the base's list: words around which nothing turns in a search for work.
EMPTY_WORDS = frozenset(
    {"auprès", "proche", "près", "environ", "région", "secteur", "contrat", "voudrais", "veux"}
    | {"souhaite", "aimerais", "suis", "travailler", "bosser", "bonjour", "svp", "merci", "m", "t"}
    # A question about a way: search/moves.py answers it, the listings answer its professions.
    | {"devenir", "évoluer", "évolution", "passer", "passerelle", "vers", "étant", "lorsque"}
    | {"tant", "après", "depuis", "reconversion"}
)


@dataclass(frozen=True)
class SearchWords:
    """What the search knows; built from one state of the reference base."""

    professions: tuple[ProfessionEntry, ...]
    vocabulary: Vocabulary
    terms: Mapping[str, Mapping[str, tuple[str, ...]]]
    close: Mapping[str, tuple[str, ...]]

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
        stop_words = self.vocabulary.stop_words
        return Lexicon(
            professions=self._profession_keys(),
            misspellings={
                key_of(typed): tuple(normalise(meant).split())
                for typed, meant in self.vocabulary.misspellings.items()
                if key_of(typed) != key_of(meant)
            },
            phrases=self._phrases(),
            stop_words=frozenset(
                word for text in (*stop_words, *EMPTY_WORDS) for word in normalise(text).split()
            ),
            ambiguous=AMBIGUOUS,
        )

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

    def _phrases(self) -> dict[tuple[str, ...], tuple[str, ...]]:
        found: dict[tuple[str, ...], tuple[str, ...]] = {}
        for group in self.vocabulary.synonyms:
            if group.kind in {"workplace", "public", "diploma"}:
                for key in _keys_of_phrases(group):
                    found.setdefault(key, tuple(normalise(group.canonical).split()))
        return found


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


def _keys_of_phrases(group: SynonymGroup) -> Iterable[tuple[str, ...]]:
    """Yield the names of several words: those of one word are synonyms of the engine."""
    canonical = key_of(group.canonical)
    return (key for key in map(key_of, group.terms) if len(key) > 1 and key != canonical)


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


def search_words() -> SearchWords:
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
