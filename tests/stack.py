"""The whole site as real processes on free ports: web, worker, search server, mail server."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
from aiosmtpd.controller import Controller

from tests.conftest import Smtp
from tools.meilisearch import Meilisearch
from tools.processes import Service, free_port, http_status

ROOT = Path(__file__).resolve().parent.parent


def wait_until(condition: Callable[[], bool], seconds: float, what: str) -> None:
    """Wait for `condition`, or fail saying what was awaited."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return
        time.sleep(0.05)
    raise AssertionError(f"still waiting after {seconds:.0f} s: {what}")


class Stack:
    """Start, kill, freeze and revive each process; the database must already have its tables."""

    def __init__(
        self,
        folder: Path,
        database_url: str,
        *,
        workers: int = 1,
        threads: int = 4,
        search: Meilisearch | None = None,
    ) -> None:
        self.folder = folder
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.search = search or Meilisearch(folder / "search")
        self.smtp = Smtp()
        smtp_port = free_port()
        self.smtp_controller = Controller(self.smtp, hostname="127.0.0.1", port=smtp_port)
        self.environ = {
            "PATH": os.environ["PATH"],
            "APP_ENV": "testing",
            "JOBS_IN_TESTS": "1",
            "DATA_DIR": str(folder),
            "DATABASE_URL": database_url,
            "MEILI_URL": self.search.url,
            "MEILI_API_KEY": self.search.api_key,
            "MAIL_URL": f"smtp://127.0.0.1:{smtp_port}",
            "PUBLIC_BASE_URL": self.url,
            "RATELIMIT_ENABLED": "0",
            "LOG_LEVEL": "WARNING",
        }
        python = Path(sys.executable)
        self.web = self._service(
            "web",
            [
                python,
                "-m",
                "gunicorn",
                "wsgi:app",
                f"--bind=127.0.0.1:{self.port}",
                f"--workers={workers}",
                f"--threads={threads}",
                "--no-control-socket",
            ],
        )
        self.worker = self._service("worker", [python, "-m", "flask", "--app", "wsgi", "worker"])

    def _service(self, name: str, command: list[str | Path]) -> Service:
        return Service(
            name,
            command,
            env=self.environ,
            log_path=self.folder / "logs" / f"{name}.log",
            cwd=ROOT,
        )

    def start(self) -> None:
        """Start everything and wait until the site answers."""
        self.smtp_controller.start()
        if not self.search.service.running():
            self.search.start()
        self.web.start()
        self.worker.start()
        self.wait_for_web()

    def wait_for_web(self) -> None:
        """Wait until the site answers."""
        wait_until(lambda: http_status(self.port, "/health/live") == 200, 90, self.web.log_tail())

    def stop(self) -> None:
        """End everything."""
        for service in (self.web, self.worker, self.search.service):
            with contextlib.suppress(ProcessLookupError):
                service.stop(3)
        self.smtp_controller.stop()

    def kill(self, name: str) -> None:
        """End one part as a crash would."""
        {"web": self.web, "worker": self.worker, "search": self.search.service}[name].kill()

    def freeze(self, name: str) -> None:
        """Suspend one part, with its children: it accepts connections and never answers."""
        self._signal(name, signal.SIGSTOP)

    def revive(self, name: str) -> None:
        """Bring a killed or frozen part back."""
        service = {"web": self.web, "worker": self.worker, "search": self.search.service}[name]
        if service.running():
            self._signal(name, signal.SIGCONT)
        elif name == "search":
            self.search.start()
        else:
            service.start()
        if name == "web":
            self.wait_for_web()

    def _signal(self, name: str, number: signal.Signals) -> None:
        service = {"web": self.web, "worker": self.worker, "search": self.search.service}[name]
        assert service.process is not None
        family = psutil.Process(service.process.pid)
        for process in [family, *family.children(recursive=True)]:
            process.send_signal(number)
