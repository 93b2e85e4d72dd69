"""The second factor: who is asked for what, and that nothing opens before it."""

from __future__ import annotations

import datetime as dt
import re
import threading
from collections.abc import Iterator
from typing import Any

import pyotp
import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from app.accounts import second_factor, services
from app.accounts.devices import device_name
from app.accounts.enums import Role
from app.accounts.models import KnownDevice, LoginSession, RecoveryCode, SecondFactor, User
from app.accounts.tasks import send_email_code
from app.core import clock
from app.core.database import db
from app.core.outbox import OutboxEvent
from tests import factories
from tests.accounts.browser import csrf_of, post, signed_in
from tests.conftest import Smtp

VERIFY = "/connexion/verification"
SECURITY = "/connexion/securite"


@pytest.fixture(autouse=True)
def asked(app: Flask) -> Iterator[None]:
    """Ask for a second factor, as the site does for real."""
    app.config["SECOND_FACTOR"] = True
    yield
    app.config["SECOND_FACTOR"] = False


def sign_in(browser: FlaskClient, person: User, **data: str) -> TestResponse:
    return post(browser, "/connexion", email=person.email, password=factories.PASSWORD, **data)


def answer(browser: FlaskClient, code: str, **data: Any) -> TestResponse:
    token = csrf_of(browser, VERIFY)
    return browser.post(VERIFY, data={"csrf_token": token, "code": code} | data)


def write(browser: FlaskClient, path: str, **data: Any) -> TestResponse:
    return browser.post(path, data={"csrf_token": csrf_of(browser, SECURITY)} | data)


def code_by_email() -> str:
    """Do what the worker does for the last sign-in, and return the code of the message."""
    event = db.session.scalars(
        select(OutboxEvent)
        .where(OutboxEvent.topic == "account.code_requested")
        .order_by(OutboxEvent.id.desc())
    ).first()
    assert event is not None
    pending = db.session.get_one(LoginSession, event.payload["session_id"])
    code = second_factor.make_email_code(pending, clock.now())
    db.session.commit()
    return code


def with_app(role: str = Role.MODERATOR) -> tuple[User, pyotp.TOTP, list[str]]:
    """Return a person whose application is set up, and her paper codes."""
    person = factories.user(role)
    now = clock.now()
    second_factor.set_up_app(person, now)
    totp = pyotp.TOTP(second_factor.app_secret(db.session.get_one(SecondFactor, person.id)))
    codes = second_factor.confirm_app(person, totp.at(now - dt.timedelta(minutes=1)), now)
    # A code of a minute ago is too old to be taken.
    assert codes is None
    codes = second_factor.confirm_app(person, totp.at(now), now)
    assert codes is not None
    db.session.commit()
    return person, totp, codes


def later(seconds: int = 60) -> dt.datetime:
    return clock.now() + dt.timedelta(seconds=seconds)


def test_password_from_an_unknown_browser_asks_for_a_code_by_email(client: FlaskClient) -> None:
    person = factories.user(Role.RECRUITER)

    first = sign_in(client, person, next="/recruter/annonces/")

    assert first.location == f"{VERIFY}?next=/recruter/annonces/"
    assert not signed_in(client)
    assert client.get("/recruter/annonces/").status_code == 302
    second = answer(client, code_by_email(), next="/recruter/annonces/")
    assert second.location == "/recruter/annonces/"
    assert signed_in(client)


def test_a_remembered_browser_is_not_asked_again(client: FlaskClient, app: Flask) -> None:
    person = factories.user(Role.RECRUITER)
    sign_in(client, person)
    answer(client, code_by_email(), remember="y")
    cookie = client.get_cookie("device")
    assert cookie is not None
    assert cookie.http_only
    post(client, "/deconnexion")

    assert sign_in(client, person).location != VERIFY
    assert signed_in(client)
    # The browser of one person says nothing of another.
    other = app.test_client()
    other.set_cookie("device", cookie.value)
    assert sign_in(other, factories.user(Role.SCHOOL)).location == VERIFY


def test_a_browser_is_remembered_for_six_months_only(client: FlaskClient) -> None:
    person = factories.user(Role.RECRUITER)
    sign_in(client, person)
    answer(client, code_by_email(), remember="y")
    cookie = client.get_cookie("device")
    assert cookie is not None
    post(client, "/deconnexion")

    with time_machine.travel(clock.now() + dt.timedelta(days=181), tick=False):
        client.set_cookie("device", cookie.value)
        assert sign_in(client, person).location == VERIFY
        second_factor.purge_devices(clock.now())
    assert db.session.scalars(select(KnownDevice)).all() == []


def test_a_browser_is_not_remembered_unless_asked(client: FlaskClient) -> None:
    person = factories.user(Role.RECRUITER)
    sign_in(client, person)
    answer(client, code_by_email())

    assert client.get_cookie("device") is None
    assert db.session.scalars(select(KnownDevice)).all() == []


def test_a_link_by_email_needs_no_code_by_email(client: FlaskClient) -> None:
    person = factories.user(Role.RECRUITER)
    token = services.create_link(person, now=clock.now())[1]
    db.session.commit()

    post(client, f"/connexion/lien/{token}")

    assert signed_in(client)


@pytest.mark.parametrize("role", [Role.MODERATOR, Role.ADMIN, Role.COUNSELLOR])
def test_the_team_sets_up_an_application_before_anything(client: FlaskClient, role: str) -> None:
    person = factories.user(role)
    token = services.create_link(person, now=clock.now())[1]
    db.session.commit()

    first = post(client, f"/connexion/lien/{token}")

    assert first.location == VERIFY
    assert client.get("/equipe/annonces").status_code == 302
    page = client.get(VERIFY).text
    totp = pyotp.TOTP(second_factor.app_secret(db.session.get_one(SecondFactor, person.id)))
    assert totp.secret[:4] in page
    assert "<svg" in page
    assert "style=" not in page.partition("<svg")[2].partition("</svg>")[0]
    shown = answer(client, totp.now())
    codes = re.findall(r"<li>([2-9A-Z]{5}-[2-9A-Z]{5})</li>", shown.text)
    assert len(set(codes)) == 10
    assert signed_in(client)


@pytest.mark.parametrize("role", [Role.MODERATOR, Role.ADMIN, Role.COUNSELLOR])
def test_a_stolen_password_sets_up_no_application_of_the_team(
    client: FlaskClient, role: str
) -> None:
    person = factories.user(role)

    assert sign_in(client, person).location == VERIFY

    assert 'class="qr"' not in client.get(VERIFY).text
    assert db.session.get(SecondFactor, person.id) is None
    assert answer(client, "000000").status_code == 422
    assert db.session.get(SecondFactor, person.id) is None
    # With the code of her e-mails, the same person goes on to the application, not inside.
    assert answer(client, code_by_email()).location == VERIFY
    assert not signed_in(client)
    totp = pyotp.TOTP(second_factor.app_secret(db.session.get_one(SecondFactor, person.id)))
    assert totp.secret[:4] in client.get(VERIFY).text
    assert len(re.findall(r"<li>([2-9A-Z]{5}-[2-9A-Z]{5})</li>", answer(client, totp.now()).text))
    assert signed_in(client)


def test_a_person_with_an_application_is_always_asked_for_its_code(
    client: FlaskClient, app: Flask
) -> None:
    person, totp, _codes = with_app(Role.RECRUITER)
    token = services.create_link(person, now=clock.now())[1]
    db.session.commit()
    app.config["SECOND_FACTOR"] = False

    assert sign_in(client, person).location == VERIFY
    assert post(app.test_client(), f"/connexion/lien/{token}").location == VERIFY
    with time_machine.travel(later(), tick=False):
        assert answer(client, totp.at(clock.now())).status_code == 303
        assert signed_in(client)


def test_a_code_of_the_application_serves_once(client: FlaskClient, app: Flask) -> None:
    person, totp, _codes = with_app()
    with time_machine.travel(later(), tick=False):
        code = totp.at(clock.now())
        sign_in(client, person)
        answer(client, code)
        assert signed_in(client)

        other = app.test_client()
        sign_in(other, person)
        assert answer(other, code).status_code == 422
        assert not signed_in(other)


def test_a_paper_code_opens_once_whatever_its_writing(client: FlaskClient, app: Flask) -> None:
    person, _totp, codes = with_app()

    sign_in(client, person)
    answer(client, f" {codes[0].lower().replace('-', ' ')} ")
    assert signed_in(client)
    other = app.test_client()
    sign_in(other, person)
    assert answer(other, codes[0]).status_code == 422
    assert second_factor.recovery_codes_left(person) == 9


@pytest.mark.parametrize("code", ["000000", "", "abc", "١٢٣٤٥٦", "9" * 50, "'; --", "\x00"])
def test_a_wrong_code_says_so_and_opens_nothing(client: FlaskClient, code: str) -> None:
    person, _totp, _codes = with_app()
    sign_in(client, person)

    page = answer(client, code)

    assert page.status_code == 422
    assert "<title>Erreur" in page.text
    assert not signed_in(client)


def test_codes_are_guessed_ten_times_at_most(client: FlaskClient, app: Flask) -> None:
    person, totp, _codes = with_app()
    with time_machine.travel(later(), tick=False):
        sign_in(client, person)
        for _ in range(10):
            answer(client, "123456")
        good = totp.at(clock.now())
        page = answer(client, good)

    assert page.status_code == 422
    assert "Trop d’essais" in page.text
    assert not signed_in(client)
    # The password of the account still takes its own tries: nobody is locked out by a guess.
    assert sign_in(app.test_client(), person).location == VERIFY


def test_a_code_by_email_lasts_ten_minutes_and_the_next_replaces_it(client: FlaskClient) -> None:
    person = factories.user(Role.RECRUITER)
    sign_in(client, person)
    first = code_by_email()
    second = code_by_email()
    assert answer(client, first if first != second else "x").status_code == 422
    with time_machine.travel(later(11 * 60), tick=False):
        assert answer(client, second).status_code == 422
    assert answer(client, second).status_code == 303
    assert signed_in(client)


def test_a_sign_in_left_waiting_must_start_again(client: FlaskClient) -> None:
    sign_in(client, factories.user(Role.RECRUITER))

    with time_machine.travel(later(21 * 60), tick=False):
        assert client.get(f"{VERIFY}?next=/recruter/annonces/").location == (
            "/connexion?next=/recruter/annonces/"
        )


def test_the_waiting_cookie_is_worthless_as_a_session(client: FlaskClient, app: Flask) -> None:
    sign_in(client, factories.user(Role.RECRUITER))
    with client.session_transaction() as cookie:
        token = cookie["pending"]
    thief = app.test_client()
    with thief.session_transaction() as cookie:
        cookie["_user_id"] = token
        cookie["_fresh"] = True

    assert not signed_in(thief)


def test_another_code_can_be_asked_but_not_for_ever(client: FlaskClient) -> None:
    sign_in(client, factories.user(Role.RECRUITER))
    for _ in range(12):
        csrf = csrf_of(client, VERIFY)
        client.post(f"{VERIFY}/renvoyer", data={"csrf_token": csrf})

    sent = select(OutboxEvent).where(OutboxEvent.topic == "account.code_requested")
    assert len(db.session.scalars(sent).all()) == 11


def test_the_worker_mails_a_code_that_opens(
    app: Flask, client: FlaskClient, smtp: Smtp, real_commits: None
) -> None:
    person = factories.user(Role.RECRUITER, email="recruteuse@example.org")
    db.session.commit()
    sign_in(client, person)
    event = db.session.scalars(
        select(OutboxEvent).where(OutboxEvent.topic == "account.code_requested")
    ).one()

    effect = send_email_code(event.payload, event.id)
    db.session.commit()
    assert effect is not None
    effect()

    message = smtp.messages[-1]
    body = message.get_body(("plain",))
    assert body is not None
    text = body.get_content()
    assert message["To"] == "recruteuse@example.org"
    assert not re.search(r"\d{3}", message["Subject"])
    found = re.search(r"\b(\d{3})\u00a0(\d{3})\b", text)
    assert found
    answer(client, f"{found[1]} {found[2]}")
    assert signed_in(client)


def test_of_two_same_codes_at_the_same_time_one_is_taken(app: Flask, real_commits: None) -> None:
    person, totp, _codes = with_app()
    user_id = person.id
    now = later()
    code = totp.at(now)
    taken: list[bool] = []

    def take() -> None:
        with app.app_context():
            found = db.session.get_one(User, user_id)
            taken.append(second_factor.takes_code(found, code, now))
            db.session.commit()

    threads = [threading.Thread(target=take) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(taken) == [False] * 7 + [True]


def test_a_member_adds_an_application_and_removes_it(client: FlaskClient, app: Flask) -> None:
    person = factories.user(Role.RECRUITER)
    browser = factories.signed_in_client(app, person)
    write(browser, f"{SECURITY}/application")
    totp = pyotp.TOTP(second_factor.app_secret(db.session.get_one(SecondFactor, person.id)))
    assert not second_factor.has_app(person)
    wrong = write(browser, f"{SECURITY}/application/confirmer", code="000000")
    assert wrong.status_code == 422

    right = write(browser, f"{SECURITY}/application/confirmer", code=totp.now())

    assert "Vos codes à garder sur papier" in right.text
    assert second_factor.has_app(person)
    with time_machine.travel(later(), tick=False):
        removed = write(browser, f"{SECURITY}/application/retirer", code=totp.at(clock.now()))
    assert removed.status_code == 303
    assert not second_factor.has_app(person)
    assert db.session.scalars(select(RecoveryCode)).all() == []


def test_the_team_cannot_do_without_an_application(app: Flask) -> None:
    person, totp, _codes = with_app()
    browser = factories.signed_in_client(app, person)

    with time_machine.travel(later(), tick=False):
        refused = write(browser, f"{SECURITY}/application/retirer", code=totp.at(clock.now()))

    assert refused.status_code == 422
    assert second_factor.has_app(person)


def test_new_paper_codes_void_the_old_ones(app: Flask) -> None:
    person, totp, codes = with_app()
    browser = factories.signed_in_client(app, person)
    assert write(browser, f"{SECURITY}/codes", code="000000").status_code == 422

    with time_machine.travel(later(), tick=False):
        write(browser, f"{SECURITY}/codes", code=totp.at(clock.now()))

    assert not second_factor.takes_code(person, codes[0], clock.now())
    assert second_factor.recovery_codes_left(person) == 10


def test_a_person_sees_and_closes_her_other_browsers(app: Flask) -> None:
    person = factories.user(Role.RECRUITER)
    here = factories.signed_in_client(app, person)
    lost, other = (factories.signed_in_client(app, person) for _ in range(2))
    page = here.get(SECURITY).text
    assert page.count("Déconnecter<span") == 2
    assert page.count("Celui-ci") == 1
    closing = re.findall(r"/securite/sessions/(\d+)/fermer", page)

    assert write(here, f"{SECURITY}/sessions/{closing[0]}/fermer").status_code == 303
    assert [signed_in(browser) for browser in (here, lost, other)].count(True) == 2
    write(here, f"{SECURITY}/sessions/fermer")

    assert [signed_in(browser) for browser in (here, lost, other)] == [True, False, False]


def test_a_copy_of_the_database_holds_no_code(app: Flask) -> None:
    _person, totp, codes = with_app()

    stored = db.session.scalars(select(SecondFactor)).one().secret
    hashes = db.session.scalars(select(RecoveryCode.code_hash)).all()

    assert totp.secret not in stored
    assert not set(codes) & set(hashes)
    assert all(each.startswith("$argon2id$") for each in hashes)
    # Each has a salt of its own.
    assert len({each.split("$")[4] for each in hashes}) == len(codes)


def test_a_new_key_of_the_site_still_opens_old_secrets(app: Flask) -> None:
    person, totp, _codes = with_app()
    old = app.config["SECRET_KEY"]
    app.config.update(
        SECRET_KEY="another-key-of-at-least-forty-characters", SECRET_KEY_FALLBACKS=[old]
    )
    try:
        assert second_factor.takes_code(person, totp.at(later()), later())
    finally:
        app.config.update(SECRET_KEY=old, SECRET_KEY_FALLBACKS=[])


def test_who_lost_everything_starts_again_after_a_call(app: Flask) -> None:
    person, _totp, _codes = with_app()
    browser = factories.signed_in_client(app, person)

    run = app.test_cli_runner().invoke(args=["accounts", "reset-second-factor", person.email])

    assert run.exit_code == 0, run.output
    assert not signed_in(browser)
    assert not second_factor.has_app(person)
    unknown = app.test_cli_runner().invoke(args=["accounts", "reset-second-factor", "x@y.fr"])
    assert unknown.exit_code == 1


def test_a_demonstration_asks_only_those_who_set_it_up(client: FlaskClient, app: Flask) -> None:
    app.config["SECOND_FACTOR"] = False

    sign_in(client, factories.user(Role.MODERATOR))

    assert signed_in(client)


@pytest.mark.parametrize(
    ("agent", "name"),
    [
        (
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:142.0) Gecko/20100101 Firefox/142.0",
            "Firefox, Windows",
        ),
        (
            "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/139.0 Safari/537.36 Edg/139",
            "Edge, Windows",
        ),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Safari/604.1",
            "Safari, iPhone",
        ),
        (
            "Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 Chrome/139.0 Mobile Safari/537.36",
            "Chrome, Android",
        ),
        ("curl/8.5", ""),
        ("", ""),
    ],
)
def test_browsers_are_named_as_people_say(agent: str, name: str) -> None:
    assert device_name(agent) == name
