"""What is asked of the search of pathways, and what it answers. Values only."""

from __future__ import annotations

from dataclasses import dataclass

ENTRY = "entry"
ORDERS = ("months", "hours", "level")


@dataclass(frozen=True, slots=True)
class Situation:
    """Where a person is. `profession` None: somebody who starts. `years` None: not said."""

    profession: str | None
    diplomas: frozenset[str] = frozenset()
    years: int | None = None


@dataclass(frozen=True, slots=True)
class Wishes:
    """What a person asks for. `taught_near`: diplomas taught near enough; None: anywhere."""

    target: str | None = None
    keep_pay: bool = False
    max_months: int | None = None
    max_level: int | None = None
    taught_near: frozenset[str] | None = None
    order: str = "months"


@dataclass(frozen=True, slots=True)
class Block:
    """A block of the diploma prepared; `status`: acquired, shortened, to-follow or unknown."""

    number: str
    title: str
    hours: int | None
    status: str
    note: str
    from_diploma: str | None


@dataclass(frozen=True, slots=True)
class Step:
    """One move, as it is for the person who asked.

    `kind` is a MobilityKind, or "entry" when one comes in from outside or by a diploma held.
    `months` and `hours_left` count the training; 0: none to follow; None: unknown.
    """

    from_slug: str | None
    to_slug: str
    kind: str
    diploma: str | None
    months: float | None
    hours_full: int | None
    hours_left: int | None
    blocks: tuple[Block, ...]
    entry: str
    exemptions: str
    note: str
    funding: tuple[str, ...]
    keeps_pay: bool
    verified: bool
    route_verified: bool
    sources: tuple[str, ...]
    as_of: str | None


@dataclass(frozen=True, slots=True)
class Pathway:
    """One to three steps; `reasons` say in French why this way. `level`: of the last diploma."""

    steps: tuple[Step, ...]
    months: float | None
    hours_left: int | None
    level: int | None
    verified: bool
    reasons: tuple[str, ...]

    @property
    def slugs(self) -> tuple[str, ...]:
        """Professions walked, the one of departure first when there is one."""
        start = self.steps[0].from_slug
        return (*((start,) if start else ()), *(step.to_slug for step in self.steps))

    @property
    def keeps_pay(self) -> bool:
        """Whether a pay can be kept at every step."""
        return all(step.keeps_pay for step in self.steps)


@dataclass(frozen=True, slots=True)
class Answer:
    """Pathways, best first, and useful sentences in French."""

    pathways: tuple[Pathway, ...]
    remarks: tuple[str, ...]
