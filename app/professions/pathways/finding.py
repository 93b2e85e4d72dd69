"""The search: exhaustive, pure and deterministic."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace

from app.professions.pathways import choosing, words
from app.professions.pathways.base import Base
from app.professions.pathways.model import ORDERS, Answer, Pathway, Situation, Wishes
from app.professions.pathways.walking import Walk, Walker

WAYS = 5


def find(base: Base, situation: Situation, wishes: Wishes) -> Answer:
    """Return the ways from where a person is to where she wants to go, best first.

    With a target, up to five different ways to it; without, the best way to each profession.
    """
    situation, wishes, remarks = _understood(base, situation, wishes)
    walker = Walker(base, situation)
    walks = list(walker.walks(wishes.target))
    walks += _trainings(walker, walks)
    if wishes.target:
        if not walks:
            walks = list(walker.walks_of_beginners(wishes.target))
            remarks += [words.no_move(base, situation, wishes)] if walks else []
        remarks += words.above_target(base, walker.held, wishes.target)
        remarks += words.too_early(base, situation, walks)
    within = choosing.limits(base, wishes)
    allowed = [walk for walk in walks if all(limit(walk) for limit in within.values())]
    if walks and not allowed:
        remarks.append(words.nothing_within(base, wishes, walks, within))
    if not walks:
        remarks.append(words.nowhere(base, situation, wishes))
    best = _best(base, wishes, allowed)
    ways = tuple(
        _pathway(base, situation, wishes, walk, first=place == 0) for place, walk in enumerate(best)
    )
    return Answer(ways, tuple(dict.fromkeys(remarks)))


def _understood(
    base: Base, situation: Situation, wishes: Wishes
) -> tuple[Situation, Wishes, list[str]]:
    """Set aside what cannot be answered, with a sentence for each thing set aside."""
    remarks: list[str] = []
    if situation.profession and situation.profession not in base.professions:
        remarks.append(words.unknown_profession(base, situation.profession, start=True))
        situation = replace(situation, profession=None)
    if wishes.target and wishes.target not in base.professions:
        remarks.append(words.unknown_profession(base, wishes.target, start=False))
        wishes = replace(wishes, target=None)
    if wishes.target and wishes.target == situation.profession:
        remarks.append(words.target_is_present(base, wishes.target))
        wishes = replace(wishes, target=None)
    if wishes.order not in ORDERS:
        wishes = replace(wishes, order=ORDERS[0])
    return _plausible(base, situation, remarks), wishes, remarks


def _plausible(base: Base, situation: Situation, remarks: list[str]) -> Situation:
    """Set aside the diplomas that are unknown, and years that mean nothing."""
    if strangers := situation.diplomas - base.diplomas.keys():
        remarks.append(words.unknown_diplomas(strangers))
        situation = replace(situation, diplomas=situation.diplomas - strangers)
    remarks += words.former_diplomas(base, situation.diplomas)
    if situation.years is None:
        return situation
    if not 0 <= situation.years <= 60:
        remarks.append(words.impossible_years())
        return replace(situation, years=None)
    if not situation.profession:
        if situation.years:
            remarks.append(words.years_of_nothing())
        return replace(situation, years=None)
    return situation


def _trainings(walker: Walker, walks: Iterable[Walk]) -> list[Walk]:
    """Return the trainings open to all towards the professions that walks lead to."""
    return [
        training
        for target, found in _by_target(walks).items()
        for training in choosing.other_trainings(walker.trainings(target), found)
    ]


def _by_target(walks: Iterable[Walk]) -> dict[str, list[Walk]]:
    found: dict[str, list[Walk]] = defaultdict(list)
    for walk in walks:
        found[walk[-1].step.to_slug].append(walk)
    return found


def _best(base: Base, wishes: Wishes, walks: Iterable[Walk]) -> list[Walk]:
    key = choosing.rank(base, wishes)
    ranked = sorted(walks, key=key)
    if wishes.target:
        return choosing.shown(choosing.different(choosing.without_detours(ranked)), WAYS)
    groups = _by_target(ranked).values()
    return sorted((next(choosing.without_detours(group)) for group in groups), key=key)


def _pathway(base: Base, situation: Situation, wishes: Wishes, walk: Walk, first: bool) -> Pathway:
    return Pathway(
        steps=tuple(move.step for move in walk),
        months=choosing.months_of(walk),
        hours_left=choosing.hours_of(walk),
        level=choosing.level_of(base, walk),
        verified=not choosing.unverified(walk),
        reasons=words.reasons(base, situation, wishes, walk, first=first),
    )
