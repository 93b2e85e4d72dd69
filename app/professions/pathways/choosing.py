"""Which walks are worth showing, and in which order."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from app.professions.pathways.base import Base
from app.professions.pathways.model import Wishes
from app.professions.pathways.walking import Walk


def months_of(walk: Walk) -> float | None:
    """Return the months of training of a walk; None when those of a step are unknown."""
    months = [move.step.months for move in walk]
    return None if None in months else sum(month for month in months if month is not None)


def hours_of(walk: Walk) -> int | None:
    """Return the hours of training left of a walk; None when those of a step are unknown."""
    hours = [move.step.hours_left for move in walk]
    return None if None in hours else sum(hour for hour in hours if hour is not None)


def level_of(base: Base, walk: Walk) -> int | None:
    """Return the level of the diploma of the profession a walk leads to, or of its last step."""
    last = walk[-1].step
    diplomas = {last.diploma} if last.diploma else base.required[last.to_slug]
    levels = [base.diplomas[slug].level for slug in diplomas]
    return min((level for level in levels if level is not None), default=None)


def prepared(walk: Walk) -> frozenset[str]:
    """Return the diplomas to prepare along a walk."""
    return frozenset(
        move.step.diploma for move in walk if move.step.diploma and move.step.months != 0
    )


def keeps_pay(walk: Walk) -> bool:
    """Whether a pay can be kept at every step."""
    return all(move.step.keeps_pay for move in walk)


def is_verified(walk: Walk) -> bool:
    """Whether every step was read in its sources."""
    return all(move.step.verified for move in walk)


def limits(base: Base, wishes: Wishes) -> dict[str, Callable[[Walk], bool]]:
    """Return the limits wished for, by name: each says whether a walk is within it."""
    found: dict[str, Callable[[Walk], bool]] = {}
    if wishes.keep_pay:
        found["keep_pay"] = keeps_pay
    if (most := wishes.max_months) is not None:
        found["max_months"] = lambda walk: (months_of(walk) or 0) <= most
    if (highest := wishes.max_level) is not None:
        found["max_level"] = lambda walk: all(
            level is None or level <= highest
            for level in (
                level_of(base, walk),
                *(base.diplomas[slug].level for slug in prepared(walk)),
            )
        )
    if (near := wishes.taught_near) is not None:
        found["taught_near"] = lambda walk: prepared(walk) <= near
    return found


def rank(base: Base, wishes: Wishes) -> Callable[[Walk], tuple[Any, ...]]:
    """Return the key that puts the best walk first: what is unknown comes last."""

    def key(walk: Walk) -> tuple[Any, ...]:
        months, hours, level = months_of(walk), hours_of(walk), level_of(base, walk)
        asked = {"hours": hours, "level": level}.get(wishes.order, months)
        return (
            wishes.max_months is not None and months is None,
            asked is None,
            asked or 0,
            months is None,
            months or 0,
            len(walk),
            not is_verified(walk),
            *(base.professions[move.step.to_slug].position for move in walk),
            *(move.step.diploma or "" for move in walk),
        )

    return key


def without_detours(walks: Iterable[Walk]) -> list[Walk]:
    """Drop the walks that go round for nothing.

    A walk is a detour when another one leads to the same profession through some of its
    professions only. It is kept if it changes something: it is shorter, or its length is known
    and not that of the other; or it keeps a pay and the other does not; or it was read in sources
    and the other was not; or it is no longer, and starts at once by a job where the other starts
    by a training.
    """
    found = list(walks)
    by_slugs = [(walk, tuple(move.step.to_slug for move in walk)) for walk in found]
    return [
        walk
        for walk, slugs in by_slugs
        if not any(
            len(fewer) < len(slugs) and _within(fewer, slugs) and not _adds(walk, shorter)
            for shorter, fewer in by_slugs
        )
    ]


def _within(fewer: tuple[str, ...], slugs: tuple[str, ...]) -> bool:
    rest = iter(slugs)
    return fewer[-1] == slugs[-1] and all(slug in rest for slug in fewer)


def _adds(walk: Walk, shorter: Walk) -> bool:
    mine, other = months_of(walk), months_of(shorter)
    if mine is not None and (other is None or mine < other):
        return True
    if keeps_pay(walk) and not keeps_pay(shorter):
        return True
    if is_verified(walk) and not is_verified(shorter):
        return True
    at_once = walk[0].step.months == 0 and shorter[0].step.months != 0
    return at_once and mine == other
