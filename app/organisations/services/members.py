"""Who acts for an organisation. Only owners decide of it; one of them always stays."""

from __future__ import annotations

import datetime as dt

import structlog
from sqlalchemy import func, select, update

from app.accounts.models import User
from app.accounts.services import close_sessions_of
from app.core.database import db
from app.core.errors import DomainError
from app.core.i18n import _
from app.organisations.enums import MemberRole
from app.organisations.models import Invitation, Membership, Organisation
from app.organisations.queries import is_owner, member_of

log = structlog.get_logger()


class OwnersOnly(DomainError):
    """Only those who are responsible for the organisation may do this."""

    status = 403

    def __init__(self) -> None:
        super().__init__(_("Seules les personnes responsables de la structure peuvent faire cela."))


class LastOwner(DomainError):
    """The organisation would have nobody left to answer for it."""

    def __init__(self) -> None:
        super().__init__(
            _("Il faut toujours une personne responsable. Donnez d’abord ce rôle à quelqu’un.")
        )


def require_owner(actor: User, organisation: Organisation) -> None:
    """Raise OwnersOnly unless the person is an owner of the organisation, not suspended."""
    if not is_owner(actor, organisation.id):
        raise OwnersOnly


def add_member(
    organisation: Organisation,
    user: User,
    *,
    now: dt.datetime,
    role: str = MemberRole.MEMBER,
) -> Membership:
    """Let the person act for the organisation; a second call changes nothing."""
    membership = db.session.scalar(
        select(Membership).where(
            Membership.organisation_id == organisation.id, Membership.user_id == user.id
        )
    )
    if membership is None:
        membership = Membership(
            organisation_id=organisation.id, user_id=user.id, role=role, created_at=now
        )
        db.session.add(membership)
        db.session.flush()
    return membership


def change_role(actor: User, membership: Membership, role: str, *, now: dt.datetime) -> None:
    """Give a member another role. Raises OwnersOnly, LastOwner."""
    present = lock_members(membership.organisation_id)
    require_owner(actor, membership.organisation)
    role = MemberRole(role)
    # Another owner may have put her out at the same instant.
    if membership not in present or membership.role == role:
        return
    if role == MemberRole.MEMBER:
        _require_another_owner(membership)
        revoke_invitations_of(membership.user_id, membership.organisation_id, now)
    membership.role = role
    db.session.flush()
    _trace("member_role_changed", actor, membership, now)


def remove_member(actor: User, membership: Membership, *, now: dt.datetime) -> None:
    """Put a member out: she is signed out everywhere, and what she had sent is worthless.

    Raises OwnersOnly, LastOwner.
    """
    present = lock_members(membership.organisation_id)
    require_owner(actor, membership.organisation)
    # Two owners may put the same person out at once.
    if membership in present:
        _end(membership, actor, now)


def leave_organisation(actor: User, organisation: Organisation, *, now: dt.datetime) -> None:
    """Stop acting for the organisation. Raises LastOwner."""
    lock_members(organisation.id)
    membership = member_of(actor, organisation.id)
    if membership is not None:
        _end(membership, actor, now)


def lock_members(organisation_id: int) -> list[Membership]:
    """Hold the organisation until the commit, and return its memberships as they now are: of two
    owners who leave at once, one stays."""
    db.session.flush()
    db.session.scalar(
        select(Organisation.id).where(Organisation.id == organisation_id).with_for_update()
    )
    return list(
        db.session.scalars(
            select(Membership)
            .where(Membership.organisation_id == organisation_id)
            .execution_options(populate_existing=True)
        )
    )


def revoke_invitations_of(user_id: int, organisation_id: int, now: dt.datetime) -> None:
    """Make the invitations that this person has sent worthless."""
    db.session.execute(
        update(Invitation)
        .where(
            Invitation.organisation_id == organisation_id,
            Invitation.invited_by_id == user_id,
            Invitation.accepted_at.is_(None),
            Invitation.revoked_at.is_(None),
        )
        .values(revoked_at=now)
    )


def _end(membership: Membership, actor: User, now: dt.datetime) -> None:
    _require_another_owner(membership)
    revoke_invitations_of(membership.user_id, membership.organisation_id, now)
    db.session.delete(membership)
    db.session.flush()
    close_sessions_of([membership.user_id], now=now)
    _trace("member_left", actor, membership, now)


def _require_another_owner(membership: Membership) -> None:
    if membership.role != MemberRole.OWNER:
        return
    others = db.session.scalar(
        select(func.count())
        .select_from(Membership)
        .join(User, User.id == Membership.user_id)
        .where(
            Membership.organisation_id == membership.organisation_id,
            Membership.role == MemberRole.OWNER,
            Membership.user_id != membership.user_id,
            User.active,
        )
    )
    if not others:
        raise LastOwner


def _trace(event: str, actor: User, membership: Membership, now: dt.datetime) -> None:
    log.info(
        event,
        organisation_id=membership.organisation_id,
        user_id=membership.user_id,
        role=membership.role,
        actor_id=actor.id,
        at=now.isoformat(),
    )
