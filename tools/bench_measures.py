"""How long answers take: one loop for the engine, the page and the sites they are compared with."""

from __future__ import annotations

import http.client
import itertools
import re
import socket
import statistics
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus

from tools.processes import LOOPBACK


@dataclass(frozen=True)
class Measure:
    """Durations of one run, in seconds, and how long the run took."""

    durations: Sequence[float]
    seconds: float
    failures: int

    @property
    def median_ms(self) -> float:
        """Median, in milliseconds."""
        return statistics.median(self.durations) * 1000

    @property
    def p95_ms(self) -> float:
        """Ninety-fifth centile, in milliseconds."""
        return sorted(self.durations)[int(len(self.durations) * 0.95)] * 1000

    @property
    def rate(self) -> float:
        """Answers a second."""
        return len(self.durations) / self.seconds

    def __str__(self) -> str:
        line = f"{self.median_ms:8.1f} {self.p95_ms:8.1f} {self.rate:8.1f}"
        return line + (f"  {self.failures} échecs" if self.failures else "")


@dataclass(frozen=True)
class Call:
    """One HTTP request."""

    method: str
    path: str
    body: bytes | None = None
    headers: tuple[tuple[str, str], ...] = ()


# The calls that answer one question, one after the other.
Asked = tuple[Call, ...]


def measure(port: int, asked: Sequence[Asked], connections: int, seconds: float) -> Measure:
    """Ask the questions in turn on some connections that are kept, for some seconds."""
    turn = itertools.cycle(asked)
    lock = threading.Lock()
    durations: list[float] = []
    failures = 0
    end = time.monotonic() + seconds

    def work() -> None:
        nonlocal failures
        connection = http.client.HTTPConnection(LOOPBACK, port, timeout=10)
        while time.monotonic() < end:
            with lock:
                calls = next(turn)
            started = time.perf_counter()
            good = True
            try:
                for call in calls:
                    connection.request(call.method, call.path, call.body, dict(call.headers))
                    answer = connection.getresponse()
                    answer.read()
                    good = good and answer.status == HTTPStatus.OK
            except (OSError, http.client.HTTPException):
                connection.close()
                good = False
            durations.append(time.perf_counter() - started)
            failures += not good
        connection.close()

    started = time.monotonic()
    threads = [threading.Thread(target=work) for _number in range(connections)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return Measure(durations, time.monotonic() - started, failures)


def hot_rate(port: int, paths: Sequence[str], seconds: float, connections: int = 8) -> float:
    """Return how many pages a second come for a few addresses, over plain kept connections.

    A client that does as little as possible: it shares the two cores with what it measures.
    """
    turn = itertools.cycle(
        f"GET {path} HTTP/1.1\r\nHost: {LOOPBACK}:{port}\r\n\r\n".encode() for path in paths
    )
    end = time.monotonic() + seconds
    counts = [0] * connections

    def work(number: int) -> None:
        with socket.create_connection((LOOPBACK, port), timeout=10) as connection:
            while time.monotonic() < end:
                connection.sendall(next(turn))
                counts[number] += _read_answer(connection)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(connections)]
    started = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(counts) / (time.monotonic() - started)


def _read_answer(connection: socket.socket) -> bool:
    """Read one whole answer; return whether it was a page."""
    received = _more(connection)
    while b"\r\n\r\n" not in received:
        received += _more(connection)
    head, _end, body = received.partition(b"\r\n\r\n")
    length = int(re.search(rb"(?i)content-length: (\d+)", head)[1])  # type: ignore[index]
    left = length - len(body)
    while left > 0:
        left -= len(_more(connection))
    return head.startswith(b"HTTP/1.1 200")


def _more(connection: socket.socket) -> bytes:
    """Read what came. Raises ConnectionError when the site hung up in the middle of a page."""
    received = connection.recv(1 << 17)
    if not received:
        raise ConnectionError("the site hung up")
    return received


def together(runs: Sequence[Measure]) -> Measure:
    """Return several runs as one."""
    return Measure(
        [duration for run in runs for duration in run.durations],
        sum(run.seconds for run in runs),
        sum(run.failures for run in runs),
    )
