"""The way to Meilisearch: one kept connection a thread and server, one breaker a server, one limit.

Searches go straight through libcurl and orjson; administration goes through the official client,
whose requests are made over the same connections. The official transport opens a connection a call,
shares one dictionary of headers between threads and waits for ever, see `KeptRequests`.
"""

from __future__ import annotations

import hashlib
import io
import os
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

import certifi
import meilisearch.client
import meilisearch.index
import meilisearch.task
import orjson
import pycurl
from flask import current_app
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
from app.search.breaker import Breaker

# To connect, and in all. Writing a batch or reading a hundred thousand identifiers takes a while.
ADMIN_TIMEOUT_SECONDS = (2.0, 60.0)
# To learn how a task stands: a server that is frozen must not hold the writing of the others.
POLL_TIMEOUT_SECONDS = (2.0, 10.0)
TASK_POLL_SECONDS = (0.01, 0.02, 0.05, 0.1, 0.2)
# Asking is not worth the while of the visitor with less time left than this.
MIN_TURN_SECONDS = 0.05
BUSY_RETRY_SECONDS = 3
NOT_READY_RETRY_SECONDS = 60


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
    """Too many searches at once in this process: whoever asks is told to come back."""

    status = 503
    retry_after = BUSY_RETRY_SECONDS

    def __init__(self) -> None:
        super().__init__(_("Trop de recherches en même temps. Réessayez dans quelques secondes."))


class SearchNotReadyError(DomainError):
    """Nothing can tell yet what is open: whoever asks is told so, not that there is nothing."""

    status = 503
    retry_after = NOT_READY_RETRY_SECONDS

    def __init__(self) -> None:
        super().__init__(_("La recherche se prépare. Réessayez dans une minute."))


class Engine:
    """One Meilisearch server as this application sees it. Safe to share between threads."""

    def __init__(
        self, config: Mapping[str, Any], url: str, key: str, slots: threading.BoundedSemaphore
    ) -> None:
        self.url = url
        self.index: str = config["MEILI_INDEX"]
        # What the database calls this server in `search_state`: short, whatever the address.
        self.name = f"{self.index}@{hashlib.sha256(url.encode()).hexdigest()[:8]}"
        self.breaker = Breaker(
            config["SEARCH_BREAKER_FAILURES"], config["SEARCH_BREAKER_OPEN_SECONDS"]
        )
        self._slots = slots
        self._timeouts: tuple[float, float] = (
            config["SEARCH_CONNECT_TIMEOUT_SECONDS"],
            config["SEARCH_READ_TIMEOUT_SECONDS"],
        )
        self._key = key
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
        """Return the number of documents that a search sees. Raises EngineError, SearchBusyError.

        The statistics of the engine are written apart: an instant after the index was emptied, they
        still count what it held.
        """
        return int(self.call("GET", f"/indexes/{self.index}/documents?limit=0")["total"])

    def call(self, method: str, path: str, body: bytes | None = None) -> Any:
        """Make a call that a visitor waits for: short timeouts, breaker, limit of concurrency."""
        if not self.configured:
            raise EngineError("not_configured")
        timeouts = self._time_left()
        if not self.breaker.allows():
            raise EngineError("breaker_open")
        with self._slot():
            try:
                status, data = self.request(method, path, body, self._headers, timeouts)
                answer = orjson.loads(data)
            except (TransportError, orjson.JSONDecodeError) as error:
                self.breaker.record(success=False)
                raise EngineError(type(error).__name__) from error
        # A refused question (400) is a mistake of ours: the engine itself is well.
        self.breaker.record(success=status in {200, 400})
        if status != 200:
            raise EngineError(str(answer.get("code") or f"http_{status}"))
        return answer

    def probe(self) -> None:
        """Raise EngineError when the server does not answer soon, whatever the breaker says."""
        try:
            status, _data = self.request("GET", "/health", None, {}, self._timeouts)
        except TransportError as error:
            raise EngineError("late" if error.late else "unreachable") from error
        if status != 200:
            raise EngineError(f"http_{status}")

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
        client = KeptClient(self, POLL_TIMEOUT_SECONDS)
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

    def _time_left(self) -> tuple[float, float]:
        """Return the timeouts of a call, shorter when the turn of this server ends sooner."""
        turn = _turn.get()
        if turn is None or turn.ends_at is None:
            return self._timeouts
        left = turn.ends_at - time.monotonic()
        if left < MIN_TURN_SECONDS:
            raise EngineError("turn_over")
        connect, total = self._timeouts
        return min(connect, left), min(total, left)

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
    timeouts: tuple[float, float]

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
            status, content = self.engine.request(method, f"/{path}", data, headers, self.timeouts)
        except TransportError as error:
            late = MeilisearchTimeoutError if error.late else MeilisearchCommunicationError
            raise late(str(error)) from error
        response = Response()
        response.status_code = status
        response._content = content
        return self._HttpRequests__validate(response)  # type: ignore[attr-defined]


class KeptClient(Client):
    """The official client bound to an engine; its `index()` and tasks use the same transport."""

    def __init__(
        self, engine: Engine, timeouts: tuple[float, float] = ADMIN_TIMEOUT_SECONDS
    ) -> None:
        super().__init__(engine.url, engine._key)
        bound = {"engine": engine, "timeouts": timeouts}
        transport = type("_EngineRequests", (KeptRequests,), bound)
        self.http = transport(self.config)
        self.task_handler.http = self.http

    def index(self, uid: str) -> meilisearch.index.Index:
        """Return an index object, without a request."""
        index = super().index(uid)
        index.http = self.http
        index.task_handler.http = self.http
        return index


@dataclass(frozen=True, slots=True)
class Turn:
    """The server that is spoken to for now, and when its turn ends for the visitor who waits."""

    engine: Engine
    ends_at: float | None


_turn: ContextVar[Turn | None] = ContextVar("search_turn", default=None)


def make_engines(config: Mapping[str, Any]) -> tuple[Engine, ...]:
    """Return one engine a server; they share the limit of concurrency of the process."""
    slots = threading.BoundedSemaphore(config["SEARCH_MAX_CONCURRENT"])
    return tuple(Engine(config, url, key, slots) for url, key in config["MEILI_SERVERS"])


def engines() -> tuple[Engine, ...]:
    """Return all the servers, in the order of preference."""
    found: tuple[Engine, ...] = current_app.extensions["search_engines"]
    return found


def engine() -> Engine:
    """Return the server whose turn it is (`using`), the preferred one out of any turn."""
    turn = _turn.get()
    return turn.engine if turn is not None else engines()[0]


@contextmanager
def using(chosen: Engine, seconds: float | None = None) -> Iterator[Engine]:
    """Let `engine()` be `chosen` inside the block; searches then end within `seconds`."""
    token = _turn.set(Turn(chosen, None if seconds is None else time.monotonic() + seconds))
    try:
        yield chosen
    finally:
        _turn.reset(token)


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
