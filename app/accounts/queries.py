"""Reads of accounts: who a cookie or a link names, and how long to wait before trying again."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterable, Sequence

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import contains_eager

from app.accounts.models import LoginSession, SignInAttempt, SignInLink, User
from app.core.database import db

# The doctrine of the CNIL: ten tries at most, then one waits.
FREE_ATTEMPTS = 10
ATTEMPTS_KEPT = dt.timedelta(days=1)
LONGEST_WAIT = dt.timedelta(hours=1)


def token_hash(token: str) -> str:
    """Return what is stored of a random token, in hexadecimal."""
    return hashlib.sha256(token.encode()).hexdigest()


def normal_email(email: str) -> str:
    """Return the form under which an address is stored and compared."""
    return email.strip().lower()


def user_by_email(email: str) -> User | None:
    """Return the person who has this address."""
    return db.session.scalar(select(User).where(User.email == normal_email(email)))


def get_user(user_id: int | None) -> User | None:
    """Return a person by id."""
    return None if user_id is None else db.session.get(User, user_id)


def session_user(token: str, now: dt.datetime) -> User | None:
    """Return the active person whose living session has this token."""
    return db.session.scalar(
        select(User)
        .join(LoginSession, LoginSession.user_id == User.id)
        .where(
            LoginSession.token_hash == token_hash(token),
            LoginSession.revoked_at.is_(None),
            LoginSession.expires_at > now,
            LoginSession.awaits.is_(None),
            User.active,
        )
    )


def open_session(token: str, now: dt.datetime) -> LoginSession | None:
    """Return the living session of this token, with its active person."""
    return _session(token, now, LoginSession.awaits.is_(None))


def pending_session(token: str, now: dt.datetime) -> LoginSession | None:
    """Return the sign-in under way of this token, with its active person."""
    return _session(token, now, LoginSession.awaits.is_not(None))


def _session(token: str, now: dt.datetime, state: ColumnElement[bool]) -> LoginSession | None:
    return db.session.scalar(
        select(LoginSession)
        .join(LoginSession.user)
        .options(contains_eager(LoginSession.user))
        .where(
            LoginSession.token_hash == token_hash(token),
            LoginSession.revoked_at.is_(None),
            LoginSession.expires_at > now,
            state,
            User.active,
        )
    )


def open_sessions_of(user: User, now: dt.datetime) -> Sequence[LoginSession]:
    """Return the browsers in which the person is signed in, the last opened first."""
    return db.session.scalars(
        select(LoginSession)
        .where(
            LoginSession.user_id == user.id,
            LoginSession.revoked_at.is_(None),
            LoginSession.expires_at > now,
            LoginSession.awaits.is_(None),
        )
        .order_by(LoginSession.created_at.desc(), LoginSession.id.desc())
    ).all()


def link_user(token: str, now: dt.datetime) -> User | None:
    """Return the active person whom an unused link would sign in. Consumes nothing."""
    return db.session.scalar(
        select(User)
        .join(SignInLink, SignInLink.user_id == User.id)
        .where(
            SignInLink.token_hash == token_hash(token),
            SignInLink.used_at.is_(None),
            SignInLink.expires_at > now,
            User.active,
        )
    )


def wait_before_trying(keys: Iterable[str], now: dt.datetime) -> dt.timedelta:
    """Return how long these keys must wait: nothing up to ten tries a day, then 1, 2, 4… 60 min."""
    rows = db.session.execute(
        select(func.count(), func.max(SignInAttempt.at))
        .where(SignInAttempt.key.in_(list(keys)), SignInAttempt.at > now - ATTEMPTS_KEPT)
        .group_by(SignInAttempt.key)
    )
    waits = [last + _pause(count) - now for count, last in rows if count >= FREE_ATTEMPTS]
    return max([dt.timedelta(), *waits])


def _pause(attempts: int) -> dt.timedelta:
    doublings = min(attempts - FREE_ATTEMPTS, 6)
    return min(dt.timedelta(minutes=2**doublings), LONGEST_WAIT)
