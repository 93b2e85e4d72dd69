"""Copies of the database, whole and of one instant, made while the site serves."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path

from flask import current_app
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from sqlalchemy import Engine, MetaData, inspect
from sqlalchemy.engine import URL

# Tables of the queue: wake-ups, which nothing relies on.
QUEUE_PREFIX = "huey"


class DumpError(Exception):
    """The copy was not made, or cannot be used; the message says why in French."""


def dump(url: URL, target: Path) -> None:
    """Copy the database to the file `target`, and prove that the copy can be read."""
    if url.get_backend_name() == "sqlite":
        with closing(sqlite3.connect(_path(url), timeout=30)) as connection:
            connection.execute("VACUUM INTO ?", (str(target),))
        check(url, target)
    else:
        _run("pg_dump", url, "--format=custom", "--no-owner", "--no-privileges", f"--file={target}")
        check(url, target)
    sync(target)


def check(url: URL, dumped: Path) -> None:
    """Raise DumpError unless `dumped` is a whole copy for a database such as `url`."""
    if url.get_backend_name() == "sqlite":
        try:
            with closing(sqlite3.connect(f"file:{dumped}?mode=ro", uri=True)) as connection:
                found = connection.execute("PRAGMA quick_check").fetchone()[0]
        except sqlite3.DatabaseError as error:
            raise DumpError(f"Copie illisible : {error}") from error
        if found != "ok":
            raise DumpError(f"Copie abîmée : {found}")
    else:
        _run("pg_restore", None, "--list", str(dumped))


def is_empty(engine: Engine) -> bool:
    """Return whether the database has no table but those of the queue."""
    return all(name.startswith(QUEUE_PREFIX) for name in inspect(engine).get_table_names())


def load(engine: Engine, dumped: Path) -> None:
    """Make the database what `dumped` says, and nothing else. Nobody must be using it."""
    url = engine.url
    if url.get_backend_name() == "sqlite":
        engine.dispose()
        path = _path(url)
        fresh = path.with_name(f".{path.name}.restored")
        shutil.copyfile(dumped, fresh)
        sync(fresh)
        # What an earlier database had not written yet is not for this one.
        for suffix in ("-wal", "-shm"):
            path.with_name(path.name + suffix).unlink(missing_ok=True)
        fresh.replace(path)
        sync(path.parent)
    else:
        before = MetaData()
        before.reflect(engine)
        before.drop_all(engine)
        engine.dispose()
        options = ["--clean", "--if-exists", "--no-owner", "--no-privileges"]
        _run("pg_restore", url, *options, "--single-transaction", "--exit-on-error", str(dumped))


def sync(path: Path) -> None:
    """Return once what `path` (a file or a folder) holds is on the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _path(url: URL) -> Path:
    return Path(url.database or "")


def _run(program: str, url: URL | None, *arguments: str) -> None:
    """Run a tool of PostgreSQL. The password goes by the environment, never on the command line.

    So does all that its client reads by itself, and nothing else: it needs no secret of the site.
    """
    found = shutil.which(program)
    if found is None:
        raise DumpError(f"{program} est absent : installez le client de PostgreSQL.")
    env = {"PATH": os.defpath} | current_app.config["POSTGRES_ENVIRON"]
    if url is not None:
        plain = url.set(drivername="postgresql").render_as_string(hide_password=False)
        parts = conninfo_to_dict(plain)
        if password := parts.pop("password", None):
            env["PGPASSWORD"] = str(password)
        arguments = (f"--dbname={make_conninfo('', **parts)}", "--no-password", *arguments)
    done = subprocess.run(  # noqa: S603 - one of two tools, without a shell
        [found, *arguments], env=env, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise DumpError(f"{program} a échoué : {done.stderr.strip()[-500:]}")
