"""What Prometheus reads: the work of all the processes, on this machine only, about nobody."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from flask import Flask
from prometheus_client.parser import text_string_to_metric_families

from app.core import clock, outbox, pulse
from app.core.outbox import OutboxEvent
from app.main.metrics import Place, State
from config import Config, ConfigError
from tests import factories
from tests.stack import wait_until
from tools.processes import Service, free_port

ROOT = Path(__file__).resolve().parent.parent.parent
RULES = ROOT / "deploy/prometheus-rules.yml"
PAGE = ROOT / "docs/metrics.md"


def told(app: Flask) -> dict[tuple[str, ...], float]:
    """Return each measure by its name and the values of its labels."""
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in State(app).collect()
        for sample in family.samples
    }


def test_what_waits_and_who_works_is_told(app: Flask, session: Any) -> None:
    now = clock.now()
    outbox.enqueue("listing.changed", now=now - pulse.LATE_AFTER, listing_id=1)
    outbox.enqueue("listing.changed", now=now, listing_id=1)
    outbox.enqueue("application.received", now=now, application_id=1)
    session.flush()
    event = session.query(OutboxEvent).filter_by(topic="application.received").one()
    event.state, event.last_error = "dead", "Refused"
    pulse.beat_as_worker(now)
    pulse.beat(pulse.BACKUP, now)
    factories.application(
        cv_key="cv/a.pdf", cv_name="cv.pdf", cv_sha256="0" * 64, cv_state="waiting", cv_state_at=now
    )
    session.commit()
    measures = told(app)
    assert measures["soin_database_up",] == 1
    assert measures["soin_outbox_due_events", "listing.changed"] == 2
    assert measures["soin_outbox_oldest_due_age_seconds",] >= pulse.LATE_AFTER.total_seconds()
    assert measures["soin_outbox_dead_events", "application.received", "true"] == 1
    assert (measures["soin_workers", "alive"], measures["soin_workers", "silent"]) == (1, 0)
    assert 0 <= measures["soin_backup_age_seconds",] < 60
    assert measures["soin_joined_files", "waiting"] == 1
    assert 0 < measures["soin_disk_free_bytes",] < measures["soin_disk_size_bytes",]
    assert measures["soin_clock_leapt",] == 0
    # Nobody was ever late: what is done is told with how long it took.
    session.query(OutboxEvent).update({"state": "done", "done_at": now})
    session.commit()
    measures = told(app)
    late = measures["soin_outbox_done_seconds", "listing.changed", "0.95"]
    assert late >= pulse.LATE_AFTER.total_seconds()
    assert measures["soin_outbox_done_seconds", "application.received", "0.95"] < 60
    assert measures["soin_outbox_done_events", "listing.changed"] == 2


def test_a_silent_worker_shows(app: Flask, session: Any, time_machine: Any) -> None:
    now = clock.now()
    pulse.beat_as_worker(now)
    session.commit()
    time_machine.move_to(now + 2 * pulse.HEARTBEAT_MAX_AGE)
    assert told(app)["soin_workers", "silent"] == 1


def test_without_its_database_the_site_still_says_so(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.main.metrics.database_answers", lambda: False)
    measures = told(app)
    assert measures["soin_database_up",] == 0
    assert ("soin_outbox_oldest_due_age_seconds",) not in measures


@pytest.mark.no_database
@pytest.mark.parametrize(
    "address", ["0.0.0.0:9100", "10.0.0.4:9100", "9100", "127.0.0.1:", "a.b:1"]
)
def test_an_address_that_others_reach_is_refused(address: str) -> None:
    with pytest.raises(ConfigError, match="METRICS_ADDRESS"):
        Config.from_env({"METRICS_ADDRESS": address})


@pytest.fixture
def served(
    environ: dict[str, str], tmp_path: Path, real_commits: None
) -> Iterator[tuple[int, int]]:
    """Start two web processes and the command; return their ports."""
    web_port, port = free_port(), free_port()
    env = environ | {
        "APP_ENV": "testing",
        "DATA_DIR": str(tmp_path),
        "METRICS_ADDRESS": f"127.0.0.1:{port}",
        "SEARCH_CACHE_SECONDS": "60",
        "PATH": os.environ["PATH"],
    }
    gunicorn = [sys.executable, "-m", "gunicorn", "wsgi:app", f"--bind=127.0.0.1:{web_port}"]
    flask = [sys.executable, "-m", "flask", "--app", "wsgi", "metrics"]
    services = [
        Service("web", [*gunicorn, "--workers=2"], env=env, log_path=tmp_path / "web", cwd=ROOT),
        Service("metrics", flask, env=env, log_path=tmp_path / "metrics.log", cwd=ROOT),
    ]
    for service in services:
        service.start()
    try:
        for one in (web_port, port):
            wait_until(lambda one=one: _opens(one), 60, f"port {one}")
        yield web_port, port
    finally:
        for service in services:
            service.stop(5)


def _opens(port: int) -> bool:
    try:
        urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=5).close()
    except OSError as error:
        return isinstance(error, urllib.error.HTTPError)
    return True


def test_processes_add_up_and_tell_nobody_s_words(served: tuple[int, int]) -> None:
    web_port, port = served
    for number in range(20):
        # A browser each time: both processes answer.
        address = f"http://127.0.0.1:{web_port}/recherche?q=Samira+06399812{number:02d}"
        urllib.request.urlopen(address, timeout=30).close()
    for _again in range(5):
        urllib.request.urlopen(address, timeout=30).close()
    with pytest.raises(urllib.error.HTTPError, match="404"):
        urllib.request.urlopen(f"http://127.0.0.1:{web_port}/metrics", timeout=30)
    text = urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=30).read().decode()
    families = {family.name: family for family in text_string_to_metric_families(text)}
    answers = {
        (sample.labels["endpoint"], sample.labels["status"]): sample.value
        for sample in families["soin_http_responses"].samples
        if sample.name.endswith("_total")
    }
    # A page that is kept is not made again, and counts too.
    assert answers["search.index", "200"] + answers["kept", "200"] == 25
    assert answers["kept", "200"] >= 1
    assert answers["none", "404"] == 1
    assert "soin_http_response_seconds" in families
    assert families["soin_database_up"].samples[0].value == 1
    assert not re.search("Samira|0639981|127\\.0\\.0\\.1", text)


@pytest.mark.no_database
def test_a_process_takes_the_place_of_one_that_is_gone(tmp_path: Path) -> None:
    mine = Place(tmp_path)
    assert mine() == mine() == 0
    script = "import pathlib, sys; from app.main.metrics import Place; "
    script += "print(Place(pathlib.Path(sys.argv[1]))())"
    for _again in range(2):
        # Two that live at the same time never share one; the second finds the place of the first.
        said = subprocess.run(
            [sys.executable, "-c", script, tmp_path],
            capture_output=True,
            text=True,
            check=True,
            cwd=ROOT,
        )
        assert said.stdout.strip() == "1"


@pytest.mark.no_database
def test_production_counts_in_memory() -> None:
    with pytest.raises(ConfigError, match="METRICS_DIR"):
        Config.from_env({"APP_ENV": "production", "METRICS_ADDRESS": "127.0.0.1:9100"})
    with pytest.raises(ConfigError) as said:
        Config.from_env(
            {
                "APP_ENV": "production",
                "METRICS_ADDRESS": "127.0.0.1:9100",
                "METRICS_DIR": "/run/prendre-soin/metrics",
            }
        )
    assert "METRICS_DIR" not in str(said.value)


@pytest.mark.no_database
def test_alerts_and_the_page_name_what_is_told(app: Flask) -> None:
    source = (ROOT / "app/main/metrics.py").read_text()
    names = {f"soin_{name}" for name in re.findall(r'_(?:gauge|labelled)\(\s*"(\w+)"', source)}
    names |= set(re.findall(r'"(soin_http_\w+)"', source))
    assert len(names) >= 16
    page = PAGE.read_text()
    assert set(re.findall(r"`(soin_\w+)`", page)) == names
    rules = yaml.safe_load(RULES.read_text())["groups"][0]["rules"]
    assert len(rules) >= 8
    for rule in rules:
        used = set(re.findall(r"soin_\w+", rule["expr"]))
        assert used, rule["alert"]
        assert {re.sub("_(total|bucket|count|sum)$", "", one) for one in used} <= names, rule
        assert rule["annotations"]["summary"]
        runbook = rule["annotations"]["runbook"]
        assert (ROOT / runbook).is_file(), runbook
        assert rule["labels"]["severity"] in {"page", "ticket"}


@pytest.mark.no_database
def test_the_command_asks_for_its_address(tmp_path: Path) -> None:
    env = {"PATH": os.environ["PATH"], "DATA_DIR": str(tmp_path), "APP_ENV": "testing"}
    said = subprocess.run(
        [sys.executable, "-m", "flask", "--app", "wsgi", "metrics"],
        env=env,
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert said.returncode == 1
    assert "METRICS_ADDRESS" in said.stderr
