"""Passkeys (WebAuthn): the browser or a key of the person signs a challenge drawn for her session.

A challenge is kept in the row of the session, used once, and replaced by the next.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass

import webauthn
from flask import current_app
from sqlalchemy import delete, select, update
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import PublicKeyCredentialDescriptor

from app.accounts.models import LoginSession, Passkey, User
from app.core.database import db

CHALLENGE_BYTES = 32
MAX_PASSKEYS = 10


@dataclass(frozen=True)
class Site:
    """The site as browsers know it: passkeys made for one are worthless on another."""

    domain: str
    origin: str


def passkeys_of(user: User) -> Sequence[Passkey]:
    """Return the passkeys of a person, the oldest first."""
    return db.session.scalars(
        select(Passkey).where(Passkey.user_id == user.id).order_by(Passkey.id)
    ).all()


def creation_options(session: LoginSession, site: Site) -> str:
    """Return, in JSON, what the browser needs to make a passkey for the person of this session."""
    user = session.user
    options = webauthn.generate_registration_options(
        rp_id=site.domain,
        rp_name=current_app.config["SITE_NAME"],
        user_id=_handle(user),
        user_name=user.email,
        user_display_name=user.name,
        challenge=_draw(session),
        exclude_credentials=_descriptors(user),
    )
    return webauthn.options_to_json(options)


def request_options(session: LoginSession, site: Site) -> str:
    """Return, in JSON, what the browser needs to sign with a passkey of this person."""
    options = webauthn.generate_authentication_options(
        rp_id=site.domain,
        challenge=_draw(session),
        allow_credentials=_descriptors(session.user),
    )
    return webauthn.options_to_json(options)


def add_passkey(
    session: LoginSession, credential: str, site: Site, now: dt.datetime
) -> Passkey | None:
    """Keep the passkey that the browser has just made; None when it does not hold."""
    challenge = _use_challenge(session)
    if challenge is None or len(passkeys_of(session.user)) >= MAX_PASSKEYS:
        return None
    try:
        made = webauthn.verify_registration_response(
            credential=credential,
            expected_challenge=challenge,
            expected_rp_id=site.domain,
            expected_origin=site.origin,
        )
    except (WebAuthnException, ValueError):
        return None
    identifier = bytes_to_base64url(made.credential_id)
    if db.session.scalar(select(Passkey.id).where(Passkey.credential_id == identifier)):
        return None
    passkey = Passkey(
        user_id=session.user_id,
        credential_id=identifier,
        public_key=bytes_to_base64url(made.credential_public_key),
        sign_count=made.sign_count,
        device=session.device,
        created_at=now,
    )
    db.session.add(passkey)
    db.session.flush()
    return passkey


def takes_passkey(session: LoginSession, credential: str, site: Site) -> bool:
    """Return whether a passkey of this person signed the challenge of this session."""
    challenge = _use_challenge(session)
    if challenge is None:
        return False
    try:
        identifier = webauthn.helpers.parse_authentication_credential_json(credential).id
        passkey = db.session.scalar(
            select(Passkey).where(
                Passkey.credential_id == identifier, Passkey.user_id == session.user_id
            )
        )
        if passkey is None:
            return False
        proof = webauthn.verify_authentication_response(
            credential=credential,
            expected_challenge=challenge,
            expected_rp_id=site.domain,
            expected_origin=site.origin,
            credential_public_key=base64url_to_bytes(passkey.public_key),
            credential_current_sign_count=passkey.sign_count,
        )
    except (WebAuthnException, ValueError):
        return False
    passkey.sign_count = proof.new_sign_count
    db.session.flush()
    return True


def remove_passkey(user: User, passkey_id: int) -> bool:
    """Forget a passkey; return whether it was hers."""
    removed = db.session.execute(
        delete(Passkey).where(Passkey.id == passkey_id, Passkey.user_id == user.id)
    )
    return bool(removed.rowcount)  # type: ignore[attr-defined]


def _draw(session: LoginSession) -> bytes:
    challenge = webauthn.helpers.generate_challenge()[:CHALLENGE_BYTES]
    session.challenge = bytes_to_base64url(challenge)
    db.session.flush()
    return challenge


def _use_challenge(session: LoginSession) -> bytes | None:
    """Use up the challenge of a session in one statement, so that it serves once."""
    known = session.challenge
    if known is None:
        return None
    used = db.session.execute(
        update(LoginSession)
        .where(LoginSession.id == session.id, LoginSession.challenge == known)
        .values(challenge=None)
    )
    return base64url_to_bytes(known) if used.rowcount else None  # type: ignore[attr-defined]


def _descriptors(user: User) -> list[PublicKeyCredentialDescriptor]:
    return [
        PublicKeyCredentialDescriptor(id=base64url_to_bytes(each.credential_id))
        for each in passkeys_of(user)
    ]


def _handle(user: User) -> bytes:
    """Return what passkeys keep of a person: neither her name nor her address."""
    key = current_app.config["SECRET_KEY"].encode()
    return hmac.new(key, f"passkey {user.id}".encode(), hashlib.sha256).digest()
