"""The map of the professions: complete, without overlap, the same on every screen."""

from __future__ import annotations

import re
from itertools import combinations

import pytest

from app.professions import map as maps
from app.professions.pathways import base_of_reference


@pytest.fixture(params=[maps.wide, maps.tall])
def layout(request: pytest.FixtureRequest) -> maps.Map:
    found: maps.Map = request.param(base_of_reference())
    return found


def test_every_profession_is_on_the_map_once(layout: maps.Map) -> None:
    assert sorted(node.slug for node in layout.nodes) == sorted(base_of_reference().professions)


def test_every_move_of_the_base_is_drawn(layout: maps.Map) -> None:
    links = base_of_reference().links
    moves = {(slug, link.to_slug) for slug, found in links.items() for link in found}

    assert {(move.from_slug, move.to_slug) for move in layout.moves} == moves


def test_no_profession_hides_another_nor_leaves_the_map(layout: maps.Map) -> None:
    for one, two in combinations(layout.nodes, 2):
        apart = abs(one.x - two.x) >= one.width or abs(one.y - two.y) >= one.height
        assert apart, (one.slug, two.slug)
    for node in layout.nodes:
        assert node.x >= 0
        assert node.x + node.width <= layout.width
        assert node.y + node.height <= layout.height


def test_names_are_whole_and_within_their_boxes(layout: maps.Map) -> None:
    for node in layout.nodes:
        written = " ".join(text for _y, text in node.lines)
        assert written.replace("- ", "-") == node.label
        assert all(len(text) <= 23 for _y, text in node.lines)
        assert all(node.y + 10 <= y <= node.y + node.height - 2 for y, _text in node.lines)


def test_a_move_starts_and_ends_at_the_sides_of_its_professions(layout: maps.Map) -> None:
    places = {node.slug: node for node in layout.nodes}
    for move in layout.moves:
        numbers = [int(number) for number in re.findall(r"-?\d+", move.line)]
        for slug in (move.from_slug, move.to_slug):
            node = places[slug]
            ends = (numbers[:2], numbers[-2:])
            # A straight line is written by its start and the abscissa where it ends.
            touched = move.line.count("H") or any(
                node.x <= x <= node.x + node.width and node.y <= y <= node.y + node.height
                for x, y in ends
            )
            assert touched, move


def test_the_line_of_a_way_goes_through_its_professions(layout: maps.Map) -> None:
    slugs = ("aide-a-domicile", "auxiliaire-de-vie", "aide-soignant")

    assert layout.along(slugs).count("M") == 2
    assert layout.along(slugs[:1]) == ""
    assert layout.along(("unknown", *slugs[:2])).count("M") == 1


def test_levels_come_from_the_diplomas() -> None:
    levels = maps.levels(base_of_reference())

    assert levels["aide-a-domicile"] == 0
    assert levels["aide-soignant"] == 4
    # The diploma of a nurse only opens this training.
    assert levels["infirmier-pratique-avancee"] == 7
    # Without a level, the diploma stands where those who prepare it are.
    assert levels["assistant-soins-gerontologie"] == 3
    assert levels["assistant-maternel"] == 0
