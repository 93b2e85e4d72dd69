"""Structured logs: constant event names, identifiers as fields, never personal data."""

from __future__ import annotations

import datetime as dt
import json
import logging
import secrets
import sys
import time
import traceback
from collections.abc import Mapping
from typing import Any

import structlog
from flask import Flask, Response, g, request
from structlog.typing import EventDict

log = structlog.get_logger()

# In the environment of a request that the site makes of itself: nobody asked anything.
UNTOLD = "prendre_soin.untold"
METHODS = frozenset({"GET", "HEAD", "OPTIONS", "POST"})


def frames(error: BaseException) -> str:
    """Return the types of an error and of its causes, and where each was raised.

    Never their messages: a database quotes the row it refuses, a parser the word it cannot read.
    """
    told = []
    one: BaseException | None = error
    while one is not None:
        told.append(f"{type(one).__name__}\n{''.join(traceback.format_tb(one.__traceback__))}")
        one = one.__cause__ or one.__context__
    return "caused by ".join(told)


class Formatter(logging.Formatter):
    """The words of libraries, as one JSON object a line like ours, without what they quote.

    Of the values in them only numbers are kept: an address, a query or a name may be the others.
    """

    def format(self, record: logging.LogRecord) -> str:
        """Return one line."""
        told = {
            "event": _without_values(record),
            "logger": record.name,
            "level": record.levelname.lower(),
            "timestamp": dt.datetime.fromtimestamp(record.created, dt.UTC)
            .isoformat(timespec="microseconds")
            .replace("+00:00", "Z"),
        }
        if record.exc_info and record.exc_info[1] is not None:
            told["exception"] = frames(record.exc_info[1])
        return json.dumps(told)


def _without_values(record: logging.LogRecord) -> str:
    if not isinstance(record.msg, str):
        # An error given as the words themselves.
        return type(record.msg).__name__
    args: Any = record.args
    if not args:
        return record.msg
    if isinstance(args, Mapping):
        kept: Any = {name: _number(value) for name, value in args.items()}
    else:
        kept = tuple(_number(value) for value in args)
    try:
        return record.msg % kept
    except (KeyError, TypeError, ValueError):
        return record.msg


def _number(value: object) -> object:
    return value if isinstance(value, int | float) else "…"


def _format_error(_logger: Any, _name: str, event: EventDict) -> EventDict:
    if event.pop("exc_info", None):
        error = sys.exception()
        if error is not None:
            event["exception"] = frames(error)
    return event


def init_app(app: Flask) -> None:
    """Write one JSON object a line: ours to the standard output, libraries' to the other."""
    handler = logging.StreamHandler()
    handler.setFormatter(Formatter())
    logging.basicConfig(level=app.config["LOG_LEVEL"], handlers=[handler])
    # Werkzeug's access log holds addresses with what people typed.
    logging.getLogger("werkzeug").setLevel(logging.WARNING)
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _format_error,
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(
            logging.getLevelNamesMapping()[app.config["LOG_LEVEL"]]
        ),
        cache_logger_on_first_use=not app.config["TESTING"],
    )
    app.before_request(_begin)
    app.after_request(_tell)


def _begin() -> None:
    """Give the request a number, that all it has logged carries."""
    g.began_at = time.perf_counter()
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(request=secrets.token_hex(6))


def _tell(response: Response) -> Response:
    """Log which route answered what, how fast and to what kind of person.

    Never the address: it holds what people search, and secrets. Files are not told.
    """
    if request.endpoint != "static" and UNTOLD not in request.environ:
        log.info(
            "answered",
            endpoint=request.endpoint,
            # Methods are made up by those who send them.
            method=request.method if request.method in METHODS else "other",
            status=response.status_code,
            milliseconds=round((time.perf_counter() - g.get("began_at", 0.0)) * 1000, 1),
            # As it was read to decide who may come here: nothing is asked of the database for it.
            role=vars(g.get("_login_user", object)).get("role"),
        )
    return response
