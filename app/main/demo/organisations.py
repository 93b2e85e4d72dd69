"""Organisations of the demonstration, and the accounts that act for them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from app.accounts.enums import Role
from app.accounts.models import User
from app.accounts.queries import user_by_email
from app.accounts.services import create_account, set_password
from app.core.database import db
from app.main.demo.pictures import add_drawings
from app.organisations.enums import MemberRole, OrganisationStatus
from app.organisations.models import Establishment, Membership, Organisation
from app.organisations.services import (
    add_establishment,
    add_member,
    create_organisation,
    update_organisation,
    verify_organisation,
)

# Accounts one may sign in to; every other organisation has an owner without a password.
TEAM_EMAIL = "moderation@example.org"
COUNSELLOR_EMAIL = "conseil@example.org"
ADMIN_EMAIL = "administration@example.org"
OWNERS = {"fil-dargent": "recruteuse@example.org", "passerelles": "ecole@example.org"}
ACCOUNTS = {
    OWNERS["fil-dargent"]: "recrute pour une maison de retraite",
    OWNERS["passerelles"]: "remplit les places d’une école",
    COUNSELLOR_EMAIL: "rattrape les personnes que nul n’a rappelées",
    TEAM_EMAIL: "relit les annonces et vérifie les structures",
    ADMIN_EMAIL: "voit l’état du site et les consultations",
}
# How long ago organisations joined: before the oldest of their listings.
JOINED = dt.timedelta(days=120)
# The team answers in one working day: who waits has just come.
WAITING = dt.timedelta(hours=20)


@dataclass(frozen=True)
class Owner:
    """An organisation of the demonstration, what its file says, and who acts for it."""

    organisation: Organisation
    establishment: Establishment
    person: User
    data: Mapping[str, Any]
    is_new: bool


def open_account(email: str, name: str, role: str, password: str | None, now: dt.datetime) -> User:
    """Return the account of that address, opened if need be, with that password if there is one."""
    user = user_by_email(email) or create_account(email, name=name, role=role, now=now)
    if password is not None:
        set_password(user, password)
    return user


def open_organisation(
    entry: Mapping[str, Any], password: str | None, team: User, now: dt.datetime
) -> Owner:
    """Return the organisation of an entry of the file, created and verified if need be."""
    known = OWNERS.get(entry["key"])
    person = open_account(
        known or f"contact.{entry['key']}@example.org",
        entry["contact"].split(",")[0],
        Role.SCHOOL if entry["kind"] == "school" else Role.RECRUITER,
        password if known else None,
        now,
    )
    organisation = db.session.scalar(
        select(Organisation).join(Membership).where(Membership.user_id == person.id)
    )
    is_new = organisation is None
    if organisation is None:
        organisation = _create(entry, person, team, now - _age(entry))
    establishment = db.session.scalars(
        select(Establishment).where(Establishment.organisation_id == organisation.id)
    ).first() or add_establishment(
        organisation,
        entry["name"],
        workplace=entry["workplace"],
        address=entry["address"],
        commune_code=entry["commune"],
    )
    return Owner(organisation, establishment, person, entry, is_new)


def _age(entry: Mapping[str, Any]) -> dt.timedelta:
    return WAITING if entry.get("status") == OrganisationStatus.PENDING else JOINED


def _create(entry: Mapping[str, Any], person: User, team: User, now: dt.datetime) -> Organisation:
    organisation = create_organisation(
        entry["name"],
        kind=entry["kind"],
        description=entry["description"],
        promise_hours=entry["promise"],
        now=now,
    )
    add_member(organisation, person, now=now, role=MemberRole.OWNER)
    update_organisation(
        person,
        organisation,
        {
            "description": entry["description"],
            "conditions": entry.get("conditions", ""),
            "team_words": entry.get("team_words", ""),
            "promise_hours": entry["promise"],
        },
    )
    if entry.get("drawings"):
        add_drawings(organisation, person, now)
    if entry.get("status") != OrganisationStatus.PENDING:
        verify_organisation(team, organisation, now=now)
    return organisation
