"""Which walks are worth showing, and in which order."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from app.professions.pathways.base import Base
from app.professions.pathways.model import Wishes
from app.professions.pathways.walking import Walk

LONGER_AT_MOST = 1.5
ALIKE_AT_MOST = 2


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


def unverified(walk: Walk) -> int:
    """Return how many steps were not read in their sources."""
    return sum(not move.step.verified for move in walk)


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
            walk[0].link.exceptional,
            wishes.max_months is not None and months is None,
            asked is None,
            asked or 0,
            months is None,
            months or 0,
            len(walk),
            unverified(walk) > 0,
            *(base.professions[move.step.to_slug].position for move in walk),
            *(move.step.diploma or "" for move in walk),
        )

    return key


def other_trainings(trainings: Iterable[Walk], walks: Iterable[Walk]) -> list[Walk]:
    """Return the trainings open to all, but those that a move by the same diploma replaces.

    A move that asks for years of work replaces none: who has not got them may train at once.
    """
    replaced = {
        walk[0].step.diploma
        for walk in walks
        if len(walk) == 1 and (walk[0].held or walk[0].link.experience_for != "entry")
    }
    return [walk for walk in trainings if walk[0].step.diploma not in replaced]


def without_detours(walks: Iterable[Walk]) -> list[Walk]:
    """Drop the walks that go round for nothing.

    A walk of more steps than another to the same profession is kept if it changes something: it
    is shorter; or it keeps a pay and the other does not; or more of it was read in sources; or it
    asks for no bac and the other does; or, no longer than the other, it starts at once by a job.
    If it goes by other professions than the other it may also be longer, by half at most, for
    each step is a job of its own. To start somewhere exceptionally without the diploma replaces
    nothing.
    """
    found = [(walk, tuple(move.step.to_slug for move in walk)) for walk in walks]
    plain = [(walk, slugs) for walk, slugs in found if not walk[0].link.exceptional]
    return [
        walk
        for walk, slugs in found
        if not any(
            len(fewer) < len(slugs) and not _adds(walk, shorter, same_way=_within(fewer, slugs))
            for shorter, fewer in plain
        )
    ]


def different(walks: Iterable[Walk]) -> list[Walk]:
    """Keep the first two of the walks that prepare the same diplomas in the same order."""
    alike: Counter[tuple[str | None, ...]] = Counter()
    kept = []
    for walk in walks:
        diplomas = tuple(move.step.diploma for move in walk)
        alike[diplomas] += 1
        if alike[diplomas] <= ALIKE_AT_MOST:
            kept.append(walk)
    return kept


def shown(ranked: Sequence[Walk], most: int) -> list[Walk]:
    """Return the first ones, among which the surest and the one that starts without diploma."""
    usual = [walk for walk in ranked if not walk[0].link.exceptional]
    surest = min(usual, key=unverified, default=None)
    exceptional = next((walk for walk in ranked if walk[0].link.exceptional), None)
    musts = [walk for walk in (surest, exceptional) if walk]
    others = [walk for walk in ranked if walk not in musts]
    chosen = [*musts, *others[: most - len(musts)]]
    return [walk for walk in ranked if walk in chosen]


def _within(fewer: tuple[str, ...], slugs: tuple[str, ...]) -> bool:
    rest = iter(slugs)
    return all(slug in rest for slug in fewer)


def _adds(walk: Walk, shorter: Walk, *, same_way: bool) -> bool:
    mine, other = months_of(walk), months_of(shorter)
    if mine is not None and other is not None and mine < other:
        return True
    if keeps_pay(walk) and not keeps_pay(shorter):
        return True
    if unverified(walk) < unverified(shorter):
        return True
    if shorter[0].link.asks_bac and not walk[0].link.asks_bac:
        return True
    if not same_way and mine is not None and other is not None:
        return mine <= other * LONGER_AT_MOST
    at_once = walk[0].step.months == 0 and shorter[0].step.months != 0
    return at_once and mine == other
