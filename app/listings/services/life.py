"""The life of a listing: sent, read, shown, hidden, closed; each step is logged and announced."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from sqlalchemy import and_, exists, or_, select, update

from app.accounts.enums import REVIEW_ROLES
from app.accounts.models import User
from app.core.clock import paris_date
from app.core.database import db
from app.core.errors import DomainError
from app.core.i18n import _
from app.core.outbox import enqueue, enqueue_many
from app.listings.coach.reading import require_lawful
from app.listings.enums import OWN_SOURCE, Announcement, Outcome, Status
from app.listings.models import Listing, ListingEvent
from app.listings.twins import ALIKE_ONLINE, twins_of
from app.listings.workflow import (
    Action,
    check_outcome,
    closing_instant,
    require_complete,
    session_days,
    target,
)
from app.organisations.enums import OrganisationStatus
from app.organisations.queries import members_of

EXPIRY_BATCH = 500
# After the closing, the name of who answered for the listing helps nobody.
CONTACT_KEPT = dt.timedelta(days=365)
# States in which nobody outside sees what a listing says.
UNSEEN = (Status.DRAFT, Status.IN_REVIEW)
# How long what the team has refused, recalled or removed makes it read all that is sent next.
HELD_FOR = dt.timedelta(days=30)


def submit_listing(
    actor: User | None, listing: Listing, now: dt.datetime, *, tell: bool = True
) -> Listing:
    """Send a draft: to review, or online at once when the organisation is known and trusted.

    `tell`: write to the members when it goes online. Raises DomainError when something is missing,
    ForbiddenWords when the coach holds it back.
    """
    lock(listing)
    target(listing.status, Action.SUBMIT)
    if listing.organisation is None or listing.organisation.status == OrganisationStatus.SUSPENDED:
        raise DomainError(_("Votre structure ne peut pas publier pour le moment. Appelez-nous."))
    if listing.organisation.refused:
        raise DomainError(
            _("Corrigez d’abord la fiche de votre structure, puis renvoyez-la à notre équipe.")
        )
    require_complete(listing, now)
    require_lawful(listing, paris_date(now))
    # One more of what is there already several times: somebody looks.
    review = needs_review(listing, now) or len(twins_of(listing)) >= ALIKE_ONLINE
    move(listing, Action.SUBMIT, actor, now)
    if listing.refreshed_at is not None:
        # It was online once: its life starts again, so that it does not end while it is read.
        listing.refreshed_at = now
        schedule_closing(listing)
    if not review:
        put_online(listing, actor, now, tell=tell)
    db.session.flush()
    return listing


def needs_review(listing: Listing, now: dt.datetime) -> bool:
    """Return whether someone of the team reads the listing before it goes online.

    Always for an organisation that is not verified, for the first listing of any organisation,
    for a listing that was refused or approved before and comes back as a draft, and for any other
    while the team holds one back: a copy of it shows nothing that was not read.
    """
    if listing.organisation is None or not listing.organisation.verified:
        return True
    others = and_(
        Listing.organisation_id == listing.organisation_id,
        Listing.source == OWN_SOURCE,
        Listing.published_at.is_not(None),
        Listing.id != listing.id,
    )
    by_team = ListingEvent.actor_id.in_(select(User.id).where(User.role.in_(REVIEW_ROLES)))
    ended_unseen = exists().where(
        ListingEvent.listing_id == Listing.id,
        ListingEvent.to_status == Status.CLOSED,
        by_team | ListingEvent.from_status.in_(UNSEEN),
    )
    trusted = exists().where(others, Listing.status.not_in(UNSEEN), ~ended_unseen)
    held = exists().where(
        Listing.organisation_id == listing.organisation_id,
        Listing.source == OWN_SOURCE,
        Listing.id != listing.id,
        Listing.status.in_([*UNSEEN, Status.CLOSED]),
        ListingEvent.listing_id == Listing.id,
        ListingEvent.to_status.in_([*UNSEEN, Status.CLOSED]),
        ListingEvent.at > now - HELD_FOR,
        by_team,
    )
    seen = exists().where(
        ListingEvent.listing_id == listing.id, ListingEvent.from_status == Status.IN_REVIEW
    )
    return bool(db.session.scalar(select(or_(~trusted, held, seen))))


def publish_listing(
    actor: User | None, listing: Listing, now: dt.datetime, version: int | None = None
) -> Listing:
    """Put online a listing that was in review: the `version` that was read, when it is given.

    Raises DomainError when it cannot be shown, or when its author has changed it meanwhile.
    """
    lock(listing)
    target(listing.status, Action.PUBLISH)
    if version not in {None, listing.version}:
        raise DomainError(_("L’annonce a changé depuis que vous l’avez ouverte. Relisez-la."))
    if listing.organisation is not None and not listing.organisation.verified:
        raise DomainError(_("Vérifiez d’abord la structure, puis publiez l’annonce."))
    require_complete(listing, now)
    put_online(listing, actor, now)
    db.session.flush()
    return listing


def refuse_listing(actor: User, listing: Listing, reason: str, now: dt.datetime) -> Listing:
    """Send a listing back to its author with the reason, which she is told."""
    lock(listing)
    if not reason.strip():
        raise DomainError(_("Écrivez la raison du refus\u00a0: la structure la recevra."))
    move(listing, Action.REFUSE, actor, now, reason.strip())
    touch(listing, now)
    tell_members(listing, Announcement.REFUSED, now)
    db.session.flush()
    return listing


def pause_listing(actor: User, listing: Listing, now: dt.datetime) -> Listing:
    """Hide a listing for a while. It still closes at its deadline."""
    lock(listing)
    move(listing, Action.PAUSE, actor, now)
    mark_changed(listing, now)
    db.session.flush()
    return listing


def hide_listings_of(organisation_id: int, now: dt.datetime) -> int:
    """Pause all that a suspended organisation has online; return how many."""
    listings = db.session.scalars(
        select(Listing)
        .where(Listing.organisation_id == organisation_id, Listing.status == Status.PUBLISHED)
        .order_by(Listing.id)
        .with_for_update()
    ).all()
    for listing in listings:
        move(listing, Action.PAUSE, None, now)
        touch(listing, now)
    announce_changed(listings, now)
    return len(listings)


def resume_listing(actor: User, listing: Listing, now: dt.datetime) -> Listing:
    """Show a paused listing again, confirmed as true today."""
    lock(listing)
    target(listing.status, Action.RESUME)
    if listing.organisation is not None and not listing.organisation.verified:
        raise DomainError(_("Votre structure ne peut pas publier pour le moment. Appelez-nous."))
    require_complete(listing, now)
    listing.refreshed_at = now
    schedule_closing(listing)
    move(listing, Action.RESUME, actor, now)
    mark_changed(listing, now)
    db.session.flush()
    return listing


def close_listing(
    actor: User | None,
    listing: Listing,
    outcome: str,
    now: dt.datetime,
    unfilled_reason: str | None = None,
) -> Listing:
    """Close a listing and keep how it ended, and why when nobody was found.

    A listing closed by its deadline accepts its outcome once, afterwards.
    """
    lock(listing)
    outcome = Outcome(outcome)
    awaiting = listing.status == Status.CLOSED and listing.outcome == Outcome.EXPIRED
    if not awaiting:
        target(listing.status, Action.CLOSE)
    check_outcome(listing.status, outcome, unfilled_reason)
    reason = unfilled_reason if outcome == Outcome.UNFILLED else None
    if awaiting:
        listing.outcome, listing.unfilled_reason = outcome, reason
        listing.updated_at = now
        log(listing, Status.CLOSED, actor, now, outcome)
        enqueue("listing.closed", now=now, listing_id=listing.id)
    else:
        end(listing, outcome, actor, now, reason)
        mark_changed(listing, now)
    db.session.flush()
    return listing


def recall_listing(actor: User, listing: Listing, reason: str, now: dt.datetime) -> Listing:
    """Bring what is online back to review, for a reason that its members are told."""
    lock(listing)
    if listing.source != OWN_SOURCE:
        raise DomainError(_("Cette annonce vient d’un autre site\u00a0: elle ne se relit pas ici."))
    move(listing, Action.REVIEW_AGAIN, actor, now, reason)
    mark_changed(listing, now)
    tell_members(listing, Announcement.RECALLED, now)
    db.session.flush()
    return listing


def remove_listing(actor: User, listing: Listing, reason: str, now: dt.datetime) -> Listing:
    """Close a listing that must not be shown, for a reason that its members are told."""
    lock(listing)
    end(listing, Outcome.WITHDRAWN, actor, now, said=reason)
    mark_changed(listing, now)
    tell_members(listing, Announcement.REMOVED, now)
    db.session.flush()
    return listing


def expire_due(now: dt.datetime, *, limit: int = EXPIRY_BATCH) -> int:
    """Close every listing whose day is over; return how many. Running it twice changes nothing."""
    total = 0
    while True:
        due = (
            select(Listing)
            .where(
                # One by one, they are found by their index, without reading every listing.
                Listing.status.in_([one for one in Status if one != Status.CLOSED]),
                # A draft that was online has people who wait; one that never was has nobody.
                Listing.published_at.is_not(None) | (Listing.status != Status.DRAFT),
                Listing.closes_at <= now,
            )
            .order_by(Listing.id)
            .limit(limit)
            .with_for_update(skip_locked=True)
        )
        listings = list(db.session.scalars(due))
        if not listings:
            return total
        for listing in listings:
            end(listing, Outcome.EXPIRED, None, now)
            touch(listing, now)
            tell_members(listing, Announcement.EXPIRED, now)
        announce_changed(listings, now)
        total += len(listings)


def forget_contacts(now: dt.datetime) -> int:
    """Empty the name of who answered for a listing, a year after it closed; return how many."""
    emptied = db.session.execute(
        update(Listing)
        .where(
            Listing.status == Status.CLOSED,
            Listing.closed_at < now - CONTACT_KEPT,
            Listing.contact_name != "",
        )
        .values(contact_name="")
        .execution_options(synchronize_session=False)
    )
    return int(emptied.rowcount)  # type: ignore[attr-defined]


def mark_changed(listing: Listing, now: dt.datetime) -> None:
    """Raise the version and tell search and feeds that what they show has changed."""
    touch(listing, now)
    enqueue("listing.changed", now=now, listing_id=listing.id)


def announce_changed(listings: Sequence[Listing], now: dt.datetime) -> None:
    """Flush, then tell everyone at once that these listings changed."""
    db.session.flush()
    enqueue_many("listing.changed", [{"listing_id": listing.id} for listing in listings], now=now)


def lock(listing: Listing) -> None:
    """Read again all that a listing says, its dates too, and hold it until the commit."""
    db.session.flush()
    columns = [column.key for column in Listing.__mapper__.column_attrs]
    db.session.refresh(listing, attribute_names=columns, with_for_update=True)
    db.session.expire(listing, ["sessions"])


def move(
    listing: Listing, action: Action, actor: User | None, now: dt.datetime, reason: str = ""
) -> None:
    before = listing.status
    listing.status = target(before, action)
    log(listing, before, actor, now, reason)


def log(
    listing: Listing,
    before: str | None,
    actor: User | None,
    now: dt.datetime,
    reason: str = "",
    to: str | None = None,
) -> None:
    db.session.add(
        ListingEvent(
            listing=listing,
            from_status=before,
            to_status=to or listing.status,
            at=now,
            actor_id=actor.id if actor else None,
            reason=reason,
        )
    )


def touch(listing: Listing, now: dt.datetime) -> None:
    listing.version += 1
    listing.updated_at = now


def schedule_closing(listing: Listing) -> None:
    if listing.refreshed_at is None:
        return
    days = session_days(listing)
    listing.closes_at = closing_instant(listing.deadline, days, listing.refreshed_at)


def tell_members(listing: Listing, what: Announcement, now: dt.datetime) -> None:
    if listing.source != OWN_SOURCE or listing.organisation_id is None:
        return
    for member in members_of(listing.organisation_id):
        # One event for one message: a refused address never delays nor repeats the others.
        enqueue(
            "listing.announced",
            now=now,
            listing_id=listing.id,
            user_id=member.id,
            what=what,
        )


def put_online(
    listing: Listing, actor: User | None, now: dt.datetime, *, tell: bool = True
) -> None:
    listing.published_at = listing.published_at or now
    listing.refreshed_at = now
    schedule_closing(listing)
    move(listing, Action.PUBLISH, actor, now)
    mark_changed(listing, now)
    if tell:
        tell_members(listing, Announcement.PUBLISHED, now)


def end(
    listing: Listing,
    outcome: Outcome,
    actor: User | None,
    now: dt.datetime,
    unfilled_reason: str | None = None,
    said: str = "",
) -> None:
    listing.closed_at = now
    listing.outcome = outcome
    listing.unfilled_reason = unfilled_reason
    move(listing, Action.CLOSE, actor, now, said or outcome)
    if listing.source == OWN_SOURCE:
        enqueue("listing.closed", now=now, listing_id=listing.id)
