"""Fictional people who apply: their names, how to reach them and their words, from the file."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from itertools import cycle
from random import Random
from typing import Any

from app.applications.enums import CALL_BACK_CHOICES, DiplomaHeld
from app.listings.enums import Kind
from app.listings.models import Listing

NUMBERS = 420
# Numbers 06 39 98 0x xx are kept for fiction; those under 200 are in the file.
FIRST_NUMBER = 200
SEED = "prendre soin"


class People:
    """A town of people, always the same; each has her name, her number and her address."""

    def __init__(self, data: Mapping[str, Any], communes: Sequence[str]) -> None:
        draw = Random(SEED)  # noqa: S311 - examples that repeat, no secret
        self._communes = communes
        self._people = [
            _person(number, first, last, draw)
            for number, first, last in zip(
                range(NUMBERS),
                cycle(_shuffled(data["first_names"], draw)),
                cycle(_shuffled(data["last_names"], draw)),
                strict=False,
            )
        ]
        self._words = {
            key: cycle(_shuffled(words, draw)) for key, words in data["messages"].items()
        }
        self._shuffled = cycle(_shuffled(self._people, draw))

    def next(self, listing: Listing, draw: Random) -> dict[str, Any]:
        """Return what the next person writes in the form of a listing."""
        return next(self._shuffled) | {
            "call_back": draw.choice(CALL_BACK_CHOICES),
            "commune_label": self._commune(listing, draw),
            "diploma_held": self._diploma(listing, draw),
            "message": self._message(listing, draw),
            "counsellor_consent": draw.random() < 0.4,
        }

    def _commune(self, listing: Listing, draw: Random) -> str:
        place = draw.random()
        if place < 0.25:
            return ""
        return listing.place_label if place < 0.6 else draw.choice(self._communes)

    def _diploma(self, listing: Listing, draw: Random) -> str | None:
        if listing.kind == Kind.EVENT:
            return None
        likely = listing.kind == Kind.JOB and listing.diploma_id is not None
        weights = (14, 3, 3) if likely else (4, 2, 14)
        return draw.choices((DiplomaHeld.YES, DiplomaHeld.IN_PROGRESS, DiplomaHeld.NO), weights)[0]

    def _message(self, listing: Listing, draw: Random) -> str:
        """Return nothing, or words for that profession if there are some, else for that kind."""
        if draw.random() < (0.8 if listing.kind == Kind.EVENT else 0.35):
            return ""
        profession = listing.profession.slug if listing.profession else ""
        if listing.kind == Kind.JOB and profession in self._words and draw.random() < 0.6:
            return str(next(self._words[profession]))
        return str(next(self._words[listing.kind]))


def _person(number: int, first: str, last: str, draw: Random) -> dict[str, Any]:
    person = {"first_name": first, "last_name": last if draw.random() < 0.9 else ""}
    reached = draw.random()
    if reached < 0.85:
        person["phone"] = f"+33639980{FIRST_NUMBER + number:03d}"
    if reached > 0.5:
        person["email"] = f"{_plain(first)}.{_plain(last)}@example.org"
    return person


def _plain(name: str) -> str:
    letters = unicodedata.normalize("NFKD", name.lower()).encode("ascii", "ignore").decode()
    return "".join(letter for letter in letters if letter.isalpha())


def _shuffled(values: Sequence[Any], draw: Random) -> list[Any]:
    return draw.sample(values, len(values))
