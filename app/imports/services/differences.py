"""What would change in a listing that is here already, in the words of the preview."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.core.i18n import _, lazy
from app.listings.enums import Status
from app.listings.models import Listing

_NAMES = {
    "title": lazy("titre"),
    "description": lazy("texte"),
    "profession_id": lazy("métier"),
    "contract": lazy("contrat"),
    "contract_months": lazy("durée du contrat"),
    "pay_min_cents": lazy("salaire"),
    "pay_max_cents": lazy("salaire"),
    "pay_period": lazy("salaire"),
    "hours_min": lazy("heures"),
    "hours_max": lazy("heures"),
    "schedules": lazy("horaires"),
    "positions": lazy("postes"),
    "commune_code": lazy("commune"),
    "address": lazy("adresse"),
    "contact_name": lazy("contact"),
    "workplace": lazy("lieu d’exercice"),
    "publics": lazy("publics"),
    "deadline": lazy("date limite"),
    "starts_on": lazy("début"),
    "ends_on": lazy("fin"),
    "diploma_id": lazy("diplôme"),
    "diploma_need": lazy("diplôme exigé"),
    "licence_required": lazy("permis"),
    "collective_agreement": lazy("convention"),
    "duration_label": lazy("durée"),
    "duration_hours": lazy("durée"),
    "modality": lazy("modalité"),
    "cost_cents": lazy("coût"),
    "funding": lazy("financements"),
    "entry_conditions": lazy("conditions d’entrée"),
    "conditions": lazy("bon à savoir"),
}
_OF_SESSION = ("starts_at", "ends_at", "deadline", "capacity")


def differences(listing: Listing, values: Mapping[str, Any]) -> list[str]:
    """Return, in French, what `values` would change in a listing, each thing once."""
    found = [_("remise en ligne")] if listing.status == Status.CLOSED else []
    found += [
        str(name)
        for column, name in _NAMES.items()
        if column in values and getattr(listing, column) != values[column]
    ]
    if "sessions" in values and _dates(listing) != [_date(one) for one in values["sessions"]]:
        found.append(_("dates"))
    return list(dict.fromkeys(found))


def _dates(listing: Listing) -> list[tuple[Any, ...]]:
    return [tuple(getattr(one, name) for name in _OF_SESSION) for one in listing.sessions]


def _date(session: Mapping[str, Any]) -> tuple[Any, ...]:
    return tuple(session[name] for name in _OF_SESSION)
