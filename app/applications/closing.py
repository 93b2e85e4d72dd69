"""What becomes of the people who wait when a listing closes. Nothing here commits.

Whoever closes may say no to all of them at once. Those who still wait afterwards are told, once,
that the listing is over and that an answer is still owed to them. An event that will not take
place is cancelled for everyone.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import select

from app.accounts.models import User
from app.applications import queries, workflow
from app.applications.enums import ActorKind, DeclineReason, Status
from app.applications.models import Application
from app.applications.services import NOT_HELD, move_application
from app.applications.workflow import Family, family_of
from app.core.database import db
from app.core.outbox import enqueue
from app.listings.enums import Outcome
from app.listings.enums import Status as ListingStatus
from app.listings.models import Listing
from app.listings.services import close_listing

S = Status
# The reason of those who are told no because of how the listing ended.
REASONS = {
    Outcome.FILLED: DeclineReason.FILLED,
    Outcome.UNFILLED: DeclineReason.CLOSED,
    Outcome.WITHDRAWN: DeclineReason.CLOSED,
}


@dataclass(frozen=True)
class Answered:
    """How many people were told no, and how many of them have no e-mail: call those."""

    people: int
    without_email: int


def close_and_answer(
    actor: User,
    listing: Listing,
    outcome: str,
    now: dt.datetime,
    *,
    unfilled_reason: str | None = None,
    refused: Collection[int] = (),
    message: str = "",
) -> Answered:
    """Close a listing and say no, with one message, to the people whose ids are in `refused`.

    On a listing that is closed already, only answers. Who took her application back meanwhile, or
    has an answer, is left alone. Raises DomainError.
    """
    if listing.status != ListingStatus.CLOSED or listing.outcome == Outcome.EXPIRED:
        close_listing(actor, listing, outcome, now, unfilled_reason)
    queries.lock_sessions(listing_id=listing.id)
    reason = REASONS[Outcome(listing.outcome or outcome)]
    told = [one for one in queries.unanswered(listing.id, lock=True) if one.id in refused]
    for application in told:
        no = workflow.allowed(listing.kind, application.status, ActorKind.MEMBER)
        for to in no & workflow.NEEDS_REASON:
            move_application(application, to, ActorKind.MEMBER, actor, now, reason, message)
    return Answered(len(told), sum(one.email is None for one in told))


def after_closing(listing: Listing, now: dt.datetime) -> None:
    """Cancel what will not take place; tell once those who still wait that the listing is over.

    May run again without doing anything twice: each person told is marked in this transaction.
    """
    if listing.status != ListingStatus.CLOSED or listing.outcome is None:
        return
    queries.lock_sessions(listing_id=listing.id)
    if family_of(listing.kind) is Family.EVENT:
        _end_registrations(listing, now)
    elif listing.outcome in NOT_HELD:
        for application in _in(listing, S.OFFERED):
            move_application(application, S.CLOSED_ELSEWHERE, ActorKind.SYSTEM, None, now)
    for application in _to_tell(listing):
        application.closing_told_at = now
        enqueue("application.listing_closed", now=now, application_id=application.id)
    db.session.flush()


def _to_tell(listing: Listing) -> list[Application]:
    statuses = queries.told_of_closing(listing.kind, listing.outcome)
    return list(
        db.session.scalars(
            select(Application)
            .where(
                Application.listing_id == listing.id,
                Application.status.in_(statuses),
                Application.closing_told_at.is_(None),
            )
            .order_by(Application.id)
            .with_for_update()
        )
    )


def _end_registrations(listing: Listing, now: dt.datetime) -> None:
    """End the wait for a date that is past, and everything when the event is called off.

    Those who wait go first: a seat given back must not be offered to one of them.
    """
    off = listing.outcome in NOT_HELD
    for status in (S.WAITLISTED, S.REGISTERED):
        for application in _in(listing, status):
            session = application.session
            to_come = session is None or session.starts_at > now
            if (off and to_come) or (status == S.WAITLISTED and not to_come):
                move_application(application, S.CANCELLED, ActorKind.SYSTEM, None, now)


def _in(listing: Listing, status: Status) -> Sequence[Application]:
    return db.session.scalars(
        select(Application)
        .where(Application.listing_id == listing.id, Application.status == status)
        .order_by(Application.id)
    ).all()
