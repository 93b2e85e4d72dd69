"""Pages of results are made once for all who ask for them, and never show what has changed."""

from __future__ import annotations

import datetime as dt
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from typing import Any

import pytest
from flask import Flask, current_app
from sqlalchemy import event
from werkzeug.test import Client

from app import create_app
from app.core.database import db
from app.core.outbox import enqueue
from app.search import cache as caching
from app.search import guard, views
from app.search.cache import PageCache
from config import TestConfig

PATH = "/recherche"


class Behind:
    """An application behind the cache, which counts what it is asked."""

    def __init__(self) -> None:
        self.asked = 0
        self.shown = 0
        self.status = "200 OK"
        self.headers: list[tuple[str, str]] = [("Content-Type", "text/html")]
        self.shared: bool | None = False
        self.pause = 0.0
        self.error: Exception | None = None

    def see(self, _browser: str) -> None:
        # As the log of searches does, in threads that have no application of their own.
        assert current_app.name
        self.shown += 1

    def __call__(self, environ: Any, start_response: Any) -> list[bytes]:
        self.asked += 1
        if self.pause:
            time.sleep(self.pause)
        if self.error:
            raise self.error
        if self.shared is not None:
            environ["prendre_soin.shared"] = self.shared
            environ["prendre_soin.seen"] = self.see
        start_response(self.status, self.headers)
        return [b"page ", str(self.asked).encode()]


@pytest.fixture
def behind() -> Behind:
    return Behind()


@pytest.fixture
def visitor(app: Flask, behind: Behind, monkeypatch: pytest.MonkeyPatch) -> Client:
    """Return a browser in front of a cache of its own, which keeps pages for five seconds."""
    monkeypatch.setitem(app.config, "SEARCH_CACHE_SECONDS", 5.0)
    monkeypatch.setattr(caching, "index_version", lambda: "1")
    return Client(PageCache(app, behind, PATH), use_cookies=False)


def test_the_same_page_is_made_once(visitor: Client, behind: Behind) -> None:
    first = visitor.get(f"{PATH}?q=as")
    second = visitor.get(f"{PATH}?q=as")
    assert first.text == second.text == "page 1"
    assert second.headers["Content-Type"] == "text/html"
    assert visitor.get(f"{PATH}?q=ide").text == "page 2"
    # The first visitor is counted by the view itself.
    assert behind.shown == 1


@pytest.mark.parametrize(
    "asked",
    [
        {"headers": {"Cookie": "session=x"}},
        {"headers": {"Authorization": "Basic x"}},
        {"headers": {"Host": "autre.example"}},
        {"base_url": "https://localhost"},
        {"method": "HEAD"},
        {"method": "POST"},
        {"path": "/recherche/"},
        {"query_string": "q=autre"},
    ],
)
def test_whatever_the_page_may_depend_on_has_a_page_of_its_own(
    visitor: Client, behind: Behind, asked: dict[str, Any]
) -> None:
    visitor.get(PATH)
    visitor.open(**({"path": PATH} | asked))
    assert behind.asked == 2


@pytest.mark.parametrize("why", ["not shared", "cookie", "error page", "too long"])
def test_what_is_for_one_person_is_given_to_her_alone(
    visitor: Client, behind: Behind, why: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if why == "not shared":
        behind.shared = None
    elif why == "cookie":
        behind.headers = [("set-cookie", "session=x")]
    elif why == "error page":
        behind.status = "503 SERVICE UNAVAILABLE"
    else:
        monkeypatch.setattr(caching, "MAX_PAGE_BYTES", 3)
    assert [visitor.get(PATH).text for _ in range(2)] == ["page 1", "page 2"]


def test_a_page_is_made_again_when_its_seconds_are_over(
    visitor: Client, behind: Behind, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = [1000.0]
    monkeypatch.setattr(caching.time, "monotonic", lambda: clock[0])
    visitor.get(PATH)
    clock[0] += 4.9
    assert visitor.get(PATH).text == "page 1"
    clock[0] += 0.2
    assert visitor.get(PATH).text == "page 2"
    behind.shared = True
    clock[0] += 6
    visitor.get(PATH)
    clock[0] += caching.DEGRADED_SECONDS + 0.1
    assert visitor.get(PATH).text == "page 4"


def test_many_at_once_wait_for_one_page(visitor: Client, behind: Behind) -> None:
    behind.pause = 0.3
    with ThreadPoolExecutor(20) as pool:
        pages = {one.text for one in pool.map(lambda _n: visitor.get(PATH), range(20))}
    assert pages == {"page 1"}
    assert behind.shown == 19


def test_nobody_is_given_a_page_begun_before_a_change(
    visitor: Client, behind: Behind, monkeypatch: pytest.MonkeyPatch
) -> None:
    version = ["1"]
    monkeypatch.setattr(caching, "RECHECK_SECONDS", 0.0)
    monkeypatch.setattr(caching, "index_version", lambda: version[0])
    begun, go_on = threading.Event(), threading.Event()
    make = behind.__class__.__call__

    def slow_first(self: Behind, environ: Any, start_response: Any) -> list[bytes]:
        made = make(self, environ, start_response)
        if made[1] == b"1":
            begun.set()
            go_on.wait(10)
        return made

    monkeypatch.setattr(Behind, "__call__", slow_first)
    with ThreadPoolExecutor(2) as pool:
        before = pool.submit(lambda: visitor.get(PATH).text)
        assert begun.wait(10)
        version[0] = "2"
        after = pool.submit(lambda: visitor.get(PATH).text)
        wait([after], timeout=caching.PATIENCE_SECONDS / 2)
        go_on.set()
        assert (before.result(), after.result()) == ("page 1", "page 2")
    assert visitor.get(PATH).text != "page 1"


def test_nobody_waits_for_a_page_that_fails(visitor: Client, behind: Behind) -> None:
    behind.pause, behind.error = 0.1, RuntimeError("lost")

    def ask(_number: int) -> str:
        try:
            return visitor.get(PATH).text
        except RuntimeError:
            return "error"

    with ThreadPoolExecutor(4) as pool:
        assert set(pool.map(ask, range(4))) == {"error"}
    behind.error = None
    assert visitor.get(PATH).text.startswith("page ")


def test_few_pages_are_kept(visitor: Client, behind: Behind, monkeypatch: Any) -> None:
    monkeypatch.setattr(caching, "MAX_PAGES", 3)
    for number in range(5):
        visitor.get(f"{PATH}?q={number}")
    visitor.get(f"{PATH}?q=4")
    assert behind.asked == 5
    visitor.get(f"{PATH}?q=0")
    assert behind.asked == 6


@pytest.fixture
def cached_app(environ: dict[str, str], real_commits: None) -> Iterator[Flask]:
    """Return the whole site with its cache."""
    app = create_app(TestConfig(environ | {"SEARCH_CACHE_SECONDS": "60"}))
    with app.app_context():
        yield app
        db.session.remove()
        for engine in db.engines.values():
            engine.dispose()


def test_a_change_of_a_listing_makes_the_pages_again(
    cached_app: Flask, now: dt.datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    search = views.search
    monkeypatch.setattr(views, "search", lambda *given: asked.append("asked") or search(*given))
    monkeypatch.setattr(caching, "RECHECK_SECONDS", 0.0)
    monkeypatch.setattr(guard, "VERSION_BELIEVED_SECONDS", 0.0)
    statements: list[str] = []

    def listen(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        statements.append(statement)

    with cached_app.test_client() as client:
        for _ in range(3):
            assert client.get(PATH).status_code == 200
        assert asked == ["asked"]
        event.listen(db.engine, "before_cursor_execute", listen)
        client.get(PATH)
        event.remove(db.engine, "before_cursor_execute", listen)
        # What a kept page costs: one question, without the lock of those who write.
        assert len([one for one in statements if one.startswith("SELECT")]) == 1
        assert not any("IMMEDIATE" in statement for statement in statements)
        enqueue("listing.changed", now=now, listing_id=1)
        db.session.commit()
        client.get(PATH)
        assert asked == ["asked"] * 2


class Crowded(Behind):
    """An application that refuses in a crowd, with the address to try again."""

    def __call__(self, environ: Any, start_response: Any) -> list[bytes]:
        self.asked += 1
        start_response("503 Service Unavailable", [("Retry-After", "10"), ("Content-Length", "1")])
        asked = f"{PATH}?{environ['QUERY_STRING']}".replace("&", "&amp;").replace('"', "&#34;")
        return [f'<p>{self.asked}</p><a href="{asked}">'.encode("latin-1")]


@pytest.fixture
def crowded(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Client, Crowded]]:
    """Return a browser before a cache where a crowd waits, and the application behind."""
    monkeypatch.setattr(caching, "index_version", lambda: "1")
    monkeypatch.setattr(caching, "is_crowded", lambda: True)
    behind = Crowded()
    return Client(PageCache(app, behind, PATH), use_cookies=False), behind


def test_in_a_crowd_the_refusal_is_made_once_for_all(crowded: tuple[Client, Crowded]) -> None:
    browser, behind = crowded
    assert browser.get(f"{PATH}?q=as").text == f'<p>1</p><a href="{PATH}?q=as">'
    other = browser.get(f"{PATH}?q=ide&ou=Bron")
    assert other.status_code == 503
    assert other.text == f'<p>1</p><a href="{PATH}?q=ide&amp;ou=Bron">'
    assert other.headers["Retry-After"] == "10"
    assert other.headers.getlist("Content-Length") == [str(len(other.data))]
    assert behind.asked == 1


def test_the_kept_refusal_escapes_what_was_typed(crowded: tuple[Client, Crowded]) -> None:
    browser, _behind = crowded
    browser.get(f"{PATH}?q=as")
    answer = browser.get(f'{PATH}?q="><script>', environ_overrides={"QUERY_STRING": 'q="><b>\xff'})
    assert answer.text.count("<") == 3
    assert "&#34;&gt;&lt;b&gt;\ufffd" in answer.text


def test_a_refusal_is_not_kept_for_whom_holds_a_session(crowded: tuple[Client, Crowded]) -> None:
    browser, behind = crowded
    browser.get(f"{PATH}?q=as")
    browser.get(f"{PATH}?q=as", headers={"Cookie": "session=x"})
    assert behind.asked == 2


def test_once_the_crowd_is_gone_the_page_is_made(
    crowded: tuple[Client, Crowded], monkeypatch: pytest.MonkeyPatch
) -> None:
    browser, behind = crowded
    browser.get(f"{PATH}?q=as")
    monkeypatch.setattr(caching, "is_crowded", lambda: False)
    browser.get(f"{PATH}?q=as")
    assert behind.asked == 2


def test_a_refusal_is_made_again_after_a_minute(
    crowded: tuple[Client, Crowded], monkeypatch: pytest.MonkeyPatch
) -> None:
    browser, behind = crowded
    monkeypatch.setattr(caching, "REFUSAL_SECONDS", -1.0)
    browser.get(f"{PATH}?q=as")
    browser.get(f"{PATH}?q=as")
    assert behind.asked == 2
