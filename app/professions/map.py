"""The map of the professions, laid out from the reference base: levels across, fields down.

Two layouts of the same nodes and moves: wide, with a column a level and a band a field; tall, for
a phone, with the levels one under the other. Coordinates are those of the SVG.
"""

from __future__ import annotations

import itertools
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from app.professions import queries
from app.professions.enums import TermKind
from app.professions.pathways import Base
from app.professions.queries import ProfessionEntry

NO_DIPLOMA = 0
COLUMNS = (NO_DIPLOMA, 3, 4, 5, 6, 7)
LINE = 15


@dataclass(frozen=True, slots=True)
class Node:
    """A profession on the map; `lines`: its name and the heights at which they are written."""

    slug: str
    label: str
    lines: tuple[tuple[int, str], ...]
    x: int
    y: int
    width: int
    height: int

    @property
    def middle(self) -> int:
        """Return the height at which moves come and go."""
        return self.y + self.height // 2

    @property
    def centre(self) -> int:
        """Return the place of the text."""
        return self.x + self.width // 2


@dataclass(frozen=True, slots=True)
class Move:
    """A move between two professions, with the line that draws it."""

    from_slug: str
    to_slug: str
    months: float | None
    line: str


@dataclass(frozen=True, slots=True)
class Heading:
    """The name of a column or of a band."""

    text: str
    x: int
    y: int


@dataclass(frozen=True, slots=True)
class Map:
    """A layout. `moves` holds one line for two professions, whatever the diplomas between them."""

    width: int
    height: int
    nodes: tuple[Node, ...]
    moves: tuple[Move, ...]
    columns: tuple[tuple[int, int], ...]
    bands: tuple[Heading, ...]
    rules: tuple[int, ...]

    def of(self, slug: str) -> tuple[Move, ...]:
        """Return the moves that leave a profession."""
        return tuple(move for move in self.moves if move.from_slug == slug)

    def along(self, slugs: Sequence[str]) -> str:
        """Draw the line through professions, whether or not the base has a move between each."""
        places = {node.slug: node for node in self.nodes}
        known = [places[slug] for slug in slugs if slug in places]
        return " ".join(self.join(one, two) for one, two in itertools.pairwise(known))

    def join(self, one: Node, two: Node) -> str:
        """Return the curve from a node to another."""
        return _across(one, two) if self.width > self.height else _down(one, two)


def levels(base: Base) -> Mapping[str, int]:
    """Return the level of each profession: that of its diploma, 0 when one starts without.

    A diploma without a level stands at the level of those who prepare it.
    """
    found: dict[str, int] = {}
    unknown: list[str] = []
    for slug in base.professions:
        asked = base.required[slug]
        proper = [diploma for diploma in asked if slug in base.opened[diploma]] or list(asked)
        known = [level for one in proper if (level := base.diplomas[one].level) is not None]
        if known:
            found[slug] = min(known)
        elif not asked or base.professions[slug].open_without_diploma:
            found[slug] = NO_DIPLOMA
        else:
            unknown.append(slug)
    for slug in unknown:
        before = [
            found[origin]
            for origin, links in base.links.items()
            if origin in found and any(link.to_slug == slug for link in links)
        ]
        found[slug] = min(before, default=NO_DIPLOMA)
    return found


def grid(base: Base) -> Mapping[int, tuple[ProfessionEntry, ...]]:
    """Return the professions of each level, by field, in the order of display."""
    level = levels(base)
    fields = [term.slug for term in queries.terms(TermKind.SECTOR)]

    def rank(entry: ProfessionEntry) -> tuple[int, int]:
        place = fields.index(entry.sector) if entry.sector in fields else len(fields)
        return (place, entry.position)

    ranked = sorted(base.professions.values(), key=rank)
    return {
        column: tuple(
            entry
            for entry in ranked
            if max(one for one in COLUMNS if one <= level[entry.slug]) == column
        )
        for column in COLUMNS
    }


def wide(base: Base) -> Map:
    """Lay the map out for a wide screen: a column a level, a band a field."""
    width, height, gap, row, top = 170, 54, 40, 62, 88
    columns = grid(base)
    nodes: list[Node] = []
    bands: list[Heading] = []
    rules: list[int] = []
    y = top
    for field in dict.fromkeys(entry.sector for entry in _all(columns)):
        cells = [[e for e in entries if e.sector == field] for entries in columns.values()]
        rows = max(len(cell) for cell in cells)
        rules.append(y)
        bands.append(Heading(queries.term_label(TermKind.SECTOR, field), 20, y + 22))
        y += 34
        for place, cell in enumerate(cells):
            x = 20 + place * (width + gap)
            # In the middle of its band, so that lines between bands do not hide it.
            first = y + (rows - len(cell)) * row // 2
            nodes += [
                _node(entry, x, first + line * row, width, height)
                for line, entry in enumerate(cell)
            ]
        y += rows * row + 8
    total = 20 + len(COLUMNS) * (width + gap) - gap + 20
    places = tuple((20 + place * (width + gap), level) for place, level in enumerate(columns))
    return _drawn(base, Map(total, y + 8, tuple(nodes), (), places, tuple(bands), tuple(rules)))


def tall(base: Base) -> Map:
    """Lay the map out for a phone: the levels one under the other, two professions a line."""
    width, height, gap, row = 168, 58, 24, 78
    nodes: list[Node] = []
    rules: list[int] = []
    places: list[tuple[int, int]] = []
    y = 0
    for level, entries in grid(base).items():
        rules.append(y)
        places.append((y + 30, level))
        y += 52
        for number, entry in enumerate(entries):
            x = (number % 2) * (width + gap)
            nodes.append(_node(entry, x, y + (number // 2) * row, width, height))
        y += (len(entries) + 1) // 2 * row + 12
    total = 2 * width + gap
    return _drawn(base, Map(total, y, tuple(nodes), (), tuple(places), (), tuple(rules)))


def _all(columns: Mapping[int, Iterable[ProfessionEntry]]) -> list[ProfessionEntry]:
    fields = [term.slug for term in queries.terms(TermKind.SECTOR)]
    entries = [entry for column in columns.values() for entry in column]
    return sorted(entries, key=lambda e: fields.index(e.sector) if e.sector in fields else 99)


def _node(entry: ProfessionEntry, x: int, y: int, width: int, height: int) -> Node:
    texts = textwrap.wrap(entry.label.replace("-", "- "), 23)
    texts = [text.replace("- ", "-") for text in texts]
    first = y + height // 2 + 5 - (len(texts) - 1) * LINE // 2
    lines = tuple((first + place * LINE, text) for place, text in enumerate(texts))
    return Node(entry.slug, entry.label, lines, x, y, width, height)


def _drawn(base: Base, layout: Map) -> Map:
    places = {node.slug: node for node in layout.nodes}
    shortest: dict[tuple[str, str], float | None] = {}
    for links in base.links.values():
        for link in links:
            if link.from_slug:
                pair = (link.from_slug, link.to_slug)
                known = [m for m in (shortest.get(pair), link.months) if m is not None]
                shortest[pair] = min(known, default=None)
    moves = tuple(
        Move(one, two, months, layout.join(places[one], places[two]))
        for (one, two), months in shortest.items()
    )
    return Map(
        layout.width,
        layout.height,
        layout.nodes,
        moves,
        layout.columns,
        layout.bands,
        layout.rules,
    )


def _across(one: Node, two: Node) -> str:
    """Leave by the side that faces the other node; bulge to the right in the same column."""
    if one.x == two.x:
        edge = one.x + one.width
        out = edge + 34
        return f"M{edge} {one.middle}C{out} {one.middle} {out} {two.middle} {edge} {two.middle}"
    forward = two.x > one.x
    start, end = (one.x + one.width, two.x) if forward else (one.x, two.x + two.width)
    bend = max(abs(end - start) // 2, 20) * (1 if forward else -1)
    first, last = f"{start} {one.middle}", f"{end} {two.middle}"
    return f"M{first}C{start + bend} {one.middle} {end - bend} {two.middle} {last}"


def _down(one: Node, two: Node) -> str:
    if one.y == two.y:
        left, right = sorted((one, two), key=lambda node: node.x)
        return f"M{left.x + left.width} {left.middle}H{right.x}"
    down = two.y > one.y
    start, end = (one.y + one.height, two.y) if down else (one.y, two.y + two.height)
    bend = max(abs(end - start) // 2, 12) * (1 if down else -1)
    first, last = f"{one.centre} {start}", f"{two.centre} {end}"
    return f"M{first}C{one.centre} {start + bend} {two.centre} {end - bend} {last}"
