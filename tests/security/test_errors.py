"""When something breaks, the door stays closed and the page says nothing of the inside."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.exc import IntegrityError

from app.core import permissions
from app.core.database import db
from app.core.logging import frames
from tests import factories


@pytest.fixture
def broken(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Flask:
    """Make a page fail with a message that holds a secret."""

    def fail() -> Any:
        raise RuntimeError("mot de passe : tres-secret")

    monkeypatch.setitem(app.view_functions, "main.legal", permissions.public(fail))
    return app


def test_an_unexpected_error_shows_an_incident_and_nothing_else(broken: Flask) -> None:
    answer = broken.test_client().get("/mentions-legales")
    assert answer.status_code == 500
    assert "tres-secret" not in answer.text
    assert "Traceback" not in answer.text
    assert "Content-Security-Policy" in answer.headers


def test_what_is_logged_of_an_error_says_where_and_never_what_was_written() -> None:
    twice = [factories.application(factories.listing(), first_name="Lila") for _ in range(2)]
    twice[1].reference = twice[0].reference
    with pytest.raises(IntegrityError) as refused:
        db.session.flush()

    told = frames(refused.value)

    assert "IntegrityError" in told
    assert __name__.rpartition(".")[2] in told
    assert twice[0].reference not in told
    # Where a message is shown all the same, the values of the statement are not part of it.
    assert "Lila" not in str(refused.value)


def test_a_policy_that_fails_denies(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_args: object) -> None:
        raise RuntimeError

    monkeypatch.setattr(permissions, "policy_of", fail)
    assert app.test_client().get("/mentions-legales").status_code == 500


def test_a_view_without_policy_does_not_exist(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(app.view_functions, "main.legal", lambda: "ouvert")
    assert app.test_client().get("/mentions-legales").status_code == 404


@pytest.mark.parametrize(
    "path",
    ["/console", "/.git/config", "/metrics", "/admin", "/api/v1/nothing", "/static/../config.py"],
)
def test_what_attackers_look_for_is_not_there(client: FlaskClient, path: str) -> None:
    assert client.get(path).status_code == 404


def test_a_form_too_big_is_refused_in_french(client: FlaskClient) -> None:
    answer = client.post("/connexion", data={"email": "x" * 10_000_000})
    assert answer.status_code == 413
    assert "lourd" in answer.text or "grand" in answer.text or "volumineux" in answer.text


def test_a_form_with_thousands_of_fields_is_refused(client: FlaskClient) -> None:
    answer = client.post("/connexion", data={f"champ{number}": "x" for number in range(5000)})
    assert answer.status_code in {400, 413}


@pytest.mark.parametrize(
    "path",
    [
        "/recherche?page=1000000000",
        "/recherche?q=%ff%fe&ou=%ff",
        "/recherche?type=x&contrat=%22%20OR%201=1&rayon=-1&depuis=abc&tri=z",
        "/recherche?q=" + "a" * 5000,
        "/emplois/99999999999999999999-x",
        "/emplois/0-x",
        "/lieux?q=" + "%00" * 50,
        "/candidature/PS-XXXX-XXXX",
        "/candidature/%ff",
    ],
)
def test_hostile_addresses_get_a_page_never_an_error(client: FlaskClient, path: str) -> None:
    assert client.get(path).status_code in {200, 301, 302, 303, 400, 404}
