"""Members are told what happens to their listings, once each."""

from __future__ import annotations

import datetime as dt

import pytest
from sqlalchemy import select

from app.accounts.enums import Role
from app.core import clock
from app.core.database import db
from app.core.jobs import jobs
from app.core.outbox import OutboxEvent
from app.listings import services
from tests import factories
from tests.conftest import Smtp


@pytest.fixture(autouse=True)
def _search(meilisearch: object) -> None:
    """Let the search hear of the changes too, as it does in production."""


def bodies(smtp: Smtp) -> list[str]:
    return [message.get_body(("plain",)).get_content() for message in smtp.messages]


def test_every_member_is_told_that_the_listing_is_online(smtp: Smtp) -> None:
    now = clock.now()
    members = [factories.user(), factories.user(), factories.user(active=False)]
    listing = factories.listing(
        organisation=factories.organisation(*members), status="in_review", contact_name="Mme R."
    )
    services.publish_listing(factories.user(Role.MODERATOR), listing, now)
    db.session.commit()

    jobs.drain()
    jobs.drain()

    assert sorted(message["To"] for message in smtp.messages) == sorted(
        member.email for member in members[:2]
    )
    assert f"http://localhost{listing.path}" in bodies(smtp)[0]
    assert "Mme R." not in "".join(message["Subject"] for message in smtp.messages)


def test_refusal_carries_its_reason(smtp: Smtp) -> None:
    member = factories.user()
    listing = factories.listing(organisation=factories.organisation(member), status="in_review")
    services.refuse_listing(
        factories.user(Role.MODERATOR), listing, "Précisez les horaires <b>.", clock.now()
    )
    db.session.commit()

    jobs.drain()

    message = smtp.messages[0]
    assert "Précisez les horaires <b>." in bodies(smtp)[0]
    assert "&lt;b&gt;" in message.get_body(("html",)).get_content()
    assert f"/recruter/annonces/{listing.id}" in bodies(smtp)[0]


def test_listing_closed_by_its_date_asks_its_outcome(smtp: Smtp) -> None:
    now = clock.now()
    member = factories.user()
    organisation = factories.organisation(member)
    listing = factories.listing(organisation=organisation, closes_at=now)
    closed = factories.listing(organisation=organisation, closes_at=now + dt.timedelta(days=1))
    services.expire_due(now)
    services.close_listing(member, closed, "filled", now)
    db.session.commit()

    jobs.drain()

    assert len(smtp.messages) == 1
    assert f"/recruter/annonces/{listing.id}/clore" in bodies(smtp)[0]


def test_message_that_is_no_longer_true_is_not_sent(smtp: Smtp) -> None:
    member = factories.user()
    listing = factories.listing(organisation=factories.organisation(member), status="in_review")
    now = clock.now()
    services.publish_listing(factories.user(Role.MODERATOR), listing, now)
    services.pause_listing(member, listing, now)
    db.session.commit()

    jobs.drain()

    assert smtp.messages == []
    states = set(
        db.session.scalars(
            select(OutboxEvent.state).where(OutboxEvent.topic == "listing.announced")
        )
    )
    assert states == {"done"}
