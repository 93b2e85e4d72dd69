"""What a search answers, whichever engine found it."""

from __future__ import annotations

from dataclasses import dataclass, field

from markupsafe import Markup

from app.search.criteria import SearchCriteria
from app.search.reading import Reading


@dataclass(frozen=True, slots=True)
class Hit:
    """A listing found. Show `title_highlight` only if the listing is still at `version`."""

    listing_id: int
    version: int
    title_highlight: Markup | None = None
    distance_km: float | None = None


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
    # What was read in the words typed.
    reading: Reading = field(default_factory=Reading)

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
    """A search that has results, close to one that has none.

    `reason` tells what changes, and `value` to what:
    radius (kilometres), place (left out), filter (`field` of the criteria, left out; `value` when
    it had only one), filters (all left out), words (left out), profession (slug, instead).
    """

    reason: str
    criteria: SearchCriteria
    total: int = 0
    field: str = ""
    value: str = ""
