"""The disk is full: what was acknowledged stays, the site is read, and what is written is kept."""

from __future__ import annotations

import contextlib
import re
import shutil
import sqlite3
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from prometheus_client import values
from sqlalchemy import func, select

from app import create_app
from app.applications import keys
from app.applications.models import Application
from app.core.database import db, reads_only
from app.core.jobs import jobs
from app.geography.services import load_communes
from app.professions.services import load_reference
from config import TestConfig
from tests import factories
from tools.postgres import Postgres

pytestmark = pytest.mark.no_database
BLOCK = b"0" * 65536
# As many as one network may send in a minute.
PEOPLE = 60


@pytest.fixture
def disk() -> Iterator[Path]:
    """Mount a small disk of our own, where that is allowed."""
    with tempfile.TemporaryDirectory(prefix="disk-") as name:
        # PostgreSQL goes through it with an account of its own.
        Path(name).chmod(0o755)
        mount = ["mount", "-t", "tmpfs", "-o", "size=128m,mode=755", "tmpfs", name]
        if subprocess.run(mount, capture_output=True, check=False).returncode:
            pytest.skip("mounting a disk needs an account that may")
        yield Path(name)
        subprocess.run(["umount", "--lazy", name], check=True)


@pytest.fixture(params=["sqlite", "postgresql"])
def site(
    request: pytest.FixtureRequest,
    disk: Path,
    environ: dict[str, str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Flask]:
    # The counts are kept elsewhere, as production asks: here the kernel would end who counts.
    monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", "")
    monkeypatch.setattr(values, "ValueClass", values.ValueClass)
    measures = {"METRICS_ADDRESS": "127.0.0.1:9100", "METRICS_DIR": str(tmp_path)}
    # The application of the other tests: its handlers are put back.
    request.getfixturevalue("app")
    before = jobs.subscriptions, jobs.schedule, jobs.huey
    with contextlib.ExitStack() as ends:
        url = f"sqlite:///{disk / 'site.db'}"
        if request.param == "postgresql":
            url = ends.enter_context(Postgres(durable=True, parent=disk)).url
        given = {"DATA_DIR": str(disk), "DATABASE_URL": url}
        app = create_app(TestConfig(environ | given | measures))
        reads_only.set(False)
        with app.app_context():
            db.create_all()
            load_communes()
            load_reference()
            db.session.commit()
            db.session.remove()
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
    form = opened(browser, path) | {"first_name": "Samira", "message": "Libre lundi. " * 40}
    sqlite = site.config["SQLALCHEMY_DATABASE_URI"].startswith("sqlite")
    if sqlite:
        with contextlib.closing(sqlite3.connect(disk / "site.db")) as connection:
            # The journal that is there would take a few more.
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    filler = fill(disk)
    acknowledged = 0
    # What fits in the pages that are there is taken, and must not be lost either.
    for number in range(PEOPLE):
        person = {"key": keys.new_idempotency_key(), "phone": f"0639{number:06d}"}
        refused = browser.post(f"{path}/candidater", data=form | person)
        if refused.status_code != 303:
            break
        acknowledged += 1
    assert refused.status_code == 503
    assert refused.headers["Retry-After"] == "30"
    assert "Votre envoi n’est pas encore parti." in refused.text
    kept = dict(re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', refused.text))
    assert kept.items() >= {"first_name": "Samira", "message": form["message"]}.items()
    # What only reads goes on.
    assert browser.get(path).status_code == 200
    assert browser.get("/health/live").status_code == 200

    filler.unlink()
    assert browser.post(f"{path}/candidater", data=kept, follow_redirects=True).status_code == 200
    with site.app_context():
        total = db.session.scalar(select(func.count()).select_from(Application))
        db.session.remove()
    assert total == acknowledged + 1
    if sqlite:
        with contextlib.closing(sqlite3.connect(disk / "site.db")) as connection:
            assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def opened(browser: FlaskClient, path: str) -> dict[str, str]:
    """Open the form; return its hidden fields."""
    page = browser.get(f"{path}/candidater").text
    return dict(re.findall(r'name="([^"]+)" type="hidden" value="([^"]*)"', page)) | dict(
        re.findall(r'type="hidden"[^>]*name="([^"]+)"[^>]*value="([^"]*)"', page)
    )
