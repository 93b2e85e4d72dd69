"""The place said in the words of a search: « as nuit villeurbanne », « à côté de Givors ».

Communes are called Vaux, Cours or La Garde: a name that is also a word is a place only after « à »
or « près de », or near home when it is written with a capital. A name of several communes is not
guessed: all are given, and the page asks.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from app.geography.queries.index import Place, PlaceIndex
from app.geography.queries.names import normalise
from app.search.words import Token, key_of

if TYPE_CHECKING:
    from app.search.reading import Lexicon

_AROUND = ("près de", "à côté de", "proche de", "pas loin de", "pas trop loin de", "autour de")
_HERE = ("chez moi", "moi", "mon domicile", "la maison", "chez nous", "mon quartier", "ma ville")
_INSIDE = (
    "mon quartier",
    "mon coin",
    "le coin",
    "ma ville",
    "ma commune",
    "ma région",
    "mon secteur",
)
NEAR_ME = {
    **{key_of(f"{around} {here}"): True for around in _AROUND for here in _HERE},
    **{key_of(f"dans {inside}"): True for inside in _INSIDE},
    **{key_of(said): True for said in ("près d’ici", "dans le quartier", "chez moi")},
}
LONGEST_NAME = 7
MAX_NAMESAKES = 6
# Away from home, a smaller commune is a place only after a word that says so.
KNOWN_TOWN = 10_000
# A question of so few words is not a sentence.
FEW_WORDS = 4
# Before the name of a place, in this order of the words.
_SAYS_WHERE = frozenset(
    {"a", "au", "aux", "vers", "pres", "proche", "autour", "cote", "secteur", "sur", "ville"}
    | {"commune", "region", "environ", "alentours", "proximite", "environs", "dans", "entre"}
    | {"arrondissement", "habite", "quartier", "depuis"}
)
_LINKS = frozenset({"de", "d", "du", "des", "la", "le", "les", "l", "en"})
# Names of communes that are words of a sentence, or of care, beyond those of the lexicon.
_ORDINARY = frozenset(
    {"tours", "sens", "cours", "loire", "treves", "halles", "haies", "anse", "orange", "nice"}
    | {"rue", "vie", "job", "mer", "bourg", "ville", "fort", "bon", "bonne", "sage", "calme"}
    | {"saint", "sainte", "saints", "la", "le", "les", "val", "mont", "moire", "longes", "porte"}
    | {"pays", "pont", "plan", "port", "roche", "croix", "chapelle", "garde", "ferme", "grand"}
    | {"vaux", "us", "y", "eu", "die", "vif", "gap", "lens", "bains", "aide", "bois", "fontaine"}
    | {"aime", "agen", "creil", "vire", "mers", "ham", "melle", "aires", "aire", "dole", "riom"}
    # « à cause de », « au cours de », « sur le terrain »: after the very words that tell a place.
    | {"cause", "celle", "celles", "cesse", "change", "charme", "chemin", "confort", "contre"}
    | {"corps", "couches", "courant", "cultures", "dangers", "demie", "fete", "force", "four"}
    | {"frais", "fins", "lever", "ligne", "linge", "louer", "luxe", "machine", "maire", "mesures"}
    | {"mur", "murs", "nages", "passage", "plans", "quarante", "quartier", "racines", "route"}
    | {"routes", "salle", "salles", "seuil", "signes", "simple", "table", "tache", "terme"}
    | {"termes", "terrasse", "tour", "trait", "vallee", "vue", "vues", "campagne", "chambre"}
    | {"chateau", "montagne", "parc", "riviere", "bras", "bord", "bords", "hotellerie", "cours"}
    | {"civray", "brie", "autun", "cognac", "condom", "lit", "nuits", "joue", "joues", "bray"}
)
# Towns that people mean whenever they type them, though they are words.
_TOWNS = frozenset({"tours", "nice", "orange", "sens", "lens", "gap", "agen", "creil", "dole"})
_POSTAL_CODE = re.compile(r"\d{5}\Z")
_NUMBER = re.compile(r"0?\d{1,2}(?:er|e|eme|ieme)?\Z")


class Where(NamedTuple):
    """Tokens `start` to `end` name `place`, or one of `namesakes`."""

    place: Place | None
    namesakes: tuple[Place, ...]
    start: int
    end: int


def where_in(
    tokens: Sequence[Token],
    taken: Sequence[str],
    text: str,
    places: PlaceIndex,
    lexicon: Lexicon,
    *,
    least: int = 1,
) -> Where | None:
    """Return the first place that the tokens left name for certain, else the first in doubt.

    `least`: shortest name looked for, in words.
    """
    doubt: Where | None = None
    for start in range(len(tokens)):
        if taken[start]:
            continue
        if _POSTAL_CODE.match(tokens[start].word):
            if least == 1 and (place := _coded(places, tokens[start].word)):
                return Where(place, (), start, start + 1)
            continue
        found = _named_at(start, tokens, taken, text, places, lexicon, least=least)
        if found and found.place:
            return found
        doubt = doubt or found
    return doubt


def _coded(places: PlaceIndex, code: str) -> Place | None:
    """Return the place of a postal code: neighbours share one, and the largest stands for all."""
    return places.find(code) or next(iter(places.coded(code)), None)


def _named_at(
    start: int,
    tokens: Sequence[Token],
    taken: Sequence[str],
    text: str,
    places: PlaceIndex,
    lexicon: Lexicon,
    *,
    least: int,
) -> Where | None:
    free = start
    while free < min(len(tokens), start + LONGEST_NAME) and not taken[free]:
        free += 1
    told = _is_told(start, tokens)
    for end in range(free, start + least - 1, -1):
        name = normalise(" ".join(token.word for token in tokens[start:end]))
        namesakes = places.namesakes(name)
        if not namesakes:
            continue
        place = _near_home(namesakes, places) or places.find(name)
        alone = end - start == len(tokens)
        capital = text[tokens[start].start].isupper() and not text.isupper()
        # « ergothérapeute tours »: what comes last in a few words.
        ends = end == len(tokens) <= FEW_WORDS and start > 0
        if ends and name in _TOWNS:
            return Where(place, (), start, end)
        if not _is_place(name, place or namesakes[0], lexicon, told=told or alone, capital=capital):
            continue
        if place:
            return _completed(place, name, start, end, tokens, places)
        if told or alone or " " in name:
            return Where(None, tuple(places.suggest(name, MAX_NAMESAKES)), start, end)
    return None


def _near_home(namesakes: Sequence[Place], places: PlaceIndex) -> Place | None:
    """Return the one of the namesakes that is near home, when the territory has none."""
    if any(place.in_territory for place in namesakes):
        return None
    near = [place for place in namesakes if place.department_code in places.home_departments]
    return near[0] if len(near) == 1 else None


def _is_told(start: int, tokens: Sequence[Token]) -> bool:
    """Return whether the words before say that a place comes."""
    before = start - 1
    while before >= 0 and tokens[before].word in _LINKS and start - before < 3:
        if tokens[before].word == "en":
            return True
        before -= 1
    return before >= 0 and tokens[before].word in _SAYS_WHERE


def _is_place(name: str, place: Place, lexicon: Lexicon, *, told: bool, capital: bool) -> bool:
    words = name.split()
    if len(name) < 3 and not capital:
        return False
    ordinary = all(
        word in _ORDINARY or word in lexicon.stop_words or (word,) in lexicon.meanings
        for word in words
    )
    if ordinary:
        return (told and (capital or name in _TOWNS)) or (
            len(words) == 1 and name in _TOWNS and capital
        )
    if key_of(name)[0] in lexicon.first_words and len(words) == 1:
        return told and capital
    return told or place.in_territory or len(words) > 1 or place.population >= KNOWN_TOWN


def _completed(
    place: Place, name: str, start: int, end: int, tokens: Sequence[Token], places: PlaceIndex
) -> Where:
    """Add the arrondissement or the postal code that follows: « lyon 8 », « bron 69500 »."""
    if end < len(tokens):
        after = tokens[end].word
        if after.startswith("arrondis"):
            return Where(place, (), start, end + 1)
        if _POSTAL_CODE.match(after):
            return Where(places.find(f"{name} {after}") or place, (), start, end + 1)
        if place.code in places.arrondissements and _NUMBER.match(after):
            part = places.find(f"{name} {after}")
            if part and part.parent_code == place.code:
                following = tokens[end + 1].word if end + 1 < len(tokens) else ""
                more = following in {"e", "er", "eme"} or following.startswith("arrond")
                return Where(part, (), start, end + (2 if more else 1))
    if start and _POSTAL_CODE.match(tokens[start - 1].word):
        return Where(place, (), start - 1, end)
    return Where(place, (), start, end)
