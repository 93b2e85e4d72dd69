"""What breaks is told to a Sentry, and nothing of anybody goes with it."""

from __future__ import annotations

import gzip
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
import sentry_sdk
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.exc import IntegrityError

from app.core import clock, outbox, sentry
from app.core.database import db
from app.core.jobs import Scheduled, jobs, run_scheduled
from app.core.outbox import Subscription
from tests import factories

SEEDS = ("Samira", "samira@example.org", "0639981234", "+33639981234", "chercher-un-secret")


class Server(BaseHTTPRequestHandler):
    """Takes what is sent, as a Sentry does."""

    received: list[bytes] = []

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        zipped = self.headers.get("Content-Encoding") == "gzip"
        self.received.append(gzip.decompress(body) if zipped else body)
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *_words: Any) -> None:
        """Say nothing."""


@pytest.fixture
def received(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[bytes]]:
    server = HTTPServer(("127.0.0.1", 0), Server)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    Server.received.clear()
    monkeypatch.setitem(app.config, "SENTRY_DSN", f"http://key@127.0.0.1:{server.server_port}/1")
    sentry.init_app(app)
    yield Server.received
    sentry_sdk.get_client().close()
    sentry_sdk.get_global_scope().set_client(None)
    server.shutdown()
    server.server_close()
    thread.join()


def test_a_fault_is_told_by_its_place_and_its_incident_only(
    app: Flask, client: FlaskClient, received: list[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_given: Any, **_named: Any) -> Any:
        person = {"name": SEEDS[0], "email": SEEDS[1]}
        raise RuntimeError(f"cannot read {person} {SEEDS[2]}")

    monkeypatch.setitem(app.config, "PROPAGATE_EXCEPTIONS", False)
    monkeypatch.setattr("app.applications.views.public.queries.open_sessions", fail)
    listing = factories.listing()
    shown = client.get(
        f"{listing.path}/candidater?q={SEEDS[4]}",
        headers={"Cookie": f"a={SEEDS[4]}", "User-Agent": SEEDS[0]},
    )
    assert shown.status_code == 500
    sentry_sdk.flush(10)
    (envelope,) = received
    told = envelope.decode()
    event = json.loads(told.splitlines()[2])
    (incident,) = [word for word in shown.text.split() if event["tags"]["incident"] in word][:1]
    assert incident
    assert event["tags"]["endpoint"] == "applications.create"
    (error,) = event["exception"]["values"]
    assert (error["type"], error["value"]) == ("RuntimeError", "")
    assert any(frame["function"] == "create" for frame in error["stacktrace"]["frames"])
    assert not {"request", "user", "breadcrumbs", "extra", "server_name"} & set(event)
    for seed in SEEDS:
        # The lines of this very test are code, shown around the fault.
        assert seed not in told.replace(f'"{seed}"', ""), seed


def test_what_fails_in_the_worker_is_told_without_its_words(
    app: Flask, session: Any, received: list[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_given: Any) -> Any:
        twice = [factories.application(first_name=SEEDS[0], email=SEEDS[1]) for _time in "ab"]
        twice[1].reference = twice[0].reference
        # The database quotes the row that it refuses.
        db.session.flush()

    monkeypatch.setattr(jobs, "subscriptions", {"report.arrived": [Subscription("x", fail)]})
    outbox.enqueue("report.arrived", now=clock.now(), user_id=1)
    session.commit()
    jobs.drain()
    with pytest.raises(IntegrityError):
        run_scheduled(Scheduled("nightly", fail))
    sentry_sdk.flush(10)
    events = [json.loads(one.splitlines()[2]) for one in received]
    assert [one["tags"] for one in events] == [
        {"topic": "report.arrived", "dead": "false"},
        {"scheduled": "nightly"},
    ]
    for event, sent in zip(events, received, strict=True):
        assert event["exception"]["values"][-1]["type"] == "IntegrityError"
        # The lines of this very test are code, shown around the fault.
        assert not [seed for seed in SEEDS if seed in sent.decode().replace("SEEDS", "")]


def test_without_a_server_nothing_leaves() -> None:
    assert not sentry_sdk.is_initialized()
    sentry.tell(RuntimeError("nobody listens"), incident="1")
