"""Where somebody is and where she wants to go, read from the address of the explorer.

The address is the whole state of the page, and nothing of it is kept. A value that means nothing
is left out and named in `ignored`, so that the page can say so.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from werkzeug.datastructures import MultiDict

from app.core.i18n import lazy
from app.geography.queries import Place, find_place
from app.professions.pathways import Situation, Wishes

BEGINNER = "debutant"
DEFAULT_RADIUS_KM = 20
RADII_KM = (10, 20, 30, 50, 100)
MONTHS = (6, 12, 18, 24, 36)
LEVELS = (3, 4, 5, 6, 7)
ORDERS = {"mois": "months", "heures": "hours", "niveau": "level"}
ORDER_LABELS = {
    "mois": lazy("Le plus rapide"),
    "heures": lazy("Le moins d’heures de formation"),
    "niveau": lazy("Le diplôme le moins élevé"),
}
MAX_LENGTH = 80
MAX_VALUES = 40
MAX_IGNORED = 5
# Longer than any career: the engine says that such a number of years is not possible.
MAX_NUMBER = 999


@dataclass(frozen=True, slots=True)
class Asked:
    """What the address asks. `start` and `target` are as typed: the engine says what it ignores.

    `by`: the professions and diplomas of the one way to show in detail.
    """

    start: str = ""
    target: str = ""
    diplomas: tuple[str, ...] = ()
    years: int | None = None
    keep_pay: bool = False
    max_months: int | None = None
    max_level: int | None = None
    place: Place | None = None
    place_text: str = ""
    radius_km: int = DEFAULT_RADIUS_KM
    stay: bool = False
    order: str = "mois"
    by: tuple[str, ...] = ()
    ignored: tuple[str, ...] = field(default=(), compare=False)

    @property
    def is_empty(self) -> bool:
        """Whether nothing says where the person is nor where she goes."""
        return not (self.start or self.target or self.diplomas)

    @property
    def limited(self) -> bool:
        """Whether some ways are set aside."""
        return bool(self.keep_pay or self.max_months or self.max_level or self.stays)

    @property
    def stays(self) -> bool:
        """Whether only the trainings near the place count: without a place, nothing is near."""
        return self.stay and self.place is not None

    @property
    def point(self) -> tuple[float, float] | None:
        """Return the position around which listings are counted."""
        return (self.place.latitude, self.place.longitude) if self.place else None

    def situation(self) -> Situation:
        """Return where the person is, for the engine."""
        return Situation(
            profession=None if self.start in ("", BEGINNER) else self.start,
            diplomas=frozenset(self.diplomas),
            years=self.years,
        )

    def wishes(self, taught_near: Iterable[str]) -> Wishes:
        """Return where she wants to go, for the engine; `taught_near`: diplomas with a session."""
        return Wishes(
            target=self.target or None,
            keep_pay=self.keep_pay,
            max_months=self.max_months,
            max_level=self.max_level,
            taught_near=frozenset(taught_near) if self.stays else None,
            order=ORDERS[self.order],
        )

    def but(self, **changes: Any) -> Asked:
        """Return the same question with some changes, and no way chosen."""
        return replace(self, **({"by": ()} | changes))

    def without_limits(self) -> Asked:
        """Return the same question without what sets ways aside."""
        return self.but(keep_pay=False, max_months=None, max_level=None, stay=False)

    def to_query(self) -> dict[str, Any]:
        """Return the arguments of the address, for `url_for("explorer.index", **query)`."""
        query = {
            "de": self.start,
            "vers": self.target,
            "diplome": list(self.diplomas),
            "annees": self.years if self.years is None else str(self.years),
            "salaire": "oui" if self.keep_pay else None,
            "mois": self.max_months,
            "niveau": self.max_level,
            "ou": self.place_text,
            "rayon": self.radius_km if self.radius_km != DEFAULT_RADIUS_KM else None,
            "sur-place": "oui" if self.stay else None,
            "ordre": self.order if self.order != "mois" else None,
            "par": ",".join(self.by),
        }
        return {name: value for name, value in query.items() if value}


def parse(args: MultiDict[str, str] | Mapping[str, Any]) -> Asked:
    """Read the question from the arguments of a request, or from what `to_query` returned."""
    reader = _Reader(args if isinstance(args, MultiDict) else MultiDict(args))
    place_text = reader.text("ou")
    return Asked(
        start=reader.text("de"),
        target=reader.text("vers"),
        diplomas=reader.texts("diplome"),
        years=reader.number("annees", 0, MAX_NUMBER),
        keep_pay=reader.yes("salaire"),
        max_months=reader.number("mois", 1, MAX_NUMBER),
        max_level=reader.number("niveau", LEVELS[0], 8),
        place=find_place(place_text) if place_text else None,
        place_text=place_text,
        radius_km=reader.number("rayon", 1, RADII_KM[-1]) or DEFAULT_RADIUS_KM,
        stay=reader.yes("sur-place"),
        order=reader.choice("ordre", ORDERS) or "mois",
        by=tuple(filter(None, reader.text("par", 4 * MAX_LENGTH).split(","))),
        ignored=tuple(dict.fromkeys(reader.ignored))[:MAX_IGNORED],
    )


class _Reader:
    def __init__(self, args: MultiDict[str, str]) -> None:
        self.args = args
        self.ignored: list[str] = []

    def text(self, name: str, length: int = MAX_LENGTH) -> str:
        return _clean(str(self.args.get(name) or ""), length)

    def texts(self, name: str) -> tuple[str, ...]:
        typed = (_clean(str(value), MAX_LENGTH) for value in self.args.getlist(name)[:MAX_VALUES])
        return tuple(sorted({value for value in typed if value}))

    def yes(self, name: str) -> bool:
        return self.choice(name, ("oui",)) == "oui"

    def choice(self, name: str, choices: Iterable[str]) -> str:
        value = self.text(name)
        if value and value not in choices:
            self.ignored.append(value)
            return ""
        return value

    def number(self, name: str, low: int, high: int) -> int | None:
        value = self.text(name)
        if not value:
            return None
        if not (value.isascii() and value.isdigit()):
            self.ignored.append(value)
            return None
        # Python refuses to read the longest numbers.
        return high if len(value) > 6 else min(max(int(value), low), high)


def _clean(text: str, length: int) -> str:
    kept = "".join(char if char.isprintable() else " " for char in text[: length * 4])
    return " ".join(unicodedata.normalize("NFC", kept).split())[:length].strip()
