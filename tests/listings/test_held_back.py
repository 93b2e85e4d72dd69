"""What is held back stays held back, and what waits does not close under an old date."""

from __future__ import annotations

import datetime as dt

import pytest

from app.accounts.enums import Role
from app.core.clock import paris_date
from app.core.database import db
from app.core.errors import DomainError
from app.listings import services
from app.listings.enums import Outcome, Status
from app.listings.models import Listing
from app.organisations.models import Organisation
from tests import factories

DAY = dt.timedelta(days=1)


@pytest.fixture
def organisation() -> Organisation:
    return factories.organisation(factories.user())


def recalled(organisation: Organisation, now: dt.datetime, **values: object) -> Listing:
    listing = factories.listing(organisation=organisation, now=now, **values)
    services.recall_listing(factories.user(Role.MODERATOR), listing, "À vérifier.", now)
    return listing


def test_new_deadline_counts_while_the_team_reads(
    organisation: Organisation, now: dt.datetime
) -> None:
    today = paris_date(now)
    listing = recalled(organisation, now, deadline=today + 2 * DAY, closes_at=now + 2 * DAY)

    services.update_listing(factories.user(), listing, {"deadline": today + 30 * DAY}, now)

    assert services.expire_due(now + 5 * DAY) == 0
    assert services.expire_due(now + 32 * DAY) == 1


def test_listing_sent_again_lives_as_long_again(
    organisation: Organisation, now: dt.datetime
) -> None:
    listing = recalled(organisation, now)
    services.refuse_listing(factories.user(Role.MODERATOR), listing, "Lieu faux.", now)
    later = now + 59 * DAY
    services.submit_listing(factories.user(), listing, later)

    assert services.expire_due(later + 2 * DAY) == 0
    assert listing.status == Status.IN_REVIEW


def test_refused_listing_closes_at_its_date_and_says_so(
    organisation: Organisation, now: dt.datetime
) -> None:
    listing = recalled(organisation, now)
    services.refuse_listing(factories.user(Role.MODERATOR), listing, "Lieu faux.", now)
    never_sent = factories.listing(
        organisation=organisation, status=Status.DRAFT, published_at=None, closes_at=now
    )

    assert services.expire_due(now + 60 * DAY) == 1
    assert (listing.outcome, never_sent.status) == (Outcome.EXPIRED, Status.DRAFT)


@pytest.mark.parametrize("kind", ["training", "immersion", "internship"])
def test_dates_that_are_over_are_never_shown(
    kind: str, organisation: Organisation, now: dt.datetime
) -> None:
    listing = factories.listing(kind, organisation=organisation, now=now)
    past = [{"starts_at": now - 300 * DAY, "ends_at": None}]

    with pytest.raises(DomainError, match="dates sont passées"), db.session.begin_nested():
        services.update_listing(factories.user(), listing, {"sessions": past}, now)
    db.session.refresh(listing)
    assert (listing.status, listing.sessions) == (Status.PUBLISHED, [])

    factories.listing_session(listing, starts_at=now + DAY)
    services.pause_listing(factories.user(), listing, now)
    with pytest.raises(DomainError, match="dates sont passées"):
        services.resume_listing(factories.user(), listing, now + 3 * DAY)
    db.session.expire(listing)


def test_copy_of_what_the_team_holds_is_read(organisation: Organisation, now: dt.datetime) -> None:
    factories.listing(organisation=organisation, now=now)
    listing = recalled(organisation, now)
    copy = services.duplicate_listing(factories.user(), listing, now)

    services.submit_listing(factories.user(), copy, now)
    assert copy.status == Status.IN_REVIEW

    services.publish_listing(factories.user(Role.MODERATOR), listing, now)
    other = services.duplicate_listing(factories.user(), listing, now)
    services.submit_listing(factories.user(), other, now)
    assert other.status == Status.PUBLISHED


@pytest.mark.parametrize("removed", [True, False])
def test_organisation_whose_only_listing_was_held_is_not_known(
    removed: bool, organisation: Organisation, now: dt.datetime
) -> None:
    listing = factories.listing(organisation=organisation, now=now)
    team = factories.user(Role.MODERATOR)
    if removed:
        services.remove_listing(team, listing, "Arnaque.", now)
    else:
        services.recall_listing(team, listing, "À vérifier.", now)
        services.close_listing(factories.user(), listing, Outcome.WITHDRAWN, now)
    much_later = now + 300 * DAY
    copy = services.duplicate_listing(factories.user(), listing, much_later)

    services.submit_listing(factories.user(), copy, much_later)

    assert copy.status == Status.IN_REVIEW


@pytest.mark.parametrize("approved", [True, False])
def test_file_shows_again_only_what_was_shown(
    approved: bool, organisation: Organisation, now: dt.datetime
) -> None:
    listing = recalled(organisation, now, source_id="RH-1", source_hash="0" * 64)
    if approved:
        services.publish_listing(factories.user(Role.MODERATOR), listing, now)
    services.close_gone([listing], now)
    values = {"kind": "job", "source": "site", "source_id": "RH-1", "source_hash": "1" * 64}

    services.supply_listing(None, organisation, listing, values, now)

    assert listing.status == (Status.PUBLISHED if approved else Status.IN_REVIEW)
