"""How a person becomes a member: invited by an owner, or let in by one. Never by her address."""

from __future__ import annotations

import datetime as dt
import secrets
from dataclasses import dataclass

from sqlalchemy import delete, func, or_, select, update
from sqlalchemy.exc import IntegrityError

from app.accounts.enums import MEMBER_ROLES, Role
from app.accounts.models import User
from app.accounts.queries import normal_email, token_hash, user_by_email
from app.accounts.services import TOKEN_BYTES, create_account, open_session
from app.core.database import db
from app.core.errors import DomainError
from app.core.i18n import _
from app.core.outbox import enqueue
from app.organisations.enums import MemberRole, OrganisationKind
from app.organisations.models import Invitation, JoinRequest, Organisation, SignUp
from app.organisations.queries import (
    is_owner,
    living_invitation,
    member_of,
    owners_of,
    waiting_request,
)
from app.organisations.services.members import add_member, lock_members, require_owner

INVITATION_DAYS = 7
INVITATIONS_A_DAY = 50
# Nobody has checked yet what name these messages carry.
INVITATIONS_A_DAY_UNVERIFIED = 5
# What is over serves nobody any more, and holds the address of a person.
OVER_KEPT = dt.timedelta(days=30)


class WrongPerson(DomainError):
    """The invitation was sent to another address."""

    status = 403

    def __init__(self) -> None:
        super().__init__(
            _(
                "Cette invitation a été envoyée à une autre adresse que celle de votre compte. "
                "Demandez-en une à votre adresse."
            )
        )


class OtherAccount(DomainError):
    """The address already serves another kind of account."""

    def __init__(self) -> None:
        super().__init__(
            _(
                "Cette adresse sert déjà à un compte qui n’est pas celui d’une structure. "
                "Prenez votre adresse professionnelle."
            )
        )


@dataclass(frozen=True)
class Arrival:
    """Who has come in and where. `token`: the session opened for an account that is new."""

    user: User
    organisation: Organisation
    token: str | None


def invite_member(
    actor: User, organisation: Organisation, email: str, role: str, *, now: dt.datetime
) -> Invitation:
    """Send an invitation, in place of the one that this address may have.

    Raises OwnersOnly, which keeps the role at or below that of the inviter; DomainError when the
    person is a member already, or when too many were sent today.
    """
    lock_members(organisation.id)
    require_owner(actor, organisation)
    email = normal_email(email)
    user = user_by_email(email)
    if user is not None and member_of(user, organisation.id) is not None:
        raise DomainError(_("Cette personne est déjà membre de votre structure."))
    sent = db.session.scalar(
        select(func.count()).where(
            Invitation.organisation_id == organisation.id,
            Invitation.created_at > now - dt.timedelta(days=1),
        )
    )
    most = INVITATIONS_A_DAY if organisation.verified else INVITATIONS_A_DAY_UNVERIFIED
    if (sent or 0) >= most:
        raise DomainError(_("Vous avez envoyé beaucoup d’invitations aujourd’hui. Revenez demain."))
    db.session.execute(
        update(Invitation)
        .where(
            Invitation.organisation_id == organisation.id,
            Invitation.email == email,
            Invitation.accepted_at.is_(None),
            Invitation.revoked_at.is_(None),
        )
        .values(revoked_at=now)
    )
    invitation = Invitation(
        organisation_id=organisation.id,
        email=email,
        role=MemberRole(role),
        invited_by_id=actor.id,
        created_at=now,
        expires_at=now + dt.timedelta(days=INVITATION_DAYS),
    )
    db.session.add(invitation)
    db.session.flush()
    enqueue("organisation.invited", now=now, invitation_id=invitation.id)
    return invitation


def give_token(row: Invitation | SignUp) -> str:
    """Give the row the token that only its message carries; the previous one is dead."""
    token = secrets.token_urlsafe(TOKEN_BYTES)
    row.token_hash = token_hash(token)
    db.session.flush()
    return token


def revoke_invitation(actor: User, invitation: Invitation, *, now: dt.datetime) -> None:
    """Make an invitation worthless. Raises OwnersOnly."""
    require_owner(actor, invitation.organisation)
    if invitation.accepted_at is None and invitation.revoked_at is None:
        invitation.revoked_at = now
        db.session.flush()


def accept_invitation(
    actor: User | None, token: str, *, name: str, now: dt.datetime, hours: int
) -> Arrival | None:
    """Let in the person to whom the invitation was sent; None when it no longer serves.

    `actor`: who is signed in, if anybody is: WrongPerson unless the invitation is hers.
    `name`: that of an account to open. One statement consumes the link: of two calls, one wins.
    """
    invitation = living_invitation(token, now)
    if invitation is None:
        return None
    if actor is not None and actor.email != invitation.email:
        raise WrongPerson
    lock_members(invitation.organisation_id)
    consumed = db.session.scalar(
        update(Invitation)
        .where(
            Invitation.id == invitation.id,
            Invitation.accepted_at.is_(None),
            Invitation.revoked_at.is_(None),
        )
        .values(accepted_at=now)
        .returning(Invitation.id)
        .execution_options(synchronize_session=False)
    )
    # The one who invited may have lost the right to meanwhile.
    if consumed is None or not is_owner(invitation.invited_by, invitation.organisation_id):
        return None
    organisation = invitation.organisation
    user, is_new = person_of(invitation.email, name, organisation.kind, now)
    add_member(organisation, user, now=now, role=invitation.role)
    return Arrival(user, organisation, open_session(user, now=now, hours=hours) if is_new else None)


def person_of(email: str, name: str, kind: str, now: dt.datetime) -> tuple[User, bool]:
    """Return the member who has this proved address, and whether her account is new.

    Raises OtherAccount when it belongs to somebody who cannot be a member.
    """
    user = user_by_email(email)
    if user is None:
        role = Role.SCHOOL if kind == OrganisationKind.SCHOOL else Role.RECRUITER
        try:
            with db.session.begin_nested():
                return create_account(email, name=name, role=role, now=now), True
        except IntegrityError:
            # Two links of the same person, pressed at once: the other has opened the account.
            user = user_by_email(email)
    if user is None or not user.active or user.role not in MEMBER_ROLES:
        raise OtherAccount
    return user, False


def ask_to_join(user: User, organisation: Organisation, *, now: dt.datetime) -> JoinRequest:
    """Ask the owners to let the person in; while one request waits, another changes nothing."""
    lock_members(organisation.id)
    waiting = waiting_request(user.id, organisation.id)
    if waiting is not None:
        return waiting
    request = JoinRequest(organisation_id=organisation.id, user_id=user.id, created_at=now)
    db.session.add(request)
    db.session.flush()
    for owner in owners_of(organisation.id):
        enqueue(
            "organisation.join_requested", now=now, join_request_id=request.id, user_id=owner.id
        )
    return request


def answer_join_request(
    actor: User, request: JoinRequest, *, accepted: bool, now: dt.datetime
) -> None:
    """Let the person in as a member, or not; she is told. Raises OwnersOnly."""
    lock_members(request.organisation_id)
    require_owner(actor, request.organisation)
    db.session.refresh(request, attribute_names=["answered_at", "accepted"])
    if request.answered_at is not None:
        return
    request.answered_at, request.accepted = now, accepted
    if accepted:
        add_member(request.organisation, request.user, now=now)
    db.session.flush()
    enqueue("organisation.join_answered", now=now, join_request_id=request.id)


def purge_invitations(now: dt.datetime) -> None:
    """Delete the invitations and the requests to join that have been over for thirty days."""
    over = now - OVER_KEPT
    db.session.execute(
        delete(Invitation).where(
            or_(
                Invitation.expires_at < over,
                Invitation.accepted_at < over,
                Invitation.revoked_at < over,
            )
        )
    )
    db.session.execute(delete(JoinRequest).where(JoinRequest.answered_at < over))
