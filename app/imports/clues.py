"""What the text of an offer says for certain of the workplace and of the schedule.

A clue counts when its words are there, are not denied, do not speak of something else (an
experience asked for, an advantage), and when nothing else in the text says otherwise. In doubt,
nothing is said: a missing fact costs less than a false one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from app.imports.texts import fold, join_initials

# Words of the vocabulary that mean something else too often in an offer.
_AMBIGUOUS = frozenset(
    fold(words)
    for words in [
        "115",
        "à son compte",
        "à son domicile",
        "accueil de jour",
        "accueil familial",
        "addictologie",
        "AED",
        "CAF",
        "cabinet libéral",
        "CARSAT",
        "CAT",
        "centre de santé",
        "CESU",
        "CH",
        "CHU",
        "clinique",
        "EA",
        "école",
        "École, collège, lycée",
        "emploi direct",
        "entreprise adaptée",
        "ESA",
        "EVS",
        "famille d’accueil",
        "FH",
        "GEM",
        "gré à gré",
        "halte de nuit",
        "hosto",
        "internat éducatif",
        "jardin d’enfants",
        "libéral",
        "mandataire",
        "maternelle",
        "milieu ouvert",
        "milieu protégé",
        "milieu scolaire",
        "MJC",
        "MNA",
        "MSP",
        "nounou agréée",
        "Particulier employeur",
        "PASA",
        "pédiatrie",
        "RAM",
        "résidence accueil",
        "santé mentale",
        "service polyvalent",
        "soins à domicile",
        "ULIS",
        "service social du travail",
        "équipe spécialisée Alzheimer",
    ]
)
# Written in capitals or not at all: « mas », « had », « fam » are words or pieces of words.
_SHORT_ACRONYM = re.compile(r"[A-Z]{2,3}")
_CAPITALS = re.compile(r"(?<!\w)[A-Z]{2,3}(?!\w)")
_EMPLOYER_CLUES = {
    "hopital": re.compile(r"^(?:ch|chu|chi|ght) |\bcentre hospitalier\b|\bhospice civil\b"),
    "clinique": re.compile(r"\b(?:poly)?clinique\b"),
}
# Places that are no clue but contradict one: « pour des EHPAD, cliniques et hôpitaux ».
_RIVALS = re.compile(r"\b(?:poly)?clinique\b|\bhopital\b|\bhopitaux\b|\betablissement de sante\b")
_OTHER_SUBJECT = frozenset(
    [
        "experience",
        "stage",
        "stagiaire",
        "formation",
        "partenaire",
        "client",
        "autre",
        "ancien",
        "proximite",
        "hors",
        "sans",
        "pas",
        "non",
        "ni",
        "connaissance",
        "place",
        "avantage",
        "reservation",
        "type",
    ]
)
_WINDOW_WORDS = 6
_WINDOW_CHARACTERS = 120

_DENIALS = frozenset({"pas", "sans", "hors", "aucun", "aucune", "jamais", "ni", "non", "zero"})
_DENIALS_AFTER = frozenset({"non", "libre", "exclu", "repos"})


@dataclass(frozen=True, slots=True)
class WorkplaceClues:
    """How the workplaces of the vocabulary are written: acronyms, and phrases by first word."""

    acronyms: Mapping[str, str]
    phrases: Mapping[str, tuple[tuple[tuple[str, ...], str], ...]]


def workplace_clues(terms: Iterable[tuple[str, Iterable[str]]]) -> WorkplaceClues:
    """Return the clues for (slug, labels) pairs, without the labels that mean something else."""
    acronyms: dict[str, str] = {}
    phrases: dict[str, list[tuple[tuple[str, ...], str]]] = {}
    for slug, labels in terms:
        for label in labels:
            folded = fold(label)
            if not folded or folded in _AMBIGUOUS:
                continue
            if _SHORT_ACRONYM.fullmatch(label):
                acronyms[label] = slug
            else:
                words = tuple(folded.split())
                phrases.setdefault(words[0], []).append((words, slug))
    return WorkplaceClues(acronyms, {word: tuple(held) for word, held in phrases.items()})


def read_workplace(
    clues: WorkplaceClues,
    *,
    title: str,
    employer: str,
    description: str,
    plausible: frozenset[str],
) -> str | None:
    """Return the slug of the only workplace the texts name, or None.

    The title decides alone. In the description a workplace must be one where the profession is
    exercised (`plausible`, empty when the profession is not known): « places en crèche » is an
    advantage offered to a nurse.
    """
    named = {slug for slug, _before in _mentions(clues, title)}
    if named:
        return named.pop() if len(named) == 1 else None
    inside = {slug for slug, before in _mentions(clues, description) if _on_subject(before)}
    named = {slug for slug in inside if not plausible or slug in plausible}
    named |= {slug for slug, _before in _mentions(clues, employer)}
    folded_employer = fold(employer)
    named |= {slug for slug, clue in _EMPLOYER_CLUES.items() if clue.search(folded_employer)}
    if len(named) != 1 or (inside and _RIVALS.search(fold(description))):
        return None
    return named.pop()


def _mentions(clues: WorkplaceClues, text: str) -> Iterator[tuple[str, list[str]]]:
    """Yield each workplace written in `text` with the few words before it in its sentence."""
    text = join_initials(text)
    for match in _CAPITALS.finditer(text):
        if slug := clues.acronyms.get(match.group()):
            before = fold(text[max(0, match.start() - _WINDOW_CHARACTERS) : match.start()])
            yield slug, _same_sentence(before.split())
    words = fold(text).split()
    for place, word in enumerate(words):
        for phrase, slug in clues.phrases.get(word, ()):
            if tuple(words[place : place + len(phrase)]) == phrase:
                yield slug, _same_sentence(words[max(0, place - _WINDOW_WORDS) : place])


def _same_sentence(words: list[str]) -> list[str]:
    words = words[-_WINDOW_WORDS:]
    while "." in words:
        words = words[words.index(".") + 1 :]
    return words


def _on_subject(before: list[str]) -> bool:
    return _OTHER_SUBJECT.isdisjoint(before)


# Labels that France Travail lets employers tick: « 35H/semaine\nTravail en journée ».
_TICKED = (
    ("travail le week end", "week-end"),
    ("travail les week end", "week-end"),
    ("travail le samedi", "week-end"),
    ("travail le dimanche", "week-end"),
    ("travail en horaire fractionne", "coupures"),
    ("travail en astreinte", "astreintes"),
)
_WORKING_TIMES = (("temps plein", "temps-plein"), ("temps partiel", "temps-partiel"))
# Référentiel « deplacementCode »: 1 never, 2 sometimes, 3 often, 4 every day.
_DAILY_TRIPS = "4"
_BOTH = re.compile(r"\bjour (?:et |ou )?(?:de )?nuit\b|\bnuit (?:et |ou )?(?:de )?jour\b")
_NIGHT_IN_TITLE = re.compile(r"(?<!halte de )\bnuit\b")
_DAY_IN_TITLE = re.compile(r"(?<!accueil )(?<!hopital )(?<!hospitalisation )\bde jour\b")
_NIGHT_IN_TEXT = re.compile(r"\b(?:travail|poste|horaire) de nuit\b")
_HOURS_WORD = r"(?:horaire|travail|poste|planning|roulement|intervention|semaine|journee)"
_TEXT_SCHEDULES = (
    (
        re.compile(
            r"\b(?:1|un) week ?end (?:de travail )?(?:travaille )?(?:sur )?"
            r"(?:[234]|deux|trois|quatre)\b"
        ),
        "week-end",
    ),
    (re.compile(r"\bweek ?end (?:de travail|travaille)\b"), "week-end"),
    (re.compile(r"\btravail(?:ler)? (?:le |un |certain )?week ?end\b"), "week-end"),
    (
        re.compile(
            r"\bhoraire (?:coupe|de coupure|en coupure|fractionne)\b"
            r"|\btravail en coupure\b"
        ),
        "coupures",
    ),
    (
        re.compile(
            r"\b(?:poste|journee|travail|roulement|horaire) (?:de|en) 12 ?h(?:eure)?\b"
            r"(?! (?:\d|a \d))"
        ),
        "douze-heures",
    ),
    (re.compile(rf"\b{_HOURS_WORD}\b(?: \w+){{0,4}} du lundi au vendredi\b"), "semaine"),
)
_NO_WEEKEND = re.compile(
    r"\b(?:pas de|sans|hors|aucun) (?:travail le )?week ?end\b"
    r"|\bweek ?end (?:non travaille|libre)\b"
)


def read_schedules(
    ticked: Iterable[str], *, title: str, description: str, working_time: str, travel: str
) -> list[str]:
    """Return the sorted slugs of the schedule: what was ticked, and what the texts say for certain.

    `working_time` is « Temps plein » or « Temps partiel », `travel` the code of the trips.
    """
    boxes = [fold(label) for label in ticked]
    text = fold(description)
    found = {slug for box in boxes for words, slug in _TICKED if words in box}
    found.update(slug for pattern, slug in _TEXT_SCHEDULES if _affirmed(pattern, text))
    if _NO_WEEKEND.search(text):
        found.add("semaine")
    if {"week-end", "semaine"} <= found:
        found.remove("semaine")
    found.update(_day_or_night(fold(title), boxes, text))
    found.update(slug for words, slug in _WORKING_TIMES if words in fold(working_time))
    if travel == _DAILY_TRIPS:
        found.add("itinerant")
    return sorted(found)


def _day_or_night(title: str, boxes: list[str], text: str) -> set[str]:
    """The title decides, then the boxes (« en journée » is ticked by habit), then the text."""
    if _BOTH.search(title):
        return {"alternance-jour-nuit"}
    if _NIGHT_IN_TITLE.search(title):
        return {"nuit"}
    if _DAY_IN_TITLE.search(title):
        return {"jour"}
    day = any("travail en journee" in box for box in boxes)
    night = any("travail de nuit" in box for box in boxes)
    if day and night:
        return {"alternance-jour-nuit"}
    if day or night:
        return {"jour" if day else "nuit"}
    return {"nuit"} if _affirmed(_NIGHT_IN_TEXT, text) else set()


def _affirmed(pattern: re.Pattern[str], folded: str) -> bool:
    return any(not _denied(folded, match) for match in pattern.finditer(folded))


def _denied(folded: str, match: re.Match[str]) -> bool:
    before = folded[max(0, match.start() - 60) : match.start()].rpartition(" . ")[2].split()[-3:]
    after = folded[match.end() : match.end() + 40].partition(" . ")[0].split()[:2]
    return not _DENIALS.isdisjoint(before) or not _DENIALS_AFTER.isdisjoint(after)
