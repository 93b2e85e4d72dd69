"""Is it still true? Asked at thirty days and a week before the end, never twice the same."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import delete, func, select

from app.core import clock
from app.core.clock import paris_date
from app.core.database import db
from app.core.errors import DomainError
from app.core.jobs import jobs, run_scheduled
from app.core.outbox import OutboxEvent
from app.listings import services
from app.listings.enums import Kind, Status
from app.listings.models import Listing
from app.organisations.enums import OrganisationStatus
from app.subscriptions import SCHEDULE
from tests import factories
from tests.accounts.browser import csrf_of
from tests.applications.test_concurrency import together
from tests.listings.counting import count_queries

DAY = dt.timedelta(days=1)
BASE = "/recruter/annonces"


def silent(days: int, now: dt.datetime, **values: Any) -> Listing:
    """Add a listing that nobody has touched for so many days."""
    owner = values.pop("organisation", None) or factories.organisation(factories.user())
    kind = values.pop("kind", Kind.JOB)
    return factories.listing(kind, organisation=owner, now=now - days * DAY, **values)


def asked(listing: Listing) -> list[str]:
    """Return what the members were asked about a listing, in order."""
    events = db.session.scalars(
        select(OutboxEvent).where(OutboxEvent.topic == "listing.announced").order_by(OutboxEvent.id)
    )
    return [one.payload["what"] for one in events if one.payload["listing_id"] == listing.id]


def deliver() -> None:
    """Let the worker send what waits; the index is another test's."""
    db.session.execute(delete(OutboxEvent).where(OutboxEvent.topic == "listing.changed"))
    db.session.commit()
    jobs.drain()


def test_question_comes_at_thirty_days_and_once(now: dt.datetime) -> None:
    listing, young = silent(30, now), silent(29, now)

    assert services.ask_due(now) == 1
    assert services.ask_due(now) == 0
    assert services.ask_due(now + DAY) == 1

    assert asked(listing) == ["asked"]
    assert asked(young) == ["asked"]


def test_whole_life_of_a_silent_listing(now: dt.datetime) -> None:
    listing = silent(0, now)
    heard: dict[int, list[str]] = {}
    for day in range(62):
        then = now + day * DAY + dt.timedelta(minutes=1)
        before = len(asked(listing))
        services.expire_due(then)
        for _run in range(3):
            services.ask_due(then)
        db.session.flush()
        if new := asked(listing)[before:]:
            heard[day] = new

    assert heard == {30: ["asked"], 53: ["reminded"], 60: ["expired"]}
    assert (listing.status, listing.outcome) == ("closed", "expired")


def test_answer_starts_sixty_new_days_and_a_new_question(now: dt.datetime) -> None:
    listing = silent(31, now)
    services.ask_due(now)
    assert listing.awaits_confirmation
    version = listing.version

    services.confirm_listing(factories.user(), listing, now + DAY)

    assert not listing.awaits_confirmation
    assert listing.closes_at == now + 61 * DAY
    assert listing.version == version + 1
    assert services.ask_due(now + 30 * DAY) == 0
    assert services.ask_due(now + 31 * DAY) == 1
    assert asked(listing) == ["asked", "asked"]


def test_change_is_an_answer_too(now: dt.datetime) -> None:
    listing = silent(31, now)
    services.ask_due(now)
    services.update_listing(factories.user(), listing, {"title": "De nuit"}, now + DAY)
    assert not listing.awaits_confirmation


def test_worker_that_slept_asks_once_and_does_not_press(now: dt.datetime) -> None:
    listing = silent(56, now)
    assert services.ask_due(now) == 1
    assert services.ask_due(now + DAY) == 0
    assert services.ask_due(now + 3 * DAY) == 0
    assert asked(listing) == ["asked"]


def test_listing_whose_end_is_known_is_not_asked_about(now: dt.datetime) -> None:
    suspended = factories.organisation(status=OrganisationStatus.SUSPENDED)
    silent(40, now, deadline=paris_date(now) + 5 * DAY)
    dated = silent(40, now, kind=Kind.TRAINING)
    factories.listing_session(dated)
    silent(40, now, status="draft")
    silent(40, now, status="in_review")
    silent(40, now, organisation=suspended)
    silent(61, now)
    factories.listing(
        source="lheo", source_id="1", source_hash="0" * 64, organisation=None, now=now - 40 * DAY
    )
    paused = silent(40, now, status="paused")
    undated = silent(40, now, kind=Kind.IMMERSION)

    assert services.ask_due(now) == 2
    assert (asked(paused), asked(undated)) == (["asked"], ["asked"])


def test_paused_listing_stays_paused(now: dt.datetime) -> None:
    listing = silent(40, now, status="paused")
    services.confirm_listing(factories.user(), listing, now)
    assert (listing.status, listing.closes_at) == ("paused", now + 60 * DAY)


@pytest.mark.parametrize("status", ["draft", "in_review", "closed"])
def test_what_is_not_online_is_not_confirmed(now: dt.datetime, status: str) -> None:
    ended = {"closed_at": now, "outcome": "filled"} if status == "closed" else {}
    with pytest.raises(DomainError):
        services.confirm_listing(factories.user(), factories.listing(status=status, **ended), now)


def test_each_member_gets_one_message_that_leads_to_the_buttons(
    now: dt.datetime, smtp: Any
) -> None:
    members = [factories.user(), factories.user(), factories.user(active=False)]
    listing = silent(30, now, organisation=factories.organisation(*members))
    services.ask_due(now)
    db.session.commit()
    deliver()
    deliver()

    assert sorted(message["To"] for message in smtp.messages) == sorted(
        member.email for member in members[:2]
    )
    for part in ("plain", "html"):
        body = smtp.messages[0].get_body((part,)).get_content()
        assert "Cette annonce est-elle toujours vraie" in body
        assert f"http://localhost{BASE}/{listing.id}/confirmer" in body
        assert "elle se ferme le" in body


def test_reminder_says_that_it_is_the_last(now: dt.datetime, smtp: Any) -> None:
    listing = silent(53, now, asked_at=now - 20 * DAY)
    services.ask_due(now)
    db.session.commit()
    deliver()

    assert asked(listing) == ["reminded"]
    assert "Dernier rappel" in smtp.messages[0]["Subject"]
    assert "va bientôt se fermer" in smtp.messages[0].get_body(("html",)).get_content()


def test_question_that_was_answered_meanwhile_is_not_sent(now: dt.datetime, smtp: Any) -> None:
    listing = silent(30, now)
    services.ask_due(now)
    services.confirm_listing(factories.user(), listing, now + dt.timedelta(seconds=1))
    db.session.commit()
    deliver()
    assert smtp.messages == []


@pytest.mark.usefixtures("real_commits")
def test_worker_that_dies_before_its_commit_asks_at_the_next_hour(session: Any) -> None:
    now = clock.now()
    listing = silent(30, now)
    session.commit()
    services.ask_due(now)
    session.rollback()
    assert asked(listing) == []

    entry = next(one for one in SCHEDULE if one.name == "ask_listings")
    run_scheduled(entry)
    run_scheduled(entry)

    assert asked(listing) == ["asked"]
    assert db.session.get(Listing, listing.id).awaits_confirmation


@pytest.mark.usefixtures("real_commits")
def test_two_workers_ask_once(app: Flask, session: Any) -> None:
    now = clock.now()
    for _number in range(5):
        silent(30, now)
    session.commit()

    def work() -> int:
        with app.app_context():
            number = services.ask_due(now)
            db.session.commit()
            db.session.remove()
            return number

    assert sum(together(app, [work] * 4)) == 5
    session.rollback()
    statement = select(func.count()).where(OutboxEvent.topic == "listing.announced")
    assert session.scalar(statement) == 5


@pytest.fixture
def mine(sign_in: Callable[..., FlaskClient], now: dt.datetime) -> tuple[FlaskClient, Listing]:
    """Return the browser of a member, and a listing of hers about which she was asked."""
    member = factories.user()
    listing = silent(
        32, now, organisation=factories.organisation(member), asked_at=now - DAY, title="À dire"
    )
    return sign_in(member), listing


def test_opening_the_link_changes_nothing(mine: tuple[FlaskClient, Listing]) -> None:
    browser, listing = mine
    version = listing.version

    page = browser.get(f"{BASE}/{listing.id}/confirmer")

    assert page.status_code == 200
    assert "Cette annonce est-elle toujours vraie" in page.text
    assert f"{BASE}/{listing.id}/clore?outcome=filled" in page.text
    db.session.refresh(listing)
    assert (listing.version, listing.awaits_confirmation) == (version, True)


def test_link_of_the_message_leads_through_the_sign_in(client: FlaskClient) -> None:
    answer = client.get(f"{BASE}/{factories.listing().id}/confirmer")
    assert answer.location.startswith("/connexion?next=/recruter/annonces/")


def test_button_says_yes(mine: tuple[FlaskClient, Listing]) -> None:
    browser, listing = mine
    address = f"{BASE}/{listing.id}/confirmer"
    token = csrf_of(browser, address)

    refused = browser.post(address)
    assert refused.status_code == 400
    answer = browser.post(address, data={"csrf_token": token}, follow_redirects=True)

    assert "reste en ligne" in answer.text
    db.session.refresh(listing)
    assert not listing.awaits_confirmation


def test_listing_that_is_over_has_nothing_to_confirm(mine: tuple[FlaskClient, Listing]) -> None:
    browser, listing = mine
    listing.status, listing.closed_at, listing.outcome = Status.CLOSED, clock.now(), "filled"
    db.session.commit()
    assert browser.get(f"{BASE}/{listing.id}/confirmer").location == f"{BASE}/{listing.id}"


def test_those_to_confirm_come_first_with_a_button(mine: tuple[FlaskClient, Listing]) -> None:
    browser, listing = mine
    for number in range(6):
        factories.listing(organisation=listing.organisation, title=f"Récente {number}")
    db.session.expire_all()

    with count_queries() as queries:
        page = browser.get(f"{BASE}/").text

    assert len(queries) <= 6, queries
    assert page.index("À dire") < page.index("Récente 0")
    assert page.count("Toujours vraie") == 1
    assert "Une annonce attend que vous disiez" in page
    assert "En ligne, à confirmer" in page


def test_listings_of_others_are_not_confirmed(
    mine: tuple[FlaskClient, Listing], now: dt.datetime
) -> None:
    browser, listing = mine
    token = csrf_of(browser, f"{BASE}/{listing.id}/confirmer")
    other = silent(31, now)
    assert browser.get(f"{BASE}/{other.id}/confirmer").status_code == 404
    answer = browser.post(f"{BASE}/{other.id}/confirmer", data={"csrf_token": token})
    assert answer.status_code == 404


def test_closing_for_want_of_an_answer_says_so(
    client: FlaskClient, now: dt.datetime, smtp: Any
) -> None:
    listing = silent(61, now, asked_at=now - 31 * DAY)
    services.expire_due(now)
    db.session.commit()
    deliver()

    assert "Personne n’a confirmé" in client.get(listing.path).text
    assert "personne n’a dit si elle est toujours vraie" in (
        smtp.messages[0].get_body(("plain",)).get_content()
    )
