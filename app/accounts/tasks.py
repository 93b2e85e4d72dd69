"""What the worker does for accounts."""

from __future__ import annotations

import datetime as dt
from typing import Any

from flask import current_app

from app.accounts import mails, queries, second_factor, services
from app.accounts.enums import FactorChange, Role
from app.accounts.models import AccessAlarm, LoginSession
from app.core import clock, mail
from app.core.database import db
from app.core.outbox import Effect


def send_sign_in_link(payload: dict[str, Any], event_id: int) -> Effect | None:
    """Create a link for the person and mail it. Nothing happens for an address without account.

    The token is born here so that it is written nowhere but in the message; a second run of the
    same event makes a new link, which kills the first.
    """
    user = queries.get_user(payload["user_id"])
    if user is None or not user.active:
        return None
    minutes = current_app.config["SIGN_IN_LINK_MINUTES"]
    link_id, token = services.create_link(user, now=clock.now(), minutes=minutes)
    message = mails.sign_in_link(
        user,
        token,
        link_id=link_id,
        base_url=current_app.config["PUBLIC_BASE_URL"],
        next_path=payload.get("next", ""),
        minutes=minutes,
    )
    return mail.sending(message)


def send_email_code(payload: dict[str, Any], event_id: int) -> Effect | None:
    """Draw the code of a sign-in under way and mail it; a second run draws another."""
    pending, now = db.session.get(LoginSession, payload["session_id"]), clock.now()
    if pending is None or pending.revoked_at is not None or pending.expires_at <= now:
        return None
    code = second_factor.make_email_code(pending, now)
    message = mails.sign_in_code(
        pending.user, code, event_id=event_id, minutes=second_factor.CODE_MINUTES
    )
    return mail.sending(message)


def tell_factor_changed(payload: dict[str, Any], event_id: int) -> Effect | None:
    """Tell a person what changed in the way she proves who she is, even when she is suspended."""
    user = queries.get_user(payload["user_id"])
    if user is None:
        return None
    message = mails.factor_changed(
        user,
        FactorChange(payload["change"]),
        dt.datetime.fromisoformat(payload["changed_at"]),
        event_id=event_id,
        base_url=current_app.config["PUBLIC_BASE_URL"],
    )
    return mail.sending(message)


def tell_admin(payload: dict[str, Any], event_id: int) -> Effect | None:
    """Tell one administrator that somebody reads the details of many people."""
    admin = queries.get_user(payload["user_id"])
    raised = db.session.get(AccessAlarm, payload["alarm_id"])
    if raised is None or admin is None or not admin.active or admin.role != Role.ADMIN:
        return None
    base_url = current_app.config["PUBLIC_BASE_URL"]
    return mail.sending(mails.alarm(admin, raised, event_id=event_id, base_url=base_url))
