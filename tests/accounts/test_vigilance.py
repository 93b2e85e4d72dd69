"""Reading the details of too many people: a proof is asked again, administrators are told."""

from __future__ import annotations

import datetime as dt
import re
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pyotp
import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event, func, select
from sqlalchemy.exc import IntegrityError
from werkzeug.test import TestResponse

from app.accounts import second_factor, vigilance
from app.accounts.enums import FactorChange, Handling, Role
from app.accounts.models import AccessAlarm, LoginSession, User
from app.accounts.tasks import send_email_code
from app.applications.models import Application, ContactView
from app.applications.services import record_view
from app.core import clock
from app.core.database import db
from app.core.jobs import jobs
from app.core.outbox import OutboxEvent
from app.listings.models import Listing
from app.organisations.models import Membership
from tests import factories
from tests.accounts.authenticator import Authenticator
from tests.accounts.browser import csrf_of, signed_in

PROVE = "/connexion/confirmer"
LIMIT = 3
SignIn = Callable[..., FlaskClient]


@pytest.fixture(autouse=True)
def asked(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Ask for proofs as the site does for real, after three people instead of sixty."""
    monkeypatch.setitem(app.config, "SECOND_FACTOR", True)
    monkeypatch.setattr(vigilance, "READS_PER_HOUR", LIMIT)
    return iter(())


@pytest.fixture
def house() -> tuple[User, Listing]:
    """Return a recruiter and a listing of hers."""
    person = factories.user()
    return person, factories.listing(organisation=factories.organisation(person))


def open_sheet(browser: FlaskClient, one: Application, action: str = "ouvrir") -> TestResponse:
    sheet = f"/recruter/candidatures/{one.id}"
    return browser.post(f"{sheet}/{action}", data={"csrf_token": csrf_of(browser, sheet)})


def read_all(browser: FlaskClient, of: Listing, how_many: int) -> list[TestResponse]:
    return [open_sheet(browser, factories.application(of)) for _rank in range(how_many)]


def code_by_email() -> str:
    """Do what the worker does for the last code asked, and return the code of the message."""
    asked = db.session.scalars(
        select(OutboxEvent)
        .where(OutboxEvent.topic == "account.code_requested")
        .order_by(OutboxEvent.id.desc())
    ).first()
    assert asked is not None
    kept: list[Any] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("app.core.mail.sending", kept.append)
        send_email_code(asked.payload, asked.id)
    db.session.commit()
    found = re.search(r"(\d{3})\D(\d{3})", kept[0].text)
    assert found
    return found[1] + found[2]


def prove(browser: FlaskClient, code: str, back: str = "") -> TestResponse:
    data = {"csrf_token": csrf_of(browser, PROVE), "code": code, "next": back}
    return browser.post(PROVE, data=data)


def count(model: Any) -> int:
    return db.session.scalar(select(func.count()).select_from(model)) or 0


def test_after_many_people_nothing_opens_without_a_proof(
    house: tuple[User, Listing], sign_in: SignIn
) -> None:
    person, of = house
    browser = sign_in(person)

    answers = read_all(browser, of, LIMIT + 1)

    last = db.session.scalars(select(Application).order_by(Application.id.desc())).first()
    assert last is not None
    assert answers[-1].location == f"{PROVE}?next=/recruter/candidatures/{last.id}"
    assert all(PROVE not in one.location for one in answers[:-1])
    assert count(ContactView) == LIMIT
    alarm = db.session.scalars(select(AccessAlarm)).one()
    assert (alarm.user_id, alarm.reads, alarm.lifted_at) == (person.id, LIMIT + 1, None)
    assert str(last.phone) not in browser.get(f"/recruter/candidatures/{last.id}").text
    assert "beaucoup de fiches" in browser.get(PROVE).text


def test_who_raised_an_alarm_does_not_erase_it_with_her_account(
    house: tuple[User, Listing], sign_in: SignIn
) -> None:
    owner, of = house
    person = factories.user()
    of.organisation.memberships.append(Membership(user=person, created_at=clock.now()))
    db.session.commit()
    browser = sign_in(person)
    read_all(browser, of, LIMIT + 1)
    mine = "/connexion/mes-donnees"

    refused = browser.post(f"{mine}/effacer", data={"csrf_token": csrf_of(browser, mine)})

    assert refused.location == mine
    assert "beaucoup de personnes en peu de temps" in browser.get(mine).text
    assert db.session.scalars(select(AccessAlarm)).one().user_id == person.id
    alarm = db.session.scalars(select(AccessAlarm)).one()
    alarm.handling, alarm.handled_at, alarm.handled_by = Handling.NORMAL, clock.now(), owner
    db.session.commit()
    gone = browser.post(f"{mine}/effacer", data={"csrf_token": csrf_of(browser, mine)})
    assert gone.location != mine
    assert db.session.scalars(select(ContactView.user_id)).all() == [None] * LIMIT


def test_an_account_is_erased_and_copied_after_a_fresh_proof(
    house: tuple[User, Listing], sign_in: SignIn, now: dt.datetime
) -> None:
    person = factories.user()
    browser = sign_in(person)
    mine = "/connexion/mes-donnees"
    session = db.session.scalars(select(LoginSession)).one()
    session.created_at = now - dt.timedelta(minutes=90)
    db.session.commit()
    assert browser.get(f"{mine}.zip").location == f"{PROVE}?next={mine}"
    refused = browser.post(f"{mine}/effacer", data={"csrf_token": csrf_of(browser, mine)})
    assert refused.location == f"{PROVE}?next={mine}"
    assert db.session.get(User, person.id) is not None

    assert prove(browser, code_by_email(), mine).location == mine
    assert browser.get(f"{mine}.zip").status_code == 200
    browser.post(f"{mine}/effacer", data={"csrf_token": csrf_of(browser, mine)})
    db.session.expire_all()
    assert db.session.scalar(select(User).where(User.id == person.id)) is None


def test_a_cv_is_behind_the_same_door(house: tuple[User, Listing], sign_in: SignIn) -> None:
    person, of = house
    browser = sign_in(person)
    read_all(browser, of, LIMIT)
    one = factories.application(of, cv_key="cv/a.pdf", cv_name="cv.pdf", cv_sha256="0" * 64)

    assert PROVE in open_sheet(browser, one, "cv").location
    assert count(ContactView) == LIMIT


def test_the_code_by_email_opens_again_in_a_new_session(
    house: tuple[User, Listing], sign_in: SignIn, app: Flask
) -> None:
    person, of = house
    browser = sign_in(person)
    cookie = browser.get_cookie("session")
    assert cookie is not None
    back = read_all(browser, of, LIMIT + 1)[-1].location.partition("next=")[2]

    answer = prove(browser, code_by_email(), back)

    assert answer.location == back
    copy = app.test_client()
    copy.set_cookie("session", cookie.value)
    assert not signed_in(copy)
    assert PROVE not in read_all(browser, of, 1)[-1].location
    assert db.session.scalars(select(AccessAlarm)).one().lifted_at is not None


def test_a_wrong_code_opens_nothing_and_is_counted(
    house: tuple[User, Listing], sign_in: SignIn
) -> None:
    person, of = house
    browser = sign_in(person)
    read_all(browser, of, LIMIT + 1)

    statuses = {prove(browser, "000000").status_code for _turn in range(11)}

    assert statuses == {422}
    assert "Trop d’essais" in prove(browser, code_by_email()).text
    assert PROVE in read_all(browser, of, 1)[-1].location


def test_signing_in_again_by_password_does_not_lift_the_alarm(
    house: tuple[User, Listing], sign_in: SignIn
) -> None:
    person, of = house
    read_all(sign_in(person), of, LIMIT + 1)

    assert PROVE in read_all(sign_in(person), of, 1)[-1].location


def test_the_application_of_codes_and_a_passkey_are_proofs(
    house: tuple[User, Listing], sign_in: SignIn, now: dt.datetime
) -> None:
    person, of = house
    second_factor.set_up_app(person, now)
    factor = second_factor.unconfirmed_app(person)
    assert factor is not None
    totp = pyotp.TOTP(second_factor.app_secret(factor))
    assert second_factor.confirm_app(person, totp.at(now), now)
    browser = sign_in(person)
    key = Authenticator()
    data = {"csrf_token": csrf_of(browser, "/connexion/securite")}
    options = browser.post("/connexion/securite/cles/options", data=data).json
    browser.post("/connexion/securite/cles", data=data | {"credential": key.create(options)})
    read_all(browser, of, LIMIT + 1)
    with time_machine.travel(now + dt.timedelta(seconds=60), tick=False) as clocks:
        assert prove(browser, totp.at(clock.now())).status_code == 303
        assert vigilance.standing(person) is None

        clocks.shift(1)
        read_all(browser, of, LIMIT + 1)
        assert vigilance.standing(person) is not None
        data = {"csrf_token": csrf_of(browser, PROVE)}
        options = browser.post(f"{PROVE}/cle/options", data=data).json
        answer = browser.post(f"{PROVE}/cle", data=data | {"credential": key.get(options)})

        assert answer.status_code == 303
        assert vigilance.standing(person) is None


def test_looking_again_at_the_same_people_is_work(
    house: tuple[User, Listing], sign_in: SignIn
) -> None:
    person, of = house
    browser = sign_in(person)
    one = factories.application(of)

    assert all(PROVE not in open_sheet(browser, one).location for _turn in range(LIMIT * 2))
    assert count(AccessAlarm) == 0


def test_an_hour_later_the_count_starts_again(
    house: tuple[User, Listing], now: dt.datetime
) -> None:
    person, of = house
    for rank in range(LIMIT * 3):
        at = now + dt.timedelta(minutes=21 * rank)
        record_view(factories.application(of), person, "contact", at)
    assert count(AccessAlarm) == 0


def test_three_hundred_openings_by_a_thief_stop_at_the_limit(
    house: tuple[User, Listing], now: dt.datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(vigilance, "READS_PER_HOUR", 60)
    person, of = house
    refused = 0
    for _rank in range(300):
        try:
            record_view(factories.application(of), person, "cv", now)
        except vigilance.ProofNeeded:
            refused += 1
    assert (count(ContactView), refused, count(AccessAlarm)) == (60, 240, 1)


def test_a_file_of_many_people_leaves_after_a_proof(
    house: tuple[User, Listing], sign_in: SignIn, now: dt.datetime
) -> None:
    person, of = house
    for _rank in range(LIMIT + 2):
        seen = ContactView(
            application_id=factories.application(of, email="nora@example.org").id,
            user_id=person.id,
            what="contact",
            at=now - dt.timedelta(days=1),
        )
        db.session.add(seen)
    browser = sign_in(person)

    def export() -> TestResponse:
        data = {"csrf_token": csrf_of(browser, "/recruter/?vue=liste")}
        return browser.post("/recruter/candidatures/export", data=data)

    first = export()
    assert first.location.startswith(PROVE)
    assert prove(browser, code_by_email()).status_code == 303
    assert export().text.count("nora@example.org") == LIMIT + 2
    assert export().status_code == 200


def test_administrators_are_told_once_a_day_of_the_same_person(
    house: tuple[User, Listing], smtp: Any, now: dt.datetime
) -> None:
    person, _of = house
    admin, gone = factories.user(Role.ADMIN), factories.user(Role.ADMIN, active=False)
    factories.user(Role.MODERATOR)
    for hours in (0, 1, 25):
        at = now + dt.timedelta(hours=hours)
        with pytest.raises(vigilance.ProofNeeded):
            vigilance.check_reads(person, LIMIT + 1, at)
        vigilance.lift(person, at)
    db.session.commit()

    jobs.drain()

    assert count(AccessAlarm) == 3
    assert [message["To"] for message in smtp.messages] == [admin.email]
    assert gone.email not in str(smtp.messages)
    text = smtp.messages[0].get_body(("plain",)).get_content()
    assert "/equipe/consultations" in text
    assert person.name in text


def test_a_demonstration_is_not_locked_but_the_alarm_is_kept(
    app: Flask, house: tuple[User, Listing], now: dt.datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(app.config, "SECOND_FACTOR", False)
    person, of = house
    for _rank in range(LIMIT + 1):
        record_view(factories.application(of), person, "contact", now)

    assert count(ContactView) == LIMIT + 1
    assert db.session.scalars(select(AccessAlarm)).one().lifted_at == now


def test_one_alarm_stands_at_a_time(now: dt.datetime) -> None:
    person = factories.user()
    factories.access_alarm(person, lifted_at=None)
    with pytest.raises(IntegrityError):
        factories.access_alarm(person, lifted_at=None)


def test_two_openings_at_once_are_counted_one_after_the_other(
    app: Flask, real_commits: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = factories.user()
    of = factories.listing(organisation=factories.organisation(person))
    ids = [factories.application(of).id for _rank in range(LIMIT + 3)]
    person_id = person.id
    db.session.commit()
    barrier = threading.Barrier(len(ids))
    outcomes: list[str] = []

    def press(one: int) -> None:
        with app.app_context():
            barrier.wait()
            found, viewer = db.session.get(Application, one), db.session.get(User, person_id)
            assert found is not None
            assert viewer is not None
            try:
                record_view(found, viewer, "contact", clock.now())
                outcomes.append("shown")
            except vigilance.ProofNeeded:
                outcomes.append("asked")
            db.session.commit()
            db.session.remove()

    threads = [threading.Thread(target=press, args=(one,)) for one in ids]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert outcomes.count("shown") == LIMIT
    assert (count(ContactView), count(AccessAlarm)) == (LIMIT, 1)


@pytest.mark.parametrize("handling", Handling)
def test_an_administrator_decides_once(handling: Handling, sign_in: SignIn, app: Flask) -> None:
    person = factories.user()
    theirs, browser = sign_in(person), sign_in(factories.user(Role.ADMIN))
    alarm = factories.access_alarm(person)
    page = browser.get("/equipe/consultations").text
    assert person.email in page

    def press(what: str) -> TestResponse:
        data = {"csrf_token": csrf_of(browser, "/equipe/consultations"), "handling": what}
        return browser.post(f"/equipe/consultations/{alarm.id}", data=data)

    other = factories.access_alarm(factories.user())
    assert press("forged").status_code == 303
    assert alarm.handled_at is None
    press(handling)
    press(Handling.SUSPENDED)

    assert alarm.handling == handling
    assert other.handling is None
    assert signed_in(theirs) is (handling is Handling.NORMAL)
    assert person.active is (handling is not Handling.SUSPENDED)


def test_the_page_of_alarms_asks_few_questions(sign_in: SignIn, app: Flask) -> None:
    browser = sign_in(factories.user(Role.ADMIN))
    for _rank in range(12):
        person = factories.user()
        factories.organisation(person)
        factories.access_alarm(person)
    asked: list[str] = []
    connection = db.session.connection()

    def listen(*values: Any) -> None:
        asked.append(values[2])

    event.listen(connection, "before_cursor_execute", listen)
    browser.get("/equipe/consultations")
    event.remove(connection, "before_cursor_execute", listen)
    assert len([one for one in asked if one.startswith("SELECT")]) <= 4


def test_old_alarms_go(now: dt.datetime) -> None:
    factories.access_alarm(factories.user())
    vigilance.purge_alarms(now + dt.timedelta(days=364))
    assert count(AccessAlarm) == 1
    vigilance.purge_alarms(now + dt.timedelta(days=366))
    assert count(AccessAlarm) == 0


def test_an_old_session_changes_nothing_of_the_account(sign_in: SignIn, now: dt.datetime) -> None:
    person = factories.user()
    browser, elsewhere = sign_in(person), sign_in(person)
    opened = db.session.scalars(select(LoginSession).order_by(LoginSession.id)).all()
    data = {"csrf_token": csrf_of(browser, "/connexion/securite")}
    opened[0].created_at = now - second_factor.FRESH
    db.session.commit()

    for path in ("application", "cles", f"sessions/{opened[1].id}/fermer", "sessions/fermer"):
        answer = browser.post(f"/connexion/securite/{path}", data=data)
        assert answer.location == f"{PROVE}?next=/connexion/securite"
    assert signed_in(elsewhere)
    assert prove(browser, code_by_email(), "/connexion/securite").status_code == 303
    data = {"csrf_token": csrf_of(browser, "/connexion/securite")}
    browser.post("/connexion/securite/sessions/fermer", data=data)
    assert not signed_in(elsewhere)


@pytest.mark.parametrize("change", FactorChange)
def test_a_person_is_told_of_each_change_of_her_proofs(
    change: FactorChange, smtp: Any, now: dt.datetime
) -> None:
    person = factories.user()
    second_factor.tell_change(person, change, now)
    db.session.commit()
    jobs.drain()

    (message,) = smtp.messages
    assert message["To"] == person.email
    assert "Ce n’est pas vous" in message.get_body(("plain",)).get_content()


def test_adding_and_removing_proofs_is_told(sign_in: SignIn, app: Flask) -> None:
    person = factories.user()
    browser, key = sign_in(person), Authenticator()
    data = {"csrf_token": csrf_of(browser, "/connexion/securite")}
    options = browser.post("/connexion/securite/cles/options", data=data).json
    browser.post("/connexion/securite/cles", data=data | {"credential": key.create(options)})
    first, second = second_factor.new_recovery_codes(person)[:2]
    db.session.commit()
    browser.post("/connexion/securite/codes", data=data | {"code": first})
    paper = second_factor.new_recovery_codes(person)
    db.session.commit()
    passkey = second_factor.passkeys_of(person)[0]
    browser.post(f"/connexion/securite/cles/{passkey.id}/retirer", data=data | {"code": paper[0]})
    app.test_cli_runner().invoke(args=["accounts", "reset-second-factor", person.email])

    told = db.session.scalars(
        select(OutboxEvent).where(OutboxEvent.topic == "account.factor_changed")
    )
    assert [one.payload["change"] for one in told] == [
        "key_added",
        "codes_renewed",
        "key_removed",
        "started_over",
    ]
    assert second not in str(db.session.scalars(select(OutboxEvent.payload)).all())


def test_commands_cut_and_give_back_access(app: Flask, sign_in: SignIn) -> None:
    person, other = factories.user(), factories.user()
    theirs, others = sign_in(person), sign_in(other)
    run = app.test_cli_runner().invoke

    assert run(args=["accounts", "suspend", person.email]).exit_code == 0
    assert (signed_in(theirs), signed_in(others)) == (False, True)
    assert run(args=["accounts", "reopen", person.email]).exit_code == 0
    assert person.active
    assert run(args=["accounts", "sign-out"]).exit_code == 2
    assert run(args=["accounts", "sign-out", "nobody@example.org"]).exit_code == 1
    assert run(args=["accounts", "sign-out", other.email]).exit_code == 0
    assert not signed_in(others)
    again = sign_in(other)
    assert run(args=["accounts", "sign-out", "--everyone"]).exit_code == 0
    assert not signed_in(again)


def test_a_browser_left_two_hours_is_signed_out(sign_in: SignIn, now: dt.datetime) -> None:
    browser = sign_in(factories.user())
    with time_machine.travel(now, tick=False) as clocks:
        for minutes in (100, 100, 100):
            clocks.shift(minutes * 60)
            assert signed_in(browser)
        clocks.shift(121 * 60)
        assert not signed_in(browser)


def test_an_old_copy_of_the_cookie_is_dead(app: Flask, sign_in: SignIn, now: dt.datetime) -> None:
    browser = sign_in(factories.user())
    old = browser.get_cookie("session")
    assert old is not None
    with time_machine.travel(now + dt.timedelta(minutes=100), tick=False) as clocks:
        assert signed_in(browser)
        clocks.shift(30 * 60)
        assert signed_in(browser)
        copy = app.test_client()
        copy.set_cookie("session", old.value)
        assert not signed_in(copy)


def test_a_link_of_a_demonstration_leads_back(app: Flask, sign_in: SignIn) -> None:
    app.config["SECOND_FACTOR"] = False
    browser = sign_in(factories.user())
    assert browser.get(f"{PROVE}?next=/recruter/").location == "/recruter/"
    assert browser.get(f"{PROVE}?next=//evil.example").location == "/connexion/securite"


def test_another_code_can_be_asked_but_not_for_ever(sign_in: SignIn) -> None:
    browser = sign_in(factories.user())
    data = {"csrf_token": csrf_of(browser, "/connexion/securite")}
    for _turn in range(11):
        assert browser.post(f"{PROVE}/renvoyer", data=data).location == PROVE
    assert "Trop de demandes" in browser.get(PROVE).text
