"""Signing in by password, the session it opens, and signing out."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select, update

from app.accounts import queries, services
from app.accounts.enums import Role
from app.accounts.models import LoginSession, SignInAttempt
from app.core.database import db
from app.organisations.services import suspend_organisation
from tests import factories
from tests.accounts.browser import csrf_of, post, signed_in


def test_right_password_opens_the_space_of_the_role(client: FlaskClient) -> None:
    person = factories.user(Role.MODERATOR, email="equipe@example.org")

    answer = post(client, "/connexion", email="Equipe@Example.org ", password=factories.PASSWORD)

    assert answer.status_code == 303
    assert answer.location == "/equipe/annonces"
    assert signed_in(client)
    assert person.last_seen_at is not None


def test_wanted_page_is_opened_after_sign_in(client: FlaskClient) -> None:
    factories.user(email="recruteuse@example.org")
    answer = post(
        client,
        "/connexion?next=/recruter/annonces",
        email="recruteuse@example.org",
        password=factories.PASSWORD,
    )

    assert answer.location == "/recruter/annonces"


@pytest.mark.parametrize(
    "target",
    [
        "//evil.example",
        "///evil.example",
        "/\\evil.example",
        "\\/evil.example",
        "https://evil.example",
        "https:evil.example",
        "HTTPS:/evil.example",
        "javascript:alert(1)",
        "/%0d%0aLocation:%20https://evil.example",
        "/\r\nLocation: https://evil.example",
        "/\t/evil.example",
        " //evil.example",
        "evil.example",
        "@evil.example",
        "/a/../../\\evil.example",
    ],
)
def test_sign_in_never_leads_to_another_site(client: FlaskClient, target: str) -> None:
    factories.user(email="recruteuse@example.org")

    answer = post(
        client,
        "/connexion",
        email="recruteuse@example.org",
        password=factories.PASSWORD,
        next=target,
    )

    assert answer.status_code == 303
    assert answer.location.startswith("/")
    assert not answer.location.startswith(("//", "/\\"))
    assert "\n" not in answer.location
    assert "\\" not in answer.location


def test_session_known_before_sign_in_is_worthless_after(app: Flask, client: FlaskClient) -> None:
    factories.user(email="recruteuse@example.org")
    csrf_of(client, "/connexion")
    fixed = client.get_cookie("session")
    assert fixed is not None

    post(client, "/connexion", email="recruteuse@example.org", password=factories.PASSWORD)

    opened = client.get_cookie("session")
    assert opened is not None
    assert opened.value != fixed.value
    attacker = app.test_client()
    attacker.set_cookie("session", fixed.value)
    assert not signed_in(attacker)
    assert signed_in(client)


def test_nothing_of_the_session_before_survives_sign_in(client: FlaskClient) -> None:
    factories.user(email="recruteuse@example.org")
    with client.session_transaction() as session:
        session["planted"] = "by someone else"

    post(client, "/connexion", email="recruteuse@example.org", password=factories.PASSWORD)

    with client.session_transaction() as session:
        assert "planted" not in session


def test_each_sign_in_has_its_own_token_and_ends_the_previous_one_of_the_browser(
    app: Flask, client: FlaskClient, sign_in: Callable[..., FlaskClient]
) -> None:
    person = factories.user(email="recruteuse@example.org")
    first = sign_in(person)
    cookie = first.get_cookie("session")
    assert cookie is not None
    token = services.create_link(person, now=dt.datetime.now(dt.UTC))[1]
    db.session.commit()

    post(first, f"/connexion/lien/{token}")

    assert signed_in(first)
    copy = app.test_client()
    copy.set_cookie("session", cookie.value)
    assert not signed_in(copy)


def test_token_is_stored_hashed(sign_in: Callable[..., FlaskClient]) -> None:
    browser = sign_in(factories.user())

    with browser.session_transaction() as session:
        token = session["_user_id"]
    stored = db.session.scalars(select(LoginSession.token_hash)).one()
    assert token not in stored
    assert stored == queries.token_hash(token)


def test_sign_out_kills_the_copies_of_the_cookie(
    app: Flask, sign_in: Callable[..., FlaskClient]
) -> None:
    browser = sign_in(factories.user())
    cookie = browser.get_cookie("session")
    assert cookie is not None

    answer = post(browser, "/deconnexion")

    assert answer.status_code == 303
    thief = app.test_client()
    thief.set_cookie("session", cookie.value)
    assert not signed_in(thief)
    assert not signed_in(browser)


def test_sign_out_is_not_a_get(sign_in: Callable[..., FlaskClient]) -> None:
    browser = sign_in(factories.user())

    assert browser.get("/deconnexion").status_code == 405
    assert signed_in(browser)


def test_session_ends_after_twelve_hours(
    sign_in: Callable[..., FlaskClient], now: dt.datetime
) -> None:
    browser = sign_in(factories.user())
    with browser.session_transaction() as session:
        token = session["_user_id"]

    assert queries.session_user(token, now + dt.timedelta(hours=11, minutes=59)) is not None
    assert queries.session_user(token, now + dt.timedelta(hours=12, minutes=1)) is None


def test_suspended_person_is_out_at_once(
    sign_in: Callable[..., FlaskClient], client: FlaskClient, now: dt.datetime
) -> None:
    person = factories.user(email="recruteuse@example.org")
    browser = sign_in(person)
    assert signed_in(browser)

    services.suspend_account(person, now=now)
    db.session.commit()

    assert not signed_in(browser)
    answer = post(client, "/connexion", email="recruteuse@example.org", password=factories.PASSWORD)
    assert answer.status_code == 422


def test_members_of_a_suspended_organisation_are_out_at_once(
    sign_in: Callable[..., FlaskClient], now: dt.datetime
) -> None:
    person, other = factories.user(), factories.user()
    organisation = factories.organisation(person)
    browser, untouched = sign_in(person), sign_in(other)

    suspend_organisation(None, organisation, now=now)
    db.session.commit()

    assert not signed_in(browser)
    assert signed_in(untouched)


def test_reading_pages_writes_nothing(
    sign_in: Callable[..., FlaskClient], now: dt.datetime
) -> None:
    browser = sign_in(factories.user())
    before = db.session.execute(select(LoginSession.__table__)).all()

    for address in ("/connexion", "/connexion/lien", "/connexion/lien-envoye"):
        browser.get(address)

    assert db.session.execute(select(LoginSession.__table__)).all() == before


def test_form_without_token_is_refused(app: Flask, client: FlaskClient) -> None:
    factories.user(email="recruteuse@example.org")
    data = {"email": "recruteuse@example.org", "password": factories.PASSWORD}

    for address in ("/connexion", "/connexion/lien", "/connexion/lien/abc", "/deconnexion"):
        assert client.post(address, data=data).status_code == 400
    assert not signed_in(client)


def test_form_from_another_site_is_refused(client: FlaskClient) -> None:
    factories.user(email="recruteuse@example.org")
    data = {
        "csrf_token": csrf_of(client, "/connexion"),
        "email": "recruteuse@example.org",
        "password": factories.PASSWORD,
    }

    answer = client.post("/connexion", data=data, headers={"Sec-Fetch-Site": "cross-site"})

    assert answer.status_code == 403


def test_answer_is_the_same_whether_the_address_is_known_or_not(client: FlaskClient) -> None:
    factories.user(email="connue@example.org")
    factories.user(email="sans-mot-de-passe@example.org", password=None)
    factories.user(email="suspendue@example.org", active=False)
    emails = ["connue", "sans-mot-de-passe", "suspendue", "inconnue"]
    pages = []

    for name in emails:
        answer = post(client, "/connexion", email=f"{name}@example.org", password="faux mot")
        assert answer.status_code == 422
        assert "Erreur" in answer.text.split("</title>")[0]
        # The token is signed with the second at which it is made.
        pages.append(
            re.sub(r'(name="csrf_token"[^>]* value=)"[^"]+"', r"\1", answer.text.replace(name, ""))
        )

    assert len(set(pages)) == 1


def test_ten_wrong_passwords_then_one_waits(client: FlaskClient) -> None:
    factories.user(email="victime@example.org")
    for _turn in range(10):
        answer = post(client, "/connexion", email="victime@example.org", password="faux mot")
        assert answer.status_code == 422

    answer = post(client, "/connexion", email="victime@example.org", password=factories.PASSWORD)

    assert answer.status_code == 429
    assert 0 < int(answer.headers["Retry-After"]) <= 60
    assert "lien par e-mail" in answer.text
    assert not signed_in(client)


def test_waiting_is_told_the_same_for_an_unknown_address(client: FlaskClient) -> None:
    for _turn in range(10):
        post(client, "/connexion", email="inconnue@example.org", password="faux mot")

    answer = post(client, "/connexion", email="inconnue@example.org", password="faux mot")

    assert answer.status_code == 429


def test_tries_are_counted_by_address_too(app: Flask) -> None:
    for number in range(10):
        client = app.test_client()
        post(client, "/connexion", email=f"personne-{number}@example.org", password="faux mot")

    answer = post(app.test_client(), "/connexion", email="autre@example.org", password="faux mot")
    elsewhere = post(
        app.test_client(),
        "/connexion",
        address="192.0.2.7",
        email="autre@example.org",
        password="faux mot",
    )

    assert answer.status_code == 429
    assert elsewhere.status_code == 422


def test_wait_grows_and_never_exceeds_an_hour(now: dt.datetime) -> None:
    keys = ("account", "address")
    waits = []
    for number in range(20):
        db.session.add_all(SignInAttempt(key=key, at=now) for key in keys)
        db.session.flush()
        waits.append((number + 1, queries.wait_before_trying(keys, now).total_seconds() / 60))

    assert [minutes for count, minutes in waits if count < 10] == [0] * 9
    assert [minutes for count, minutes in waits if 10 <= count <= 16] == [1, 2, 4, 8, 16, 32, 60]
    assert max(minutes for _count, minutes in waits) == 60
    assert queries.wait_before_trying(keys, now + dt.timedelta(hours=1)) == dt.timedelta()


def test_victim_of_guessing_still_signs_in_by_link(client: FlaskClient, now: dt.datetime) -> None:
    person = factories.user(email="victime@example.org")
    for _turn in range(11):
        post(client, "/connexion", email="victime@example.org", password="faux mot")

    asked = post(client, "/connexion/lien", email="victime@example.org")
    token = services.create_link(person, now=now)[1]
    db.session.commit()
    answer = post(client, f"/connexion/lien/{token}")

    assert asked.status_code == 303
    assert answer.status_code == 303
    assert signed_in(client)


def test_who_asks_links_in_her_name_silences_nobody(client: FlaskClient, now: dt.datetime) -> None:
    person = factories.user(email="victime@example.org")
    far = "203.0.113.9"
    for _turn in range(11):
        refused = post(client, "/connexion/lien", far, email="victime@example.org")
        post(client, "/connexion", far, email="victime@example.org", password="faux mot")
    assert refused.status_code == 429

    asked = post(client, "/connexion/lien", "198.51.100.4", email="victime@example.org")
    token = services.create_link(person, now=now)[1]
    db.session.commit()
    answer = post(client, f"/connexion/lien/{token}", "198.51.100.4")

    assert (asked.status_code, answer.status_code) == (303, 303)
    assert signed_in(client)


def test_success_clears_the_account_but_not_the_address(client: FlaskClient) -> None:
    factories.user(email="recruteuse@example.org")
    for _turn in range(3):
        post(client, "/connexion", email="recruteuse@example.org", password="faux mot")

    post(client, "/connexion", email="recruteuse@example.org", password=factories.PASSWORD)

    counts = db.session.execute(
        select(SignInAttempt.key, func.count()).group_by(SignInAttempt.key)
    ).all()
    assert [count for _key, count in counts] == [3]


def test_attempts_hold_neither_address_nor_ip(client: FlaskClient) -> None:
    post(client, "/connexion", email="inconnue@example.org", password="faux mot")

    for key in db.session.scalars(select(SignInAttempt.key)):
        assert re.fullmatch(r"[0-9a-f]{64}", key)


def test_password_of_an_older_setting_is_hashed_again(now: dt.datetime) -> None:
    from argon2 import PasswordHasher

    weak = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(factories.PASSWORD)
    person = factories.user(email="recruteuse@example.org")
    person.password_hash = weak

    found = services.check_password(
        "recruteuse@example.org", factories.PASSWORD, keys=("a", "b"), now=now
    )

    assert found is person
    assert person.password_hash != weak
    assert "m=19456,t=2,p=1" in str(person.password_hash)


def test_unreadable_hash_opens_nothing(now: dt.datetime) -> None:
    person = factories.user(email="recruteuse@example.org")
    person.password_hash = "not a hash"

    assert services.check_password("recruteuse@example.org", "x", keys=("a", "b"), now=now) is None


@pytest.mark.parametrize("email", ["", "recruteuse", "a@b", "x" * 300 + "@example.org"])
def test_malformed_address_is_told(client: FlaskClient, email: str) -> None:
    answer = post(client, "/connexion", email=email, password="quelque chose")

    assert answer.status_code == 422
    assert 'id="email-error"' in answer.text


def test_signed_in_person_is_led_to_her_space(sign_in: Callable[..., FlaskClient]) -> None:
    browser = sign_in(factories.user(Role.ADMIN))

    assert browser.get("/connexion").location == "/equipe/annonces"


def test_what_no_longer_serves_is_purged(now: dt.datetime) -> None:
    person = factories.user()
    services.open_session(person, now=now)
    services.create_link(person, now=now)
    db.session.add(SignInAttempt(key="k", at=now))
    db.session.flush()
    services.purge_sign_ins(now + dt.timedelta(hours=20))
    assert db.session.scalar(select(func.count(LoginSession.id))) == 1

    services.purge_sign_ins(now + dt.timedelta(days=2))

    assert db.session.scalar(select(func.count(LoginSession.id))) == 0
    assert db.session.scalar(select(func.count(SignInAttempt.id))) == 0


def test_revoked_session_opens_nothing(
    sign_in: Callable[..., FlaskClient], now: dt.datetime
) -> None:
    browser = sign_in(factories.user())
    db.session.execute(update(LoginSession).values(revoked_at=now))
    db.session.commit()

    assert not signed_in(browser)
