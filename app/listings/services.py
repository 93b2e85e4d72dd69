"""Writes of listings. Nothing here commits: the caller ends the transaction."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from sqlalchemy import exists, select
from sqlalchemy.exc import IntegrityError

from app.core.clock import paris_date
from app.core.database import db
from app.core.errors import DomainError
from app.core.i18n import _
from app.core.outbox import enqueue, enqueue_many
from app.geography.models import Commune
from app.listings.enums import OWN_SOURCE, Announcement, Kind, Outcome, Status
from app.listings.models import Listing, ListingEvent, ListingSession
from app.listings.rich_text import make_slug, markdown_to_html, plain_to_html
from app.listings.workflow import Action, can, check_outcome, closing_instant, target
from app.organisations.enums import OrganisationStatus
from app.organisations.queries import members_of

if TYPE_CHECKING:
    from app.accounts.models import User
    from app.organisations.models import Organisation

# What a member of the organisation writes. `sessions` is a list of mappings, see _set_sessions.
EDITABLE = frozenset(
    {
        "address",
        "collective_agreement",
        "commune_code",
        "conditions",
        "contact_name",
        "contract",
        "contract_months",
        "cost_cents",
        "deadline",
        "description",
        "diploma_id",
        "diploma_need",
        "duration_hours",
        "duration_label",
        "duration_months",
        "employer_name",
        "ends_on",
        "entry_conditions",
        "establishment_id",
        "from_profession_id",
        "funding",
        "hours_label",
        "hours_max",
        "hours_min",
        "licence_required",
        "modality",
        "pay_label",
        "pay_max_cents",
        "pay_min_cents",
        "pay_period",
        "place_label",
        "positions",
        "profession_id",
        "publics",
        "schedules",
        "starts_on",
        "summary",
        "title",
        "workplace",
    }
)
# What makes an approved listing another listing: it is read again before it is shown again.
SENSITIVE = frozenset(
    {
        "address",
        "commune_code",
        "contact_name",
        "employer_name",
        "establishment_id",
        "pay_label",
        "pay_max_cents",
        "pay_min_cents",
        "pay_period",
        "place_label",
    }
)
IMPORTED = EDITABLE | {
    "kind",
    "latitude",
    "longitude",
    "organisation_id",
    "published_at",
    "source",
    "source_hash",
    "source_id",
    "source_url",
}
SESSION_FIELDS = ("starts_at", "ends_at", "deadline", "capacity", "label")
EXPIRY_BATCH = 500


def create_listing(
    actor: User, organisation: Organisation, kind: str, values: Mapping[str, Any], now: dt.datetime
) -> Listing:
    """Write a draft of `kind` for `organisation`. `values`: columns of EDITABLE, and `sessions`."""
    listing = Listing(
        kind=Kind(kind),
        status=Status.DRAFT,
        version=1,
        organisation=organisation,
        employer_name=organisation.name,
        source=OWN_SOURCE,
        created_by_id=actor.id,
        created_at=now,
        updated_at=now,
        publics=[],
        schedules=[],
        funding=[],
    )
    _apply(listing, values)
    db.session.add(listing)
    db.session.flush()
    _log(listing, None, actor, now)
    return listing


def update_listing(
    actor: User, listing: Listing, values: Mapping[str, Any], now: dt.datetime
) -> Listing:
    """Change a listing. A change of pay, contact or place after approval sends it back to review.

    Raises DomainError when it is closed, imported, or when a date with registered people goes.
    """
    _lock(listing)
    if listing.source != OWN_SOURCE:
        raise DomainError(_("Cette annonce vient d’un autre site\u00a0: elle se modifie là-bas."))
    if listing.status == Status.CLOSED:
        raise DomainError(_("Cette annonce est close\u00a0: elle ne peut plus être modifiée."))
    changed = _apply(listing, values)
    if not changed:
        return listing
    if can(listing.status, Action.REVIEW_AGAIN):
        _require_complete(listing, now)
        listing.refreshed_at = now
        if changed & SENSITIVE:
            _move(listing, Action.REVIEW_AGAIN, actor, now)
        _schedule_closing(listing)
        mark_changed(listing, now)
    else:
        listing.version += 1
        listing.updated_at = now
    db.session.flush()
    return listing


def submit_listing(actor: User, listing: Listing, now: dt.datetime) -> Listing:
    """Send a draft: to review, or online at once when the organisation is known and trusted."""
    _lock(listing)
    target(listing.status, Action.SUBMIT)
    if listing.organisation is None or listing.organisation.status == OrganisationStatus.SUSPENDED:
        raise DomainError(_("Votre structure ne peut pas publier pour le moment. Appelez-nous."))
    _require_complete(listing, now)
    review = needs_review(listing)
    _move(listing, Action.SUBMIT, actor, now)
    if not review:
        _put_online(listing, actor, now)
    db.session.flush()
    return listing


def needs_review(listing: Listing) -> bool:
    """Return whether someone of the team reads the listing before it goes online.

    Always for an organisation that is not verified, for the first listing of any organisation,
    and for a listing that was refused or approved before and comes back as a draft.
    """
    if listing.organisation is None or not listing.organisation.verified:
        return True
    trusted = exists().where(
        Listing.organisation_id == listing.organisation_id,
        Listing.source == OWN_SOURCE,
        Listing.published_at.is_not(None),
        Listing.id != listing.id,
    )
    seen = exists().where(
        ListingEvent.listing_id == listing.id, ListingEvent.from_status == Status.IN_REVIEW
    )
    return not db.session.scalar(select(trusted)) or bool(db.session.scalar(select(seen)))


def publish_listing(actor: User | None, listing: Listing, now: dt.datetime) -> Listing:
    """Put online a listing that was in review. Raises DomainError when it cannot be shown."""
    _lock(listing)
    target(listing.status, Action.PUBLISH)
    if listing.organisation is not None and not listing.organisation.verified:
        raise DomainError(_("Vérifiez d’abord la structure, puis publiez l’annonce."))
    _require_complete(listing, now)
    _put_online(listing, actor, now)
    db.session.flush()
    return listing


def refuse_listing(actor: User, listing: Listing, reason: str, now: dt.datetime) -> Listing:
    """Send a listing back to its author with the reason, which she is told."""
    _lock(listing)
    if not reason.strip():
        raise DomainError(_("Écrivez la raison du refus\u00a0: la structure la recevra."))
    _move(listing, Action.REFUSE, actor, now, reason.strip())
    _touch(listing, now)
    _tell_members(listing, Announcement.REFUSED, now)
    db.session.flush()
    return listing


def pause_listing(actor: User, listing: Listing, now: dt.datetime) -> Listing:
    """Hide a listing for a while. It still closes at its deadline."""
    _lock(listing)
    _move(listing, Action.PAUSE, actor, now)
    mark_changed(listing, now)
    db.session.flush()
    return listing


def resume_listing(actor: User, listing: Listing, now: dt.datetime) -> Listing:
    """Show a paused listing again, confirmed as true today."""
    _lock(listing)
    target(listing.status, Action.RESUME)
    _require_complete(listing, now)
    listing.refreshed_at = now
    _schedule_closing(listing)
    _move(listing, Action.RESUME, actor, now)
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
    _lock(listing)
    outcome = Outcome(outcome)
    awaiting = listing.status == Status.CLOSED and listing.outcome == Outcome.EXPIRED
    if not awaiting:
        target(listing.status, Action.CLOSE)
    check_outcome(listing.status, outcome, unfilled_reason)
    reason = unfilled_reason if outcome == Outcome.UNFILLED else None
    if awaiting:
        listing.outcome, listing.unfilled_reason = outcome, reason
        listing.updated_at = now
        _log(listing, Status.CLOSED, actor, now, outcome)
    else:
        _close(listing, outcome, actor, now, reason)
        mark_changed(listing, now)
    db.session.flush()
    return listing


def expire_due(now: dt.datetime, *, limit: int = EXPIRY_BATCH) -> int:
    """Close every listing whose day is over; return how many. Running it twice changes nothing."""
    total = 0
    while True:
        due = (
            select(Listing)
            .where(
                Listing.status.in_([Status.PUBLISHED, Status.PAUSED, Status.IN_REVIEW]),
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
            _close(listing, Outcome.EXPIRED, None, now)
            _touch(listing, now)
            _tell_members(listing, Announcement.EXPIRED, now)
        announce_changed(listings, now)
        total += len(listings)


def import_listing(listing: Listing | None, values: Mapping[str, Any], now: dt.datetime) -> Listing:
    """Write an offer of another site, online at once; give None for a new one.

    `values`: columns of IMPORTED (the place with its point, the plain text `description`) and
    `sessions`. Does not flush and announces nothing: after each batch, call `announce_changed`.
    Raises ValueError on a value that is not expected.
    """
    values = dict(values)
    description = values.get("description")
    if listing is None:
        listing = Listing(
            status=Status.PUBLISHED,
            version=0,
            created_at=now,
            published_at=now,
            publics=[],
            schedules=[],
            funding=[],
        )
        _log(listing, None, None, now)
        db.session.add(listing)
    elif listing.status == Status.CLOSED:
        _log(listing, Status.CLOSED, None, now, to=target(listing.status, Action.REOPEN))
        listing.status = Status.PUBLISHED
        listing.closed_at = listing.outcome = listing.unfilled_reason = None
    _apply(listing, values, IMPORTED, look_up_place=False)
    if description is not None:
        listing.description_html = plain_to_html(description)
    listing.refreshed_at = now
    _schedule_closing(listing)
    _touch(listing, now)
    return listing


def confirm_listings(listings: Iterable[Listing], now: dt.datetime) -> None:
    """Say that imported listings, unchanged, are still shown by their source today."""
    for listing in listings:
        listing.refreshed_at = now
        _schedule_closing(listing)


def announce_changed(listings: Sequence[Listing], now: dt.datetime) -> None:
    """Flush, then tell everyone at once that these listings changed."""
    db.session.flush()
    enqueue_many("listing.changed", [{"listing_id": listing.id} for listing in listings], now=now)


def close_gone(listings: Sequence[Listing], now: dt.datetime) -> int:
    """Close imported listings that their source no longer shows; return how many were open."""
    gone = [listing for listing in listings if can(listing.status, Action.CLOSE)]
    for listing in gone:
        _close(listing, Outcome.WITHDRAWN, None, now)
        _touch(listing, now)
    announce_changed(gone, now)
    return len(gone)


def mark_changed(listing: Listing, now: dt.datetime) -> None:
    """Raise the version and tell search and feeds that what they show has changed."""
    _touch(listing, now)
    enqueue("listing.changed", now=now, listing_id=listing.id)


def _tell_members(listing: Listing, what: Announcement, now: dt.datetime) -> None:
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


def _touch(listing: Listing, now: dt.datetime) -> None:
    listing.version += 1
    listing.updated_at = now


def _lock(listing: Listing) -> None:
    """Read again, and hold until the commit, what decides of a transition."""
    db.session.flush()
    db.session.refresh(
        listing,
        attribute_names=["status", "version", "outcome", "closes_at"],
        with_for_update=True,
    )


def _move(
    listing: Listing, action: Action, actor: User | None, now: dt.datetime, reason: str = ""
) -> None:
    before = listing.status
    listing.status = target(before, action)
    _log(listing, before, actor, now, reason)


def _log(
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


def _put_online(listing: Listing, actor: User | None, now: dt.datetime) -> None:
    listing.published_at = listing.published_at or now
    listing.refreshed_at = now
    _schedule_closing(listing)
    _move(listing, Action.PUBLISH, actor, now)
    mark_changed(listing, now)
    _tell_members(listing, Announcement.PUBLISHED, now)


def _close(
    listing: Listing,
    outcome: Outcome,
    actor: User | None,
    now: dt.datetime,
    unfilled_reason: str | None = None,
) -> None:
    listing.closed_at = now
    listing.outcome = outcome
    listing.unfilled_reason = unfilled_reason
    _move(listing, Action.CLOSE, actor, now, outcome)


def _schedule_closing(listing: Listing) -> None:
    if listing.refreshed_at is None:
        return
    days = [
        session.deadline or paris_date(session.starts_at)
        for session in (() if listing.kind == Kind.JOB else listing.sessions)
    ]
    listing.closes_at = closing_instant(listing.deadline, days, listing.refreshed_at)


def _apply(
    listing: Listing,
    values: Mapping[str, Any],
    allowed: frozenset[str] = EDITABLE,
    *,
    look_up_place: bool = True,
) -> set[str]:
    """Write `values` and what follows from them; return the names of what really changed."""
    unknown = values.keys() - allowed - {"sessions"}
    if unknown:
        raise ValueError(f"not a value of a listing: {', '.join(sorted(unknown))}")
    columns = {name: value for name, value in values.items() if name != "sessions"}
    changed = {name for name, value in columns.items() if getattr(listing, name) != value}
    for name in changed:
        setattr(listing, name, columns[name])
    if "title" in changed:
        listing.slug = make_slug(listing.title)
    if "description" in changed and look_up_place:
        listing.description_html = markdown_to_html(listing.description)
    if "commune_code" in changed and look_up_place:
        _set_place(listing, columns)
    if "sessions" in values and _set_sessions(listing, values["sessions"]):
        changed.add("sessions")
    return changed


def _set_place(listing: Listing, columns: Mapping[str, Any]) -> None:
    code = listing.commune_code
    commune = db.session.get(Commune, code) if code else None
    listing.latitude = commune.latitude if commune else None
    listing.longitude = commune.longitude if commune else None
    if "place_label" not in columns:
        listing.place_label = commune.name if commune else ""


def _set_sessions(listing: Listing, wanted: Sequence[Mapping[str, Any]]) -> bool:
    """Bring the sessions of a listing to `wanted`; return whether something changed.

    Each mapping holds SESSION_FIELDS, and `id` for a session that exists. A session with
    registered people stays, with room for them: raises DomainError otherwise.
    """
    kept = {session.id: session for session in listing.sessions}
    changed = False
    result: list[ListingSession] = []
    for values in wanted:
        session = kept.pop(values.get("id"), None) or ListingSession(taken=0)
        for name in SESSION_FIELDS:
            value = values.get(name, "" if name == "label" else None)
            if getattr(session, name) != value:
                setattr(session, name, value)
                changed = True
        if session.capacity is not None and session.capacity < session.taken:
            raise DomainError(
                _(
                    "%(count)d places sont déjà prises\u00a0: gardez-en au moins autant.",
                    count=session.taken,
                )
            )
        result.append(session)
    if kept:
        _remove_sessions(listing, list(kept.values()))
    listing.sessions = sorted(result, key=lambda session: session.starts_at)
    return changed or bool(kept)


def _remove_sessions(listing: Listing, sessions: Sequence[ListingSession]) -> None:
    """Remove dates, unless someone answered for one of them, whatever became of the answer."""
    refusal = DomainError(
        _("Des personnes ont répondu pour une date que vous retirez\u00a0: gardez cette date.")
    )
    if any(session.taken for session in sessions):
        raise refusal
    try:
        with db.session.begin_nested():
            for session in sessions:
                listing.sessions.remove(session)
            db.session.flush()
    except IntegrityError as error:
        raise refusal from error


def _require_complete(listing: Listing, now: dt.datetime) -> None:
    """Raise DomainError naming what an own listing lacks to be shown."""
    missing = missing_for_publication(listing)
    if missing:
        raise DomainError(_("Il manque\u00a0: %(what)s.", what=", ".join(missing)))
    if listing.deadline is not None and listing.deadline < paris_date(now):
        raise DomainError(_("La date limite est passée. Indiquez une nouvelle date."))
    if listing.kind == Kind.EVENT and all(session.starts_at <= now for session in listing.sessions):
        raise DomainError(_("La date du rendez-vous est passée. Indiquez une nouvelle date."))


def missing_for_publication(listing: Listing) -> list[str]:
    """Return, in French, what the listing lacks to be published."""
    needed = [
        (bool(listing.title.strip()), _("le titre")),
        (bool(listing.description.strip()), _("la description")),
        (listing.kind == Kind.PATH or listing.commune_code is not None, _("la commune")),
    ]
    if listing.kind == Kind.JOB:
        needed += [
            (listing.profession_id is not None, _("le métier")),
            (listing.pay_min_cents is not None, _("le salaire")),
            (listing.hours_min is not None, _("les heures par semaine")),
            (listing.contract is not None, _("le contrat")),
        ]
    if listing.kind == Kind.EVENT:
        needed.append((bool(listing.sessions), _("la date")))
    if listing.kind == Kind.PATH:
        needed.append((listing.profession_id is not None, _("le métier d’arrivée")))
    return [name for present, name in needed if not present]
