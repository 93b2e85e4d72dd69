"""The portraits of the professions: the words of the platform on an ordinary day."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from itertools import pairwise
from types import MappingProxyType

import pytest

from app.professions import queries
from app.professions.files import DATA, Row, read_reference

TIME = re.compile("(\\d{1,2})\u00a0h\u00a0([0-5]\\d)")
PAY_OR_LAW = re.compile(r"€|\beuros?\b|\bsmic\b|\bloi\b|\bdécret|légal", re.IGNORECASE)
BRANDS = re.compile(r"korian|orpea|emeis|domusvi|clariane|doctolib|google", re.IGNORECASE)

PORTRAITS: list[Row] = read_reference().portraits


def texts(portrait: Row) -> Iterator[str]:
    for moment in portrait["day"]:
        yield moment["title"]
    yield from sentences(portrait)


def sentences(portrait: Row) -> Iterator[str]:
    for moment in portrait["day"]:
        yield moment["text"]
    yield from portrait["hard"]
    yield from portrait["good"]
    yield portrait["schedule_note"]
    if portrait["start_without_diploma"]:
        yield portrait["start_without_diploma"]


each = pytest.mark.parametrize("portrait", PORTRAITS, ids=lambda portrait: portrait["slug"])


@pytest.mark.no_database
def test_every_profession_has_one_portrait() -> None:
    wanted = [row["slug"] for row in read_reference().professions]

    assert [portrait["slug"] for portrait in PORTRAITS] == wanted


@pytest.mark.no_database
def test_the_file_is_read_without_loss() -> None:
    assert json.loads((DATA / "portraits.json").read_bytes()) == PORTRAITS


@pytest.mark.no_database
@each
def test_a_portrait_has_its_parts_within_bounds(portrait: Row) -> None:
    assert 5 <= len(portrait["day"]) <= 6
    assert 2 <= len(portrait["hard"]) <= 4
    assert 2 <= len(portrait["good"]) <= 3
    assert all(len(moment["title"]) <= 40 for moment in portrait["day"])
    assert all(20 <= len(text) <= 200 for text in sentences(portrait))
    assert any("vous" in text.lower() for text in sentences(portrait))


@pytest.mark.no_database
@each
def test_hours_go_forward_and_only_a_night_passes_midnight(portrait: Row) -> None:
    minutes: list[int] = []
    for moment in portrait["day"]:
        found = TIME.fullmatch(moment["time"])
        assert found, moment["time"]
        assert int(found[1]) < 24
        minutes.append(int(found[1]) * 60 + int(found[2]))
    turns = sum(later <= earlier for earlier, later in pairwise(minutes))

    assert turns == (1 if portrait["slug"] == "surveillant-de-nuit" else 0)


@pytest.mark.no_database
@each
def test_schedules_are_terms(portrait: Row) -> None:
    known = {row["slug"] for row in read_reference().terms["schedule"]}

    assert portrait["schedules"]
    assert len(portrait["schedules"]) == len(set(portrait["schedules"]))
    assert set(portrait["schedules"]) <= known


@pytest.mark.no_database
@each
def test_words_hold_no_figure_no_law_no_brand(portrait: Row) -> None:
    for text in texts(portrait):
        assert not re.search(r"\d", text), text
        assert not PAY_OR_LAW.search(text), text
        assert not BRANDS.search(text), text
        assert not re.search(r"\b(?:tu|toi|tes)\b", text.lower()), text


@pytest.mark.no_database
def test_a_start_without_diploma_is_told_wherever_it_is_possible() -> None:
    told = {portrait["slug"]: portrait["start_without_diploma"] for portrait in PORTRAITS}

    for row in read_reference().professions:
        assert told[row["slug"]] or not row["without_diploma_entry"]["possible"], row["slug"]


@pytest.mark.no_database
def test_no_two_professions_share_a_day_or_a_difficulty() -> None:
    said = [text for portrait in PORTRAITS for text in sentences(portrait)]
    days = [text for text in said if not text.startswith("En journée")]

    assert len(days) == len(set(days))


def test_a_profession_gives_its_portrait_read_only() -> None:
    profession = queries.profession_by_slug("surveillant-de-nuit")
    assert profession
    portrait = profession.data["portrait"]

    assert isinstance(portrait, MappingProxyType)
    assert portrait["day"][0]["time"] == "21\u00a0h\u00a030"
    assert isinstance(portrait["hard"], tuple)
    assert "slug" not in portrait
