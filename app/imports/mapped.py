"""What a record of a source becomes: the columns of a listing, nothing of ours, or a refusal."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from app.imports.labels import shorten
from app.imports.reference import Reference

TITLE_MAX, EMPLOYER_MAX, URL_MAX, HOURS_LABEL_MAX, PLACE_MAX = 160, 160, 500, 200, 160
CONTACT_MAX, ADDRESS_MAX, DURATION_LABEL_MAX = 120, 200, 120
POSITIONS_MAX = 999


@dataclass(frozen=True, slots=True)
class Mapped:
    """A record of the care professions: the columns of its listing, and `sessions`."""

    source_id: str
    source_hash: str
    written_at: dt.datetime | None
    values: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Skipped:
    """A record of another field."""

    source_id: str


@dataclass(frozen=True, slots=True)
class Rejected:
    """A record that cannot be used, and why, in French.

    `over`: it says itself that nobody can answer any more, as if the source no longer showed it.
    """

    reason: str
    source_id: str | None = None
    over: bool = False


Result = Mapped | Skipped | Rejected


def content_hash(said: Mapping[str, Any], version: int) -> str:
    """Return the SHA-256 of what a record says, whatever the order of its keys.

    `version`: that of the mapping, so that a new mapping reads again what was read already.
    """
    canonical = json.dumps(said, sort_keys=True, separators=(",", ":"), default=str)
    return hashlib.sha256(f"{version}:{canonical}".encode()).hexdigest()


def safe_url(text: str) -> str:
    """Return an address of the web that a link may lead to, or an empty text."""
    url = text.strip()
    try:
        parts = urlsplit(url)
        safe = parts.scheme in {"http", "https"} and bool(parts.hostname) and not parts.username
    except ValueError:
        return ""
    return url if safe and len(url) <= URL_MAX and url.isprintable() and " " not in url else ""


def located(code: str | None, label: str, point: tuple[float, float] | None) -> dict[str, Any]:
    """Return the columns of a place: INSEE code if known, label, point in degrees."""
    latitude, longitude = point or (None, None)
    return {
        "commune_code": code,
        "place_label": shorten(label, PLACE_MAX),
        "latitude": latitude,
        "longitude": longitude,
    }


def find_commune(reference: Reference, *, insee: str = "", text: str = "") -> dict[str, Any] | None:
    """Return the columns of the place of an INSEE code, else of the one commune `text` names."""
    place = reference.place(insee) or (reference.places.find(text) if text else None)
    if place is None:
        return None
    return located(place.code, place.label, (place.latitude, place.longitude))
