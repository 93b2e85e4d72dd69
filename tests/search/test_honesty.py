"""An index that cannot lie: killed, emptied, full, drifting. See docs/search-engines.md."""

from __future__ import annotations

import contextlib
import re
import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from structlog.testing import capture_logs

from app.core import clock
from app.core.database import db
from app.core.jobs import jobs
from app.core.limits import limiter
from app.core.outbox import OutboxEvent
from app.listings.services import mark_changed
from app.main import verify
from app.search import documents, indexing, rebuild, servers, tasks
from app.search.client import Engine, EngineError, make_engines
from app.search.guard import Guards, forget_guard
from app.search.indexing import Sent
from app.search.models import SearchQuarantine
from app.search.results import SearchResults
from tests import factories
from tests.search.conftest import forget
from tests.search.test_indexing import add_many
from tools.meilisearch import Meilisearch

Found = Callable[..., SearchResults]
Index = Callable[[], None]


def test_r06_five_deaths_while_indexing_lose_nothing(
    app: Flask, engine: Engine, meilisearch: Meilisearch, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = add_many(600)
    indexing.enqueue_many("listing.changed", [{"listing_id": one} for one in ids], now=clock.now())
    db.session.commit()
    deaths = 0
    add_later = indexing.add_later

    def add_then_die(index: str, batch: list[documents.Document]) -> int:
        nonlocal deaths
        task = add_later(index, batch)
        if deaths < 5:
            deaths += 1
            meilisearch.kill()
        return task

    monkeypatch.setattr(indexing, "add_later", add_then_die)
    for _attempt in range(6):
        jobs.drain()
        if not meilisearch.service.running():
            meilisearch.start()
        forget(app)
        db.session.query(OutboxEvent).filter_by(state="pending").update(
            {"available_at": clock.now()}
        )
        db.session.commit()
    assert deaths == 5
    assert set(db.session.scalars(select(OutboxEvent.state))) == {"done"}
    assert rebuild.compare().is_empty
    assert engine.document_count() == 600


@pytest.mark.parametrize("how", ["deleted", "emptied"])
def test_r07_a_first_page_is_never_empty_under_traffic(
    app: Flask, real_commits: None, engine: Engine, how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limiter, "enabled", False)
    for _one in range(5):
        mark_changed(factories.listing(), clock.now())
    db.session.commit()
    jobs.drain()
    forget_guard()
    stop, pages, empty = threading.Event(), list[int](), list[str]()

    def visit() -> None:
        browser = app.test_client()
        while not stop.is_set():
            answer = browser.get("/api/v1/listings?q=aide-soignante")
            pages.append(answer.status_code)
            if len((answer.json or {}).get("items", ())) != 5:
                empty.append(answer.text)

    visitors = [threading.Thread(target=visit) for _number in range(3)]
    for visitor in visitors:
        visitor.start()
    try:
        client = engine.admin()
        task = (
            client.delete_index(engine.index)
            if how == "deleted"
            else client.index(engine.index).delete_all_documents()
        )
        engine.ensure(task.task_uid)
        seen = len(pages)
        while len(pages) < seen + 20:
            threading.Event().wait(0.02)
        tasks.ensure_index(clock.now())
    finally:
        stop.set()
        for visitor in visitors:
            visitor.join()
    assert set(pages) == {200}
    assert empty == []
    assert rebuild.compare().is_empty


def test_r07_statistics_that_lag_do_not_vouch_for_an_emptied_index(
    engine: Engine, index: Index, found: Found, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As measured: for a few milliseconds the engine counts what it no longer finds."""
    listing = factories.listing()
    index()
    assert (found().engine, found().ids) == ("meilisearch", [listing.id])
    request = engine.request
    lagging = request("GET", f"/indexes/{engine.index}/stats", None, engine._headers, (1.0, 1.0))

    def late_to_count(method: str, path: str, *more: Any) -> tuple[int, bytes]:
        return lagging if path.endswith("/stats") else request(method, path, *more)

    monkeypatch.setattr(engine, "request", late_to_count)
    engine.ensure(engine.admin().index(engine.index).delete_all_documents().task_uid)
    assert (found().engine, found().ids) == ("database", [listing.id])


class FullDisk:
    """An engine whose disk is full, as it was measured: each write is refused with a 400 that
    blames what was sent, reading works, health is good."""

    def __init__(self, engine: Engine) -> None:
        self._request = engine.request
        self.full = True
        self.writes = 0

    def __call__(self, method: str, path: str, *more: Any) -> tuple[int, bytes]:
        """Answer one request."""
        if self.full and method in {"POST", "PUT"} and re.search(r"/documents(\?|$)", path):
            self.writes += 1
            return 400, (
                b'{"message": "The json payload provided is malformed.", '
                b'"code": "malformed_payload", "type": "invalid_request", "link": ""}'
            )
        return self._request(method, path, *more)


def test_r10_a_full_disk_is_not_the_fault_of_the_listings(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    listings = [factories.listing() for _one in range(3)]
    for listing in listings:
        mark_changed(listing, clock.now())
    db.session.commit()
    disk = FullDisk(engine)
    monkeypatch.setattr(engine, "request", disk)
    with capture_logs() as logs:
        jobs.drain()
    assert db.session.query(SearchQuarantine).count() == 0
    assert set(db.session.scalars(select(OutboxEvent.state))) == {"pending"}
    assert "search_engine_not_writing" in {line["event"] for line in logs}
    # It is known after two refusals, without cutting the batch in pieces.
    assert disk.writes <= 3
    disk.full = False
    db.session.query(OutboxEvent).update({"available_at": clock.now()})
    db.session.commit()
    jobs.drain()
    assert rebuild.compare().is_empty


def test_r10_one_listing_alone_is_not_blamed_either(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    listing = factories.listing()
    db.session.commit()
    monkeypatch.setattr(engine, "request", FullDisk(engine))
    with pytest.raises(EngineError, match="not_writing"):
        indexing.rewrite(engine.index, [listing.id], Sent())
    assert db.session.query(SearchQuarantine).count() == 0


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """Give a folder on a disk of its own, of 24 MB; only an administrator can make one."""
    folder = tmp_path / "small"
    folder.mkdir()
    made = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", folder],
        capture_output=True,
        check=False,
    )
    if made.returncode:
        pytest.skip("no disk can be made here; the fake of a full one above says what it answers")
    yield folder
    subprocess.run(["umount", "--lazy", folder], check=True)


def test_r10_an_engine_converges_after_a_disk_that_was_full(
    app: Flask, small_disk: Path, found: Found, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(indexing, "TASK_SECONDS", 3.0)
    listings = [factories.listing() for _one in range(40)]
    for listing in listings:
        mark_changed(listing, clock.now())
    db.session.commit()
    with Meilisearch(small_disk, indexing_memory="64MiB") as server, only(app, server):
        rebuild.rebuild()
        jobs.drain()
        assert found().engine == "meilisearch"
        ballast = small_disk / "ballast"
        with contextlib.suppress(OSError), ballast.open("wb") as file:
            while file.write(b"\0" * 65536):
                file.flush()
        for number, listing in enumerate(listings):
            listing.description_html = f"<p>{'mot' * 2000}{number}</p>"
            mark_changed(listing, clock.now())
        db.session.commit()
        jobs.drain()
        assert db.session.query(SearchQuarantine).count() == 0
        assert "pending" in set(db.session.scalars(select(OutboxEvent.state)))
        assert found().total == 40
        ballast.unlink()
        server.kill()
        server.start()
        forget(app)
        db.session.query(OutboxEvent).update({"available_at": clock.now()})
        db.session.commit()
        tasks.ensure_index(clock.now())
        jobs.drain()
        assert rebuild.compare().is_empty
        assert db.session.query(SearchQuarantine).count() == 0
        assert found().engine == "meilisearch"


def test_r09_a_refused_listing_is_told_and_tried_again_at_night(engine: Engine) -> None:
    ids = add_many(20)
    batch = documents.documents_of(ids, clock.now())
    batch[7]["_geo"] = {"lat": "nord", "lng": None}
    with capture_logs() as logs:
        sent = indexing.send(engine.index, batch)
    assert list(sent.refused) == [ids[7]]
    alerts = [line for line in logs if line["event"] == "search_document_refused"]
    assert [(line["log_level"], line["listing_id"]) for line in alerts] == [("error", ids[7])]
    names = [one["uid"] for one in engine.admin().get_raw_indexes({"limit": 100})["results"]]
    assert names == [engine.index]
    # The listing itself is fine: the night gives it another chance.
    tasks.check_index(clock.now())
    assert engine.document_count() == 20
    assert db.session.query(SearchQuarantine).count() == 0


def test_r29_a_drift_of_one_is_found_repaired_and_told(engine: Engine, client: FlaskClient) -> None:
    ids = add_many(10)
    rebuild.catch_up_entries(clock.now())
    indexing.rewrite(engine.index, ids, Sent())
    engine.ensure(engine.admin().index(engine.index).delete_document(ids[3]).task_uid)
    with capture_logs() as logs:
        tasks.check_index(clock.now())
    alarm = [line for line in logs if line["event"] == "search_index_drift"]
    assert [(line["log_level"], line["missing"]) for line in alarm] == [("error", 1)]
    assert rebuild.compare().is_empty
    ((drift, at),) = servers.last_drifts()
    assert (drift["missing"], at.date()) == (1, clock.now().date())
    report = client.get("/health/ready").json
    assert report is not None
    assert report["search_drift"][0]["found"] == 1
    told = list(verify.index_equals_database(clock.now()))
    assert [("1 différences" in line) for line in told] == [True]
    # The next quiet night ends the alarm.
    tasks.check_index(clock.now())
    assert list(verify.index_equals_database(clock.now())) == []


@contextlib.contextmanager
def only(app: Flask, server: Meilisearch) -> Iterator[None]:
    """Let this server be the one of the application."""
    kept = app.extensions["search_engines"], app.extensions["search_guards"]
    made = make_engines(app.config | {"MEILI_SERVERS": ((server.url, server.api_key),)})
    app.extensions["search_engines"] = made
    app.extensions["search_guards"] = Guards((made[0].name,))
    try:
        yield
    finally:
        app.extensions["search_engines"], app.extensions["search_guards"] = kept


@pytest.fixture
def spare(app: Flask, session: Any, tmp_path: Path) -> Iterator[Meilisearch]:
    """Give the application a server of its own, whose files a test may damage."""
    with Meilisearch(tmp_path / "spare") as server, only(app, server):
        yield server


@pytest.mark.parametrize("damage", ["corrupt", "version"])
def test_r28_damaged_files_are_set_aside_and_the_index_rebuilt(
    app: Flask, spare: Meilisearch, found: Found, damage: str
) -> None:
    wanted = factories.listing().id
    db.session.commit()
    tasks.ensure_index(clock.now())
    rebuild.rebuild()
    assert found().engine == "meilisearch"
    spare.kill()
    if damage == "version":
        (spare.db_path / "VERSION").write_text("1.99.0")
    else:
        for file in spare.db_path.rglob("*.mdb"):
            file.write_bytes(b"\x5a" * 8192)
    assert (found().engine, found().ids) == ("database", [wanted])
    spare.start()
    forget(app)
    tasks.ensure_index(clock.now())
    results = found()
    assert (results.engine, results.ids) == ("meilisearch", [wanted])
    assert rebuild.compare().is_empty
