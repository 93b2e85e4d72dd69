"""What supervisors are told is true, and closes the site for its database only."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.core import clock, outbox, pulse
from app.core.database import db
from app.main.metrics import State
from tests import factories
from tests.stack import ROOT, wait_until
from tools.processes import Service


def report(client: FlaskClient) -> tuple[int, dict[str, Any]]:
    answer = client.get("/health/ready")
    assert answer.json is not None
    return answer.status_code, answer.json


def test_all_is_well(client: FlaskClient, session: Any) -> None:
    pulse.beat_as_worker(clock.now())
    session.commit()
    status, told = report(client)
    assert status == 200
    assert {name: told[name] for name in ("status", "database", "worker", "work", "disk")} == {
        "status": "ok",
        "database": "ok",
        "worker": "ok",
        "work": "ok",
        "disk": "ok",
    }


def test_a_silent_worker_and_late_work_are_told_and_close_nothing(
    client: FlaskClient, session: Any, time_machine: Any
) -> None:
    now = clock.now()
    pulse.beat_as_worker(now)
    outbox.enqueue("application.received", now=now, application_id=1)
    session.commit()
    time_machine.move_to(now + pulse.HEARTBEAT_MAX_AGE)
    assert report(client)[1]["worker"] == "silent"
    assert report(client)[1]["work"] == "ok"
    time_machine.move_to(now + 2 * pulse.LATE_AFTER)
    status, told = report(client)
    assert (status, told["work"]) == (200, "late")


def test_a_disk_nearly_full_is_told(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    full = shutil.disk_usage("/")._replace(total=1000, free=99)
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: full)
    status, told = report(client)
    assert (status, told["disk"]) == (200, "low")


def test_without_its_database_the_site_is_not_ready_and_still_lives(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.main.health.database_answers", lambda: False)
    status, told = report(client)
    assert (status, told["status"], told["work"]) == (503, "down", "unknown")
    assert client.get("/health/live").status_code == 200


@pytest.mark.usefixtures("real_commits")
def test_a_frozen_worker_shows_to_supervisors_people_and_prometheus(
    app: Flask,
    client: FlaskClient,
    sign_in: Any,
    environ: dict[str, str],
    tmp_path: Path,
    time_machine: Any,
) -> None:
    own = {"APP_ENV": "testing", "JOBS_IN_TESTS": "1", "DATA_DIR": str(tmp_path)}
    worker = Service(
        "worker",
        [sys.executable, "-m", "flask", "--app", "wsgi", "worker"],
        env=environ | own | {"PATH": os.environ["PATH"]},
        log_path=tmp_path / "worker.log",
        cwd=ROOT,
    )

    def seen() -> tuple[str, bool, float]:
        db.session.rollback()
        # A session of hours, that the clock of this test does not end.
        page = sign_in(factories.user(role="admin")).get("/equipe/etat/")
        db.session.commit()
        assert page.status_code == 200
        (alive,) = (
            sample.value
            for family in State(app).collect()
            for sample in family.samples
            if (sample.name, sample.labels) == ("soin_workers", {"state": "alive"})
        )
        return report(client)[1]["worker"], "Aucun processus ne travaille." in page.text, alive

    assert seen() == ("silent", True, 0)
    worker.start()
    try:
        wait_until(lambda: report(client)[1]["worker"] == "ok", 60, "a sign of life")
        assert seen() == ("ok", False, 1)
        worker.freeze()
        # It would have given one each minute.
        time_machine.move_to(clock.now() + pulse.HEARTBEAT_MAX_AGE)
        assert seen() == ("silent", True, 0)
        assert report(client)[0] == 200
    finally:
        worker.kill()
