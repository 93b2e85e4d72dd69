"""The graph of the moves, made once from the reference base."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from app.professions import queries
from app.professions.enums import TermKind
from app.professions.pathways.model import ENTRY
from app.professions.queries import (
    DiplomaEntry,
    EdgeEntry,
    ProfessionEntry,
    SourceEntry,
    TermEntry,
)

OPENS_TO_OUTSIDERS = frozenset({"all", "bac"})


@dataclass(frozen=True, slots=True)
class Link:
    """A move of the graph, before one knows who takes it.

    `presumes`: the person is supposed to hold one of these diplomas; empty: none is needed.
    `training`: "full" when the whole training is due, "none" when there is none, None: unknown.
    `experience_for`: what the years are asked for: "entry", "exercise" or "exemption".
    `exceptional`: one may start so, without the diploma the profession asks for, in some places.
    `asks_bac`: the bac, or another condition that the text of entry says, is asked for.
    """

    from_slug: str | None
    to_slug: str
    kind: str
    diploma: str | None
    months: float | None
    training: str | None
    entry: str
    exemptions: str
    note: str
    funding: tuple[str, ...]
    keeps_pay: bool
    verified: bool
    route_verified: bool
    sources: tuple[str, ...]
    as_of: str | None
    presumes: frozenset[str] = frozenset()
    experience_years: int | None = None
    experience_for: str | None = None
    exceptional: bool = False
    asks_bac: bool = False


@dataclass(frozen=True, slots=True)
class Base:
    """Professions, diplomas and links by the profession one leaves.

    `opened`: for each diploma, the professions one may exercise as soon as one holds it.
    `required`: for each profession, the diplomas one of which it asks for.
    `counting`: for each diploma, those that count towards it, itself among them.
    """

    professions: Mapping[str, ProfessionEntry]
    diplomas: Mapping[str, DiplomaEntry]
    funding_labels: Mapping[str, str]
    keeping_pay: frozenset[str]
    entries: tuple[Link, ...]
    links: Mapping[str, tuple[Link, ...]]
    opened: Mapping[str, tuple[str, ...]]
    required: Mapping[str, frozenset[str]]
    counting: Mapping[str, frozenset[str]]

    @classmethod
    def of(
        cls,
        professions: Iterable[ProfessionEntry],
        diplomas: Iterable[DiplomaEntry],
        edges: Iterable[EdgeEntry],
        funding: Iterable[TermEntry],
        sources: Mapping[str, SourceEntry],
    ) -> Base:
        """Build the graph from the entries of the reference base."""
        builder = _Builder(
            {entry.slug: entry for entry in professions},
            {entry.slug: entry for entry in diplomas},
            tuple(edges),
            {term.slug: term for term in funding},
            sources,
        )
        return builder.base()


_kept: tuple[object, Base] | None = None


def base_of_reference() -> Base:
    """Return the graph of the reference base as it is now, built once for each of its versions."""
    global _kept
    reference = queries.REFERENCE.get()
    kept = _kept
    if kept is None or kept[0] is not reference:
        kept = _kept = (
            reference,
            Base.of(
                reference.professions,
                reference.diplomas,
                reference.edges,
                reference.terms.get(TermKind.FUNDING, ()),
                reference.sources,
            ),
        )
    return kept[1]


class _Builder:
    def __init__(
        self,
        professions: Mapping[str, ProfessionEntry],
        diplomas: Mapping[str, DiplomaEntry],
        edges: tuple[EdgeEntry, ...],
        funding: Mapping[str, TermEntry],
        sources: Mapping[str, SourceEntry],
    ) -> None:
        self.professions = professions
        self.diplomas = diplomas
        self.edges = [edge for edge in edges if edge.diploma is None or edge.diploma in diplomas]
        self.funding = funding
        self.sources = sources
        self.required = {
            slug: frozenset(entry.data.get("required_diplomas") or ()) & diplomas.keys()
            for slug, entry in professions.items()
        }
        # (diploma, profession) when the diploma is only a condition to go further: holding the
        # one of a nurse opens the coordination of care, but from the profession of nurse.
        self.conditions = {
            (diploma, edge.to_slug)
            for edge in self.edges
            for diploma in self.required[edge.from_slug] & self.required[edge.to_slug]
            if diploma != edge.diploma
        }

    def base(self) -> Base:
        links: dict[str, list[Link]] = defaultdict(list)
        for edge in self.edges:
            links[edge.from_slug].append(self.move(edge))
        return Base(
            professions=self.professions,
            diplomas=self.diplomas,
            funding_labels={slug: term.label for slug, term in self.funding.items()},
            keeping_pay=frozenset(
                slug for slug, term in self.funding.items() if term.data.get("keeps_pay")
            ),
            entries=tuple(self.entries()),
            links={slug: tuple(found) for slug, found in links.items()},
            opened={slug: self.opened(entry) for slug, entry in self.diplomas.items()},
            required=self.required,
            counting={
                slug: frozenset(
                    {slug, *(e["from_diploma"] for e in entry.data.get("equivalences") or ())}
                )
                for slug, entry in self.diplomas.items()
            },
        )

    def opened(self, diploma: DiplomaEntry) -> tuple[str, ...]:
        return tuple(
            slug
            for slug in self.professions
            if (slug in diploma.professions or diploma.slug in self.required[slug])
            and (diploma.slug, slug) not in self.conditions
        )

    def entries(self) -> Iterable[Link]:
        for profession in self.professions.values():
            start = profession.data.get("without_diploma_entry") or {}
            if start.get("possible") and start.get("how") != "inside":
                yield self.start_without_diploma(profession, start)
            for slug in sorted(
                self.required[profession.slug], key=lambda slug: self.diplomas[slug].position
            ):
                diploma = self.diplomas[slug]
                if (slug, profession.slug) in self.conditions:
                    continue
                if diploma.data.get("opens_to") in OPENS_TO_OUTSIDERS:
                    yield self.training(profession, diploma)

    def start_without_diploma(self, profession: ProfessionEntry, start: Mapping[str, Any]) -> Link:
        sources = tuple(profession.data.get("sources") or ())
        verified = "without_diploma_entry" in profession.data.get("verified_fields", ())
        return Link(
            from_slug=None,
            to_slug=profession.slug,
            kind=ENTRY,
            diploma=None,
            months=0,
            training="none",
            entry="",
            exemptions="",
            note=start.get("note") or "",
            funding=(),
            keeps_pay=True,
            verified=verified,
            route_verified=verified,
            sources=sources,
            as_of=self.newest(sources),
            exceptional=start.get("how") == "exception",
        )

    def training(self, profession: ProfessionEntry, diploma: DiplomaEntry) -> Link:
        sources = tuple(diploma.data.get("sources") or ())
        verified = diploma.verified and "entry_requirements" in (
            diploma.data.get("verified_fields") or ()
        )
        routes = diploma.data.get("access_routes") or ()
        funding = ("apprentissage",) if "apprentissage" in routes else ()
        return Link(
            from_slug=None,
            to_slug=profession.slug,
            kind=ENTRY,
            diploma=diploma.slug,
            months=(diploma.data.get("duration") or {}).get("months"),
            training="full",
            entry=diploma.data.get("entry_requirements") or "",
            exemptions="",
            note="",
            funding=funding,
            keeps_pay="formation en emploi" in routes or self.keeps_pay(funding),
            verified=verified,
            route_verified=verified,
            sources=sources,
            as_of=self.newest(sources),
            asks_bac=diploma.data["opens_to"] == "bac",
        )

    def move(self, edge: EdgeEntry) -> Link:
        data = edge.data
        sources = tuple(data.get("sources") or ())
        funding = tuple(dict.fromkeys(data.get("funding") or ()))
        return Link(
            from_slug=edge.from_slug,
            to_slug=edge.to_slug,
            kind=edge.kind,
            diploma=edge.diploma,
            months=edge.duration_months,
            training=self.training_due(edge),
            entry=data.get("entry") or "",
            exemptions=data.get("exemptions") or "",
            note=data.get("note") or "",
            funding=funding,
            keeps_pay=edge.diploma is None or self.keeps_pay(funding),
            verified=edge.verified,
            route_verified=bool(data.get("route_verified")),
            sources=sources,
            as_of=self.newest(sources),
            presumes=self.presumed(edge),
            experience_years=data.get("experience_years"),
            experience_for=data.get("experience_for"),
        )

    def training_due(self, edge: EdgeEntry) -> str | None:
        """Say whether the whole training is due: when it is written, or nothing shortens it."""
        if edge.data.get("training"):
            return str(edge.data["training"])
        whole = edge.diploma and not edge.data.get("exemptions") and self.is_full_length(edge)
        return "full" if whole else None

    def is_full_length(self, edge: EdgeEntry) -> bool:
        full = self.full_months(edge.diploma)
        return (
            full is not None and edge.duration_months is not None and edge.duration_months >= full
        )

    def full_months(self, diploma: str | None) -> float | None:
        duration: Mapping[str, Any] = (
            self.diplomas[diploma].data.get("duration") or {} if diploma else {}
        )
        return duration.get("months")

    def presumed(self, edge: EdgeEntry) -> frozenset[str]:
        """Diplomas of the profession one leaves, unless anyone may take the whole training."""
        if edge.data.get("asks_diploma"):
            return frozenset(edge.data["asks_diploma"]) & self.diplomas.keys()
        diploma = self.diplomas[edge.diploma] if edge.diploma else None
        for_all = diploma is not None and diploma.data.get("opens_to") == "all"
        if for_all and self.is_full_length(edge):
            return frozenset()
        return self.required[edge.from_slug]

    def keeps_pay(self, funding: Iterable[str]) -> bool:
        return any(
            self.funding[slug].data.get("keeps_pay") for slug in funding if slug in self.funding
        )

    def newest(self, codes: Iterable[str]) -> str | None:
        return queries.newest_text(self.sources[code] for code in codes if code in self.sources)
