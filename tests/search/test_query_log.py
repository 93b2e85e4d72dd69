"""What is searched is counted without people: nothing personal, nothing rare, nothing old."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Iterator

import pytest
from flask import Flask, current_app
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from app.core.clock import paris_date
from app.core.database import db
from app.search import query_log
from app.search.criteria import SearchCriteria
from app.search.models import SearchQuery
from app.search.query_log import RARE, erase, is_personal
from app.search.results import SearchResults

PERSON = {"User-Agent": "Mozilla/5.0 (Android 14) Firefox/130.0"}


@pytest.fixture(autouse=True)
def _nothing_counted() -> Iterator[None]:
    query_log._counts.clear()
    yield
    query_log._counts.clear()


def flush() -> int:
    return query_log.flush(current_app._get_current_object())  # type: ignore[attr-defined]


def searched(words: str, now: dt.datetime, browser: str = "Firefox") -> None:
    found = SearchResults(0, 1, 20, "meilisearch", [], {})
    query_log.record(SearchCriteria(q=words), found, now, browser)


def rows() -> list[SearchQuery]:
    return list(db.session.scalars(select(SearchQuery).order_by(SearchQuery.words)))


def row(day: dt.date, words: str = "nuit", seen: int = 1, found: str = "0") -> SearchQuery:
    one = SearchQuery(
        day=day, words=words, place_code="", kinds="", professions="", found=found, by_engine=True
    )
    one.seen = seen
    return one


@pytest.mark.usefixtures("engine")
def test_same_searches_of_a_day_are_one_line(client: FlaskClient) -> None:
    client.get("/recherche?q=Aide-Soignante+de+nuit&ou=Bron", headers=PERSON)
    client.get("/recherche?q=aide+soignante+DE+NUIT&ou=69500", headers=PERSON)
    flush()
    client.get("/recherche?q=aide+soignante+de+nuit&ou=Bron", headers=PERSON)
    flush()

    (one,) = rows()
    assert (one.words, one.place_code, one.seen) == ("aide soignante de nuit", "69029", 3)
    assert (one.professions, one.found) == ("aide-soignant", "0")


@pytest.mark.parametrize(
    "query", ["q=", "ou=Bron", "q=nuit&page=2", "q=%F0%9F%99%82", "type=emploi"]
)
def test_what_says_nothing_is_not_counted(client: FlaskClient, query: str) -> None:
    client.get(f"/recherche?{query}", headers=PERSON)

    assert flush() == 0


def test_robots_and_the_programs_of_others_are_not_counted(client: FlaskClient) -> None:
    client.get("/recherche?q=nuit", headers={"User-Agent": "Googlebot/2.1"})
    client.get("/api/v1/listings?q=nuit", headers=PERSON)

    assert flush() == 0


@pytest.mark.parametrize(
    "words",
    [
        "lea@exemple.fr",
        "Léa Durand 06 12 34 56 78",
        "+33612345678",
        "lea (at) exemple",
        "123 456",
        "lea arobase exemple",
        "Mme Durand aide soignante",
        "je m’appelle Léa Durand",
        "lea.exemple.fr",
        "2 85 07 69 123 456 78",
        "٠٦١٢٣٤٥٦٧٨",
    ],
)
def test_what_may_be_personal_is_written_nowhere(
    client: FlaskClient, capsys: pytest.CaptureFixture[str], words: str
) -> None:
    assert is_personal(words)
    client.get("/recherche", query_string={"q": words}, headers=PERSON)

    assert flush() == 0
    assert rows() == []
    assert words not in capsys.readouterr().out


@pytest.mark.parametrize("words", ["aide soignante 69500", "CDI 35h", "bac +2", "nuit 12h"])
def test_ordinary_words_are_not_personal(words: str) -> None:
    assert not is_personal(words)


def test_words_asked_on_too_few_days_are_erased_after_a_month(now: dt.datetime) -> None:
    today = paris_date(now)
    day = dt.timedelta(days=1)
    db.session.add_all([row(today - 29 * day, "recent"), row(today - 30 * day, "rare", 9)])
    db.session.add(row(today - 40 * day, "reloaded", 99))
    db.session.add_all(row(today - (60 + n) * day, "usual", 2) for n in range(5))
    db.session.flush()

    assert erase(now) == 2
    assert {one.words for one in rows()} == {"recent", "usual", RARE}
    assert erase(now + day) == 1
    assert {one.words for one in rows()} == {"usual", RARE}


def test_what_was_rare_is_still_counted_without_its_words(now: dt.datetime) -> None:
    today = paris_date(now)
    old = today - dt.timedelta(days=35)
    db.session.add_all([row(old, "lea durand", 2), row(old, "paul", 1), row(old, "as", 1, "more")])
    db.session.flush()

    erase(now)
    erase(now)

    kept = {(one.words, one.place_code, one.professions, one.found): one.seen for one in rows()}
    assert kept == {(RARE, "", "", "0"): 3, (RARE, "", "", "more"): 1}


def test_nothing_is_kept_twenty_five_months(now: dt.datetime) -> None:
    today = paris_date(now)
    oldest = today.replace(year=today.year - 2) - dt.timedelta(days=31)
    day = dt.timedelta(days=1)
    db.session.add_all(row(oldest + n * day, "usual", 9) for n in range(40))
    db.session.add(row(oldest, RARE, 9))
    db.session.flush()

    erase(now)

    assert all(one.day > today - dt.timedelta(days=750) for one in rows())
    assert rows()
    erase(now + dt.timedelta(days=60))
    assert rows() == []


def test_counts_wait_when_the_database_is_away(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(_counts: object) -> None:
        raise OperationalError("", None, Exception("locked"))

    client.get("/recherche?q=nuit", headers=PERSON)
    with monkeypatch.context() as patch:
        patch.setattr(query_log, "_write", away)
        assert flush() == 0

    assert flush() == 1


def test_memory_is_bounded(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(query_log, "MOST_KEPT", 1)
    for words in ("nuit", "jour", "nuit"):
        client.get(f"/recherche?q={words}", headers=PERSON)
    flush()

    assert [(one.words, one.seen) for one in rows()] == [("nuit", 2)]


@pytest.mark.no_database
def test_a_page_given_outside_the_application_is_counted(
    app: Flask, now: dt.datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The cache gives its pages before the application is reached.
    written = threading.Event()
    monkeypatch.setattr(query_log, "FLUSH_SECONDS", 0.0)
    monkeypatch.setattr(query_log, "_app", app)
    monkeypatch.setattr(query_log, "flush", lambda _app: written.set())

    searched("nuit", now)

    assert list(query_log._counts.values()) == [1]
    assert written.wait(5)
    query_log._counts.clear()


@pytest.mark.parametrize("broken", ["_write_when_due", "is_personal", "paris_date", "_roughly"])
def test_counting_never_breaks_a_page(
    client: FlaskClient,
    monkeypatch: pytest.MonkeyPatch,
    broken: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def fail(*_given: object) -> None:
        raise RuntimeError("can't start new thread for nuit")

    monkeypatch.setattr(query_log, broken, fail)
    answer = client.get("/recherche?q=nuit", headers=PERSON)

    assert answer.status_code == 200
    assert "for nuit" not in capsys.readouterr().out


@pytest.mark.usefixtures("real_commits")
def test_a_thread_writes_apart_from_the_page(
    app: Flask, now: dt.datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(query_log, "FLUSH_SECONDS", 0.0)
    query_log.start(app)
    try:
        searched("nuit", now)
        assert query_log._writer is not None
        query_log._writer.join(10)
        assert [(one.words, one.seen) for one in rows()] == [("nuit", 1)]
    finally:
        query_log.stop()


@pytest.mark.usefixtures("real_commits")
def test_a_process_that_stops_writes_what_it_holds(app: Flask, now: dt.datetime) -> None:
    query_log.start(app)
    searched("nuit", now)
    searched("nuit", now)
    query_log.stop()
    # It is stopped: what comes after is written by nobody.
    searched("jour", now)
    query_log.stop()

    assert [(one.words, one.seen) for one in rows()] == [("nuit", 2)]


@pytest.mark.usefixtures("real_commits")
def test_several_processes_add_to_the_same_line(app: Flask, now: dt.datetime) -> None:
    for _process in range(3):
        searched("nuit", now)
        flush()

    assert [(one.words, one.seen) for one in rows()] == [("nuit", 3)]


_PERSONAL = st.one_of(
    st.emails(),
    st.from_regex(r"0[1-9]([ .-]?[0-9]{2}){4}", fullmatch=True),
    st.from_regex(r"\+33 ?[1-9]( ?[0-9]{2}){4}", fullmatch=True),
    st.from_regex(r"[12] ?[0-9]{2} ?[0-9]{2} ?[0-9]{5,8}", fullmatch=True),
    st.integers(min_value=100_000).map(str),
)


@pytest.mark.no_database
@given(before=st.text(max_size=20), personal=_PERSONAL, after=st.text(max_size=20))
def test_no_address_and_no_number_is_ever_counted(before: str, personal: str, after: str) -> None:
    query_log._counts.clear()
    searched(f"{before} {personal} {after}", dt.datetime(2026, 1, 5, tzinfo=dt.UTC))
    assert not query_log._counts


def test_the_command_lists_the_words(app: Flask, now: dt.datetime) -> None:
    today = paris_date(now)
    db.session.add_all(row(today - dt.timedelta(days=n), "nuit", 3) for n in range(5))
    db.session.add(row(today, "lea", 99))
    db.session.flush()

    shown = app.test_cli_runner().invoke(args=["search", "queries", "--nothing"])

    assert shown.output.split() == ["15", "nuit"]
