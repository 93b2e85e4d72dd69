"""Distances in SQL: a circle around a point, that the index of the latitudes can serve."""

from __future__ import annotations

import math
from typing import Any

from sqlalchemy import ColumnElement, and_

from app.geography.queries.index import KM_PER_DEGREE

# Latitude and longitude, in degrees.
Point = tuple[float, float]


def inside(latitude: Any, longitude: Any, point: Point, km: float) -> ColumnElement[bool]:
    """Return the condition of being at most `km` away; the box around it lets the index work."""
    high = km / KM_PER_DEGREE
    wide = high / max(math.cos(math.radians(point[0])), 0.01)
    return and_(
        latitude.between(point[0] - high, point[0] + high),
        longitude.between(point[1] - wide, point[1] + wide),
        squared_km(latitude, longitude, point) <= km**2,
    )


def squared_km(latitude: Any, longitude: Any, point: Point) -> ColumnElement[Any]:
    """On a plane: within 100 km the error is under 0.5 %, and no database needs trigonometry."""
    north = (latitude - point[0]) * KM_PER_DEGREE
    east = (longitude - point[1]) * (KM_PER_DEGREE * math.cos(math.radians(point[0])))
    return north * north + east * east
