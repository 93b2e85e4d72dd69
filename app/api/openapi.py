"""/api/v1/openapi.json: the description of the API, assembled from its schemas."""

from __future__ import annotations

from typing import Any

from flask import Response, current_app, jsonify
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from app.api.blueprint import CACHE, bp
from app.api.schemas import (
    ListingDetailOut,
    ListingsOut,
    ListingsQuery,
    PathsOut,
    PathsQuery,
    ProblemOut,
    ProfessionsOut,
)
from app.core.i18n import _
from app.core.permissions import public
from app.core.routes import LARGEST_ID
from app.professions import queries as reference
from app.professions.enums import TermKind

ANSWERS = (ListingsOut, ListingDetailOut, ProfessionsOut, PathsOut, ProblemOut)
_REF = "#/components/schemas/{model}"


@bp.get("/openapi.json")
@public
def describe() -> Response:
    """Describe the API in OpenAPI 3.1."""
    response = jsonify(document())
    response.headers["Cache-Control"] = CACHE
    return response


def document() -> dict[str, Any]:
    """Return the OpenAPI document."""
    _keys, definitions = models_json_schema(
        [(model, "serialization") for model in ANSWERS], by_alias=True, ref_template=_REF
    )
    listing_id = {
        "name": "listing_id",
        "in": "path",
        "required": True,
        "schema": {"type": "integer", "minimum": 0, "maximum": LARGEST_ID},
    }
    busy = {503: _("Trop de recherches en ce moment, ou recherche qui se prépare.")}
    refused = {422: _("Un paramètre n’est pas compris.")}
    missing = {404: _("Annonce inconnue."), 410: _("Annonce close.")}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": f"{current_app.config['SITE_NAME']} — API",
            "version": "1",
            "description": _("Annonces, métiers et passerelles du soin. Lecture seule, sans clé."),
        },
        "servers": [{"url": f"{current_app.config['PUBLIC_BASE_URL']}"}],
        "paths": {
            "/api/v1/listings": _get(
                "list_listings",
                _("Chercher des annonces ouvertes."),
                ListingsOut,
                parameters(ListingsQuery),
                refused | busy,
            ),
            "/api/v1/listings/{listing_id}": _get(
                "show_listing", _("Lire une annonce."), ListingDetailOut, [listing_id], missing
            ),
            "/api/v1/professions": _get(
                "list_professions", _("Lister les métiers."), ProfessionsOut, [], {}
            ),
            "/api/v1/paths": _get(
                "list_paths",
                _("Lister les passerelles entre métiers."),
                PathsOut,
                parameters(PathsQuery),
                refused,
            ),
        },
        "components": {"schemas": definitions["$defs"]},
    }


def parameters(schema: type[BaseModel]) -> list[dict[str, Any]]:
    """Return the parameters of a query schema, each with its own inlined schema."""
    described = schema.model_json_schema(by_alias=True)
    definitions = described.get("$defs", {})
    known = _known_values()
    found = []
    for name, given in described["properties"].items():
        inlined = _inline(given, definitions)
        if values := known.get(name):
            inlined.get("items", inlined)["enum"] = values
        text = inlined.pop("description", "")
        found.append(
            {
                "name": name,
                "in": "query",
                "required": False,
                "schema": inlined,
                **({"description": text} if text else {}),
            }
        )
    return found


def _known_values() -> dict[str, list[str]]:
    professions = [entry.slug for entry in reference.professions()]
    contracts = [term.slug for term in reference.terms(TermKind.CONTRACT)]
    return {
        "profession": professions,
        "from": professions,
        "to": professions,
        "contract": contracts,
    }


def _inline(given: Any, definitions: dict[str, Any]) -> Any:
    if isinstance(given, list):
        return [_inline(item, definitions) for item in given]
    if not isinstance(given, dict):
        return given
    if "$ref" in given:
        return _inline(definitions[given["$ref"].rpartition("/")[2]], definitions)
    if "anyOf" in given:
        # A parameter is there or is not: it is never null.
        (only,) = [item for item in given["anyOf"] if item != {"type": "null"}]
        rest = {key: item for key, item in given.items() if key not in {"anyOf", "default"}}
        return _inline(only | rest, definitions)
    return {key: _inline(item, definitions) for key, item in given.items() if key != "title"}


def _get(
    operation: str,
    summary: str,
    model: type[BaseModel],
    params: list[dict[str, Any]],
    problems: dict[int, str],
) -> dict[str, Any]:
    problems = problems | {429: _("Trop de demandes.")}
    ok = {"schema": {"$ref": _REF.format(model=model.__name__)}}
    wrong = {"schema": {"$ref": _REF.format(model=ProblemOut.__name__)}}
    responses: dict[str, Any] = {
        "200": {"description": _("Réponse."), "content": {"application/json": ok}}
    }
    for status, description in sorted(problems.items()):
        content = {"application/problem+json": wrong}
        responses[str(status)] = {"description": description, "content": content}
    return {
        "get": {
            "operationId": operation,
            "summary": summary,
            "parameters": params,
            "responses": responses,
        }
    }
