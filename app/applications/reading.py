"""Who reads the details of people: how many in an hour, and what the person may read of it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import func, select

from app.accounts import vigilance
from app.accounts.models import User
from app.applications.models import Application, ContactView
from app.core.database import db

# What a person reads at once of those who saw her file.
SHOWN = 30


def check(viewer: User, asked: Collection[int], now: dt.datetime, *, at_once: bool = False) -> None:
    """Let `viewer` be shown the details of these applications; raise ProofNeeded when too many.

    People are counted, not openings: looking again at the same sheet is the work of a recruiter.
    """
    since = vigilance.counted_since(viewer, now)
    seen = set(
        db.session.scalars(
            select(ContactView.application_id)
            .where(ContactView.user_id == viewer.id, ContactView.at > since, ContactView.at <= now)
            .distinct()
        )
    )
    vigilance.check_reads(viewer, len(seen | set(asked)), now, at_once=at_once)


@dataclass(frozen=True, slots=True)
class Seen:
    """The details or the CV of a person were shown, by how many people of the organisation."""

    at: dt.datetime
    what: str
    times: int


def seen_by(application: Application) -> tuple[Sequence[Seen], int]:
    """Return who saw a file, day by day, the last first, and by how many different people.

    What a person may know: when, what, and how many; not the names of those who work there. A
    counsellor who took care of her is told apart.
    """
    day = func.date(ContactView.at)
    rows = db.session.execute(
        select(func.max(ContactView.id), ContactView.what, func.count())
        .where(ContactView.application_id == application.id)
        .group_by(day, ContactView.what)
        .order_by(func.max(ContactView.id).desc())
        .limit(SHOWN)
    ).all()
    last = dict(
        db.session.execute(
            select(ContactView.id, ContactView.at).where(
                ContactView.id.in_([row[0] for row in rows])
            )
        ).all()
    )
    readers = db.session.scalar(
        # Those whose account is gone since have read all the same: they count as one.
        select(func.count(func.coalesce(ContactView.user_id, 0).distinct())).where(
            ContactView.application_id == application.id, ContactView.what != "relay"
        )
    )
    return [Seen(last[row[0]], row[1], row[2]) for row in rows], readers or 0
