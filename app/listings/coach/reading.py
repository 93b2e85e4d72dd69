"""What the coach needs to know of the reference base and of a listing, as plain values."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from typing import Any

from app.core.errors import DomainError
from app.core.i18n import _
from app.listings.coach import FIELD_LABELS, TEXT_FIELDS, Finding, Writing, blocking, review
from app.listings.models import Listing
from app.professions.queries import profession_by_id, term, terms

_ACRONYM = re.compile(r"[A-Z]{2,7}")
_KNOWN_BY_ALL = {"EHPAD", "CHU", "CH", "EA", "GEM", "RAM", "CAT", "CAF", "MJC"}
CHILD_CARE = {"petite-enfance", "protection-enfance"}
# Code de l’action sociale et des familles, art. L423-19 and L423-30: a minimum of their own.
PAID_BY_CHILD = {"assistant-maternel", "assistant-familial"}
# Words of the trade that name neither a place nor a diploma.
_OF_THE_TRADE = {
    "PAP": "projet personnalisé",
    "PPA": "projet personnalisé d’accompagnement",
    "PVI": "projet de vie",
    "AVQ": "gestes de la vie quotidienne",
    "GIR": "degré de perte d’autonomie",
    "IDE": "infirmier·ère",
    "IDEC": "infirmier·ère qui coordonne l’équipe",
    "ETP": "temps plein",
    "UVP": "unité protégée",
    "UHR": "unité pour troubles sévères de la mémoire",
    "RQTH": "reconnaissance de travailleur handicapé",
    "CPOM": "contrat avec les financeurs",
    "RTT": "jours de repos en plus des congés",
}
_NUMBERS = (
    "pay_min_cents",
    "pay_max_cents",
    "pay_period",
    "hours_min",
    "hours_max",
    "contract",
    "contract_months",
)


class ForbiddenWords(DomainError):
    """A listing says what the law forbids. `findings`: those that block."""

    status = 422

    def __init__(self, findings: list[Finding]) -> None:
        self.findings = findings
        where = ", ".join(dict.fromkeys(str(FIELD_LABELS[one.field]) for one in findings))
        super().__init__(
            _(
                "Cette annonce ne peut pas partir telle quelle. À corriger\u00a0: %(where)s.",
                where=where,
            )
        )


def plain_words() -> dict[str, str]:
    """Return the acronyms of the vocabulary with the words they stand for."""
    found: dict[str, str] = {}
    for kind in ("workplace", "public", "funding"):
        for entry in terms(kind):
            for name in entry.alt_labels:
                if _ACRONYM.fullmatch(name) and name not in entry.label:
                    found.setdefault(name, entry.label[:1].lower() + entry.label[1:])
    return {
        name: label for name, label in (found | _OF_THE_TRADE).items() if name not in _KNOWN_BY_ALL
    }


def writing_of(kind: str, values: Mapping[str, Any], day: dt.date) -> Writing:
    """Return what is written from the values of a listing, named as its columns."""
    profession = profession_by_id(values.get("profession_id") or 0)
    place = term("workplace", values.get("workplace") or "")
    names = (
        (profession.label_feminine, profession.label_masculine, profession.label)
        if profession
        else ("", "", "")
    )
    return Writing(
        kind=kind,
        day=day,
        texts={name: values.get(name) or "" for name in TEXT_FIELDS},
        names=names,
        child_care=(place is not None and place.category in CHILD_CARE)
        or (profession is not None and profession.sector == "petite-enfance"),
        own_scale=profession is not None and profession.slug in PAID_BY_CHILD,
        **{name: values.get(name) for name in _NUMBERS},
    )


def findings_of(listing: Listing, day: dt.date) -> list[Finding]:
    """Return what the coach says of a listing."""
    names = (*TEXT_FIELDS, *_NUMBERS, "profession_id", "workplace")
    values = {name: getattr(listing, name) for name in names}
    return review(writing_of(listing.kind, values, day), plain_words())


def require_lawful(listing: Listing, day: dt.date) -> None:
    """Raise ForbiddenWords when an own listing says what the law forbids."""
    found = blocking(findings_of(listing, day))
    if found:
        raise ForbiddenWords(found)
