"""Reads of the places. `Place` values come from memory; `Commune` rows from the database."""

from __future__ import annotations

from collections import defaultdict
from typing import Protocol

from sqlalchemy import select

from app.core.database import db
from app.core.snapshots import Snapshot
from app.geography.models import Commune, CommunePostalCode
from app.geography.queries.index import COLUMNS, Place, PlaceIndex, haversine_km
from app.geography.queries.names import normalise

__all__ = [
    "PLACES",
    "Place",
    "communes_within",
    "distance_km",
    "find_place",
    "get_place",
    "haversine_km",
    "nearest_commune",
    "normalise",
    "place_codes",
    "suggest_places",
]

# Farther from every commune than this, a point is at sea or abroad.
NEAREST_KM = 50.0


class HasPosition(Protocol):
    """Anything with a position in degrees: a place, a commune, an establishment."""

    @property
    def latitude(self) -> float: ...

    @property
    def longitude(self) -> float: ...


def _read_places() -> PlaceIndex:
    postal_codes: dict[str, list[str]] = defaultdict(list)
    pairs = select(CommunePostalCode.commune_code, CommunePostalCode.postal_code)
    for code, postal_code in db.session.execute(pairs):
        postal_codes[code].append(postal_code)
    rows = db.session.execute(select(*(getattr(Commune, name) for name in COLUMNS)))
    return PlaceIndex(Place._make((*row, tuple(sorted(postal_codes[row[0]])))) for row in rows)


PLACES: Snapshot[PlaceIndex] = Snapshot("geography", _read_places)


def find_place(text: str) -> Place | None:
    """Return the one place `text` names, or None when it names none, or several.

    Understands names (accents, hyphens, "St" and the article do not count), "Lyon 3", postal
    codes, INSEE codes, and both together: "bron (69500)", "69 - BRON", "69373 Lyon Cedex 08".
    Among namesakes, one in the territory wins, else one ten times as populated as the next.
    Misspellings are not guessed: ask `suggest_places`.
    """
    return PLACES.get().find(text)


def suggest_places(prefix: str, limit: int = 8) -> list[Place]:
    """Return the places for what is being typed, by name or postal code, best first.

    Those of the territory come first, then exact names, names that start so, names with a word
    that starts so; the most populated first. A word nothing starts with is shortened.
    """
    return PLACES.get().suggest(prefix, limit)


def get_place(code: str) -> Place | None:
    """Return the place of an INSEE code, from memory."""
    return PLACES.get().by_code.get(code)


def place_codes(place: Place | Commune) -> tuple[str, ...]:
    """Return the codes a listing may carry to be in `place`.

    A divided city: itself and its arrondissements. An arrondissement: itself and its city, because
    many listings only say "Lyon".
    """
    if place.parent_code:
        return (place.code, place.parent_code)
    return (place.code, *PLACES.get().arrondissements.get(place.code, ()))


def communes_within(latitude: float, longitude: float, km: float) -> list[str]:
    """Return the codes of the places whose centre is at most `km` away, nearest first."""
    return [place.code for _distance, place in PLACES.get().within(latitude, longitude, km)]


def nearest_commune(latitude: float, longitude: float) -> Place | None:
    """Return the place nearest to a point in degrees, or None beyond 50 km or out of range."""
    return PLACES.get().nearest(latitude, longitude, NEAREST_KM)


def distance_km(a: HasPosition, b: HasPosition) -> float:
    """Return the distance between two positions in kilometres, in a straight line."""
    return haversine_km(a.latitude, a.longitude, b.latitude, b.longitude)
