"""Days on which things happen in the demonstration: working days, at hours people work."""

from __future__ import annotations

import datetime as dt
from random import Random

from app.core.clock import PARIS, paris_date, paris_instant

# The same day every year; no session falls on one, and nobody answers.
HOLIDAYS = {(1, 1), (5, 1), (5, 8), (7, 14), (8, 15), (11, 1), (11, 11), (12, 25)}
OPENS, CLOSES = 9, 18
# People write early, at noon, and above all in the evening.
WRITING_HOURS = (6, 7, 8, 10, 12, 12, 13, 14, 16, 17, 18, 19, 20, 20, 21, 21, 22)


def working_day(day: dt.date) -> dt.date:
    """Return that day, or the first working day after it."""
    while day.weekday() > 4 or (day.month, day.day) in HOLIDAYS:
        day += dt.timedelta(days=1)
    return day


def working_instant(instant: dt.datetime, draw: Random) -> dt.datetime:
    """Return that instant, or the first one after it at which an office is open."""
    minutes = dt.timedelta(minutes=draw.randrange(5, 110))
    local = instant.astimezone(PARIS)
    day = local.date() + dt.timedelta(days=1) if local.hour >= CLOSES else local.date()
    opened = working_day(day)
    if opened == local.date() and local.hour >= OPENS:
        return instant
    return paris_instant(opened, dt.time(OPENS)) + minutes


def writing_instant(first: dt.datetime, last: dt.datetime, draw: Random) -> dt.datetime:
    """Draw an instant between two at which somebody may write."""
    span = (last - first).total_seconds()
    drawn = last - dt.timedelta(seconds=span * draw.random())
    time = dt.time(draw.choice(WRITING_HOURS), draw.randrange(60))
    written = paris_instant(paris_date(drawn), time)
    return written if first < written < last else drawn
