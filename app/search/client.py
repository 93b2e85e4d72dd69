"""The way to Meilisearch: one kept connection a thread, one breaker, one limit of concurrency.

Searches go straight through libcurl and orjson; administration goes through the official client,
whose requests are made over the same connections. The official transport opens a connection a call,
shares one dictionary of headers between threads and waits for ever, see `KeptRequests`.
"""

from __future__ import annotations

import io
import os
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import certifi
import meilisearch.client
import meilisearch.index
import meilisearch.task
import orjson
import pycurl
import structlog
from flask import Flask, current_app
from meilisearch import Client
from meilisearch._httprequests import HttpRequests
from meilisearch.errors import (
    MeilisearchApiError,
    MeilisearchCommunicationError,
    MeilisearchTimeoutError,
)
from requests import Response

from app.core.errors import DomainError
from app.core.i18n import _

log = structlog.get_logger()

# To connect, and in all. Writing a batch or reading a hundred thousand identifiers takes a while.
ADMIN_TIMEOUT_SECONDS = (2.0, 60.0)
TASK_POLL_SECONDS = (0.01, 0.02, 0.05, 0.1, 0.2)


class EngineError(Exception):
    """The engine did not give a usable answer: absent, late, refusing, or without its index."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class TransportError(Exception):
    """No answer came from the engine; `late` when time ran out, `cut` when the connection broke."""

    def __init__(self, error: pycurl.error) -> None:
        code, message = error.args
        super().__init__(message)
        self.late = code == pycurl.E_OPERATION_TIMEDOUT
        self.cut = code in {pycurl.E_SEND_ERROR, pycurl.E_RECV_ERROR, pycurl.E_GOT_NOTHING}


class SearchBusyError(DomainError):
    """Too many searches at once in this process: the visitor is asked to come back."""

    status = 503

    def __init__(self) -> None:
        super().__init__(_("Trop de recherches en même temps. Réessayez dans quelques secondes."))


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


class Engine:
    """One Meilisearch server as this application sees it. Safe to share between threads."""

    def __init__(self, app: Flask) -> None:
        config = app.config
        self.url: str = config["MEILI_URL"]
        self.index: str = config["MEILI_INDEX"]
        self.breaker = Breaker(
            config["SEARCH_BREAKER_FAILURES"], config["SEARCH_BREAKER_OPEN_SECONDS"]
        )
        self._slots = threading.BoundedSemaphore(config["SEARCH_MAX_CONCURRENT"])
        self._timeouts: tuple[float, float] = (
            config["SEARCH_CONNECT_TIMEOUT_SECONDS"],
            config["SEARCH_READ_TIMEOUT_SECONDS"],
        )
        self._key: str = config["MEILI_API_KEY"]
        self._headers = {
            "Authorization": f"Bearer {self._key}",
            "Content-Type": "application/json",
        }
        self._kept = threading.local()

    @property
    def configured(self) -> bool:
        """Return whether there is an engine at all."""
        return bool(self.url)

    def multi_search(self, queries: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
        """Run searches in one round trip and return their results in the same order.

        Each query has no `indexUid`: it is this engine's. Raises EngineError, SearchBusyError.
        """
        body = orjson.dumps({"queries": [{"indexUid": self.index} | query for query in queries]})
        results: list[dict[str, Any]] = self.call("POST", "/multi-search", body)["results"]
        return results

    def document_count(self) -> int:
        """Return the number of documents of the index. Raises EngineError, SearchBusyError."""
        return int(self.call("GET", f"/indexes/{self.index}/stats")["numberOfDocuments"])

    def call(self, method: str, path: str, body: bytes | None = None) -> Any:
        """Make a call that a visitor waits for: short timeouts, breaker, limit of concurrency."""
        if not self.configured:
            raise EngineError("not_configured")
        if not self.breaker.allows():
            raise EngineError("breaker_open")
        with self._slot():
            try:
                status, data = self.request(method, path, body, self._headers, self._timeouts)
                answer = orjson.loads(data)
            except (TransportError, orjson.JSONDecodeError) as error:
                self.breaker.record(success=False)
                raise EngineError(type(error).__name__) from error
        # A refused question (400) is a mistake of ours: the engine itself is well.
        self.breaker.record(success=status in {200, 400})
        if status != 200:
            raise EngineError(str(answer.get("code") or f"http_{status}"))
        return answer

    def request(
        self,
        method: str,
        path: str,
        body: bytes | str | None,
        headers: Mapping[str, str],
        timeouts: tuple[float, float],
    ) -> tuple[int, bytes]:
        """Make one HTTP request and return its status and content; raise TransportError.

        `timeouts`: seconds to connect, seconds in all.
        """
        try:
            return self._request_once(method, path, body, headers, timeouts)
        except TransportError as error:
            if not error.cut:
                raise
        # The server closed a connection that was kept: all our calls may be made twice.
        return self._request_once(method, path, body, headers, timeouts)

    def _request_once(
        self,
        method: str,
        path: str,
        body: bytes | str | None,
        headers: Mapping[str, str],
        timeouts: tuple[float, float],
    ) -> tuple[int, bytes]:
        connect, total = timeouts
        received = io.BytesIO()
        curl = self._connection()
        curl.reset()
        curl.setopt(pycurl.URL, self.url + path)
        curl.setopt(pycurl.CUSTOMREQUEST, method)
        # Waiting for leave to send a large body would cost a second.
        curl.setopt(pycurl.HTTPHEADER, ["Expect:", *(f"{k}: {v}" for k, v in headers.items())])
        if body is not None:
            curl.setopt(pycurl.POSTFIELDS, body)
        curl.setopt(pycurl.WRITEDATA, received)
        curl.setopt(pycurl.CONNECTTIMEOUT_MS, int(connect * 1000))
        curl.setopt(pycurl.TIMEOUT_MS, int(total * 1000))
        curl.setopt(pycurl.NOSIGNAL, 1)
        # The engine is a neighbour, whatever proxy the environment names.
        curl.setopt(pycurl.PROXY, "")
        curl.setopt(pycurl.CAINFO, certifi.where())
        try:
            curl.perform()
        except pycurl.error as error:
            raise TransportError(error) from error
        return curl.getinfo(pycurl.RESPONSE_CODE), received.getvalue()

    def admin(self) -> Client:
        """Return the official client, on our connections, with timeouts fit for writing."""
        return KeptClient(self)

    def ensure(self, task_uid: int, timeout_seconds: float = 60.0) -> None:
        """Wait for a task of the engine; raise EngineError with its code if it fails or is late."""
        client = self.admin()
        deadline = time.monotonic() + timeout_seconds
        for pause in _pauses():
            task = client.get_task(task_uid)
            if task.status == "succeeded":
                return
            if task.status in {"failed", "canceled"}:
                raise EngineError(str((task.error or {}).get("code", task.status)))
            if time.monotonic() > deadline:
                raise EngineError("task_late")
            time.sleep(pause)

    def _connection(self) -> pycurl.Curl:
        """Return the connection of this thread, made anew in a forked process.

        One that was closed while idle is opened again by libcurl.
        """
        kept = self._kept
        if getattr(kept, "pid", None) != os.getpid():
            kept.pid, kept.curl = os.getpid(), pycurl.Curl()
        curl: pycurl.Curl = kept.curl
        return curl

    @contextmanager
    def _slot(self) -> Iterator[None]:
        if not self._slots.acquire(blocking=False):
            raise SearchBusyError
        try:
            yield
        finally:
            self._slots.release()


class KeptRequests(HttpRequests):
    """The transport of the official client, made over: our connections, headers for each call.

    The original keeps one dictionary of headers and changes it at each call: with eight threads,
    45 of 800 mixed calls failed with `missing_content_type`.
    """

    engine: Engine

    def send_request(
        self,
        http_method: Callable[..., Any],
        path: str,
        body: Any = None,
        content_type: str | None = None,
        *,
        serializer: Any = None,
    ) -> Any:
        method = http_method.__name__.upper()
        headers = dict(self.headers)
        if content_type:
            headers["Content-Type"] = content_type
        # The original sends « null » when there is no body: left unread by the server on a
        # connection that is kept, it hangs the next request.
        data = orjson.dumps(body) if body is not None and not isinstance(body, bytes) else body
        try:
            status, content = self.engine.request(
                method, f"/{path}", data, headers, ADMIN_TIMEOUT_SECONDS
            )
        except TransportError as error:
            late = MeilisearchTimeoutError if error.late else MeilisearchCommunicationError
            raise late(str(error)) from error
        response = Response()
        response.status_code = status
        response._content = content
        return self._HttpRequests__validate(response)  # type: ignore[attr-defined]


class KeptClient(Client):
    """The official client bound to an engine; its `index()` and tasks use the same transport."""

    def __init__(self, engine: Engine) -> None:
        super().__init__(engine.url, engine._key)
        transport = type("_EngineRequests", (KeptRequests,), {"engine": engine})
        self.http = transport(self.config)
        self.task_handler.http = self.http

    def index(self, uid: str) -> meilisearch.index.Index:
        """Return an index object, without a request."""
        index = super().index(uid)
        index.http = self.http
        index.task_handler.http = self.http
        return index


def engine() -> Engine:
    """Return the engine of the current application."""
    found: Engine = current_app.extensions["search_engine"]
    return found


# What administration raises, for callers that only want to know that the engine failed.
ADMIN_ERRORS = (
    EngineError,
    MeilisearchApiError,
    MeilisearchCommunicationError,
    MeilisearchTimeoutError,
)


def _pauses() -> Iterator[float]:
    yield from TASK_POLL_SECONDS
    while True:
        yield TASK_POLL_SECONDS[-1]
