"""Nobody is left without an answer: who forgets is reminded, who is forgotten is told the truth.

What ends without anybody's decision:

- nobody has answered (`workflow.WAITING`): 21 days after the application was received;
- they have spoken (`workflow.IN_TOUCH`): nine days without another step, and never before the
  21st day. A conversation that goes on lives as long as it goes on; one that was dropped has its
  outcome on the 30th day at the latest, unless a step was taken in the last nine days. The
  members are warned three days before;
- a seat proposed: the delay to take it (`seats.end_offers`), never past the first day;
- a place on the waiting list of a training: it is an answer, with its date. It ends when that
  date begins, or nine days after the listing closed when it has none.

A yes to a training is an outcome, and waits for the school to note that the person came. Events
have seats, not answers: only the wait for one ends here, when its date begins.
"""

from __future__ import annotations

import datetime as dt

from sqlalchemy import ColumnElement, and_, case, exists, or_, select, update
from sqlalchemy.orm import contains_eager

from app.applications import queries, workflow
from app.applications.enums import ActorKind, Status
from app.applications.models import Application
from app.applications.services import move_application
from app.core.database import db
from app.core.outbox import enqueue
from app.listings.enums import Kind
from app.listings.enums import Status as ListingStatus
from app.listings.models import Listing, ListingSession
from app.organisations.enums import OrganisationStatus
from app.organisations.models import Organisation
from app.organisations.queries import members_of

# After the instant at which the answer was due.
REMINDERS = (dt.timedelta(0), dt.timedelta(days=3), dt.timedelta(days=7))
# Members get one message a day at most, whatever the number of people who wait.
REMINDED_FOR = dt.timedelta(hours=20)
DROPPED = dt.timedelta(days=9)
WARNED_BEFORE = dt.timedelta(days=3)
BATCH = 200


def remind_members(now: dt.datetime, *, limit: int = BATCH) -> int:
    """Remind the members of each organisation of all who wait there; return how many organisations.

    When an answer is due, three days later and seven days later; and three days before a dropped
    conversation ends. What comes due on a same day goes into one message, and the reminder of an
    application is marked with the event that sends it.
    Running it twice, or twice at the same time, reminds nobody twice.
    """
    total = 0
    while True:
        due = exists().where(
            Listing.organisation_id == Organisation.id,
            Application.listing_id == Listing.id,
            or_(_reminder_due(now), _ends_soon(now) & _unwarned()),
        )
        organisations = db.session.scalars(
            select(Organisation)
            .where(
                # The members of another one cannot open what they would be reminded of.
                Organisation.status == OrganisationStatus.VERIFIED,
                or_(
                    Organisation.reminded_at.is_(None),
                    Organisation.reminded_at <= now - REMINDED_FOR,
                ),
                due,
            )
            .order_by(Organisation.id)
            .limit(limit)
            .with_for_update(skip_locked=True, key_share=True)
        ).all()
        if not organisations:
            return total
        for organisation in organisations:
            organisation.reminded_at = now
            for member in members_of(organisation.id):
                # One event for one message: a refused address never delays the others.
                enqueue(
                    "application.overdue",
                    now=now,
                    organisation_id=organisation.id,
                    user_id=member.id,
                )
        _mark_reminded([organisation.id for organisation in organisations], now)
        total += len(organisations)


def _reminder_due(now: dt.datetime) -> ColumnElement[bool]:
    return and_(
        Application.status.in_(workflow.WAITING),
        or_(
            *(
                (Application.reminders == number) & (Application.answer_due_at <= now - after)
                for number, after in enumerate(REMINDERS)
            )
        ),
    )


def _ends_soon(now: dt.datetime) -> ColumnElement[bool]:
    """Return the condition of a conversation that ends within three days. It joins the listing."""
    soon = now + WARNED_BEFORE
    return and_(
        Listing.kind != Kind.EVENT,
        Application.status.in_(workflow.IN_TOUCH),
        Application.created_at <= soon - workflow.SILENCE,
        Application.updated_at <= soon - DROPPED,
        # Not over yet.
        or_(
            Application.created_at > now - workflow.SILENCE,
            Application.updated_at > now - DROPPED,
        ),
    )


def _unwarned() -> ColumnElement[bool]:
    """Return the condition of those of whom nobody was warned since their last step."""
    return or_(
        Application.end_warned_at.is_(None), Application.end_warned_at < Application.updated_at
    )


def ending(organisation_id: int, now: dt.datetime) -> workflow.Ending | None:
    """Return the conversations of an organisation that end within three days, or None."""
    steps = db.session.execute(
        select(Application.created_at, Application.updated_at)
        .join(Application.listing)
        .where(Listing.organisation_id == organisation_id, _ends_soon(now))
    ).all()
    if not steps:
        return None
    ends = [max(created + workflow.SILENCE, updated + DROPPED) for created, updated in steps]
    return workflow.Ending(len(ends), min(ends))


def _mark_reminded(organisation_ids: list[int], now: dt.datetime) -> None:
    """Note the last reminder whose time has come: those that were missed are not sent late."""
    passed = [
        (Application.answer_due_at <= now - after, number)
        for number, after in reversed(list(enumerate(REMINDERS, start=1)))
    ]
    theirs = select(Listing.id).where(Listing.organisation_id.in_(organisation_ids))
    db.session.execute(
        update(Application)
        .where(Application.listing_id.in_(theirs), _reminder_due(now))
        .values(reminders=case(*passed, else_=Application.reminders))
        .execution_options(synchronize_session=False)
    )
    warned = (
        select(Application.id)
        .join(Application.listing)
        .where(Listing.organisation_id.in_(organisation_ids), _ends_soon(now))
    )
    db.session.execute(
        update(Application)
        .where(Application.id.in_(warned))
        .values(end_warned_at=now)
        .execution_options(synchronize_session=False)
    )


def end_silence(now: dt.datetime, *, limit: int = BATCH) -> int:
    """End what nobody will answer any more, and tell the person; return how many.

    See the rules at the top. Running it twice changes nothing.
    """
    total = 0
    while True:
        over = (
            select(Application)
            .join(Application.listing)
            .outerjoin(ListingSession, ListingSession.id == Application.session_id)
            .where(is_over(now))
            .order_by(Application.id)
            .limit(limit)
        )
        found = db.session.execute(
            over.with_only_columns(Application.id, Application.session_id)
        ).all()
        queries.lock_sessions(*{session_id for _id, session_id in found if session_id})
        silent = db.session.scalars(
            over.where(Application.id.in_([id_ for id_, _session in found]))
            .options(contains_eager(Application.listing))
            .with_for_update(skip_locked=True, of=Application)
        ).all()
        if not silent:
            return total
        for application in silent:
            move_application(application, _end_of(application), ActorKind.SYSTEM, None, now)
        total += len(silent)


def _end_of(application: Application) -> Status:
    if application.status != Status.WAITLISTED:
        return Status.EXPIRED_NO_ANSWER
    event = application.listing.kind == Kind.EVENT
    return Status.CANCELLED if event else Status.CLOSED_ELSEWHERE


def is_over(now: dt.datetime) -> ColumnElement[bool]:
    """Return the condition of what nobody will answer any more, see the rules at the top.

    The query joins the listing, and the session if there is one.
    """
    return or_(
        and_(
            Listing.kind != Kind.EVENT,
            Application.created_at <= now - workflow.SILENCE,
            or_(
                Application.status.in_(workflow.WAITING),
                Application.status.in_(workflow.IN_TOUCH)
                & (Application.updated_at <= now - DROPPED),
            ),
        ),
        and_(
            Application.status == Status.WAITLISTED,
            or_(
                ListingSession.starts_at <= now,
                and_(
                    Application.session_id.is_(None),
                    Listing.status == ListingStatus.CLOSED,
                    Listing.closed_at <= now - DROPPED,
                ),
            ),
        ),
    )
