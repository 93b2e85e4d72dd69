"""Lose everything, put it back by command, and say what each step takes: the restore drill.

    python -m tools.drill [--listings 10000] [--files 500] [--database sqlite|postgresql]

On a site of its own (throw-away database, store and search server): backs it up twice as the timer
does, removes database, files and index, restores, and lets `flask verify` judge. Fails if it does.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import os
import secrets
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url

from app import create_app
from app.applications.cv import StoredFile
from app.applications.enums import CvState
from app.applications.receiving import submit_application
from app.core import clock, storage
from app.core.database import db
from app.core.jobs import jobs
from app.geography.services import load_communes
from app.professions.services import load_reference
from config import Config
from tools.bench_listings import add_listings, answered_here
from tools.environment import ROOT, say
from tools.meilisearch import Meilisearch
from tools.postgres import Postgres

FILE_BYTES = 200_000


class Drill:
    """A site that will be lost: all that it writes is in `data`, its backups beside."""

    def __init__(self, folder: Path, database_url: str, search: Meilisearch) -> None:
        self.data, self.backups = folder / "data", folder / "backups"
        self.url = database_url or f"sqlite:///{self.data / 'site.db'}"
        self.environ = {
            "DATA_DIR": str(self.data),
            "DATABASE_URL": self.url,
            "MEILI_URL": search.url,
            "MEILI_API_KEY": search.api_key,
            "MAIL_URL": f"file://{self.data / 'mails'}",
            "SECRET_KEY": secrets.token_urlsafe(32),
            "LOG_LEVEL": "ERROR",
        }

    def run(self, *command: str | Path) -> float:
        """Run one command of the site; return how long it took, raise if it fails."""
        started = time.monotonic()
        words = [sys.executable, "-m", "flask", "--app", "wsgi", *map(str, command)]
        subprocess.run(words, cwd=ROOT, env=os.environ | self.environ, check=True)
        return time.monotonic() - started

    def fill(self, listings: int, files: int) -> None:
        """Write the listings, and as many applications with a CV as files are asked for."""
        self.data.mkdir()
        self.run("db", "upgrade")
        with create_app(Config(self.environ)).app_context():
            load_communes()
            load_reference()
            db.session.commit()
            now = clock.now()
            add_listings(listings, now)
            answered = answered_here(now)
            for number in range(files):
                content = b"%PDF-1.4" + secrets.token_bytes(FILE_BYTES)
                digest = hashlib.sha256(content).hexdigest()
                cv = StoredFile(storage.keep("cv", "pdf", content), "pdf", digest, CvState.CLEAN)
                person = {"first_name": "Samira", "phone": f"+336{number:08d}"}
                submit_application(answered, person, f"drill-{number}", now, cv=cv)
            db.session.commit()
            jobs.drain()
            db.session.remove()
            db.engine.dispose()

    def lose(self) -> None:
        """Remove all but the backups."""
        shutil.rmtree(self.data)
        url = make_url(self.url)
        if url.get_backend_name() == "sqlite":
            return
        admin = create_engine(url.set(database="postgres"), isolation_level="AUTOCOMMIT")
        with admin.connect() as connection:
            connection.execute(text(f'DROP DATABASE "{url.database}" WITH (FORCE)'))
            connection.execute(text(f'CREATE DATABASE "{url.database}"'))
        admin.dispose()


@contextlib.contextmanager
def database(name: str) -> Iterator[str]:
    """Give the address of an empty database; an empty address is SQLite in the folder."""
    if name == "sqlite":
        yield ""
        return
    with Postgres(durable=True) as cluster:
        yield cluster.url.replace("+psycopg", "")


def main() -> None:
    """Run the drill and print its times."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--listings", type=int, default=10_000)
    parser.add_argument("--files", type=int, default=500)
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="drill-") as name, database(options.database) as url:
        folder = Path(name)
        with Meilisearch(folder / "search") as search:
            drill = Drill(folder, url, search)
            drill.fill(options.listings, options.files)
            first = drill.run("backup", drill.backups)
            # Names are by the second.
            time.sleep(1.1)
            next_ = drill.run("backup", drill.backups)
        shutil.rmtree(folder / "search")
        drill.lose()
        with Meilisearch(folder / "search") as search:
            drill.environ |= {"MEILI_URL": search.url, "MEILI_API_KEY": search.api_key}
            restored = drill.run("restore", drill.backups)
        say(
            f"{options.database}, {options.listings} annonces, {options.files} fichiers : "
            f"première sauvegarde {first:.1f} s, suivante {next_:.1f} s, "
            f"tout remis et vérifié en {restored:.1f} s"
        )


if __name__ == "__main__":
    main()
