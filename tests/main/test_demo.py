"""The demonstration: complete, honest, clearly fictional, and never in production."""

from __future__ import annotations

import datetime as dt
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from app.accounts.models import User
from app.accounts.services import check_password
from app.applications.models import Application
from app.core import clock
from app.core.database import db
from app.core.outbox import OutboxEvent
from app.geography.models import Commune
from app.listings.enums import Kind, Status
from app.listings.models import Listing, ListingSession
from app.listings.queries import counts_by_kind, is_open
from app.main.demo import services
from app.main.demo.cli import PASSWORD_FILE
from app.organisations.models import Organisation, measure_of
from tests.accounts.browser import post, signed_in

PASSWORD = "mot de passe de démonstration"


@pytest.fixture
def loaded(now: dt.datetime) -> services.LoadResult:
    """Load the demonstration."""
    result = services.load_demo(now, PASSWORD)
    db.session.commit()
    return result


@pytest.fixture
def password_file(app: Flask) -> Iterator[Path]:
    """Give the file of the password, absent before and after."""
    path: Path = app.config["DATA_DIR"] / PASSWORD_FILE
    path.unlink(missing_ok=True)
    yield path
    path.unlink(missing_ok=True)


def open_listings(now: dt.datetime) -> list[Listing]:
    return list(db.session.scalars(select(Listing).where(is_open(now))))


def test_every_kind_is_shown_in_many_communes(
    loaded: services.LoadResult, now: dt.datetime
) -> None:
    counts = counts_by_kind(now)
    communes = {listing.commune_code for listing in open_listings(now)}

    assert loaded.organisations >= 15
    assert sum(counts.values()) >= 120
    assert min(counts.values()) >= 7
    assert counts[Kind.JOB] >= 60
    assert len(communes) >= 15
    outside = select(Commune.code).where(Commune.code.in_(communes), ~Commune.in_territory)
    assert db.session.scalars(outside).all() == []


def test_some_organisations_have_a_past_that_listings_tell(loaded: services.LoadResult) -> None:
    measured = [one for one in db.session.scalars(select(Organisation)) if measure_of(one)]
    assert len(measured) == 3
    assert {one.promise_hours for one in measured} >= {24, 48}


def test_second_load_changes_nothing(loaded: services.LoadResult, now: dt.datetime) -> None:
    tables = (User, Organisation, Listing, ListingSession, Application, OutboxEvent)
    before = [db.session.scalar(select(func.count()).select_from(table)) for table in tables]

    again = services.load_demo(now + dt.timedelta(hours=1), PASSWORD)

    after = [db.session.scalar(select(func.count()).select_from(table)) for table in tables]
    assert after == before
    assert (again.organisations, again.created, again.applications) == (0, 0, 0)
    assert again.unchanged == loaded.created


@pytest.mark.parametrize("days", [20, 45, 100])
def test_later_load_brings_what_has_passed_back(
    loaded: services.LoadResult, now: dt.datetime, days: int
) -> None:
    later = now + dt.timedelta(days=days)
    before = len(open_listings(now))

    with time_machine.travel(later, tick=False):
        services.load_demo(later, None)

    assert len(open_listings(later)) == before
    starts = db.session.scalars(
        select(func.max(ListingSession.starts_at))
        .join(Listing)
        .where(is_open(later))
        .group_by(Listing.id)
    )
    assert all(start > later for start in starts)


def test_pay_is_at_least_the_legal_minimum(loaded: services.LoadResult, now: dt.datetime) -> None:
    jobs = [listing for listing in open_listings(now) if listing.kind == Kind.JOB]

    for job in jobs:
        assert job.pay_min_cents is not None
        assert job.pay_max_cents is not None
        assert job.hours_min is not None
        floor = services.MINIMUM_HOUR
        if job.pay_period == "month":
            floor = services.MINIMUM_MONTH * job.hours_min / services.FULL_TIME
        assert job.pay_min_cents / 100 >= floor, job.title
        assert job.pay_max_cents >= job.pay_min_cents


def test_texts_are_complete_and_unique(loaded: services.LoadResult, now: dt.datetime) -> None:
    listings = open_listings(now)

    assert len({(each.title, each.organisation_id) for each in listings}) == len(listings)
    assert len({each.description for each in listings}) == len(listings)
    for listing in listings:
        assert len(listing.description) > 150
        assert "'" not in listing.title + listing.description + listing.conditions
        assert " :" not in listing.description
        assert " ?" not in listing.description
        assert listing.contact_name
        assert listing.kind in {Kind.EVENT} or listing.profession_id is not None
        assert listing.kind != Kind.JOB or listing.conditions


def test_people_are_fictional(loaded: services.LoadResult) -> None:
    emails = [
        *db.session.scalars(select(User.email)),
        *db.session.scalars(select(Application.email)),
    ]

    assert all(email is None or email.endswith("@example.org") for email in emails)
    for phone in db.session.scalars(select(Application.phone)):
        assert phone is None or phone.startswith("+33639980")
    assert (
        db.session.scalars(select(Organisation.siren).where(Organisation.siren.is_not(None))).all()
        == []
    )


def test_applications_stand_at_several_stages(loaded: services.LoadResult) -> None:
    statuses = set(db.session.scalars(select(Application.status)))

    assert {"received", "seen", "contacted", "meeting", "trial", "hired", "declined"} <= statuses
    assert {"registered", "admitted"} <= statuses


def test_seats_taken_are_those_of_the_applications(loaded: services.LoadResult) -> None:
    db.session.expire_all()

    assert db.session.scalar(select(func.sum(ListingSession.taken))) == 2


def test_one_organisation_waits_for_the_team(loaded: services.LoadResult) -> None:
    waiting = db.session.scalars(select(Listing).where(Listing.status == Status.IN_REVIEW)).all()

    assert len(waiting) == 2
    assert all(not each.organisation.verified for each in waiting if each.organisation)


def test_load_sends_no_message(loaded: services.LoadResult) -> None:
    topics = set(db.session.scalars(select(OutboxEvent.topic)))

    assert topics == {"listing.changed"}


def test_command_draws_a_password_and_keeps_it_private(
    app: Flask, client: FlaskClient, password_file: Path
) -> None:
    first = app.test_cli_runner().invoke(args=["demo", "load"])
    password = password_file.read_text().strip()
    second = app.test_cli_runner().invoke(args=["demo", "load"])

    assert first.exit_code == 0, first.output
    assert password in first.output
    assert stat.S_IMODE(password_file.stat().st_mode) == 0o600
    assert second.exit_code == 0
    assert password not in second.output
    assert password_file.read_text().strip() == password
    assert post(client, "/connexion", email="recruteuse@example.org", password=password).location
    assert signed_in(client)


def test_password_is_never_the_same(now: dt.datetime, loaded: services.LoadResult) -> None:
    services.load_demo(now, "un autre mot de passe")

    keys = ("a", "b")
    assert check_password("ecole@example.org", "un autre mot de passe", keys=keys, now=now)
    assert check_password("ecole@example.org", PASSWORD, keys=keys, now=now) is None
    owner = db.session.scalars(select(User).where(User.email == "contact.mimosa@example.org")).one()
    assert owner.password_hash is None


def test_command_is_refused_in_production(app: Flask, password_file: Path) -> None:
    app.config["PRODUCTION"] = True
    try:
        result = app.test_cli_runner().invoke(args=["demo", "load"])
    finally:
        app.config["PRODUCTION"] = False

    assert result.exit_code == 1
    assert not password_file.exists()
    assert db.session.scalar(select(func.count(Listing.id))) == 0


def test_sessions_never_fall_on_a_week_end_or_a_holiday(
    loaded: services.LoadResult, now: dt.datetime
) -> None:
    for start in db.session.scalars(select(ListingSession.starts_at)):
        day = clock.paris_date(start)
        assert day.weekday() < 5
        assert (day.month, day.day) not in services.HOLIDAYS
        assert start > now
