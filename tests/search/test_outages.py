from __future__ import annotations

import datetime as dt
import os
import threading
import time
from collections.abc import Callable

import pycurl
import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.core import clock
from app.core.database import db
from app.search import criteria, queries, rebuild, tasks
from app.search.breaker import Breaker
from app.search.client import Engine, EngineError, SearchBusyError, TransportError
from app.search.results import SearchResults
from tests import factories
from tests.search.conftest import forget
from tools.meilisearch import Meilisearch

Found = Callable[..., SearchResults]
Index = Callable[[], None]


def test_a_killed_engine_gives_way_to_the_database(
    meilisearch: Meilisearch, index: Index, found: Found
) -> None:
    wanted = factories.listing().id
    index()
    meilisearch.kill()
    results = found(q="aide-soignante")
    assert (results.engine, results.degraded, results.ids) == ("database", True, [wanted])
    meilisearch.start()
    assert found(q="aide-soignante").engine == "meilisearch"


def test_a_frozen_engine_is_left_alone_after_five_failures(
    meilisearch: Meilisearch, engine: Engine, index: Index, found: Found
) -> None:
    wanted = factories.listing().id
    index()
    assert found().engine == "meilisearch"
    meilisearch.freeze()
    durations = []
    for _attempt in range(6):
        started = time.monotonic()
        assert found().ids == [wanted]
        durations.append(time.monotonic() - started)
    assert engine.breaker.is_open
    assert max(durations) < 3
    assert durations[-1] < 0.3
    meilisearch.resume()
    assert found().engine == "database"


def test_a_page_waits_once_for_a_frozen_engine(
    client: FlaskClient, engine: Engine, index: Index, monkeypatch: pytest.MonkeyPatch
) -> None:
    factories.listing()
    index()
    page = "/recherche?q=aide-soignante&ou=Lyon&rayon=10"
    assert client.get(page).status_code == 200
    waited: list[str] = []

    def late(_method: str, path: str, *_more: object) -> tuple[int, bytes]:
        waited.append(path)
        raise TransportError(pycurl.error(pycurl.E_OPERATION_TIMEDOUT, "late"))

    monkeypatch.setattr(engine, "request", late)
    # Few results: what lies close is proposed too, without a second wait.
    assert "Recherche simplifiée" in client.get(page).text
    assert waited == ["/multi-search"]


def test_a_deleted_index_gives_way_then_comes_back_by_itself(
    engine: Engine, index: Index, found: Found
) -> None:
    wanted = factories.listing().id
    index()
    engine.ensure(engine.admin().delete_index(engine.index).task_uid)
    results = found()
    assert (results.engine, results.ids) == ("database", [wanted])
    tasks.ensure_index(clock.now())
    results = found()
    assert (results.engine, results.ids) == ("meilisearch", [wanted])


def test_an_emptied_index_never_says_that_there_is_nothing(
    engine: Engine, index: Index, found: Found
) -> None:
    wanted = factories.listing().id
    index()
    assert found().engine == "meilisearch"
    engine.ensure(engine.admin().index(engine.index).delete_all_documents().task_uid)
    results = found()
    assert (results.engine, results.ids) == ("database", [wanted])
    tasks.ensure_index(clock.now())
    assert found().engine == "meilisearch"


def test_a_wrong_key_or_no_engine_at_all_leaves_a_search(
    app: Flask, engine: Engine, index: Index, found: Found, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = factories.listing().id
    index()
    monkeypatch.setitem(engine._headers, "Authorization", "Bearer wrong")
    forget(app)
    assert found().ids == [wanted]
    monkeypatch.setattr(engine, "url", "")
    assert found().engine == "database"


def test_more_searches_than_allowed_are_turned_away(
    app: Flask, engine: Engine, index: Index, monkeypatch: pytest.MonkeyPatch
) -> None:
    index()
    monkeypatch.setattr(engine, "_slots", threading.BoundedSemaphore(1))
    with engine._slot(), pytest.raises(SearchBusyError) as refused:
        queries.search(criteria.parse({}), clock.now())
    assert refused.value.status == 503


class Ticks:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_an_open_breaker_lets_one_probe_through() -> None:
    ticks = Ticks()
    breaker = Breaker(2, 10.0, ticks)
    for _failure in range(2):
        assert breaker.allows()
        breaker.record(success=False)
    assert breaker.is_open
    assert not breaker.allows()
    ticks.now = 10.1
    assert breaker.allows()
    assert not breaker.allows()
    breaker.record(success=False)
    assert not breaker.allows()
    ticks.now = 20.3
    assert breaker.allows()
    breaker.record(success=True)
    assert breaker.allows()
    assert not breaker.is_open


def test_a_success_forgets_the_failures_before_it() -> None:
    breaker = Breaker(2, 10.0)
    for success in (False, True, False, True):
        breaker.record(success=success)
    assert breaker.allows()


def test_eight_threads_share_one_client(engine: Engine, index: Index) -> None:
    index()
    failures: list[Exception] = []

    def work() -> None:
        try:
            for _round in range(25):
                engine.multi_search([{"q": "infirmier"}])
                engine.admin().index(engine.index).get_stats()
                engine.admin().index(engine.index).search("nuit")
        except Exception as error:  # noqa: BLE001 - told to the test
            failures.append(error)

    threads = [threading.Thread(target=work) for _number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []


def test_the_names_that_our_transport_relies_on_have_not_moved(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    from importlib.metadata import version

    from meilisearch._httprequests import HttpRequests
    from meilisearch.errors import MeilisearchApiError

    assert version("meilisearch") == "0.43.0"
    assert hasattr(HttpRequests, "_HttpRequests__validate")
    client = engine.admin()
    index = client.index("absent")
    assert type(client.http) is type(index.http) is type(index.task_handler.http)
    assert client.http.engine is engine  # type: ignore[attr-defined]
    with pytest.raises(MeilisearchApiError) as refused:
        index.get_stats()
    assert refused.value.code == "index_not_found"
    asked: list[str] = []
    monkeypatch.setattr(
        engine,
        "request",
        lambda method, path, *_more: (asked.append(path), (200, b'{"results": []}'))[1],
    )
    client.index(engine.index).search("nuit")
    assert asked == [f"/indexes/{engine.index}/search"]


def test_connections_are_not_shared_with_a_forked_process(engine: Engine) -> None:
    engine.document_count()
    parent = engine._connection()
    assert engine._connection() is parent
    child = os.fork()
    if child == 0:
        own = engine._connection()
        os._exit(0 if own is not parent and engine.document_count() == 0 else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def test_a_refused_question_does_not_open_the_breaker(engine: Engine) -> None:
    for _attempt in range(6):
        with pytest.raises(EngineError, match="invalid_search_filter"):
            engine.multi_search([{"filter": "absent = 1"}])
    assert engine.breaker.allows()


@pytest.mark.unfilled_search
def test_a_search_that_is_not_filled_yet_says_so(
    client: FlaskClient, meilisearch: Meilisearch, engine: Engine, now: dt.datetime
) -> None:
    for _one in range(3):
        factories.listing()
    db.session.flush()
    meilisearch.kill()

    early = client.get("/recherche?q=aide-soignante")
    assert early.status_code == 503
    assert early.headers["Retry-After"] == "60"
    assert "La recherche se prépare" in early.text
    assert "Rien ici" not in early.text

    rebuild.catch_up_entries(now)
    assert client.get("/recherche?q=aide-soignante").status_code == 200
    nothing = client.get("/recherche?q=zzzzzz")
    assert nothing.status_code == 200, "nothing answers, and the site knows"
