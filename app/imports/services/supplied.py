"""What an organisation may say of its own listings in a file, and what its file must say."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from app.core.errors import DomainError
from app.core.i18n import _
from app.imports.lheo import siret_of
from app.imports.lheo_xml import Action
from app.listings.models import Listing
from app.listings.workflow import require_complete
from app.organisations.validators import is_siret

if TYPE_CHECKING:
    from app.organisations.models import Organisation

# Who publishes and where people answer is known here: a file cannot say otherwise.
_NOT_SAID = frozenset(
    {"employer_name", "latitude", "longitude", "organisation_id", "place_label", "source_url"}
)


def to_supply(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the columns that the file of a member may write."""
    return {name: value for name, value in values.items() if name not in _NOT_SAID}


def refusal_of(
    organisation: Organisation, raw: Any, values: Mapping[str, Any], now: dt.datetime
) -> str:
    """Return why a member cannot publish these values, in French, or an empty text."""
    if isinstance(raw, Action) and (refusal := _somebody_else(organisation, raw, values)):
        return refusal
    columns = {name: value for name, value in values.items() if name != "sessions"}
    try:
        require_complete(Listing(**columns), now)
    except DomainError as error:
        return error.message.rstrip(".")
    return ""


def _somebody_else(organisation: Organisation, raw: Action, values: Mapping[str, Any]) -> str:
    siret = siret_of(raw)
    if values["organisation_id"] not in {None, organisation.id}:
        return _("cette formation est celle d’une autre structure (SIRET %(siret)s)", siret=siret)
    if organisation.siren and is_siret(siret) and siret[:9] != organisation.siren:
        return _("cette formation est celle d’une autre structure (SIRET %(siret)s)", siret=siret)
    return ""
