"""Receive an application once, whatever is clicked or sent at the same time. It never commits."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy.exc import IntegrityError

from app.applications import files, keys, queries, workflow
from app.applications.cv import StoredFile
from app.applications.enums import ActorKind, CallBack, Status
from app.applications.models import Application, ApplicationEvent
from app.applications.services import take_seat, tell_members
from app.core import consents
from app.core.database import db
from app.core.errors import DomainError
from app.core.i18n import _
from app.core.outbox import enqueue
from app.listings.models import Listing, ListingSession

NEW_REFERENCE_TRIES = 5


class ListingNotOpen(DomainError):
    """The listing closed, or was paused, before the application came."""

    status = 410


@dataclass(frozen=True)
class Submitted:
    """What became of a form that was sent.

    `secret` is None when the application was already there under another key: whoever sent this
    one may not be the person who sent the first. `conflict` tells that it had been sent with other
    answers, which stand.
    """

    application: Application
    secret: str | None
    created: bool
    conflict: bool = False


def submit_application(
    listing: Listing,
    values: Mapping[str, Any],
    idempotency_key: str,
    now: dt.datetime,
    session: ListingSession | None = None,
    cv: StoredFile | None = None,
) -> Submitted:
    """Receive an application once, whatever is clicked, resent or sent at the same time.

    `values`: first_name, phone (E.164) or email, and optionally last_name, call_back,
    commune_label, diploma_held, message, counsellor_consent (bool). Raises ListingNotOpen.
    """
    body = dict(values) | {
        "session": session.id if session else None,
        "cv": cv.sha256 if cv else None,
    }
    digest = keys.body_hash(listing.id, body)
    candidate = keys.keyed_hash("candidate", values.get("phone") or values.get("email") or "")
    # What is closed tells nobody who had answered it, but who sends the same form again.
    if queries.by_key(idempotency_key) is None and not _takes_answers(listing, session, now):
        raise ListingNotOpen(_("Cette annonce n’est plus ouverte. Rien n’a été envoyé."))
    known = _already_sent(listing, idempotency_key, digest, candidate)
    if known is not None:
        return known
    for _attempt in range(NEW_REFERENCE_TRIES):
        try:
            # The savepoint gives back the seat when the row turns out to exist already.
            with db.session.begin_nested():
                application = _new_application(listing, values, idempotency_key, now, session, cv)
                application.body_hash = digest
                application.candidate_key = candidate
                db.session.flush()
        except IntegrityError:
            known = _already_sent(listing, idempotency_key, digest, candidate)
            if known is not None:
                return known
            # Neither this form nor this person: the reference was taken. Draw another.
            continue
        _announce(application, now)
        return Submitted(application, keys.code_for(idempotency_key), created=True)
    raise DomainError(_("Votre candidature n’a pas pu être enregistrée. Envoyez-la à nouveau."))


def _takes_answers(listing: Listing, session: ListingSession | None, now: dt.datetime) -> bool:
    """Return whether one may answer now; for a listing that has dates, for that one."""
    if not listing.is_open(now) or not listing.answered_here:
        return False
    return not listing.sessions or session in queries.open_sessions(listing, now)


def _already_sent(
    listing: Listing, idempotency_key: str, digest: str, candidate: str
) -> Submitted | None:
    known = queries.by_key(idempotency_key) or queries.live_of_candidate(listing.id, candidate)
    if known is None:
        return None
    conflict = not keys.same(known.body_hash, digest)
    # Compared once more: the same form may have been committed between the two questions.
    same_form = known.idempotency_key == idempotency_key
    code = keys.code_for(idempotency_key) if same_form else None
    return Submitted(known, code, created=False, conflict=conflict)


def _new_application(
    listing: Listing,
    values: Mapping[str, Any],
    idempotency_key: str,
    now: dt.datetime,
    session: ListingSession | None,
    cv: StoredFile | None,
) -> Application:
    reference = keys.new_reference()
    is_event = workflow.family_of(listing.kind) is workflow.Family.EVENT
    status = Status.RECEIVED
    if is_event:
        status = Status.REGISTERED if _may_come(session) else Status.WAITLISTED
    promise = listing.organisation.promise_hours if listing.organisation else None
    application = Application(
        reference=reference,
        secret_hash=keys.hash_code(reference, keys.code_for(idempotency_key)),
        link_salt=keys.new_link_salt(),
        idempotency_key=idempotency_key,
        listing=listing,
        session=session,
        status=status,
        first_name=values["first_name"],
        last_name=values.get("last_name") or "",
        phone=values.get("phone") or None,
        email=values.get("email") or None,
        call_back=values.get("call_back") or CallBack.ANY,
        commune_label=values.get("commune_label") or "",
        diploma_held=values.get("diploma_held") or None,
        message=values.get("message") or "",
        counsellor_consent_at=now if values.get("counsellor_consent") else None,
        counsellor_wording=consents.COUNSELLOR if values.get("counsellor_consent") else None,
        cv_key=cv.key if cv else None,
        cv_name=f"cv-{reference}.{cv.extension}" if cv else None,
        cv_sha256=cv.sha256 if cv else None,
        cv_state=cv.state if cv else None,
        cv_state_at=now if cv else None,
        created_at=now,
        updated_at=now,
        answer_due_at=now + dt.timedelta(hours=promise) if promise and not is_event else None,
    )
    application.events.append(
        ApplicationEvent(to_status=status, at=now, actor_kind=ActorKind.CANDIDATE)
    )
    db.session.add(application)
    return application


def _may_come(session: ListingSession | None) -> bool:
    """Take a seat, unless people wait: those just added are theirs."""
    if session is not None:
        queries.lock_sessions(session.id)
        if queries.next_waitlisted(session.id) is not None:
            return False
    return take_seat(session)


def _announce(application: Application, now: dt.datetime) -> None:
    """Enqueue the message to the person and one message to each member of the organisation."""
    enqueue("application.received", now=now, application_id=application.id)
    files.show_to_antivirus(application, now)
    tell_members(application, application.events[-1], now)
