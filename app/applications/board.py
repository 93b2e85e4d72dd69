"""What the board and the list show: who waits, sorted by urgency, filtered, counted in full."""

from __future__ import annotations

import datetime as dt
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, ScalarSelect, Select, case, false, func, select

from app.applications import callback, workflow
from app.applications.enums import Status
from app.applications.models import Application, ApplicationMessage, ContactView
from app.applications.queries import open_to
from app.core.database import db
from app.core.i18n import lazy
from app.listings.models import Listing, ListingSession

S = Status
# What a lane shows first; a link leads to the others. Lanes are side by side: the page is as tall
# as the tallest. What has ended is looked at less.
LANE_MOST = 10
ENDED_MOST = 6
LIST_PAGE = 50
# The board keeps what has ended for this long; the list keeps everything.
KEEPS = dt.timedelta(days=30)
WORDS_MOST = 80
# Few enough for one query of either database.
FOUND_MOST = 5_000


class Step(NamedTuple):
    """A lane of the board: its word in the address, its title, what it holds.

    `always`: shown even when it is empty; few organisations hold events or waiting lists.
    """

    slug: str
    title: Any
    statuses: frozenset[Status]
    always: bool = True


STEPS = (
    Step("nouveau", lazy("Nouveau"), frozenset({S.RECEIVED})),
    Step("a-rappeler", lazy("À rappeler"), frozenset({S.SEEN})),
    Step("contact", lazy("En contact"), frozenset({S.CONTACTED})),
    Step("rencontre", lazy("Rencontre, essai"), frozenset({S.MEETING, S.TRIAL})),
    Step(
        "inscriptions",
        lazy("Inscriptions"),
        frozenset({S.REGISTERED, S.WAITLISTED, S.OFFERED, S.ATTENDED, S.ABSENT}),
        always=False,
    ),
    Step("oui", lazy("Oui"), frozenset({S.HIRED, S.ADMITTED, S.ENROLLED})),
    Step(
        "termine",
        lazy("Terminé"),
        frozenset(
            {S.DECLINED, S.REFUSED, S.WITHDRAWN, S.CANCELLED, S.CLOSED_ELSEWHERE}
            | {S.EXPIRED_NO_ANSWER, S.POOL}
        ),
    ),
)
BY_SLUG = {step.slug: step for step in STEPS}


@dataclass(frozen=True)
class Filters:
    """What the address asks for; `ids`: the people found by the words."""

    step: str = ""
    listing_id: int | None = None
    session_id: int | None = None
    waiting: bool = False
    reachable: bool = False
    words: str = ""
    ids: tuple[int, ...] | None = None


@dataclass(frozen=True)
class Row:
    """One application as the board shows it: no way to reach the person."""

    id: int
    reference: str
    name: str
    status: Status
    kind: str
    listing_id: int
    listing_title: str
    session_starts_at: dt.datetime | None
    call_back: str
    created_at: dt.datetime
    answer_due_at: dt.datetime | None
    opened: bool
    late: bool
    by_phone: bool
    reachable: bool
    # What she answered to the last message: "coming", "not_coming", "words", or nothing.
    reply: str

    @property
    def waiting(self) -> bool:
        """Return whether nobody has called the person yet."""
        return self.status in workflow.WAITING


class Lane(NamedTuple):
    """A column of the board: its most urgent rows, and how many it holds in truth."""

    step: Step
    rows: list[Row]
    total: int

    @property
    def others(self) -> int:
        """Return how many are not shown."""
        return self.total - len(self.rows)


class Calls(NamedTuple):
    """How many people who wait may be called now, and when the next slot of one begins."""

    now: int
    next_at: dt.datetime | None


def conditions(user_id: int, filters: Filters, now: dt.datetime) -> list[ColumnElement[bool]]:
    """Return what an application must be to be shown to that person under these filters."""
    waiting = Application.status.in_(workflow.WAITING)
    kept: list[ColumnElement[bool]] = [Listing.organisation_id.in_(open_to(user_id))]
    if filters.step in BY_SLUG:
        kept.append(Application.status.in_(BY_SLUG[filters.step].statuses))
    if filters.listing_id is not None:
        kept.append(Application.listing_id == filters.listing_id)
    if filters.session_id is not None:
        kept.append(Application.session_id == filters.session_id)
    if filters.waiting:
        kept.append(waiting)
    if filters.reachable:
        choices = callback.open_at(now)
        can = Application.call_back.in_(choices) if choices else false()
        kept += [waiting, Application.phone.is_not(None), can]
    if filters.ids is not None:
        kept.append(Application.id.in_(filters.ids))
    return kept


def found(user_id: int, filters: Filters) -> Filters:
    """Return the filters with the people whose name or reference holds the words that are sought.

    Accents and case do not count, which no database of ours says alike: names are compared here.
    A name is found by what the person who looks may read of it: whole once she opened the sheet.
    """
    wanted = _plain(filters.words)
    if not wanted:
        return filters
    rows = db.session.execute(
        select(
            Application.id,
            Application.reference,
            Application.first_name,
            Application.last_name,
            Application.id.in_(_viewed(user_id)).label("opened"),
        )
        .join(Listing, Listing.id == Application.listing_id)
        .where(Listing.organisation_id.in_(open_to(user_id)))
        .order_by(Application.id.desc())
    )
    ids = (
        row.id
        for row in rows
        if wanted in _plain(_readable_name(row)) or wanted in _plain(row.reference)
    )
    return replace(filters, ids=tuple(islice(ids, FOUND_MOST)))


def _readable_name(row: Any) -> str:
    if row.opened:
        return f"{row.first_name} {row.last_name}"
    return short_name(row.first_name, row.last_name)


def _viewed(user_id: int) -> Select[int]:
    return select(ContactView.application_id).where(
        ContactView.user_id == user_id, ContactView.what == "contact"
    )


_LETTERS = str.maketrans({"œ": "oe", "Œ": "oe", "æ": "ae", "Æ": "ae", "’": "'"})


def _plain(text: str) -> str:
    """Return a text in lower case without accents."""
    letters = unicodedata.normalize("NFKD", text.translate(_LETTERS))
    return "".join(one for one in letters if not unicodedata.combining(one)).lower()


def urgency() -> list[Any]:
    """Return the order of all views: broken promises first, then what is alive, then the past."""
    waiting = Application.status.in_(workflow.WAITING)
    rank = case((waiting, 0), (Application.status.in_(workflow.FINISHED), 2), else_=1)
    return [
        rank,
        case((waiting, Application.answer_due_at), else_=None),
        case((rank == 2, Application.updated_at), else_=None).desc(),
        Application.id,
    ]


def _columns(user_id: int) -> list[Any]:
    return [
        Application.id,
        Application.reference,
        Application.first_name,
        Application.last_name,
        Application.status,
        Listing.kind,
        Application.listing_id,
        Listing.title,
        ListingSession.starts_at,
        Application.call_back,
        Application.created_at,
        Application.answer_due_at,
        Application.id.in_(_viewed(user_id)).label("opened"),
        Application.phone.is_not(None).label("by_phone"),
        _last_reply().label("reply"),
    ]


def _last_reply() -> ScalarSelect[str]:
    said = case(
        (ApplicationMessage.coming.is_(True), "coming"),
        (ApplicationMessage.coming.is_(False), "not_coming"),
        (ApplicationMessage.reply.is_not(None), "words"),
        else_="",
    )
    return (
        select(said)
        .where(
            ApplicationMessage.application_id == Application.id,
            Application.status.not_in(workflow.FINISHED),
        )
        .order_by(ApplicationMessage.id.desc())
        .limit(1)
        .scalar_subquery()
    )


def _from(columns: Iterable[Any], kept: Sequence[ColumnElement[bool]]) -> Select[Any]:
    return (
        select(*columns)
        .select_from(Application)
        .join(Listing, Listing.id == Application.listing_id)
        .outerjoin(ListingSession, ListingSession.id == Application.session_id)
        .where(*kept)
    )


def lanes(user_id: int, filters: Filters, now: dt.datetime) -> list[Lane]:
    """Return the lanes: what is alive and what ended lately, the most urgent of each first."""
    lane = case(
        *((Application.status.in_(step.statuses), rank) for rank, step in enumerate(STEPS)),
    )
    place = func.row_number().over(partition_by=lane, order_by=urgency()).label("place")
    total = func.count().over(partition_by=lane).label("total")
    recent = Application.updated_at > now - KEEPS
    alive = Application.status.not_in(workflow.FINISHED) | recent
    ranked = _from(
        [*_columns(user_id), lane.label("lane"), place, total],
        [*conditions(user_id, filters, now), alive],
    ).subquery()
    most = case((ranked.c.lane == len(STEPS) - 1, ENDED_MOST), else_=LANE_MOST)
    shown = select(ranked).where(ranked.c.place <= most).order_by(ranked.c.place)
    open_choices = callback.open_at(now)
    rows: dict[int, list[Row]] = {}
    totals: dict[int, int] = {}
    for row in db.session.execute(shown):
        rows.setdefault(row.lane, []).append(_row(row, now, open_choices))
        totals[row.lane] = row.total
    return [
        Lane(step, rows.get(rank, []), totals.get(rank, 0))
        for rank, step in enumerate(STEPS)
        if step.always or rank in rows
    ]


def total_of(user_id: int, filters: Filters, now: dt.datetime) -> int:
    """Return how many applications these filters hold, whatever the board shows of them."""
    return db.session.scalar(_from([func.count()], conditions(user_id, filters, now))) or 0


def page_of(user_id: int, filters: Filters, now: dt.datetime, page: int) -> tuple[list[Row], int]:
    """Return one page (from 1) of everything, the most urgent first, and the true total."""
    kept = conditions(user_id, filters, now)
    shown = (
        _from(_columns(user_id), kept)
        .order_by(*urgency())
        .limit(LIST_PAGE)
        .offset((page - 1) * LIST_PAGE)
    )
    open_choices = callback.open_at(now)
    rows = [_row(row, now, open_choices) for row in db.session.execute(shown)]
    return rows, total_of(user_id, filters, now)


def short_name(first_name: str, last_name: str) -> str:
    """Write « Samira B. »: enough to know who, before the sheet is opened."""
    return f"{first_name} {last_name[:1]}." if last_name else first_name


def _row(row: Any, now: dt.datetime, open_choices: frozenset[str]) -> Row:
    due = row.answer_due_at
    waiting = row.status in workflow.WAITING
    return Row(
        id=row.id,
        reference=row.reference,
        name=short_name(row.first_name, row.last_name),
        status=Status(row.status),
        kind=row.kind,
        listing_id=row.listing_id,
        listing_title=row.title,
        session_starts_at=row.starts_at,
        call_back=row.call_back,
        created_at=row.created_at,
        answer_due_at=due,
        opened=bool(row.opened),
        late=waiting and due is not None and due < now,
        by_phone=bool(row.by_phone),
        reachable=waiting and bool(row.by_phone) and row.call_back in open_choices,
        reply=row.reply or "",
    )


def calls(user_id: int, filters: Filters, now: dt.datetime) -> Calls:
    """Return how many of those who wait, under the same filters, may be called now."""
    kept = conditions(user_id, replace(filters, reachable=False), now)
    waiting = [Application.status.in_(workflow.WAITING), Application.phone.is_not(None)]
    grouped = _from([Application.call_back, func.count()], [*kept, *waiting])
    numbers: dict[str, int] = {
        row[0]: row[1] for row in db.session.execute(grouped.group_by(Application.call_back))
    }
    open_choices = callback.open_at(now)
    reachable = sum(number for choice, number in numbers.items() if choice in open_choices)
    return Calls(reachable, callback.next_opening(numbers, now))


def sessions_answered(user_id: int, listing_id: int) -> list[tuple[int, dt.datetime]]:
    """Return (id, start) of the dates of a listing that person may filter by."""
    rows = db.session.execute(
        select(ListingSession.id, ListingSession.starts_at)
        .join(Listing, Listing.id == ListingSession.listing_id)
        .where(
            Listing.id == listing_id,
            Listing.organisation_id.in_(open_to(user_id)),
        )
        .order_by(ListingSession.starts_at, ListingSession.id)
        .limit(100)
    )
    return [(id_, starts_at) for id_, starts_at in rows]
