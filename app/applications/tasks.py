"""What the worker does for applications. Handlers read the rows again: events carry ids only."""

from __future__ import annotations

import datetime as dt
from typing import Any

from flask import current_app

from app.accounts.models import User
from app.accounts.queries import get_user
from app.applications import (
    closing,
    files,
    mails,
    measures,
    member_mails,
    pool,
    progress,
    promise,
    queries,
    seats,
)
from app.applications.enums import CvState, Status
from app.applications.models import (
    Application,
    ApplicationEvent,
    ApplicationMessage,
    ApplicationTransfer,
)
from app.applications.workflow import TAKEN_BACK
from app.core import clock, mail, storage
from app.core.database import db
from app.core.outbox import Effect
from app.listings.enums import Status as ListingStatus
from app.listings.queries import get_listing, removed_by_team
from app.organisations.queries import acts_for, member_of


def confirm_to_candidate(payload: dict[str, Any], event_id: int) -> Effect | None:
    """Send the receipt to the person, if she gave an e-mail."""
    application = db.session.get(Application, payload["application_id"])
    if application is None:
        return None
    return mail.sending(mails.received(application, event_id, _base_url()))


def tell_candidate(payload: dict[str, Any], event_id: int) -> Effect | None:
    """Send the person the message about one change, if she gave an e-mail."""
    event = db.session.get(ApplicationEvent, payload["application_event_id"])
    if event is None:
        return None
    return mail.sending(mails.moved(event.application, event, event_id, _base_url()))


def thank(payload: dict[str, Any], event_id: int) -> Effect | None:
    """Thank one person for having come, unless the box was unticked since."""
    event = db.session.get(ApplicationEvent, payload["application_event_id"])
    if event is None or event.application.events[-1].id != event.id:
        return None
    return mail.sending(mails.thanked(event.application, event_id, _base_url()))


def tell_member(payload: dict[str, Any], event_id: int) -> Effect | None:
    """Tell one member of the organisation that somebody answered, or took her answer back."""
    event = db.session.get(ApplicationEvent, payload["application_event_id"])
    member = db.session.get(User, payload["user_id"])
    if event is None or member is None:
        return None
    # She may have left, or the organisation may have been suspended, since the event was written.
    if not acts_for(member, event.application.listing.organisation_id):
        return None
    return mail.sending(
        member_mails.announced(event.application, event, member, event_id, _base_url())
    )


def tell_reply(payload: dict[str, Any], event_id: int) -> Effect | None:
    """Tell one member of the organisation that the person answers what was written to her."""
    message = db.session.get(ApplicationMessage, payload["application_message_id"])
    member = db.session.get(User, payload["user_id"])
    if message is None or member is None or message.replied_at is None:
        return None
    if not acts_for(member, message.application.listing.organisation_id):
        return None
    return mail.sending(member_mails.replied(message, member, event_id, _base_url()))


def follow_closing(payload: dict[str, Any], _event_id: int) -> None:
    """Write what the closing of a listing changes for those who wait."""
    listing = get_listing(payload["listing_id"])
    if listing is not None:
        closing.after_closing(listing, clock.now())


def follow_dates(payload: dict[str, Any], _event_id: int) -> None:
    """Serve the waiting lists of a listing whose dates have changed; tell who counts on them."""
    listing = get_listing(payload["listing_id"])
    if listing is not None:
        seats.follow_dates(listing, payload["moved"], clock.now())


def tell_of_move(payload: dict[str, Any], event_id: int) -> Effect | None:
    """Tell one person that her date has changed, unless she gave her place back since."""
    application = db.session.get(Application, payload["application_id"])
    if application is None or not seats.counts_on_date(application):
        return None
    was = dt.datetime.fromisoformat(payload["was"])
    return mail.sending(mails.date_moved(application, was, event_id, _base_url()))


def remind_of_date(payload: dict[str, Any], event_id: int) -> Effect | None:
    """Remind one person of the event she is registered for, unless she gave her seat back since."""
    application = db.session.get(Application, payload["application_id"])
    if application is None or application.status != Status.REGISTERED:
        return None
    return mail.sending(mails.date_near(application, event_id, _base_url()))


def tell_of_closing(payload: dict[str, Any], event_id: int) -> Effect | None:
    """Tell one person that the listing is over, unless she has had her answer since."""
    application = db.session.get(Application, payload["application_id"])
    if application is None:
        return None
    listing = application.listing
    # It may have been opened again since.
    if listing.status != ListingStatus.CLOSED:
        return None
    if application.status not in queries.told_of_closing(listing.kind, listing.outcome):
        return None
    words = progress.closing(application, clock.now(), by_team=removed_by_team(listing))
    return mail.sending(mails.listing_closed(application, words, event_id, _base_url()))


def send_letter(payload: dict[str, Any], event_id: int) -> Effect | None:
    """Send the person what a member wrote to her, if she gave an e-mail and is still there."""
    message = db.session.get(ApplicationMessage, payload["application_message_id"])
    if message is None or message.application.status in TAKEN_BACK:
        return None
    return mail.sending(mails.written(message, event_id, _base_url()))


def tell_transfer(payload: dict[str, Any], event_id: int) -> Effect | None:
    """Tell the person that another team of the organisation has her application."""
    transfer = db.session.get(ApplicationTransfer, payload["application_transfer_id"])
    if transfer is None or transfer.application.status in TAKEN_BACK:
        return None
    return mail.sending(mails.transferred(transfer, event_id, _base_url()))


def ask_to_keep(payload: dict[str, Any], event_id: int) -> Effect | None:
    """Ask the person whether her contact may be kept, unless she has answered since."""
    application = db.session.get(Application, payload["application_id"])
    if application is None or not pool.is_asked(application):
        return None
    return mail.sending(mails.pool_asked(application, event_id, _base_url()))


def tell_pool_ends(payload: dict[str, Any], event_id: int) -> Effect | None:
    """Tell the person that her contact is about to be erased, unless she has answered since."""
    application = db.session.get(Application, payload["application_id"])
    if application is None or application.status != Status.POOL or not application.pool_told_at:
        return None
    return mail.sending(mails.pool_ends(application, event_id, _base_url()))


def remind_member(payload: dict[str, Any], event_id: int) -> Effect | None:
    """Remind one member of who waits in her organisation, unless all have their answer since."""
    member = get_user(payload["user_id"])
    membership = member_of(member, payload["organisation_id"]) if member else None
    if member is None or membership is None or not member.active:
        return None
    organisation, now = membership.organisation, clock.now()
    if not organisation.verified:
        return None
    waiting, ending = queries.who_waits(organisation.id, now), promise.ending(organisation.id, now)
    if waiting is not None and waiting.late:
        message = member_mails.reminder(
            organisation, waiting, ending, member, event_id, now, _base_url()
        )
    elif ending is not None:
        message = member_mails.ends_soon(organisation, ending, member, event_id, _base_url())
    else:
        return None
    return mail.sending(message)


def measure_organisations(payloads: list[dict[str, Any]]) -> None:
    """Measure again the organisations that have just answered somebody."""
    measures.measure(sorted({payload["organisation_id"] for payload in payloads}), clock.now())


def scan_file(payload: dict[str, Any], _event_id: int) -> Effect | None:
    """Have the antivirus read one file, outside any transaction, then write what it says."""
    application_id, key = payload["application_id"], payload["cv_key"]
    application = files.holding(application_id, key)
    if application is None:
        return None
    digest = application.cv_sha256 or ""

    def effect() -> None:
        state = files.verdict(storage.read(key, digest))
        again = files.holding(application_id, key)
        if again is not None:
            files.note_verdict(again, state, clock.now())

    return effect


def tell_file_blocked(payload: dict[str, Any], event_id: int) -> Effect | None:
    """Tell one person that her file was not handed over, unless she withdrew since."""
    application = db.session.get(Application, payload["application_id"])
    if application is None or application.cv_state != CvState.BLOCKED:
        return None
    return mail.sending(mails.file_blocked(application, event_id, _base_url()))


def drop_file(payload: dict[str, Any], _event_id: int) -> Effect:
    """Delete the file of an application withdrawn or erased."""
    return lambda: storage.remove(payload["cv_key"])


def _base_url() -> str:
    return str(current_app.config["PUBLIC_BASE_URL"])
