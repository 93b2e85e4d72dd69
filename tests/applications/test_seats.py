"""Seats: given back, offered in the order of the list, counted, told of; nobody left in between."""

from __future__ import annotations

import contextlib
import datetime as dt
import random
import re
from collections.abc import Callable
from typing import Any

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import delete, select

from app.applications import progress, promise, queries, seats, services, workflow
from app.applications.enums import ActorKind, DeclineReason, Status
from app.applications.mails import follow_url
from app.applications.models import Application
from app.core.database import db
from app.core.jobs import jobs, run_scheduled
from app.core.outbox import OutboxEvent
from app.listings.enums import Kind
from app.listings.models import ListingSession
from app.listings.services import update_listing
from app.main.verify import offers_are_ended, seats_are_counted
from app.subscriptions import SCHEDULE
from tests import factories
from tests.applications.pages import answer, page, press, words

HOUR = dt.timedelta(hours=1)
DAY = dt.timedelta(days=1)
S = Status


def deliver() -> None:
    """Let the worker do what waits; the index is another test's."""
    db.session.commit()
    for _round in range(3):
        db.session.execute(delete(OutboxEvent).where(OutboxEvent.topic == "listing.changed"))
        db.session.commit()
        jobs.drain()


def texts(smtp: Any) -> dict[str, str]:
    return {
        message["To"]: " ".join(message.get_body(("plain",)).get_content().split())
        for message in smtp.messages
    }


def listed(of: Any, session: ListingSession, at: dt.datetime, **values: Any) -> Application:
    """Return a person put on the waiting list at that instant."""
    person = factories.application(of, session=session, status=S.CONTACTED, **values)
    services.move_application(person, S.WAITLISTED, ActorKind.MEMBER, None, at)
    return person


@pytest.fixture
def full(now: dt.datetime) -> tuple[Any, ListingSession, Application]:
    """Return a training, its date of one seat, and who has that seat."""
    of = factories.listing(Kind.TRAINING, organisation=factories.organisation(factories.user()))
    session = factories.listing_session(of, capacity=1, taken=1)
    holder = factories.application(of, session=session, status=S.ADMITTED)
    return of, session, holder


def test_seat_given_back_is_offered_to_who_has_been_longest_on_the_list(
    full: Any, now: dt.datetime, smtp: Any
) -> None:
    of, session, holder = full
    # She wrote first, but was put on the list last.
    second = listed(of, session, now, now=now - 9 * DAY)
    first = listed(of, session, now - HOUR, now=now - DAY, email="first@example.org")
    services.withdraw_application(holder, now)
    assert (first.status, second.status, session.taken) == (S.OFFERED, S.WAITLISTED, 1)
    assert first.offer_until == now + 72 * HOUR

    deliver()
    text = texts(smtp)["first@example.org"]
    assert "Une place est libre pour vous." in text
    assert f"/candidature/{first.reference}/place?cle=" in text
    assert list(seats_are_counted(now)) == []


def test_link_opens_a_page_whose_button_takes_the_seat_once(
    full: Any, now: dt.datetime, client: FlaskClient, app: Flask, smtp: Any
) -> None:
    of, session, holder = full
    person = listed(of, session, now, email="nora@example.org")
    services.withdraw_application(holder, now)
    deliver()
    smtp.messages.clear()
    address = f"/candidature/{person.reference}/place"
    link = follow_url(person, "").replace("?", "/place?")

    assert app.test_client().get(address).location == f"/candidature/?reference={person.reference}"
    for _time in range(2):
        assert "Je prends la place" in words(client.get(link))
    db.session.refresh(person)
    assert person.status == S.OFFERED

    csrf = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', client.get(link).text)
    assert csrf
    for _click in range(2):
        shown = client.post(address, data={"csrf_token": csrf[1]}, follow_redirects=True)
        assert "la place est à vous" in words(shown)
    db.session.refresh(person)
    assert (person.status, person.offer_until, session.taken) == (S.ADMITTED, None, 1)

    deliver()
    told = texts(smtp)
    assert "Vous êtes admis·e" in told.pop("nora@example.org")
    (member,) = told.values()
    assert "prend la place" in member
    assert "Nora" not in member


def test_offer_never_lasts_beyond_the_first_day(full: Any, now: dt.datetime) -> None:
    of, session, holder = full
    session.starts_at = now + 30 * HOUR
    person = listed(of, session, now)
    services.withdraw_application(holder, now)
    assert person.offer_until == session.starts_at


@pytest.mark.parametrize("ended", ["begun", "withdrawn"])
def test_seat_of_what_is_over_is_offered_to_nobody(full: Any, now: dt.datetime, ended: str) -> None:
    of, session, holder = full
    person = listed(of, session, now)
    if ended == "begun":
        session.starts_at = now
    else:
        of.status, of.closed_at, of.outcome = "closed", now, "withdrawn"
    services.withdraw_application(holder, now)
    assert person.status == S.WAITLISTED


def test_offer_without_answer_goes_to_the_next_and_never_comes_back(
    full: Any, now: dt.datetime, smtp: Any
) -> None:
    of, session, holder = full
    end, now = now, now - 144 * HOUR
    first = listed(of, session, now - HOUR, email="first@example.org")
    second = listed(of, session, now, email="second@example.org")
    services.withdraw_application(holder, now)
    assert seats.end_offers(now + 71 * HOUR) == 0
    later = now + 72 * HOUR
    assert [seats.end_offers(later), seats.end_offers(later)] == [1, 0]
    assert (first.status, second.status) == (S.WAITLISTED, S.OFFERED)
    deliver()
    assert "Vous restez sur la liste. Si vous voulez encore venir" in texts(smtp)[first.email]
    with pytest.raises(seats.OfferOver):
        seats.accept_seat(first, later)

    # The last who waits lets it pass too: the seat is left to the school, which may choose.
    assert list(offers_are_ended(end + HOUR)) != []
    assert seats.end_offers(end) == 1
    db.session.refresh(session)
    assert (session.taken, second.status) == (0, S.WAITLISTED)
    services.move_application(first, S.ADMITTED, ActorKind.MEMBER, None, end)
    db.session.refresh(session)
    assert session.taken == 1


def test_who_is_put_back_on_the_list_by_the_school_is_not_told_she_was_late(
    full: Any, now: dt.datetime, smtp: Any
) -> None:
    of, session, holder = full
    person = listed(of, session, now, email="her@example.org")
    services.withdraw_application(holder, now)
    services.move_application(person, S.WAITLISTED, ActorKind.MEMBER, None, now)
    db.session.refresh(session)
    assert (person.status, session.taken) == (S.WAITLISTED, 0)
    deliver()
    assert "passé" not in progress.next_sentence(person)
    assert "Le délai" not in texts(smtp)["her@example.org"]


def test_seat_cannot_be_taken_after_the_delay_even_if_nothing_has_run(
    full: Any, now: dt.datetime
) -> None:
    of, session, holder = full
    person = listed(of, session, now)
    services.withdraw_application(holder, now)
    with pytest.raises(seats.OfferOver):
        seats.accept_seat(person, now + 72 * HOUR)
    seats.accept_seat(person, now + 72 * HOUR - dt.timedelta(seconds=1))
    assert person.status == S.ADMITTED


def test_members_call_who_has_no_email_and_answer_for_her(
    full: Any, now: dt.datetime, smtp: Any, sign_in: Callable[..., FlaskClient]
) -> None:
    of, session, holder = full
    person = listed(of, session, now, email=None)
    services.move_application(
        holder, S.REFUSED, ActorKind.MEMBER, None, now, DeclineReason.DATES, "Désolés."
    )
    member = db.session.scalars(select(factories.User)).first()
    assert member is not None
    deliver()
    assert "qui n’a pas d’e-mail. Appelez-la" in texts(smtp)[member.email]

    browser = sign_in(member)
    sheet = f"/recruter/candidatures/{person.id}"
    press(browser, f"{sheet}/ouvrir", sheet)
    press(browser, f"{sheet}/etape", sheet, to="admitted")
    db.session.refresh(person)
    assert person.status == S.ADMITTED


@pytest.mark.parametrize("seed", range(6))
def test_no_life_of_a_training_is_left_without_an_outcome(now: dt.datetime, seed: int) -> None:
    """People and schools act at random, or not at all; time and the worker do the rest."""
    chance = random.Random(seed)
    of = factories.listing(Kind.TRAINING, closes_at=now + 40 * DAY)
    session = factories.listing_session(of, capacity=2, starts_at=now + 25 * DAY)
    people = [factories.application(of, session=session, now=now) for _one in range(8)]
    for hours in range(0, 24 * 60, 8):
        at = now + hours * HOUR
        person = chance.choice(people)
        if chance.random() < 0.5 and at < session.starts_at:
            actor = chance.choice([ActorKind.MEMBER, ActorKind.CANDIDATE])
            # To be kept for later is a consent: it has a door of its own.
            ways = sorted(workflow.allowed(of.kind, person.status, actor) - {S.POOL})
            if ways:
                with contextlib.suppress(services.NoSeatLeft):
                    services.move_application(
                        person, chance.choice(ways), actor, None, at, DeclineReason.OTHER, "Voilà."
                    )
        seats.end_offers(at)
        promise.end_silence(at)
        db.session.refresh(session)
        assert session.taken == sum(workflow.holds_seat(of.kind, one.status) for one in people) <= 2
    assert {one.status for one in people} <= workflow.FINISHED | {S.ADMITTED}


def test_offers_and_reminders_are_in_the_timetable(full: Any, now: dt.datetime) -> None:
    of, session, holder = full
    person = listed(of, session, now)
    services.withdraw_application(holder, now)
    db.session.commit()
    for job in SCHEDULE:
        if job.name in {"end_offers", "remind_registered"}:
            with time_machine.travel(now + 73 * HOUR, tick=False):
                run_scheduled(job)
    db.session.refresh(person)
    assert person.status == S.WAITLISTED


# Capacity


def editor(browser: FlaskClient, of: Any, **changes: str) -> Any:
    """Open the editor of a listing, change fields, press « save »."""
    address = f"/recruter/annonces/{of.id}/modifier"
    form = page(browser.get(address)).select_one("main form[method=post]")
    assert form is not None
    typed = {
        str(field["name"]): str(field.get("value", ""))
        for field in form.select("input[name]:not([type=radio]):not([type=checkbox])")
    }
    typed |= {str(one["name"]): one.get_text().strip() for one in form.select("textarea[name]")}
    typed |= {
        str(one["name"]): str(one.select_one("option[selected]")["value"])
        for one in form.select("select[name]")
        if one.select_one("option[selected]")
    }
    typed |= {str(one["name"]): str(one["value"]) for one in form.select("input[checked]")}
    return browser.post(address, data=typed | changes)


@pytest.mark.parametrize("kind", [Kind.TRAINING, Kind.EVENT])
def test_capacity_under_the_seats_taken_is_refused_and_raised_serves_who_waits(
    kind: Kind, now: dt.datetime, sign_in: Callable[..., FlaskClient]
) -> None:
    member = factories.user()
    of = factories.listing(
        kind, organisation=factories.organisation(member), contact_name="Mme Ravier", cost_cents=0
    )
    session = factories.listing_session(of, capacity=3, taken=2)
    held = S.ADMITTED if kind == Kind.TRAINING else S.REGISTERED
    for _one in range(2):
        factories.application(of, session=session, status=held)
    browser = sign_in(member)
    shown = page(browser.get(f"/recruter/annonces/{of.id}/modifier"))
    assert "2\u00a0places sont déjà prises" in shown.select_one("#date1_capacity-hint").get_text()

    refused = editor(browser, of, title="Autre titre", date1_capacity="1")
    assert refused.status_code == 422
    errors = page(refused).select_one("#date1_capacity-error").get_text()
    assert "gardez-en au moins autant" in errors
    assert 'value="Autre titre"' in refused.text
    db.session.refresh(session)
    assert session.capacity == 3

    session.taken = 3
    factories.application(of, session=session, status=held)
    first, second, third = (
        factories.application(of, session=session, status=S.WAITLISTED, now=now - hours * HOUR)
        for hours in (3, 2, 1)
    )
    db.session.commit()
    assert editor(browser, of, date1_capacity="5").status_code == 303
    deliver()
    for person in (first, second, third, session):
        db.session.refresh(person)
    to = S.OFFERED if kind == Kind.TRAINING else S.REGISTERED
    assert [one.status for one in (first, second, third)] == [to, to, S.WAITLISTED]
    assert (session.capacity, session.taken) == (5, 5)
    shown_seats = words(browser.get(f"/recruter/annonces/{of.id}"))
    assert "5 sur 5" in shown_seats
    assert "1 personne" in shown_seats


def test_newcomer_does_not_pass_before_who_waits_for_the_seats_just_added(
    now: dt.datetime, client: FlaskClient
) -> None:
    event = factories.listing(Kind.EVENT)
    session = factories.listing_session(event, capacity=2, taken=1)
    factories.application(event, session=session, status=S.REGISTERED)
    waiting = factories.application(event, session=session, status=S.WAITLISTED)
    answer(client, event)
    newcomer = db.session.scalars(select(Application).order_by(Application.id.desc())).first()
    assert newcomer is not None
    assert newcomer.status == S.WAITLISTED
    seats.follow_dates(event, {}, now)
    assert (waiting.status, newcomer.status) == (S.REGISTERED, S.WAITLISTED)


# Dates


@pytest.fixture
def meeting(now: dt.datetime) -> tuple[Any, ListingSession]:
    of = factories.listing(Kind.EVENT, address="12 rue de la République")
    return of, factories.listing_session(of, starts_at=now + 10 * DAY, taken=1)


def test_each_registered_person_is_reminded_once_two_days_before(
    meeting: Any, now: dt.datetime, smtp: Any, client: FlaskClient
) -> None:
    of, session = meeting
    session.taken, session.starts_at, near = 3, now + 48 * HOUR, now
    before = {"session": session, "now": now - DAY}
    person = factories.application(of, status=S.REGISTERED, email="a@example.org", **before)
    gone = factories.application(of, status=S.REGISTERED, email="b@example.org", **before)
    factories.application(of, status=S.CANCELLED, email="c@example.org", **before)
    factories.application(of, status=S.REGISTERED, email=None, **before)
    assert seats.remind_registered(near - HOUR) == 0
    assert [seats.remind_registered(near), seats.remind_registered(near)] == [2, 0]
    services.withdraw_application(gone, near)
    db.session.execute(delete(OutboxEvent).where(OutboxEvent.topic == "application.moved"))
    deliver()
    told = texts(smtp)
    assert set(told) == {"a@example.org"}
    assert "12 rue de la République" in told["a@example.org"]
    link = re.search(r"http://localhost(/candidature/\S+/retirer\?cle=\S+)", told["a@example.org"])
    assert link
    assert "Annuler votre inscription" in words(client.get(link[1]))
    db.session.refresh(person)
    assert person.status == S.REGISTERED


def test_who_has_just_registered_is_not_reminded_at_once(meeting: Any) -> None:
    of, session = meeting
    at = session.starts_at - 30 * HOUR
    factories.application(of, session=session, status=S.REGISTERED, now=at)
    assert seats.remind_registered(at + HOUR) == 0
    assert seats.remind_registered(at + 12 * HOUR) == 1


def test_new_date_is_told_to_those_who_counted_on_the_old_one(
    meeting: Any, now: dt.datetime, smtp: Any
) -> None:
    of, session = meeting
    person = factories.application(of, session=session, status=S.REGISTERED, email="a@example.org")
    person.date_reminded_at = now
    factories.application(of, session=session, status=S.WAITLISTED, email="b@example.org")
    factories.application(of, session=session, status=S.CANCELLED, email="c@example.org")
    db.session.refresh(of)
    moved = session.starts_at + 4 * DAY
    date = {"id": session.id, "starts_at": moved, "ends_at": None, "capacity": 1, "label": ""}
    for _time in range(2):
        update_listing(None, of, {"sessions": [date]}, now)
    deliver()
    assert len(smtp.messages) == 2
    told = texts(smtp)
    assert set(told) == {"a@example.org", "b@example.org"}
    assert "Avant, c’était" in told["a@example.org"]
    db.session.refresh(person)
    assert person.date_reminded_at is None


def test_offer_is_shortened_when_the_date_comes_nearer(full: Any, now: dt.datetime) -> None:
    of, session, holder = full
    person = listed(of, session, now)
    services.withdraw_application(holder, now)
    was = session.starts_at
    session.starts_at = now + 5 * HOUR
    seats.follow_dates(of, {str(session.id): was.isoformat()}, now)
    assert person.offer_until == session.starts_at
    assert seats.end_offers(session.starts_at) == 1
    assert person.status == S.CLOSED_ELSEWHERE


# Attendance


def test_attendance_is_noted_for_all_in_one_go(
    now: dt.datetime, sign_in: Callable[..., FlaskClient]
) -> None:
    member = factories.user()
    of = factories.listing(Kind.EVENT, organisation=factories.organisation(member))
    session = factories.listing_session(of, taken=3, starts_at=now + DAY)
    came, missed, forgotten = (
        factories.application(of, session=session, status=S.REGISTERED) for _one in range(3)
    )
    gone = factories.application(of, session=session, status=S.CANCELLED)
    other = factories.application(status=S.RECEIVED)
    address = f"/recruter/dates/{session.id}/presences"
    browser = sign_in(member)
    marks = {
        f"p{came.id}": "attended",
        f"p{missed.id}": "absent",
        f"p{forgotten.id}": "hired",
        f"p{gone.id}": "attended",
        f"p{other.id}": "attended",
        "p٣x": "absent",
        "p" + "9" * 5_000: "absent",
    }
    press(browser, address, address, **marks)
    for person in (came, missed, forgotten, gone, other):
        db.session.refresh(person)
    assert came.status == S.REGISTERED  # Nobody can have come yet.

    session.starts_at = now
    db.session.commit()
    shown = press(browser, address, address, **marks)
    assert shown.status_code == 303
    for person in (came, missed, forgotten, gone, other):
        db.session.refresh(person)
    statuses = [one.status for one in (came, missed, forgotten, gone, other)]
    assert statuses == [S.ATTENDED, S.ABSENT, S.REGISTERED, S.CANCELLED, S.RECEIVED]
    # A box ticked by mistake.
    press(browser, address, address, **{f"p{missed.id}": "attended"})
    db.session.refresh(missed)
    db.session.refresh(session)
    assert (missed.status, session.taken) == (S.ATTENDED, 3)
    assert "2 présences notées" in words(browser.get(address))


# Periods


def test_yes_to_an_internship_takes_a_seat_of_its_period_and_a_full_one_is_not_offered(
    now: dt.datetime, client: FlaskClient
) -> None:
    of = factories.listing(Kind.INTERNSHIP)
    first = factories.listing_session(of, capacity=1, ends_at=now + 44 * DAY)
    second = factories.listing_session(of, capacity=2, starts_at=now + 60 * DAY)
    chosen, other = (factories.application(of, session=first) for _one in range(2))
    assert "il reste une place" in words(client.get(f"{of.path}/candidater"))
    services.move_application(chosen, S.HIRED, ActorKind.MEMBER, None, now)
    with pytest.raises(services.NoSeatLeft):
        services.move_application(other, S.HIRED, ActorKind.MEMBER, None, now)
    db.session.commit()
    db.session.expire_all()

    shown = words(client.get(f"{of.path}/candidater"))
    assert "il reste 2 places" in shown
    assert "il reste une place" not in shown
    assert "Complet" in words(client.get(of.path))
    # She had chosen the period that has filled meanwhile: never another one in its place.
    late = answer(client, of, session=str(first.id))
    assert late.status_code == 422
    assert "La date choisie n’est plus proposée" in words(late)

    second.taken = 2
    db.session.commit()
    shown = client.get(f"{of.path}/candidater")
    assert shown.status_code == 410
    assert "Toutes les places sont prises" in words(shown)

    services.withdraw_application(chosen, now)
    db.session.refresh(first)
    assert first.taken == 0
    assert queries.open_sessions(of, now) == [first]


def test_periods_of_an_internship_are_written_and_found_again(
    sign_in: Callable[..., FlaskClient],
) -> None:
    member = factories.user()
    of = factories.listing(
        Kind.INTERNSHIP, organisation=factories.organisation(member), contact_name="Mme Ravier"
    )
    browser = sign_in(member)
    wrong = editor(browser, of, date1_day="12/03/2031", date1_last="01/03/2031")
    assert wrong.status_code == 422
    assert "La fin vient avant le début" in words(wrong)
    sent = {"date1_day": "12/03/2031", "date1_last": "2031-04-11", "date1_capacity": "2"}
    assert editor(browser, of, **sent).status_code == 303
    db.session.refresh(of)
    (period,) = of.sessions
    assert (period.capacity, period.ends_at.date()) == (2, dt.date(2031, 4, 11))
    shown = page(browser.get(f"/recruter/annonces/{of.id}/modifier"))
    assert shown.select_one("#date1_last")["value"] == "2031-04-11"
    assert editor(browser, of, date1_last="").status_code == 303
    db.session.refresh(period)
    assert period.ends_at is None
