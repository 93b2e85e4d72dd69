"""Processes that other tools start: in a group of their own, ended with all they started."""

from __future__ import annotations

import contextlib
import ctypes
import http.client
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

LOOPBACK = "127.0.0.1"
STOP_SECONDS = 15.0
LOG_KEPT_BYTES = 5_000_000
_PR_SET_PDEATHSIG = 1


class Service:
    """A long-lived process with its log file; `start` may be called again after an end."""

    def __init__(
        self,
        name: str,
        command: Sequence[str | Path],
        *,
        env: Mapping[str, str],
        log_path: Path,
        cwd: Path,
        pass_fds: tuple[int, ...] = (),
    ) -> None:
        self.name = name
        self.command = [str(part) for part in command]
        self.env = dict(env)
        self.log_path = log_path
        self.cwd = cwd
        self.pass_fds = pass_fds
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start the process. It ends with the thread that called this, even if killed."""
        self.log_path.parent.mkdir(parents=True, exist_ok=True)
        if self.log_path.exists() and self.log_path.stat().st_size > LOG_KEPT_BYTES:
            self.log_path.replace(self.log_path.with_suffix(".log.1"))
        with self.log_path.open("ab") as log:
            self.process = subprocess.Popen(
                self.command,
                cwd=self.cwd,
                env=self.env,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                pass_fds=self.pass_fds,
                preexec_fn=die_with_parent,
            )

    def exit_code(self) -> int | None:
        """Return the exit code of a process that ended, None if it runs or never started."""
        return None if self.process is None else self.process.poll()

    def running(self) -> bool:
        """Return whether the process is there (a frozen one is)."""
        return self.process is not None and self.process.poll() is None

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to the process, if it is still there."""
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(number)

    def freeze(self) -> None:
        """Suspend the process, and return once all its threads have stopped."""
        self.signal(signal.SIGSTOP)
        if self.process is not None and self.process.poll() is None:
            os.waitid(os.P_PID, self.process.pid, os.WSTOPPED | os.WEXITED | os.WNOWAIT)

    def stop(self, seconds: float = STOP_SECONDS) -> None:
        """Ask the process to end, then end by force all that is left of its group."""
        self.signal(signal.SIGCONT)
        self.signal(signal.SIGTERM)
        self._wait(seconds)
        self.kill()

    def kill(self) -> None:
        """End the whole group at once, as a crash would."""
        if self.process is None:
            return
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self._wait(STOP_SECONDS)

    def log_tail(self, lines: int = 12) -> str:
        """Return the end of the log."""
        if not self.log_path.exists():
            return ""
        return "\n".join(self.log_path.read_text(errors="replace").splitlines()[-lines:])

    def _wait(self, seconds: float) -> None:
        if self.process is not None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(seconds)


def die_with_parent() -> None:
    """Ask Linux to end the calling process when its parent ends, so that nothing is orphaned."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def free_port() -> int:
    """Return a port of the loopback that nothing uses now."""
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        port: int = probe.getsockname()[1]
        return port


def port_is_free(port: int) -> bool:
    """Return whether a server could listen on 127.0.0.1:`port`."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    return True


def http_status(port: int, path: str, *, timeout_seconds: float = 2.0) -> int:
    """Return the status that 127.0.0.1:`port` answers to GET `path`; 0 if nothing answers.

    No proxy of the environment is followed: this address never leaves the machine.
    """
    connection = http.client.HTTPConnection(LOOPBACK, port, timeout=timeout_seconds)
    try:
        connection.request("GET", path)
        return connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return 0
    finally:
        connection.close()
