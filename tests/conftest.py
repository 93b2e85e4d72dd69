"""What every test stands on: a real database, a real search server, a real mail server.

Each test runs in one outer transaction that is rolled back; `db.session.commit()` inside ends a
savepoint. Tests that need several connections (threads, processes) ask for `real_commits`.
"""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Callable, Iterator
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import create_engine, delete, text
from sqlalchemy.engine import make_url

from app import create_app
from app.core import clock
from app.core.database import db, reads_only
from app.geography.services import load_communes
from app.professions.services import load_reference
from config import TestConfig
from tools.meilisearch import Meilisearch
from tools.processes import free_port

# The live site and its browsers, for the tests of several folders; how all of them are shared.
pytest_plugins = ["tests.browser", "tests.inspection", "tests.sharing", "tests.world"]

REFERENCE_TABLES = {
    "commune",
    "commune_postal_code",
    "profession",
    "profession_name",
    "profession_rome",
    "diploma",
    "diploma_profession",
    "term",
    "mobility_edge",
    "source",
    "reference_version",
}


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let a command run more disasters than the suite does."""
    parser.addoption(
        "--chaos-seeds", type=int, default=5, help="number of disasters of tests/chaos"
    )


class Smtp:
    """A mail server that keeps what it receives."""

    def __init__(self) -> None:
        self.messages: list[EmailMessage] = []
        self.envelopes: list[Any] = []
        self.refuse_with: str | None = None

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802
        """Keep the message, or refuse it with the answer a test asked for."""
        if self.refuse_with:
            return self.refuse_with
        self.envelopes.append(envelope)
        self.messages.append(message_from_bytes(envelope.content, policy=policy.default))  # type: ignore[arg-type]
        return "250 OK"


def _database_url(folder: Path, worker: str) -> str:
    """Return the address of an empty database for this process."""
    given = os.environ.get("TEST_DATABASE_URL")
    if not given:
        return f"sqlite:///{folder / 'test.db'}"
    url = make_url(given.replace("postgresql://", "postgresql+psycopg://", 1))
    name = f"{url.database}_{worker}"
    admin = create_engine(url, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'))
        connection.execute(text(f'CREATE DATABASE "{name}"'))
    admin.dispose()
    return url.set(database=name).render_as_string(hide_password=False)


@pytest.fixture(scope="session")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder in which everything of this process is written."""
    return tmp_path_factory.mktemp("data")


@pytest.fixture(scope="session")
def search_server(data_dir: Path) -> Iterator[Meilisearch]:
    """Return the search server, not started: a test that searches asks for `meilisearch`."""
    server = Meilisearch(data_dir / "search")
    yield server
    server.stop()


@pytest.fixture(scope="session")
def smtp_server() -> Iterator[tuple[Smtp, int]]:
    """Start the mail server."""
    handler, port = Smtp(), free_port()
    controller = Controller(handler, hostname="127.0.0.1", port=port)
    controller.start()
    yield handler, port
    controller.stop()


@pytest.fixture(scope="session")
def environ(
    data_dir: Path,
    search_server: Meilisearch,
    smtp_server: tuple[Smtp, int],
    request: pytest.FixtureRequest,
) -> dict[str, str]:
    """Return the environment of the application under test, also given to child processes."""
    worker = os.environ.get("PYTEST_XDIST_WORKER", "main")
    return {
        "DATA_DIR": str(data_dir),
        "DATABASE_URL": _database_url(data_dir, worker),
        "MEILI_URL": search_server.url,
        "MEILI_API_KEY": search_server.api_key,
        "MAIL_URL": f"smtp://127.0.0.1:{smtp_server[1]}",
        "PUBLIC_BASE_URL": "http://localhost",
        "LOG_LEVEL": "ERROR",
    }


@pytest.fixture(scope="session")
def app(environ: dict[str, str]) -> Iterator[Flask]:
    """Build the application once a process, with its tables and its reference base."""
    app = create_app(TestConfig(environ))
    with app.app_context():
        db.create_all()
        load_communes()
        load_reference()
        db.session.commit()
    yield app
    with app.app_context():
        for engine in db.engines.values():
            engine.dispose()


@pytest.fixture(autouse=True)
def session(request: pytest.FixtureRequest) -> Iterator[Any]:
    """Run the test in a transaction that is rolled back, unless it asks for `real_commits`."""
    if request.node.get_closest_marker("no_database"):
        yield None
        return
    app: Flask = request.getfixturevalue("app")
    reads_only.set(False)
    with app.app_context():
        if "real_commits" in request.fixturenames:
            yield db.session
            db.session.remove()
            return
        engine = db.engines[None]
        connection = engine.connect()
        transaction = connection.begin()
        db.engines[None] = connection  # type: ignore[assignment]
        db.session.remove()
        db.session.configure(join_transaction_mode="create_savepoint")
        try:
            yield db.session
        finally:
            db.session.remove()
            transaction.rollback()
            connection.close()
            db.engines[None] = engine


@pytest.fixture
def real_commits(session: Any) -> Iterator[None]:
    """Let the test commit for real, then empty every table but the reference base."""
    yield
    empty_tables()


def empty_tables() -> None:
    """Delete all rows but those of the reference base."""
    db.session.rollback()
    reads_only.set(False)
    for table in reversed(db.metadata.sorted_tables):
        if table.name not in REFERENCE_TABLES:
            db.session.execute(delete(table))
    db.session.commit()


@pytest.fixture(autouse=True)
def _search_may_be_empty(request: pytest.FixtureRequest) -> Iterator[None]:
    """Most tests add listings and leave the search empty: it is not getting ready, it is empty."""
    with pytest.MonkeyPatch.context() as patched:
        if request.node.get_closest_marker("unfilled_search") is None:
            patched.setattr("app.search.queries.entries_are_whole", lambda _now: True)
        yield


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """Return a browser without cookies."""
    return app.test_client()


@pytest.fixture
def now() -> dt.datetime:
    """Return the current instant."""
    return clock.now()


@pytest.fixture
def smtp(smtp_server: tuple[Smtp, int]) -> Iterator[Smtp]:
    """Return the mail server, empty."""
    handler = smtp_server[0]
    handler.messages.clear()
    handler.envelopes.clear()
    handler.refuse_with = None
    yield handler
    handler.refuse_with = None


@pytest.fixture
def meilisearch(search_server: Meilisearch) -> Meilisearch:
    """Return the running search server."""
    if not search_server.service.running():
        search_server.start()
    return search_server


@pytest.fixture
def sign_in(app: Flask) -> Callable[..., FlaskClient]:
    """Return a function that gives a browser signed in as a user."""
    from tests.factories import signed_in_client

    return lambda user: signed_in_client(app, user)
