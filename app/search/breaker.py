"""The breaker: an engine that fails is left alone for a while."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import structlog

log = structlog.get_logger()


class Breaker:
    """Stops asking an engine that fails: `failures` in a row open it for `open_seconds`.

    Then one call goes through as a probe while the others are still refused.
    """

    def __init__(
        self, failures: int, open_seconds: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._limit = failures
        self._open_seconds = open_seconds
        self._clock = clock
        self._lock = threading.Lock()
        self._failures = 0
        self._closed_at = 0.0

    @property
    def is_open(self) -> bool:
        """Return whether calls are refused, without taking the turn of the probe."""
        return self._failures >= self._limit and self._clock() < self._closed_at

    def allows(self) -> bool:
        """Return whether to call now; a true answer to a half-open breaker is its only probe."""
        if self._failures < self._limit:
            return True
        with self._lock:
            if self._failures < self._limit:
                return True
            if self._clock() < self._closed_at:
                return False
            # Nobody else goes through before this probe is over, or late.
            self._closed_at = self._clock() + self._open_seconds
            return True

    def record(self, *, success: bool) -> None:
        """Take note of the outcome of a call that was allowed."""
        if success and not self._failures:
            return
        with self._lock:
            if success:
                self._failures = 0
                return
            self._failures += 1
            if self._failures >= self._limit:
                self._closed_at = self._clock() + self._open_seconds
                log.warning("search_breaker_open", failures=self._failures)
