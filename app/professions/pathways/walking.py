"""Every walk of one to three moves through the graph, as steps of the person who asked."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from app.professions.pathways.base import Base, Link
from app.professions.pathways.blocks import Credit, credit, to_confirm
from app.professions.pathways.model import ENTRY, Block, Situation, Step

MAX_STEPS = 3


@dataclass(frozen=True, slots=True)
class Move:
    """A step, and what explains it: the link walked and what the diplomas held give.

    `held`: the diploma asked for is held already. `supposed`: diplomas of which one is taken for
    held without having been said. `first`: nothing was worked yet in the profession one leaves.
    """

    step: Step
    link: Link
    held: bool
    supposed: frozenset[str]
    given_by: tuple[str, ...]
    first: bool


Walk = tuple[Move, ...]


class Walker:
    """Walks from one situation. `visited` counts the moves looked at, which bounds the work."""

    def __init__(self, base: Base, situation: Situation) -> None:
        self.base = base
        self.situation = situation
        self.start = situation.profession
        self.visited = 0
        self._moves: dict[tuple[object, ...], Move] = {}
        held = situation.diplomas & base.diplomas.keys()
        present = base.professions[self.start] if self.start else None
        if present and present.regulated:
            held |= base.required[present.slug]
        self.held = frozenset(held)

    def walks(self, target: str | None = None) -> Iterator[Walk]:
        """Yield the walks by the moves of the base and the diplomas held, to `target` if any."""
        yield from self._from([*self._present_links(), *self._held_links()], target)

    def walks_of_beginners(self, target: str) -> Iterator[Walk]:
        """Yield the walks of those who start: what is left when no move leads to `target`."""
        yield from self._from(self._entries(), target)

    def trainings(self, target: str) -> Iterator[Walk]:
        """Yield the trainings open to all that lead straight to `target`."""
        links = [link for link in self._entries() if link.to_slug == target and link.diploma]
        yield from self._from(links, target)

    def _from(self, links: Iterable[Link], target: str | None) -> Iterator[Walk]:
        seen = (self.start,) if self.start else ()
        for link in links:
            if link.to_slug not in seen:
                yield from self._follow((), link, (*seen, link.to_slug), self.held, target)

    def _present_links(self) -> Iterable[Link]:
        return self.base.links.get(self.start, ()) if self.start else self.base.entries

    def _entries(self) -> Iterable[Link]:
        return [replace(link, from_slug=self.start) for link in self.base.entries]

    def _held_links(self) -> Iterator[Link]:
        for diploma in sorted(self.situation.diplomas & self.base.diplomas.keys()):
            for slug in self.base.opened[diploma]:
                yield self._opened(diploma, slug)

    def _opened(self, diploma: str, slug: str) -> Link:
        entry = self.base.diplomas[diploma]
        return Link(
            from_slug=self.start,
            to_slug=slug,
            kind=ENTRY,
            diploma=diploma,
            months=0,
            training="none",
            entry="",
            exemptions="",
            note="",
            funding=(),
            keeps_pay=True,
            verified=entry.verified,
            route_verified=entry.verified,
            sources=tuple(entry.data.get("sources") or ()),
            as_of=None,
        )

    def _follow(
        self,
        walked: Walk,
        link: Link,
        seen: tuple[str, ...],
        held: frozenset[str],
        target: str | None,
    ) -> Iterator[Walk]:
        self.visited += 1
        walk = (*walked, self._move(link, held, first=not walked))
        if target in (None, link.to_slug):
            yield walk
        if len(walk) == MAX_STEPS or link.to_slug == target:
            return
        holds = held | {link.diploma} if link.diploma else held
        for following in self.base.links.get(link.to_slug, ()):
            if following.to_slug in seen:
                continue
            if following.presumes and not following.presumes & holds:
                continue
            yield from self._follow(walk, following, (*seen, following.to_slug), holds, target)

    def _move(self, link: Link, held: frozenset[str], first: bool) -> Move:
        """Return the step of a link; the same one serves all the walks where the same counts."""
        counting = self.base.counting[link.diploma] if link.diploma else frozenset()
        told = held & (counting | link.presumes)
        key = (link.from_slug, link.to_slug, link.kind, link.diploma, link.training, told, first)
        if key not in self._moves:
            self._moves[key] = self._made(link, told, first)
        return self._moves[key]

    def _made(self, link: Link, held: frozenset[str], first: bool) -> Move:
        supposed: frozenset[str] = frozenset()
        if first and link.presumes and not link.presumes & held:
            supposed = link.presumes
        already = link.diploma in held
        given = self._credit(link.diploma, held | supposed)
        given = None if already else given
        full = self._full_hours(link.diploma)
        hours_left = self._hours_left(link, given, full)
        nothing_left = already or (given is not None and given.hours_left == 0)
        months = 0 if nothing_left else link.months
        step = Step(
            from_slug=link.from_slug,
            to_slug=link.to_slug,
            kind=link.kind,
            diploma=link.diploma,
            months=months,
            hours_full=full,
            hours_left=0 if already else hours_left,
            blocks=self._blocks(link, given),
            entry=link.entry,
            exemptions=link.exemptions,
            note=link.note,
            funding=link.funding,
            keeps_pay=link.keeps_pay or already,
            verified=link.verified,
            route_verified=link.route_verified,
            sources=link.sources,
            as_of=link.as_of,
        )
        return Move(step, link, already, supposed, given.given_by if given else (), first)

    def _credit(self, diploma: str | None, held: frozenset[str]) -> Credit | None:
        return credit(self.base.diplomas[diploma], held) if diploma else None

    def _full_hours(self, diploma: str | None) -> int | None:
        if diploma is None:
            return None
        hours: int | None = (self.base.diplomas[diploma].data.get("duration") or {}).get("hours")
        return hours

    @staticmethod
    def _blocks(link: Link, given: Credit | None) -> tuple[Block, ...]:
        """Return the blocks; all to confirm when the move is shortened but no table was read."""
        if given is None:
            return ()
        if link.training == "full" or given.given_by:
            return given.blocks
        return tuple(replace(block, status="unknown", note=to_confirm()) for block in given.blocks)

    @staticmethod
    def _hours_left(link: Link, given: Credit | None, full: int | None) -> int | None:
        """Return the hours of training left when they were read, else None: never a guess."""
        if link.training == "none":
            return 0
        if given and given.hours_left is not None:
            return given.hours_left if full is None else min(given.hours_left, full)
        shortened = given is not None and bool(given.given_by)
        return full if link.training == "full" and not shortened else None
