"""Structured logs: constant event names, identifiers as fields, never personal data."""

from __future__ import annotations

import logging

import structlog
from flask import Flask


def init_app(app: Flask) -> None:
    """Send one JSON object a line to the standard error stream."""
    logging.basicConfig(level=app.config["LOG_LEVEL"], format="%(message)s")
    # Werkzeug's access log holds addresses with what people typed.
    logging.getLogger("werkzeug").setLevel(logging.WARNING)
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(
            logging.getLevelNamesMapping()[app.config["LOG_LEVEL"]]
        ),
        cache_logger_on_first_use=not app.config["TESTING"],
    )
