"""Writes of organisations: opening, members, establishments, verification and suspension."""

from __future__ import annotations

import datetime as dt

import structlog
from slugify import slugify
from sqlalchemy import select

from app.accounts.models import User
from app.accounts.services import close_sessions_of
from app.core.database import db
from app.core.errors import DomainError, NotAllowedTransition
from app.core.i18n import _
from app.core.outbox import enqueue
from app.organisations.enums import MemberRole, OrganisationKind, OrganisationStatus, Promise
from app.organisations.models import Establishment, Membership, Organisation
from app.organisations.queries import organisation_by_slug
from app.organisations.validators import compact, is_siren, is_siret

log = structlog.get_logger()


class InvalidOrganisation(DomainError):
    """The organisation cannot be opened with these values."""

    status = 422


def create_organisation(
    name: str,
    *,
    kind: str,
    now: dt.datetime,
    siren: str | None = None,
    description: str = "",
    promise_hours: int = Promise.TWO_DAYS,
) -> Organisation:
    """Open an organisation, to be verified. Raises InvalidOrganisation."""
    name = name.strip()
    if not name:
        raise InvalidOrganisation(_("Indiquez le nom de la structure."))
    if kind not in set(OrganisationKind):
        raise InvalidOrganisation(_("Ce type de structure n’existe pas."))
    siren = compact(siren) if siren else None
    if siren and not is_siren(siren):
        raise InvalidOrganisation(
            _("Ce numéro SIREN n’est pas valable\u00a0: vérifiez ses 9 chiffres.")
        )
    if siren and db.session.scalar(select(Organisation.id).where(Organisation.siren == siren)):
        raise InvalidOrganisation(_("Une structure est déjà inscrite avec ce numéro SIREN."))
    organisation = Organisation(
        slug=_free_slug(name),
        name=name,
        kind=kind,
        status=OrganisationStatus.PENDING,
        siren=siren,
        description=description,
        promise_hours=promise_hours,
        created_at=now,
    )
    db.session.add(organisation)
    db.session.flush()
    return organisation


def add_establishment(
    organisation: Organisation,
    name: str,
    *,
    siret: str | None = None,
    workplace: str | None = None,
    address: str = "",
    commune_code: str | None = None,
) -> Establishment:
    """Add a place where the organisation works. Raises InvalidOrganisation on a wrong SIRET."""
    siret = compact(siret) if siret else None
    if siret and not is_siret(siret):
        raise InvalidOrganisation(
            _("Ce numéro SIRET n’est pas valable\u00a0: vérifiez ses 14 chiffres.")
        )
    establishment = Establishment(
        organisation=organisation,
        name=name.strip(),
        siret=siret,
        workplace=workplace,
        address=address,
        commune_code=commune_code,
    )
    db.session.add(establishment)
    db.session.flush()
    return establishment


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


def set_promise(
    actor: User | None, organisation: Organisation, hours: int, *, now: dt.datetime
) -> None:
    """Announce another delay of answer. Who has written already keeps the one she was told.

    Raises InvalidOrganisation on a delay that is not offered.
    """
    if hours not in set(Promise):
        raise InvalidOrganisation(_("Choisissez un délai de la liste."))
    if organisation.promise_hours == hours:
        return
    organisation.promise_hours = hours
    _trace("organisation_promise_set", actor, organisation, now)


def verify_organisation(
    actor: User | None, organisation: Organisation, *, now: dt.datetime
) -> None:
    """Say that the team has checked who the organisation is; a second call changes nothing.

    Raises NotAllowedTransition on a suspended one, which `reinstate_organisation` brings back.
    """
    if organisation.status == OrganisationStatus.SUSPENDED:
        raise NotAllowedTransition(_("Cette structure est suspendue."))
    organisation.status = OrganisationStatus.VERIFIED
    _trace("organisation_verified", actor, organisation, now)


def suspend_organisation(
    actor: User | None, organisation: Organisation, *, now: dt.datetime
) -> None:
    """Take everything back from the organisation at once: its members are signed out everywhere,
    what is its own no longer exists for them when they come back, its listings are hidden."""
    organisation.status = OrganisationStatus.SUSPENDED
    members = db.session.scalars(
        select(Membership.user_id).where(Membership.organisation_id == organisation.id)
    )
    close_sessions_of(list(members), now=now)
    enqueue("organisation.suspended", now=now, organisation_id=organisation.id)
    _trace("organisation_suspended", actor, organisation, now)


def reinstate_organisation(
    actor: User | None, organisation: Organisation, *, now: dt.datetime
) -> None:
    """Bring a suspended organisation back to where it must be verified."""
    if organisation.status != OrganisationStatus.SUSPENDED:
        raise NotAllowedTransition(_("Cette structure n’est pas suspendue."))
    organisation.status = OrganisationStatus.PENDING
    _trace("organisation_reinstated", actor, organisation, now)


def _trace(event: str, actor: User | None, organisation: Organisation, now: dt.datetime) -> None:
    db.session.flush()
    log.info(
        event,
        organisation_id=organisation.id,
        actor_id=actor.id if actor else None,
        at=now.isoformat(),
    )


def _free_slug(name: str) -> str:
    base = slugify(name.replace("’", "'"))[:100].strip("-") or "structure"
    slug, number = base, 1
    while organisation_by_slug(slug) is not None:
        number += 1
        slug = f"{base}-{number}"
    return slug
