"""What supervisors are told is true, and closes the site for its database only."""

from __future__ import annotations

import shutil
from typing import Any

import pytest
from flask.testing import FlaskClient

from app.core import clock, outbox, pulse


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
