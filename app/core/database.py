"""The database handle, its column types and the rules that hold for SQLite and PostgreSQL alike."""

from __future__ import annotations

import datetime as dt
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from enum import StrEnum
from typing import Any

import orjson
import psycopg
import structlog
from flask import has_request_context
from flask_migrate import Migrate
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import JSON, CheckConstraint, Connection, DateTime, Engine, MetaData, event, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.orm import DeclarativeBase, registry
from sqlalchemy.types import TypeDecorator

log = structlog.get_logger()

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}

PAGE_STATEMENT_SECONDS, WORK_STATEMENT_SECONDS = 10, 300
ANSWER_SECONDS = 3

# Commands and the worker write; a request that only reads says so and never takes the write lock.
reads_only: ContextVar[bool] = ContextVar("reads_only", default=False)


class UtcDateTime(TypeDecorator[dt.datetime]):
    """An instant. Refuses naive values; returns aware UTC values on both databases."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: dt.datetime | None, dialect: Any) -> dt.datetime | None:
        """Turn an aware instant into UTC; raise ValueError on a naive one."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a naive datetime cannot be stored")
        value = value.astimezone(dt.UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: dt.datetime | None, dialect: Any) -> dt.datetime | None:
        """Return the stored instant, aware, in UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=dt.UTC) if value.tzinfo is None else value.astimezone(dt.UTC)


JsonType = JSON().with_variant(JSONB(), "postgresql")


class Base(DeclarativeBase):
    """Base of all tables: named constraints, JSON that PostgreSQL can index."""

    registry = registry(
        metadata=MetaData(naming_convention=NAMING),
        type_annotation_map={
            dt.datetime: UtcDateTime(),
            dict[str, Any]: JsonType,
            list[str]: JsonType,
        },
    )


class Database(SQLAlchemy):
    """Flask-SQLAlchemy's, whose session ends without spoiling an answer that is already made."""

    def _teardown_session(self, exc: BaseException | None) -> None:
        try:
            super()._teardown_session(exc)
        except DBAPIError as error:
            # The database went away after the last commit: there is nothing left to undo, and the
            # broken connection goes with its session.
            self.session.registry.clear()
            log.warning("session_lost", error=type(error).__name__)


db = Database(
    model_class=Base,
    # Objects keep their values after the commit of the request: nothing is read again to redirect.
    session_options={"expire_on_commit": False},
    # An error of the database names the statement, never what a person wrote.
    # A connection that a restart of the database has cut is replaced before it is used; nobody
    # waits longer for one than she would for the page.
    engine_options={
        "json_deserializer": orjson.loads,
        "hide_parameters": True,
        "pool_pre_ping": True,
        "pool_timeout": 10,
    },
)
migrate = Migrate()


def one_of(
    column: str, values: Iterable[StrEnum | str], *, nullable: bool = False
) -> CheckConstraint:
    """Return a CHECK that `column` holds one of `values`, the database's own last word."""
    listed = ", ".join(f"'{value}'" for value in values)
    sql = f"{column} IN ({listed})"
    return CheckConstraint(
        f"{column} IS NULL OR {sql}" if nullable else sql, name=f"{column}_known"
    )


def database_answers() -> bool:
    """Return whether the database answers a trivial question.

    PostgreSQL is first asked for a connection, which is waited for ANSWER_SECONDS at most: on one
    that is open, a server that is frozen would never be heard of again.
    """
    engine = db.engine.engine
    try:
        if engine.dialect.name == "postgresql":
            _words, given = engine.dialect.create_connect_args(engine.url)
            psycopg.connect(**{**given, "connect_timeout": ANSWER_SECONDS}).close()
        db.session.execute(text("SELECT 1"))
    except (SQLAlchemyError, psycopg.Error):
        db.session.rollback()
        return False
    return True


@contextmanager
def reading() -> Iterator[None]:
    """Read at length in a transaction of its own, which keeps nobody from writing meanwhile.

    For the worker, between two transactions: what was changed before is committed.
    """
    db.session.commit()
    token = reads_only.set(True)
    try:
        yield
    finally:
        db.session.rollback()
        reads_only.reset(token)


@event.listens_for(Engine, "connect")
def _prepare_postgresql(connection: Any, _record: Any) -> None:
    """Bound what a statement takes: short in the pages, longer in the worker and the commands."""
    if not isinstance(connection, psycopg.Connection):
        return
    seconds = PAGE_STATEMENT_SECONDS if has_request_context() else WORK_STATEMENT_SECONDS
    autocommit, connection.autocommit = connection.autocommit, True
    connection.execute("SELECT set_config('statement_timeout', %s, false)", [f"{seconds}s"])
    connection.execute("SELECT set_config('lock_timeout', '10s', false)")
    connection.autocommit = autocommit


@event.listens_for(Engine, "connect")
def _prepare_sqlite(connection: Any, _record: Any) -> None:
    if not isinstance(connection, sqlite3.Connection):
        return
    # SQLAlchemy's own BEGIN below needs the driver to keep its hands off transactions.
    connection.isolation_level = None
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    # FULL: an acknowledged application survives a power cut.
    cursor.execute("PRAGMA synchronous=FULL")
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.execute("PRAGMA busy_timeout=10000")
    cursor.execute("PRAGMA cache_size=-32000")
    cursor.close()


@event.listens_for(Engine, "begin")
def _begin(connection: Connection) -> None:
    if connection.dialect.name == "sqlite":
        # Taking the write lock at once avoids the upgrade of a read snapshot, which SQLite refuses.
        connection.exec_driver_sql("BEGIN" if reads_only.get() else "BEGIN IMMEDIATE")
