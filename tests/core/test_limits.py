"""Limits hold across processes, tell nobody who came, and never close the site."""

from __future__ import annotations

import datetime as dt
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from redis import Redis
from redis.exceptions import RedisError
from sqlalchemy import select, text
from sqlalchemy.exc import OperationalError

from app import create_app
from app.core import clock, limits
from app.core.database import db
from app.core.jobs import jobs
from app.core.limits import DatabaseStorage, RateCount, client_network, forget_counts
from config import TestConfig
from tests.stack import wait_until
from tools.processes import Service, free_port

ROOT = Path(__file__).resolve().parent.parent.parent
COUNT = """
from app import create_app
from app.core.jobs import jobs
from app.core.limits import DatabaseStorage
from config import Config
with create_app(Config.from_env()).app_context():
    for _time in range(40):
        DatabaseStorage("database://").incr("LIMITS/198.51.100.7/api", 3600)
"""


@pytest.fixture
def storage(
    app: Flask, real_commits: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Any]:
    monkeypatch.setitem(app.config, "DATA_DIR", tmp_path)
    with app.app_context():
        storage = DatabaseStorage("database://")
        storage.reset()
        yield storage
        storage.reset()


def rows() -> list[Any]:
    with limits._engine().connect() as connection:
        return list(connection.execute(select(RateCount.key, RateCount.hits)))


def test_hits_of_several_processes_add_up(
    storage: DatabaseStorage, tmp_path: Path, environ: dict[str, str]
) -> None:
    secret = "a-secret-shared-by-both-of-forty-letters"
    env = environ | {"DATA_DIR": str(tmp_path), "SECRET_KEY": secret, "APP_ENV": "testing"}
    both = [subprocess.Popen([sys.executable, "-c", COUNT], env=env, cwd=ROOT) for _one in "ab"]
    assert [one.wait(120) for one in both] == [0, 0]
    ((key, hits),) = rows()
    assert hits == 80
    # Nobody reads in it who came.
    assert len(key) == 64
    assert "198" not in key or "198.51" not in key


def test_a_window_ends_and_another_begins(storage: DatabaseStorage, time_machine: Any) -> None:
    now = clock.now()
    time_machine.move_to(now, tick=False)
    assert [storage.incr("one", 60) for _time in range(3)] == [1, 2, 3]
    assert storage.incr("other", 60, 5) == 5
    assert storage.get_expiry("one") == pytest.approx((now + dt.timedelta(seconds=60)).timestamp())
    time_machine.move_to(now + dt.timedelta(seconds=61), tick=False)
    assert (storage.get("one"), storage.incr("one", 60), storage.get("one")) == (0, 1, 1)
    forget_counts(clock.now())
    assert len(rows()) == 1
    storage.clear("one")
    assert rows() == []
    assert storage.check()


@pytest.fixture
def sites(
    environ: dict[str, str], tmp_path: Path, real_commits: None, app: Flask
) -> Iterator[Callable[[str], list[FlaskClient]]]:
    """Return a function that gives browsers of two applications, as two processes would be."""
    before = jobs.subscriptions, jobs.schedule, jobs.huey
    made: list[Flask] = []

    def make(url: str) -> list[FlaskClient]:
        settings = environ | {
            "DATA_DIR": str(tmp_path),
            "RATELIMIT_STORAGE_URL": url,
            "RATELIMIT_ENABLED": "1",
            "API_RATE_LIMIT": "2 per minute",
        }
        made.extend(create_app(TestConfig(settings)) for _process in "ab")
        return [site.test_client() for site in made]

    yield make
    for site in made:
        with site.app_context():
            db.session.remove()
            db.engine.dispose()
    jobs.subscriptions, jobs.schedule, jobs.huey = before
    limits.init_app(app)


def ask(browser: FlaskClient) -> int:
    answer = browser.get("/api/v1/paths", environ_base={"REMOTE_ADDR": "198.51.100.7"})
    return answer.status_code


def test_the_limits_of_the_site_use_it(sites: Callable[[str], list[FlaskClient]]) -> None:
    browsers = sites("database://")
    assert [ask(one) for one in browsers for _time in range(2)] == [200, 200, 429, 429]


def answers(port: str) -> bool:
    try:
        return bool(Redis(port=int(port)).ping())
    except RedisError:
        return False


@pytest.fixture
def redis_server(tmp_path: Path) -> Iterator[Service]:
    port = str(free_port())
    command = ["redis-server", "--port", port, "--bind", "127.0.0.1", "--save", ""]
    env = {"PATH": os.environ["PATH"]}
    service = Service("redis", command, env=env, log_path=tmp_path / "redis.log", cwd=tmp_path)
    service.start()
    try:
        wait_until(lambda: answers(port), 30, "Redis")
        yield service
    finally:
        service.kill()


def test_a_redis_counts_for_all_and_is_not_waited_for(
    sites: Callable[[str], list[FlaskClient]],
    redis_server: Service,
    caplog: pytest.LogCaptureFixture,
) -> None:
    port = redis_server.command[2]
    browsers = sites(f"redis://127.0.0.1:{port}")
    assert [ask(one) for one in browsers for _time in range(2)] == [200, 200, 429, 429]
    pool: Any = limits.limiter.limiter.storage
    # Nothing that takes longer is waited for, nor asked again.
    assert pool.storage.connection_pool.connection_kwargs["socket_timeout"] < 1
    (key,) = Redis(port=int(port)).keys()
    # Nobody reads in it who came.
    assert b"198.51" not in key
    redis_server.freeze()
    assert ask(browsers[0]) == 200
    assert "Failed to rate limit" in caplog.text
    redis_server.signal(signal.SIGCONT)
    assert ask(browsers[0]) == 429
    redis_server.kill()
    assert ask(browsers[0]) == 200


def test_what_cannot_be_counted_is_let_through(
    app: Flask, monkeypatch: pytest.MonkeyPatch, client: Any
) -> None:
    def away() -> Any:
        raise OperationalError("SELECT", {}, Exception("away"))

    monkeypatch.setattr(limits, "_engine", away)
    monkeypatch.setattr(limits.limiter.limiter, "storage", DatabaseStorage("database://"))
    assert client.get("/api/v1/paths").status_code == 200


def test_counting_waits_for_no_disk(storage: DatabaseStorage) -> None:
    engine = limits._engine()
    if engine.dialect.name == "sqlite":
        with engine.connect() as connection:
            assert connection.scalar(text("PRAGMA synchronous")) == 0
            assert connection.scalar(text("PRAGMA journal_mode")) == "wal"


@pytest.mark.parametrize(
    ("address", "counted_as"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("2001:db8::1", "2001:db8::/64"),
        ("2001:db8::ffff", "2001:db8::/64"),
        ("2001:db8:0:1::1", "2001:db8:0:1::/64"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("", "127.0.0.1"),
    ],
)
def test_neighbours_of_an_ipv6_network_share_their_count(
    app: Flask, address: str, counted_as: str
) -> None:
    with app.test_request_context("/", environ_base={"REMOTE_ADDR": address}):
        assert client_network() == counted_as
