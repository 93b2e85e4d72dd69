"""Counsellors: who may be called, by whom, what each one sees, and what the person reads of it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from app.accounts import vigilance
from app.accounts.enums import Role
from app.accounts.models import AccessAlarm, User
from app.applications import relays
from app.applications.enums import RelayOutcome, Status
from app.applications.models import ContactView, Relay
from app.core import clock
from app.core.database import db
from app.core.jobs import jobs
from app.listings.enums import Kind
from tests import factories
from tests.accounts.browser import csrf_of
from tests.applications.pages import words
from tests.listings.counting import count_queries

LIST = "/equipe/a-rattraper/"
SignIn = Callable[..., FlaskClient]
DAY = dt.timedelta(days=1)


@pytest.fixture
def counsellor() -> User:
    return factories.user(Role.COUNSELLOR)


def waiting(now: dt.datetime) -> list[int]:
    return [one.id for one in relays.waiting(now, limit=50)]


def press(browser: FlaskClient, path: str, **data: str) -> Any:
    return browser.post(path, data={"csrf_token": csrf_of(browser, LIST)} | data)


def test_who_agreed_and_was_not_called_in_time_waits(now: dt.datetime) -> None:
    late = factories.forgotten(now=now)
    silent = factories.forgotten(now=now - 30 * DAY, status=Status.EXPIRED_NO_ANSWER)
    factories.forgotten(now=now, counsellor_consent_at=None, counsellor_wording=None)
    factories.forgotten(now=now, answer_due_at=now + DAY)
    factories.forgotten(now=now, status=Status.CONTACTED)
    factories.forgotten(now=now, status=Status.WITHDRAWN)
    factories.forgotten(factories.listing(Kind.EVENT), now=now, status="registered")
    assert waiting(now) == [silent.id, late.id], "the longest wait first"


def test_details_are_shown_to_who_takes_care_and_to_nobody_else(
    counsellor: User, sign_in: SignIn, now: dt.datetime
) -> None:
    one = factories.forgotten(last_name="Benali", message="Libre lundi.", phone="+33639981234")
    db.session.commit()
    browser, other = sign_in(counsellor), sign_in(factories.user(Role.COUNSELLOR))
    admin = sign_in(factories.user(Role.ADMIN))

    shown = browser.get(LIST)
    assert "Samira" in words(shown)
    assert not any(
        secret in shown.text for secret in ("Benali", "39981234", "39 98 12 34", "lundi")
    )

    taken = press(browser, f"{LIST}{one.id}/prendre")

    sheet = words(browser.get(taken.location))
    assert all(told in sheet for told in ("Samira Benali", "06 39 98 12 34", "Libre lundi."))
    assert browser.get(taken.location).headers["Cache-Control"] == "no-store"
    assert "Samira Benali" in words(browser.get(LIST))
    for stranger in (other, admin):
        assert stranger.get(taken.location).status_code == 404
        assert press(stranger, f"{taken.location}/suite", outcome="spoken").status_code == 404
        assert "Samira" not in words(stranger.get(LIST))
        again = press(stranger, f"{LIST}{one.id}/prendre")
        assert again.location == LIST
        assert "s’en occupe déjà" in words(stranger.get(LIST))


def test_the_person_reads_that_a_counsellor_saw_her_details(
    counsellor: User, client: FlaskClient, sign_in: SignIn
) -> None:
    one = factories.forgotten()
    db.session.commit()
    press(sign_in(counsellor), f"{LIST}{one.id}/prendre")
    with client.session_transaction() as session:
        session["followed"] = {one.reference: clock.now().timestamp()}
    told = words(client.get(f"/candidature/{one.reference}"))
    assert "par la conseillère ou le conseiller qui s’occupe de vous" in told
    assert "1 personne de" not in told
    assert counsellor.name not in told


def test_who_changes_her_mind_is_seen_no_more(
    counsellor: User, client: FlaskClient, sign_in: SignIn
) -> None:
    one = factories.forgotten()
    browser = sign_in(counsellor)
    db.session.commit()
    sheet = press(browser, f"{LIST}{one.id}/prendre").location
    with client.session_transaction() as session:
        session["followed"] = {one.reference: clock.now().timestamp()}
    data = f"/candidature/{one.reference}/mes-donnees"
    client.post(f"{data}/sans-aide", data={"csrf_token": csrf_of(client, data)})
    assert browser.get(sheet).status_code == 404
    assert "Samira" not in words(browser.get(LIST))


def test_how_it_ended_is_written_once(counsellor: User, sign_in: SignIn) -> None:
    relay = factories.relay(counsellor)
    db.session.commit()
    browser = sign_in(counsellor)
    assert press(browser, f"{LIST}{relay.id}/suite", outcome="rien").location == f"{LIST}{relay.id}"
    assert relay.outcome is None
    press(browser, f"{LIST}{relay.id}/suite", outcome="guided")
    press(browser, f"{LIST}{relay.id}/suite", outcome="unreachable")
    db.session.refresh(relay)
    assert relay.outcome == RelayOutcome.GUIDED
    assert "Personne n’attend" in words(browser.get(LIST))
    assert "Une autre piste est trouvée".lower() in words(browser.get(f"{LIST}{relay.id}")).lower()


def test_what_the_organisation_answers_meanwhile_is_told(counsellor: User, sign_in: SignIn) -> None:
    relay = factories.relay(counsellor)
    relay.application.status = Status.CONTACTED
    db.session.commit()
    browser = sign_in(counsellor)
    assert "la structure a répondu depuis" in words(browser.get(LIST))
    assert "La structure a répondu depuis" in words(browser.get(f"{LIST}{relay.id}"))


def test_who_leaves_gives_back_those_who_wait(counsellor: User, now: dt.datetime) -> None:
    kept = factories.relay(counsellor, outcome=RelayOutcome.SPOKEN, outcome_at=now)
    left = factories.relay(counsellor)
    ids = kept.application_id, left.application_id
    db.session.delete(counsellor)
    db.session.commit()
    db.session.expire_all()
    assert waiting(now) == [ids[1]]
    other = factories.user(Role.COUNSELLOR)
    again = relays.take(other, ids[1], now)
    assert again is not None
    assert (again.counsellor_id, again.taken_at) == (other.id, now)
    assert waiting(now) == []


def test_an_erased_application_leaves_nothing(counsellor: User) -> None:
    relay = factories.relay(counsellor)
    db.session.delete(relay.application)
    db.session.flush()
    assert db.session.scalar(select(func.count()).select_from(Relay)) == 0


@pytest.mark.usefixtures("real_commits")
def test_of_two_who_take_at_once_one_does(app: Flask) -> None:
    one = factories.forgotten().id
    people = [factories.user(Role.COUNSELLOR).id for _one in range(2)]
    db.session.commit()
    db.session.remove()

    def take(who: int) -> bool:
        with app.app_context():
            try:
                relays.take(db.session.get_one(User, who), one, clock.now())
            except relays.AlreadyTaken:
                return False
            db.session.commit()
            return True

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(take, people)) == [False, True]
    assert db.session.scalar(select(func.count()).select_from(Relay)) == 1
    assert db.session.scalar(select(func.count()).select_from(ContactView)) == 1


def test_who_takes_too_many_proves_who_she_is(
    app: Flask, counsellor: User, sign_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(app.config, "SECOND_FACTOR", True)
    monkeypatch.setattr(vigilance, "READS_PER_HOUR", 2)
    many = [factories.forgotten().id for _one in range(3)]
    db.session.commit()
    browser = sign_in(counsellor)
    answers = [press(browser, f"{LIST}{one}/prendre").location for one in many]
    assert [one.startswith("/connexion/confirmer") for one in answers] == [False, False, True]
    assert db.session.scalar(select(AccessAlarm.user_id)) == counsellor.id
    assert db.session.scalar(select(func.count()).select_from(Relay)) == 2


def test_a_longer_list_asks_the_database_no_more(counsellor: User, sign_in: SignIn) -> None:
    browser = sign_in(counsellor)
    asked = []
    for _time in range(2):
        for _one in range(4):
            factories.forgotten()
            factories.relay(counsellor)
        db.session.commit()
        with count_queries() as counted:
            assert browser.get(LIST).status_code == 200
        asked.append(len(counted))
        # The first page holds them all: what is there once is asked once.
    assert asked[0] == asked[1]


def test_a_counsellor_arrives_on_those_who_wait(client: FlaskClient, counsellor: User) -> None:
    db.session.commit()
    token = csrf_of(client, "/connexion")
    data = {"csrf_token": token, "email": counsellor.email, "password": factories.PASSWORD}
    assert client.post("/connexion", data=data).location == LIST
    assert "Personne n’attend" in words(client.get(LIST))


MONDAY = dt.datetime(2026, 11, 23, 8, 30, tzinfo=dt.UTC)


def told(smtp: Any) -> list[tuple[str, str]]:
    jobs.drain()
    return sorted((str(one["To"]), str(one["Subject"]).strip()) for one in smtp.messages)


def test_counsellors_hear_once_a_working_day_that_people_wait(
    counsellor: User, smtp: Any, time_machine: Any
) -> None:
    time_machine.move_to(MONDAY, tick=False)
    factories.user(Role.COUNSELLOR).active = False
    factories.user(Role.ADMIN)
    assert relays.tell_counsellors(clock.now()) == 0, "nobody waits"
    people = [factories.forgotten() for _ in range(2)]
    assert relays.tell_counsellors(clock.now()) == 1
    assert relays.tell_counsellors(clock.now() + dt.timedelta(hours=3)) == 0
    assert told(smtp) == [(counsellor.email, "2 personnes attendent votre appel")]
    body = smtp.messages[0].get_body(("plain",)).get_content()
    assert "/equipe/a-rattraper/" in body
    assert not any(word in body for one in people for word in (one.first_name, one.reference))

    time_machine.move_to(MONDAY + dt.timedelta(days=5), tick=False)
    assert relays.tell_counsellors(clock.now()) == 0, "a Saturday"
    time_machine.move_to(MONDAY + dt.timedelta(days=1), tick=False)
    assert relays.tell_counsellors(clock.now()) == 1
    for one in people:
        relays.take(counsellor, one.id, clock.now())
    assert len(told(smtp)) == 1, "taken care of meanwhile"
