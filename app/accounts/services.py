"""Writes of accounts: signing in and out, links by e-mail, opening and suspending accounts."""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import secrets

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from email_validator import EmailNotValidError, validate_email
from sqlalchemy import delete, or_, true, update

from app.accounts.enums import Awaits, Role
from app.accounts.models import LoginSession, SignInAttempt, SignInLink, User
from app.accounts.queries import (
    ATTEMPTS_KEPT,
    normal_email,
    pending_session,
    token_hash,
    user_by_email,
    wait_before_trying,
)
from app.core import outbox
from app.core.database import db
from app.core.errors import DomainError
from app.core.i18n import _

SESSION_HOURS = 12
# To find the telephone or the e-mail, and type a code.
PENDING_MINUTES = 20
LINK_MINUTES = 10
PASSWORD_MIN_LENGTH = 12
# ASVS 6.5.5 asks for 128 bits; 256 cost nothing.
TOKEN_BYTES = 32

# OWASP's smallest setting of argon2id: 19 MiB, two passes, one lane.
_hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
# Checked when there is no password to check: an unknown address takes as long as a known one.
_DECOY = _hasher.hash(secrets.token_urlsafe(TOKEN_BYTES))


class TooManyAttempts(DomainError):
    """This account or this address must wait before another try."""

    status = 429

    def __init__(self, wait: dt.timedelta) -> None:
        self.seconds = max(1, int(wait.total_seconds()))
        minutes = -(-self.seconds // 60)
        super().__init__(
            _(
                "Trop d’essais. Attendez %(minutes)s\u00a0min, ou demandez un lien par e-mail.",
                minutes=minutes,
            )
        )


class InvalidAccount(DomainError):
    """The account cannot be opened with these values."""

    status = 422


def hash_password(password: str) -> str:
    """Return the argon2id hash of a password, exactly as it was typed."""
    return _hasher.hash(password)


def attempt_keys(secret: str, purpose: str, email: str, address: str) -> tuple[str, str]:
    """Return the keyed hashes under which tries are counted: the account's, then the address's.

    `purpose` keeps apart the tries of passwords and the requests of links: whoever exhausts the
    first never prevents the person from signing in by the second.
    """
    return (
        _keyed(secret, f"{purpose} account {normal_email(email)}"),
        _keyed(secret, f"{purpose} address {address}"),
    )


def check_password(
    email: str, password: str, *, keys: tuple[str, str], now: dt.datetime
) -> User | None:
    """Return the active person these credentials name, or None after counting a failed try.

    Raises TooManyAttempts. Does as much work whether the address is known or not.
    """
    wait_for_turn(keys, now)
    user = user_by_email(email)
    known = user.password_hash if user and user.active else None
    matches = verify_password(known or _DECOY, password)
    if user is None or known is None or not matches:
        count_attempt(keys, now)
        return None
    if _hasher.check_needs_rehash(known):
        user.password_hash = hash_password(password)
    # Only the account is cleared: an attacker's own account must not reset his address.
    forget_attempts(keys[0])
    return user


def request_link(email: str, *, keys: tuple[str, str], next_path: str, now: dt.datetime) -> None:
    """Ask the worker to send a link to this address if it has an account.

    Writes the same rows whether it has one or not. Raises TooManyAttempts.
    """
    wait_for_turn(keys, now)
    count_attempt(keys, now)
    user = user_by_email(email)
    outbox.enqueue(
        "account.link_requested",
        now=now,
        user_id=user.id if user and user.active else None,
        next=next_path,
    )


def create_link(user: User, *, now: dt.datetime, minutes: int = LINK_MINUTES) -> tuple[int, str]:
    """Give the person a new link and kill the previous ones; return its id and its token."""
    db.session.execute(
        update(SignInLink)
        .where(SignInLink.user_id == user.id, SignInLink.used_at.is_(None))
        .values(used_at=now)
    )
    token = secrets.token_urlsafe(TOKEN_BYTES)
    link = SignInLink(
        token_hash=token_hash(token),
        user_id=user.id,
        created_at=now,
        expires_at=now + dt.timedelta(minutes=minutes),
    )
    db.session.add(link)
    db.session.flush()
    return link.id, token


def use_link(token: str, *, now: dt.datetime) -> User | None:
    """Consume a link and return its person; None when it is unknown, used or too old.

    One statement decides: of two calls at the same time, one wins.
    """
    user_id = db.session.scalar(
        update(SignInLink)
        .where(
            SignInLink.token_hash == token_hash(token),
            SignInLink.used_at.is_(None),
            SignInLink.expires_at > now,
        )
        .values(used_at=now)
        .returning(SignInLink.user_id)
        .execution_options(synchronize_session=False)
    )
    user = None if user_id is None else db.session.get(User, user_id)
    return user if user and user.active else None


def open_session(
    user: User, *, now: dt.datetime, hours: int = SESSION_HOURS, device: str = ""
) -> str:
    """Open a session and return its token, which only the person's cookie will hold."""
    user.last_seen_at = now
    user.end_told_at = None
    return _add_session(user, now, dt.timedelta(hours=hours), device=device)


def open_pending_session(user: User, awaits: Awaits, *, now: dt.datetime) -> str:
    """Begin a sign-in that opens nothing before its second factor; return its token."""
    token = _add_session(user, now, dt.timedelta(minutes=PENDING_MINUTES), awaits=awaits)
    if awaits == Awaits.EMAIL:
        ask_email_code(token, now=now)
    return token


def ask_email_code(token: str, *, now: dt.datetime) -> None:
    """Ask the worker to send the code of a sign-in under way, by the token of its cookie."""
    pending = pending_session(token, now)
    if pending is not None and pending.awaits == Awaits.EMAIL:
        outbox.enqueue("account.code_requested", now=now, session_id=pending.id)


def ask_proof(mine: LoginSession, *, now: dt.datetime) -> None:
    """Ask the worker to send a code to a person already signed in, who must prove who she is."""
    outbox.enqueue("account.code_requested", now=now, session_id=mine.id)


def _add_session(
    user: User,
    now: dt.datetime,
    length: dt.timedelta,
    *,
    device: str = "",
    awaits: Awaits | None = None,
) -> str:
    token = secrets.token_urlsafe(TOKEN_BYTES)
    db.session.add(
        LoginSession(
            token_hash=token_hash(token),
            user_id=user.id,
            created_at=now,
            expires_at=now + length,
            device=device,
            awaits=awaits,
        )
    )
    db.session.flush()
    return token


def close_session(token: str, *, now: dt.datetime) -> None:
    """Make a session's token worthless."""
    _revoke(LoginSession.token_hash == token_hash(token), now)


def close_sessions_of(user_ids: list[int], *, now: dt.datetime) -> None:
    """Sign these people out of every browser, and make the links they were sent worthless."""
    _revoke(LoginSession.user_id.in_(user_ids), now)
    db.session.execute(
        update(SignInLink)
        .where(SignInLink.user_id.in_(user_ids), SignInLink.used_at.is_(None))
        .values(used_at=now)
    )


def close_every_session(*, now: dt.datetime) -> None:
    """End all sessions and links: a copy put back opens nothing that was closed since."""
    _revoke(true(), now)
    db.session.execute(delete(SignInLink))


def close_session_of(user: User, session_id: int, *, now: dt.datetime) -> bool:
    """Sign the person out of one of her browsers; return whether it was hers, and open."""
    return _revoke((LoginSession.id == session_id) & (LoginSession.user_id == user.id), now) > 0


def close_other_sessions(user: User, token: str, *, now: dt.datetime) -> None:
    """Sign the person out of every browser but the one that holds this token."""
    other = LoginSession.token_hash != token_hash(token)
    _revoke((LoginSession.user_id == user.id) & other, now)


def create_account(
    email: str, *, name: str, role: str, now: dt.datetime, password: str | None = None
) -> User:
    """Open an account. Raises InvalidAccount on a bad or taken address, role or password."""
    try:
        checked = validate_email(email.strip(), check_deliverability=False).normalized
    except EmailNotValidError as error:
        raise InvalidAccount(_("Cette adresse e-mail n’est pas valable.")) from error
    if role not in set(Role):
        raise InvalidAccount(_("Ce rôle n’existe pas."))
    if user_by_email(checked) is not None:
        raise InvalidAccount(_("Un compte existe déjà à cette adresse."))
    if password is not None and len(password) < PASSWORD_MIN_LENGTH:
        raise InvalidAccount(_("Choisissez un mot de passe de 12 caractères au moins."))
    user = User(
        email=normal_email(checked),
        name=name.strip() or checked.split("@")[0],
        role=role,
        active=True,
        password_hash=None if password is None else hash_password(password),
        created_at=now,
    )
    db.session.add(user)
    db.session.flush()
    return user


def set_password(user: User, password: str) -> None:
    """Give the person this password, unless it is already hers."""
    if user.password_hash is None or not verify_password(user.password_hash, password):
        user.password_hash = hash_password(password)


def suspend_account(user: User, *, now: dt.datetime) -> None:
    """Forbid the person to sign in and close her sessions."""
    user.active = False
    close_sessions_of([user.id], now=now)


def purge_sign_ins(now: dt.datetime) -> None:
    """Delete tries, links and sessions that no longer serve, a day after their end."""
    before = now - ATTEMPTS_KEPT
    db.session.execute(delete(SignInAttempt).where(SignInAttempt.at < before))
    db.session.execute(delete(SignInLink).where(SignInLink.expires_at < before))
    db.session.execute(
        delete(LoginSession).where(
            or_(LoginSession.expires_at < before, LoginSession.revoked_at < before)
        )
    )


def _revoke(condition: object, now: dt.datetime) -> int:
    revoked = db.session.execute(
        update(LoginSession)
        .where(condition, LoginSession.revoked_at.is_(None))  # type: ignore[arg-type]
        .values(revoked_at=now)
    )
    return int(revoked.rowcount)  # type: ignore[attr-defined]


def wait_for_turn(keys: tuple[str, str], now: dt.datetime) -> None:
    """Raise TooManyAttempts while these keys must wait."""
    wait = wait_before_trying(keys, now)
    if wait > dt.timedelta():
        raise TooManyAttempts(wait)


def count_attempt(keys: tuple[str, str], now: dt.datetime) -> None:
    """Remember a try of something secret."""
    db.session.add_all(SignInAttempt(key=key, at=now) for key in keys)
    db.session.flush()


def forget_attempts(key: str) -> None:
    """Forget the tries counted under one key, after a success."""
    db.session.execute(delete(SignInAttempt).where(SignInAttempt.key == key))


def verify_password(known: str, password: str) -> bool:
    """Return whether this is the password, or the code, of that argon2id hash."""
    try:
        return _hasher.verify(known, password)
    except (VerificationError, InvalidHashError):
        return False


def _keyed(secret: str, text: str) -> str:
    return hmac.new(secret.encode(), text.encode(), hashlib.sha256).hexdigest()
