"""Install, prepare and run the whole site on this machine: what `make run` executes.

    python -m tools.run

Three processes under one supervisor: Meilisearch, the worker, the web server. Ctrl-C stops all.
What is written goes to DATA_DIR (default instance/); PORT and MEILI_PORT move the ports.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import signal
import sys
import time
from collections.abc import Iterator, Mapping
from http import HTTPStatus
from pathlib import Path
from typing import IO, Any

from tools.environment import (
    PYTHON,
    ROOT,
    SetupError,
    ensure_browser_files,
    ensure_node,
    ensure_python,
    run,
    say,
)
from tools.meilisearch import Meilisearch, MeilisearchUnavailable, stored_secret
from tools.processes import LOOPBACK, Service, http_status, port_is_free

FLASK = (PYTHON, "-m", "flask", "--app", "wsgi")
LOADS = (
    ("db", "upgrade"),
    ("geography", "load"),
    ("professions", "load"),
    ("demo", "load"),
)
DATA_FOLDERS = {"data", "demo"}
# What config.py gives the commands of this folder while the site runs.
TOLD = ("SECRET_KEY", "PUBLIC_BASE_URL", "DEMO", "DATABASE_URL", "MEILI_URL", "MEILI_API_KEY")

STOP_SIGNALS = (signal.SIGTERM, signal.SIGHUP, signal.SIGINT)
READY_SECONDS = 120.0
# A site whose search is not ready yet is still a site: after this delay, alive is enough.
PATIENCE_SECONDS = 10.0
STARTS_BEFORE_GIVING_UP = 4
LONGEST_PAUSE_SECONDS = 30.0
STEADY_SECONDS = 60.0


class Supervisor:
    """Keeps services running: one that ends is started again, later and later if it insists."""

    def __init__(self) -> None:
        self.services: list[Service] = []
        self.failures: dict[str, int] = {}
        self._started_at: dict[str, float] = {}
        self._start_again_at: dict[str, float] = {}

    def add(self, service: Service, *, start: bool = True) -> None:
        """Watch a service, and start it unless it runs already."""
        if start:
            service.start()
        self.services.append(service)
        self.failures[service.name] = 0
        self._started_at[service.name] = time.monotonic()

    def tick(self) -> None:
        """Look at each service once and start again those that ended."""
        now = time.monotonic()
        for service in self.services:
            if service.running():
                if now - self._started_at[service.name] > STEADY_SECONDS:
                    self.failures[service.name] = 0
            elif service.name not in self._start_again_at:
                self._plan_restart(service, now)
            elif now >= self._start_again_at[service.name]:
                del self._start_again_at[service.name]
                self._started_at[service.name] = now
                service.start()

    def stop(self) -> None:
        """Stop every service, all asked at once save the first added, which the others use."""
        for service in self.services[1:]:
            service.signal(signal.SIGTERM)
        for service in reversed(self.services):
            service.stop()

    def _plan_restart(self, service: Service, now: float) -> None:
        code = service.exit_code()
        service.kill()
        self.failures[service.name] += 1
        pause = min(2.0 ** (self.failures[service.name] - 1), LONGEST_PAUSE_SECONDS)
        self._start_again_at[service.name] = now + pause
        say(
            f"Le service « {service.name} » s’est arrêté (code {code}) ; "
            f"redémarrage dans {pause:.0f} s. Journal : {service.log_path}"
        )


class Site:
    """The site of this folder on this machine."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self.port = _port(environ, "PORT", 8000)
        self.meili_port = _port(environ, "MEILI_PORT", 0)
        self.data_dir = Path(environ.get("DATA_DIR") or ROOT / "instance").resolve()
        self.embedded_database = not environ.get("DATABASE_URL")
        self.env = dict(environ) | {
            "DATA_DIR": str(self.data_dir),
            "PYTHONUNBUFFERED": "1",
        }
        self.supervisor = Supervisor()
        self._has_loaded = False
        self._lock: IO[str] | None = None

    @property
    def address(self) -> str:
        """The address to open in a browser of this machine."""
        return f"http://{LOOPBACK}:{self.port}"

    def prepare(self) -> None:
        """Install and load all that is missing; raise SetupError if the site cannot run."""
        self._take_data_dir()
        if not port_is_free(self.port):
            raise SetupError(
                f"Le port {self.port} est déjà pris : arrêtez l’autre programme, "
                f"ou choisissez-en un autre (PORT={self.port + 1} make run)."
            )
        ensure_python(dev=False)
        try:
            ensure_node(dev=False)
            ensure_browser_files()
        except SetupError as error:
            say(f"{error}\n→ Le site marche sans, avec des pages plus simples.")
        self.env.setdefault("SECRET_KEY", stored_secret(self.data_dir / "secret.key"))
        self.env.setdefault("PUBLIC_BASE_URL", self.address)
        if self.env.get("APP_ENV") != "production":
            self.env.setdefault("DEMO", "1")
        # Of a site that was killed: nobody listens there any more.
        self._told.unlink(missing_ok=True)
        self._start_search()
        self._tell_commands()
        self._load()

    def serve(self) -> None:
        """Run the web server, then the worker, until a signal comes."""
        web = self._service(
            "web",
            PYTHON,
            "-m",
            "gunicorn",
            "wsgi:app",
            f"--bind={LOOPBACK}:{self.port}",
            "--graceful-timeout=10",
        )
        self.supervisor.add(web)
        self._wait_ready(web)
        say(f"Prendre soin : {self.address}")
        self.supervisor.add(self._service("worker", *FLASK, "worker"))
        if self._has_loaded:
            self._build_index()
        self._introduce()
        say("Ctrl-C pour tout arrêter.")
        while True:
            self.supervisor.tick()
            time.sleep(0.3)

    def close(self) -> None:
        """Stop all that was started, and let another site use the folder."""
        self.supervisor.stop()
        if self._lock is not None:
            self._told.unlink(missing_ok=True)
            self._lock.close()

    def _take_data_dir(self) -> None:
        # Names and phones of people will be here: for the owner of the folder only.
        self.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = (self.data_dir / "run.lock").open("w", encoding="ascii")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            lock.close()
            raise SetupError(f"Le site tourne déjà avec le dossier {self.data_dir}.") from error
        self._lock = lock

    def _start_search(self) -> None:
        if self.env.get("MEILI_URL"):
            return
        try:
            server = Meilisearch(self.data_dir, port=self.meili_port or None)
            if self.meili_port and not port_is_free(self.meili_port):
                raise MeilisearchUnavailable(f"le port {self.meili_port} (MEILI_PORT) est pris")
            server.start()
        except MeilisearchUnavailable as error:
            say(f"Recherche : {error}.\n→ Le site cherche directement dans la base de données.")
            return
        self.supervisor.add(server.service, start=False)
        self.env |= {"MEILI_URL": server.url, "MEILI_API_KEY": server.api_key}

    @property
    def _told(self) -> Path:
        return self.data_dir / "running.json"

    def _tell_commands(self) -> None:
        """Let `flask` commands of another terminal find this site, its search and its address."""
        told = {name: self.env[name] for name in TOLD if name in self.env}
        descriptor = os.open(self._told, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump(told, file)

    def _load(self) -> None:
        """Bring the database and its data up to date, unless this very version did it before."""
        marker = self.data_dir / "loaded.sha256"
        version = _data_version()
        has_database = self.embedded_database and (self.data_dir / "prendre-soin.db").is_file()
        if has_database and marker.is_file() and marker.read_text() == version:
            return
        say("Données : communes, métiers, exemples…")
        for command in LOADS:
            if command[0] == "demo" and self.env.get("APP_ENV") == "production":
                continue
            error = f"« flask {' '.join(command)} » a échoué :"
            run([*FLASK, *command], env=self.env, error=error)
        marker.write_text(version)
        self._has_loaded = True

    def _wait_ready(self, web: Service) -> None:
        start = time.monotonic()
        while (waited := time.monotonic() - start) < READY_SECONDS:
            if http_status(self.port, "/health/ready") == HTTPStatus.OK:
                return
            alive = http_status(self.port, "/health/live") == HTTPStatus.OK
            if alive and waited > PATIENCE_SECONDS:
                return
            if self.supervisor.failures[web.name] >= STARTS_BEFORE_GIVING_UP:
                break
            self.supervisor.tick()
            time.sleep(0.2)
        raise SetupError(f"Le site ne démarre pas ({web.log_path}) :\n{web.log_tail()}")

    def _build_index(self) -> None:
        """Index what was loaded without waiting for the worker's next round, nor making wait."""
        if self.env.get("MEILI_URL"):
            self._service("search", *FLASK, "search", "check", "--repair").start()

    def _introduce(self) -> None:
        path = self.data_dir / "demo-accounts.txt"
        if self.env.get("DEMO") and path.is_file():
            say(f"{path.read_text(encoding='utf-8').strip()}\nConnexion : {self.address}/connexion")

    def _service(self, name: str, *command: str | Path) -> Service:
        log_path = self.data_dir / "logs" / f"{name}.log"
        return Service(name, command, env=self.env, log_path=log_path, cwd=ROOT)


def _port(environ: Mapping[str, str], name: str, default: int) -> int:
    text = environ.get(name) or str(default)
    if not text.isascii() or not text.isdigit() or int(text) > 65535:
        raise SetupError(f"{name} doit être un numéro de port, et non « {text} ».")
    return int(text)


def _data_version() -> str:
    """Return a digest of the migrations, and of what the loading commands read and are."""
    digest = hashlib.sha256()
    for path in sorted(_data_files()):
        digest.update(str(path.relative_to(ROOT)).encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def _data_files() -> Iterator[Path]:
    yield from (ROOT / "migrations" / "versions").glob("*.py")
    for path in (ROOT / "app").rglob("*"):
        is_read = path.name == "cli.py" or not DATA_FOLDERS.isdisjoint(path.relative_to(ROOT).parts)
        if is_read and path.is_file() and path.suffix != ".pyc":
            yield path


def _interrupt(number: int, frame: Any) -> None:
    raise KeyboardInterrupt


def main() -> int:
    """Run the site until it is stopped; return the status of the command."""
    # A signal that `nohup` or a shell already ignores stays ignored.
    handled = [n for n in STOP_SIGNALS if signal.getsignal(n) != signal.SIG_IGN]
    for number in handled:
        signal.signal(number, _interrupt)
    site = None
    try:
        site = Site(os.environ)
        site.prepare()
        site.serve()
    except SetupError as error:
        print(error, file=sys.stderr, flush=True)
        return 1
    except KeyboardInterrupt:
        say("\nArrêt…")
    finally:
        for number in STOP_SIGNALS:
            signal.signal(number, signal.SIG_IGN)
        if site is not None:
            site.close()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
