"""Domain exceptions and the one place where errors become pages or problem documents."""

from __future__ import annotations

import re
import secrets
import sqlite3
from typing import Any

import structlog
from flask import Flask, Response, jsonify, render_template, request
from flask_wtf.csrf import CSRFError
from obstore.exceptions import BaseError
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from werkzeug.exceptions import HTTPException, SecurityError

from app.core import sentry
from app.core.database import db
from app.core.i18n import _, lazy

log = structlog.get_logger()

# Statuses that have a page of their own in templates/errors/; others use the page of their family.
PAGES = {400, 401, 403, 404, 405, 410, 413, 422, 429, 500, 503}


TITLES = {
    400: lazy("Requête incorrecte"),
    401: lazy("Identification nécessaire"),
    403: lazy("Accès refusé"),
    404: lazy("Introuvable"),
    405: lazy("Méthode non permise"),
    410: lazy("Annonce retirée"),
    413: lazy("Envoi trop lourd"),
    429: lazy("Trop de demandes"),
    500: lazy("Erreur de notre côté"),
    503: lazy("Service momentanément indisponible"),
}


# What SQLite says of a passing trouble; the rest is ours.
_SQLITE_AWAY = re.compile("full|locked|disk I/O|unable to open|readonly")


class DomainError(Exception):
    """A rule of the business forbids what was asked. `message` is French, made for people."""

    status = 409
    # Seconds after which trying again makes sense, for what is only momentary.
    retry_after: int | None = None

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class NotAllowedTransition(DomainError):
    """The object is not in a state from which this can be done."""


def problem(status: int, title: str, detail: str = "", **extra: Any) -> Any:
    """Return an RFC 9457 problem document with its media type."""
    response = jsonify(
        {"type": "about:blank", "title": title, "status": status, "detail": detail} | extra
    )
    response.status_code = status
    response.content_type = "application/problem+json"
    return response


def wants_json() -> bool:
    """Return whether the caller is a program."""
    return request.path.startswith("/api/")


def init_app(app: Flask) -> None:
    """Register the error handlers."""
    app.register_error_handler(DomainError, _domain_error)
    app.register_error_handler(CSRFError, _csrf_error)
    app.register_error_handler(SecurityError, _unknown_host)
    app.register_error_handler(HTTPException, _http_error)
    for away in (OperationalError, InterfaceError, PoolTimeoutError, BaseError):
        app.register_error_handler(away, _store_away)
    app.register_error_handler(Exception, _unexpected)


def _page(status: int, **context: Any) -> Any:
    page = status if status in PAGES else (400 if status < 500 else 500)
    return render_template(f"errors/{page}.html", status=status, **context), status


def _domain_error(error: DomainError) -> Any:
    db.session.rollback()
    headers = {} if error.retry_after is None else {"Retry-After": str(error.retry_after)}
    if wants_json():
        response = problem(error.status, error.message)
        response.headers.extend(headers)
        return response
    if error.status == 503:
        # The address holds all that was asked: the link to try again keeps it.
        again = asked_again(request.path, request.query_string) if request.method == "GET" else None
        return _page(503, message=error.message, again=again)[0], 503, headers
    return _page(422, message=error.message)[0], error.status, headers


def asked_again(path: str, query: bytes) -> str:
    """Return the address that asks the same again: `query` as it came, in whatever encoding."""
    return f"{path}?{query.decode(errors='replace')}" if query else path


def _csrf_error(_error: CSRFError) -> Any:
    log.warning("form_refused", endpoint=request.endpoint)
    if wants_json():
        return problem(400, _("Requête refusée."))
    return _page(400, expired=True)


def _unknown_host(_error: SecurityError) -> Response:
    """No link can be written for a host that is not ours: the answer is plain text."""
    return Response(_("Cette adresse n’est pas celle du site."), 400, mimetype="text/plain")


def _http_error(error: HTTPException) -> Any:
    status = error.code or 500
    if status < 400:
        return error
    headers = [
        (name, value)
        for name, value in error.get_headers()
        if name.lower() in {"allow", "retry-after"}
    ]
    if status == 429:
        log.warning("limit_reached", endpoint=request.endpoint)
    if wants_json():
        title = str(TITLES.get(status) or TITLES[400 if status < 500 else 500])
        # Without words of ours, the libraries give theirs, in English.
        theirs = status == 429 or error.description == type(error).description
        response = problem(status, title, "" if theirs else error.description or "")
        response.headers.extend(headers)
        return response
    body, status = _page(status, message=None)
    return body, status, headers


def _store_away(error: Exception) -> Any:
    """The database or the store of files is full, restarting or too slow: it is not for long."""
    broken = isinstance(error, OperationalError) and isinstance(
        error.orig, sqlite3.OperationalError
    )
    if broken and not _SQLITE_AWAY.search(str(error)):
        return _unexpected(error)
    db.session.rollback()
    log.error("store_away", error=type(error).__name__, cause=type(error.__cause__).__name__)
    headers = {"Retry-After": "30"}
    if wants_json():
        response = problem(503, str(TITLES[503]))
        response.headers.extend(headers)
        return response
    body, status = _page(503, message=None, unsent=_unsent())
    return body, status, headers


def _unsent() -> list[tuple[str, str]]:
    """Return what a candidate has just written, to be sent again as it is; a file cannot be."""
    sent_file = any(file.filename for file in request.files.values())
    if request.method != "POST" or request.blueprint != "applications" or sent_file:
        return []
    return list(request.form.items(multi=True))


def _unexpected(error: Exception) -> Any:
    db.session.rollback()
    incident = secrets.token_hex(4)
    log.exception("unexpected_error", incident=incident, error=type(error).__name__)
    sentry.tell(error, incident=incident, endpoint=request.endpoint or "")
    if wants_json():
        return problem(500, _("Erreur de notre côté."), incident=incident)
    return _page(500, incident=incident)
