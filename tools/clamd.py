"""A local ClamAV with a signature database of its own, for the tests: nothing is downloaded.

It knows one malware: the harmless text that every antivirus recognises (EICAR).
"""

from __future__ import annotations

import os
import shutil
import socket
import time
from pathlib import Path
from types import TracebackType

from tools.processes import LOOPBACK, Service, free_port

# In two pieces: the tools of those who read this file recognise it too.
EICAR = b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$" + b"EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
SIGNATURE = "Essai.Eicar:0:*:{}\n"
START_SECONDS = 20.0
# What production must say too (docs/decisions/0018): a limit that is met is told, never "OK".
SETTINGS = """
DatabaseDirectory {folder}/signatures
TCPSocket {port}
TCPAddr 127.0.0.1
LocalSocket {folder}/clamd.sock
Foreground yes
AlertExceedsMax yes
StreamMaxLength {stream_max}
MaxScanSize {scan_max}
MaxFileSize 30M
MaxThreads 4
SelfCheck 0
"""


class ClamdUnavailable(RuntimeError):
    """No antivirus can be started here; the message says in French what to do about it."""


class Clamd:
    """One antivirus on the loopback, its files under `folder`. `url` and `local_url` lead to it."""

    def __init__(self, folder: Path, *, stream_max: str = "25M", scan_max: str = "60M") -> None:
        program = shutil.which("clamd", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
        if program is None:
            raise ClamdUnavailable(
                "ClamAV n’est pas installé : apt-get install --no-install-recommends clamav-daemon"
            )
        self.port = free_port()
        self.url = f"tcp://{LOOPBACK}:{self.port}"
        self.local_url = f"unix://{folder}/clamd.sock"
        (folder / "signatures").mkdir(parents=True)
        (folder / "signatures" / "essai.ndb").write_text(SIGNATURE.format(EICAR.hex()))
        settings = folder / "clamd.conf"
        settings.write_text(
            SETTINGS.format(folder=folder, port=self.port, stream_max=stream_max, scan_max=scan_max)
        )
        self.service = Service(
            "antivirus",
            [program, "--config-file", settings],
            env={"PATH": os.environ.get("PATH", ""), "TMPDIR": str(folder)},
            log_path=folder / "clamd.log",
            cwd=folder,
        )

    def start(self) -> Clamd:
        """Start it and wait until it answers; raise ClamdUnavailable if it cannot."""
        self.service.start()
        deadline = time.monotonic() + START_SECONDS
        while not self._answers():
            if not self.service.running() or time.monotonic() > deadline:
                self.service.kill()
                raise ClamdUnavailable(f"ClamAV n’a pas démarré :\n{self.service.log_tail()}")
            time.sleep(0.05)
        return self

    def _answers(self) -> bool:
        try:
            with socket.create_connection((LOOPBACK, self.port), timeout=2) as connection:
                connection.sendall(b"zPING\0")
                return connection.recv(16) == b"PONG\0"
        except OSError:
            return False

    def __enter__(self) -> Clamd:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.service.stop()
