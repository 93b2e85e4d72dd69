"""The graph of the real base: whole, sourced or to confirm, and reachable."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any

import pytest

from app.professions.files import Reference, read_reference
from app.professions.pathways import Base, Situation, Wishes, find
from app.professions.pathways.blocks import credit
from app.professions.pathways.walking import Walker

pytestmark = pytest.mark.no_database

EXPERIENCE = {"entry", "exercise", "exemption"}


@pytest.fixture(scope="module")
def reference() -> Reference:
    """Return the files as read."""
    return read_reference()


def links(base: Base) -> list[Any]:
    return [*base.entries, *(link for found in base.links.values() for link in found)]


def test_every_slug_of_the_graph_resolves(base: Base) -> None:
    for link in links(base):
        assert link.to_slug in base.professions
        assert link.from_slug is None or link.from_slug in base.professions
        assert link.diploma is None or link.diploma in base.diplomas
        assert link.presumes <= base.diplomas.keys()
        assert set(link.funding) <= base.funding_labels.keys()


def test_everybody_has_a_few_different_ways_to_every_profession(base: Base) -> None:
    reached = {way.steps[-1].to_slug for way in find(base, Situation(None), Wishes()).pathways}

    assert reached == base.professions.keys()
    for start in base.professions:
        for target in base.professions.keys() - {start}:
            ways = find(base, Situation(start), Wishes(target)).pathways
            prepared = [tuple(step.diploma for step in way.steps) for way in ways]
            assert 1 <= len(ways) <= 5, (start, target)
            assert max(map(prepared.count, prepared)) <= 2, (start, target)


def test_no_link_is_without_source_or_shown_as_to_confirm(base: Base) -> None:
    for link in links(base):
        assert link.sources or not link.verified, (link.from_slug, link.to_slug)
        assert link.sources or not link.route_verified, (link.from_slug, link.to_slug)


def test_no_diploma_is_an_orphan(base: Base, reference: Reference) -> None:
    linked = {row[end] for row in reference.equivalences for end in ("from_diploma", "to_diploma")}

    for slug, diploma in base.diplomas.items():
        assert diploma.professions or slug in linked, slug
        assert "opens_to" in diploma.data or not diploma.professions, slug


def test_durations_are_positive_and_dates_are_dates(base: Base, reference: Reference) -> None:
    for link in links(base):
        at_once = link.from_slug is None and link.diploma is None
        assert link.months is None or link.months > 0 or at_once
        assert link.as_of is None or dt.date.fromisoformat(link.as_of) <= dt.date(2026, 12, 31)
    for row in reference.sources:
        assert not row.get("text_date") or dt.date.fromisoformat(row["text_date"])
    assert sum(link.as_of is not None for link in links(base)) > 50


def test_hours_of_the_parts_never_pass_those_of_the_whole(reference: Reference) -> None:
    for structure in reference.diploma_structures:
        blocks = [block["hours"] or 0 for block in structure["blocs"]]
        for block in structure["blocs"]:
            modules = sum(module["hours"] or 0 for module in block["modules"])
            assert block["hours"] is None or modules <= block["hours"], structure["slug"]
        theory, total = structure["theory_hours"], structure["total_hours"]
        assert theory is None or sum(blocks) <= theory, structure["slug"]
        assert None in (theory, total) or theory <= total, structure["slug"]
    for row in reference.equivalences:
        full, left = row["hours_full"], row["hours_remaining"]
        assert None in (full, left) or left <= full, row["id"]


def test_what_applies_today_agrees_with_the_diploma(base: Base, reference: Reference) -> None:
    for row in reference.equivalences:
        if row["in_force"] is not True:
            continue
        diploma = base.diplomas[row["to_diploma"]]
        hours = (diploma.data.get("duration") or {}).get("hours")
        assert None in (hours, row["hours_full"]) or hours == row["hours_full"], row["id"]
        known = {
            str(block["number"])
            for structure in diploma.data["structures"]
            for block in structure["blocs"]
        }
        named = {str(block["number"]) for block in row["blocks"] if block["number"] is not None}
        assert named - {"tous"} <= known, row["id"]


def test_an_equivalence_of_a_former_diploma_is_never_applied(
    base: Base, reference: Reference
) -> None:
    former = [row for row in reference.equivalences if row["in_force"] is not True]

    assert len(former) > 10
    for row in former:
        assert row["id"].endswith("@ancien")
        diploma = base.diplomas[row["to_diploma"]]
        alone = replace(diploma, data={**diploma.data, "equivalences": (row,)})
        assert credit(alone, [row["from_diploma"]]).given_by == ()


def test_editorial_fields_have_their_values(reference: Reference) -> None:
    diplomas = {row["slug"] for row in reference.diplomas}
    for row in reference.diplomas:
        assert row.get("opens_to") in ("all", "bac", "holders", None), row["slug"]
    for row in reference.terms["funding"]:
        assert row["keeps_pay"] in (True, False, None), row["slug"]
    for row in reference.professions:
        start = row["without_diploma_entry"]
        assert (start.get("how") in ("usual", "exception", "inside")) == start["possible"]
    for row in reference.mobility:
        assert ("experience_years" in row) == (row.get("experience_for") in EXPERIENCE)
        assert row.get("experience_years", 1) > 0
        assert row.get("training") in ("full", "none", None)
        assert row.get("training") != "none" or row["via"] is None
        assert set(row.get("asks_diploma", ())) <= diplomas


def test_a_verified_move_is_the_first_answer_to_its_own_question(base: Base) -> None:
    for start, found in base.links.items():
        for link in found:
            way = find(base, Situation(start), Wishes(link.to_slug)).pathways[0]
            if link.verified:
                assert [step.diploma for step in way.steps] == [link.diploma], way.slugs


def test_a_walk_never_stands_on_a_diploma_nobody_gave(base: Base) -> None:
    for walk in Walker(base, Situation(None)).walks():
        held: set[str] = set()
        for move in walk:
            assert not move.link.presumes or move.link.presumes & held
            held |= {move.step.diploma} if move.step.diploma else set()


def test_the_way_told_without_a_target_is_the_first_one_towards_it(base: Base) -> None:
    told = 0
    for slug in base.professions:
        situation = Situation(profession=slug)
        for way in find(base, situation, Wishes()).pathways:
            towards = find(base, situation, Wishes(target=way.steps[-1].to_slug)).pathways
            assert towards[0].steps == way.steps
            told += 1
    assert told > 300
