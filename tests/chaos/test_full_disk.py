"""The disk is full: what was acknowledged stays, the site is read, and what is written is kept."""

from __future__ import annotations

import contextlib
import re
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, select

from app import create_app
from app.applications.models import Application
from app.core.database import db, reads_only
from app.core.jobs import jobs
from app.geography.services import load_communes
from app.professions.services import load_reference
from config import TestConfig
from tests import factories

pytestmark = pytest.mark.no_database
BLOCK = b"0" * 65536


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """Mount a small disk of our own, where that is allowed."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=64m", "tmpfs", str(folder)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("mounting a disk needs an account that may")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


@pytest.fixture
def site(request: pytest.FixtureRequest, disk: Path, environ: dict[str, str]) -> Iterator[Flask]:
    given = environ["DATABASE_URL"]
    # The application of the other tests: its handlers are put back, its reference base is copied.
    request.getfixturevalue("app")
    before = jobs.subscriptions, jobs.schedule, jobs.huey
    if given.startswith("sqlite"):
        with contextlib.closing(sqlite3.connect(given.removeprefix("sqlite:///"))) as connection:
            connection.execute("VACUUM INTO ?", (str(disk / "site.db"),))
    url = f"sqlite:///{disk / 'site.db'}"
    app = create_app(TestConfig(environ | {"DATA_DIR": str(disk), "DATABASE_URL": url}))
    reads_only.set(False)
    with app.app_context():
        if not given.startswith("sqlite"):
            db.create_all()
            load_communes()
            load_reference()
            db.session.commit()
    yield app
    with app.app_context():
        db.session.remove()
        db.engine.dispose()
    jobs.subscriptions, jobs.schedule, jobs.huey = before


def fill(disk: Path) -> Path:
    """Leave nothing free."""
    filler = disk / "filler"
    with filler.open("wb", buffering=0) as file, contextlib.suppress(OSError):
        while True:
            file.write(BLOCK)
    assert shutil.disk_usage(disk).free == 0
    return filler


def test_a_full_disk_loses_nothing_and_the_form_is_kept(site: Flask, disk: Path) -> None:
    with site.app_context():
        path = factories.listing().path
        db.session.commit()
        db.session.remove()
    browser = site.test_client()
    page = browser.get(f"{path}/candidater").text
    hidden = dict(re.findall(r'name="([^"]+)" type="hidden" value="([^"]*)"', page)) | dict(
        re.findall(r'type="hidden"[^>]*name="([^"]+)"[^>]*value="([^"]*)"', page)
    )
    form = hidden | {"first_name": "Samira", "phone": "0639981234", "message": "Libre lundi."}

    with sqlite3.connect(disk / "site.db") as connection:
        # The journal that is there would take a few more.
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    filler = fill(disk)
    refused = browser.post(f"{path}/candidater", data=form)
    assert refused.status_code == 503
    assert refused.headers["Retry-After"] == "30"
    assert "Votre envoi n’est pas encore parti." in refused.text
    kept = dict(re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', refused.text))
    assert kept.items() >= {"first_name": "Samira", "message": "Libre lundi."}.items()
    # What only reads goes on.
    assert browser.get(path).status_code == 200
    assert browser.get("/health/live").status_code == 200

    filler.unlink()
    assert browser.post(f"{path}/candidater", data=kept, follow_redirects=True).status_code == 200
    with site.app_context():
        assert db.session.scalar(select(func.count()).select_from(Application)) == 1
        db.session.remove()
    with sqlite3.connect(disk / "site.db") as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    connection.close()
