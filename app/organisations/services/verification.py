"""What the team decides about an organisation: each decision is logged, and told to its owners."""

from __future__ import annotations

import datetime as dt

import structlog
from sqlalchemy import select, update

from app.accounts.models import User
from app.accounts.services import close_sessions_of
from app.core.database import db
from app.core.errors import DomainError, NotAllowedTransition
from app.core.i18n import _
from app.core.outbox import enqueue
from app.organisations.enums import Action, OrganisationStatus
from app.organisations.models import (
    Establishment,
    Invitation,
    Membership,
    Organisation,
    OrganisationEvent,
)
from app.organisations.queries import owners_of
from app.organisations.services.members import require_owner

log = structlog.get_logger()


def verify_organisation(
    actor: User | None, organisation: Organisation, *, now: dt.datetime
) -> None:
    """Say that the team has checked who the organisation is; a second call changes nothing.

    Raises NotAllowedTransition on a suspended one, which `reinstate_organisation` brings back.
    """
    _lock(organisation)
    if organisation.status == OrganisationStatus.SUSPENDED:
        raise NotAllowedTransition(_("Cette structure est suspendue."))
    if organisation.verified:
        return
    organisation.status = OrganisationStatus.VERIFIED
    organisation.refused_at = None
    record(Action.VERIFIED, actor, organisation, now, told=True)


def refuse_organisation(
    actor: User, organisation: Organisation, reason: str, *, now: dt.datetime
) -> None:
    """Say no to the verification, with the reason, which the owners receive.

    The organisation may correct what it said and send it again. Raises NotAllowedTransition.
    """
    _lock(organisation)
    if organisation.status != OrganisationStatus.PENDING or organisation.refused:
        raise NotAllowedTransition(_("Cette structure n’attend pas de vérification."))
    organisation.refused_at = now
    record(Action.REFUSED, actor, organisation, now, _needed(reason), told=True)


def send_again(actor: User, organisation: Organisation, *, now: dt.datetime) -> None:
    """Ask for the verification again, after a refusal. Raises OwnersOnly, NotAllowedTransition."""
    _lock(organisation)
    require_owner(actor, organisation)
    if not organisation.refused:
        raise NotAllowedTransition(_("Votre structure n’attend pas de correction."))
    organisation.refused_at = None
    record(Action.SENT_AGAIN, actor, organisation, now)


def ask_for_call(actor: User, organisation: Organisation, reason: str, *, now: dt.datetime) -> None:
    """Ask the owners to call the team back, and say why."""
    _lock(organisation)
    if organisation.status != OrganisationStatus.PENDING:
        raise NotAllowedTransition(_("Cette structure n’attend pas de vérification."))
    record(Action.CALL_ASKED, actor, organisation, now, _needed(reason), told=True)


def suspend_organisation(
    actor: User | None, organisation: Organisation, *, now: dt.datetime, reason: str = ""
) -> None:
    """Take everything back from the organisation at once: its members are signed out everywhere,
    its invitations are worthless, what is its own no longer exists for them when they come back,
    its listings are hidden. A second call changes nothing."""
    _lock(organisation)
    if organisation.status == OrganisationStatus.SUSPENDED:
        return
    organisation.status = OrganisationStatus.SUSPENDED
    members = db.session.scalars(
        select(Membership.user_id).where(Membership.organisation_id == organisation.id)
    )
    close_sessions_of(list(members), now=now)
    db.session.execute(
        update(Invitation)
        .where(
            Invitation.organisation_id == organisation.id,
            Invitation.accepted_at.is_(None),
            Invitation.revoked_at.is_(None),
        )
        .values(revoked_at=now)
    )
    enqueue("organisation.suspended", now=now, organisation_id=organisation.id)
    record(Action.SUSPENDED, actor, organisation, now, reason.strip(), told=True)


def reinstate_organisation(
    actor: User | None, organisation: Organisation, *, now: dt.datetime, reason: str = ""
) -> None:
    """Bring a suspended organisation back to where it must be verified."""
    _lock(organisation)
    if organisation.status != OrganisationStatus.SUSPENDED:
        raise NotAllowedTransition(_("Cette structure n’est pas suspendue."))
    organisation.status = OrganisationStatus.PENDING
    organisation.refused_at = None
    record(Action.REOPENED, actor, organisation, now, reason.strip(), told=True)


def release_numbers(
    actor: User, organisation: Organisation, reason: str, *, now: dt.datetime
) -> None:
    """Take its SIREN and SIRET back from an organisation refused or suspended, so that those whose
    numbers they are may sign up. Raises NotAllowedTransition."""
    _lock(organisation)
    if not organisation.refused and organisation.status != OrganisationStatus.SUSPENDED:
        raise NotAllowedTransition(_("Refusez ou suspendez d’abord cette structure."))
    organisation.siren = None
    db.session.execute(
        update(Establishment)
        .where(Establishment.organisation_id == organisation.id)
        .values(siret=None)
    )
    record(Action.RELEASED, actor, organisation, now, _needed(reason))


def record(
    action: Action,
    actor: User | None,
    organisation: Organisation,
    now: dt.datetime,
    reason: str = "",
    *,
    told: bool = False,
) -> None:
    """Write a line of the log, and announce it to the owners when they are to be `told`."""
    event = OrganisationEvent(
        organisation_id=organisation.id,
        action=action,
        at=now,
        actor_id=actor.id if actor else None,
        reason=reason,
    )
    db.session.add(event)
    db.session.flush()
    if told:
        for owner in owners_of(organisation.id):
            enqueue(
                "organisation.decided",
                now=now,
                organisation_event_id=event.id,
                user_id=owner.id,
            )
    log.info(
        "organisation_decided",
        action=str(action),
        organisation_id=organisation.id,
        actor_id=actor.id if actor else None,
        at=now.isoformat(),
    )


def _needed(reason: str) -> str:
    if not reason.strip():
        raise DomainError(_("Écrivez la raison\u00a0: la structure la recevra."))
    return reason.strip()


def _lock(organisation: Organisation) -> None:
    """Read again, and hold until the commit, what decides of a transition."""
    db.session.flush()
    db.session.refresh(organisation, attribute_names=["status", "refused_at"], with_for_update=True)
