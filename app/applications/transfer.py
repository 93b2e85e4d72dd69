"""Handing an application to another listing of the same organisation. Nothing here commits.

The application is the same: its reference, its step, its promise and its log. See decision 0010.
"""

from __future__ import annotations

import datetime as dt

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import joinedload, selectinload

from app.accounts.models import User
from app.applications import queries, workflow
from app.applications.models import Application, ApplicationTransfer
from app.core.database import db
from app.core.errors import DomainError, NotAllowedTransition
from app.core.i18n import _
from app.core.outbox import enqueue
from app.listings.enums import OWN_SOURCE, Kind
from app.listings.models import Listing, ListingSession
from app.listings.queries import is_open

# Neither a yes, which holds a seat, nor an end.
MOVABLE = workflow.WAITING | workflow.IN_TOUCH
# A longer list is not read.
LISTED = 100
Place = tuple[Listing, ListingSession | None]


class AlreadyThere(DomainError):
    """The person has answered the other listing herself."""


def can_move(application: Application) -> bool:
    """Return whether an application may be handed to another listing."""
    is_event = application.listing.kind == Kind.EVENT
    return application.status in MOVABLE and not is_event


def open_listings(organisation_id: int | None, now: dt.datetime) -> list[Listing]:
    """Return the open listings of an organisation that are answered here, by title."""
    return list(
        db.session.scalars(
            select(Listing)
            .where(
                Listing.organisation_id == organisation_id,
                Listing.source == OWN_SOURCE,
                is_open(now),
            )
            .options(selectinload(Listing.sessions), joinedload(Listing.establishment))
            .order_by(Listing.title, Listing.id)
            .limit(LISTED)
        )
    )


def places(application: Application, now: dt.datetime) -> list[Place]:
    """Return where an application may go: the open listings of its organisation that live the same
    life, each with the dates one may still choose."""
    origin = application.listing
    family = workflow.family_of(origin.kind)
    found: list[Place] = []
    for listing in open_listings(origin.organisation_id, now):
        if listing.id == origin.id or workflow.family_of(listing.kind) is not family:
            continue
        if listing.sessions:
            found += [(listing, one) for one in queries.open_sessions(listing, now)]
        else:
            found.append((listing, None))
    return found


def transfer(
    application: Application,
    listing: Listing,
    session: ListingSession | None,
    actor: User,
    now: dt.datetime,
) -> ApplicationTransfer:
    """Hand an application to another listing, at one of its dates if it has some; tell the person.

    Raises NotAllowedTransition, AlreadyThere.
    """
    # It must not close between here and the commit.
    queries.lock_listing(listing.id)
    db.session.refresh(application, ["status", "listing_id"], with_for_update=True)
    if not can_move(application) or (listing, session) not in places(application, now):
        raise NotAllowedTransition(_("Cette candidature ne peut pas aller vers cette annonce."))
    there = _("%(name)s a déjà répondu à cette annonce.", name=application.first_name)
    if queries.live_of_candidate(listing.id, application.candidate_key) is not None:
        raise AlreadyThere(there)
    moved = ApplicationTransfer(
        from_listing=application.listing, to_listing=listing, actor_id=actor.id, at=now
    )
    try:
        # She may be answering it at this very instant: the index has the last word.
        with db.session.begin_nested():
            application.transfers.append(moved)
            application.listing = listing
            application.session = session
            application.closing_told_at = None
            application.updated_at = now
            db.session.flush()
    except IntegrityError:
        raise AlreadyThere(there) from None
    enqueue(
        "application.transferred",
        now=now,
        application_id=application.id,
        application_transfer_id=moved.id,
    )
    return moved
