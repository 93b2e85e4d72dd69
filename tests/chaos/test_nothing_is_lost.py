"""Kill and freeze web, workers, search and mail at random moments: nothing acknowledged is lost.

`pytest tests/chaos --chaos-seeds 500` runs more disasters; each seed is one reproducible disaster.
Alone on PostgreSQL, the database crashes and recovers too.
"""

from __future__ import annotations

import os
import random
import re
import signal
import threading
import time
import uuid
from collections import Counter
from collections.abc import Iterator

import pytest
import requests
from flask import Flask
from sqlalchemy import func, select, text
from sqlalchemy.exc import OperationalError

from app.applications.models import Application
from app.core import clock, outbox
from app.core.database import db
from app.core.outbox import OutboxEvent
from app.core.pulse import work_state
from app.listings.services import mark_changed
from app.main.verify import INVARIANTS
from app.search.rebuild import compare, rebuild
from tests import factories
from tests.conftest import empty_tables
from tests.stack import Stack, wait_until
from tools.meilisearch import Meilisearch

pytestmark = pytest.mark.usefixtures("real_commits")


@pytest.fixture
def real_commits() -> None:
    """Commit for real and leave the rows: the processes of the site are still at work on them."""


@pytest.fixture(scope="module")
def stack(
    app: Flask,
    environ: dict[str, str],
    search_server: Meilisearch,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Stack]:
    """Start the site on the database and the search server that this test compares."""
    if not search_server.service.running():
        search_server.start()
    # Before the worker starts: it builds the index itself when it finds none.
    with app.app_context():
        rebuild()
        db.session.commit()
    folder = tmp_path_factory.mktemp("chaos")
    stack = Stack(
        folder, environ["DATABASE_URL"], workers=2, threads=2, background=2, search=search_server
    )
    try:
        stack.start()
        yield stack
    finally:
        stack.stop()
    with app.app_context():
        empty_tables()


class People(threading.Thread):
    """Send applications one after the other, resending each until it is acknowledged."""

    def __init__(self, url: str, path: str) -> None:
        super().__init__(daemon=True)
        self.url, self.path = url, path
        self.stopping = threading.Event()
        self.acknowledged: dict[str, str] = {}

    def run(self) -> None:
        while not self.stopping.is_set():
            self.apply()

    def apply(self) -> None:
        """Apply as one person; a cut connection is tried again with the same form."""
        phone = f"061{random.SystemRandom().randrange(10**7):07d}"
        browser, form = None, None
        while not self.stopping.is_set():
            try:
                if form is None:
                    browser = requests.Session()
                    page = browser.get(self.url + self.path, timeout=3).text
                    form = dict(
                        re.findall(r'type="hidden"[^>]*name="([^"]+)"[^>]*value="([^"]*)"', page)
                    ) | dict(re.findall(r'name="([^"]+)" type="hidden" value="([^"]*)"', page))
                assert browser is not None
                answer = browser.post(
                    self.url + self.path,
                    data=form | {"first_name": "Samira", "phone": phone, "call_back": "any"},
                    timeout=3,
                )
            except requests.RequestException:
                time.sleep(0.1)
                continue
            if answer.status_code == 200:
                found = re.search(r"PS-[A-Z0-9]{4}-[A-Z0-9]{4}", answer.text)
                assert found, answer.text[:2000]
                self.acknowledged[form["key"]] = found.group()
                return
            assert answer.status_code >= 500, answer.text[:3000]


def test_nothing_acknowledged_is_lost_and_nothing_is_doubled(stack: Stack, seed: int) -> None:
    chance = random.Random(seed)
    member = factories.user(email=f"equipe-{uuid.uuid4().hex}@example.org")
    listing = factories.listing(organisation=factories.organisation(member))
    mark_changed(listing, clock.now())
    db.session.commit()
    listing_id, path = listing.id, f"{listing.path}/candidater"
    stack.smtp.messages.clear()
    victims = ["web", "worker", "worker1", "search", "smtp", *DATABASE]
    people = [People(stack.url, path) for _ in range(3)]
    for person in people:
        person.start()
    for _ in range(chance.randint(1, 4)):
        time.sleep(chance.uniform(0.1, 1.0))
        victim = chance.choice(victims)
        harm, pause = chance.choice([stack.kill, stack.freeze]), chance.uniform(0.05, 0.8)
        if victim in DATABASE:
            crash_database()
            continue
        harm(victim)
        time.sleep(pause)
        stack.revive(victim)
    time.sleep(0.5)
    for person in people:
        person.stopping.set()
    for person in people:
        person.join(10)
    acknowledged = {key: ref for person in people for key, ref in person.acknowledged.items()}

    assert acknowledged, stack.web.log_tail()
    wait_until(_nothing_is_pending, 90, f"{outbox.counts()} {stack.worker.log_tail()}")

    stored = db.session.scalars(select(Application.reference)).all()
    assert set(acknowledged.values()) <= set(stored)
    assert len(set(acknowledged.values())) == len(acknowledged)
    applications = db.session.scalars(
        select(Application.candidate_key).where(Application.listing_id == listing_id)
    ).all()
    assert len(applications) == len(set(applications))
    assert outbox.counts()["dead"] == 0
    # Of two workers that live, both are seen, and no other.
    assert len(work_state(clock.now()).workers) <= len(stack.background)
    copies = Counter(message["Message-ID"] for message in stack.smtp.messages)
    assert len(copies) == len(applications)
    # A crash between the server's answer and its record may repeat a message, never more than once.
    assert max(copies.values()) <= 2
    assert compare().is_empty
    for name, invariant in INVARIANTS.items():
        assert list(invariant(clock.now())) == [], name
    db.session.rollback()


# A crash of the database is one for all those who share it: only when this runs by itself.
DATABASE = (
    ["database"]
    if os.environ.get("TEST_DATABASE_URL") and "PYTEST_XDIST_WORKER" not in os.environ
    else []
)


def crash_database() -> None:
    """Kill one process of PostgreSQL, which then ends all of them and recovers from its journal."""
    pid = db.session.scalar(text("SELECT pg_backend_pid()"))
    os.kill(pid, signal.SIGKILL)
    wait_until(_database_answers, 30, "the recovery of PostgreSQL")


def _database_answers() -> bool:
    try:
        db.session.rollback()
        db.session.execute(text("SELECT 1"))
        db.session.rollback()
    except OperationalError:
        db.session.remove()
        return False
    return True


def _nothing_is_pending() -> bool:
    db.session.rollback()
    pending = db.session.scalar(
        select(func.count()).where(OutboxEvent.state.in_(["pending", "leased"]))
    )
    db.session.rollback()
    return pending == 0
