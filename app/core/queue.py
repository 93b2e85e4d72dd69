"""The queue of wake-ups, in the database of the site: nothing relies on what it holds."""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING

from huey import PostgresHuey, SqliteHuey
from psycopg.errors import DuplicateTable, UniqueViolation

if TYPE_CHECKING:
    from flask import Flask
    from huey.api import Huey


def make_huey(app: Flask) -> Huey:
    """Open the queue of `app`."""
    url: str = app.config["SQLALCHEMY_DATABASE_URI"]
    logging.getLogger("huey").setLevel(logging.WARNING)
    if url.startswith("postgresql"):
        return _postgres_huey(url.replace("postgresql+psycopg://", "postgresql://"))
    app.config["DATA_DIR"].mkdir(parents=True, exist_ok=True)
    return SqliteHuey("prendre-soin", filename=str(app.config["DATA_DIR"] / "queue.db"))


def _postgres_huey(dsn: str) -> Huey:
    """Open the queue. Its tables are made at the first start, maybe by several processes at once:
    PostgreSQL lets one of them make a table, and tells the others that it is there."""
    for wait_seconds in (0.1, 0.3, 1.0):
        try:
            return PostgresHuey("prendre-soin", dsn=dsn)
        except (UniqueViolation, DuplicateTable):
            time.sleep(wait_seconds)
    return PostgresHuey("prendre-soin", dsn=dsn)
