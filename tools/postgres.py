"""A throw-away PostgreSQL for the tests: made in a temporary folder, gone at the end."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path
from types import TracebackType
from typing import Any

from tools.processes import LOOPBACK, Service, free_port

OLDEST_VERSION = 15
USER = "app"
DATABASE = "prendre_soin_test"
# PostgreSQL refuses to run as root: one of these runs it then.
UNPRIVILEGED_USERS = ("postgres", "nobody")
# Nothing here must survive a power cut, so nothing waits for the disk.
FAST_SETTINGS = ("fsync=off", "full_page_writes=off", "jit=off")
# Nor a crash of the server, unless that is what is tried: the last commits are in its memory only.
FORGETFUL_SETTINGS = ("synchronous_commit=off",)


class PostgresUnavailable(RuntimeError):
    """No cluster can be started here; the message says why in French."""


def find_binaries() -> Path:
    """Return the folder of `initdb` and `postgres`, the newest version found."""
    folders = [path for path in Path("/usr/lib/postgresql").glob("*/bin") if _version(path)]
    if on_path := shutil.which("initdb"):
        folders.append(Path(on_path).resolve().parent)
    folders = [folder for folder in folders if (folder / "postgres").is_file()]
    if not folders:
        raise PostgresUnavailable(f"PostgreSQL {OLDEST_VERSION} ou plus récent est absent.")
    return max(folders, key=_version)


class Postgres:
    """A running cluster with one empty database, at `url`. A context manager.

    `durable`: what was committed survives a crash of the server. `parent`: the folder in which to
    write, instead of the temporary one of the machine; the account of the server must reach it.
    `password`: what it asks of all, which `url` does not say.
    """

    def __init__(
        self, *, durable: bool = False, parent: Path | None = None, password: str = ""
    ) -> None:
        self.binaries = find_binaries()
        self.folder = Path(tempfile.mkdtemp(prefix="prendre-soin-pg-", dir=parent))
        self.port = free_port()
        self.password = password
        self.url = f"postgresql+psycopg://{USER}@{LOOPBACK}:{self.port}/{DATABASE}"
        self._account = _account()
        if self._account:
            os.chown(self.folder, self._account.pw_uid, self._account.pw_gid)
        settings = [*FAST_SETTINGS, f"listen_addresses={LOOPBACK}", f"port={self.port}"]
        if not durable:
            settings += FORGETFUL_SETTINGS
        self.service = Service(
            "postgres",
            [
                *self._as_account(),
                self.binaries / "postgres",
                *("-D", self.folder / "data", "-k", self.folder),
                *(part for setting in settings for part in ("-c", setting)),
            ],
            env=self._environment(),
            log_path=self.folder / "postgres.log",
            cwd=self.folder,
        )

    def __enter__(self) -> Postgres:
        try:
            asked = ["trust"]
            if self.password:
                (self.folder / "password").write_text(self.password)
                asked = ["scram-sha-256", "--pwfile=password"]
            self._run("initdb", "-D", "data", "-U", USER, "--no-sync", "-E", "UTF8", "-A", *asked)
            self.service.start()
            self.wait_ready()
            self._run("createdb", "-h", LOOPBACK, "-p", str(self.port), "-U", USER, DATABASE)
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Stop the server and remove all that it wrote."""
        # Interrupted, the server closes its sessions and stops; terminated, it would wait for them.
        self.service.signal(signal.SIGINT)
        self.service.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def crash(self) -> None:
        """End the server at once, as `pg_ctl stop -m immediate`: it has to recover at its start."""
        self.service.signal(signal.SIGQUIT)
        self.service.stop()

    def wait_ready(self) -> None:
        """Wait until the server takes connections."""
        self._run("pg_isready", "-h", LOOPBACK, "-p", str(self.port), "-t", "1", tries=60)

    def _run(self, program: str, *arguments: str, tries: int = 1) -> None:
        command: list[Any] = [*self._as_account(), self.binaries / program, *arguments]
        for _ in range(tries):
            done = subprocess.run(
                command,
                cwd=self.folder,
                env=self._environment(),
                capture_output=True,
                text=True,
                check=False,
            )
            if done.returncode == 0:
                return
            time.sleep(0.1)
        raise PostgresUnavailable(f"{program} a échoué :\n{done.stdout}{done.stderr}")

    def _as_account(self) -> list[str]:
        if self._account is None:
            return []
        uid, gid = self._account.pw_uid, self._account.pw_gid
        return [
            "setpriv",
            f"--reuid={uid}",
            f"--regid={gid}",
            "--clear-groups",
            "--pdeathsig=INT",
            "--",
        ]

    def _environment(self) -> dict[str, str]:
        found = {"PATH": os.environ.get("PATH", "/usr/bin:/bin"), "LC_ALL": "C.UTF-8"}
        return found | ({"PGPASSWORD": self.password} if self.password else {})


def _account() -> pwd.struct_passwd | None:
    """Return the account that runs the server, None for the one that runs this."""
    if os.geteuid() != 0:
        return None
    for name in UNPRIVILEGED_USERS:
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise PostgresUnavailable("Aucun compte ordinaire pour PostgreSQL (postgres ou nobody).")


def _version(folder: Path) -> int:
    name = folder.parent.name
    return int(name) if name.isdigit() and int(name) >= OLDEST_VERSION else 0
