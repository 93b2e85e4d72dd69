"""Rate limits on what costs or can be abused: applications and the API.

They are counted in the database of the site, for all the processes together, or in a Redis. What
counts may fail: it then lets everybody through, and says so.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import ipaddress
from functools import cache
from pathlib import Path
from typing import Any

from flask import Flask, current_app, request
from flask_limiter import Limiter
from limits.storage import Storage
from redis.backoff import NoBackoff
from redis.retry import Retry
from sqlalchemy import CheckConstraint, Engine, String, case, create_engine, delete, event, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.schema import CreateTable

from app.core import clock
from app.core.database import db

REDIS_TIMEOUT_SECONDS = 0.25


class RateCount(db.Model):
    """How often something was asked in a window, by a key that tells nobody who."""

    __tablename__ = "rate_count"

    key: Mapped[str] = mapped_column(
        String(64), primary_key=True, comment="keyed hash of a network, a route and a limit"
    )
    hits: Mapped[int]
    expires_at: Mapped[dt.datetime]

    __table_args__ = (CheckConstraint("hits > 0", name="hits_positive"),)


class DatabaseStorage(Storage):
    """Windows counted in the database, each hit in a transaction of its own.

    On SQLite, where those who write wait for each other, in a file of its own: an import that lasts
    keeps nobody from reading the API, and what is counted may be lost with the machine.
    """

    STORAGE_SCHEME = ["database"]

    @property
    def base_exceptions(self) -> type[Exception]:
        """Return what the library takes for a failure of the storage."""
        return SQLAlchemyError

    def incr(self, key: str, expiry: int, amount: int = 1) -> int:
        """Count `amount` hits, in a new window of `expiry` seconds if the last is over."""
        now, engine = clock.now(), _engine()
        dialect = postgresql if engine.dialect.name == "postgresql" else sqlite
        insert = dialect.insert(RateCount).values(
            key=_hashed(key), hits=amount, expires_at=now + dt.timedelta(seconds=expiry)
        )
        over = RateCount.expires_at <= now
        counted = insert.on_conflict_do_update(
            index_elements=["key"],
            set_={
                "hits": case((over, amount), else_=RateCount.hits + amount),
                "expires_at": case((over, insert.excluded.expires_at), else_=RateCount.expires_at),
            },
        ).returning(RateCount.hits)
        with engine.begin() as connection:
            return int(connection.execute(counted).scalar_one())

    def get(self, key: str) -> int:
        """Return the hits of the present window."""
        return int(self._read(key, RateCount.hits) or 0)

    def get_expiry(self, key: str) -> float:
        """Return when the present window ends, in seconds since 1970."""
        end = self._read(key, RateCount.expires_at) or clock.now()
        return float(end.timestamp())

    def _read(self, key: str, column: Any) -> Any:
        with _engine().connect() as connection:
            return connection.scalar(
                select(column).where(
                    RateCount.key == _hashed(key), RateCount.expires_at > clock.now()
                )
            )

    def check(self) -> bool:
        """Return whether counting works."""
        try:
            self.get("")
        except SQLAlchemyError:
            return False
        return True

    def reset(self) -> int:
        """Forget all; return how many keys."""
        with _engine().begin() as connection:
            return connection.execute(delete(RateCount)).rowcount

    def clear(self, key: str) -> None:
        """Forget one key."""
        with _engine().begin() as connection:
            connection.execute(delete(RateCount).where(RateCount.key == _hashed(key)))


def forget_counts(now: dt.datetime) -> None:
    """Each night: forget the windows that are over."""
    with _engine().begin() as connection:
        connection.execute(delete(RateCount).where(RateCount.expires_at <= now))


def _engine() -> Engine:
    if db.engine.dialect.name == "postgresql":
        return db.engine
    return _own_file(current_app.config["DATA_DIR"] / "limits.db")


@cache
def _own_file(path: Path) -> Engine:
    engine = create_engine(f"sqlite:///{path}", hide_parameters=True)
    event.listen(engine, "connect", _count_fast)
    with engine.begin() as connection:
        connection.execute(CreateTable(RateCount.__table__, if_not_exists=True))
    return engine


def _count_fast(connection: Any, _record: Any) -> None:
    """What is counted is worth no wait for the disk."""
    connection.execute("PRAGMA synchronous=OFF")


def init_app(app: Flask) -> None:
    """Open what counts; a Redis that does not answer is not waited for."""
    if app.config["RATELIMIT_STORAGE_URI"].startswith("redis"):
        app.config["RATELIMIT_STORAGE_OPTIONS"] = {
            "socket_connect_timeout": REDIS_TIMEOUT_SECONDS,
            "socket_timeout": REDIS_TIMEOUT_SECONDS,
            "retry": Retry(NoBackoff(), 0),
        }
    limiter.init_app(app)


def _hashed(key: str) -> str:
    secret = current_app.config["SECRET_KEY"].encode()
    return hmac.new(secret, f"limit {key}".encode(), hashlib.sha256).hexdigest()


def client_network() -> str:
    """Return the address of the visitor, as tries are counted.

    One subscriber holds a whole /64 of IPv6: its addresses count as one.
    """
    # Without an address, as behind a socket of the same machine, all count as one: never as none.
    address = request.remote_addr or "127.0.0.1"
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if parsed.version == 6:
        if parsed.ipv4_mapped:
            return str(parsed.ipv4_mapped)
        return str(ipaddress.ip_network(f"{parsed}/64", strict=False))
    return address


def _counted_as() -> str:
    """Return who is counted, by a key that tells nobody who, wherever it is kept."""
    return _hashed(client_network())


limiter = Limiter(_counted_as, strategy="fixed-window", swallow_errors=True)
