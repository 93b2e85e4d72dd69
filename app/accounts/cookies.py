"""The cookie of a signed-in browser: it holds the token of a session row, and nothing else."""

from __future__ import annotations

import datetime as dt

from flask import session

from app.accounts import services
from app.core import clock

# Where Flask-Login looks for what names the person: here, the token of a session row.
COOKIE_KEY = "_user_id"
# Where the token of a sign-in that waits for its second factor is kept: it names nobody.
PENDING_KEY = "pending"
# When this browser last asked for a page as this person: seconds since 1970.
SEEN_KEY = "seen"
# After two hours without a page, one signs in again. Long enough to write a listing over lunch.
IDLE = dt.timedelta(hours=2)
# The cookie is written again at most this often.
SEEN_EVERY = dt.timedelta(minutes=5)


def enter(token: str) -> None:
    """Keep the token of a new session in a cookie emptied of all that came before."""
    leave()
    session[COOKIE_KEY] = token
    session[SEEN_KEY] = clock.now().timestamp()


def is_awake(now: dt.datetime) -> bool:
    """Return whether this browser asked for a page lately, and take note that it does now.

    The instant is in the signed cookie: reading a page writes nothing in the database.
    """
    quiet = now.timestamp() - session.get(SEEN_KEY, 0.0)
    if quiet > IDLE.total_seconds():
        return False
    if quiet > SEEN_EVERY.total_seconds():
        session[SEEN_KEY] = now.timestamp()
    return True


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
