"""Offers of the « Offres d'emploi v2 » service of France Travail, made listings of ours.

`map_offer` is pure: the same offer and the same reference give the same listing. It states what
the offer states; what is absent, unknown or absurd stays empty.
"""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

from app.imports.clues import read_schedules, read_workplace
from app.imports.labels import (
    FIXED_TERM,
    one_line,
    read_contract,
    read_contract_months,
    read_pay,
    read_week_hours,
    shorten,
)
from app.imports.mapped import (
    EMPLOYER_MAX,
    HOURS_LABEL_MAX,
    POSITIONS_MAX,
    TITLE_MAX,
    Mapped,
    Rejected,
    Result,
    Skipped,
    content_hash,
    located,
    safe_url,
)
from app.imports.reference import ProfessionRef, Reference
from app.imports.texts import fold, plain_text
from app.listings.enums import DiplomaNeed, Kind

SOURCE = "france-travail"
ENVELOPE = "resultats"
# Raise it when the mapping changes: offers already imported are then mapped again.
MAPPING_VERSION = 1

_ID = re.compile(r"[A-Za-z0-9_-]{1,40}")
_PAGE = "https://candidat.francetravail.fr/offres/recherche/detail/{id}"
# Figures about the offer that France Travail works out again: they say nothing new to people.
_VOLATILE = ("offresManqueCandidats",)
_HF = re.compile(r"\s*[-–/]?\s*\(?\b[hf]\s?/\s?[hf]\b\)?", re.IGNORECASE)
_HOUSEHOLD_EMPLOYERS = "97"
# Coordinates farther than this from the commune are a mistake: the commune wins.
_FAR_KM = 40.0
# A point without a commune is named after the nearest one only when it is inside it or nearly.
_NEAR_KM = 8.0
_DEPARTMENT = re.compile(r"^(\d{2,3}|2[AB])\s*-\s*(.+)$")
_FIRST_YEAR = 2000
_NO_DIPLOMA = re.compile(
    r"\b(?:aucun|sans) diplome (?:n est )?(?:requis|exige|necessaire|demande|obligatoire)\b"
    r"|\bdiplome non (?:requis|exige|obligatoire)\b|\bavec ou sans diplome\b|\bdiplome ou non\b"
)


def map_offer(raw: Any, reference: Reference) -> Result:
    """Return what the record `raw` is for us. Never raises, whatever JSON it is."""
    if not isinstance(raw, dict):
        return Rejected("ce n’est pas une offre (objet JSON attendu)")
    source_id = raw.get("id")
    if not isinstance(source_id, str) or not _ID.fullmatch(source_id):
        return Rejected("identifiant absent ou illisible")
    title = _title(_text(raw, "intitule"))
    if not title:
        return Rejected("intitulé absent", source_id)
    profession = _profession(raw, title, reference)
    if profession is None and _text(raw, "romeCode") not in reference.care_codes:
        return Skipped(source_id)
    published_at = _instant(raw.get("dateCreation"))
    if published_at is None:
        return Rejected("date de création absente ou illisible", source_id)
    description = plain_text(_text(raw, "description"))
    if not description:
        return Rejected("description absente", source_id)
    contract = read_contract(_text(raw, "typeContrat"), _text(raw, "natureContrat"))
    values = {
        "kind": Kind.JOB,
        "title": title,
        "description": description,
        "source": SOURCE,
        "source_id": source_id,
        "source_url": _origin_url(raw, source_id),
        "published_at": published_at,
        "profession_id": profession.id if profession else None,
        "contract": contract,
        "contract_months": (
            read_contract_months(_text(raw, "typeContratLibelle"))
            if contract in FIXED_TERM
            else None
        ),
        "employer_name": _employer(raw),
        "licence_required": _licence_required(raw),
        "positions": _positions(raw.get("nombrePostes")),
        "conditions": _experience(raw),
        "diploma_need": _diploma(raw, profession, contract, description),
        **_pay(raw, description),
        **_hours(raw, title, description),
        **_place(raw, reference),
    }
    values["workplace"] = _workplace(raw, profession, reference, values)
    said = {key: value for key, value in raw.items() if key not in _VOLATILE}
    values["source_hash"] = content_hash(said, MAPPING_VERSION)
    written_at = _instant(raw.get("dateActualisation")) or published_at
    return Mapped(source_id, values["source_hash"], written_at, values)


def _text(raw: Any, *path: str) -> str:
    """Return the text at `path`, or nothing when it is absent or is not a text."""
    for key in path:
        raw = raw.get(key) if isinstance(raw, dict) else None
    return raw if isinstance(raw, str) else ""


def _items(raw: Any, *path: str) -> list[Any]:
    for key in path:
        raw = raw.get(key) if isinstance(raw, dict) else None
    return raw if isinstance(raw, list) else []


def _title(text: str) -> str:
    """Return the title on one line; « H/F (H/F) » is said once."""
    title = one_line(text)
    marks = list(_HF.finditer(title))
    if len(marks) > 1:
        title = title[: marks[-1].start()] + title[marks[-1].end() :]
    return shorten(title.strip(), TITLE_MAX)


def _instant(value: Any) -> dt.datetime | None:
    if not isinstance(value, str):
        return None
    try:
        instant = dt.datetime.fromisoformat(value)
        instant = instant.replace(tzinfo=instant.tzinfo or dt.UTC).astimezone(dt.UTC)
    except (ValueError, OverflowError):
        return None
    return instant if instant.year >= _FIRST_YEAR else None


def _profession(raw: dict[str, Any], title: str, reference: Reference) -> ProfessionRef | None:
    """Return the profession by its ROME code, and by its name where several share the code.

    An offer filed under another code is recognised when its title starts with a profession's name.
    """
    texts = (fold(_text(raw, "appellationlibelle")), fold(title))
    code = _text(raw, "romeCode")
    candidates = reference.by_rome.get(code, ())
    named = (reference.named_in(text, candidates) for text in texts)
    if found := next(filter(None, named), None):
        return found
    if code not in reference.care_codes:
        return reference.named_at_start(texts[1])
    # « Auxiliaire de vie sociale » is filed under the code of the AES.
    starting = (reference.named_at_start(text) for text in texts)
    return (
        next(filter(None, starting), None)
        or reference.named_in(fold(_text(raw, "romeLibelle")), candidates)
        or reference.only_holder(code)
    )


def _origin_url(raw: dict[str, Any], source_id: str) -> str:
    """Return the address of the offer: the one it gives, else its page at France Travail."""
    url = safe_url(_text(raw, "origineOffre", "urlOrigine"))
    return url or _PAGE.format(id=source_id)


def _employer(raw: dict[str, Any]) -> str:
    return shorten(one_line(_text(raw, "entreprise", "nom")), EMPLOYER_MAX)


def _licence_required(raw: dict[str, Any]) -> bool:
    return any(
        _text(item, "exigence") == "E" and _text(item, "libelle").startswith("B ")
        for item in _items(raw, "permis")
    )


def _positions(value: Any) -> int:
    known = isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= POSITIONS_MAX
    return value if known else 1


def _experience(raw: dict[str, Any]) -> str:
    """Return what the offer asks of experience, in its own words: « Débutant accepté »."""
    label = one_line(_text(raw, "experienceLibelle"))
    if not label:
        return ""
    if _text(raw, "experienceExige") == "D" or label.lower().startswith("expérience"):
        return shorten(label, 200)
    return shorten(f"Expérience demandée : {label}".replace(" :", "\u00a0:"), 200)


def _diploma(
    raw: dict[str, Any], profession: ProfessionRef | None, contract: str | None, description: str
) -> DiplomaNeed:
    """Return whether a diploma is needed: by law for the profession, else by the offer.

    Which one is left to the text: offers accept several where the reference knows one.
    """
    by_law = profession is not None and profession.diploma_by_law
    prepared = contract in {"apprentissage", "professionnalisation"}
    if by_law and not prepared:
        return DiplomaNeed.REQUIRED
    asked = any(_text(item, "exigence") == "E" for item in _items(raw, "formations"))
    refused = bool(_NO_DIPLOMA.search(fold(description)))
    if asked == refused:
        return DiplomaNeed.UNKNOWN
    return DiplomaNeed.REQUIRED if asked else DiplomaNeed.NONE


def _pay(raw: dict[str, Any], description: str) -> dict[str, Any]:
    salary = raw.get("salaire")
    pay = read_pay(_text(salary, "libelle"), _text(salary, "commentaire"), description)
    return {
        "pay_min_cents": pay.min_cents,
        "pay_max_cents": pay.max_cents,
        "pay_period": pay.period,
        "pay_label": pay.label,
    }


def _hours(raw: dict[str, Any], title: str, description: str) -> dict[str, Any]:
    label = _text(raw, "dureeTravailLibelle")
    hours = read_week_hours(label)
    ticked = [item for item in _items(raw, "contexteTravail", "horaires") if isinstance(item, str)]
    return {
        "hours_min": hours,
        "hours_max": hours,
        "hours_label": shorten(one_line(label.replace("\n", " – ").rstrip(".")), HOURS_LABEL_MAX),
        "schedules": read_schedules(
            [label, *ticked],
            title=title,
            description=description,
            working_time=_text(raw, "dureeTravailLibelleConverti"),
            travel=_text(raw, "deplacementCode"),
        ),
    }


def _workplace(
    raw: dict[str, Any],
    profession: ProfessionRef | None,
    reference: Reference,
    values: dict[str, Any],
) -> str | None:
    if _text(raw, "codeNAF").startswith(_HOUSEHOLD_EMPLOYERS):
        return "particulier-employeur"
    return read_workplace(
        reference.workplaces,
        title=values["title"],
        employer=values["employer_name"],
        description=values["description"],
        plausible=profession.workplaces if profession else frozenset(),
    )


def _place(raw: dict[str, Any], reference: Reference) -> dict[str, Any]:
    """Return the commune of the code; else the point and the nearest commune; else the label."""
    place = reference.place(_text(raw, "lieuTravail", "commune").strip())
    point = _point(raw)
    if place is not None:
        if point is None or reference.distance_km(place, point) > _FAR_KM:
            point = (place.latitude, place.longitude)
        return located(place.code, place.label, point)
    near = reference.nearest(point, _NEAR_KM) if point else None
    if near is not None:
        return located(None, near.label, point)
    return located(None, _place_label(_text(raw, "lieuTravail", "libelle")), None)


def _point(raw: dict[str, Any]) -> tuple[float, float] | None:
    place = raw.get("lieuTravail")
    if not isinstance(place, dict):
        return None
    latitude, longitude = _number(place.get("latitude")), _number(place.get("longitude"))
    if latitude is None or longitude is None:
        return None
    # « 0, 0 » is what a form left empty gives.
    in_range = -90 <= latitude <= 90 and -180 <= longitude <= 180 and (latitude or longitude)
    return (latitude, longitude) if in_range else None


def _number(value: Any) -> float | None:
    if isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1_000:
        return float(value)
    return None


def _place_label(libelle: str) -> str:
    """Return « Haute-Savoie (74) » for « 74 - Haute-Savoie »."""
    text = one_line(libelle)
    match = _DEPARTMENT.match(text)
    return f"{match[2]} ({match[1]})" if match else text
