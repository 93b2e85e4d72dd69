"""Pages of results kept for a few seconds: the same for every visitor, made once for all of them.

Only what is the same for everybody is kept: a GET of the search page, without any cookie. A page is
made again when its seconds are over, or a second or so after any listing changed. When many ask
for the same page at once, one makes it and the others wait for it. In a crowd, the answer that
says to come back is kept too: refusing must cost next to nothing.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import structlog
from flask import Flask, request
from markupsafe import escape
from sqlalchemy.exc import SQLAlchemyError

from app.core.database import reads_only
from app.core.errors import asked_again
from app.core.load import is_crowded
from app.search.guard import index_version

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

log = structlog.get_logger()

MAX_PAGES = 500
MAX_PAGE_BYTES = 400_000
# How long a visitor waits for the page that another is having made, before having it made too.
PATIENCE_SECONDS = 2.0
# A page made without the engine is kept less: the engine may be back.
DEGRADED_SECONDS = 2.0
RECHECK_SECONDS = 0.5
REFUSAL_SECONDS = 60.0
_SHARED = "prendre_soin.shared"
_SEEN = "prendre_soin.seen"

Key = tuple[str, str, str, str]


@dataclass(frozen=True, slots=True)
class Page:
    """An answer as it is sent; `seen` is called with the browser of each other visitor."""

    status: str
    headers: list[tuple[str, str]]
    body: bytes
    version: str
    until: float
    seen: Callable[[str], None] | None


@dataclass(frozen=True, slots=True)
class Refusal:
    """What the site answers in a crowd, around the address to try again."""

    status: str
    headers: list[tuple[str, str]]
    before: bytes
    after: bytes
    until: float

    def to(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer the visitor with it."""
        body = b"".join((self.before, _address(environ), self.after))
        start_response(self.status, [*self.headers, ("Content-Length", str(len(body)))])
        return [body]


@dataclass(slots=True)
class _Flight:
    """A page being made; `landed` when it is made. `page`: None when it is not to be shared."""

    landed: threading.Event = field(default_factory=threading.Event)
    page: Page | None = None


def share(*, degraded: bool = False, seen: Callable[[str], None] | None = None) -> None:
    """Let the answer to this request be given to others, for a few seconds.

    `seen` is called each time, with what the browser says it is.
    """
    request.environ[_SHARED] = degraded
    request.environ[_SEEN] = seen


class PageCache:
    """The pages of this process, in front of the application."""

    def __init__(self, app: Flask, following: WSGIApplication, path: str) -> None:
        self._app = app
        self._following = following
        self._path = path
        self._seconds: float = app.config["SEARCH_CACHE_SECONDS"]
        self._pages: OrderedDict[Key, Page] = OrderedDict()
        # By version too: who asks after a change does not wait for a page begun before it.
        self._flights: dict[tuple[str, Key], _Flight] = {}
        self._lock = threading.Lock()
        # By scheme, host and folder.
        self._refusals: dict[tuple[str, ...], Refusal] = {}
        self._version = ""
        self._checked_at = float("-inf")

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer with a page that is kept, or make it."""
        key = self._key(environ)
        if key is None:
            return self._following(environ, start_response)
        version = self._current_version()
        page = self._kept(key, version)
        if page is None:
            refusal = self._refusals.get(key[:3])
            if refusal and refusal.until > time.monotonic() and is_crowded():
                return refusal.to(environ, start_response)
            with self._lock:
                flight = self._flights.get((version, key))
                first = flight is None
                flight = self._flights.setdefault((version, key), flight or _Flight())
            if first:
                return self._make(key, version, flight, environ, start_response)
            flight.landed.wait(PATIENCE_SECONDS)
            page = flight.page
        if page is None:
            return self._following(environ, start_response)
        if page.seen is not None:
            with self._app.app_context():
                page.seen(environ.get("HTTP_USER_AGENT", ""))
        start_response(page.status, list(page.headers))
        return [page.body]

    def _key(self, environ: WSGIEnvironment) -> Key | None:
        """Return what the page depends on, or None when it may depend on the person."""
        if environ.get("PATH_INFO") != self._path or environ["REQUEST_METHOD"] != "GET":
            return None
        if "HTTP_COOKIE" in environ or "HTTP_AUTHORIZATION" in environ:
            return None
        return (
            environ["wsgi.url_scheme"],
            environ.get("HTTP_HOST", ""),
            environ.get("SCRIPT_NAME", ""),
            environ.get("QUERY_STRING", ""),
        )

    def _kept(self, key: Key, version: str) -> Page | None:
        page = self._pages.get(key)
        if page is None or page.version != version or page.until < time.monotonic():
            return None
        return page

    def _make(
        self,
        key: Key,
        version: str,
        flight: _Flight,
        environ: WSGIEnvironment,
        start_response: StartResponse,
    ) -> Iterable[bytes]:
        """Have the application answer, and keep the answer if it says that it may be shared."""
        answer: list[Any] = []

        def start(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Any:
            answer[:] = [status, headers]
            return start_response(status, headers, exc_info)

        try:
            chunks = self._following(environ, start)
            try:
                body = b"".join(chunks)
            finally:
                if close := getattr(chunks, "close", None):
                    close()
            status, headers = answer
            if seconds := self._lifetime(environ, status, headers, body):
                until = time.monotonic() + seconds
                page = Page(status, list(headers), body, version, until, environ.get(_SEEN))
                flight.page = page
                self._keep(key, page)
            elif status.startswith("503"):
                self._learn_refusal(key, environ, status, headers, body)
            return [body]
        finally:
            with self._lock:
                del self._flights[version, key]
            flight.landed.set()

    def _lifetime(
        self,
        environ: WSGIEnvironment,
        status: str,
        headers: list[tuple[str, str]],
        body: bytes,
    ) -> float:
        degraded = environ.get(_SHARED)
        if degraded is None or not status.startswith("200") or len(body) > MAX_PAGE_BYTES:
            return 0.0
        if any(name.lower() == "set-cookie" for name, _value in headers):
            return 0.0
        return min(DEGRADED_SECONDS, self._seconds) if degraded else self._seconds

    def _learn_refusal(
        self,
        key: Key,
        environ: WSGIEnvironment,
        status: str,
        headers: list[tuple[str, str]],
        body: bytes,
    ) -> None:
        """Keep what is said in a crowd; its only difference is the address to try again."""
        around = body.split(_address(environ))
        if len(around) != 2 or not is_crowded():
            return
        kept = [(name, value) for name, value in headers if name.lower() != "content-length"]
        until = time.monotonic() + REFUSAL_SECONDS
        if len(self._refusals) >= MAX_PAGES:
            self._refusals.clear()
        self._refusals[key[:3]] = Refusal(status, kept, around[0], around[1], until)

    def _keep(self, key: Key, page: Page) -> None:
        with self._lock:
            self._pages[key] = page
            self._pages.move_to_end(key)
            while len(self._pages) > MAX_PAGES:
                self._pages.popitem(last=False)

    def _current_version(self) -> str:
        """Return what changes soon after any change of a listing or of the index."""
        if time.monotonic() - self._checked_at < RECHECK_SECONDS:
            return self._version
        # The others go on with what is known.
        self._checked_at = time.monotonic()
        # Never the lock of those who write.
        token = reads_only.set(True)
        try:
            with self._app.app_context():
                self._version = index_version()
        except SQLAlchemyError as error:
            log.warning("search_cache_version_failed", error=type(error).__name__)
        finally:
            reads_only.reset(token)
        return self._version


def _address(environ: WSGIEnvironment) -> bytes:
    """Return the address asked for, as the page of refusal writes it."""
    words = environ.get("QUERY_STRING", "").encode("latin-1")
    return str(escape(asked_again(environ["PATH_INFO"], words))).encode()
