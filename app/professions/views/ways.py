"""A way between professions, said in words for the page that shows it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from app.core import clock, filters
from app.core.filters import date_long, date_short, euros, number
from app.core.i18n import _, plural
from app.listings.coach.minimum_wage import minimum_wage
from app.listings.queries import Live
from app.professions import details, queries
from app.professions.details import LegalMinimum
from app.professions.enums import TermKind
from app.professions.forms import Asked
from app.professions.pathways import Base, Block, Pathway, Step
from app.professions.queries import ProfessionEntry, SourceEntry, TermEntry

# The name of a way of one step without a diploma.
DIRECT = "direct"
# A kind of listing -> the value of `type` in the address of a search.
_PARAMS = {
    "training": "formation",
    "internship": "stage",
    "job": "emploi",
    "immersion": "immersion",
    "event": "rendez-vous",
}
_LINKS = {
    "training": ("%(num)d formation ouverte", "%(num)d formations ouvertes"),
    "internship": ("%(num)d stage", "%(num)d stages"),
    "job": ("%(num)d emploi", "%(num)d emplois"),
}


@dataclass(frozen=True, slots=True)
class Opened:
    """What is open around the place asked, by (profession, kind) and by diploma."""

    by_profession: Mapping[tuple[str, str], Live]
    by_diploma: Mapping[str, Live]


@dataclass(frozen=True, slots=True)
class Pay:
    """The pay of those who start in a profession, before tax, a month; `dated`: of what time."""

    text: str
    dated: str
    verified: bool


@dataclass(frozen=True, slots=True)
class Link:
    """Listings of a step; `query`: arguments of the search that shows them."""

    text: str
    query: dict[str, Any]


@dataclass(slots=True)
class Stage:
    """A step with what the page says of it."""

    step: Step
    origin: ProfessionEntry | None
    target: ProfessionEntry
    diploma: str
    months: str
    hours: str
    pay: Pay
    trainings: list[Link]
    openings: list[Link]
    funding: list[TermEntry]
    facts_as_of: str
    sources: list[SourceEntry]


@dataclass(slots=True)
class Way:
    """A pathway with what the page says of it; `by` names it in an address."""

    path: Pathway
    by: tuple[str, ...]
    stages: list[Stage]
    months: str
    hours: str
    before: Pay | None
    after: Pay
    kept: str
    next_start: dt.datetime | None
    next_seats: int
    trainings: int
    jobs: int
    funding: list[TermEntry]

    @property
    def target(self) -> ProfessionEntry:
        """Return the profession it leads to."""
        return self.stages[-1].target

    @property
    def origin(self) -> ProfessionEntry | None:
        """Return the profession it leaves."""
        return self.stages[0].origin

    @property
    def pay_dated(self) -> str:
        """Return of what time the two pays are."""
        before, after = self.before.dated if self.before else "", self.after.dated
        if before and after and before != after:
            return _(
                "avant\u00a0: %(before)s\u00a0; après\u00a0: %(after)s", before=before, after=after
            )
        return after or before

    @property
    def diplomas(self) -> list[str]:
        """Return the diplomas to prepare."""
        return [stage.diploma for stage in self.stages if _is_taught(stage.step)]

    @property
    def trained(self) -> bool:
        """Whether there is something to learn."""
        return any(_is_taught(stage.step) for stage in self.stages)


def _is_taught(step: Step) -> bool:
    """Return whether there is a training to follow: the diploma is not held yet."""
    return step.diploma is not None and step.months != 0


def _training(step: Step, opened: Opened) -> Live | None:
    """Return the trainings open for a step; those of the profession when no diploma is said."""
    return opened.by_diploma.get(step.diploma or "") or opened.by_profession.get(
        (step.to_slug, "training")
    )


def name_of(path: Pathway) -> tuple[str, ...]:
    """Return the professions and diplomas by which an address tells a way from the others."""
    names: list[str] = []
    for step in path.steps:
        names += [step.diploma] if step.diploma else []
        names.append(step.to_slug)
    return tuple(names[:-1]) or (DIRECT,)


def chosen(paths: tuple[Pathway, ...], by: tuple[str, ...]) -> Pathway | None:
    """Return the way an address names: exactly, else by the professions or diplomas it gives."""
    named = [(path, name_of(path)) for path in paths]
    exact = (path for path, name in named if name == by)
    near = (path for path, name in named if by and set(by) <= {*name, path.slugs[-1]})
    return next(exact, None) or next(near, None)


def explain(base: Base, asked: Asked, path: Pathway, opened: Opened) -> Way:
    """Say a pathway in words, with what is open for each of its steps."""
    stages = [_stage(base, asked, step, opened) for step in path.steps]
    first = next((_training(step, opened) for step in path.steps if _is_taught(step)), None)
    jobs = opened.by_profession.get((path.slugs[-1], "job"))
    funding = {term.slug: term for stage in stages for term in stage.funding}
    return Way(
        path=path,
        by=name_of(path),
        stages=stages,
        months=months_text(path.months),
        hours=hours_text(path.hours_left),
        before=pay_of(stages[0].origin) if stages[0].origin else None,
        after=pay_of(stages[-1].target),
        kept=_kept(path),
        next_start=first.next_start if first else None,
        next_seats=first.seats if first else 0,
        trainings=first.listings if first else 0,
        jobs=jobs.listings if jobs else 0,
        funding=list(funding.values()),
    )


def months_text(months: float | None) -> str:
    """Write « 11 mois », « tout de suite », « durée non connue »."""
    if months is None:
        return _("durée non connue")
    if not months:
        return _("tout de suite")
    return filters.months(months)


def hours_text(hours: int | None) -> str:
    """Write « 1 540 h »; empty when they are unknown."""
    return "" if hours is None else _("%(hours)s\u00a0h", hours=number(hours))


def legal_minimum() -> LegalMinimum | None:
    """Return the minimum wage of the day."""
    wage = minimum_wage(clock.paris_date(clock.now()))
    if wage is None:
        return None
    return LegalMinimum(wage.monthly_cents, wage.since, wage.verified, wage.source)


def pay_of(profession: ProfessionEntry) -> Pay:
    """Write « 1 836 à 2 077 € », never under the legal minimum of the day."""
    pay = details.pay_of(profession, legal_minimum())
    if pay is None:
        return Pay(_("non connue"), "", verified=True)
    low, high = round(pay.low_cents / 100), round(pay.high_cents / 100)
    text = (
        number(low) if high == low else _("%(low)s à %(high)s", low=number(low), high=number(high))
    )
    return Pay(f"{text}\u00a0€", _dated(pay), pay.verified)


def _dated(pay: details.Pay) -> str:
    if pay.minimum is None:
        return _("chiffres de %(year)s", year=pay.year)
    since = date_long(pay.minimum.since)
    if pay.high_cents == pay.minimum.cents:
        return _("SMIC du %(day)s", day=since)
    return _("chiffres de %(year)s, relevés au SMIC du %(day)s", year=pay.year, day=since)


def minimum_said() -> str:
    """Say what nobody may be paid less than, when it is known."""
    wage = legal_minimum()
    if wage is None:
        return ""
    return _(
        "Personne ne peut être payé moins que le SMIC\u00a0: %(amount)s brut par mois "
        "à temps plein depuis le %(day)s.",
        amount=euros(wage.cents),
        day=date_long(wage.since),
    )


def departure(profession: ProfessionEntry | None) -> str:
    """Write « D’aide à domicile », « De moniteur·rice-éducateur·rice »."""
    if profession is None:
        return ""
    return _of(profession.label, capital=True)


def arrival(label: str) -> str:
    """Write the name of a profession inside a sentence."""
    return label[:1].lower() + label[1:] if not label[:2].isupper() else label


def from_to(origin: str, target: str, months: float | None) -> str:
    """Name a move: « D’aide-soignant·e à infirmier·ère, 27 mois »."""
    return _(
        "%(origin)s à %(target)s, %(months)s",
        origin=_of(origin, capital=True),
        target=arrival(target),
        months=months_text(months),
    )


def _of(label: str, *, capital: bool) -> str:
    vowel = label[:1].lower() in "aeiouyéèêh"
    word = ("D’" if vowel else "De ") if capital else ("d’" if vowel else "de ")
    return word + arrival(label)


def _stage(base: Base, asked: Asked, step: Step, opened: Opened) -> Stage:
    diploma = base.diplomas.get(step.diploma or "")
    sources = queries.sources()
    return Stage(
        step=step,
        origin=base.professions.get(step.from_slug or ""),
        target=base.professions[step.to_slug],
        diploma=diploma.label if diploma else "",
        months=months_text(step.months),
        hours=hours_text(step.hours_left),
        pay=pay_of(base.professions[step.to_slug]),
        trainings=_links(asked, step.to_slug, opened, "training") if _is_taught(step) else [],
        openings=_links(asked, step.to_slug, opened, "internship", "job"),
        funding=[term for slug in step.funding if (term := queries.term(TermKind.FUNDING, slug))],
        facts_as_of=date_long(dt.date.fromisoformat(step.as_of)) if step.as_of else "",
        sources=[sources[code] for code in step.sources if code in sources],
    )


def _links(asked: Asked, slug: str, opened: Opened, *kinds: str) -> list[Link]:
    """Return the searches that have results, each with how many."""
    links = []
    for kind in kinds:
        live = opened.by_profession.get((slug, kind))
        if live is None:
            continue
        text = plural(*_LINKS[kind], live.listings)
        if live.seats:
            text += plural(", %(num)d place", ", %(num)d places", live.seats)
        if live.next_start and kind == "training":
            text += _(", dès le %(day)s", day=date_short(live.next_start))
        links.append(Link(text, search_of(asked, slug, kind)))
    return links


def search_of(asked: Asked, slug: str, *kinds: str) -> dict[str, Any]:
    """Return the arguments of the search for listings of a profession near the place asked."""
    query: dict[str, Any] = {"type": [_PARAMS[kind] for kind in kinds], "metier": slug}
    if asked.place:
        query |= {"ou": asked.place_text, "rayon": asked.radius_km}
    return query


def _kept(path: Pathway) -> str:
    """Say how many of the blocks to prepare are already acquired."""
    blocks = [block for step in path.steps for block in step.blocks]
    acquired = _count(blocks, "acquired")
    shortened = _count(blocks, "shortened")
    if acquired:
        return _("%(num)s blocs sur %(total)s", num=acquired, total=len(blocks))
    if shortened:
        return plural("%(num)d bloc raccourci", "%(num)d blocs raccourcis", shortened)
    if _count(blocks, "unknown"):
        return _("Des équivalences, à confirmer")
    return ""


def _count(blocks: list[Block], status: str) -> int:
    return sum(block.status == status for block in blocks)
