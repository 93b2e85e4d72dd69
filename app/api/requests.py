"""Reading of the parameters: what is not understood is a problem that names the field."""

from __future__ import annotations

from typing import Any, TypeVar

from flask import request
from pydantic import BaseModel, ValidationError

from app.api.schemas import PER_PAGE_MAX
from app.core.i18n import _
from app.search.criteria import MAX_QUERY_LENGTH, MAX_RADIUS_KM, MIN_RADIUS_KM

Query = TypeVar("Query", bound=BaseModel)


class InvalidParametersError(Exception):
    """Some parameters are not understood: `errors` gives a French message for each field."""

    def __init__(self, errors: dict[str, str]) -> None:
        super().__init__(", ".join(errors))
        self.errors = errors


def read_query(schema: type[Query]) -> Query:
    """Return the parameters of the request as `schema`; empty ones and unknown names do not count.

    Raises InvalidParametersError.
    """
    values: dict[str, Any] = {}
    for name, field in schema.model_fields.items():
        parameter = field.alias or name
        given = [value for value in request.args.getlist(parameter) if value != ""]
        if given:
            repeated = isinstance(field.default, list)
            values[parameter] = list(dict.fromkeys(given)) if repeated else given[0]
    try:
        return schema.model_validate(values)
    except ValidationError as error:
        names = (str(detail["loc"][0]) for detail in error.errors())
        raise InvalidParametersError({name: message(name) for name in names}) from error


def message(name: str) -> str:
    """Return what a parameter should be, in French."""
    texts = {
        "q": _("Écrivez %(number)d caractères au plus.", number=MAX_QUERY_LENGTH),
        "kind": _("Type d’annonce inconnu."),
        "profession": _("Métier inconnu : voyez /api/v1/professions."),
        "from": _("Métier inconnu : voyez /api/v1/professions."),
        "to": _("Métier inconnu : voyez /api/v1/professions."),
        "contract": _("Contrat inconnu."),
        "commune": _("Code INSEE inconnu, par exemple 69029 pour Bron."),
        "radius": _(
            "Donnez un nombre de kilomètres entre %(low)d et %(high)d.",
            low=MIN_RADIUS_KM,
            high=MAX_RADIUS_KM,
        ),
        "page": _("Cette page n’existe pas."),
        "per_page": _("Donnez un nombre entre 1 et %(high)d.", high=PER_PAGE_MAX),
    }
    return texts.get(name, _("Valeur inconnue."))
