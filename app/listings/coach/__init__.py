"""The coach of those who write listings: what the law forbids, what would help, what is good.

`review` is a pure function of what is written. Only blocking findings hold a listing back.
"""

from __future__ import annotations

from collections.abc import Mapping

from app.core.i18n import _, lazy
from app.listings.coach.advice import advice
from app.listings.coach.findings import Finding, Level, Writing
from app.listings.coach.forbidden import MESSAGES, forbidden
from app.listings.coach.plain import plain

__all__ = ["FIELD_LABELS", "Finding", "Level", "Writing", "blocking", "review", "told"]

# The texts that are read, in the order of the screen, and what else a finding may point to.
TEXT_FIELDS = (
    "title",
    "description",
    "conditions",
    "entry_conditions",
    "address",
    "duration_label",
    "hours_label",
    "collective_agreement",
    "contact_name",
)
FIELD_LABELS = {
    "title": lazy("l’intitulé"),
    "description": lazy("la description"),
    "conditions": lazy("les conditions"),
    "entry_conditions": lazy("les conditions d’entrée"),
    "address": lazy("l’adresse"),
    "duration_label": lazy("la durée"),
    "hours_label": lazy("les horaires"),
    "collective_agreement": lazy("la grille"),
    "contact_name": lazy("le contact"),
    "pay_min": lazy("le salaire"),
    "pay_max": lazy("le salaire"),
    "hours_min": lazy("les heures"),
    "contract_months": lazy("la durée du contrat"),
}
_ORDER = {level: rank for rank, level in enumerate(Level)}


def review(writing: Writing, words: Mapping[str, str] | None = None) -> list[Finding]:
    """Return what the coach says: what blocks first, then advice, then what is good.

    `words`: acronym -> plain words. No more than one finding a code and field.
    """
    texts = {name: plain(writing.text(name)) for name in TEXT_FIELDS if writing.text(name).strip()}
    found = [
        Finding(Level.BLOCK, code, name, MESSAGES[code], excerpt)
        for name, text in texts.items()
        for code, excerpt in forbidden(text, writing.kind, child_care=writing.child_care)
    ]
    blocked = {(one.code, one.field) for one in found}
    found += [
        one for one in advice(writing, words or {}, texts) if (one.code, one.field) not in blocked
    ]
    return sorted(found, key=lambda one: _ORDER[one.level])


def blocking(findings: list[Finding]) -> list[Finding]:
    """Return those that hold a listing back."""
    return [one for one in findings if one.level == Level.BLOCK]


def told(finding: Finding) -> str:
    """Return a finding as one text, with the words it is about."""
    message = str(finding.message)
    if not finding.excerpt:
        return message
    return _("«\u00a0%(words)s\u00a0»\u00a0: %(message)s", words=finding.excerpt, message=message)
