"""Actions of training of LHEO 2.3, made listings of ours.

`map_action` is pure: it states what the action states; what is absent, unknown or absurd stays
empty. A date that cannot exist sets the action aside: a wrong date costs a person her year.
"""

from __future__ import annotations

import datetime as dt
import re
from decimal import Decimal
from functools import lru_cache
from typing import Any

from app.core.clock import end_of_paris_day, paris_instant
from app.imports.labels import one_line, read_euros, shorten
from app.imports.lheo_rules import Node
from app.imports.lheo_xml import Action, source_id_of
from app.imports.mapped import (
    ADDRESS_MAX,
    CONTACT_MAX,
    DURATION_LABEL_MAX,
    EMPLOYER_MAX,
    TITLE_MAX,
    Mapped,
    Rejected,
    Result,
    Skipped,
    content_hash,
    find_commune,
    located,
    safe_url,
)
from app.imports.reference import DiplomaRef, OrganisationRef, ProfessionRef, Reference
from app.imports.texts import fold, plain_text
from app.listings.enums import DiplomaNeed, Kind, Modality
from app.organisations.validators import is_siret

SOURCE = "lheo"
# Raise it when the mapping changes: actions already imported are then mapped again.
MAPPING_VERSION = 2

_NOTHING = frozenset({"", "-", "--", ".", "néant", "neant", "sans objet", "non renseigné", "nc"})
_OPENING_HOUR = dt.time(9)
# How LHEO writes « no date »: entries at any time, no end.
_NO_DATE = frozenset({"00000000", "99999999"})
_YEARS = range(2000, 2100)
_CLOSED = "2"
_MODALITIES = {"0": Modality.ON_SITE, "1": Modality.MIXED, "2": Modality.REMOTE}
# Funders that are one of ours for certain, among those of LHEO.
_FUNDERS = {"2": "region", "4": "france-travail", "5": "plan-employeur"}
_LEVELS = {
    "4": "CAP, BEP (niveau 3)",
    "5": "bac (niveau 4)",
    "6": "bac +2 (niveau 5)",
    "7": "bac +3 ou +4 (niveau 6)",
    "8": "bac +5 ou plus (niveaux 7 et 8)",
    "13": "CAP, BEP (niveau 3)",
    "14": "bac (niveau 4)",
    "15": "bac +2 (niveau 5)",
    "16": "bac +3 ou +4 (niveau 6)",
    "17": "bac +5 (niveau 7)",
    "18": "doctorat (niveau 8)",
}
_PARTS = (
    ("Objectif", "objectif-formation"),
    ("Contenu", "contenu-formation"),
    ("Résultats attendus", "resultats-attendus"),
)
_FREE = re.compile(r"^(?:aucuns?|gratuit|neant|pas de frais|0)\b")
_HOURS_MAX = 10_000
_CAPACITY_MAX = 10_000
_SESSIONS_MAX = 100


class _BadDate(ValueError):
    """A date that does not exist."""


def map_action(raw: Any, reference: Reference) -> Result:
    """Return what an Action is for us; `raw` has passed the rules of LHEO."""
    assert isinstance(raw, Action)  # noqa: S101 - what read_lheo yields
    formation, action = raw.formation, raw.action
    source_id = source_id_of(formation, action)
    if source_id is None:
        return Rejected("<action> sans attribut « numero », ou trop long")
    title = shorten(one_line(formation.say("intitule-formation")), TITLE_MAX)
    if not title:
        return Rejected("<intitule-formation> vide", source_id)
    diploma = _diploma(formation, reference)
    profession = _profession(formation, title, diploma, reference)
    if diploma is None and profession is None and not _of_care(formation, reference):
        return Skipped(source_id)
    school = _school(formation, action, reference)
    if school is not None and school.suspended:
        return Rejected("la structure de ce SIRET est suspendue ici", source_id)
    try:
        sessions = _sessions(action)
    except _BadDate as error:
        return Rejected(f"date impossible : {error}", source_id)
    if sessions is None:
        return Rejected("le recrutement de toutes les sessions est clos", source_id, over=True)
    values: dict[str, Any] = {
        "kind": Kind.TRAINING,
        "title": title,
        "description": _description(formation),
        "source_url": _url(formation, action),
        "profession_id": profession.id if profession else None,
        "diploma_id": diploma.id if diploma else None,
        "organisation_id": school.id if school else None,
        "establishment_id": school.establishment_id if school else None,
        "employer_name": _name(formation, school),
        "contact_name": _contact(formation),
        "modality": _MODALITIES.get(action.say("modalites-enseignement")),
        "schedules": _schedules(action),
        "duration_label": shorten(_line(action, "duree-indicative"), DURATION_LABEL_MAX),
        "duration_hours": _positive(action.say("nombre-heures-total"), _HOURS_MAX),
        "funding": _funding(formation, action),
        "cost_cents": _cost(action),
        "sessions": sessions,
        **_entry(formation, action),
        **_place(formation, action, reference),
    }
    values["source_hash"] = content_hash(values, MAPPING_VERSION)
    return Mapped(source_id, values["source_hash"], None, values)


def siret_of(raw: Any) -> str:
    """Return the SIRET of the body that answers for an action, digits only."""
    organisme = raw.formation.find("organisme-formation-responsable")
    text = organisme.say("SIRET-organisme-formation", "SIRET") if organisme else ""
    return re.sub(r"\D", "", text)


def _line(node: Node, *path: str) -> str:
    """Return a text on one line; what only says that there is nothing is empty."""
    text = one_line(node.say(*path))
    return "" if text.lower() in _NOTHING else text


def _diploma(formation: Node, reference: Reference) -> DiplomaRef | None:
    """Return our diploma of the only RNCP number of the training that we know."""
    numbers = {re.sub(r"\D", "", one.say("code-RNCP")) for one in formation.all("certification")}
    found = [reference.by_rncp[number] for number in numbers if number in reference.by_rncp]
    return found[0] if len(found) == 1 else None


def _romes(formation: Node) -> list[str]:
    domain = formation.find("domaine-formation")
    return [one.text.strip() for one in domain.all("code-ROME")] if domain else []


def _profession(
    formation: Node, title: str, diploma: DiplomaRef | None, reference: Reference
) -> ProfessionRef | None:
    """Return the profession the training leads to: by its diploma, its title, or its only code."""
    leads_to = diploma.professions if diploma else ()
    among = [one for one in reference.professions if one.id in leads_to]
    if len(among) == 1:
        return among[0]
    folded = fold(title)
    codes = [code for code in _romes(formation) if code in reference.care_codes]
    coded = among or [one for code in codes for one in reference.by_rome[code]]
    if found := reference.named_in(folded, coded) or reference.named_at_start(folded):
        return found
    return reference.only_holder(codes[0]) if len(codes) == 1 and not among else None


def _of_care(formation: Node, reference: Reference) -> bool:
    codes = _romes(formation)
    return bool(codes) and all(code in reference.care_codes for code in codes)


def _school(formation: Node, action: Node, reference: Reference) -> OrganisationRef | None:
    """Return the establishment of the place, else of the body that answers for the training."""
    places = [one.say("SIRET-lieu-formation", "SIRET") for one in action.all("lieu-de-formation")]
    body = reference.organisation(siret_of(Action(formation, action)))
    for siret in map(str.strip, places):
        known = reference.establishments.get(siret) if is_siret(siret) else None
        if known and (body is None or known.id == body.id):
            return known
    return body


def _name(formation: Node, school: OrganisationRef | None) -> str:
    if school is not None:
        return shorten(school.name, EMPLOYER_MAX)
    organisme = formation.find("organisme-formation-responsable")
    named = organisme and (_line(organisme, "nom-organisme") or _line(organisme, "raison-sociale"))
    return shorten(named or "", EMPLOYER_MAX)


def _description(formation: Node) -> str:
    """Return the aim, the content and the result, each with its heading when it says something."""
    return _titled(*(formation.say(name) for _heading, name in _PARTS))


@lru_cache(maxsize=4)  # The actions of a training share one text, in memory too.
def _titled(*texts: str) -> str:
    headings = (heading for heading, _name in _PARTS)
    told = zip(headings, map(plain_text, texts), strict=True)
    return "\n\n".join(
        f"{heading}\n{text}" for heading, text in told if text.lower() not in _NOTHING
    )


def _contact(formation: Node) -> str:
    """Return the person or the desk that answers, with a phone or an e-mail as they fit."""
    found = formation.find("contact-formation", "coordonnees")
    if found is None:
        return ""
    person = " ".join(filter(None, (_line(found, one) for one in ("civilite", "prenom", "nom"))))
    parts = [
        person or _line(found, "ligne"),
        _line(found, "telfixe", "numtel") or _line(found, "portable", "numtel"),
        _line(found, "courriel"),
    ]
    text = ""
    for part in filter(None, parts):
        longer = f"{text}, {part}" if text else part
        text = longer if len(longer) <= CONTACT_MAX else text
    return text


def _url(formation: Node, action: Node) -> str | None:
    """Return the address where the training is told, the nearest to the action first."""
    session = action.find("session")
    organisme = formation.find("organisme-formation-responsable")
    told = [
        action.say("url-action", "urlweb"),
        session.say("url-session", "urlweb") if session else "",
        formation.say("url-formation", "urlweb"),
        organisme.say("coordonnees-organisme", "coordonnees", "web", "urlweb") if organisme else "",
    ]
    for text in told:
        # Catalogues often leave out « https:// ».
        full = text if "://" in text or "." not in text else f"https://{text}"
        if url := safe_url(full):
            return url
    return None


def _schedules(action: Node) -> list[str]:
    rhythm = fold(action.say("rythme-formation"))
    found = {"temps plein": "temps-plein", "temps partiel": "temps-partiel"}
    told = [slug for words, slug in found.items() if words in rhythm]
    told += ["semaine"] if "du lundi au vendredi" in rhythm else []
    return sorted(told) if not {"temps-plein", "temps-partiel"} <= set(told) else []


def _positive(text: str, maximum: int) -> int | None:
    text = text.strip().lstrip("+")
    return int(text) if text.isascii() and text.isdigit() and 0 < int(text) <= maximum else None


def _funding(formation: Node, action: Node) -> list[str]:
    found = {
        _FUNDERS[code]
        for code in (one.say("code-financeur") for one in action.all("organisme-financeur"))
        if code in _FUNDERS
    }
    if any(one.find("code-CPF") for one in formation.all("code-type-formation")):
        found.add("cpf")
    return sorted(found)


def _cost(action: Node) -> int | None:
    """Return what is left for the person to pay, else the price told; None when unknown."""
    left = _line(action, "frais-restants")
    if _FREE.match(fold(left)):
        return 0
    amount: Decimal | None = read_euros(left) or read_euros(_line(action, "prix-total-TTC"))
    return round(amount * 100) if amount else None


def _entry(formation: Node, action: Node) -> dict[str, Any]:
    """Return how one enters: the level when it is compulsory, and the conditions told."""
    compulsory = action.say("niveau-entree-obligatoire") == "1"
    level = _LEVELS.get(formation.say("code-niveau-entree"), "") if compulsory else ""
    told = plain_text(action.say("conditions-specifiques"))
    lines = [
        f"Niveau exigé\u00a0: {level}." if level else "",
        "" if told.lower() in _NOTHING else told,
        plain_text(action.say("modalites-recrutement")),
        _line(action, "detail-conditions-prise-en-charge"),
    ]
    return {
        "entry_conditions": "\n".join(filter(None, lines)),
        "diploma_need": DiplomaNeed.REQUIRED if level else DiplomaNeed.UNKNOWN,
    }


def _sessions(action: Node) -> list[dict[str, Any]] | None:
    """Return the dates of an action; None when nobody may enter any of them.

    An action entered at any time (« entrées permanentes ») may have no date at all.
    """
    permanent = action.say("modalites-entrees-sorties") == "1"
    nodes = action.all("session")
    still_open = [one for one in nodes if one.say("etat-recrutement") != _CLOSED]
    if not still_open:
        return None
    found: dict[dt.datetime, dict[str, Any]] = {}
    for node in still_open:
        start = _date(node.say("periode", "debut"))
        if start is None:
            if not permanent:
                raise _BadDate(f"{node.say('periode', 'debut')} (ligne {node.line})")
            continue
        end = _date(node.say("periode", "fin"))
        last = _date(node.say("periode-inscription", "periode", "fin"))
        starts_at = paris_instant(start, _OPENING_HOUR)
        found.setdefault(
            starts_at,
            {
                "starts_at": starts_at,
                "ends_at": _end_of(start, end),
                "deadline": min(last, start) if last else None,
                "capacity": _capacity(node),
            },
        )
    return [found[instant] for instant in sorted(found)][-_SESSIONS_MAX:]


def _end_of(start: dt.date, end: dt.date | None) -> dt.datetime | None:
    if end is None or end < start:
        return None
    return end_of_paris_day(end) - dt.timedelta(minutes=1)


def _date(text: str) -> dt.date | None:
    """Return a date written AAAAMMJJ, None when there is none; raise _BadDate."""
    if not text or text in _NO_DATE:
        return None
    try:
        date = dt.date(int(text[:4]), int(text[4:6]), int(text[6:]))
    except ValueError as error:
        raise _BadDate(text) from error
    if date.year not in _YEARS:
        raise _BadDate(text)
    return date


def _capacity(session: Node) -> int | None:
    told = [
        _positive(cycle.say("capacite-simultanee"), _CAPACITY_MAX) for cycle in session.all("cycle")
    ]
    return next(filter(None, told), None)


def _place(formation: Node, action: Node, reference: Reference) -> dict[str, Any]:
    """Return where it happens, else where the school is: INSEE code, postal code, else a label."""
    organisme = formation.find("organisme-formation-responsable")
    addresses = [
        action.find("lieu-de-formation", "coordonnees", "adresse"),
        organisme.find("coordonnees-organisme", "coordonnees", "adresse") if organisme else None,
    ]
    address = next(filter(None, addresses), None)
    if address is None:
        return located(None, "", None)
    postal, town = address.say("codepostal"), one_line(address.say("ville"))
    place = find_commune(
        reference, insee=address.say("code-INSEE-commune").upper(), text=f"{town} {postal}"
    ) or find_commune(reference, text=postal)
    lines = [text for text in (one_line(one.text) for one in address.all("ligne")) if text]
    return (place or located(None, f"{town} ({postal})", None)) | {
        "address": shorten(", ".join(lines), ADDRESS_MAX)
    }
