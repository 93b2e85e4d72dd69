"""What becomes of each fictional application, and when: decided here, applied elsewhere."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any, NamedTuple

from app.applications.enums import ActorKind, DiplomaHeld, Status
from app.applications.workflow import SILENCE, Family
from app.main.demo.days import working_instant

SEEN_BEFORE_ANSWER = 0.8


class Style(NamedTuple):
    """How an organisation answers: shares of its promise between which it does, and never."""

    soonest: float
    latest: float
    silent: float


STYLES = {
    "prompt": Style(0.05, 0.6, 0.02),
    "steady": Style(0.2, 1.1, 0.08),
    "slow": Style(0.8, 4.0, 0.25),
    "mute": Style(2.0, 7.0, 0.55),
}


class Move(NamedTuple):
    """One change of an application."""

    at: dt.datetime
    to: Status
    by: ActorKind = ActorKind.MEMBER
    reason: str | None = None


@dataclass(frozen=True)
class Setting:
    """What the stories of the applications to one listing depend on."""

    family: Family
    style: Style
    promise: dt.timedelta
    # When the listing closed, or the instant of loading.
    until: dt.datetime
    closed: bool
    only: str | None = None
    hires_left: list[int] = field(default_factory=lambda: [0])


def draw_moves(
    stories: Sequence[Mapping[str, Any]],
    setting: Setting,
    values: Mapping[str, Any],
    sent_at: dt.datetime,
    starts_at: dt.datetime | None,
    draw: Random,
) -> list[Move]:
    """Return the changes of an application that have happened at `setting.until`."""
    if setting.family is Family.EVENT:
        moves = list(_visit(sent_at, starts_at, draw))
    elif draw.random() < setting.style.silent and not setting.only:
        moves = list(_silence(sent_at, draw))
    else:
        moves = list(_tell(stories, setting, values, sent_at, starts_at, draw))
    happened = [move for move in moves if move.at <= setting.until]
    if setting.closed:
        happened.append(Move(setting.until, Status.CLOSED_ELSEWHERE, ActorKind.SYSTEM))
    return happened


def hire_before(end: dt.datetime, sent_at: dt.datetime) -> list[Move]:
    """Return the story of the person for whom a listing closed."""
    steps = (Status.SEEN, Status.CONTACTED, Status.MEETING, Status.HIRED)
    shares = (0.06, 0.12, 0.45, 0.97)
    return [
        Move(sent_at + share * (end - sent_at), step)
        for share, step in zip(shares, steps, strict=True)
    ]


def _visit(sent_at: dt.datetime, starts_at: dt.datetime | None, draw: Random) -> Iterator[Move]:
    """Tell an event: some cancel, most come."""
    if starts_at is None:
        return
    chance = draw.random()
    if chance < 0.12:
        cancelled = sent_at + (starts_at - sent_at) * draw.uniform(0.1, 0.9)
        yield Move(cancelled, Status.CANCELLED, ActorKind.CANDIDATE)
    elif chance < 0.14:
        yield Move(working_instant(sent_at, draw), Status.CANCELLED)
    over = starts_at + dt.timedelta(hours=2, minutes=draw.randrange(60))
    yield Move(over, Status.ABSENT if draw.random() < 0.22 else Status.ATTENDED)


def _silence(sent_at: dt.datetime, draw: Random) -> Iterator[Move]:
    if draw.random() < 0.5:
        seen = sent_at + dt.timedelta(days=draw.uniform(1, 12))
        yield Move(working_instant(seen, draw), Status.SEEN)
    yield Move(sent_at + SILENCE, Status.EXPIRED_NO_ANSWER, ActorKind.SYSTEM)


def _tell(
    stories: Sequence[Mapping[str, Any]],
    setting: Setting,
    values: Mapping[str, Any],
    sent_at: dt.datetime,
    starts_at: dt.datetime | None,
    draw: Random,
) -> Iterator[Move]:
    story = _choose(stories, setting, draw)
    delay = setting.promise * draw.uniform(setting.style.soonest, setting.style.latest)
    at = working_instant(sent_at + delay, draw)
    seen = working_instant(sent_at + delay * draw.uniform(0.1, 0.9), draw)
    if seen < at and draw.random() < SEEN_BEFORE_ANSWER:
        yield Move(seen, Status.SEEN)
    if at > sent_at + SILENCE:
        yield Move(sent_at + SILENCE, Status.EXPIRED_NO_ANSWER, ActorKind.SYSTEM)
    for name, days in story["steps"]:
        at = working_instant(at + dt.timedelta(days=days * draw.uniform(0.6, 1.4)), draw)
        if name == Status.ENROLLED:
            # The day after the course begins.
            at = (starts_at or at) + dt.timedelta(days=1)
        yield _step(Status(name), at, story, setting, values, draw)


def _choose(
    stories: Sequence[Mapping[str, Any]], setting: Setting, draw: Random
) -> Mapping[str, Any]:
    known = [story for story in stories if story["family"] == setting.family]
    if setting.only:
        known = [story for story in known if story["name"] == setting.only]
    return draw.choices(known, [story["weight"] for story in known])[0]


def _step(
    to: Status,
    at: dt.datetime,
    story: Mapping[str, Any],
    setting: Setting,
    values: Mapping[str, Any],
    draw: Random,
) -> Move:
    if to is Status.WITHDRAWN:
        return Move(at, to, ActorKind.CANDIDATE)
    if to is Status.HIRED and at <= setting.until:
        setting.hires_left[0] -= 1
        if setting.hires_left[0] < 0:
            return Move(at, Status.DECLINED, reason="experience")
    if to not in {Status.DECLINED, Status.REFUSED}:
        return Move(at, to)
    reason = draw.choice(story["reasons"])
    if reason == "diploma" and values.get("diploma_held") == DiplomaHeld.YES:
        reason = "experience"
    return Move(at, to, reason=reason)
