"""Lines of a CSV file, made listings of ours.

`map_line` is pure. A person wrote the line: what cannot be understood is said to her, rather than
left out without a word.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, TypeVar

from app.core.clock import paris_instant
from app.imports.csv_columns import INTERNSHIP, JOB, TRAINING
from app.imports.labels import (
    CONTRACT_MONTHS_MAX,
    WEEK_HOURS_MAX,
    is_plausible_pay,
    one_line,
    read_euros,
    shorten,
)
from app.imports.mapped import (
    ADDRESS_MAX,
    CONTACT_MAX,
    DURATION_LABEL_MAX,
    EMPLOYER_MAX,
    POSITIONS_MAX,
    TITLE_MAX,
    Mapped,
    Rejected,
    Result,
    content_hash,
    find_commune,
    located,
    safe_url,
)
from app.imports.reference import Reference
from app.imports.texts import fold, plain_text
from app.listings.enums import DiplomaNeed, Kind, Modality, PayPeriod

SOURCE = "csv"
# Raise it when the mapping changes: lines already imported are then mapped again.
MAPPING_VERSION = 1

ID_MAX = 100
TEXT_MAX = 10_000
AGREEMENT_MAX = 120
_KINDS = {
    "": Kind.JOB,
    JOB: Kind.JOB,
    "offre emploi": Kind.JOB,
    TRAINING: Kind.TRAINING,
    INTERNSHIP: Kind.INTERNSHIP,
}
_PERIODS = {
    "": PayPeriod.MONTH,
    "mois": PayPeriod.MONTH,
    "mensuel": PayPeriod.MONTH,
    "heure": PayPeriod.HOUR,
    "h": PayPeriod.HOUR,
    "horaire": PayPeriod.HOUR,
    "an": PayPeriod.YEAR,
    "annee": PayPeriod.YEAR,
    "annuel": PayPeriod.YEAR,
}
_MODALITIES = {
    "sur place": Modality.ON_SITE,
    "presentiel": Modality.ON_SITE,
    "a distance": Modality.REMOTE,
    "distance": Modality.REMOTE,
    "distanciel": Modality.REMOTE,
    "mixte": Modality.MIXED,
    "hybride": Modality.MIXED,
}
_YES = frozenset(map(fold, ["oui", "o", "x", "vrai", "1", "yes", "true", "exigé", "requis"]))
_NO = frozenset(map(fold, ["non", "n", "faux", "0", "no", "false", "aucun", "sans"]))
_DATE_FORMATS = ("%d/%m/%Y", "%Y-%m-%d", "%d-%m-%Y", "%d.%m.%Y", "%d/%m/%y", "%Y%m%d")
_YEARS = range(2000, 2100)
_OPENING_HOUR = dt.time(9)
_SPLIT = re.compile(r"\s*[,;|\n]\s*")
_HOURS = re.compile(
    r"(\d{1,2}(?:[.,]\d{1,2})?|\d{1,2} ?h ?\d{0,2})"
    r"(?:\s*(?:-|–|à|a)\s*(\d{1,2}(?:[.,]\d{1,2})?|\d{1,2} ?h ?\d{0,2}))?"
    r"\s*(?:h|heures?)?(?:\s*(?:/|par)\s*semaine)?",
    re.IGNORECASE,
)


Chosen = TypeVar("Chosen")


class _Unclear(ValueError):
    """A cell that cannot be understood; the message says which and how to write it."""


@dataclass(frozen=True, slots=True)
class _Line:
    cells: dict[str, str]
    reference: Reference

    def text(self, name: str, maximum: int | None = None) -> str:
        found = one_line(self.cells.get(name, ""))
        return found if maximum is None else shorten(found, maximum)

    def block(self, name: str) -> str:
        return plain_text(self.cells.get(name, ""))[:TEXT_MAX]

    def date(self, name: str) -> dt.date | None:
        return read_date(name, self.text(name))

    def number(self, name: str, low: Decimal | int, high: Decimal | int) -> Decimal | None:
        text = self.text(name)
        if not text:
            return None
        value = read_euros(text)
        if value is None or not low <= value <= high:
            most = f"{high:,}".replace(",", "\u00a0")
            raise _Unclear(f"{name} : « {text[:40]} », un nombre de {low} à {most} est attendu")
        return value

    def whole(self, name: str, low: int, high: int) -> int | None:
        value = self.number(name, low, high)
        if value is not None and value != int(value):
            raise _Unclear(f"{name} : « {self.text(name)[:40]} », un nombre entier est attendu")
        return None if value is None else int(value)

    def choice(self, name: str, choices: Mapping[str, Chosen], default: Chosen) -> Chosen:
        text = self.text(name)
        if not text:
            return default
        found = {fold(written): meant for written, meant in choices.items()}.get(fold(text))
        if found is None:
            told = ", ".join(sorted(filter(None, choices))[:8])
            raise _Unclear(f"{name} : « {text[:40]} » inconnu ; attendu : {told}")
        return found

    def yes_no(self, name: str) -> bool | None:
        folded = fold(self.text(name))
        if not folded:
            return None
        if folded not in _YES | _NO:
            raise _Unclear(f"{name} : « {self.text(name)[:40]} », écrivez oui ou non")
        return folded in _YES

    def terms(self, name: str, kind: str) -> list[str]:
        return sorted({self._term(name, kind, one) for one in _several(self.text(name))})

    def term(self, name: str, kind: str) -> str | None:
        text = self.text(name)
        return self._term(name, kind, text) if text else None

    def _term(self, name: str, kind: str, text: str) -> str:
        slug = self.reference.terms[kind].get(fold(text))
        if slug is None:
            raise _Unclear(f"{name} : « {text[:40]} » n’est pas dans notre vocabulaire")
        return slug


def map_line(raw: Any, reference: Reference) -> Result:
    """Return what a line is for us: texts by the names of our columns. Never raises."""
    source_id = one_line(raw.get("reference", ""))
    if not source_id:
        return Rejected("reference absente")
    if len(source_id) > ID_MAX:
        return Rejected(f"reference de plus de {ID_MAX} caractères")
    line = _Line(raw, reference)
    try:
        values = _values(line)
    except _Unclear as error:
        return Rejected(str(error), source_id)
    values["source_hash"] = content_hash(values, MAPPING_VERSION)
    return Mapped(source_id, values["source_hash"], None, values)


def _values(line: _Line) -> dict[str, Any]:
    kind = line.choice("type", _KINDS, Kind.JOB)
    title, description = line.text("titre", TITLE_MAX), line.block("description")
    for name, value in (("titre", title), ("description", description)):
        if not value:
            raise _Unclear(f"{name} absent{'e' if name == 'description' else ''}")
    return {
        "kind": kind,
        "title": title,
        "description": description,
        "conditions": line.block("conditions"),
        "address": line.text("adresse", ADDRESS_MAX),
        "contact_name": line.text("contact", CONTACT_MAX),
        "deadline": line.date("date_limite"),
        "employer_name": line.text("employeur", EMPLOYER_MAX),
        "source_url": _url(line),
        "profession_id": _profession(line, title),
        "workplace": line.term("lieu_exercice", "workplace"),
        "publics": line.terms("publics", "public"),
        "starts_on": line.date("debut"),
        "diploma_id": _diploma(line),
        **_place(line),
        **_OF_KIND[kind](line),
    }


def _job(line: _Line) -> dict[str, Any]:
    low, high = _week_hours(line)
    need = line.yes_no("diplome_exige")
    months = line.number("duree_contrat_mois", Decimal("0.1"), CONTRACT_MONTHS_MAX)
    return {
        "contract": line.term("contrat", "contract"),
        "contract_months": None if months is None else float(months),
        "hours_min": low,
        "hours_max": high,
        "schedules": line.terms("horaires", "schedule"),
        "collective_agreement": line.text("convention", AGREEMENT_MAX),
        "positions": line.whole("postes", 1, POSITIONS_MAX) or 1,
        "licence_required": bool(line.yes_no("permis")),
        "diploma_need": _need(need),
        **_pay(line),
    }


def _training(line: _Line) -> dict[str, Any]:
    cost = line.number("cout", 0, 1_000_000)
    return {
        "diploma_need": _need(line.yes_no("diplome_exige")),
        "entry_conditions": line.block("conditions_entree"),
        "duration_label": line.text("duree", DURATION_LABEL_MAX),
        "duration_hours": line.whole("duree_heures", 1, 10_000),
        "modality": line.choice("modalite", _MODALITIES, None),
        "cost_cents": None if cost is None else round(cost * 100),
        "funding": line.terms("financements", "funding"),
        "schedules": line.terms("horaires", "schedule"),
        "sessions": list(_sessions(line)),
    }


def _internship(line: _Line) -> dict[str, Any]:
    start, end = line.date("debut"), line.date("fin")
    if start and end and end < start:
        raise _Unclear("fin : elle vient avant le début")
    return {
        "ends_on": end,
        "duration_label": line.text("duree", DURATION_LABEL_MAX),
        "positions": line.whole("postes", 1, POSITIONS_MAX) or 1,
        "schedules": line.terms("horaires", "schedule"),
    }


_OF_KIND: dict[Kind, Callable[[_Line], dict[str, Any]]] = {
    Kind.JOB: _job,
    Kind.TRAINING: _training,
    Kind.INTERNSHIP: _internship,
}


def _several(text: str) -> list[str]:
    return [one for one in _SPLIT.split(text) if one]


def _need(told: bool | None) -> DiplomaNeed:
    if told is None:
        return DiplomaNeed.UNKNOWN
    return DiplomaNeed.REQUIRED if told else DiplomaNeed.NONE


def read_date(name: str, text: str) -> dt.date | None:
    """Return the day of « 31/12/2027 », None when the cell is empty; raise _Unclear."""
    if not text:
        return None
    # Spreadsheets add the midnight of the day: « 2027-12-31 00:00:00 ».
    day = text.removesuffix("00:00:00").removesuffix("T").strip()
    for pattern in _DATE_FORMATS:
        try:
            found = dt.datetime.strptime(day, pattern).date()  # noqa: DTZ007 - a day
        except ValueError:
            continue
        if found.year in _YEARS:
            return found
    raise _Unclear(f"{name} : « {text[:40]} », écrivez la date ainsi : 31/12/2027")


def _pay(line: _Line) -> dict[str, Any]:
    low = line.number("salaire_min", 0, 1_000_000)
    high = line.number("salaire_max", 0, 1_000_000)
    if low is None and high is None:
        return {"pay_min_cents": None, "pay_max_cents": None, "pay_period": None}
    low, high = low or high or Decimal(0), high or low or Decimal(0)
    period = line.choice("salaire_periode", _PERIODS, PayPeriod.MONTH)
    if high < low:
        raise _Unclear("salaire_max : il est plus petit que le minimum")
    if not is_plausible_pay(low, high, period):
        raise _Unclear(
            f"salaire_min : {low} € brut par {_PERIOD_NAMES[period]} n’est pas vraisemblable"
        )
    return {
        "pay_min_cents": round(low * 100),
        "pay_max_cents": round(high * 100),
        "pay_period": period,
    }


_PERIOD_NAMES = {PayPeriod.HOUR: "heure", PayPeriod.MONTH: "mois", PayPeriod.YEAR: "an"}


def _week_hours(line: _Line) -> tuple[float | None, float | None]:
    text = line.text("heures_semaine")
    if not text:
        return None, None
    match = _HOURS.fullmatch(text)
    low = _hours(match[1]) if match else 0
    high = _hours(match[2]) if match and match[2] else low
    if not 0 < low <= high <= WEEK_HOURS_MAX:
        raise _Unclear(f"heures_semaine : « {text[:40]} », écrivez par exemple 35 ou 24-30")
    return low, high


def _hours(text: str) -> float:
    hours, _h, minutes = text.lower().replace(" ", "").partition("h")
    return round(float(hours.replace(",", ".")) + int(minutes or 0) / 60, 2)


def _profession(line: _Line, title: str) -> int | None:
    text = line.text("metier")
    if text:
        found = line.reference.named_in(fold(text), line.reference.professions)
        if found is None:
            raise _Unclear(f"metier : « {text[:40]} » n’est pas un métier que nous connaissons")
        return found.id
    found = line.reference.named_at_start(fold(title))
    return found.id if found else None


def _diploma(line: _Line) -> int | None:
    text = line.text("diplome")
    if not text:
        return None
    folded, number = fold(text), re.sub(r"\D", "", text)
    for diploma in line.reference.diplomas:
        if folded in diploma.names:
            return diploma.id
    if found := line.reference.by_rncp.get(number):
        return found.id
    raise _Unclear(f"diplome : « {text[:40]} » n’est pas un diplôme que nous connaissons")


def _url(line: _Line) -> str | None:
    text = line.text("adresse_web")
    if text and not safe_url(text):
        raise _Unclear("adresse_web : écrivez une adresse qui commence par https://")
    return text or None


def _place(line: _Line) -> dict[str, Any]:
    text = line.text("commune")
    if not text:
        return located(None, "", None)
    insee = text.upper() if re.fullmatch(r"\d{5}|2[AB]\d{3}", text.upper()) else ""
    # A bare number of five figures is a postal code before it is an INSEE code.
    place = find_commune(line.reference, text=text) or find_commune(line.reference, insee=insee)
    if place is None:
        raise _Unclear(f"commune : « {text[:40]} » inconnue, écrivez par exemple Bron (69500)")
    return place


def _sessions(line: _Line) -> Iterator[dict[str, Any]]:
    capacity = line.whole("places", 1, 10_000)
    days = {read_date("sessions", text) for text in _several(line.text("sessions"))}
    for day in sorted(day for day in days if day):
        yield {
            "starts_at": paris_instant(day, _OPENING_HOUR),
            "ends_at": None,
            "deadline": None,
            "capacity": capacity,
        }
