"""The worker dies at the worst instants: what was committed is done after its restart, once."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
from collections import Counter
from typing import Any

import pytest
from sqlalchemy import select

from app.core import clock, outbox
from app.core.database import db
from app.core.outbox import OutboxEvent
from app.listings.services import mark_changed
from app.main.verify import INVARIANTS
from app.search.rebuild import compare, rebuild
from tests import factories
from tests.stack import wait_until
from tools.environment import ROOT
from tools.meilisearch import Meilisearch

KILLED = 137


def start_worker(environ: dict[str, str], failpoint: str = "") -> subprocess.Popen[bytes]:
    """Start a worker that ends when nothing is due."""
    # Reading holds the lock of SQLite too: the worker needs it.
    db.session.rollback()
    env = os.environ | environ | {"APP_ENV": "testing", "FAILPOINTS": failpoint}
    command = [sys.executable, "-m", "flask", "--app", "wsgi", "worker", "--drain"]
    return subprocess.Popen(command, cwd=ROOT, env=env)


def work(environ: dict[str, str], failpoint: str = "") -> int:
    """Run a worker until nothing is due, or until it dies at `failpoint`; return its status."""
    return start_worker(environ, failpoint).wait(60)


def check_invariants() -> None:
    """Fail if anything that must always be true is not."""
    for name, invariant in INVARIANTS.items():
        assert list(invariant(clock.now())) == [], name
        db.session.rollback()


@pytest.mark.usefixtures("real_commits")
@pytest.mark.parametrize("failpoint", ["before_effect", "after_effect"])
def test_a_change_is_indexed_after_the_death_of_the_worker(
    environ: dict[str, str], meilisearch: Meilisearch, failpoint: str
) -> None:
    rebuild()
    listing = factories.listing()
    mark_changed(listing, clock.now())
    db.session.commit()

    assert work(environ, failpoint) == KILLED
    assert outbox.counts()["leased"] == 1

    assert work(environ) == 0
    assert outbox.counts() == {"pending": 0, "leased": 0, "done": 1, "dead": 0}
    assert compare().is_empty
    check_invariants()


@pytest.mark.usefixtures("real_commits")
@pytest.mark.parametrize(("failpoint", "copies"), [("before_effect", 1), ("after_effect", 2)])
def test_a_message_leaves_whatever_dies_and_its_copy_is_recognised(
    environ: dict[str, str], meilisearch: Meilisearch, smtp: Any, failpoint: str, copies: int
) -> None:
    member = factories.user()
    listing = factories.listing(organisation=factories.organisation(member))
    db.session.commit()
    rebuild()
    payload = {"listing_id": listing.id, "user_id": member.id, "what": "published"}
    outbox.enqueue("listing.announced", now=clock.now(), **payload)
    db.session.commit()

    assert work(environ, failpoint) == KILLED
    assert work(environ) == 0

    assert len(smtp.messages) == copies
    assert len({message["Message-ID"] for message in smtp.messages}) == 1
    assert db.session.scalars(select(OutboxEvent.state)).all() == ["done"]
    check_invariants()


@pytest.mark.usefixtures("real_commits")
def test_fifty_messages_leave_though_workers_are_killed_among_them(
    environ: dict[str, str], meilisearch: Meilisearch, smtp: Any
) -> None:
    rebuild()
    member = factories.user()
    listing = factories.listing(organisation=factories.organisation(member))
    mark_changed(listing, clock.now())
    for _ in range(50):
        payload = {"listing_id": listing.id, "user_id": member.id, "what": "published"}
        outbox.enqueue("listing.announced", now=clock.now(), **payload)
    db.session.commit()

    deaths = sorted(random.sample(range(1, 50), 3))
    for number in deaths:
        worker = start_worker(environ)
        wait_until(lambda number=number: len(smtp.messages) >= number, 60, f"message {number}")
        worker.kill()
        assert worker.wait(10) == -signal.SIGKILL
    assert work(environ) == 0

    copies = Counter(message["Message-ID"] for message in smtp.messages)
    assert len(copies) == 50
    # Each death may repeat the message that was leaving, and no other.
    assert copies.total() <= 50 + len(deaths)
    assert outbox.counts() == {"pending": 0, "leased": 0, "done": 51, "dead": 0}
    check_invariants()
