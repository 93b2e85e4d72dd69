"""The clock: instants are UTC and aware; people read Paris time."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

PARIS = ZoneInfo("Europe/Paris")


def now() -> dt.datetime:
    """Return the current instant, aware, in UTC.

    Views, commands and the worker call it; services receive it.
    """
    return dt.datetime.now(dt.UTC)


def paris_date(instant: dt.datetime) -> dt.date:
    """Return the calendar day of an aware instant in Paris."""
    return instant.astimezone(PARIS).date()


def end_of_paris_day(day: dt.date) -> dt.datetime:
    """Return the UTC instant at which `day` is over in Paris, i.e. the next local midnight."""
    midnight = dt.datetime.combine(day + dt.timedelta(days=1), dt.time(), tzinfo=PARIS)
    return midnight.astimezone(dt.UTC)


def paris_instant(day: dt.date, time: dt.time) -> dt.datetime:
    """Return the UTC instant of a local Paris date and time."""
    return dt.datetime.combine(day, time, tzinfo=PARIS).astimezone(dt.UTC)
