"""Mornings, mailboxes and links for the tests of alerts."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask

from app.alerts.models import Alert, Watch
from app.alerts.tasks import send_digests
from app.alerts.tokens import token_of
from app.core import clock
from app.core.database import db
from app.core.jobs import jobs
from app.core.limits import limiter

# A Tuesday.
START = dt.datetime(2026, 11, 24, 9, tzinfo=dt.UTC)


def morning(days: int = 1, hour: int = 8) -> dt.datetime:
    """Return eight in Paris, some days after the start."""
    day = clock.paris_date(START) + dt.timedelta(days=days)
    return clock.paris_instant(day, dt.time(hour))


def page_of(alert: Alert) -> str:
    return f"/alertes/{token_of(alert.salt, alert.token_hash)}"


def page_of_watch(watch: Watch) -> str:
    return f"/alertes/annonce/{token_of(watch.salt, watch.token_hash)}"


def link_in(message: Any) -> str:
    """Return the path of the link of a message to a page of its person."""
    text = message.get_body(("plain",)).get_content()
    found = re.search(r"http://localhost(/alertes/\S+)", text)
    assert found, text
    return found[1]


@pytest.fixture(autouse=True)
def without_limit(app: Flask) -> Iterator[None]:
    limiter.enabled = False
    yield
    limiter.enabled = True


@pytest.fixture
def serve(smtp: Any, monkeypatch: pytest.MonkeyPatch) -> Callable[[dt.datetime], list[Any]]:
    """Return a function that runs a morning and gives the messages that left."""

    def run(now: dt.datetime) -> list[Any]:
        monkeypatch.setattr(clock, "now", lambda: now)
        smtp.messages.clear()
        db.session.commit()
        send_digests(now)
        jobs.drain()
        return list(smtp.messages)

    return run


@pytest.fixture
def drain() -> Callable[[], None]:
    def run() -> None:
        db.session.commit()
        jobs.drain()

    return run
