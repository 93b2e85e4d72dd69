"""The cookie of a signed-in browser: it holds the token of a session row, and nothing else."""

from __future__ import annotations

from flask import session

from app.accounts import services
from app.core import clock

# Where Flask-Login looks for what names the person: here, the token of a session row.
COOKIE_KEY = "_user_id"
# Where the token of a sign-in that waits for its second factor is kept: it names nobody.
PENDING_KEY = "pending"


def enter(token: str) -> None:
    """Keep the token of a new session in a cookie emptied of all that came before."""
    leave()
    session[COOKIE_KEY] = token


def wait(token: str) -> None:
    """Keep the token of a sign-in under way in a cookie emptied of all that came before."""
    leave()
    session[PENDING_KEY] = token


def leave() -> None:
    """Kill the session of this browser, here and wherever the cookie was copied."""
    for key in (COOKIE_KEY, PENDING_KEY):
        if token := session.get(key):
            services.close_session(token, now=clock.now())
    session.clear()
