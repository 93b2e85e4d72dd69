"""The whole site as real processes on free ports: web, workers, search server, mail server."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
from aiosmtpd.controller import Controller

from tests.conftest import Smtp
from tools.meilisearch import Meilisearch
from tools.postgres import Postgres
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


class Tarpit(Smtp):
    """A mail server that can be made to answer no more."""

    def __init__(self) -> None:
        super().__init__()
        self.stuck = False

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        """Keep the message, once the server answers again."""
        while self.stuck:
            await asyncio.sleep(0.02)
        return await super().handle_DATA(server, session, envelope)


class Stack:
    """Start, kill, freeze and revive each process; the database must already have its tables."""

    def __init__(
        self,
        folder: Path,
        database_url: str,
        *,
        workers: int = 1,
        background: int = 1,
        threads: int = 4,
        search: Meilisearch | None = None,
        cluster: Postgres | None = None,
        log_level: str = "WARNING",
    ) -> None:
        self.folder = folder
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.search = search or Meilisearch(folder / "search")
        self.smtp = Tarpit()
        self.smtp_port = smtp_port = free_port()
        self.smtp_controller = self._mail_server()
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
            "LOG_LEVEL": log_level,
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
        work = [python, "-m", "flask", "--app", "wsgi", "worker"]
        self.background = [
            self._service(f"worker{number or ''}", [*work]) for number in range(background)
        ]
        self.worker = self.background[0]
        self.services = {"web": self.web, "search": self.search.service} | {
            service.name: service for service in self.background
        }
        # Given only to be harmed: whoever started it ends it.
        self.cluster = cluster

    def _mail_server(self) -> Controller:
        return Controller(self.smtp, hostname="127.0.0.1", port=self.smtp_port)

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
        for worker in self.background:
            worker.start()
        self.wait_for_web()

    def wait_for_web(self) -> None:
        """Wait until the site answers."""
        wait_until(lambda: http_status(self.port, "/health/live") == 200, 90, self.web.log_tail())

    def stop(self) -> None:
        """End everything."""
        self.smtp.stuck = False
        for service in self.services.values():
            with contextlib.suppress(ProcessLookupError):
                service.stop(3)
        self.smtp_controller.stop()

    def kill(self, name: str) -> None:
        """End one part as a crash would."""
        if name == "smtp":
            self.smtp_controller.stop()
        elif name == "database":
            self._database.crash()
        else:
            self.services[name].kill()

    def freeze(self, name: str) -> None:
        """Suspend one part, with its children: it accepts connections and never answers."""
        if name == "smtp":
            self.smtp.stuck = True
        else:
            self._signal(name, signal.SIGSTOP)

    def revive(self, name: str) -> None:
        """Bring a killed or frozen part back."""
        if name == "smtp":
            self._revive_smtp()
        elif name == "database":
            self._revive_database()
        elif self.services[name].running():
            self._signal(name, signal.SIGCONT)
        elif name == "search":
            self.search.start()
        else:
            self.services[name].start()
        if name == "web":
            self.wait_for_web()

    def _revive_smtp(self) -> None:
        if self.smtp.stuck:
            self.smtp.stuck = False
            return
        self.smtp_controller = self._mail_server()
        self.smtp_controller.start()

    @property
    def _database(self) -> Postgres:
        assert self.cluster is not None
        return self.cluster

    def _revive_database(self) -> None:
        if self._database.service.running():
            self._signal("database", signal.SIGCONT)
        else:
            self._database.service.start()
        self._database.wait_ready()

    def _signal(self, name: str, number: signal.Signals) -> None:
        service = self._database.service if name == "database" else self.services[name]
        assert service.process is not None
        family = psutil.Process(service.process.pid)
        for process in [family, *family.children(recursive=True)]:
            process.send_signal(number)
