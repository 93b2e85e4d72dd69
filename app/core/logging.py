"""Structured logs: constant event names, identifiers as fields, never personal data."""

from __future__ import annotations

import logging
import sys
import traceback
from typing import Any

import structlog
from flask import Flask
from structlog.typing import EventDict


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


class _Formatter(logging.Formatter):
    def formatException(self, ei: Any) -> str:  # noqa: N802 - the name of the standard library
        return frames(ei[1])


def _format_error(_logger: Any, _name: str, event: EventDict) -> EventDict:
    if event.pop("exc_info", None):
        error = sys.exception()
        if error is not None:
            event["exception"] = frames(error)
    return event


def init_app(app: Flask) -> None:
    """Send one JSON object a line to the standard error stream."""
    handler = logging.StreamHandler()
    handler.setFormatter(_Formatter("%(message)s"))
    logging.basicConfig(level=app.config["LOG_LEVEL"], handlers=[handler])
    # Werkzeug's access log holds addresses with what people typed.
    logging.getLogger("werkzeug").setLevel(logging.WARNING)
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _format_error,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(
            logging.getLevelNamesMapping()[app.config["LOG_LEVEL"]]
        ),
        cache_logger_on_first_use=not app.config["TESTING"],
    )
