from __future__ import annotations

import re
import time
from collections.abc import Iterator

import pytest
from flask.testing import FlaskClient

from app.core import load


@pytest.fixture
def crowd(monkeypatch: pytest.MonkeyPatch) -> Iterator[load.Queue]:
    """Make this request one that has waited, with many behind it."""
    queue = load.Queue()
    monkeypatch.setattr(load, "queue", queue)
    for _one in range(load.MAX_WAITING + 2):
        queue.enter()
    queue.leave(time.monotonic() - load.MAX_WAIT_SECONDS - 1)
    yield queue
    load._reached_at.set(None)


def test_a_search_in_a_crowd_is_told_when_to_come_back(
    client: FlaskClient, crowd: load.Queue
) -> None:
    answer = client.get("/recherche?q=aide+soignante&ou=Bron&contrat=cdi")
    assert answer.status_code == 503
    assert int(answer.headers["Retry-After"]) > 0
    again = re.search(r'href="([^"]*)">Réessayer<', answer.text)
    assert again is not None
    assert again.group(1) == "/recherche?q=aide+soignante&amp;ou=Bron&amp;contrat=cdi"


def test_the_link_to_try_again_escapes_what_was_typed(
    client: FlaskClient, crowd: load.Queue
) -> None:
    answer = client.get('/recherche?q="><script>alert(1)</script>')
    assert answer.status_code == 503
    assert "<script>alert" not in answer.text


def test_a_program_in_a_crowd_gets_a_problem_document(
    client: FlaskClient, crowd: load.Queue
) -> None:
    answer = client.get("/api/v1/listings?q=aide")
    assert (answer.status_code, answer.mimetype) == (503, "application/problem+json")
    assert int(answer.headers["Retry-After"]) > 0


def test_a_crowd_does_not_close_the_other_pages(client: FlaskClient, crowd: load.Queue) -> None:
    assert client.get("/").status_code == 200


@pytest.mark.usefixtures("crowd")
def test_a_slow_moment_is_not_a_crowd(monkeypatch: pytest.MonkeyPatch) -> None:
    assert load.is_crowded()
    load.queue.waiting = load.MAX_WAITING
    assert not load.is_crowded()
    load.queue.waiting = 1000
    load._reached_at.set(time.monotonic())
    assert not load.is_crowded()
