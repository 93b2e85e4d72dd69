"""The words of each profession: complete, in order, typed as French is."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from app.professions import queries
from app.professions.files import Reference, read_reference

HOUR = re.compile("(\\d{1,2})\u00a0h(?:\u00a0(\\d{2}))?")


@pytest.fixture(scope="module")
def reference() -> Reference:
    return read_reference()


def texts(portrait: Mapping[str, Any]) -> Iterator[str]:
    for moment in portrait["day"]:
        yield from (moment["title"], moment["text"])
    yield from portrait["hard"]
    yield from portrait["good"]
    yield portrait["schedule_note"]
    if portrait["start_without_diploma"]:
        yield portrait["start_without_diploma"]


def test_each_profession_is_told(reference: Reference) -> None:
    assert [row["slug"] for row in reference.portraits] == [
        row["slug"] for row in reference.professions
    ]
    days = [tuple(moment["title"] for moment in row["day"]) for row in reference.portraits]
    assert len(set(days)) == len(days)


def test_schedules_are_those_of_the_vocabulary(reference: Reference) -> None:
    known = {term["slug"] for term in reference.terms["schedule"]}
    for row in reference.portraits:
        assert row["schedules"]
        assert set(row["schedules"]) <= known, row["slug"]


def test_a_day_goes_forward_and_midnight_is_passed_once_at_most(reference: Reference) -> None:
    for row in reference.portraits:
        minutes = []
        for moment in row["day"]:
            found = HOUR.fullmatch(moment["time"])
            assert found, moment
            minutes.append(int(found[1]) * 60 + int(found[2] or 0))
        assert 5 <= len(minutes) <= 6
        backwards = sum(later <= sooner for sooner, later in itertools.pairwise(minutes))
        assert backwards <= ("nuit" in row["schedules"]), row["slug"]


def test_texts_are_short_and_typed_as_french_is(reference: Reference) -> None:
    for row in reference.portraits:
        assert 2 <= len(row["hard"]) <= 4
        assert 2 <= len(row["good"]) <= 3
        for text in texts(row):
            assert 3 <= len(text) <= 180, text
            assert "'" not in text, text
            assert "  " not in text, text
            assert not re.search(r"(?<!\u00a0)[:;?!»]|«(?!\u00a0)", text), text
        sentences = [*row["hard"], *row["good"], row["schedule_note"]]
        assert all(sentence.endswith((".", "?")) for sentence in sentences), row["slug"]


def test_nothing_tells_of_money_or_of_the_law(reference: Reference) -> None:
    forbidden = re.compile(r"€|euros?\b|\bloi\b|décret|arrêté|%", re.IGNORECASE)
    for row in reference.portraits:
        assert not [text for text in texts(row) if forbidden.search(text)]


def test_who_may_not_start_without_the_diploma_is_not_told_she_may(reference: Reference) -> None:
    closed = {
        row["slug"]
        for row in reference.professions
        if row["without_diploma_entry"]["note"].startswith(("Aucune", "Réservé"))
    }
    for row in reference.portraits:
        assert not (row["slug"] in closed and row["start_without_diploma"]), row["slug"]


def test_pages_read_them_with_the_profession() -> None:
    entry = queries.profession_by_slug("surveillant-de-nuit")
    assert entry is not None
    assert entry.data["portrait"]["day"][0]["title"] == "Le relais du soir"
