"""Messages to those who open an organisation, join it, or answer for it."""

from __future__ import annotations

from app.accounts.models import User
from app.accounts.queries import token_hash
from app.core import mail
from app.core.i18n import _
from app.organisations.enums import MEMBER_ROLE_LABELS, MemberRole, SignUpOutcome
from app.organisations.models import (
    Invitation,
    JoinRequest,
    Organisation,
    OrganisationEvent,
    SignUp,
)


def sign_up(
    declared: SignUp,
    outcome: SignUpOutcome,
    known: Organisation | None,
    token: str,
    *,
    event_id: int,
    base_url: str,
    hours: int,
) -> mail.Message:
    """Return the message that tells the person of an address what her sign-up leads to.

    `token`: empty when there is nothing to confirm.
    """
    return mail.render(
        "organisations/sign_up",
        to=declared.email,
        message_id=f"organisation-sign-up-{event_id}{_mark(token)}",
        hello=_("Bonjour %(name)s,", name=declared.person_name),
        structure=known.name if known else declared.name,
        outcome=outcome,
        url=f"{base_url}/inscription/confirmer/{token}" if token else f"{base_url}/connexion",
        hours=hours,
    )


def invitation(
    sent: Invitation, token: str, *, event_id: int, base_url: str, days: int
) -> mail.Message:
    """Return the message that carries an invitation."""
    return mail.render(
        "organisations/invitation",
        to=sent.email,
        message_id=f"organisation-invitation-{event_id}{_mark(token)}",
        structure=sent.organisation.name,
        inviter=sent.invited_by.name,
        role=MEMBER_ROLE_LABELS[MemberRole(sent.role)],
        url=f"{base_url}/invitation/{token}",
        days=days,
    )


def join_request(
    request: JoinRequest, owner: User, *, event_id: int, base_url: str
) -> mail.Message:
    """Return the message to an owner: somebody asks to join."""
    return mail.render(
        "organisations/join_request",
        to=owner.email,
        message_id=f"organisation-join-request-{event_id}",
        hello=_("Bonjour %(name)s,", name=owner.name),
        person=request.user.name,
        email=request.user.email,
        structure=request.organisation.name,
        url=f"{base_url}/recruter/structures/{request.organisation_id}/membres",
    )


def join_answer(request: JoinRequest, *, event_id: int, base_url: str) -> mail.Message:
    """Return the message to the person who asked to join: yes or no."""
    return mail.render(
        "organisations/join_answer",
        to=request.user.email,
        message_id=f"organisation-join-answer-{event_id}",
        hello=_("Bonjour %(name)s,", name=request.user.name),
        accepted=request.accepted,
        structure=request.organisation.name,
        url=f"{base_url}/recruter/",
    )


def decision(
    event: OrganisationEvent, owner: User, *, event_id: int, base_url: str
) -> mail.Message:
    """Return the message to an owner: what the team decided, and why."""
    return mail.render(
        "organisations/decision",
        to=owner.email,
        message_id=f"organisation-decision-{event_id}",
        hello=_("Bonjour %(name)s,", name=owner.name),
        action=event.action,
        reason=event.reason,
        structure=event.organisation.name,
        url=f"{base_url}/recruter/structures/{event.organisation_id}",
    )


def _mark(token: str) -> str:
    """Return what tells two messages of one event apart: the last carries the only link alive."""
    return f"-{token_hash(token)[:12]}" if token else ""
