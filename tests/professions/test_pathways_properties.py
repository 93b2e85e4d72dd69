"""What is true of every answer, whatever is asked, on the real base and on invented ones."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.professions.pathways import Base, Pathway, Situation, Wishes, find
from app.professions.pathways.walking import Walker
from app.professions.queries import DiplomaEntry, EdgeEntry, ProfessionEntry

pytestmark = pytest.mark.no_database

# Moves looked at in the worst case, for 32 professions and 93 moves. Each costs some microseconds.
MOST_WORK = 5_000

quick = settings(max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture])


@st.composite
def questions(draw: st.DrawFn, base: Base) -> tuple[Situation, Wishes]:
    """Draw a situation and wishes, with some slugs that do not exist."""
    professions = [*base.professions, "inconnu"]
    diplomas = st.frozensets(st.sampled_from([*base.diplomas, "inconnu"]), max_size=4)
    situation = Situation(
        draw(st.none() | st.sampled_from(professions)),
        draw(diplomas),
        draw(st.none() | st.integers(-1, 70)),
    )
    wishes = Wishes(
        target=draw(st.none() | st.sampled_from(professions)),
        keep_pay=draw(st.booleans()),
        max_months=draw(st.none() | st.integers(0, 80)),
        max_level=draw(st.none() | st.integers(3, 8)),
        taught_near=draw(st.none() | diplomas),
        order=draw(st.sampled_from(["months", "hours", "level", "other"])),
    )
    return situation, wishes


def check_steps(way: Pathway) -> None:
    assert 1 <= len(way.steps) <= 3
    assert len(set(way.slugs)) == len(way.slugs)
    for step, following in pairwise(way.steps):
        assert following.from_slug == step.to_slug
    for step in way.steps:
        if step.hours_full is not None and step.hours_left is not None:
            assert 0 <= step.hours_left <= step.hours_full
        assert step.months is None or step.months >= 0
    months = [step.months for step in way.steps]
    assert way.months == (None if None in months else sum(m for m in months if m is not None))
    assert way.verified == all(step.verified for step in way.steps)
    assert way.reasons


def check_limits(way: Pathway, wishes: Wishes) -> None:
    if wishes.keep_pay:
        assert way.keeps_pay
    if wishes.max_months is not None and way.months is not None:
        assert way.months <= wishes.max_months
    if wishes.max_level is not None and way.level is not None:
        assert way.level <= wishes.max_level
    if wishes.taught_near is not None:
        prepared = {step.diploma for step in way.steps if step.diploma and step.months != 0}
        assert prepared <= wishes.taught_near


def check_answer(base: Base, situation: Situation, wishes: Wishes) -> None:
    answer = find(base, situation, wishes)
    assert answer == find(base, situation, wishes)
    assert answer.pathways or answer.remarks
    for sentence in (*answer.remarks, *(word for way in answer.pathways for word in way.reasons)):
        assert not re.search(r"[^\u00a0\s][;?!»]| [:;?!»]|«[^\u00a0]|%\(|'", sentence), sentence
        assert sentence[0].isupper() or sentence[0].isdigit(), sentence
        assert sentence[-1] in ".?", sentence
    start = situation.profession if situation.profession in base.professions else None
    aimed = wishes.target if wishes.target in base.professions else None
    for way in answer.pathways:
        check_steps(way)
        check_limits(way, wishes)
        assert way.steps[0].from_slug == start
        if aimed and aimed != start:
            assert way.steps[-1].to_slug == aimed
    ends = [way.steps[-1].to_slug for way in answer.pathways]
    if aimed and aimed != start:
        assert len(ends) <= 5
    else:
        assert len(ends) == len(set(ends))


@given(data=st.data())
@quick
def test_every_answer_holds_its_promises(base: Base, data: Any) -> None:
    check_answer(base, *data.draw(questions(base)))


SLUGS = [f"metier-{number}" for number in range(6)]
DIPLOMAS = [f"diplome-{number}" for number in range(4)]


def invented_profession(draw: st.DrawFn, number: int) -> ProfessionEntry:
    slug = SLUGS[number]
    return ProfessionEntry(
        id=number, slug=slug, label=slug, label_feminine=slug, label_masculine=slug,
        sector="soin", regulated=draw(st.booleans()), summary="", verified=draw(st.booleans()),
        position=number, names=(), rome=(),
        data={
            "required_diplomas": draw(st.lists(st.sampled_from(DIPLOMAS), max_size=2, unique=True)),
            "without_diploma_entry": {"possible": draw(st.booleans()), "note": None},
        },
    )  # fmt: skip


def invented_diploma(draw: st.DrawFn, number: int) -> DiplomaEntry:
    hours = draw(st.none() | st.integers(1, 5000))
    months = draw(st.none() | st.integers(1, 60))
    equivalence = {
        "id": "x", "from_diploma": draw(st.sampled_from(DIPLOMAS)), "from_version": None,
        "to_version": None, "kind": "equivalence", "in_force": draw(st.booleans()),
        "hours_remaining": draw(st.none() | st.integers(0, 9000)),
        "blocks": [{"number": 1, "title": "Un", "status": "dispensed"}],
    }  # fmt: skip
    structure = {
        "version": "2021",
        "total_hours": hours,
        "blocs": [{"number": 1, "title": "Un", "hours": None}],
    }
    return DiplomaEntry(
        id=number, slug=DIPLOMAS[number], label="", acronym=None,
        level=draw(st.none() | st.integers(3, 8)), verified=draw(st.booleans()), position=number,
        professions=tuple(draw(st.lists(st.sampled_from(SLUGS), max_size=2, unique=True))),
        data={
            "duration": {"hours": hours, "months": months},
            "opens_to": draw(st.sampled_from(["all", "bac", "holders", None])),
            "structures": [structure],
            "equivalences": [equivalence],
        },
    )  # fmt: skip


@st.composite
def bases(draw: st.DrawFn) -> Base:
    """Invent a base with cycles, holes and contradictions."""
    pairs = st.tuples(st.sampled_from(SLUGS), st.sampled_from(SLUGS)).filter(lambda p: p[0] != p[1])
    edges = [
        EdgeEntry(
            from_slug=origin, to_slug=target, kind="promotion",
            diploma=draw(st.none() | st.sampled_from(DIPLOMAS)),
            duration_months=draw(st.none() | st.integers(1, 40)), verified=draw(st.booleans()),
            data=draw(
                st.sampled_from(
                    [{}, {"training": "full"}, {"experience_years": 2, "experience_for": "entry"}]
                )
            ),
        )
        for origin, target in draw(st.lists(pairs, max_size=14, unique=True))
    ]  # fmt: skip
    return Base.of(
        [invented_profession(draw, number) for number in range(len(SLUGS))],
        [invented_diploma(draw, number) for number in range(len(DIPLOMAS))],
        edges,
        [],
        {},
    )


@given(data=st.data())
@settings(max_examples=60)
def test_every_answer_of_an_invented_base_holds_its_promises(data: Any) -> None:
    base = data.draw(bases())
    check_answer(base, *data.draw(questions(base)))


def test_the_work_of_the_worst_question_is_bounded(base: Base) -> None:
    everything = frozenset(base.diplomas)
    for start in (None, *base.professions):
        walker = Walker(base, Situation(start, everything))
        count = sum(1 for _ in walker.walks())
        assert 0 < walker.visited <= MOST_WORK
        assert count == walker.visited
