"""S10: whoever forges where a request comes from, or for which host, moves nothing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select
from werkzeug.middleware.proxy_fix import ProxyFix

from app.accounts.models import SignInAttempt
from app.core.database import db
from app.core.jobs import jobs
from tests import factories
from tests.accounts.browser import csrf_of

FORGED = {
    "X-Forwarded-Host": "evil.example",
    "X-Forwarded-Proto": "http",
    "X-Forwarded-Server": "evil.example",
    "X-Original-URL": "/equipe/annonces",
    "X-Rewrite-URL": "/equipe/annonces",
    "Forwarded": "for=127.0.0.1;host=evil.example;proto=https",
    "X-Host": "evil.example",
}


@pytest.fixture
def behind_a_proxy(app: Flask) -> Iterator[Flask]:
    """Trust one proxy in front, as PROXY_HOPS=1 does."""
    plain = app.wsgi_app
    app.wsgi_app = ProxyFix(plain, x_for=1, x_proto=1, x_host=1)  # type: ignore[method-assign]
    yield app
    app.wsgi_app = plain  # type: ignore[method-assign]


def ask_link(app: Flask, headers: dict[str, str], email: str = "nora@example.org") -> int:
    browser = app.test_client()
    data = {"csrf_token": csrf_of(browser, "/connexion/lien"), "email": email}
    return browser.post("/connexion/lien", data=data, headers=headers).status_code


def test_the_link_of_a_message_is_always_the_one_of_the_site(app: Flask, smtp: Any) -> None:
    factories.user(email="nora@example.org")

    assert ask_link(app, FORGED) == 303
    jobs.drain()

    (message,) = smtp.messages
    for part in message.iter_parts():
        assert "http://localhost/connexion/lien/" in part.get_content()
        assert "evil" not in part.get_content()


def test_a_forged_host_is_refused_before_anything_is_sent(
    app: Flask, smtp: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    factories.user(email="nora@example.org")
    browser = app.test_client()
    data = {"csrf_token": csrf_of(browser, "/connexion/lien"), "email": "nora@example.org"}
    monkeypatch.setitem(app.config, "TRUSTED_HOSTS", ["localhost"])

    for host in ("evil.example", "localhost.evil.example", "localhost:80@evil.example", "evil"):
        answer = browser.post("/connexion/lien", data=data, headers={"Host": host})
        assert answer.status_code == 400, host
        assert "evil" not in answer.text
    jobs.drain()
    assert smtp.messages == []


def test_a_proxy_that_is_trusted_names_a_host_that_is_ours_or_none(
    behind_a_proxy: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(behind_a_proxy.config, "TRUSTED_HOSTS", ["localhost"])
    answer = behind_a_proxy.test_client().get("/", headers={"X-Forwarded-Host": "evil.example"})
    assert answer.status_code == 400


def test_no_header_leads_to_another_page(app: Flask) -> None:
    answer = app.test_client().get("/mentions-legales", headers=FORGED)
    assert answer.status_code == 200
    assert "Mentions légales" in answer.text


def wrong_password(app: Flask, number: int, headers: dict[str, str]) -> int:
    browser = app.test_client()
    data = {"csrf_token": csrf_of(browser, "/connexion/lien")}
    data |= {"email": f"personne{number}@example.org", "password": "faux mot de passe"}
    return browser.post("/connexion", data=data, headers=headers).status_code


def test_without_a_proxy_a_forged_address_is_not_believed(app: Flask) -> None:
    statuses = [
        wrong_password(app, number, {"X-Forwarded-For": f"192.0.2.{number}"})
        for number in range(11)
    ]
    assert statuses == [422] * 10 + [429]


def test_behind_a_proxy_only_what_it_writes_is_believed(behind_a_proxy: Flask) -> None:
    statuses = [
        # The proxy adds the real address last; what comes before was typed by the visitor.
        wrong_password(
            behind_a_proxy, number, {"X-Forwarded-For": f"192.0.2.{number}, 198.51.100.7"}
        )
        for number in range(11)
    ]
    assert statuses == [422] * 10 + [429]
    # Each try counts for its account and for one address: the same for all.
    counts = db.session.scalars(
        select(func.count()).select_from(SignInAttempt).group_by(SignInAttempt.key)
    ).all()
    assert sorted(counts) == [1] * 10 + [10]


def test_behind_a_proxy_two_visitors_are_two(behind_a_proxy: Flask) -> None:
    for number in range(10):
        wrong_password(behind_a_proxy, number, {"X-Forwarded-For": "198.51.100.7"})
    assert wrong_password(behind_a_proxy, 11, {"X-Forwarded-For": "198.51.100.8"}) == 422
