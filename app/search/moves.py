"""Questions about a way rather than a place: « devenir infirmière quand on est aide-soignante ».

A question names professions; the words before each tell whether one leaves it or goes there. The
answer is a page of the site shown above the listings: it hides none, and asks nothing of anyone.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from urllib.parse import urlencode

from app.search.naming import corrected, longest
from app.search.reading import MAX_TOKENS, Lexicon, normalise

BEGINNER = "debutant"

_GOES = frozenset({"devenir", "deviens", "devienne", "devenant", "vers", "viser"})
_LEAVES = frozenset(
    {"suis", "etant", "apres", "depuis", "ancien", "ancienne", "comme", "quitter", "tant", "actuel"}
    | {"actuellement", "actuelle", "bosse", "travaille", "exerce", "titulaire", "partir"}
)
# « est » is somebody's state unless the sentence asks about the profession itself.
_IS = frozenset({"est", "etre"})
_PEOPLE = frozenset({"on", "je", "elle", "il", "nous", "qui"})
# What one has is what one leaves: « j’ai le diplôme d’aide-soignante ».
_HOLDS = frozenset({"ai", "avec", "avoir", "ayant", "possede"})
_WITHOUT = frozenset({"sans", "pas", "ni"})
# « le diplôme d’infirmière » names what one prepares.
_PREPARES = frozenset(
    {"diplome", "concours", "formation", "ecole", "etude", "etudes", "titre", "vae", "preparer"}
    | {"ifas", "ifsi", "formations"}
)
_OF = frozenset({"de", "d", "du"})
_TO = frozenset({"a", "au"})
# Verbs and nouns of a move: with one of them, two professions in a row are a way.
_MOVES = frozenset(
    {"passer", "passe", "passerelle", "passerelles", "evoluer", "evolution", "evolutions"}
    | {"reconversion", "reconvertir", "changer", "promotion", "monter", "progresser", "parcours"}
    | {"transition", "mobilite", "debouches", "debouche", "devenir", "quitter", "poursuivre"}
)
_BEGINS = re.compile(r"\b(?:debutante?s?|sans (?:aucun )?(?:diplome|experience)|de zero)\b")
# Acronyms that are also words are read as professions after these.
_BEFORE_ACRONYM = frozenset({"devenir", "vers", "est", "suis", "etant"})
_NEVER = frozenset({"ma", "de", "mm"})


@dataclass(frozen=True, slots=True)
class Move:
    """What is asked: a way from a profession, to one, or both; or a profession itself."""

    start: str | None = None
    target: str | None = None
    profession: str | None = None

    @property
    def url(self) -> str:
        """Return the address of the page that answers."""
        if self.profession:
            return f"/metiers/{self.profession}"
        given = {"de": self.start or BEGINNER, "vers": self.target}
        return f"/evoluer?{urlencode({name: slug for name, slug in given.items() if slug})}"


@dataclass(frozen=True, slots=True)
class _Named:
    slug: str
    before: tuple[str, ...]
    role: str = ""


def read_move(text: str, lexicon: Lexicon) -> Move | None:
    """Return what `text` asks beyond listings, or None: most searches ask for listings only."""
    words = corrected(normalise(text).split()[:MAX_TOKENS], lexicon)
    named, after = _named(words, lexicon)
    if len(named) == 1 and not named[0].before and not after:
        return Move(profession=named[0].slug)
    moves = _from_one_to_other(named) or not _MOVES.isdisjoint(_around(named, after))
    roles = [replace(one, role=_role(one.before, moves)) for one in named]
    roles = [one for one in roles if one.role != "without"]
    begins = bool(_BEGINS.search(normalise(text)))
    return _settled(roles, moves=moves, begins=begins, after=after)


def _from_one_to_other(named: list[_Named]) -> bool:
    """Return whether two professions are said « d’ASH à aide-soignante »."""
    if len(named) != 2 or not named[0].before:
        return False
    between = named[1].before
    return named[0].before[-1] in _OF and bool(between) and between[0] in {*_TO, "vers"}


def _settled(
    named: list[_Named], *, moves: bool, begins: bool, after: tuple[str, ...]
) -> Move | None:
    """Return the way that the roles tell, when they tell exactly one."""
    starts = [one.slug for one in named if one.role == "start"]
    targets = [one.slug for one in named if one.role == "target"]
    others = [one.slug for one in named if not one.role]
    if len(named) == 2 and len(others) == 1:
        # One of them is told: the other is the other end.
        (starts if targets else targets).extend(others)
    elif len(named) == 2 and len(others) == 2 and moves:
        starts, targets = others[:1], others[1:]
    elif len(named) == 1 and others and moves:
        # « évoluer auxiliaire de vie »; « aide-soignante passerelle ».
        starts = others
    if len(starts) > 1 or len(targets) > 1 or starts == targets:
        return None
    if targets and starts:
        return Move(start=starts[0], target=targets[0])
    if targets:
        return Move(target=targets[0]) if moves or begins else None
    if starts and (moves or "apres" in (*named[0].before, *after)):
        return Move(start=starts[0])
    return None


def _role(before: tuple[str, ...], moves: bool) -> str:
    """Return "start", "target", "without" or "" from the words before a profession.

    The nearest word that says something wins; « de » waits for the noun it belongs to.
    """
    of = False
    for position in range(len(before) - 1, -1, -1):
        word, earlier = before[position], before[:position]
        told = _said_of_person(word, earlier, of=of)
        if not told and (word in _GOES or (word in _TO and moves)):
            told = "target"
        if not told and word in _PREPARES:
            told = "target" if _HOLDS.isdisjoint(earlier) else "start"
        if told:
            return told
        if word in _MOVES:
            return "start" if of or word.startswith("evol") else ""
        of = of or word in _OF
    return "start" if of and moves else ""


def _said_of_person(word: str, earlier: tuple[str, ...], *, of: bool) -> str:
    """Return the role told by a word about who asks: « je suis », « avec le diplôme de »."""
    if word not in _LEAVES and word not in _IS:
        return "start" if word in _HOLDS and (of or word == "avec") else ""
    if not _WITHOUT.isdisjoint(earlier[-3:]):
        return "without"
    return "start" if word in _LEAVES or not _PEOPLE.isdisjoint(earlier[-3:]) else "target"


def _named(words: list[str], lexicon: Lexicon) -> tuple[list[_Named], tuple[str, ...]]:
    """Return the professions in the order of the words, each with the words before it."""
    named: list[_Named] = []
    before: list[str] = []
    position = 0
    while position < len(words):
        length, slug = longest(words, position, lexicon.professions)
        if length == 1 and not _is_acronym(words, position, lexicon):
            length = 0
        if not length:
            before.append(words[position])
        elif named and named[-1].slug == slug and not before:
            pass
        else:
            named.append(_Named(slug, tuple(before)))
            before = []
        position += length or 1
    return named, tuple(before)


def _is_acronym(words: list[str], position: int, lexicon: Lexicon) -> bool:
    """Return whether an acronym that may be a word stands where a profession does."""
    word = words[position]
    if word not in lexicon.ambiguous:
        return True
    if word in _NEVER:
        return False
    last = words[position - 1] if position else ""
    if len(words) == 1 or last in _BEFORE_ACRONYM:
        return True
    # « passer d’AS à IDE », « reconversion AS »
    return last in _OF | _TO | _MOVES and not _MOVES.isdisjoint(words) and word != "me"


def _around(named: list[_Named], after: tuple[str, ...]) -> set[str]:
    return {word for one in named for word in one.before} | set(after)
