"""Kill and freeze web, workers, database, search and mail at random: nothing acknowledged is lost.

`pytest tests/chaos --chaos-seeds 500` runs more disasters; each seed is one reproducible disaster.
PostgreSQL is stopped at once, restarted and frozen, SQLite held by another process.
"""

from __future__ import annotations

import contextlib
import random
import re
import sqlite3
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator

import pytest
import requests
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.exc import DBAPIError

from app import create_app
from app.applications.models import Application
from app.core import clock, outbox
from app.core.database import db
from app.core.jobs import jobs
from app.core.outbox import OutboxEvent
from app.core.pulse import work_state
from app.geography.services import load_communes
from app.listings.services import mark_changed
from app.main.verify import INVARIANTS
from app.professions.services import load_reference
from app.search.rebuild import compare, rebuild
from config import TestConfig
from tests import factories
from tests.conftest import empty_tables
from tests.stack import Stack, wait_until
from tools.meilisearch import Meilisearch
from tools.postgres import Postgres

pytestmark = [
    pytest.mark.usefixtures("real_commits"),
    # The mail server is killed with its connections open: nobody is left to close them.
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]


@pytest.fixture
def real_commits() -> None:
    """Commit for real and leave the rows: the processes of the site are still at work on them."""


@pytest.fixture(scope="module")
def cluster(environ: dict[str, str]) -> Iterator[Postgres | None]:
    """Start a PostgreSQL of our own: its crash is one for all those who share it."""
    if environ["DATABASE_URL"].startswith("sqlite"):
        yield None
        return
    with Postgres(durable=True) as cluster:
        yield cluster


@pytest.fixture(scope="module")
def app(app: Flask, environ: dict[str, str], cluster: Postgres | None) -> Iterator[Flask]:
    """Return the application, on the database that may be harmed."""
    if cluster is None:
        yield app
        return
    before = jobs.subscriptions, jobs.schedule, jobs.huey
    ours = create_app(TestConfig(environ | {"DATABASE_URL": cluster.url}))
    with ours.app_context():
        db.create_all()
        load_communes()
        load_reference()
        db.session.commit()
    yield ours
    with ours.app_context():
        db.engine.dispose()
    jobs.subscriptions, jobs.schedule, jobs.huey = before


@pytest.fixture(scope="module")
def stack(
    app: Flask,
    search_server: Meilisearch,
    cluster: Postgres | None,
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
    url = app.config["SQLALCHEMY_DATABASE_URI"]
    stack = Stack(
        folder, url, workers=2, threads=2, background=2, search=search_server, cluster=cluster
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
        self.unexpected: list[str] = []

    def run(self) -> None:
        while not self.stopping.is_set():
            self.apply()

    def apply(self) -> None:
        """Apply as one person; what is cut, or excused, is tried again with the same form."""
        phone = f"061{random.SystemRandom().randrange(10**7):07d}"
        browser = requests.Session()
        form: dict[str, str] = {}
        while not self.stopping.is_set():
            try:
                if not form:
                    form = self.open_form(browser)
                sent = form | {"first_name": "Samira", "phone": phone, "call_back": "any"}
                answer = browser.post(self.url + self.path, data=sent, timeout=3)
            except requests.RequestException:
                time.sleep(0.1)
                continue
            found = re.search(r"PS-[A-Z0-9]{4}-[A-Z0-9]{4}", answer.text)
            if answer.status_code == 200 and found:
                self.acknowledged[form["key"]] = found.group()
                return
            if answer.status_code != 503:
                self.unexpected.append(f"{answer.status_code} {answer.text[:3000]}")
                return

    def open_form(self, browser: requests.Session) -> dict[str, str]:
        """Return the hidden fields of the form; raise RequestException when it is not shown."""
        answer = browser.get(self.url + self.path, timeout=3)
        answer.raise_for_status()
        return dict(
            re.findall(r'type="hidden"[^>]*name="([^"]+)"[^>]*value="([^"]*)"', answer.text)
        ) | dict(re.findall(r'name="([^"]+)" type="hidden" value="([^"]*)"', answer.text))


def test_nothing_acknowledged_is_lost_and_nothing_is_doubled(
    stack: Stack, seed: int, record_property: Callable[[str, object], None]
) -> None:
    chance = random.Random(seed)
    member = factories.user(email=f"equipe-{uuid.uuid4().hex}@example.org")
    listing = factories.listing(organisation=factories.organisation(member))
    mark_changed(listing, clock.now())
    db.session.commit()
    listing_id, path = listing.id, f"{listing.path}/candidater"
    stack.smtp.messages.clear()
    victims = ["web", "worker", "worker1", "search", "smtp", "database"]
    people = [People(stack.url, path) for _ in range(3)]
    for person in people:
        person.start()
    for _ in range(chance.randint(1, 4)):
        time.sleep(chance.uniform(0.1, 1.0))
        victim = chance.choice(victims)
        harm, pause = chance.choice([stack.kill, stack.freeze]), chance.uniform(0.05, 0.8)
        if victim == "database" and stack.cluster is None:
            hold_database(pause)
            continue
        harm(victim)
        time.sleep(pause)
        stack.revive(victim)
    # Once all is back, everybody gets through.
    before = [len(person.acknowledged) for person in people]
    wait_until(
        lambda: all(
            len(person.acknowledged) > number or person.unexpected
            for person, number in zip(people, before, strict=True)
        ),
        60,
        f"the site after its disaster: {stack.web.log_tail()}",
    )
    for person in people:
        person.stopping.set()
    for person in people:
        person.join(10)
    acknowledged = {key: ref for person in people for key, ref in person.acknowledged.items()}

    assert [person.unexpected for person in people] == [[], [], []]
    # What a person gave up waiting for may still be written: her messages tell when it is over.
    wait_until(
        lambda: _nothing_is_pending() and len(_told(stack)) == len(_applications(listing_id)),
        90,
        f"{outbox.counts()} {stack.worker.log_tail()}",
    )

    stored = set(db.session.scalars(select(Application.reference)))
    applications = _applications(listing_id)
    copies = _told(stack)
    disaster = {
        "disasters": 1,
        "applications acknowledged": len(acknowledged),
        "lost": len(set(acknowledged.values()) - stored),
        "doubled": len(applications) - len(set(applications)),
        "messages": len(copies),
        "messages missing": len(applications) - len(copies),
        "messages sent again after a crash": copies.total() - len(copies),
    }
    record_property("disaster", disaster)
    assert len(set(acknowledged.values())) == len(acknowledged)
    assert (disaster["lost"], disaster["doubled"], disaster["messages missing"]) == (0, 0, 0)
    assert outbox.counts()["dead"] == 0
    # Of two workers that live, both are seen, and no other.
    assert len(work_state(clock.now()).workers) <= len(stack.background)
    # A crash between the server's answer and its record may repeat a message, never more than once.
    assert max(copies.values()) <= 2
    assert compare().is_empty
    for name, invariant in INVARIANTS.items():
        assert list(invariant(clock.now())) == [], name
    db.session.rollback()


def hold_database(seconds: float) -> None:
    """Keep everybody from writing to SQLite, as a process that is frozen while it writes."""
    with contextlib.closing(sqlite3.connect(str(db.engine.url.database), timeout=30)) as other:
        other.execute("BEGIN IMMEDIATE")
        time.sleep(seconds)


def _applications(listing_id: int) -> list[str | None]:
    """Return who applied, as often as she is there."""
    keys = select(Application.candidate_key).where(Application.listing_id == listing_id)
    return list(db.session.scalars(keys))


def _told(stack: Stack) -> Counter[str]:
    """Return the messages that left, with how many times each did."""
    return Counter(message["Message-ID"] for message in stack.smtp.messages)


def _nothing_is_pending() -> bool:
    try:
        db.session.rollback()
        pending = db.session.scalar(
            select(func.count()).where(OutboxEvent.state.in_(["pending", "leased"]))
        )
        db.session.rollback()
    except DBAPIError:
        # The connection of before the crash.
        db.session.remove()
        return False
    return pending == 0
