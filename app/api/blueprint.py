"""The address of version 1, and what holds for all its answers."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, current_app, request
from pydantic import BaseModel

from app.api.requests import InvalidParametersError
from app.core.errors import problem
from app.core.i18n import _
from app.core.limits import limiter

bp = Blueprint("api", __name__, url_prefix="/api/v1")

CACHE = "public, max-age=60"


def _rate_limit() -> str:
    return str(current_app.config["API_RATE_LIMIT"])


limiter.limit(_rate_limit)(bp)


def answer(document: BaseModel) -> Response:
    """Return a document as JSON that anyone may keep for a minute."""
    body = document.model_dump_json(by_alias=True)
    response = Response(body, mimetype="application/json")
    response.headers["Cache-Control"] = CACHE
    return response


@bp.after_request
def _open_to_other_sites(response: Response) -> Response:
    """What anyone may read, the page of any site may read too; nothing here depends on a person."""
    if request.method in {"GET", "HEAD"}:
        response.headers["Access-Control-Allow-Origin"] = "*"
        response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response


@bp.errorhandler(InvalidParametersError)
def _invalid_parameters(error: InvalidParametersError) -> Any:
    errors = [{"field": name, "message": text} for name, text in error.errors.items()]
    detail = _("Corrigez : %(fields)s.", fields=", ".join(error.errors))
    return problem(422, _("Paramètres refusés."), detail, errors=errors)
