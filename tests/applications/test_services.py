"""Receiving once, finding by code, forgetting on time."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from sqlalchemy import func, select

from app.applications import cv, erasing, keys, receiving, services
from app.applications.enums import Status
from app.applications.models import Application
from app.core import storage
from app.core.jobs import jobs
from app.core.outbox import OutboxEvent
from app.listings.enums import Kind, Outcome
from tests import factories

KEY = "k" * 22
VALUES = {"first_name": "Nora", "phone": "+33639981234"}


def count(session: Any, what: Any = Application) -> int:
    return session.scalar(select(func.count()).select_from(what))


def test_an_application_is_written_with_its_log_and_its_messages(
    now: dt.datetime, session: Any
) -> None:
    people = [factories.user(), factories.user(), factories.user(active=False)]
    of = factories.listing(organisation=factories.organisation(*people, promise_hours=24))
    submitted = receiving.submit_application(of, VALUES, KEY, now)
    application = submitted.application
    assert submitted.created
    assert keys.REFERENCE.fullmatch(application.reference)
    assert application.answer_due_at == now + dt.timedelta(hours=24)
    assert [event.to_status for event in application.events] == [Status.RECEIVED]
    topics = session.scalars(select(OutboxEvent.topic).order_by(OutboxEvent.id)).all()
    assert topics == ["application.received", "application.announced", "application.announced"]


def test_nothing_secret_is_stored(now: dt.datetime) -> None:
    submitted = receiving.submit_application(factories.listing(), VALUES, KEY, now)
    stored = {str(value) for value in vars(submitted.application).values()}
    token = keys.link_token(submitted.application.link_salt)
    assert submitted.secret
    assert not any(submitted.secret in text or token in text for text in stored)


def test_the_same_form_sent_again_gives_the_same_answer(now: dt.datetime, session: Any) -> None:
    of = factories.listing()
    first = receiving.submit_application(of, VALUES, KEY, now)
    again = receiving.submit_application(of, VALUES, KEY, now)
    assert not again.created
    assert not again.conflict
    assert (again.application.id, again.secret) == (first.application.id, first.secret)
    assert count(session) == 1


def test_the_same_form_with_other_answers_changes_nothing(now: dt.datetime, session: Any) -> None:
    of = factories.listing()
    receiving.submit_application(of, VALUES, KEY, now)
    again = receiving.submit_application(of, VALUES | {"first_name": "Ines"}, KEY, now)
    assert again.conflict
    assert again.application.first_name == "Nora"
    assert count(session) == 1


def test_the_same_person_is_received_once_and_is_given_no_code(
    now: dt.datetime, session: Any
) -> None:
    of = factories.listing()
    receiving.submit_application(of, VALUES, KEY, now)
    again = receiving.submit_application(of, VALUES | {"first_name": "Ines"}, "z" * 22, now)
    assert (again.created, again.secret) == (False, None)
    assert count(session) == 1


def test_one_who_took_it_back_may_come_again(now: dt.datetime, session: Any) -> None:
    of = factories.listing()
    first = receiving.submit_application(of, VALUES, KEY, now)
    services.withdraw_application(first.application, now)
    assert receiving.submit_application(of, VALUES, "z" * 22, now).created
    assert count(session) == 2


def test_a_closed_listing_takes_nothing_but_repeats_what_it_took(now: dt.datetime) -> None:
    of = factories.listing()
    first = receiving.submit_application(of, VALUES, KEY, now)
    of.status, of.closed_at, of.outcome = "closed", now, Outcome.FILLED
    again = receiving.submit_application(of, VALUES, KEY, now)
    assert again.application.id == first.application.id
    with pytest.raises(receiving.ListingNotOpen):
        receiving.submit_application(of, VALUES | {"phone": "+33639981235"}, "z" * 22, now)


def test_a_reference_already_taken_is_drawn_again(
    now: dt.datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken = factories.application().reference
    drawn = iter([taken, taken, "PS-2345-6789"])
    monkeypatch.setattr(keys, "new_reference", lambda: next(drawn))
    submitted = receiving.submit_application(factories.listing(), VALUES, KEY, now)
    assert submitted.application.reference == "PS-2345-6789"


def test_an_event_gives_a_seat_then_a_place_on_the_waiting_list(
    now: dt.datetime, session: Any
) -> None:
    event = factories.listing(Kind.EVENT)
    date = factories.listing_session(event, capacity=1)
    statuses = [
        receiving.submit_application(
            event, {"first_name": "A", "phone": f"+3363998123{rank}"}, f"{rank:022d}", now, date
        ).application.status
        for rank in range(3)
    ]
    session.refresh(date)
    assert statuses == ["registered", "waitlisted", "waitlisted"]
    assert date.taken == 1


def test_a_seat_freed_after_the_event_is_given_to_nobody(now: dt.datetime, session: Any) -> None:
    event = factories.listing(Kind.EVENT)
    date = factories.listing_session(event, capacity=1)
    first, second = (
        receiving.submit_application(
            event, {"first_name": "A", "phone": f"+3363998123{rank}"}, f"{rank:022d}", now, date
        ).application
        for rank in range(2)
    )
    services.withdraw_application(first, date.starts_at + dt.timedelta(hours=1))
    assert second.status == Status.WAITLISTED


def test_a_repeat_gives_its_seat_back(now: dt.datetime, session: Any) -> None:
    event = factories.listing(Kind.EVENT)
    date = factories.listing_session(event, capacity=5)
    for key in (KEY, KEY, "z" * 22):
        receiving.submit_application(event, VALUES, key, now, date)
    session.refresh(date)
    assert date.taken == 1


def test_a_training_keeps_its_seats_until_someone_is_admitted(
    now: dt.datetime, session: Any
) -> None:
    training = factories.listing(Kind.TRAINING)
    date = factories.listing_session(training, capacity=1)
    submitted = receiving.submit_application(training, VALUES, KEY, now, date)
    session.refresh(date)
    assert (submitted.application.status, date.taken) == (Status.RECEIVED, 0)


def test_the_code_opens_however_it_is_typed(now: dt.datetime) -> None:
    submitted = receiving.submit_application(factories.listing(), VALUES, KEY, now)
    reference, code = submitted.application.reference, submitted.secret or ""
    typed = keys.clean_reference(reference.lower().replace("-", " "))
    found = services.find_by_code(typed, f"{code[:4].lower()}-{code[4:]} ", "10.0.0.1", now)
    assert found is not None
    assert found.id == submitted.application.id


def test_guessing_stops_after_ten_tries_and_starts_again_later(now: dt.datetime) -> None:
    submitted = receiving.submit_application(factories.listing(), VALUES, KEY, now)
    reference, code = submitted.application.reference, submitted.secret or ""
    for _try in range(10):
        assert services.find_by_code(reference, "AAAA2222", "10.0.0.1", now) is None
    with pytest.raises(services.TooManyTries):
        services.find_by_code(reference, code, "10.0.0.1", now)
    # Nobody can lock another person out from elsewhere.
    assert services.find_by_code(reference, code, "10.0.0.2", now)
    later = now + services.TRIES_WINDOW + dt.timedelta(seconds=1)
    assert services.find_by_code(reference, code, "10.0.0.1", later)


def test_taking_back_erases_the_file_and_the_words(now: dt.datetime, session: Any) -> None:
    stored = cv.store(cv.CheckedFile(b"data", "pdf", "0" * 64))
    submitted = receiving.submit_application(
        factories.listing(), VALUES | {"message": "Bonjour"}, KEY, now, cv=stored
    )
    services.withdraw_application(submitted.application, now)
    session.commit()
    jobs.drain()
    assert (submitted.application.message, submitted.application.cv_key) == ("", None)
    assert storage.read(stored.key, stored.sha256) is None


def test_what_has_ended_is_erased_after_three_months_and_silence_after_a_year(
    now: dt.datetime, session: Any
) -> None:
    factories.application(status=Status.HIRED, now=now - dt.timedelta(days=91))
    factories.application(status=Status.RECEIVED, now=now - dt.timedelta(days=366))
    kept = {
        factories.application(status=Status.HIRED, now=now - dt.timedelta(days=89)).id,
        factories.application(status=Status.MEETING, now=now - dt.timedelta(days=200)).id,
    }
    long_over = factories.listing_session(
        factories.listing(Kind.EVENT), starts_at=now - dt.timedelta(days=91)
    )
    factories.application(
        long_over.listing,
        session=long_over,
        status=Status.REGISTERED,
        now=now - dt.timedelta(days=100),
    )
    assert erasing.purge_applications(now) == 3
    assert set(session.scalars(select(Application.id))) == kept
