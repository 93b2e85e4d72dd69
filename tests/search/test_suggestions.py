"""What is suggested while one types: from memory, by the first letters of any word."""

from __future__ import annotations

import datetime as dt
import math
import threading
from collections.abc import Iterator

import pytest
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.exc import SQLAlchemyError

from app.core.database import db
from app.listings.enums import Status
from app.organisations.enums import OrganisationStatus
from app.professions.queries import profession_by_slug
from app.search import suggestions
from app.search.suggestions import Suggestion, starts_nearly, suggest
from tests import factories


@pytest.fixture(autouse=True)
def _fresh(session: object, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(suggestions, "_kept", None)
    yield
    suggestions._kept = None


def labels(text: str, now: dt.datetime, kind: str = "all") -> list[str]:
    return [one.label for one in suggest(text, now, kind)]


@pytest.mark.parametrize(
    ("typed", "label"),
    [
        ("infi", "Infirmier"),
        ("INFIRMIÈRE", "Infirmier"),
        ("aide-soi", "Aide-soignant"),
        ("aide soignante", "Aide-soignant"),
        ("soignant", "Aide-soignant"),
        ("aides soignantes", "Aide-soignant"),
        ("aide-soignant·e", "Aide-soignant"),
        ("aide soigante", "Aide-soignant"),
        ("infrimier", "Infirmier"),
        ("infirmmier", "Infirmier"),
        ("educ", "Éducateur"),
        ("IDE", "Infirmier"),
        ("i.d.e.", "Infirmier"),
        ("AES", "Accompagnant"),
        ("aes", "Accompagnant"),
    ],
)
def test_a_profession_is_found_as_people_type_it(typed: str, label: str, now: dt.datetime) -> None:
    assert any(one.startswith(label) for one in labels(typed, now, "profession")), labels(
        typed, now
    )


@pytest.mark.parametrize("text", ["", " ", "a", "é", "…", "☂", "!!", "-", "\x00", "x" * 5000, "zz"])
def test_what_is_no_beginning_suggests_nothing(text: str, now: dt.datetime) -> None:
    assert suggest(text, now) == []


def test_professions_come_by_number_of_open_listings(now: dt.datetime) -> None:
    busy = profession_by_slug("aide-soignant")
    assert busy
    before = labels("ai", now, "profession")
    for _ in range(2):
        factories.listing(profession_id=busy.id)
    db.session.flush()
    suggestions._kept = None

    first = suggest("ai", now, "profession")[0]

    assert before
    assert first.label == busy.label
    assert "2 annonces" in first.hint


def test_a_structure_is_suggested_by_any_word_of_its_exact_name(now: dt.datetime) -> None:
    home = factories.organisation(name="Résidence Les Tilleuls")
    factories.listing(organisation=home)
    db.session.flush()

    assert suggest("tilleuls", now, "structure") == [
        Suggestion("structure", home.slug, home.name, "1 annonce · voir la page")
    ]
    assert labels("residence les til", now, "structure") == [home.name]
    assert labels("tileuls", now, "structure") == []
    assert suggestions.structure_named("résidence LES tilleuls", now) == (home.slug, home.name)
    assert suggestions.structure_named("tilleuls", now) is None


@pytest.mark.parametrize("why", ["no listing", "closed", "pending"])
def test_a_structure_that_offers_nothing_is_not_suggested(why: str, now: dt.datetime) -> None:
    status = OrganisationStatus.PENDING if why == "pending" else OrganisationStatus.VERIFIED
    home = factories.organisation(name="Résidence Les Tilleuls", status=status)
    if why != "no listing":
        wanted = Status.PAUSED if why == "closed" else Status.PUBLISHED
        factories.listing(organisation=home, status=wanted)
    db.session.flush()

    assert labels("tilleuls", now, "structure") == []


def test_places_start_as_typed_and_kinds_come_in_order(now: dt.datetime) -> None:
    assert "Villeurbanne (69100)" in labels("villeurb", now)
    found = [one.kind for one in suggest("inf", now)]
    assert found == sorted(found, key=suggestions.KINDS.index)
    assert len(found) <= 8


def test_the_index_is_read_once_a_minute(now: dt.datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    suggest("infi", now)
    monkeypatch.setattr(suggestions, "_build", lambda *_: pytest.fail("built again"))

    assert suggest("aide", now)


def old_index(now: dt.datetime) -> suggestions._Kept:
    suggest("infi", now)
    kept = suggestions._kept
    assert kept
    suggestions._kept = old = kept._replace(until=0.0)
    return old


def wait_for_the_build() -> None:
    assert suggestions._lock.acquire(timeout=5)
    suggestions._lock.release()


def test_nobody_waits_for_an_index_that_is_built_again(
    now: dt.datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    old, builds, go_on = old_index(now), [], threading.Event()

    def build(*_arguments: object) -> None:
        builds.append(threading.current_thread().name)
        assert go_on.wait(5)
        suggestions._kept = old._replace(until=math.inf)

    monkeypatch.setattr(suggestions, "_build", build)

    assert suggest("infi", now)
    assert suggest("aide", now), "the index was not waited for"
    go_on.set()
    wait_for_the_build()
    assert suggest("infi", now)
    assert builds == ["suggestions"]


def test_an_old_index_is_better_than_none_when_the_database_is_away(
    now: dt.datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    old_index(now)
    builds = []

    def fail(*_arguments: object) -> None:
        builds.append(True)
        raise SQLAlchemyError

    monkeypatch.setattr(suggestions, "_build", fail)

    for tries in (1, 2):
        assert suggest("infi", now)
        wait_for_the_build()
        assert len(builds) == tries, "each time, it is tried again"


@pytest.mark.parametrize(
    ("typed", "near"),
    [
        ("soigant", True),
        ("soingant", True),
        ("soiignant", True),
        ("sougnant", True),
        ("soignants", True),
        ("doignant", False),
        ("sgnant", False),
        ("soixante", False),
    ],
)
def test_one_letter_may_be_wrong(typed: str, near: bool) -> None:
    assert starts_nearly("soignant", typed) is near


@given(st.text(max_size=120))
def test_no_text_is_an_error(text: str) -> None:
    starts_nearly("soignant", text)


@given(st.text(alphabet="abc", min_size=2, max_size=7), st.data())
def test_a_word_with_one_letter_taken_out_is_near(word: str, data: st.DataObject) -> None:
    at = data.draw(st.integers(1, len(word) - 1))
    assert starts_nearly(word, word[:at] + word[at + 1 :])


def test_the_address_answers_groups_that_may_be_kept(client: FlaskClient) -> None:
    answer = client.get("/recherche/suggestions?q=infirm")

    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "public, max-age=300"
    assert "Set-Cookie" not in answer.headers
    first = answer.json[0]
    assert first["kind"] == "profession"
    assert first["group"] == "Métiers"
    assert first["value"] == first["label"]


def test_a_structure_of_the_address_gives_its_page(client: FlaskClient) -> None:
    home = factories.organisation(name="Résidence Les Tilleuls")
    factories.listing(organisation=home)
    db.session.flush()

    answer = client.get("/recherche/suggestions?q=tilleuls")

    assert [one["url"] for one in answer.json if "url" in one] == [f"/structures/{home.slug}"]


@pytest.mark.parametrize("query", ["", "?q=", "?q=a", "?q=" + "%00" * 9, "?q=%FF%FE"])
def test_a_poor_question_answers_an_empty_list(client: FlaskClient, query: str) -> None:
    assert client.get("/recherche/suggestions" + query).json == []
