"""The live site and the browsers that visit it: real processes, a real Chromium.

Each browser is watched: an error of a script, a broken rule of the security policy, a file that
is missing or a request to another host fails the test.
"""

from __future__ import annotations

import contextlib
import re
import shutil
import sqlite3
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.engine import make_url

from app import create_app
from app.accounts.models import User
from app.alerts.models import Alert
from app.alerts.models import Watch as Asked
from app.applications.models import Application
from app.core import clock
from app.core.database import db
from app.core.jobs import jobs
from app.core.outbox import OutboxEvent, OutboxState, enqueue
from app.geography.services import load_communes
from app.listings.models import Listing
from app.organisations.models import Invitation, SignUp
from app.professions.services import load_reference
from app.reports.models import Report
from config import TestConfig
from tests.conftest import _database_url
from tests.factories import signed_in_client, waiting_client
from tests.stack import Stack, wait_until
from tools.suite import BROWSERS
from tools.vendor import compress_files

if TYPE_CHECKING:
    from flask.testing import FlaskClient
    from playwright.sync_api import Browser, BrowserContext, Page

    from app.accounts.enums import Awaits

PHONE = {"width": 390, "height": 844}
DESKTOP = {"width": 1280, "height": 900}
CHROMIUM_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
# What a page does, not how fast: a loaded machine must not fail a test.
PATIENCE_MS = 15_000


class Live:
    """The site as people find it, and the means to put things in it."""

    def __init__(self, stack: Stack, app: Flask) -> None:
        self.stack = stack
        self.app = app
        self.url = stack.url

    @contextlib.contextmanager
    def writing(self) -> Iterator[None]:
        """Open the database of the live site, then commit what was added."""
        with self.app.app_context():
            yield
            db.session.commit()

    def announce(self, *listings: Listing) -> None:
        """Tell the worker that these listings changed. To be called within `writing`."""
        for listing in listings:
            enqueue("listing.changed", now=clock.now(), listing_id=listing.id)

    def cookie_of(self, person: User) -> dict[str, str]:
        """Return the cookie of a browser in which this person has signed in."""
        with self.app.app_context():
            return self._cookie(signed_in_client(self.app, person))

    def waiting_cookie_of(self, person: User, awaits: Awaits) -> dict[str, str]:
        """Return the cookie of a browser in which this person must give a second factor."""
        with self.app.app_context():
            return self._cookie(waiting_client(self.app, person, awaits))

    def _cookie(self, browser: FlaskClient) -> dict[str, str]:
        cookie = browser.get_cookie("session")
        assert cookie is not None
        return {"name": "session", "value": cookie.value, "url": self.url}


class Watch:
    """What goes wrong in a browser, in words."""

    def __init__(self, context: BrowserContext, url: str) -> None:
        self.faults: list[str] = []
        self.hosts = {urlsplit(url).netloc}
        context.add_init_script(
            "document.addEventListener('securitypolicyviolation', (event) => "
            "console.error('policy', event.violatedDirective, event.blockedURI))"
        )
        context.on("console", self._said)
        context.on("weberror", lambda error: self.faults.append(f"script: {error.error}"))
        context.on("request", self._asked)
        context.on("response", self._answered)
        context.on("requestfailed", self._failed)

    def check(self) -> None:
        """Fail the test if anything went wrong since the last check."""
        faults, self.faults = self.faults, []
        assert faults == []

    def _said(self, message: Any) -> None:
        # Chromium says this of every page whose status is an error; `_answered` judges files.
        if message.type == "error" and not message.text.startswith("Failed to load resource"):
            self.faults.append(f"console: {message.text} ({message.location.get('url')})")

    def _asked(self, request: Any) -> None:
        parts = urlsplit(request.url)
        if parts.scheme != "data" and parts.netloc not in self.hosts:
            self.faults.append(f"another host: {request.url}")

    def _answered(self, response: Any) -> None:
        if response.status >= 400 and not response.request.is_navigation_request():
            self.faults.append(f"{response.status}: {response.url}")

    def _failed(self, request: Any) -> None:
        # A page that is left, or a suggestion that is no longer awaited, aborts its requests.
        if "ERR_ABORTED" not in (request.failure or ""):
            self.faults.append(f"{request.failure}: {request.url}")


def _database(folder: Path, request: pytest.FixtureRequest) -> tuple[str, bool]:
    """Return the address of the database of the live site, and whether it is loaded."""
    worker = getattr(request.config, "workerinput", {}).get("workerid", "main")
    url = _database_url(folder, f"{worker}_live")
    if not url.startswith("sqlite"):
        return url, False
    # Loading the reference base takes seconds; the other tests of this process have done it.
    loaded = make_url(request.getfixturevalue("environ")["DATABASE_URL"]).database
    request.getfixturevalue("app")
    with contextlib.closing(sqlite3.connect(str(loaded))) as connection:
        connection.execute("VACUUM INTO ?", [make_url(url).database])
    return url, True


def _searches(stack: Stack) -> bool:
    with urllib.request.urlopen(f"{stack.url}/recherche") as answer:
        return "Recherche simplifiée" not in answer.read().decode()


def people_in_logs(folder: Path) -> set[str]:
    """Return what the logs of a whole run say of the people whom the database holds: nothing."""
    logs = "\n".join(path.read_text(errors="replace") for path in folder.glob("logs/*.log"))
    assert "scheduled_started" in logs, "the worker told nothing: this checks nothing"
    columns = (
        *(Application.first_name, Application.last_name, Application.phone, Application.email),
        *(Application.message, Application.reference, User.name, User.email, Alert.email),
        *(Asked.email, Report.email, Report.words, SignUp.email, SignUp.person_name),
        Invitation.email,
    )
    said = {
        str(value)
        for column in columns
        for value in db.session.scalars(select(column).distinct())
        # Shorter words are in the names of events too.
        if value and len(str(value)) > 3
    }
    found = {one for one in said if re.search(rf"(?<!\w){re.escape(one)}(?!\w)", logs)}
    return found | set(re.findall(r"[\w.+-]+@[\w-]+\.\w+|(?:\+33|\b0)[67]\d{8}\b|cle=\S+", logs))


@pytest.fixture(scope="session")
def live(
    tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Iterator[Live]:
    """Start the whole site: web, worker, search server, mail server."""
    folder = tmp_path_factory.mktemp("live")
    url, loaded = _database(folder, request)
    compress_files()
    # All that is told in production, and read at the end.
    stack = Stack(folder, url, log_level="INFO")
    # Limits and jobs are shared by the applications of a process: these are those of the others.
    ours = {"RATELIMIT_ENABLED", "JOBS_IN_TESTS"}
    app = create_app(TestConfig({k: v for k, v in stack.environ.items() if k not in ours}))
    if not loaded:
        with app.app_context():
            db.create_all()
            load_communes()
            load_reference()
            db.session.commit()
    try:
        stack.start()
        wait_until(lambda: _searches(stack), 60, "the search to answer")
        yield Live(stack, app)
    finally:
        stack.stop()
        with app.app_context():
            told = people_in_logs(folder)
            db.session.remove()
            db.engine.dispose()
    assert not told, told


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """Start the browser, once."""
    from playwright.sync_api import expect, sync_playwright

    expect.set_options(timeout=PATIENCE_MS)
    path = next(filter(None, map(shutil.which, BROWSERS)), None)
    if path is None:
        pytest.fail(f"Chromium is not installed; looked for {', '.join(BROWSERS)}")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=CHROMIUM_ARGUMENTS)
        yield browser
        browser.close()


def new_context(browser: Browser, url: str, **options: Any) -> tuple[BrowserContext, Watch]:
    """Open a browser without cookies, a phone by default, and watch it."""
    context = browser.new_context(
        **{"base_url": url, "locale": "fr-FR", "viewport": PHONE, "reduced_motion": "reduce"}
        | options
    )
    context.set_default_timeout(PATIENCE_MS)
    return context, Watch(context, url)


@pytest.fixture
def open_browser(live: Live, chromium: Browser) -> Iterator[Callable[..., Page]]:
    """Return a function that opens another person's browser and gives its page.

    `java_script_enabled`, `viewport`… are those of Playwright; `hosts` are other hosts that the
    person goes to by herself; `watched` is false for a test that provokes faults.
    """
    opened: list[tuple[BrowserContext, Watch | None]] = []

    def open_one(*, hosts: tuple[str, ...] = (), watched: bool = True, **options: Any) -> Page:
        context, watch = new_context(chromium, live.url, **options)
        watch.hosts.update(hosts)
        opened.append((context, watch if watched else None))
        return context.new_page()

    yield open_one
    for context, _watch in opened:
        context.close()
    for _context, watch in opened:
        if watch is not None:
            watch.check()


def wait_for_worker(live: Live, seconds: float = 60) -> None:
    """Do what is due, then wait until the worker has ended what it had begun."""
    waiting = select(func.count(OutboxEvent.id)).where(
        OutboxEvent.state.in_([OutboxState.PENDING, OutboxState.LEASED])
    )

    def idle() -> bool:
        with live.app.app_context():
            due = waiting.where(OutboxEvent.available_at <= clock.now())
            return not db.session.scalar(due)

    with live.app.app_context():
        jobs.drain()
    wait_until(idle, seconds, f"the worker\n{live.stack.worker.log_tail()}")
