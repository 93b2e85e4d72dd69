"""The demonstration stays alive: loaded again, it brings back what has passed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import pytest
import time_machine
from flask import Flask
from sqlalchemy import func, select

from app.applications.models import Application
from app.core import clock
from app.core.database import db, reads_only
from app.listings.enums import Status
from app.listings.models import Listing, ListingSession
from app.listings.queries import is_open
from app.main.demo import services
from tests.conftest import empty_tables
from tests.main.demonstration import PASSWORD, copy_some, open_listings


@pytest.fixture(scope="module")
def loaded(app: Flask, tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Load, once, files in which there are listings of every kind and of every fate."""
    data = copy_some(tmp_path_factory.mktemp("demo"), "elders", "home", "schools")
    reads_only.set(False)
    with pytest.MonkeyPatch.context() as patch, app.app_context():
        patch.setattr(services, "DATA", data)
        services.load_demo(clock.now(), PASSWORD)
        db.session.commit()
        db.session.remove()
        yield
    with app.app_context():
        empty_tables()
        db.session.remove()


@pytest.mark.parametrize("days", [20, 45, 100])
def test_later_load_brings_what_has_passed_back(loaded: None, now: dt.datetime, days: int) -> None:
    later = now + dt.timedelta(days=days)
    before = len(open_listings(now))
    paused = select(func.count()).where(Listing.status == Status.PAUSED)

    with time_machine.travel(later, tick=False):
        services.load_demo(later, None)

    assert len(open_listings(later)) == before
    assert db.session.scalar(paused) == 1
    starts = db.session.scalars(
        select(func.max(ListingSession.starts_at))
        .join(Listing)
        .where(is_open(later))
        .group_by(Listing.id)
    )
    assert all(start > later for start in starts)


def test_people_write_to_what_is_confirmed(loaded: None, now: dt.datetime) -> None:
    later = now + dt.timedelta(days=45)

    with time_machine.travel(later, tick=False):
        result = services.load_demo(later, None)

    assert result.confirmed > 0
    old = select(Listing.id).where(Listing.created_at < now, is_open(later))
    written = select(func.max(Application.created_at)).where(Application.listing_id.in_(old))
    assert (db.session.scalar(written) or now) > later - dt.timedelta(days=10)
