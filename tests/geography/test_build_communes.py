"""The tool that writes the list of communes."""

from __future__ import annotations

import struct

import pytest

from tools.build_communes import Point, WkbReader, centre, mean

pytestmark = pytest.mark.no_database

SQUARE = [(0.0, 0.0), (2.0, 0.0), (2.0, 2.0), (0.0, 2.0), (0.0, 0.0)]
SMALL = [(10.0, 10.0), (11.0, 10.0), (11.0, 11.0), (10.0, 10.0)]


def polygon(*rings: list[tuple[float, float]], order: str = "<", reference: bool = False) -> bytes:
    """Write a polygon as PostGIS does."""
    kind = 3 | (0x20000000 if reference else 0)
    head = struct.pack(f"{order}BI", order == "<", kind)
    if reference:
        head += struct.pack(f"{order}I", 4326)
    parts = [
        struct.pack(f"{order}I{2 * len(ring)}d", len(ring), *(n for pair in ring for n in pair))
        for ring in rings
    ]
    return head + struct.pack(f"{order}I", len(rings)) + b"".join(parts)


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("reference", [True, False])
def test_the_outer_ring_of_a_polygon_is_read(order: str, reference: bool) -> None:
    raw = polygon(SQUARE, SMALL, order=order, reference=reference)

    assert WkbReader(raw.hex()).read() == [SQUARE]


def test_the_centre_is_that_of_the_largest_part() -> None:
    raw = struct.pack("<BII", 1, 6, 2) + polygon(SMALL) + polygon(SQUARE)

    assert centre(WkbReader(raw.hex()).read()) == Point(1.0, 1.0)


def test_a_point_is_read() -> None:
    raw = struct.pack("<BIdd", 1, 1, 4.8, 45.7)

    assert WkbReader(raw.hex()).read() == [[(4.8, 45.7)]]


def test_an_unexpected_geometry_is_refused() -> None:
    with pytest.raises(ValueError, match="geometry type 2"):
        WkbReader(struct.pack("<BII", 1, 2, 0).hex()).read()


def test_without_outline_there_is_no_centre() -> None:
    assert centre([]) is None
    assert mean([]) is None
    assert mean([Point(1, 2), Point(3, 4)]) == Point(2, 3)
