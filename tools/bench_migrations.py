"""Pass the last migrations on a full PostgreSQL that serves, and say how long people waited.

    python -m tools.bench_migrations [--applications 200000] [--last 10]

The tables that grow are filled; each of the last migrations is undone, then passed again while
others read and write these tables. Fails when somebody waited for more than a second.
"""

from __future__ import annotations

import argparse
import secrets
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import flask_migrate
from alembic.script import ScriptDirectory
from flask import Flask
from sqlalchemy import Engine, create_engine, text

from app import create_app
from app.applications.receiving import submit_application
from app.core import clock
from app.core.database import db
from app.geography.services import load_communes
from app.professions.services import load_reference
from config import Config
from tools.bench_listings import add_listings, answered_here
from tools.environment import say
from tools.postgres import Postgres

MOST_WAITED_SECONDS = 1.0
FIRST_COPY = 1_000
# What makes a copy of the first row another row, in the tables that grow with each application.
COPIES = {
    "application": {
        "id": f"{FIRST_COPY} + n",
        "reference": "'PS-' || lpad(n::text, 9, '0')",
        "idempotency_key": "'copy-' || n",
        "candidate_key": "'copy-' || n",
    },
    "application_event": {"id": f"{FIRST_COPY} + n", "application_id": f"{FIRST_COPY} + n"},
    "outbox_event": {"id": f"{FIRST_COPY} + n"},
}
# What grows beside: a message and a reading for each application.
BESIDE = (
    """INSERT INTO application_message (application_id, letter, text, at)
    SELECT id, 'tried', 'Bonjour.', created_at FROM application""",
    """INSERT INTO contact_view (application_id, what, at)
    SELECT id, 'contact', created_at FROM application""",
)
RAW = argparse.RawDescriptionHelpFormatter
# What a site that serves never stops doing, on columns that every migration of the file knows.
GESTURES = (
    "SELECT id, status FROM application WHERE id = :id",
    "UPDATE application SET updated_at = now() WHERE id = :id",
    "UPDATE application_message SET text = 'Bonsoir.' WHERE application_id = :id",
    "SELECT id FROM application_message WHERE application_id = :id",
    "SELECT id FROM contact_view WHERE application_id = :id",
    "SELECT id FROM listing WHERE status = 'published' ORDER BY id LIMIT 20",
    "SELECT id FROM outbox_event WHERE state = 'pending' ORDER BY id LIMIT 20",
)


def _app(url: str, folder: Path) -> Flask:
    return create_app(
        Config(
            {
                "DATABASE_URL": url,
                "DATA_DIR": str(folder),
                "SECRET_KEY": secrets.token_urlsafe(32),
                "LOG_LEVEL": "ERROR",
            }
        )
    )


def _fill(engine: Engine, number: int) -> None:
    """Write the reference, listings, one application, then as many copies of its rows."""
    now = clock.now()
    load_communes()
    load_reference()
    db.session.commit()
    add_listings(number // 10, now)
    sent = {"first_name": "Ada", "phone": "+33639981234"}
    submit_application(answered_here(now), sent, "first", now)
    db.session.commit()
    db.session.remove()
    with engine.begin() as connection:
        for table, changed in COPIES.items():
            names = [column.name for column in db.metadata.tables[table].columns]
            values = ", ".join(changed.get(name, f"first.{name}") for name in names)
            copy = f"""
                INSERT INTO {table} ({", ".join(names)}) SELECT {values}
                FROM (SELECT * FROM {table} ORDER BY id LIMIT 1) first,
                generate_series(1, {number}) n"""  # noqa: S608 - names of our own tables
            connection.execute(text(copy))
        for statement in (*BESIDE, "ANALYZE"):
            connection.execute(text(statement))


@contextmanager
def _people(engine: Engine, number: int) -> Iterator[list[float]]:
    """Let people read and write without end; yield how long each gesture took, in seconds."""
    waits: list[float] = []
    over = threading.Event()

    def act(seed: int) -> None:
        rank = seed
        while not over.is_set():
            rank = (rank * 7919 + 1) % number
            for gesture in GESTURES:
                begun = time.monotonic()
                with engine.begin() as connection:
                    connection.execute(text(gesture), {"id": FIRST_COPY + rank})
                waits.append(time.monotonic() - begun)

    people = [threading.Thread(target=act, args=(seed,)) for seed in range(4)]
    for one in people:
        one.start()
    time.sleep(1)
    waits.clear()
    try:
        yield waits
    finally:
        over.set()
        for one in people:
            one.join()


def measure(number: int, last: int) -> bool:
    """Pass the last migrations one by one; return whether nobody waited too long."""
    good = True
    with Postgres(durable=True) as server, tempfile.TemporaryDirectory() as folder:
        app = _app(server.url, Path(folder))
        engine = create_engine(server.url, pool_size=8)
        with app.app_context():
            flask_migrate.upgrade()
            _fill(engine, number)
            migrations = ScriptDirectory(app.extensions["migrate"].directory)
            revisions = [one.revision for one in migrations.walk_revisions()]
            passed = revisions[:last][::-1]
            flask_migrate.downgrade(revision=revisions[last])
            for revision in passed:
                with _people(engine, number) as waits:
                    begun = time.monotonic()
                    flask_migrate.upgrade(revision=revision)
                    took = time.monotonic() - begun
                worst = max(waits)
                good = good and worst <= MOST_WAITED_SECONDS
                say(f"{revision}  {took:6.2f} s, attente au pire {worst:5.2f} s")
            db.session.remove()
            db.engine.dispose()
        engine.dispose()
    return good


def main() -> int:
    """Run the command; return its status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=RAW)
    parser.add_argument("--applications", type=int, default=200_000)
    parser.add_argument("--last", type=int, default=10)
    given = parser.parse_args()
    return 0 if measure(given.applications, given.last) else 1


if __name__ == "__main__":
    sys.exit(main())
