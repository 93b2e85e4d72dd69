"""Deadlines are Paris deadlines, also on the nights when the clocks change."""

from __future__ import annotations

import datetime as dt

import pytest

from app.core.clock import end_of_paris_day, paris_date, paris_instant

pytestmark = pytest.mark.no_database


@pytest.mark.parametrize(
    ("day", "utc"),
    [
        ("2026-11-22", "2026-11-22T23:00:00+00:00"),
        ("2026-07-14", "2026-07-14T22:00:00+00:00"),
        # The night when the clocks go back, and the one when they go forward.
        ("2026-10-24", "2026-10-24T22:00:00+00:00"),
        ("2026-10-25", "2026-10-25T23:00:00+00:00"),
        ("2027-03-27", "2027-03-27T23:00:00+00:00"),
        ("2027-03-28", "2027-03-28T22:00:00+00:00"),
    ],
)
def test_a_day_ends_at_paris_midnight(day: str, utc: str) -> None:
    assert end_of_paris_day(dt.date.fromisoformat(day)).isoformat() == utc


def test_an_evening_in_utc_may_be_the_next_day_in_paris() -> None:
    assert paris_date(dt.datetime(2026, 7, 14, 22, 30, tzinfo=dt.UTC)) == dt.date(2026, 7, 15)


def test_a_local_time_becomes_an_instant() -> None:
    instant = paris_instant(dt.date(2026, 12, 3), dt.time(14, 30))
    assert instant == dt.datetime(2026, 12, 3, 13, 30, tzinfo=dt.UTC)
