"""Passkeys: made for one person and one site, each challenge signed once."""

from __future__ import annotations

import json
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from app.accounts import second_factor
from app.accounts.enums import Role
from app.accounts.models import Passkey, RecoveryCode, User
from app.core.database import db
from tests import factories
from tests.accounts.authenticator import Authenticator
from tests.accounts.browser import csrf_of, post, signed_in

SECURITY = "/connexion/securite"
VERIFY = "/connexion/verification"


def options_of(browser: FlaskClient, page: str, path: str) -> dict[str, Any]:
    answer = browser.post(path, headers={"X-CSRFToken": csrf_of(browser, page)})
    assert answer.status_code == 200
    assert answer.mimetype == "application/json"
    found: dict[str, Any] = json.loads(answer.data)
    return found


def send(browser: FlaskClient, page: str, path: str, credential: str) -> TestResponse:
    token = csrf_of(browser, page)
    return browser.post(path, data={"csrf_token": token, "credential": credential})


def add(browser: FlaskClient, key: Authenticator) -> TestResponse:
    options = options_of(browser, SECURITY, f"{SECURITY}/cles/options")
    return send(browser, SECURITY, f"{SECURITY}/cles", key.create(options))


def waiting(app: Flask, person: User) -> FlaskClient:
    """Return a browser in which she has given her password."""
    browser = app.test_client()
    first = post(browser, "/connexion", email=person.email, password=factories.PASSWORD)
    assert first.location == VERIFY
    return browser


def sign(browser: FlaskClient, key: Authenticator) -> TestResponse:
    options = options_of(browser, VERIFY, f"{VERIFY}/cle/options")
    return send(browser, VERIFY, f"{VERIFY}/cle", key.get(options))


@pytest.fixture
def key() -> Authenticator:
    return Authenticator()


@pytest.fixture
def person(app: Flask, key: Authenticator) -> User:
    """Return a recruiter who has made a passkey."""
    person = factories.user(Role.RECRUITER)
    page = add(factories.signed_in_client(app, person), key)
    assert "Vos codes à garder sur papier" in page.text
    return person


def test_a_passkey_opens_the_account_after_the_password(
    app: Flask, person: User, key: Authenticator
) -> None:
    browser = waiting(app, person)
    assert not signed_in(browser)

    assert sign(browser, key).status_code == 303

    assert signed_in(browser)


def test_the_key_of_another_person_opens_nothing(
    app: Flask, person: User, key: Authenticator
) -> None:
    other = Authenticator()
    stranger = factories.user(Role.RECRUITER)
    add(factories.signed_in_client(app, stranger), other)
    browser = waiting(app, person)

    page = sign(browser, other)

    assert page.status_code == 422
    assert "n’est pas reconnue" in page.text
    assert not signed_in(browser)


def test_a_signature_serves_once(app: Flask, person: User, key: Authenticator) -> None:
    browser = waiting(app, person)
    credential = key.get(options_of(browser, VERIFY, f"{VERIFY}/cle/options"))
    send(browser, VERIFY, f"{VERIFY}/cle", credential)
    assert signed_in(browser)
    again = waiting(app, person)
    options_of(again, VERIFY, f"{VERIFY}/cle/options")

    assert send(again, VERIFY, f"{VERIFY}/cle", credential).status_code == 422
    assert not signed_in(again)


def test_a_signature_made_on_a_false_site_opens_nothing(
    app: Flask, person: User, key: Authenticator
) -> None:
    key.origin = "https://prendre-soin.example.net"
    browser = waiting(app, person)

    assert sign(browser, key).status_code == 422
    assert not signed_in(browser)


def test_a_copied_key_that_counts_less_is_refused(
    app: Flask, person: User, key: Authenticator
) -> None:
    key.uses = 10
    assert sign(waiting(app, person), key).status_code == 303
    key.uses = 3

    assert sign(waiting(app, person), key).status_code == 422


@pytest.mark.parametrize(
    "credential", ["", "{}", "[]", "null", "x" * 30_000, '{"id": 1}', "\x00", '{"id":"a"}']
)
def test_nonsense_opens_nothing_and_breaks_nothing(
    app: Flask, person: User, credential: str
) -> None:
    browser = waiting(app, person)
    options_of(browser, VERIFY, f"{VERIFY}/cle/options")
    assert send(browser, VERIFY, f"{VERIFY}/cle", credential).status_code == 422
    assert not signed_in(browser)
    own = factories.signed_in_client(app, person)
    options_of(own, SECURITY, f"{SECURITY}/cles/options")
    assert send(own, SECURITY, f"{SECURITY}/cles", credential).status_code == 303
    assert len(db.session.scalars(select(Passkey)).all()) == 1


def test_a_key_cannot_be_added_without_its_challenge(app: Flask, key: Authenticator) -> None:
    browser = factories.signed_in_client(app, factories.user(Role.RECRUITER))
    options = options_of(browser, SECURITY, f"{SECURITY}/cles/options")
    credential = key.create(options)
    send(browser, SECURITY, f"{SECURITY}/cles", credential)
    send(browser, SECURITY, f"{SECURITY}/cles", credential)
    other = Authenticator()
    send(browser, SECURITY, f"{SECURITY}/cles", other.create(options))

    assert len(db.session.scalars(select(Passkey)).all()) == 1


def test_a_paper_code_removes_a_lost_key(app: Flask, person: User) -> None:
    code = second_factor.new_recovery_codes(person)[0]
    db.session.commit()
    passkey = db.session.scalars(select(Passkey)).one()
    browser = factories.signed_in_client(app, person)
    path = f"{SECURITY}/cles/{passkey.id}/retirer"
    token = csrf_of(browser, SECURITY)
    assert browser.post(path, data={"csrf_token": token, "code": "AAAAA"}).status_code == 422

    assert browser.post(path, data={"csrf_token": token, "code": code}).status_code == 303

    assert not second_factor.has_factor(person)
    assert db.session.scalars(select(RecoveryCode)).all() == []


def test_the_key_of_another_person_cannot_be_removed(app: Flask, person: User) -> None:
    passkey = db.session.scalars(select(Passkey)).one()
    stranger = factories.signed_in_client(app, factories.user(Role.RECRUITER))
    token = csrf_of(stranger, SECURITY)

    answer = stranger.post(
        f"{SECURITY}/cles/{passkey.id}/retirer", data={"csrf_token": token, "code": "123456"}
    )

    assert answer.status_code == 404
    assert db.session.scalars(select(Passkey)).one() is passkey


def test_signing_in_with_a_key_needs_a_password_first(app: Flask) -> None:
    browser = app.test_client()
    token = csrf_of(browser, "/connexion")

    options = browser.post(f"{VERIFY}/cle/options", headers={"X-CSRFToken": token})

    assert options.status_code == 409
    assert send(browser, "/connexion", f"{VERIFY}/cle", "{}").location.startswith("/connexion")
