"""What the mapping of an offer needs to know: professions, clues of workplaces, places."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from app.geography.queries import Place
from app.geography.queries.index import PlaceIndex, haversine_km
from app.imports.clues import WorkplaceClues

# Names that are also those of posts in shops, offices or hotels: the ROME code must agree.
_SHARED_NAMES = frozenset(
    {"chef-de-service", "directeur-etablissement", "moniteur-atelier", "responsable-de-secteur"}
)
# ROME codes in which our profession is the exception: a title must name it. K2104 holds the
# supervisors of schools, and the night watchers of homes for want of a better code.
_MIXED_CODES = frozenset({"K2104"})
_LEADING_WORDS = frozenset(
    [
        "un",
        "une",
        "de",
        "des",
        "recherche",
        "recrute",
        "urgent",
        "poste",
        "cdi",
        "cdd",
        "offre",
        "emploi",
        "h",
        "f",
    ]
)


@dataclass(frozen=True, slots=True)
class ProfessionRef:
    """A profession as the mapping sees it. `names` are folded, `own_names` the official ones."""

    id: int
    slug: str
    own_names: tuple[str, ...]
    names: tuple[str, ...]
    rome_codes: frozenset[str]
    former_rome_codes: frozenset[str]
    workplaces: frozenset[str] = frozenset()
    diploma_by_law: bool = False


@dataclass(frozen=True, slots=True)
class DiplomaRef:
    """A diploma: its number in the national directory (RNCP) without letters, and its folded names.

    `professions`: the ids of those it leads to.
    """

    id: int
    rncp: str
    names: frozenset[str]
    professions: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class OrganisationRef:
    """An organisation that is known here, and its establishment when the SIRET names one."""

    id: int
    name: str
    suspended: bool
    establishment_id: int | None = None


@dataclass(frozen=True)
class Reference:
    """What the mapping needs to know, read once for a whole run.

    `terms`: kind -> folded name -> slug; `establishments` by SIRET, `organisations` by SIREN.
    """

    professions: tuple[ProfessionRef, ...]
    workplaces: WorkplaceClues
    places: PlaceIndex
    diplomas: tuple[DiplomaRef, ...] = ()
    terms: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    establishments: Mapping[str, OrganisationRef] = field(default_factory=dict)
    organisations: Mapping[str, OrganisationRef] = field(default_factory=dict)
    by_rome: Mapping[str, tuple[ProfessionRef, ...]] = field(init=False)
    care_codes: frozenset[str] = field(init=False)

    def __post_init__(self) -> None:
        by_rome: dict[str, list[ProfessionRef]] = {}
        for profession in self.professions:
            for code in profession.rome_codes | profession.former_rome_codes:
                by_rome.setdefault(code, []).append(profession)
        object.__setattr__(self, "by_rome", {code: tuple(held) for code, held in by_rome.items()})
        object.__setattr__(self, "care_codes", frozenset(by_rome) - _MIXED_CODES)

    @cached_property
    def by_rncp(self) -> Mapping[str, DiplomaRef]:
        """Return the diplomas that have a number in the national directory."""
        return {diploma.rncp: diploma for diploma in self.diplomas if diploma.rncp}

    def organisation(self, siret: str) -> OrganisationRef | None:
        """Return who holds a SIRET: its establishment, else the organisation of its SIREN."""
        return self.establishments.get(siret) or self.organisations.get(siret[:9])

    def named_in(self, text: str, among: Iterable[ProfessionRef]) -> ProfessionRef | None:
        """Return the profession whose longest name is in a folded text, or None."""
        padded = f" {text} "
        named = [
            (len(name), profession)
            for profession in among
            for name in profession.names
            if f" {name} " in padded
        ]
        return max(named, key=lambda pair: pair[0])[1] if named else None

    def named_at_start(self, text: str) -> ProfessionRef | None:
        """Return the profession whose official name a folded title starts with, or None."""
        words = text.replace(" . ", " ").split()
        while words and words[0] in _LEADING_WORDS:
            words.pop(0)
        start = " ".join(words) + " "
        named = [(name, p) for name, p in self._own_names if start.startswith(f"{name} ")]
        return max(named, key=lambda pair: len(pair[0]))[1] if named else None

    @cached_property
    def _own_names(self) -> tuple[tuple[str, ProfessionRef], ...]:
        return tuple(
            (name, profession)
            for profession in self.professions
            if profession.slug not in _SHARED_NAMES
            for name in profession.own_names
        )

    def only_holder(self, code: str) -> ProfessionRef | None:
        """Return the profession that alone holds a current ROME code, or None."""
        holders = [p for p in self.by_rome.get(code, ()) if code in p.rome_codes]
        return holders[0] if len(holders) == 1 else None

    def place(self, code: str) -> Place | None:
        """Return the place of an INSEE code, or None."""
        return self.places.by_code.get(code)

    def nearest(self, point: tuple[float, float], km: float) -> Place | None:
        """Return the place nearest to a point in degrees, or None beyond `km`."""
        return self.places.nearest(point[0], point[1], km)

    def distance_km(self, place: Place, point: tuple[float, float]) -> float:
        """Return the distance in kilometres from a place to a point in degrees."""
        return haversine_km(place.latitude, place.longitude, point[0], point[1])
