"""Suggestions under the place fields."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify, request

from app.core.permissions import public
from app.geography import queries

blueprint = Blueprint("geography", __name__)

LONGEST_QUERY = 100
CACHE_SECONDS = 3600


@blueprint.get("/lieux")
@public
def index() -> Response:
    """Answer the places for `q`, best first; anything that cannot be a place answers []."""
    text = request.args.get("q", "")
    places = queries.suggest_places(text) if len(text) <= LONGEST_QUERY else []
    response = jsonify(
        [
            {"code": p.code, "label": p.label, "name": p.name, "postal_code": p.postal_code}
            for p in places
        ]
    )
    response.cache_control.public = True
    response.cache_control.max_age = CACHE_SECONDS
    return response
