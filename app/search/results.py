"""What a search answers, whichever engine found it."""

from __future__ import annotations

from dataclasses import dataclass, field

from app.search.criteria import SearchCriteria
from app.search.reading import Reading


@dataclass(frozen=True, slots=True)
class Hit:
    """A listing found; `why`: codes of the reasons why it is there, see reasons.py."""

    listing_id: int
    version: int
    distance_km: float | None = None
    why: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SearchResults:
    """One page of results. The counts of a facet ignore the values chosen in that facet."""

    total: int
    page: int
    per_page: int
    engine: str
    hits: list[Hit]
    facets: dict[str, dict[str, int]]
    # The database answered because the engine could not: less precise, and the page says so.
    degraded: bool = False
    # What was understood of the words typed.
    reading: Reading = field(default_factory=Reading)
    # Facet in use -> number of listings without what is chosen in it.
    without: dict[str, int] = field(default_factory=dict)

    @property
    def ids(self) -> list[int]:
        """Return the identifiers of the listings, in order."""
        return [hit.listing_id for hit in self.hits]

    @property
    def pages(self) -> int:
        """Return the number of pages that can be asked for."""
        return max(1, -(-self.total // self.per_page))


@dataclass(frozen=True, slots=True)
class Proposal:
    """A search that has results, close to one that has none or few.

    `reason` tells what changes, and `value` to what: training (slug of the profession it leads to),
    radius (kilometres), place (left out), filter (`field` of the criteria, left out; `value` when
    it had only one), filters (all left out), words (left out), profession (slug, instead).
    """

    reason: str
    criteria: SearchCriteria
    total: int = 0
    field: str = ""
    value: str = ""


@dataclass(frozen=True, slots=True)
class Rescue:
    """What to do after a search that finds nothing or little.

    `absent`: the profession understood, when no listing at all is about it.
    """

    proposals: tuple[Proposal, ...] = ()
    absent: str = ""
