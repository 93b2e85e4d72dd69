"""What the page of a profession says, in words ready to be shown. What is unknown is said."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from app.core import filters
from app.core.filters import euros, number
from app.core.i18n import _, lazy
from app.professions import queries
from app.professions.enums import MobilityKind
from app.professions.queries import DiplomaEntry, EdgeEntry, ProfessionEntry, SourceEntry

# The complement of the « Ségur » as the base counts it: 49 points, 183 € after tax.
SEGUR_CENTS = 24_122

LEVELS: Mapping[str, tuple[int, int]] = {
    "cap": (1, 3),
    "bac": (4, 4),
    "bac-2": (5, 5),
    "bac-3": (6, 8),
}
LEVEL_LABELS = {
    "cap": lazy("CAP"),
    "bac": lazy("Bac"),
    "bac-2": lazy("Bac\u00a0+\u00a02"),
    "bac-3": lazy("Bac\u00a0+\u00a03 et plus"),
}
_OF_LEVEL = {
    3: lazy("niveau CAP"),
    4: lazy("niveau bac"),
    5: lazy("niveau bac\u00a0+\u00a02"),
    6: lazy("niveau bac\u00a0+\u00a03"),
    7: lazy("niveau bac\u00a0+\u00a05"),
    8: lazy("niveau bac\u00a0+\u00a08"),
}
MOVE_LABELS = {
    MobilityKind.PROMOTION: lazy("Promotion"),
    MobilityKind.SPECIALISATION: lazy("Spécialisation"),
    MobilityKind.RECONVERSION: lazy("Reconversion"),
    MobilityKind.MANAGEMENT: lazy("Encadrement"),
}
RELIABILITY = {
    "A": lazy("texte officiel ou site public"),
    "B": lazy("presse spécialisée ou école"),
    "C": lazy("source à recouper"),
}


class LegalMinimum(NamedTuple):
    """The minimum wage in force: gross cents a month, since when, and where it was read."""

    cents: int
    since: Any
    verified: bool
    source: str | None


class PayLine(NamedTuple):
    """A line of the table of the pay: who pays it, its parts and their sum, in words."""

    who: str
    base: str
    segur: str
    total: str


@dataclass(frozen=True)
class Pay:
    """The pay at the start. `minimum`: the legal minimum has risen above what the base holds."""

    text: str
    lines: tuple[PayLine, ...]
    low_cents: int
    high_cents: int
    basis: str
    extra: str
    year: int
    verified: bool
    minimum: LegalMinimum | None


class Way(NamedTuple):
    """A diploma that leads to the profession, and how one gets it."""

    diploma: DiplomaEntry
    required: bool
    duration: str
    duration_verified: bool
    level: str
    entry: str
    entry_verified: bool

    @property
    def while_working(self) -> bool:
        """Whether apprentices may prepare it."""
        return "apprentissage" in self.diploma.data["access_routes"]

    @property
    def by_experience(self) -> bool:
        """Whether years of work may be worth it."""
        return "VAE" in self.diploma.data["access_routes"]


class Move(NamedTuple):
    """A move to, or from, another profession."""

    profession: ProfessionEntry
    kind: str
    through: str
    duration: str
    verified: bool
    from_slug: str
    to_slug: str


def level_of(profession: ProfessionEntry) -> int | None:
    """Return the level of the least diploma that opens a profession; None: none, or unknown."""
    asked = set(profession.data["required_diplomas"])
    levels = [d.level for d in queries.diplomas() if d.slug in asked and d.level is not None]
    return min(levels, default=None)


def gist(profession: ProfessionEntry) -> str:
    """Return the first sentence of what a profession is."""
    return profession.summary.split(". ")[0].rstrip(".") + "."


def months_text(months: float | None) -> str:
    """Write « 11 mois », « 3 ans »; say that a duration is unknown."""
    if months is None:
        return _("durée non connue")
    if months >= 24 and months % 12 == 0:
        return _("%(n)s ans", n=number(int(months // 12)))
    return filters.months(months)


def pay_of(profession: ProfessionEntry, minimum: LegalMinimum | None) -> Pay | None:
    """Return the pay at the start, never under the legal minimum of the day; None: unknown."""
    said = profession.data["pay"]
    if not said or said["entry_gross_monthly"] is None:
        return None
    low = round(said["entry_gross_monthly"] * 100)
    high = round((said["entry_gross_monthly_high"] or said["entry_gross_monthly"]) * 100)
    with_segur = high - low == SEGUR_CENTS
    raised = minimum if minimum is not None and minimum.cents > low else None
    if raised is not None:
        high = raised.cents + SEGUR_CENTS if with_segur else max(high, raised.cents)
        low = raised.cents
    return Pay(
        text=_("%(low)s à %(high)s", low=number((low + 50) // 100), high=_round(high))
        if high > low
        else _("dès %(low)s", low=_round(low)),
        lines=_lines(low) if with_segur else (),
        low_cents=low,
        high_cents=high,
        basis=said["basis"].replace("241.22", "241,22"),
        extra=said["extra"] or "",
        year=said["year"],
        verified=bool(said["verified"]) and (raised is None or raised.verified),
        minimum=raised,
    )


def _round(cents: int) -> str:
    return euros((cents + 50) // 100 * 100)


def _lines(low: int) -> tuple[PayLine, ...]:
    segur = _("%(gross)s (183\u00a0€ net)", gross=euros(SEGUR_CENTS))
    return (
        PayLine(
            _("Là où le complément Ségur est versé"), euros(low), segur, euros(low + SEGUR_CENTS)
        ),
        PayLine(_("Là où il ne l’est pas"), euros(low), _("non"), euros(low)),
    )


def ways_to(profession: ProfessionEntry) -> list[Way]:
    """Return the diplomas that lead to a profession, those it asks for first."""
    asked = profession.data["required_diplomas"]
    led = [
        diploma
        for diploma in queries.diplomas()
        if diploma.slug in asked or profession.slug in diploma.professions
    ]
    usable = [diploma for diploma in led if diploma.data.get("access_routes")]
    ordered = sorted(usable, key=lambda d: (d.slug not in asked, d.position))
    return [_way(diploma, diploma.slug in asked) for diploma in ordered]


def _way(diploma: DiplomaEntry, required: bool) -> Way:
    data = diploma.data
    unsure = set(data.get("unverified_fields") or ())
    duration = data.get("duration") or {}
    months, hours = duration.get("months"), duration.get("hours")
    if hours and months:
        text = _("%(months)s, %(hours)s\u00a0h", months=months_text(months), hours=number(hours))
    elif hours:
        text = _("%(hours)s\u00a0h", hours=number(hours))
    else:
        text = months_text(months)
    return Way(
        diploma=diploma,
        required=required,
        duration=text,
        duration_verified=diploma.verified
        and not any(
            f"duration.{unit}" in unsure for unit in ("months", "hours") if duration.get(unit)
        ),
        level=str(_OF_LEVEL.get(diploma.level or 0, "")),
        entry=data.get("entry_requirements") or "",
        entry_verified=diploma.verified and "entry_requirements" not in unsure,
    )


def moves_from(profession: ProfessionEntry) -> list[Move]:
    """Return where a profession leads, each profession once."""
    edges = queries.mobility_edges(from_slug=profession.slug)
    return _moves((edge.to_slug, edge) for edge in edges)


def moves_to(profession: ProfessionEntry) -> list[Move]:
    """Return from which professions people come, each once."""
    edges = queries.mobility_edges(to_slug=profession.slug)
    return _moves((edge.from_slug, edge) for edge in edges)


def _moves(others: Iterable[tuple[str, EdgeEntry]]) -> list[Move]:
    found: dict[str, Move] = {}
    labels = {diploma.slug: diploma.acronym or diploma.label for diploma in queries.diplomas()}
    for slug, edge in others:
        other = queries.profession_by_slug(slug)
        if other is None or slug in found:
            continue
        found[slug] = Move(
            profession=other,
            kind=str(MOVE_LABELS[MobilityKind(edge.kind)]),
            through=labels.get(edge.diploma or "", ""),
            duration=months_text(edge.duration_months)
            if edge.duration_months is not None or edge.diploma
            else _("sans nouveau diplôme"),
            verified=edge.verified,
            from_slug=edge.from_slug,
            to_slug=edge.to_slug,
        )
    return list(found.values())


def sources_of(
    profession: ProfessionEntry, ways: Iterable[Way], minimum: LegalMinimum | None
) -> list[SourceEntry]:
    """Return the sources of what the page says, in the order of the base."""
    codes = set(profession.data.get("sources") or ()) | set(profession.data["pay"]["sources"])
    for way in ways:
        codes |= set(way.diploma.data.get("sources") or ())
    for edge in queries.mobility_edges():
        if profession.slug in (edge.from_slug, edge.to_slug):
            codes |= set(edge.data.get("sources") or ())
    if minimum is not None and minimum.source:
        codes.add(minimum.source)
    return [source for code, source in queries.sources().items() if code in codes]
