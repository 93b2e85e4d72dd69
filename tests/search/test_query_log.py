"""What is searched is counted without people: nothing personal, nothing rare, nothing old."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from app.core.clock import paris_date
from app.core.database import db
from app.search import query_log
from app.search.models import SearchQuery
from app.search.query_log import erase, flush, is_personal, most_searched

PERSON = {"User-Agent": "Mozilla/5.0 (Android 14) Firefox/130.0"}


@pytest.fixture(autouse=True)
def _nothing_counted(session: object) -> Iterator[None]:
    query_log._counts.clear()
    yield
    query_log._counts.clear()


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


def test_rare_searches_are_erased_after_a_month_and_all_after_two_years(now: dt.datetime) -> None:
    today = paris_date(now)
    day = dt.timedelta(days=1)
    db.session.add_all([row(today - 29 * day, "recent"), row(today - 30 * day, "rare", 2)])
    db.session.add_all([row(today - 90 * day, "usual", 3), row(today - 750 * day, "old", 99)])
    db.session.flush()

    assert erase(now) == 2
    assert [one.words for one in rows()] == ["recent", "usual"]
    assert erase(now + day) == 1
    assert erase(now + 800 * day) == 1
    assert rows() == []


def test_few_searches_are_not_told(now: dt.datetime) -> None:
    today = paris_date(now)
    db.session.add_all([row(today, "nuit", 3), row(today, "nuit", 4, "more"), row(today, "lea", 2)])
    db.session.flush()

    assert most_searched(today, 9) == [("nuit", 7)]
    assert most_searched(today, 9, nothing=True) == [("nuit", 3)]
    assert most_searched(today + dt.timedelta(days=1), 9) == []


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


def test_the_command_lists_the_words(app: Flask, now: dt.datetime) -> None:
    db.session.add(row(paris_date(now), "nuit", 3))
    db.session.flush()

    shown = app.test_cli_runner().invoke(args=["search", "queries", "--nothing"])

    assert shown.output.split() == ["3", "nuit"]
