"""Writes of the applications feature: move, withdraw, show, forget. They never commit."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import delete, update

from app.accounts.models import User
from app.applications import files, keys, queries, reading, workflow
from app.applications.enums import ActorKind, DeclineReason, Status
from app.applications.models import Application, ApplicationEvent, ContactView, LookupAttempt
from app.applications.wording import require_proper
from app.core.database import db
from app.core.errors import DomainError
from app.core.i18n import _
from app.core.outbox import enqueue
from app.listings.enums import WITH_WAITING_LIST, Outcome
from app.listings.models import ListingSession
from app.organisations.queries import members_of

TRIES_PER_REFERENCE = 10
# How a listing ends when nobody will come.
NOT_HELD = frozenset({Outcome.UNFILLED, Outcome.WITHDRAWN})
# People share addresses: a library, a counsellor's office, a phone operator.
TRIES_PER_ADDRESS = 60
TRIES_WINDOW = dt.timedelta(minutes=15)
THANKS_AFTER = dt.timedelta(hours=2)
# How long a seat is kept for the person who waited, at most: never past the first day.
OFFER_LASTS = dt.timedelta(hours=72)


class NoSeatLeft(DomainError):
    """The session is full."""


class NotVerified(DomainError):
    """The team has not checked who the organisation is."""

    status = 403


class ReasonMissing(DomainError):
    """Saying no needs a reason and a message."""

    status = 422


class TooManyTries(DomainError):
    """Somebody is guessing."""

    status = 429


def take_seat(session: ListingSession | None) -> bool:
    """Take a seat in one statement, so that two people never get the last one."""
    if session is None:
        return True
    taken = db.session.execute(
        update(ListingSession)
        .where(
            ListingSession.id == session.id,
            (ListingSession.capacity.is_(None)) | (ListingSession.taken < ListingSession.capacity),
        )
        .values(taken=ListingSession.taken + 1)
        .execution_options(synchronize_session=False)
    )
    return bool(taken.rowcount)  # type: ignore[attr-defined]


def tell_members(application: Application, event: ApplicationEvent, now: dt.datetime) -> None:
    """Enqueue the message of one change for each member of the organisation."""
    organisation_id = application.listing.organisation_id
    if organisation_id is None:
        return
    for member in members_of(organisation_id):
        # One event for one message: a refused address never delays nor repeats the others.
        enqueue(
            "application.announced",
            now=now,
            application_id=application.id,
            application_event_id=event.id,
            user_id=member.id,
        )


def move_application(
    application: Application,
    to: Status,
    actor_kind: ActorKind,
    actor: User | None,
    now: dt.datetime,
    reason: DeclineReason | None = None,
    message: str = "",
    *,
    told: bool = False,
) -> ApplicationEvent | None:
    """Bring an application to another state, log it and enqueue the message to the person.

    `told`: what the caller sends her says it already.

    Returns the line of the log, or None when the application is already there (a second click).
    Raises NotAllowedTransition, ReasonMissing, NoSeatLeft.
    """
    if application.session_id is not None:
        queries.lock_sessions(application.session_id)
    # Who opens the sheet refers to the row already: this lock lets that reference be.
    db.session.refresh(application, ["status"], with_for_update={"key_share": True})
    return move_held(application, to, actor_kind, actor, now, reason, message, told=told)


def move_held(
    application: Application,
    to: Status,
    actor_kind: ActorKind,
    actor: User | None,
    now: dt.datetime,
    reason: DeclineReason | None = None,
    message: str = "",
    *,
    told: bool = False,
) -> ApplicationEvent | None:
    """Do the same to an application read with its lock in this transaction, as a group is."""
    if application.status == to:
        return None
    kind = application.listing.kind
    workflow.check(kind, application.status, to, actor_kind)
    if to in workflow.NEEDS_REASON:
        _set_reason(application, reason, message)
    seat_freed = _change_seat(application, to)
    event = ApplicationEvent(
        from_status=application.status,
        to_status=to,
        at=now,
        actor_kind=actor_kind,
        actor_id=actor.id if actor else None,
        reason=reason if to in workflow.NEEDS_REASON else None,
    )
    application.events.append(event)
    if actor_kind is ActorKind.MEMBER and to != Status.SEEN:
        _note_contact(application, now)
    application.status = to
    application.updated_at = now
    application.offer_until = _offer_end(application, now) if to is Status.OFFERED else None
    db.session.flush()
    if to not in workflow.SILENT and not told:
        enqueue(
            "application.moved",
            now=now,
            application_id=application.id,
            application_event_id=event.id,
        )
    if to is Status.ATTENDED:
        # A box ticked by mistake at the door is put right before the message leaves.
        enqueue(
            "application.came",
            now=now,
            at=now + THANKS_AFTER,
            application_event_id=event.id,
        )
    if to is Status.OFFERED and application.email is None:
        tell_members(application, event, now)
    if seat_freed and application.session is not None:
        fill_seats(application.session, now)
    return event


def _offer_end(application: Application, now: dt.datetime) -> dt.datetime:
    end = now + OFFER_LASTS
    return min(end, application.session.starts_at) if application.session else end


def _note_contact(application: Application, now: dt.datetime) -> None:
    if application.first_contact_at is not None:
        return
    application.first_contact_at = now
    organisation_id = application.listing.organisation_id
    if organisation_id is not None and application.answer_due_at is not None:
        enqueue("application.answered", now=now, organisation_id=organisation_id)


def _set_reason(application: Application, reason: DeclineReason | None, message: str) -> None:
    if reason is None or not message.strip():
        raise ReasonMissing(_("Choisissez une raison et gardez un message pour la personne."))
    require_proper(message, (application.listing.title, application.first_name))
    application.decline_reason = reason
    application.decline_message = message.strip()


def _change_seat(application: Application, to: Status) -> bool:
    """Take or give back the seat that the change needs; return whether one was freed."""
    kind = application.listing.kind
    had, needs = workflow.holds_seat(kind, application.status), workflow.holds_seat(kind, to)
    if needs and not had and not take_seat(application.session):
        if kind in WITH_WAITING_LIST:
            message = _("Il n’y a plus de place. Mettez la personne sur la liste d’attente.")
        else:
            message = _("Cette période est complète. Ajoutez-y d’abord une place, dans l’annonce.")
        raise NoSeatLeft(message)
    freed = had and not needs and application.session_id is not None
    if freed:
        db.session.execute(
            update(ListingSession)
            .where(ListingSession.id == application.session_id, ListingSession.taken > 0)
            .values(taken=ListingSession.taken - 1)
            .execution_options(synchronize_session=False)
        )
    return freed


def fill_seats(session: ListingSession, now: dt.datetime) -> int:
    """Give the seats that are free to those who have waited longest; return how many were given.

    A seat of an event is theirs at once. A seat of a training is proposed, and kept for a while.
    The caller holds the session (`queries.lock_sessions`).
    """
    listing = session.listing
    if session.starts_at <= now or listing.outcome in NOT_HELD:
        return 0
    is_event = workflow.family_of(listing.kind) is workflow.Family.EVENT
    to = Status.REGISTERED if is_event else Status.OFFERED
    given = 0
    while (waiting := queries.next_waitlisted(session.id)) is not None:
        try:
            move_application(waiting, to, ActorKind.SYSTEM, None, now)
        except NoSeatLeft:
            break
        given += 1
    return given


def withdraw_application(application: Application, now: dt.datetime) -> ApplicationEvent | None:
    """Take an application back for the person: her CV and her words go at once.

    Returns None on a second click.
    """
    to = workflow.withdrawn_status(application.listing.kind)
    event = move_application(application, to, ActorKind.CANDIDATE, None, now)
    if event is None:
        return None
    forget_words(application, now)
    enqueue("person.erased", now=now, kind="withdrawn", id=application.id)
    db.session.flush()
    tell_members(application, event, now)
    return event


def forget_words(application: Application, now: dt.datetime) -> None:
    """Remove what a person who withdrew had joined and written, and what was written of her."""
    files.forget(application, now)
    application.message = ""
    application.notes.clear()
    for message in application.messages:
        message.coming = message.reply = message.replied_at = None


def record_view(application: Application, viewer: User, what: str, now: dt.datetime) -> None:
    """Write that `viewer` is about to be shown the "contact" details or the "cv".

    The caller commits before anything leaves. Opening a new application marks it as seen. Raises
    NotVerified: nothing of a candidate is shown to an organisation the team has not checked; and
    ProofNeeded, with an alarm that the caller commits, when `viewer` reads too many people.
    """
    organisation = application.listing.organisation
    if organisation is None or not organisation.verified:
        raise NotVerified(_("Cette fiche s’ouvrira quand votre structure sera vérifiée."))
    reading.check(viewer, [application.id], now)
    db.session.add(ContactView(application_id=application.id, user_id=viewer.id, what=what, at=now))
    seen = workflow.allowed(application.listing.kind, application.status, ActorKind.MEMBER)
    if what == "contact" and Status.SEEN in seen:
        move_application(application, Status.SEEN, ActorKind.MEMBER, viewer, now)
    db.session.flush()


def find_by_code(reference: str, code: str, address: str, now: dt.datetime) -> Application | None:
    """Return the application whose reference and code these are; else None, and the try counts.

    The answer is the same, and takes the same work, whether the reference exists. Raises
    TooManyTries after ten wrong tries in a quarter of an hour from one address.
    """
    by_pair = keys.keyed_hash("lookup", f"{reference}\x1f{address}")
    by_address = keys.keyed_hash("lookup-address", address)
    tries = queries.tries_since([by_pair, by_address], now - TRIES_WINDOW)
    if (
        tries.get(by_pair, 0) >= TRIES_PER_REFERENCE
        or tries.get(by_address, 0) >= TRIES_PER_ADDRESS
    ):
        raise TooManyTries(_("Trop d’essais. Attendez un quart d’heure, puis recommencez."))
    application = queries.by_reference(reference)
    expected = application.secret_hash if application else "0" * 64
    if keys.code_opens(reference, code, expected) and application is not None:
        return application
    db.session.execute(delete(LookupAttempt).where(LookupAttempt.at < now - dt.timedelta(days=1)))
    db.session.add_all(LookupAttempt(key=key, at=now) for key in (by_pair, by_address))
    db.session.flush()
    return None
