"""Opening an organisation, and what it says of itself."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from slugify import slugify
from sqlalchemy import select

from app.accounts.models import User
from app.core.database import db
from app.core.errors import DomainError
from app.core.i18n import _
from app.organisations.enums import OrganisationKind, OrganisationStatus, Promise
from app.organisations.models import Establishment, Organisation
from app.organisations.queries import organisation_by_slug
from app.organisations.services.members import require_owner
from app.organisations.validators import compact, is_siren, is_siret


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
    if siren and is_siret(siren):
        siren = siren[:9]
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
    publics: Sequence[str] = (),
) -> Establishment:
    """Add a place where the organisation works. Raises InvalidOrganisation when its SIRET is wrong,
    taken, or that of somebody else."""
    siret = _free_siret(siret, organisation, None)
    establishment = Establishment(
        organisation=organisation,
        name=name.strip(),
        siret=siret,
        workplace=workplace,
        address=address,
        commune_code=commune_code,
        publics=list(publics),
    )
    db.session.add(establishment)
    db.session.flush()
    return establishment


def open_establishment(
    actor: User, organisation: Organisation, values: Mapping[str, Any]
) -> Establishment:
    """Add an establishment on behalf of an owner. `values`: those of `add_establishment`."""
    require_owner(actor, organisation)
    return add_establishment(organisation, **values)


def update_establishment(
    actor: User, establishment: Establishment, values: Mapping[str, Any]
) -> None:
    """Change an establishment. Raises InvalidOrganisation as `add_establishment` does."""
    require_owner(actor, establishment.organisation)
    siret = _free_siret(values["siret"], establishment.organisation, establishment.id)
    for name in ("name", "workplace", "address", "commune_code", "publics"):
        setattr(establishment, name, values[name])
    establishment.siret = siret
    db.session.flush()


def update_organisation(actor: User, organisation: Organisation, values: Mapping[str, Any]) -> None:
    """Change what the organisation says of itself: description, conditions, words, promise; its
    name and kind too, if given, until the team has checked them."""
    require_owner(actor, organisation)
    db.session.flush()
    db.session.refresh(organisation, ["status"], with_for_update=True)
    for name in ("description", "conditions", "team_words", "promise_hours"):
        setattr(organisation, name, values[name])
    if "name" in values and not organisation.verified:
        organisation.slug = _free_slug(values["name"], organisation.id)
        organisation.name, organisation.kind = values["name"], values["kind"]
    db.session.flush()


def _free_siret(
    siret: str | None, organisation: Organisation, establishment_id: int | None
) -> str | None:
    siret = compact(siret) if siret else None
    if siret is None:
        return None
    if not is_siret(siret):
        raise InvalidOrganisation(
            _("Ce numéro SIRET n’est pas valable\u00a0: vérifiez ses 14 chiffres.")
        )
    if not _may_hold(organisation, siret):
        raise InvalidOrganisation(
            _(
                "Ce numéro SIRET n’est pas celui d’un établissement de votre structure\u00a0: ses "
                "9 premiers chiffres sont votre SIREN. Une autre structure s’inscrit à part."
            )
        )
    taken = db.session.scalar(select(Establishment.id).where(Establishment.siret == siret))
    if taken not in {None, establishment_id}:
        raise InvalidOrganisation(_("Un établissement est déjà inscrit avec ce numéro SIRET."))
    return siret


def _may_hold(organisation: Organisation, siret: str) -> bool:
    """Return whether the number may be its own: a SIRET starts with the SIREN. Without a SIREN,
    only who was checked is believed, or anybody could take the numbers of somebody else."""
    if organisation.siren is None:
        return organisation.verified
    return siret[:9] == organisation.siren


def _free_slug(name: str, organisation_id: int | None = None) -> str:
    base = slugify(name.replace("’", "'"))[:100].strip("-") or "structure"
    slug, number = base, 1
    while (known := organisation_by_slug(slug)) is not None and known.id != organisation_id:
        number += 1
        slug = f"{base}-{number}"
    return slug
