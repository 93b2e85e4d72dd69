"""Deadlines are Paris deadlines, also on the nights when the clocks change."""

from __future__ import annotations

import datetime as dt

import pytest
from huey import crontab

from app.core.clock import end_of_paris_day, paris_date, paris_instant
from app.subscriptions import SCHEDULE

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
        ("2028-02-29", "2028-02-29T23:00:00+00:00"),
    ],
)
def test_a_day_ends_at_paris_midnight(day: str, utc: str) -> None:
    assert end_of_paris_day(dt.date.fromisoformat(day)).isoformat() == utc


def test_an_evening_in_utc_may_be_the_next_day_in_paris() -> None:
    assert paris_date(dt.datetime(2026, 7, 14, 22, 30, tzinfo=dt.UTC)) == dt.date(2026, 7, 15)


def test_a_local_time_becomes_an_instant() -> None:
    instant = paris_instant(dt.date(2026, 12, 3), dt.time(14, 30))
    assert instant == dt.datetime(2026, 12, 3, 13, 30, tzinfo=dt.UTC)


def test_an_hour_that_does_not_exist_or_is_there_twice_is_still_an_instant() -> None:
    half_past_two = dt.time(2, 30)
    skipped = paris_instant(dt.date(2027, 3, 28), half_past_two)
    assert skipped == dt.datetime(2027, 3, 28, 1, 30, tzinfo=dt.UTC)
    twice = paris_instant(dt.date(2026, 10, 25), half_past_two)
    assert twice == dt.datetime(2026, 10, 25, 0, 30, tzinfo=dt.UTC)


@pytest.mark.parametrize("day", ["2026-10-25", "2027-03-28", "2028-02-29"])
def test_nightly_work_runs_once_a_night_whatever_the_clocks_do(day: str) -> None:
    nightly = [one for one in SCHEDULE if one.minute.isdigit() and one.hour.isdigit()]
    assert len(nightly) > 10
    start = paris_instant(dt.date.fromisoformat(day), dt.time())
    end = end_of_paris_day(dt.date.fromisoformat(day))
    length = int((end - start).total_seconds() // 60)
    minutes = [start + dt.timedelta(minutes=number) for number in range(length)]
    for one in nightly:
        runs = crontab(minute=one.minute, hour=one.hour)
        assert sum(runs(minute.replace(tzinfo=None)) for minute in minutes) == 1, one.name
