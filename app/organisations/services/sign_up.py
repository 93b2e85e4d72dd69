"""Opening an organisation by oneself: declared, confirmed by e-mail, then checked by the team."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete, or_, update
from sqlalchemy.exc import IntegrityError

from app.accounts.models import User
from app.accounts.queries import normal_email, token_hash
from app.accounts.services import open_session
from app.core.database import db
from app.core.errors import DomainError
from app.core.i18n import _
from app.core.outbox import enqueue
from app.organisations.enums import Action, MemberRole, SignUpOutcome
from app.organisations.models import Organisation, SignUp
from app.organisations.queries import organisation_of_siret, sign_up_outcome
from app.organisations.services.invitations import ask_to_join, person_of
from app.organisations.services.members import add_member
from app.organisations.services.opening import add_establishment, create_organisation
from app.organisations.services.verification import record

SIGN_UP_HOURS = 48


class ClosedOrganisation(DomainError):
    """The organisation of this SIRET is known, and nobody may join it by this way."""

    def __init__(self) -> None:
        super().__init__(
            _(
                "Une structure est déjà inscrite avec ce numéro, et personne ne peut vous y "
                "inviter pour le moment. Recommencez dans deux jours, ou contactez-nous."
            )
        )


@dataclass(frozen=True)
class Entry:
    """What a confirmation has done. `token`: the session opened for an account that is new."""

    outcome: SignUpOutcome
    user: User
    organisation: Organisation
    token: str | None


def request_sign_up(values: dict[str, Any], *, now: dt.datetime) -> SignUp:
    """Keep what was declared and ask the worker to send the link.

    Writes the same rows whether the address has an account or not. `values`: email, person_name,
    name, kind, siret, workplace, commune_code, promise_hours.
    """
    sign_up = SignUp(
        **values | {"email": normal_email(values["email"])},
        created_at=now,
        expires_at=now + dt.timedelta(hours=SIGN_UP_HOURS),
    )
    db.session.add(sign_up)
    db.session.flush()
    enqueue("organisation.sign_up_requested", now=now, sign_up_id=sign_up.id)
    return sign_up


def confirm_sign_up(token: str, *, now: dt.datetime, hours: int) -> Entry | None:
    """Consume a link: open the organisation, to be verified, or ask the owners of the one that
    has this SIRET already. None when the link is unknown, used or too old.

    One statement decides: of two calls at the same time, one wins. Raises OtherAccount,
    ClosedOrganisation.
    """
    sign_up_id = db.session.scalar(
        update(SignUp)
        .where(
            SignUp.token_hash == token_hash(token),
            SignUp.confirmed_at.is_(None),
            SignUp.expires_at > now,
        )
        .values(confirmed_at=now)
        .returning(SignUp.id)
        .execution_options(synchronize_session=False)
    )
    sign_up = None if sign_up_id is None else db.session.get(SignUp, sign_up_id)
    if sign_up is None:
        return None
    user, is_new = person_of(sign_up.email, sign_up.person_name, sign_up.kind, now)
    outcome, organisation = _open_or_join(sign_up, user, now)
    session_token = open_session(user, now=now, hours=hours) if is_new else None
    return Entry(outcome, user, organisation, session_token)


def purge_sign_ups(now: dt.datetime) -> None:
    """Delete what was declared: once it has served, or two days after nobody confirmed it."""
    kept = now - dt.timedelta(days=1)
    db.session.execute(
        delete(SignUp).where(or_(SignUp.expires_at < now, SignUp.confirmed_at < kept))
    )


def _open_or_join(
    sign_up: SignUp, user: User, now: dt.datetime
) -> tuple[SignUpOutcome, Organisation]:
    known = organisation_of_siret(sign_up.siret)
    if known is None:
        try:
            with db.session.begin_nested():
                return SignUpOutcome.OPENS, _open(sign_up, user, now)
        except IntegrityError:
            # Somebody else has opened it meanwhile: it is hers, and this person asks to join.
            known = organisation_of_siret(sign_up.siret)
            if known is None:
                raise
    outcome = sign_up_outcome(known, user)
    if outcome == SignUpOutcome.CLOSED:
        raise ClosedOrganisation
    if outcome == SignUpOutcome.JOINS:
        ask_to_join(user, known, now=now)
    return outcome, known


def _open(sign_up: SignUp, user: User, now: dt.datetime) -> Organisation:
    organisation = create_organisation(
        sign_up.name,
        kind=sign_up.kind,
        siren=sign_up.siret[:9],
        promise_hours=sign_up.promise_hours,
        now=now,
    )
    add_establishment(
        organisation,
        sign_up.name,
        siret=sign_up.siret,
        workplace=sign_up.workplace,
        commune_code=sign_up.commune_code,
    )
    add_member(organisation, user, now=now, role=MemberRole.OWNER)
    record(Action.OPENED, user, organisation, now)
    return organisation
