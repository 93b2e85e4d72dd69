"""Handing an application to another listing: the person is told, nothing else of hers changes."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient

from app.applications import services, transfer
from app.applications.enums import Status
from app.applications.models import Application
from app.core.errors import NotAllowedTransition
from app.core.jobs import jobs
from app.listings.enums import Kind
from app.listings.enums import Status as ListingStatus
from tests import factories
from tests.applications.pages import press, words


def two(now: dt.datetime, member: Any, kind: str = Kind.JOB, **values: Any) -> Any:
    """Return an application to one listing of an organisation, and another listing of it."""
    organisation = factories.organisation(member)
    first = factories.listing(kind, organisation=organisation, title="Poste de jour")
    second = factories.listing(kind, organisation=organisation, title="Poste de nuit")
    values = {"answer_due_at": now + dt.timedelta(days=2)} | values
    return factories.application(first, now=now, **values), second


def test_it_keeps_its_step_its_promise_and_its_log_and_the_person_is_told(
    now: dt.datetime, sign_in: Callable[..., FlaskClient], client: FlaskClient, smtp: Any
) -> None:
    member = factories.user()
    application, other = two(now, member)
    services.record_view(application, member, "contact", now)
    before = (application.reference, application.answer_due_at, len(application.events))
    browser, sheet = sign_in(member), f"/recruter/candidatures/{application.id}"
    assert press(browser, f"{sheet}/confier", f"{sheet}/confier", to="0").status_code == 422
    address = f"{sheet}/confier"
    assert press(browser, address, address, to=str(other.id)).status_code == 303
    jobs.drain()
    assert application.listing_id == other.id
    assert application.status == Status.SEEN
    assert (application.reference, application.answer_due_at, len(application.events)) == before
    assert "avant\u00a0: Poste de jour".replace("\u00a0", " ") in words(browser.get(sheet))
    [mail] = smtp.messages
    text = mail.get_body(("plain",)).get_content()
    assert "Poste de nuit" in text
    assert "Poste de jour" in text
    with client.session_transaction() as cookie:
        cookie["followed"] = {application.reference: now.timestamp()}
    assert "Poste de jour" in words(client.get(f"/candidature/{application.reference}"))


def test_who_has_answered_the_other_listing_herself_stays_where_she_is(
    now: dt.datetime, sign_in: Callable[..., FlaskClient], session: Any
) -> None:
    member = factories.user()
    application, other = two(now, member)
    services.record_view(application, member, "contact", now)
    factories.application(other, candidate_key=application.candidate_key)
    first = application.listing_id
    address = f"/recruter/candidatures/{application.id}/confier"
    answer = press(sign_in(member), address, address, to=str(other.id))
    assert answer.status_code == 422
    assert "a déjà répondu à cette annonce" in words(answer)
    session.expire_all()
    assert session.get(Application, application.id).listing_id == first


def test_the_index_has_the_last_word_when_she_answers_at_this_very_instant(
    now: dt.datetime, session: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    member = factories.user()
    application, other = two(now, member)
    factories.application(other, candidate_key=application.candidate_key)
    monkeypatch.setattr(transfer.queries, "live_of_candidate", lambda *_one: None)
    with pytest.raises(transfer.AlreadyThere):
        transfer.transfer(application, other, None, member, now)
    session.refresh(application)
    assert application.listing_id != other.id
    assert application.transfers == []


@pytest.mark.parametrize("status", sorted(set(Status) - transfer.MOVABLE - {Status.POOL}, key=str))
def test_what_has_a_yes_a_no_or_an_end_does_not_move(status: Status, now: dt.datetime) -> None:
    member = factories.user()
    application, other = two(now, member, status=status, decline_reason="other")
    with pytest.raises(NotAllowedTransition):
        transfer.transfer(application, other, None, member, now)


def test_only_open_listings_of_the_same_organisation_and_life_receive_it(
    now: dt.datetime,
) -> None:
    member = factories.user()
    application, other = two(now, member)
    organisation = application.listing.organisation
    factories.listing(organisation=organisation, status=ListingStatus.DRAFT)
    factories.listing(organisation=organisation, closes_at=now - dt.timedelta(days=1))
    factories.listing(Kind.TRAINING, organisation=organisation)
    factories.listing(Kind.EVENT, organisation=organisation)
    stranger = factories.listing()
    assert transfer.places(application, now) == [(other, None)]
    with pytest.raises(NotAllowedTransition):
        transfer.transfer(application, stranger, None, member, now)


def test_a_training_receives_it_at_one_of_its_dates_and_no_seat_is_taken(
    now: dt.datetime,
) -> None:
    member = factories.user()
    application, other = two(now, member, Kind.TRAINING)
    application.session = factories.listing_session(application.listing)
    past = factories.listing_session(other, starts_at=now - dt.timedelta(days=1))
    date = factories.listing_session(other)
    for wrong in (None, past, application.session):
        with pytest.raises(NotAllowedTransition):
            transfer.transfer(application, other, wrong, member, now)
    left = application.session
    transfer.transfer(application, other, date, member, now)
    assert application.session is date
    assert (left.taken, date.taken) == (0, 0)
