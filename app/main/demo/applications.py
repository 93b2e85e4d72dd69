"""Applications of the demonstration: sent and moved in the order of time, as people would."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from random import Random
from typing import Any, NamedTuple

from app.accounts.models import User
from app.applications.enums import ActorKind, DeclineReason, Status
from app.applications.letters import add_note
from app.applications.models import Application
from app.applications.pool import agree, ask
from app.applications.receiving import submit_application
from app.applications.services import (
    NoSeatLeft,
    move_application,
    record_view,
    withdraw_application,
)
from app.applications.workflow import NEEDS_REASON, TAKEN_BACK, Family, allowed, family_of
from app.core.clock import end_of_paris_day
from app.listings.enums import Kind, Outcome
from app.listings.models import Listing, ListingSession
from app.main.demo.days import writing_instant
from app.main.demo.listings import ended_at
from app.main.demo.organisations import Owner
from app.main.demo.people import People
from app.main.demo.stories import STYLES, Move, Setting, draw_moves, hire_before

BEFORE_START = dt.timedelta(hours=2)
# Most people choose the next date.
NEXT_DATE = (6, 3, 1)
# What the file says of an application besides what the person wrote.
_ABOUT = {"listing", "session", "moves", "hours_ago", "decline", "notes", "kept"}


class Planned(NamedTuple):
    """An application that is going to be sent, and all that will happen to it."""

    values: Mapping[str, Any]
    session: ListingSession | None
    sent_at: dt.datetime
    moves: Sequence[Move]
    decline_message: str = ""
    notes: Sequence[tuple[str, dt.datetime]] = ()
    kept_at: dt.datetime | None = None


class Answers:
    """What the file of applications says, and the people who send them."""

    def __init__(self, data: Mapping[str, Any], communes: Sequence[str]) -> None:
        self._data = data
        self._people = People(data, communes)

    def send(
        self,
        listing: Listing,
        entry: Mapping[str, Any],
        owner: Owner,
        since: dt.datetime,
        now: dt.datetime,
    ) -> int:
        """Send and move the applications that a listing received since then; return how many."""
        seed = f"{entry['org']} {entry['title']} {(now - since).days}"
        draw = Random(seed)  # noqa: S311 - examples that repeat, no secret
        planned = [*self._drawn(listing, entry, owner, since, now, draw)]
        if since == listing.published_at:
            planned = [*self._written(listing, entry, now), *planned]
        steps: list[tuple[dt.datetime, Callable[[], None]]] = []
        sent: list[Application] = []
        for number, plan in enumerate(planned):
            steps += self._steps(
                f"demo-{listing.id}-{now:%y%m%d}-{number}", plan, listing, owner, sent
            )
        for _at, act in sorted(steps, key=lambda step: step[0]):
            act()
        return len(sent)

    def _written(
        self, listing: Listing, entry: Mapping[str, Any], now: dt.datetime
    ) -> Iterator[Planned]:
        """Give the applications written one by one in the file."""
        for answer in self._data["application"]:
            if answer["listing"] != [entry["org"], entry["title"]]:
                continue
            yield Planned(
                {name: value for name, value in answer.items() if name not in _ABOUT},
                listing.sessions[answer["session"]] if "session" in answer else None,
                now - dt.timedelta(hours=answer["hours_ago"]),
                [
                    Move(
                        now - dt.timedelta(hours=hours_ago),
                        Status(status),
                        ActorKind.CANDIDATE if status in TAKEN_BACK else ActorKind.MEMBER,
                        reason=answer.get("decline", {}).get("reason"),
                    )
                    for status, hours_ago in answer["moves"]
                ],
                answer.get("decline", {}).get("message", ""),
                [
                    (text, now - dt.timedelta(hours=hours_ago))
                    for text, hours_ago in answer.get("notes", ())
                ],
                now - dt.timedelta(hours=answer["kept"]) if "kept" in answer else None,
            )

    def _drawn(
        self,
        listing: Listing,
        entry: Mapping[str, Any],
        owner: Owner,
        since: dt.datetime,
        now: dt.datetime,
        draw: Random,
    ) -> Iterator[Planned]:
        setting = _setting(listing, entry, owner, now)
        filled = entry.get("closed", {}).get("outcome") == Outcome.FILLED
        for number, session in enumerate(
            _sessions(listing, entry, owner, (now - since).days, draw)
        ):
            last = min(setting.until, _last_instant(session) or now)
            if last <= since:
                continue
            values = self._people.next(listing, draw)
            if filled and number < listing.positions:
                sent_at = since + (last - since) * draw.uniform(0.05, 0.4)
                moves = hire_before(setting.until, sent_at)
            else:
                sent_at = writing_instant(since, last, draw)
                starts_at = session.starts_at if session else None
                moves = draw_moves(self._data["story"], setting, values, sent_at, starts_at, draw)
            yield Planned(values, session, sent_at, moves)

    def _steps(
        self, key: str, plan: Planned, listing: Listing, owner: Owner, sent: list[Application]
    ) -> Iterator[tuple[dt.datetime, Callable[[], None]]]:
        mine: list[Application] = []

        def submit() -> None:
            submitted = submit_application(listing, plan.values, key, plan.sent_at, plan.session)
            # Nobody applies twice: this one may have written already.
            if submitted.created:
                mine.append(submitted.application)
                sent.append(submitted.application)

        def moving(move: Move) -> Callable[[], None]:
            message = plan.decline_message or self._words(move, plan)

            def act() -> None:
                for application in mine:
                    _move(application, move, owner.person, message)

            return act

        yield plan.sent_at, submit
        for move in plan.moves:
            yield move.at, moving(move)
        yield from _told(plan, mine, owner.person)

    def _words(self, move: Move, plan: Planned) -> str:
        """Return what is written to a person who is not taken on."""
        if move.reason is None:
            return ""
        choices = self._data["declines"][move.reason]
        words = choices[(move.at.minute + move.at.day) % len(choices)]
        return str(words).format(first_name=plan.values["first_name"])


def _told(
    plan: Planned, mine: Sequence[Application], member: User
) -> Iterator[tuple[dt.datetime, Callable[[], None]]]:
    """Give what the team writes of a person, and her yes to be kept."""
    for text, at in plan.notes:
        yield at, partial(_note, mine, member, text, at)
    if plan.kept_at is not None:
        yield plan.kept_at, partial(_keep, mine, plan.kept_at)


def _note(mine: Sequence[Application], member: User, text: str, at: dt.datetime) -> None:
    for application in mine:
        add_note(application, member, text, at)


def _keep(mine: Sequence[Application], at: dt.datetime) -> None:
    """Ask and answer at once: a person who was told no, and would come back."""
    for application in mine:
        ask(application, at)
        agree(application, at)


def _setting(listing: Listing, entry: Mapping[str, Any], owner: Owner, now: dt.datetime) -> Setting:
    ended = ended_at(entry, now)
    return Setting(
        family_of(listing.kind),
        STYLES[entry.get("style", owner.data.get("style", "steady"))],
        dt.timedelta(hours=owner.data["promise"]),
        ended or now,
        ended is not None and family_of(listing.kind) is not Family.EVENT,
        entry.get("story"),
        [_room(listing)],
    )


def _room(listing: Listing) -> int:
    """Return how many yes a listing may say and stay open."""
    if listing.kind == Kind.JOB:
        return listing.positions - 1
    return sum(session.capacity or 0 for session in listing.sessions) or 2


def _sessions(
    listing: Listing, entry: Mapping[str, Any], owner: Owner, days: int, draw: Random
) -> list[ListingSession | None]:
    """Return, for each application that `days` online have brought, the date it is for."""
    wanted = entry.get("answers")
    if isinstance(wanted, list):
        return [
            session
            for session, number in zip(listing.sessions, wanted, strict=False)
            for _each in range(number)
        ]
    number = wanted
    if number is None:
        # The newest listings have been read by few people yet.
        number = min(draw.randint(*owner.data["answers"]), 1 + days // 2)
    if not listing.sessions:
        return [None] * number
    weights = NEXT_DATE[: len(listing.sessions)]
    return list(draw.choices(listing.sessions[: len(weights)], weights, k=number))


def _last_instant(session: ListingSession | None) -> dt.datetime | None:
    """Return the last instant at which one may write for a date."""
    if session is None:
        return None
    last = session.starts_at
    if session.deadline is not None:
        last = min(last, end_of_paris_day(session.deadline))
    return last - BEFORE_START


def _move(application: Application, move: Move, member: User, message: str) -> None:
    """Make one change, unless what happened meanwhile makes it impossible."""
    kind = application.listing.kind
    if move.to not in allowed(kind, application.status, move.by):
        return
    if move.to is Status.SEEN:
        record_view(application, member, "contact", move.at)
    elif move.by is ActorKind.CANDIDATE and move.to in TAKEN_BACK:
        withdraw_application(application, move.at)
    else:
        actor = member if move.by is ActorKind.MEMBER else None
        reason = DeclineReason(move.reason) if move.reason and move.to in NEEDS_REASON else None
        try:
            move_application(
                application, move.to, move.by, actor, move.at, reason=reason, message=message
            )
        except NoSeatLeft:
            move_application(application, Status.WAITLISTED, move.by, actor, move.at)
