"""The legal minimum wage (SMIC) as dated facts: see app/listings/data/minimum_wage.json."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from app.listings.enums import PayPeriod

LEGAL_WEEK_HOURS = 35.0
_FILE = Path(__file__).parent.parent / "data" / "minimum_wage.json"


@dataclass(frozen=True, slots=True)
class MinimumWage:
    """Gross cents an hour, and a month of 151.67 hours (35 a week), from a day on.

    `source`: code of the reference base. `verified`: read in a source.
    """

    since: dt.date
    hourly_cents: int
    monthly_cents: int
    verified: bool
    source: str | None


@cache
def minimum_wages() -> tuple[MinimumWage, ...]:
    """Return the facts of the file, the oldest first."""
    rows = json.loads(_FILE.read_text(encoding="utf-8"))
    return tuple(
        MinimumWage(
            since=dt.date.fromisoformat(row["from"]),
            hourly_cents=round(row["hourly"] * 100),
            monthly_cents=round(row["monthly"] * 100),
            verified=row["verified"],
            source=row["source"],
        )
        for row in sorted(rows, key=lambda row: row["from"])
    )


def minimum_wage(day: dt.date) -> MinimumWage | None:
    """Return what applies on a day; None before the first fact."""
    known = [wage for wage in minimum_wages() if wage.since <= day]
    return known[-1] if known else None


def minimum_pay_cents(day: dt.date, period: str, week_hours: float | None) -> int | None:
    """Return the least gross pay for a period and weekly hours, in cents; None when unknown.

    Hours count in proportion of 35 a week. Above 35 the rise of extra hours is left out: what is
    returned is then less than what the law asks, never more.
    """
    wage = minimum_wage(day)
    if wage is None:
        return None
    if period == PayPeriod.HOUR:
        return wage.hourly_cents
    if not week_hours:
        return None
    months = 12 if period == PayPeriod.YEAR else 1
    return int(wage.monthly_cents * months * week_hours / LEGAL_WEEK_HOURS)
