"""The days on which one may be called: neither week-ends nor public holidays (Code du travail,
article L3133-1)."""

from __future__ import annotations

import datetime as dt
from functools import lru_cache

_FIXED = {(1, 1), (5, 1), (5, 8), (7, 14), (8, 15), (11, 1), (11, 11), (12, 25)}
# Days after Easter Sunday: Easter Monday, Ascension, Whit Monday.
_AFTER_EASTER = {1, 39, 50}


@lru_cache(maxsize=8)
def easter(year: int) -> dt.date:
    """Return Easter Sunday of a year of the Gregorian calendar (Butcher's method)."""
    golden, century = year % 19, year // 100
    leaps = century - century // 4 - (8 * century + 13) // 25 + 19 * golden + 15
    moon = leaps % 30
    moon -= (moon // 28) * (1 - (29 // (moon + 1)) * ((21 - golden) // 11))
    weekday = (year + year // 4 + moon + 2 - century + century // 4) % 7
    shift = moon - weekday
    month = 3 + (shift + 40) // 44
    return dt.date(year, month, shift + 28 - 31 * (month // 4))


def is_working_day(day: dt.date) -> bool:
    """Return whether `day` is neither a Saturday, a Sunday nor a public holiday."""
    if day.weekday() > 4 or (day.month, day.day) in _FIXED:
        return False
    return (day - easter(day.year)).days not in _AFTER_EASTER
