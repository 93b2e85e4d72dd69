"""Choosing a password: hard to guess, of any composition, and the other browsers are closed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest
from bs4 import BeautifulSoup
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from app.accounts import services
from app.accounts.models import KnownDevice
from app.accounts.passwords import is_guessable
from app.core.database import db
from app.core.outbox import OutboxEvent
from tests import factories
from tests.accounts.browser import csrf_of, signed_in

PATH = "/connexion/securite/mot-de-passe"
GOOD = "girafe-violon-marmite-tunnel"
SignIn = Callable[..., FlaskClient]


def change(browser: FlaskClient, new: str, current: str = factories.PASSWORD) -> TestResponse:
    data = {"csrf_token": csrf_of(browser, PATH), "current": current, "new": new}
    return browser.post(PATH, data=data)


def opens(email: str, password: str, now: dt.datetime) -> bool:
    return services.check_password(email, password, keys=("a", "b"), now=now) is not None


def test_a_password_is_changed_and_closes_the_other_browsers(
    sign_in: SignIn, now: dt.datetime
) -> None:
    person = factories.user(email="nora@example.org")
    browser, other = sign_in(person), sign_in(person)
    db.session.add(
        KnownDevice(user_id=person.id, token_hash="x", expires_at=now + dt.timedelta(days=1))
    )

    assert change(browser, GOOD).status_code == 303

    assert (signed_in(browser), signed_in(other)) == (True, False)
    assert db.session.query(KnownDevice).count() == 0
    assert opens("nora@example.org", GOOD, now)
    assert not opens("nora@example.org", factories.PASSWORD, now)
    told = db.session.scalars(select(OutboxEvent)).one()
    assert told.payload["change"] == "password_changed"
    assert GOOD not in str(told.payload)


def test_the_one_before_is_asked(sign_in: SignIn, now: dt.datetime) -> None:
    person = factories.user(email="nora@example.org")
    browser = sign_in(person)

    for _turn in range(11):
        answer = change(browser, GOOD, current="faux mot de passe")
        assert answer.status_code == 422
    assert "Trop d’essais" in answer.text
    assert opens("nora@example.org", factories.PASSWORD, now)


def test_who_has_none_chooses_one(sign_in: SignIn, now: dt.datetime) -> None:
    person = factories.user(email="nora@example.org", password=None)
    browser = sign_in(person)
    assert "actuel" not in browser.get(PATH).text

    assert change(browser, GOOD, current="").status_code == 303
    assert opens("nora@example.org", GOOD, now)


@pytest.mark.parametrize(
    "guessable",
    [
        "court",
        "123456789012",
        "password1234",
        "motdepasse2026",
        "azertyuiop123",
        "aaaaaaaaaaaaaaaa",
        "prendresoin69",
        "prendre-soin-lyon",
        "nora.benali2026",
        "iloveyou1234",
        "soignante2026",
    ],
)
def test_what_can_be_guessed_is_refused_in_words(sign_in: SignIn, guessable: str) -> None:
    person = factories.user(email="nora.benali@example.org", name="Nora Benali")

    answer = change(sign_in(person), guessable)

    assert answer.status_code == 422
    assert "douze caractères" in answer.text or "se devine" in answer.text
    assert guessable not in answer.text


@pytest.mark.parametrize(
    "password",
    [
        GOOD,
        "quatre mots sans lien aucun",
        "ÉTÉ çà œuf ñandú 雪 🌿🌿",
        "kJ8#vQ2!zR5%",
        "wjfkqpzmtyvb",
        " ".join(f"{word}{number}" for number, word in enumerate(GOOD.split("-") * 5)),
        "correct cheval agrafe pile " + "x" * 60,
    ],
)
def test_any_composition_is_taken(sign_in: SignIn, password: str) -> None:
    assert len(password) >= services.PASSWORD_MIN_LENGTH
    assert change(sign_in(factories.user()), password).status_code == 303


def test_a_password_is_checked_as_it_was_typed(sign_in: SignIn, now: dt.datetime) -> None:
    factories.user(email="nora@example.org")
    person = services.user_by_email("nora@example.org")
    typed = " girafe violon marmite tunnel "
    assert change(sign_in(person), typed).status_code == 303

    assert opens("nora@example.org", typed, now)
    for other in (typed.strip(), typed.upper(), typed[:-1]):
        assert not opens("nora@example.org", other, now)


def test_the_fields_are_masked_and_take_what_managers_write(sign_in: SignIn) -> None:
    page = BeautifulSoup(sign_in(factories.user()).get(PATH).text, "lxml")
    known = {str(f["name"]): f for f in page.select("main input[type=password]")}
    assert known["current"]["autocomplete"] == "current-password"
    assert known["new"]["autocomplete"] == "new-password"
    for field in known.values():
        assert not {"onpaste", "pattern", "readonly"} & set(field.attrs)
        assert not field.get("value")
        assert int(str(field["maxlength"])) >= 64


def test_a_stolen_session_changes_no_password(
    app: Flask, sign_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(app.config, "SECOND_FACTOR", True)
    person = factories.user()
    browser = sign_in(person)
    person.sessions[0].created_at -= dt.timedelta(minutes=11)
    db.session.commit()

    assert browser.get(PATH).location.startswith("/connexion/confirmer")


def test_a_very_long_password_is_read_in_a_moment(app: Flask) -> None:
    assert not is_guessable("girafe violon marmite " * 9, factories.user())
