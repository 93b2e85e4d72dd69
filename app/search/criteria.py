"""What a person searches for: parsed once from the address, consumed by every engine.

The address of a page is the whole state of its search: `parse(criteria.to_query())` gives the same
criteria back. Nothing typed there is an error: a value that means nothing is left out and named in
`ignored`, so that the page can say so.
"""

from __future__ import annotations

import datetime as dt
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any, Protocol
from urllib.parse import urlencode

from app.geography.queries import Place, find_place
from app.listings.enums import KIND_PARAMS
from app.search.vocabulary import known_values

MAX_QUERY_LENGTH = 200
MAX_PLACE_LENGTH = 80
# Far pages cost the engine more than they help anyone.
MAX_RANK = 10_000
PER_PAGE = 20
MAX_VALUES = 40
MAX_IGNORED = 5
DEFAULT_RADIUS_KM = 20
MIN_RADIUS_KM, MAX_RADIUS_KM = 1, 100
MAX_SINCE_DAYS = 365

# `mots` of a search whose words are not read.
PLAIN = "tels-quels"

# `duree` -> bounds in months, the lower one included.
DURATIONS: dict[str, tuple[float, float]] = {
    "moins-de-3-mois": (0, 3),
    "de-3-a-12-mois": (3, 12),
    "plus-de-12-mois": (12, 1200),
}
SORT_PARAMS = {
    "pertinence": "relevance",
    "date": "date",
    "distance": "distance",
    "reponse": "answer",
}
_SORT_NAMES = {value: name for name, value in SORT_PARAMS.items()}
_KINDS = {param: str(kind) for kind, param in KIND_PARAMS.items()}
_KIND_NAMES = {kind: param for param, kind in _KINDS.items()}

# Parameter -> field of the criteria, for the filters that take several values.
MULTIPLE = {
    "type": "kinds",
    "metier": "professions",
    "contrat": "contracts",
    "etablissement": "workplaces",
    "public": "publics",
    "horaires": "schedules",
}

PATH = "/recherche"


class Args(Protocol):
    """What a request gives: several values a name."""

    def get(self, key: str, default: Any = None, /) -> Any: ...
    def getlist(self, key: str, /) -> list[str]: ...


@dataclass(frozen=True, slots=True)
class SearchCriteria:
    """A search. Filters hold sorted identifiers of the vocabulary, `kinds` values of Kind."""

    q: str = ""
    place: Place | None = None
    place_text: str = ""
    radius_km: int = DEFAULT_RADIUS_KM
    kinds: tuple[str, ...] = ()
    professions: tuple[str, ...] = ()
    contracts: tuple[str, ...] = ()
    workplaces: tuple[str, ...] = ()
    publics: tuple[str, ...] = ()
    schedules: tuple[str, ...] = ()
    diploma_none: bool = False
    duration: str | None = None
    since_days: int | None = None
    sort: str = "relevance"
    # The words are searched as they are, nothing is read in them.
    plain: bool = False
    page: int = 1
    per_page: int = PER_PAGE
    # (parameter, value) of what was understood as nothing, shortened, at most five.
    ignored: tuple[tuple[str, str], ...] = field(default=(), compare=False)

    def to_query(self) -> dict[str, Any]:
        """Return the arguments of the address, for `url_for(endpoint, **criteria.to_query())`."""
        query: dict[str, Any] = {
            "q": self.q,
            "ou": self.place_text,
            "rayon": self.radius_km if self.radius_km != DEFAULT_RADIUS_KM else None,
            "type": [_KIND_NAMES[kind] for kind in self.kinds],
        }
        for name, attribute in MULTIPLE.items():
            query.setdefault(name, list(getattr(self, attribute)))
        query |= {
            "diplome": "sans" if self.diploma_none else None,
            "duree": self.duration,
            "depuis": self.since_days,
            "tri": _SORT_NAMES[self.sort] if self.sort != "relevance" else None,
            "mots": PLAIN if self.plain else None,
            "page": self.page if self.page > 1 else None,
        }
        return {name: value for name, value in query.items() if value}

    def but(self, **changes: Any) -> SearchCriteria:
        """Return the same search with some changes, back on its first page."""
        return replace(self, **({"page": 1} | changes))

    def without(self, name: str, value: str | None = None) -> SearchCriteria:
        """Return the search without a field, or without one value of a field."""
        if name == "place":
            near = {"radius_km": DEFAULT_RADIUS_KM, "place": None, "place_text": ""}
            sort = "relevance" if self.sort == "distance" else self.sort
            return self.but(sort=sort, **near)
        if value is None:
            return self.but(**{name: SearchCriteria.__dataclass_fields__[name].default})
        return self.but(**{name: tuple(v for v in getattr(self, name) if v != value)})

    @property
    def url(self) -> str:
        """Return the address of the search."""
        return _address(self)

    def published_after(self, now: dt.datetime) -> dt.datetime | None:
        """Return the instant before which listings are too old for this search."""
        return now - dt.timedelta(days=self.since_days) if self.since_days else None

    @property
    def active_filters(self) -> int:
        """Return how many filters are on, as counted on the button that opens them."""
        several = sum(len(getattr(self, attribute)) for attribute in MULTIPLE.values())
        return several + self.diploma_none + bool(self.duration) + bool(self.since_days)


@lru_cache(maxsize=4096)
def _address(criteria: SearchCriteria) -> str:
    query = urlencode(criteria.to_query(), doseq=True)
    return f"{PATH}?{query}" if query else PATH


def parse(args: Args | Mapping[str, Any]) -> SearchCriteria:
    """Read a search from the arguments of a request, or from what `to_query` returned.

    Never raises: what means nothing is left out and listed in `ignored`.
    """
    ignored: list[tuple[str, str]] = []
    values: dict[str, Any] = {"q": clean(_one(args, "q"), MAX_QUERY_LENGTH)}
    place_text = clean(_one(args, "ou"), MAX_PLACE_LENGTH)
    place = find_place(place_text) if place_text else None
    for name, attribute in MULTIPLE.items():
        values[attribute] = _known(args, name, ignored)
    values["diploma_none"] = _choice(args, "diplome", {"sans": True}, ignored) or False
    values["plain"] = _choice(args, "mots", {PLAIN: True}, ignored) or False
    values["duration"] = _choice(args, "duree", {name: name for name in DURATIONS}, ignored)
    values["since_days"] = _number(args, "depuis", 1, MAX_SINCE_DAYS, ignored)
    values["radius_km"] = _number(args, "rayon", MIN_RADIUS_KM, MAX_RADIUS_KM, ignored)
    values["radius_km"] = values["radius_km"] or DEFAULT_RADIUS_KM
    values["page"] = _number(args, "page", 1, MAX_RANK // PER_PAGE, ignored) or 1
    sort = _choice(args, "tri", SORT_PARAMS, ignored) or "relevance"
    # Nothing is near or far without a place.
    values["sort"] = "relevance" if sort == "distance" and place is None else sort
    return SearchCriteria(
        place=place, place_text=place_text, ignored=tuple(ignored[:MAX_IGNORED]), **values
    )


def clean(text: str, length: int) -> str:
    """Return typed text in NFC, without control, private or broken characters, on one line."""
    kept = "".join(" " if _is_unusable(char) else char for char in text[: length * 4])
    return " ".join(unicodedata.normalize("NFC", kept).split())[:length].strip()


def _is_unusable(char: str) -> bool:
    # U+FFFD stands for bytes that were not UTF-8.
    return char == "\ufffd" or (not char.isprintable() and not char.isspace())


def _all(args: Args | Mapping[str, Any], name: str) -> Iterable[str]:
    getlist = getattr(args, "getlist", None)
    if getlist is not None:
        return (str(value) for value in getlist(name)[:MAX_VALUES])
    value = args.get(name)
    listed = value if isinstance(value, (list, tuple)) else [] if value is None else [value]
    return (str(one) for one in listed[:MAX_VALUES])


def _one(args: Args | Mapping[str, Any], name: str) -> str:
    return next(iter(_all(args, name)), "")


def _known(
    args: Args | Mapping[str, Any], name: str, ignored: list[tuple[str, str]]
) -> tuple[str, ...]:
    known = _KINDS if name == "type" else known_values(name)
    found = set()
    for value in _all(args, name):
        if value in known:
            found.add(known[value] if isinstance(known, dict) else value)
        elif value:
            ignored.append((name, clean(value, 40)))
    return tuple(sorted(found))


def _choice(
    args: Args | Mapping[str, Any],
    name: str,
    choices: Mapping[str, Any],
    ignored: list[tuple[str, str]],
) -> Any:
    value = _one(args, name)
    if value and value not in choices:
        ignored.append((name, clean(value, 40)))
    return choices.get(value)


def _number(
    args: Args | Mapping[str, Any],
    name: str,
    low: int,
    high: int,
    ignored: list[tuple[str, str]],
) -> int | None:
    value = _one(args, name).strip()
    if not value:
        return None
    if not (value.isascii() and value.isdigit()):
        ignored.append((name, clean(value, 40)))
        return None
    # Longer numbers are certainly past the bound, and Python refuses to read the longest ones.
    return high if len(value) > 12 else min(max(int(value), low), high)
