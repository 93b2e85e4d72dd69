"""The worker dies at the worst instants: what was committed is done after its restart, once."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import Any

import pytest
from sqlalchemy import select

from app.core import clock, outbox
from app.core.database import db
from app.core.outbox import OutboxEvent
from app.listings.services import mark_changed
from app.search.rebuild import compare, rebuild
from tests import factories
from tools.environment import ROOT
from tools.meilisearch import Meilisearch

KILLED = 137


def work(environ: dict[str, str], failpoint: str = "") -> int:
    """Run a worker until nothing is due, or until it dies at `failpoint`; return its status."""
    # Reading holds the lock of SQLite too: the worker needs it.
    db.session.rollback()
    env = os.environ | environ | {"APP_ENV": "testing", "FAILPOINTS": failpoint}
    command = [sys.executable, "-m", "flask", "--app", "wsgi", "worker", "--drain"]
    return subprocess.run(command, cwd=ROOT, env=env, check=False, timeout=60).returncode


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


@pytest.mark.usefixtures("real_commits")
@pytest.mark.parametrize(("failpoint", "copies"), [("before_effect", 1), ("after_effect", 2)])
def test_a_message_leaves_whatever_dies_and_its_copy_is_recognised(
    environ: dict[str, str], smtp: Any, failpoint: str, copies: int
) -> None:
    member = factories.user()
    listing = factories.listing(organisation=factories.organisation(member))
    payload = {"listing_id": listing.id, "user_id": member.id, "what": "published"}
    outbox.enqueue("listing.announced", now=clock.now(), **payload)
    db.session.commit()

    assert work(environ, failpoint) == KILLED
    assert work(environ) == 0

    assert len(smtp.messages) == copies
    assert len({message["Message-ID"] for message in smtp.messages}) == 1
    assert db.session.scalars(select(OutboxEvent.state)).all() == ["done"]
