"""The reference base, free to use again: a page that says what there is, and the files."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, abort, render_template, request

from app.core import clock
from app.core.permissions import public
from app.professions import open_data, services
from app.professions.open_data import COLUMNS, FILES, LICENCE, LICENCE_URL, WHOLE

bp = Blueprint("open_data", __name__, url_prefix="/donnees-ouvertes")

CACHE = "public, max-age=3600"


@bp.get("/")
@public
def index() -> str:
    """Say which files there are, what they hold, and under which licence."""
    files = FILES.get()
    return render_template(
        "professions/open_data.html",
        whole=WHOLE,
        files=files,
        tables=COLUMNS,
        licence=LICENCE,
        licence_url=LICENCE_URL,
        edition=services.edition_day(clock.paris_date(clock.now())),
    )


@bp.get("/<string:name>")
@public
def download(name: str) -> Any:
    """Give a file. Its mark changes with what it holds."""
    found = open_data.FILES.get().get(name) or abort(404)
    kind = "application/json" if name == WHOLE else "text/csv; charset=utf-8"
    response = Response(found.content, content_type=kind)
    response.headers["Cache-Control"] = CACHE
    response.headers["Access-Control-Allow-Origin"] = "*"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    response.set_etag(found.etag)
    return response.make_conditional(request)
