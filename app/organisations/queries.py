"""Reads of organisations, of who acts for them and of who asks to."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence

from sqlalchemy import Select, case, func, or_, select
from sqlalchemy.orm import contains_eager, joinedload

from app.accounts.models import User
from app.accounts.queries import token_hash
from app.core.database import db
from app.organisations.enums import MemberRole, OrganisationStatus, SignUpOutcome
from app.organisations.models import (
    Establishment,
    Invitation,
    JoinRequest,
    Membership,
    Organisation,
    OrganisationEvent,
    Picture,
    SignUp,
)


def organisations_of(user: User) -> list[Organisation]:
    """Return the organisations for which the person acts, by name; a suspended one is not hers."""
    return list(
        db.session.scalars(
            select(Organisation)
            .join(Membership)
            .where(
                Membership.user_id == user.id,
                Organisation.status != OrganisationStatus.SUSPENDED,
            )
            .order_by(Organisation.name, Organisation.id)
        )
    )


def member_of(user: User, organisation_id: int) -> Membership | None:
    """Return the person's membership, with its organisation; None if she has none, or if the
    organisation is suspended."""
    return db.session.scalar(
        select(Membership)
        .join(Membership.organisation)
        .options(contains_eager(Membership.organisation))
        .where(
            Membership.user_id == user.id,
            Membership.organisation_id == organisation_id,
            Organisation.status != OrganisationStatus.SUSPENDED,
        )
    )


def organisation_by_slug(slug: str) -> Organisation | None:
    """Return an organisation by the last segment of its address."""
    return db.session.scalar(select(Organisation).where(Organisation.slug == slug))


def get_organisation(organisation_id: int) -> Organisation | None:
    """Return an organisation by id."""
    return db.session.get(Organisation, organisation_id)


def establishments_of(organisation_id: int) -> list[Establishment]:
    """Return the establishments of an organisation with their commune, by name."""
    return list(
        db.session.scalars(
            select(Establishment)
            .options(joinedload(Establishment.commune))
            .where(Establishment.organisation_id == organisation_id)
            .order_by(Establishment.name, Establishment.id)
        )
    )


def pictures_of(organisation_id: int) -> list[Picture]:
    """Return the pictures of an organisation, in the order it chose."""
    return list(
        db.session.scalars(
            select(Picture)
            .where(Picture.organisation_id == organisation_id)
            .order_by(Picture.position)
        )
    )


def picture_in(organisation_id: int, picture_id: int) -> Picture | None:
    """Return that picture of that organisation."""
    return db.session.scalar(
        select(Picture).where(Picture.id == picture_id, Picture.organisation_id == organisation_id)
    )


def published_picture(digest: str) -> str | None:
    """Return the key of the file of that SHA-256, if a verified organisation shows it."""
    row = db.session.execute(
        select(Picture.key, Picture.small_key, Picture.sha256)
        .join(Picture.organisation)
        .where(
            or_(Picture.sha256 == digest, Picture.small_sha256 == digest),
            Organisation.status == OrganisationStatus.VERIFIED,
        )
        .limit(1)
    ).first()
    if row is None:
        return None
    return str(row.key if row.sha256 == digest else row.small_key)


def picture_keys() -> set[str]:
    """Return the names of all the files that a picture needs."""
    rows = db.session.execute(select(Picture.key, Picture.small_key))
    return {key for row in rows for key in row}


def members_of(organisation_id: int) -> list[User]:
    """Return the active people who act for an organisation, the oldest membership first."""
    return list(
        db.session.scalars(
            select(User)
            .join(Membership, Membership.user_id == User.id)
            .where(Membership.organisation_id == organisation_id, User.active)
            .order_by(Membership.id)
        )
    )


def memberships_of(organisation_id: int) -> Sequence[Membership]:
    """Return the memberships of an organisation with their people, owners first."""
    return db.session.scalars(
        select(Membership)
        .join(Membership.user)
        .options(contains_eager(Membership.user))
        .where(Membership.organisation_id == organisation_id)
        .order_by(Membership.role != MemberRole.OWNER, User.name, Membership.id)
    ).all()


def names_of_members(user_ids: Collection[int]) -> dict[int, list[str]]:
    """Return the names of the organisations of each of these people."""
    rows = db.session.execute(
        select(Membership.user_id, Organisation.name)
        .join(Membership.organisation)
        .where(Membership.user_id.in_(user_ids))
        .order_by(Organisation.name)
    )
    names: dict[int, list[str]] = {}
    for user_id, name in rows:
        names.setdefault(user_id, []).append(name)
    return names


def membership_in(organisation_id: int, user_id: int) -> Membership | None:
    """Return the membership of that person in that organisation, with both."""
    return db.session.scalar(
        select(Membership)
        .options(joinedload(Membership.user), joinedload(Membership.organisation))
        .where(Membership.organisation_id == organisation_id, Membership.user_id == user_id)
    )


def owners_of(organisation_id: int) -> list[User]:
    """Return the active people responsible for an organisation, the oldest membership first."""
    return list(
        db.session.scalars(
            select(User)
            .join(Membership, Membership.user_id == User.id)
            .where(
                Membership.organisation_id == organisation_id,
                Membership.role == MemberRole.OWNER,
                User.active,
            )
            .order_by(Membership.id)
        )
    )


def is_owner(user: User, organisation_id: int) -> bool:
    """Return whether the person is responsible for an organisation that is not suspended."""
    membership = member_of(user, organisation_id)
    return membership is not None and membership.role == MemberRole.OWNER


def acts_for(user: User, organisation_id: int | None) -> bool:
    """Return whether an active person is, at this instant, a member of that organisation."""
    if organisation_id is None or not user.active:
        return False
    return member_of(user, organisation_id) is not None


def establishment_in(organisation_id: int, establishment_id: int) -> Establishment | None:
    """Return an establishment of that organisation."""
    return db.session.scalar(
        select(Establishment)
        .options(joinedload(Establishment.commune), joinedload(Establishment.organisation))
        .where(
            Establishment.id == establishment_id,
            Establishment.organisation_id == organisation_id,
        )
    )


def organisation_of_siret(siret: str) -> Organisation | None:
    """Return the organisation known by the SIREN that this SIRET starts with, or by this SIRET."""
    same_siren = Organisation.siren == siret[:9]
    return db.session.scalar(
        select(Organisation)
        .outerjoin(Organisation.establishments)
        .where(or_(same_siren, Establishment.siret == siret))
        .order_by(case((same_siren, 0), else_=1), Organisation.id)
        .limit(1)
    )


def sign_up_outcome(known: Organisation | None, user: User | None) -> SignUpOutcome:
    """Return what confirming leads to, for the person of an address and a SIRET known or not."""
    if known is None:
        return SignUpOutcome.OPENS
    if user is not None and membership_in(known.id, user.id) is not None:
        suspended = known.status == OrganisationStatus.SUSPENDED
        return SignUpOutcome.CLOSED if suspended else SignUpOutcome.MEMBER
    # Before that, its owners may be anybody: the name of who asks is not for them.
    if not known.verified or not owners_of(known.id):
        return SignUpOutcome.CLOSED
    return SignUpOutcome.JOINS


def get_sign_up(sign_up_id: int) -> SignUp | None:
    """Return what was declared, by id."""
    return db.session.get(SignUp, sign_up_id)


def living_sign_up(token: str, now: dt.datetime) -> SignUp | None:
    """Return what an unused link would confirm. Consumes nothing."""
    return db.session.scalar(
        select(SignUp).where(
            SignUp.token_hash == token_hash(token),
            SignUp.confirmed_at.is_(None),
            SignUp.expires_at > now,
        )
    )


def sign_ups_since(email: str, since: dt.datetime, up_to_id: int) -> int:
    """Return how many times this address was given since then, up to a given request."""
    return (
        db.session.scalar(
            select(func.count()).where(
                SignUp.email == email, SignUp.created_at > since, SignUp.id <= up_to_id
            )
        )
        or 0
    )


def get_invitation(invitation_id: int) -> Invitation | None:
    """Return an invitation with its organisation and its author."""
    return db.session.scalar(_invitations().where(Invitation.id == invitation_id))


def living_invitation(token: str, now: dt.datetime) -> Invitation | None:
    """Return the invitation that an unused link opens, while its organisation is not suspended."""
    return db.session.scalar(
        _invitations().where(
            Invitation.token_hash == token_hash(token),
            Invitation.accepted_at.is_(None),
            Invitation.revoked_at.is_(None),
            Invitation.expires_at > now,
            Organisation.status != OrganisationStatus.SUSPENDED,
        )
    )


def invitations_of(organisation_id: int, now: dt.datetime) -> Sequence[Invitation]:
    """Return the invitations of an organisation that wait for their person, the last first."""
    return db.session.scalars(
        _invitations()
        .where(
            Invitation.organisation_id == organisation_id,
            Invitation.accepted_at.is_(None),
            Invitation.revoked_at.is_(None),
            Invitation.expires_at > now,
        )
        .order_by(Invitation.id.desc())
    ).all()


def invitation_in(organisation_id: int, invitation_id: int) -> Invitation | None:
    """Return an invitation of that organisation."""
    return db.session.scalar(
        _invitations().where(
            Invitation.id == invitation_id, Invitation.organisation_id == organisation_id
        )
    )


def _invitations() -> Select[Invitation]:
    return (
        select(Invitation)
        .join(Invitation.organisation)
        .options(contains_eager(Invitation.organisation), joinedload(Invitation.invited_by))
    )


def get_join_request(request_id: int) -> JoinRequest | None:
    """Return a request to join with its person and its organisation."""
    return db.session.scalar(_requests().where(JoinRequest.id == request_id))


def join_request_in(organisation_id: int, request_id: int) -> JoinRequest | None:
    """Return a request to join that organisation."""
    return db.session.scalar(
        _requests().where(
            JoinRequest.id == request_id, JoinRequest.organisation_id == organisation_id
        )
    )


def waiting_request(user_id: int, organisation_id: int) -> JoinRequest | None:
    """Return the request of that person that waits for an answer."""
    return db.session.scalar(
        _requests().where(
            JoinRequest.user_id == user_id,
            JoinRequest.organisation_id == organisation_id,
            JoinRequest.answered_at.is_(None),
        )
    )


def join_requests_of(organisation_id: int) -> Sequence[JoinRequest]:
    """Return the requests that wait for an answer of the owners, the oldest first."""
    return db.session.scalars(
        _requests()
        .where(JoinRequest.organisation_id == organisation_id, JoinRequest.answered_at.is_(None))
        .order_by(JoinRequest.id)
    ).all()


def requests_by(user_id: int) -> Sequence[JoinRequest]:
    """Return the requests of a person that wait for an answer."""
    return db.session.scalars(
        _requests()
        .where(JoinRequest.user_id == user_id, JoinRequest.answered_at.is_(None))
        .order_by(JoinRequest.id)
    ).all()


def _requests() -> Select[JoinRequest]:
    return select(JoinRequest).options(
        joinedload(JoinRequest.organisation), joinedload(JoinRequest.user)
    )


def get_event(event_id: int) -> OrganisationEvent | None:
    """Return a line of the log with its organisation."""
    return db.session.scalar(
        select(OrganisationEvent)
        .options(joinedload(OrganisationEvent.organisation))
        .where(OrganisationEvent.id == event_id)
    )


def events_of(organisation_id: int) -> Sequence[OrganisationEvent]:
    """Return the log of an organisation with who acted, the last first."""
    return db.session.scalars(
        select(OrganisationEvent)
        .options(joinedload(OrganisationEvent.actor))
        .where(OrganisationEvent.organisation_id == organisation_id)
        .order_by(OrganisationEvent.id.desc())
    ).all()
