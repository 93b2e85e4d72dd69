"""From what a person types, or from an old address, to the professions it names."""

from __future__ import annotations

from difflib import SequenceMatcher

from app.professions.queries import ProfessionEntry, normalise, professions, vocabulary

MAX_LENGTH = 80
# Below, two words only share letters: "boulanger" and "soignant".
_ALIKE = 0.8
_CLOSE = 0.55
_CLOSEST = 4


def named(text: str) -> ProfessionEntry | None:
    """Return the one profession that has this name, or None when none or several have it."""
    meant = _meant(text)
    found = [entry for entry in professions() if meant and _rank(entry, meant) == 0]
    return found[0] if len(found) == 1 else None


def search_by_name(text: str) -> list[ProfessionEntry]:
    """Return the professions that answer to `text`, best first: names, beginnings, misspellings."""
    meant = _meant(text)
    ranks = ((_rank(entry, meant), entry) for entry in professions())
    found = [(rank, entry.position, entry) for rank, entry in ranks if rank is not None]
    if found:
        return [entry for _, _, entry in sorted(found, key=lambda each: each[:2])]
    return _alike(meant, _ALIKE)


def closest(text: str) -> list[ProfessionEntry]:
    """Return a few professions whose names look most like `text`, which names none of them."""
    return (search_by_name(text) or _alike(_meant(text), _CLOSE))[:_CLOSEST]


def _alike(meant: str, least: float) -> list[ProfessionEntry]:
    """Return the professions with a name that has most of its letters in common, best first."""
    scores = ((_likeness(entry, meant), entry) for entry in professions())
    kept = [(-score, entry.position, entry) for score, entry in scores if score >= least]
    return [entry for _, _, entry in sorted(kept, key=lambda each: each[:2])]


def _meant(text: str) -> str:
    """Return the words of a name as the base writes them: misspellings and stop words undone."""
    known = vocabulary()
    wrong = {normalise(typed): normalise(meant) for typed, meant in known.misspellings.items()}
    typed = normalise(text[:MAX_LENGTH])
    typed = wrong.get(typed) or " ".join(wrong.get(word, word) for word in typed.split())
    stop = {normalise(word) for word in known.stop_words}
    names = {name.normalised for entry in professions() for name in entry.names}
    if typed in names:
        return typed
    return " ".join(word for word in typed.split() if word not in stop) or typed


def _rank(entry: ProfessionEntry, meant: str) -> int | None:
    """Say how well a profession answers: 0 by its name, 3 by a name inside what is typed."""
    if not meant:
        return None
    if normalise(entry.slug) == meant:
        return 0
    ranks = {_rank_of_name(name.normalised, meant) for name in entry.names}
    return min((rank for rank in ranks if rank is not None), default=None)


def _rank_of_name(name: str, meant: str) -> int | None:
    if name == meant or name.replace(" ", "") == meant.replace(" ", ""):
        return 0
    if len(meant) < 3:
        return None
    if name.startswith(meant):
        return 1
    words = name.split()
    if all(any(word.startswith(part) for word in words) for part in meant.split()):
        return 2
    return 3 if len(name) > 3 and set(words) <= set(meant.split()) else None


def _likeness(entry: ProfessionEntry, meant: str) -> float:
    if not meant:
        return 0.0
    return max(SequenceMatcher(None, name.normalised, meant).ratio() for name in entry.names)
