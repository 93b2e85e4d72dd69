"""What the short labels of France Travail say: pay, hours, contract. Nothing is made up.

Each reader returns what the label states, or nothing when it is absent, unknown or absurd.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal

from app.listings.enums import PayPeriod

_SPACES = re.compile(r"[\s\u00a0\u202f]+")
_AMOUNT = r"(\d[\d \u00a0\u202f]*(?:[.,]\d+)?)"
_PAY = re.compile(
    rf"(annuel|mensuel|horaire)\s+de\s+{_AMOUNT}\s*(?:euros?|€)"
    rf"(?:\s+à\s+{_AMOUNT}\s*(?:euros?|€))?(?:\s+sur\s+[\d.,]+\s+mois)?",
    re.IGNORECASE,
)
_NET = re.compile(
    r"(\d[\d \u00a0\u202f]{0,8}(?:[.,]\d{1,2})?)\s*(?:€|euros?)?\s*nets?\b", re.IGNORECASE
)
_PERIODS = {"annuel": PayPeriod.YEAR, "mensuel": PayPeriod.MONTH, "horaire": PayPeriod.HOUR}
# Euros before tax. The hourly floor is below the minimum wage of 2020 (10.15 €) because
# apprentices earn a part of it; a month may be a few hours a week. Outside, the source's figure
# is a mistake (« Annuel de 17,00 Euros à 27,00 Euros »): its label is shown, no number is kept.
_PLAUSIBLE_EUROS = {
    PayPeriod.HOUR: (3, 200),
    PayPeriod.MONTH: (50, 25_000),
    PayPeriod.YEAR: (1_000, 300_000),
}
_EMPTY_PAY_WORDS = frozenset({"autre", "autres", "n/a", "na", "non", "autre type de salaire"})
_WEEK_HOURS = re.compile(
    r"\b(\d{1,2})\s*h(?:eures?)?\s*(\d{2})?(?:\s*min(?:utes)?)?\s*(?:/\s*|par\s+|a\s+la\s+)?"
    r"(?:semaines?|sem\b|hebdo)",
    re.IGNORECASE,
)
WEEK_HOURS_MAX = 60
_DURATION = re.compile(r"\b(\d{1,4})\s*(mois|jour|semaine|an)", re.IGNORECASE)
_DAYS_A_MONTH = 365.25 / 12
_UNIT_MONTHS = {"mois": 1.0, "jour": 1 / _DAYS_A_MONTH, "semaine": 7 / _DAYS_A_MONTH, "an": 12.0}
CONTRACT_MONTHS_MAX = 72

# https://francetravail.io, « Offres d'emploi v2 », référentiel typesContrats.
_CONTRACTS = {
    "CDI": "cdi",
    "CDD": "cdd",
    "SAI": "cdd",  # A season is a fixed-term contract (labour code, L1242-2).
    "CDS": "cdd",
    "MIS": "interim",
    "DIN": "interim",
    "DDI": "contrat-aide",
    "TTI": "contrat-aide",
    "DDT": "cdd",
    "LIB": "liberal",
}
_NATURES = (
    (re.compile(r"apprentissage", re.IGNORECASE), "apprentissage"),
    (re.compile(r"professionnalisation", re.IGNORECASE), "professionnalisation"),
    (re.compile(r"\b(?:CUI|CAE|CIE|PEC)\b|contrat unique d.insertion"), "contrat-aide"),
)
FIXED_TERM = frozenset({"cdd", "interim", "contrat-aide", "apprentissage", "professionnalisation"})


@dataclass(frozen=True, slots=True)
class Pay:
    """A pay before tax: cents for a period (all None when unknown), and the source's own words."""

    min_cents: int | None = None
    max_cents: int | None = None
    period: PayPeriod | None = None
    label: str = ""


def one_line(text: str) -> str:
    """Return `text` on one line, single spaced, without control characters."""
    if not text.isprintable():
        text = "".join(c if c.isprintable() or c.isspace() else " " for c in text)
    return _SPACES.sub(" ", text).strip()


def shorten(text: str, length: int) -> str:
    """Return `text` cut at a word, with an ellipsis, when it is longer than `length` characters."""
    if len(text) <= length:
        return text
    cut = text[: length - 1]
    space = cut.rfind(" ")
    return (cut[:space] if space > length // 2 else cut).rstrip(" ,;:-–") + "…"


def read_pay(label: str, comment: str = "", description: str = "") -> Pay:
    """Read « Mensuel de 1801.8 Euros à 1968.3 Euros sur 12.0 mois »; keep both texts as the label.

    « sur 13 mois » tells how many times a month's pay is given: the figures stay those of a month
    (or of a year), and the label keeps saying it. A single amount is both ends of the range.
    The figures are before tax, unless the employer wrote beside that one of them is « net ».
    """
    label, comment = one_line(label), one_line(comment)
    texts = [text for text in (label, comment) if _says_something(text)]
    shown = shorten(" – ".join(texts), 300)
    match = _PAY.match(label)
    if match is None:
        return Pay(label=shown)
    period = _PERIODS[match[1].lower()]
    low = _euros(match[2])
    high = _euros(match[3]) if match[3] else low
    if not is_plausible_pay(low, high, period) or _is_net(low, high, f"{comment} {description}"):
        return Pay(label=shown)
    return Pay(round(low * 100), round(high * 100), period, shown)


def is_plausible_pay(low: float | Decimal, high: float | Decimal, period: PayPeriod) -> bool:
    """Return whether somebody may be paid from `low` to `high` euros before tax for a period."""
    floor, ceiling = _PLAUSIBLE_EUROS[period]
    return floor <= low <= high <= ceiling


def _is_net(low: float, high: float, text: str) -> bool:
    return any(_euros(match[1]) in {low, high} for match in _NET.finditer(text))


def _says_something(text: str) -> bool:
    return text.lower() not in _EMPTY_PAY_WORDS and any(c.isalnum() for c in text)


def _euros(text: str) -> float:
    return float(_SPACES.sub("", text).replace(",", "."))


def read_week_hours(label: str) -> float | None:
    """Return the hours a week in « 35H/semaine », « 25H40/semaine », « 24H hebdomadaire »."""
    match = _WEEK_HOURS.search(label)
    if match is None:
        return None
    minutes = int(match[2] or 0)
    hours = int(match[1]) + minutes / 60
    if minutes >= 60 or not 0 < hours <= WEEK_HOURS_MAX:
        return None
    return round(hours, 2)


def read_contract(code: str, nature: str) -> str | None:
    """Return the slug of the contract, or None when the codes do not tell which of ours it is."""
    for pattern, slug in _NATURES:
        if pattern.search(nature):
            return slug
    return _CONTRACTS.get(code.strip().upper())


def read_contract_months(label: str) -> float | None:
    """Return the length in months said by « CDD - 6 Mois », « Intérim - 21 Jour(s) »."""
    match = _DURATION.search(label)
    if match is None:
        return None
    months = int(match[1]) * _UNIT_MONTHS[match[2].lower()]
    return round(months, 2) if 0 < months <= CONTRACT_MONTHS_MAX else None


_EUROS = re.compile(rf"^{_AMOUNT}\s*(?:€|euros?|eur)?\s*(?:ttc|bruts?)?$", re.IGNORECASE)


def read_euros(text: str) -> Decimal | None:
    """Return the amount of « 2 077 € », « 1 234,50 », « 1234.5 euros »; None when it is no amount.

    Figures that « 2.077 » would make ambiguous are read as people here write them: a full stop
    before three figures parts the thousands.
    """
    text = one_line(text)
    if re.fullmatch(r"\d{1,3}(?:\.\d{3})+(?:,\d+)?(?:\s*€)?", text):
        text = text.replace(".", "")
    match = _EUROS.match(text)
    return Decimal(_SPACES.sub("", match[1]).replace(",", ".")) if match else None
