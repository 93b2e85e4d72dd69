"""What protects an account is not turned against it: old secrets, open browsers, changed keys."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pyotp
import pytest
from flask import Flask
from sqlalchemy import select

from app.accounts import second_factor
from app.accounts.models import LoginSession, SecondFactor
from app.core.database import db
from tests import factories
from tests.accounts.browser import csrf_of

SECURITY = "/connexion/securite"
OLD, NEW = "une clé d’avant, assez longue", "une clé nouvelle, assez longue"


def protected(now: dt.datetime) -> tuple[Any, SecondFactor]:
    """Return a person with an application of codes."""
    person = factories.user()
    second_factor.set_up_app(person, now)
    factor = db.session.get_one(SecondFactor, person.id)
    factor.confirmed_at = now
    db.session.flush()
    return person, factor


def test_secret_shown_and_never_confirmed_is_drawn_again(now: dt.datetime) -> None:
    person = factories.user()
    second_factor.set_up_app(person, now)
    factor = db.session.get_one(SecondFactor, person.id)
    seen = second_factor.app_secret(factor)

    second_factor.set_up_app(person, now)

    assert second_factor.app_secret(factor) != seen
    assert second_factor.confirm_app(person, pyotp.TOTP(seen).at(now), now) is None


def test_confirmed_secret_is_kept(now: dt.datetime) -> None:
    person, factor = protected(now)
    kept = second_factor.app_secret(factor)
    second_factor.set_up_app(person, now)
    assert second_factor.app_secret(factor) == kept


@pytest.mark.parametrize("path", ["/application", "/cles", "/cles/options"])
def test_browser_left_open_adds_no_proof_to_a_protected_account(
    path: str, now: dt.datetime, sign_in: Any
) -> None:
    person, _factor = protected(now)
    browser = sign_in(person)
    token = csrf_of(browser, SECURITY)
    opened = db.session.scalars(select(LoginSession).where(LoginSession.user_id == person.id)).one()
    opened.created_at = now - dt.timedelta(minutes=11)
    db.session.commit()

    answer = browser.post(f"{SECURITY}{path}", data={"csrf_token": token, "credential": "{}"})

    assert answer.status_code in {303, 409}
    asked = f"/connexion/confirmer?next={SECURITY}"  # or the page itself: she has an application
    assert answer.headers.get("Location", asked) in {asked, SECURITY}
    assert opened.challenge is None
    page = browser.get(SECURITY).get_data(as_text=True)
    assert "Confirmer que c’est moi" in page
    assert "Ajouter une clé" not in page


def test_key_of_the_site_may_change_once_people_have_signed_in(
    app: Flask, monkeypatch: pytest.MonkeyPatch, now: dt.datetime
) -> None:
    monkeypatch.setitem(app.config, "SECRET_KEY", OLD)
    person, factor = protected(now)
    paper, _second = second_factor.new_recovery_codes(person)[:2]
    totp = pyotp.TOTP(second_factor.app_secret(factor))

    monkeypatch.setitem(app.config, "SECRET_KEY", NEW)
    monkeypatch.setitem(app.config, "SECRET_KEY_FALLBACKS", [OLD])
    assert second_factor.takes_code(person, paper, now)
    assert second_factor.takes_code(person, totp.at(now), now)

    monkeypatch.setitem(app.config, "SECRET_KEY_FALLBACKS", [])
    later = now + dt.timedelta(minutes=5)
    assert second_factor.takes_code(person, totp.at(later), later)


def test_unconfirmed_secret_under_a_lost_key_is_drawn_again(
    app: Flask, monkeypatch: pytest.MonkeyPatch, now: dt.datetime
) -> None:
    person = factories.user()
    monkeypatch.setitem(app.config, "SECRET_KEY", OLD)
    second_factor.set_up_app(person, now)
    monkeypatch.setitem(app.config, "SECRET_KEY", NEW)
    assert second_factor.unconfirmed_app(person) is None

    second_factor.set_up_app(person, now)

    assert second_factor.unconfirmed_app(person) is not None
