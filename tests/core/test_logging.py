"""A line a request, one JSON object each, and nothing of anybody even when all goes wrong."""

from __future__ import annotations

import io
import json
import logging
import os
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from app.core import clock, limits, permissions
from app.core.jobs import jobs
from app.core.logging import Formatter
from app.core.outbox import OutboxEvent
from app.main.invariants import pages_need_no_engine
from tests import factories
from tests.stack import ROOT, wait_until
from tools.processes import Service, free_port

SEEDS = ("Samira", "samira@example.org", "0639981234", "un-secret", "aide-soignante de nuit")
SAID = " ".join(SEEDS)


@pytest.fixture
def told(app: Flask, capsys: pytest.CaptureFixture[str]) -> Iterator[Callable[[], list[Any]]]:
    """Log as production does; return a function that gives what was, once nobody is in it."""
    before = structlog.get_config()
    root = logging.getLogger()
    level = root.level
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.INFO))
    words = io.StringIO()
    libraries = logging.StreamHandler(words)
    libraries.setFormatter(Formatter())
    root.addHandler(libraries)
    root.setLevel(logging.INFO)

    def read() -> list[Any]:
        # The mail server of the tests is in this process, and says what it hears.
        heard = [one for one in words.getvalue().splitlines() if '"mail.log"' not in one]
        lines = capsys.readouterr().out.splitlines() + heard
        assert not [seed for seed in SEEDS if seed in "\n".join(lines)]
        words.truncate(words.seek(0))
        return [json.loads(line) for line in lines]

    yield read
    root.removeHandler(libraries)
    root.setLevel(level)
    structlog.configure(**before)


def test_a_request_is_told_by_its_route(
    client: FlaskClient, sign_in: Any, told: Callable[[], list[Any]]
) -> None:
    client.get(f"/recherche?q={SAID}", headers={"User-Agent": SAID})
    line = told()[-1]
    assert line.pop("milliseconds") > 0
    assert len(line.pop("request")) == 12
    line.pop("timestamp")
    assert line == {
        "event": "answered",
        "level": "info",
        "endpoint": "search.index",
        "method": "GET",
        "status": 200,
        "role": None,
    }
    client.open(f"/{SAID}", method="UN-SECRET")
    line = told()[-1]
    assert (line["endpoint"], line["method"], line["status"]) == (None, "other", 404)
    sign_in(factories.user(role="moderator", name=SEEDS[0])).get("/equipe/etat/")
    assert told()[-1]["role"] == "moderator"


def test_pages_that_the_site_asks_of_itself_are_not_told(
    app: Flask, told: Callable[[], list[Any]]
) -> None:
    assert list(pages_need_no_engine(clock.now())) == []
    assert told() == []


def test_all_that_a_request_says_has_its_number(
    app: Flask, monkeypatch: pytest.MonkeyPatch, told: Callable[[], list[Any]]
) -> None:
    def fail() -> Any:
        raise RuntimeError(f"{SAID}\r\n{SAID}")

    monkeypatch.setitem(app.view_functions, "main.legal", permissions.public(fail))
    monkeypatch.setitem(app.config, "PROPAGATE_EXCEPTIONS", False)
    shown = app.test_client().get(f"/mentions-legales?q={SAID}")
    error, answer = told()
    assert (error["event"], answer["event"]) == ("unexpected_error", "answered")
    assert error["incident"] in shown.text
    assert "RuntimeError" in error["exception"]
    assert (error["request"], answer["status"]) == (answer["request"], 500)


def test_a_visitor_over_a_limit_is_not_named(
    app: Flask, monkeypatch: pytest.MonkeyPatch, told: Callable[[], list[Any]]
) -> None:
    monkeypatch.setattr(limits.limiter, "enabled", True)
    monkeypatch.setitem(app.config, "API_RATE_LIMIT", "1 per minute")
    visitor = app.test_client()
    for _time in range(2):
        last = visitor.get("/api/v1/paths", environ_base={"REMOTE_ADDR": "198.51.100.7"})
    assert last.status_code == 429
    lines = told()
    assert "limit_reached" in {line["event"] for line in lines}
    assert "flask-limiter" in {line.get("logger") for line in lines}
    assert "198.51.100" not in json.dumps(lines)


@pytest.mark.parametrize("answer", ["550 5.1.1 <samira@example.org> unknown", "450 Samira later"])
def test_a_mail_server_that_repeats_the_address_is_not_quoted(
    answer: str,
    session: Any,
    smtp: Any,
    monkeypatch: pytest.MonkeyPatch,
    told: Callable[[], list[Any]],
    client: FlaskClient,
) -> None:
    monkeypatch.setattr(limits.limiter, "enabled", False)
    asked = {"q": SEEDS[4], "email": SEEDS[1], "frequency": "daily"}
    assert client.post("/alertes/", data=asked).status_code == 303
    smtp.refuse_with = answer
    jobs.drain()
    assert "handler_failed" in {line["event"] for line in told()}
    assert session.scalars(select(OutboxEvent.last_error)).first() is not None


@pytest.mark.no_database
@pytest.mark.parametrize(
    ("words", "values", "event"),
    [
        ("port %d of %s", (80, SAID), "port 80 of …"),
        ("%(who)s: %(number)s", ({"who": SAID, "number": 3},), "…: 3"),
        ("no value of %s", (), "no value of %s"),
        ("badly %d written", (SAID,), "badly %d written"),
        (RuntimeError(SAID), (), "RuntimeError"),
        ("two\r\nlines\u2028or three", (), "two\r\nlines\u2028or three"),
    ],
)
def test_libraries_are_heard_without_what_they_quote(
    words: Any, values: tuple[Any, ...], event: str
) -> None:
    try:
        raise ValueError(SAID) from KeyError(SAID)
    except ValueError:
        record = logging.LogRecord("lib", 30, "", 1, words, values, sys.exc_info())
    line = Formatter().format(record)
    assert len(line.splitlines()) == 1
    told = json.loads(line)
    assert (told["event"], told["logger"], told["level"]) == (event, "lib", "warning")
    assert "KeyError" in told["exception"]
    assert not [seed for seed in SEEDS if seed in line]


BROKEN = """
from wsgi import app
def broken(environ, start_response):
    raise RuntimeError(environ["QUERY_STRING"])
app.wsgi_app = broken
"""


def test_an_error_that_reaches_the_server_is_told_without_its_words(
    environ: dict[str, str], tmp_path: Path, app: Flask
) -> None:
    (tmp_path / "broken.py").write_text(BROKEN)
    port = free_port()
    web = Service(
        "web",
        [sys.executable, "-m", "gunicorn", "broken:app", f"--bind=127.0.0.1:{port}"],
        env=environ
        | {"APP_ENV": "testing", "PATH": os.environ["PATH"], "PYTHONPATH": str(tmp_path)},
        log_path=tmp_path / "web.log",
        cwd=ROOT,
    )

    def fails() -> bool:
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/?q=un-secret", timeout=10)
        except urllib.error.HTTPError as error:
            return error.code == 500
        except OSError:
            pass
        return False

    web.start()
    try:
        wait_until(fails, 60, "the error")
    finally:
        web.stop(10)
    logged = (tmp_path / "web.log").read_text()
    assert "Error handling request" in logged
    assert "RuntimeError" in logged
    assert "un-secret" not in logged
