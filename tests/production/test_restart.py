"""New versions, restarts and a fault of the database while people are there: nothing is lost."""

from __future__ import annotations

import os
import shlex
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import requests
from sqlalchemy import func, select

from app.applications.models import Application
from app.core.outbox import OutboxEvent
from tests.production import shipped
from tests.production.conftest import Opened
from tests.production.people import Person, reference
from tests.production.test_journeys import READING_SECONDS, mails_to
from tests.stack import wait_until

pytestmark = pytest.mark.no_database
READERS = 4
CANDIDATES = 12
# A person reads, and another comes: not a measure of speed.
PAUSE_SECONDS = 0.05
COMING_SECONDS = 0.2
FOLLOWING = '<meta name="version" content="two">'


class Reader(threading.Thread):
    """Opens one page after the other, and keeps what was not a page."""

    def __init__(self, person: Person, paths: list[str]) -> None:
        super().__init__(daemon=True)
        self.person, self.paths = person, paths
        self.stopping = threading.Event()
        self.pages = 0
        self.faults: list[str] = []

    def run(self) -> None:
        """Read until told to stop."""
        while not self.stopping.is_set():
            path = self.paths[self.pages % len(self.paths)]
            try:
                status = self.person.get(path).status_code
            except requests.RequestException as error:
                self.faults.append(f"{path}: {error}")
            else:
                if status != 200:
                    self.faults.append(f"{path}: {status}")
            self.pages += 1
            time.sleep(PAUSE_SECONDS)
        self.person.close()


class Candidate(threading.Thread):
    """Sends her application when told to, twice: her phone lost the first answer."""

    def __init__(self, person: Person, listing: str) -> None:
        super().__init__(daemon=True)
        self.person, self.listing = person, listing
        self.filled = person.fill_application(listing)
        self.answers: list[requests.Response] = []

    def run(self) -> None:
        """Send, then send again."""
        for _ in range(2):
            self.answers.append(self.person.send_application(self.listing, self.filled))
        self.person.close()

    @property
    def email(self) -> str:
        """Return the address at which she awaits her receipt."""
        return self.filled["email"]

    @property
    def reference(self) -> str:
        """Return the one reference that she was given."""
        assert [answer.status_code for answer in self.answers] == [200, 200]
        (given,) = {reference(answer.text) for answer in self.answers}
        return given


def restart_web(opened: Opened) -> None:
    """Do what `systemctl restart` does: the socket unit keeps the address."""
    opened.production.web.stop(30)
    opened.production.web.start()
    wait_until(lambda: len(opened.production.web_processes()) == 2, 90, "gunicorn")


def change_version(opened: Opened) -> None:
    """Do what docs/deploy.md says; nothing of the next version is seen before the restart."""
    production, person = opened.production, opened.person()
    following = production.install("two")
    base = following / "templates" / "base.html"
    base.write_text(base.read_text().replace("</head>", f"{FOLLOWING}</head>"))
    production.run("flask --app wsgi db upgrade", following)
    production.switch(following)
    before = production.web_processes()
    for process in before:
        # What --max-requests does: another takes its place.
        os.kill(process, signal.SIGTERM)
    wait_until(
        lambda: len(now := production.web_processes()) == 2 and not now & before,
        90,
        "the processes that take the place of others",
    )
    for path in (opened.listings[0], "/metiers/", "/mentions-legales"):
        assert FOLLOWING not in person.get(path).text

    restart_web(opened)

    assert FOLLOWING in person.get(opened.listings[0]).text
    person.close()


@pytest.fixture
def readers(opened: Opened) -> Iterator[list[Reader]]:
    """Have people read all along."""
    paths = ["/", "/recherche?q=aide", *opened.listings[:2], "/metiers/", "/api/v1/listings"]
    readers = [Reader(opened.person(), paths) for _ in range(READERS)]
    for reader in readers:
        reader.start()
    yield readers
    for reader in readers:
        reader.stopping.set()
    for reader in readers:
        reader.join(60)


def candidates_during(opened: Opened, act: Callable[[Opened], None], times: int) -> list[Candidate]:
    """Have people apply all along while `act` is done `times` times."""
    people = [
        Candidate(opened.person(), opened.listings[number % len(opened.listings)])
        for number in range(CANDIDATES)
    ]
    time.sleep(READING_SECONDS)
    for turn in range(times):
        coming = threading.Thread(target=start, args=(people[turn::times],))
        coming.start()
        # Here, not in a thread: a process that is started ends with the thread that started it.
        act(opened)
        coming.join()
    for person in people:
        person.join(60)
    return people


def start(people: list[Candidate]) -> None:
    """Let people come one after the other."""
    for person in people:
        person.start()
        time.sleep(COMING_SECONDS)


def check_nothing_lost(opened: Opened, people: list[Candidate]) -> None:
    """Each was acknowledged once, is stored once, and gets one receipt."""
    given = [person.reference for person in people]
    assert len(set(given)) == len(people)
    with opened.session() as session:
        found = Counter(
            session.scalars(
                select(Application.email).where(
                    Application.email.in_([person.email for person in people])
                )
            )
        )
    assert found == {person.email: 1 for person in people}
    wait_until(lambda: all(mails_to(opened, person.email) for person in people), 90, "the receipts")
    wait_until(lambda: not events(opened, "pending", "leased"), 90, "the worker")
    assert {len(mails_to(opened, person.email)) for person in people} == {1}
    assert events(opened, "dead") == 0


def events(opened: Opened, *states: str) -> int:
    """Return how many events are due or held in these states."""
    with opened.session() as session:
        query = select(func.count(OutboxEvent.id)).where(
            OutboxEvent.state.in_(states), OutboxEvent.available_at <= func.now()
        )
        return session.scalar(query) or 0


@pytest.mark.parametrize(("act", "times"), [(restart_web, 2), (change_version, 1)])
def test_a_new_version_fails_nobody(
    opened: Opened,
    readers: list[Reader],
    act: Callable[[Opened], None],
    times: int,
) -> None:
    people = candidates_during(opened, act, times)

    assert [fault for reader in readers for fault in reader.faults] == []
    assert all(reader.pages > 10 for reader in readers)
    check_nothing_lost(opened, people)


def test_a_worker_that_is_stopped_gives_back_what_it_has_not_begun(opened: Opened) -> None:
    production = opened.production
    production.smtp.seconds = 0.2
    try:
        people = candidates_during(opened, lambda _opened: None, 1)
        wait_until(lambda: events(opened, "leased") > 3, 60, "the worker to be busy")
        production.worker.signal(signal.SIGTERM)
        wait_until(lambda: not production.worker.running(), 40, "the end of the worker")
        assert production.worker.exit_code() == 0
        assert events(opened, "leased") == 0
        assert events(opened, "pending") > 0
    finally:
        production.smtp.seconds = 0.0
        production.worker.stop(5)
        production.worker.start()
    check_nothing_lost(opened, people)


def test_the_site_comes_back_with_its_database(opened: Opened) -> None:
    person = opened.person()
    listing = opened.listings[0]
    filled = person.fill_application(listing)
    time.sleep(READING_SECONDS)
    opened.production.postgres.service.kill()
    # The home page may be kept for a few seconds; a form is never.
    away = person.send_application(listing, filled)
    assert away.status_code == 503
    assert away.headers["Retry-After"]

    opened.production.restart_database()

    wait_until(lambda: person.get(listing).status_code == 200, 30, "the pages")
    given = person.send_application(listing, filled)
    assert given.status_code == 200
    with opened.session() as session:
        stored = select(Application.reference).where(Application.email == filled["email"])
        assert session.scalars(stored).all() == [reference(given.text)]


def test_after_all_that_the_invariants_hold(opened: Opened) -> None:
    # Whatever the worker has not heard of while the database was away, it finds within a minute.
    wait_until(lambda: not events(opened, "pending", "leased"), 90, "the worker")
    production = opened.production
    production.run(shlex.join(shipped.command_of("prendre-soin-verify.service")))


def test_the_timer_makes_a_backup_of_what_serves(opened: Opened, tmp_path: Path) -> None:
    *command, folder = shipped.command_of("prendre-soin-backup.service")
    assert folder in shipped.unit("prendre-soin-backup.service")["ReadWritePaths"]
    said = opened.production.run(shlex.join([*command, str(tmp_path)]))
    assert str(tmp_path) in said
    assert list(tmp_path.glob("*/manifest.json"))
