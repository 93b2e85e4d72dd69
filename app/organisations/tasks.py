"""What the worker does for organisations: every link is born here, and written nowhere else."""

from __future__ import annotations

import datetime as dt
from typing import Any

from flask import current_app

from app.accounts.enums import MEMBER_ROLES
from app.accounts.queries import get_user, user_by_email
from app.core import mail, storage
from app.core.outbox import Effect
from app.organisations import mails, queries, services
from app.organisations.enums import MemberRole, SignUpOutcome
from app.organisations.services.invitations import INVITATION_DAYS
from app.organisations.services.sign_up import SIGN_UP_HOURS

# Beyond, somebody writes another person's address again and again: she is left in peace.
SIGN_UPS_A_DAY = 5


def send_sign_up(payload: dict[str, Any], event_id: int) -> Effect | None:
    """Mail the person of the address what her sign-up leads to, with a link if there is one."""
    declared = queries.get_sign_up(payload["sign_up_id"])
    if declared is None or declared.confirmed_at is not None:
        return None
    day_before = declared.created_at - dt.timedelta(days=1)
    if queries.sign_ups_since(declared.email, day_before, declared.id) > SIGN_UPS_A_DAY:
        return None
    user, known = user_by_email(declared.email), queries.organisation_of_siret(declared.siret)
    outcome = queries.sign_up_outcome(known, user)
    if user is not None and (not user.active or user.role not in MEMBER_ROLES):
        outcome = SignUpOutcome.OTHER_ACCOUNT
    to_confirm = outcome in {SignUpOutcome.OPENS, SignUpOutcome.JOINS}
    token = services.give_token(declared) if to_confirm else ""
    message = mails.sign_up(
        declared,
        outcome,
        known,
        token,
        event_id=event_id,
        base_url=_base_url(),
        hours=SIGN_UP_HOURS,
    )
    return mail.sending(message)


def send_invitation(payload: dict[str, Any], event_id: int) -> Effect | None:
    """Mail an invitation, unless it was taken back meanwhile."""
    sent = queries.get_invitation(payload["invitation_id"])
    if sent is None or sent.revoked_at is not None or sent.accepted_at is not None:
        return None
    token = services.give_token(sent)
    message = mails.invitation(
        sent, token, event_id=event_id, base_url=_base_url(), days=INVITATION_DAYS
    )
    return mail.sending(message)


def tell_owner_of_request(payload: dict[str, Any], event_id: int) -> Effect | None:
    """Tell an owner that somebody asks to join, unless it has been answered."""
    request = queries.get_join_request(payload["join_request_id"])
    owner = get_user(payload["user_id"])
    if request is None or request.answered_at is not None or owner is None:
        return None
    if not queries.is_owner(owner, request.organisation_id):
        return None
    message = mails.join_request(request, owner, event_id=event_id, base_url=_base_url())
    return mail.sending(message)


def tell_answer(payload: dict[str, Any], event_id: int) -> Effect | None:
    """Tell the person who asked to join what was answered."""
    request = queries.get_join_request(payload["join_request_id"])
    if request is None or not request.user.active:
        return None
    message = mails.join_answer(request, event_id=event_id, base_url=_base_url())
    return mail.sending(message)


def tell_decision(payload: dict[str, Any], event_id: int) -> Effect | None:
    """Tell an owner what the team decided about the organisation, even suspended, unless she has
    stopped answering for it."""
    event = queries.get_event(payload["organisation_event_id"])
    owner = get_user(payload["user_id"])
    if event is None or owner is None or not owner.active:
        return None
    membership = queries.membership_in(event.organisation_id, owner.id)
    if membership is None or membership.role != MemberRole.OWNER:
        return None
    message = mails.decision(event, owner, event_id=event_id, base_url=_base_url())
    return mail.sending(message)


def drop_picture(payload: dict[str, Any], _event_id: int) -> Effect:
    """Delete a file that no picture needs any more."""
    return lambda: storage.remove(payload["key"])


def _base_url() -> str:
    return str(current_app.config["PUBLIC_BASE_URL"])
