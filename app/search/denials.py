"""Wishes that are said to be left or refused: « j’en peux plus de l’hôpital », « pas en EHPAD »."""

from __future__ import annotations

from collections.abc import Sequence

# Between the word that refuses and what is refused.
_LINKS = frozenset(
    {"de", "d", "du", "des", "la", "le", "les", "l", "en", "a", "au", "aux", "dans", "un", "une"}
    | {"travailler", "bosser", "faire", "chez", "avec", "trop", "ce", "cette", "mon", "ma"}
)
_REFUSES = frozenset(
    {"pas", "sans", "ni", "sauf", "hors", "jamais", "marre", "bol", "quitter", "quitte", "sors"}
    | {"sort", "sortir", "sortant", "sortie", "fini", "termine", "eviter"}
)
# « plus de » refuses after these only: « je veux plus d’heures » asks for more.
_NO_MORE = frozenset({"peux", "peut", "supporte", "envie", "ne", "n"})
# « je veux plus travailler de nuit »
_VERBS = frozenset({"travailler", "bosser", "faire"})
MOST_LINKS = 4


def is_denied(words: Sequence[str], position: int) -> bool:
    """Return whether the words before `position` refuse what comes there."""
    before = position - 1
    while before >= 0 and position - before <= MOST_LINKS and words[before] in _LINKS:
        before -= 1
    if before < 0:
        return False
    if words[before] == "plus":
        said = {*words[max(0, before - 3) : before], *_VERBS.intersection(words[before:position])}
        return not said.isdisjoint(_NO_MORE | _VERBS)
    return words[before] in _REFUSES
