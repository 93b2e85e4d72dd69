"""The second proof of who signs in: a code of an application, of an e-mail, or kept on paper.

Codes are compared as keyed hashes, serve once, and are guessed at no more than passwords are. The
secret of the application is sealed with the key of the site: a copy of the database makes no code.
"""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import hmac
import re
import secrets

import pyotp
import segno
from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from flask import current_app
from sqlalchemy import delete, func, select, update

from app.accounts.enums import TEAM_ROLES, Awaits, FactorChange
from app.accounts.models import (
    KnownDevice,
    LoginSession,
    Passkey,
    RecoveryCode,
    SecondFactor,
    User,
)
from app.accounts.passkeys import passkeys_of
from app.accounts.queries import token_hash
from app.accounts.services import TOKEN_BYTES, hash_password, verify_password
from app.core import outbox
from app.core.database import db

CODE_MINUTES = 10
# How long after signing in, or proving again who she is, a person may change her account.
FRESH = dt.timedelta(minutes=10)
DEVICE_DAYS = 180
RECOVERY_CODES = 10
RECOVERY_LENGTH = 10
# Without 0 O 1 I L U V, which are misread.
RECOVERY_ALPHABET = "23456789ABCDEFGHJKMNPQRSTWXYZ"
# RFC 6238: half-minutes; one before and one after are taken, as clocks differ.
STEP_SECONDS = 30
DRIFT = (-1, 0, 1)


def asked(user: User, *, by_link: bool, device: str, now: dt.datetime) -> Awaits | None:
    """Return what else a person proves after her password, or after a link sent to her.

    A code or a passkey when she has set one up. Else a code by e-mail on a browser not known,
    unless a link has just proved that she reads her e-mails. The team sets an application up after
    that proof, and on no password alone: whoever has stolen it would set up her own.
    """
    if has_factor(user):
        return Awaits.APP
    if not current_app.config["SECOND_FACTOR"]:
        return None
    if user.role in TEAM_ROLES:
        return Awaits.SETUP if by_link else Awaits.EMAIL
    if by_link or knows_device(user, device, now):
        return None
    return Awaits.EMAIL


def has_app(user: User) -> bool:
    """Return whether codes of an application are asked of this person."""
    factor = db.session.get(SecondFactor, user.id)
    return factor is not None and factor.confirmed_at is not None


def has_factor(user: User) -> bool:
    """Return whether a code or a passkey is asked of this person."""
    return has_app(user) or bool(passkeys_of(user))


def is_fresh(user: User, mine: LoginSession, now: dt.datetime) -> bool:
    """Return whether the account may be changed in this session: she has just proved who she is.

    A browser left open, or a session that was stolen, adds no proof and closes nothing.
    """
    may_prove = has_factor(user) or bool(current_app.config["SECOND_FACTOR"])
    return not may_prove or now - mine.created_at < FRESH


def must_keep_app(user: User) -> bool:
    """Return whether this person may not do without an application."""
    return bool(current_app.config["SECOND_FACTOR"]) and user.role in TEAM_ROLES


def set_up_app(user: User, now: dt.datetime) -> None:
    """Draw the secret of an application, to be confirmed by a first code.

    One that was never confirmed is drawn again: who had only the password may have seen it.
    """
    factor = db.session.get(SecondFactor, user.id)
    if factor is None:
        factor = SecondFactor(user_id=user.id)
        db.session.add(factor)
    elif factor.confirmed_at is not None:
        return
    factor.secret = _seal().encrypt(pyotp.random_base32().encode()).decode()
    factor.created_at = now
    db.session.flush()


def unconfirmed_app(user: User) -> SecondFactor | None:
    """Return the application that waits for its first code."""
    factor = db.session.get(SecondFactor, user.id)
    if factor is None or factor.confirmed_at is not None:
        return None
    try:
        app_secret(factor)
    except InvalidToken:
        return None
    return factor


def app_secret(factor: SecondFactor) -> str:
    """Return the secret to type into the application, in base 32.

    Raises InvalidToken when the key of the site has changed.
    """
    return _seal().decrypt(factor.secret.encode()).decode()


def app_address(user: User, factor: SecondFactor) -> str:
    """Return the otpauth: address that the application reads."""
    issuer = current_app.config["SITE_NAME"]
    return pyotp.TOTP(app_secret(factor)).provisioning_uri(name=user.email, issuer_name=issuer)


def drawn(address: str) -> str:
    """Return the QR code of an address: an SVG element without style, five modules of margin."""
    drawing: str = segno.make_qr(address, error="m").svg_inline(
        border=5, omitsize=True, lineclass=None, svgclass="qr", dark="#1d1b4b", light="#fff"
    )
    return drawing


def confirm_app(user: User, code: str, now: dt.datetime) -> list[str] | None:
    """Take the first code of an application: it is asked from now on.

    Returns the codes to keep on paper, shown this once; None when the code is wrong.
    """
    factor = unconfirmed_app(user)
    if factor is None or not _takes_app_code(factor, code, now):
        return None
    factor.confirmed_at = now
    db.session.flush()
    tell_change(user, FactorChange.APP_ADDED, now)
    return new_recovery_codes(user)


def tell_change(user: User, change: FactorChange, now: dt.datetime) -> None:
    """Ask the worker to tell the person what changed: a thief who adds a proof is seen."""
    outbox.enqueue(
        "account.factor_changed",
        now=now,
        user_id=user.id,
        change=change,
        changed_at=now.isoformat(),
    )


def new_recovery_codes(user: User) -> list[str]:
    """Replace the codes to keep on paper; return the new ones, of which only hashes are stored."""
    db.session.execute(delete(RecoveryCode).where(RecoveryCode.user_id == user.id))
    codes = [_drawn_code() for _ in range(RECOVERY_CODES)]
    db.session.add_all(
        RecoveryCode(user_id=user.id, code_hash=hash_password(_letters(code))) for code in codes
    )
    db.session.flush()
    return codes


def recovery_codes_left(user: User) -> int:
    """Return how many codes kept on paper still serve."""
    unused = select(func.count()).where(
        RecoveryCode.user_id == user.id, RecoveryCode.used_at.is_(None)
    )
    return db.session.scalar(unused) or 0


def takes_code(user: User, code: str, now: dt.datetime) -> bool:
    """Return whether this is the code of the application, or one kept on paper; it is used up."""
    factor = db.session.get(SecondFactor, user.id)
    by_app = factor is not None and factor.confirmed_at is not None
    if by_app and factor is not None and _takes_app_code(factor, code, now):
        return True
    return _takes_recovery_code(user, code, now)


def forget_app(user: User) -> None:
    """Ask this person for no code of an application any more."""
    db.session.execute(delete(SecondFactor).where(SecondFactor.user_id == user.id))
    db.session.expire_all()
    void_useless_codes(user)


def void_useless_codes(user: User) -> None:
    """Void the codes on paper of a person who is asked for none any more."""
    if not has_factor(user):
        db.session.execute(delete(RecoveryCode).where(RecoveryCode.user_id == user.id))


def start_over(user: User, now: dt.datetime) -> None:
    """Forget all that proves who this person is, but her password: she has lost everything."""
    tell_change(user, FactorChange.STARTED_OVER, now)
    db.session.execute(delete(Passkey).where(Passkey.user_id == user.id))
    forget_devices(user)
    forget_app(user)


def make_email_code(pending: LoginSession, now: dt.datetime) -> str:
    """Give a sign-in under way a new code of six figures, which replaces the one before."""
    code = f"{secrets.randbelow(1_000_000):06d}"
    pending.code_hash = _hash("email", pending.id, code)
    pending.code_expires_at = now + dt.timedelta(minutes=CODE_MINUTES)
    db.session.flush()
    return code


def takes_email_code(pending: LoginSession, code: str, now: dt.datetime) -> bool:
    """Return whether this is the code sent for this sign-in; it is used up."""
    known, until = pending.code_hash, pending.code_expires_at
    if known is None or until is None or until <= now:
        return False
    if not hmac.compare_digest(known, _hash("email", pending.id, _figures(code))):
        return False
    pending.code_hash = None
    db.session.flush()
    return True


def remember_device(user: User, now: dt.datetime) -> str:
    """Return the token, for a cookie, of a browser that will not be asked for a code by e-mail."""
    token = secrets.token_urlsafe(TOKEN_BYTES)
    db.session.add(
        KnownDevice(
            user_id=user.id,
            token_hash=token_hash(token),
            expires_at=now + dt.timedelta(days=DEVICE_DAYS),
        )
    )
    db.session.flush()
    return token


def knows_device(user: User, token: str, now: dt.datetime) -> bool:
    """Return whether this is a browser that the person has asked to remember."""
    known = select(KnownDevice.id).where(
        KnownDevice.token_hash == token_hash(token),
        KnownDevice.user_id == user.id,
        KnownDevice.expires_at > now,
    )
    return bool(token) and db.session.scalar(known) is not None


def forget_devices(user: User) -> None:
    """Ask for a code by e-mail again on every browser."""
    db.session.execute(delete(KnownDevice).where(KnownDevice.user_id == user.id))


def purge_devices(now: dt.datetime) -> None:
    """Delete the browsers whose time has passed."""
    db.session.execute(delete(KnownDevice).where(KnownDevice.expires_at < now))


def _takes_app_code(factor: SecondFactor, code: str, now: dt.datetime) -> bool:
    try:
        totp = pyotp.TOTP(app_secret(factor))
    except InvalidToken:
        return False
    typed, step = _figures(code), int(now.timestamp()) // STEP_SECONDS
    for drift in DRIFT:
        expected = totp.at((step + drift) * STEP_SECONDS)
        if hmac.compare_digest(expected, typed):
            # Sealed again with the key of today: the one before may then go.
            factor.secret = _seal().rotate(factor.secret.encode()).decode()
            db.session.flush()
            return _uses_step(factor, step + drift)
    return False


def _uses_step(factor: SecondFactor, step: int) -> bool:
    """Use up a code in one statement, so that of two at the same time one is taken."""
    used = db.session.execute(
        update(SecondFactor)
        .where(SecondFactor.user_id == factor.user_id, SecondFactor.last_step < step)
        .values(last_step=step)
        .execution_options(synchronize_session=False)
    )
    return bool(used.rowcount)  # type: ignore[attr-defined]


def _takes_recovery_code(user: User, code: str, now: dt.datetime) -> bool:
    letters = _letters(code)
    if len(letters) != RECOVERY_LENGTH:
        return False
    unused = db.session.execute(
        select(RecoveryCode.id, RecoveryCode.code_hash).where(
            RecoveryCode.user_id == user.id, RecoveryCode.used_at.is_(None)
        )
    )
    matching = next((id_ for id_, known in unused.all() if verify_password(known, letters)), None)
    if matching is None:
        return False
    used = db.session.execute(
        update(RecoveryCode)
        .where(RecoveryCode.id == matching, RecoveryCode.used_at.is_(None))
        .values(used_at=now)
        .execution_options(synchronize_session=False)
    )
    return bool(used.rowcount)  # type: ignore[attr-defined]


def _drawn_code() -> str:
    letters = "".join(secrets.choice(RECOVERY_ALPHABET) for _ in range(RECOVERY_LENGTH))
    return f"{letters[:5]}-{letters[5:]}"


def _figures(code: str) -> str:
    return re.sub(r"[^0-9]", "", code)


def _letters(code: str) -> str:
    return re.sub(r"[^A-Z0-9]", "", code.upper())


def _keys() -> list[str]:
    """Return the key of the site, then those before it that still serve."""
    return [current_app.config["SECRET_KEY"], *current_app.config["SECRET_KEY_FALLBACKS"]]


def _hash(purpose: str, owner: int, code: str) -> str:
    key = current_app.config["SECRET_KEY"].encode()
    return hmac.new(key, f"{purpose} {owner} {code}".encode(), hashlib.sha256).hexdigest()


def _seal() -> MultiFernet:
    """Return what seals secrets: the key of the site, and those before it to open old seals."""
    digests = (hashlib.sha256(f"second factor {key}".encode()).digest() for key in _keys())
    return MultiFernet([Fernet(base64.urlsafe_b64encode(digest)) for digest in digests])
