"""What a search answers, whichever engine found it."""

from __future__ import annotations

from dataclasses import dataclass, field

from markupsafe import Markup

from app.search.criteria import SearchCriteria

# Facet -> field of the criteria that holds the values chosen in it.
FACETS = {
    "kind": "kinds",
    "profession": "professions",
    "contract": "contracts",
    "workplace": "workplaces",
    "public": "publics",
    "schedule": "schedules",
    "diploma": "diploma_none",
}


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
    # Slugs of the professions read in the words typed.
    understood: tuple[str, ...] = ()

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

    `reason` is radius, anywhere, filter, words or profession; `field` and `value` say what changes.
    """

    reason: str
    field: str
    value: str
    criteria: SearchCriteria
    total: int
    engine: str = field(default="meilisearch", compare=False)
