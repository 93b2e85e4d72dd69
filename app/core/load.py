"""How busy this process is: since when the present request waited, how many wait behind it.

The server tells (`gunicorn.conf.py`); one that does not is never busy.
"""

from __future__ import annotations

import threading
import time
from contextvars import ContextVar

# A crowd, not a slow moment: both are exceeded at once.
MAX_WAIT_SECONDS = 0.5
MAX_WAITING = 30

_reached_at: ContextVar[float | None] = ContextVar("reached_at", default=None)


class Queue:
    """The requests of this process that wait for a thread."""

    def __init__(self) -> None:
        self.waiting = 0
        self._lock = threading.Lock()

    def enter(self) -> float:
        """Count a request that comes; return when."""
        with self._lock:
            self.waiting += 1
        return time.monotonic()

    def leave(self, reached_at: float) -> None:
        """Count a request off, in the thread that is about to answer it."""
        with self._lock:
            self.waiting -= 1
        _reached_at.set(reached_at)


queue = Queue()


def is_crowded() -> bool:
    """Return whether to refuse what can be asked again: those who wait behind get their turn."""
    reached = _reached_at.get()
    return (
        reached is not None
        and queue.waiting > MAX_WAITING
        and time.monotonic() - reached > MAX_WAIT_SECONDS
    )
