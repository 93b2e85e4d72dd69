"""The supervisor of `make run`."""

from __future__ import annotations

import json
import os
import socket
import stat
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tools.environment import SetupError
from tools.processes import Service
from tools.run import Site, Supervisor

pytestmark = pytest.mark.no_database

SLEEPER = "import time; time.sleep(60)"
PARENT = f"import subprocess, sys; subprocess.Popen([sys.executable, '-c', '{SLEEPER}']).wait()"
STUBBORN = f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); {SLEEPER}"


def service(tmp_path: Path, code: str, name: str = "essai") -> Service:
    log_path = tmp_path / "logs" / f"{name}.log"
    command = [sys.executable, "-c", code]
    return Service(name, command, env=dict(os.environ), log_path=log_path, cwd=tmp_path)


def wait_until(condition: Callable[[], bool], seconds: float = 10) -> bool:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def group_is_gone(group: int) -> bool:
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, _parent, its_group = status.read_text().rpartition(")")[2].split()[:3]
        except OSError:
            continue
        if int(its_group) == group and state != "Z":
            return False
    return True


@pytest.fixture
def supervisor() -> Iterator[Supervisor]:
    made = Supervisor()
    yield made
    made.stop()


def test_service_that_dies_is_started_again(tmp_path: Path, supervisor: Supervisor) -> None:
    sleeper = service(tmp_path, SLEEPER)
    supervisor.add(sleeper)
    first = sleeper.process
    sleeper.kill()

    def is_back() -> bool:
        supervisor.tick()
        return sleeper.running()

    assert wait_until(is_back)
    assert sleeper.process is not first
    assert supervisor.failures[sleeper.name] == 1


def test_service_that_insists_on_dying_is_started_later_and_later(
    tmp_path: Path, supervisor: Supervisor, capsys: pytest.CaptureFixture[str]
) -> None:
    failing = service(tmp_path, "raise SystemExit('bad setting')")
    supervisor.add(failing)

    def has_failed_twice() -> bool:
        supervisor.tick()
        return supervisor.failures[failing.name] == 2

    assert wait_until(has_failed_twice)
    assert "redémarrage dans 2 s" in capsys.readouterr().out
    assert "bad setting" in failing.log_tail()


@pytest.mark.parametrize("code", [PARENT, STUBBORN], ids=["parent", "stubborn"])
def test_stop_leaves_no_process_behind(tmp_path: Path, code: str) -> None:
    running = service(tmp_path, code)
    running.start()
    assert running.process is not None
    group = running.process.pid
    time.sleep(0.3)

    running.stop(seconds=0.5)

    assert not running.running()
    assert wait_until(lambda: group_is_gone(group))


def test_second_site_in_the_same_folder_is_refused(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        environ = {"DATA_DIR": str(tmp_path), "PORT": str(other.getsockname()[1])}
        with closing(Site(environ)) as first, closing(Site(environ)) as second:
            with pytest.raises(SetupError, match="est déjà pris"):
                first.prepare()
            with pytest.raises(SetupError, match="tourne déjà"):
                second.prepare()


def test_folder_is_free_again_once_the_site_is_closed(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        environ = {"DATA_DIR": str(tmp_path), "PORT": str(other.getsockname()[1])}
        for _ in range(2):
            with closing(Site(environ)) as site, pytest.raises(SetupError, match="est déjà pris"):
                site.prepare()


def test_commands_are_told_of_the_site_until_it_is_closed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for step in ("ensure_python", "ensure_node", "ensure_browser_files"):
        monkeypatch.setattr(f"tools.run.{step}", lambda **_options: None)
    monkeypatch.setattr(Site, "_load", lambda _self: None)
    told = tmp_path / "running.json"
    told.write_text('{"MEILI_URL": "http://127.0.0.1:9"}')
    environ = {"DATA_DIR": str(tmp_path), "MEILI_URL": "http://127.0.0.1:7", "PORT": "0"}

    with closing(Site(environ)) as site:
        site.prepare()
        said = json.loads(told.read_text())
        mode = stat.S_IMODE(told.stat().st_mode)
        with closing(Site(environ)) as second, pytest.raises(SetupError, match="tourne déjà"):
            second.prepare()
        assert told.is_file()

    assert said["MEILI_URL"] == "http://127.0.0.1:7"
    assert said["PUBLIC_BASE_URL"] == site.address
    assert len(said["SECRET_KEY"]) >= 32
    assert mode == 0o600
    assert not told.exists()


@pytest.mark.parametrize("text", ["abc", "-1", "70000", "８０"])
def test_port_must_be_a_number(text: str) -> None:
    with pytest.raises(SetupError, match="numéro de port"):
        Site({"PORT": text})
