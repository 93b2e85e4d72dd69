"""What is refused is refused to all alike, and logged without any personal datum."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.accounts import services
from app.accounts.enums import Role
from app.core import outbox
from app.core.database import db
from tests import factories
from tests.accounts.browser import post
from tests.security.test_csrf import fingerprint
from tests.security.test_matrix import PRIVATE, SECRET_WORDS, World, calls

SignIn = Callable[..., FlaskClient]


@pytest.fixture
def lines(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """Return what sign-in and the guards log, whatever the level of the tests."""
    kept: list[dict[str, Any]] = []

    class Log:
        def info(self, event: str, **fields: Any) -> None:
            kept.append({"event": event} | fields)

        warning = info

    for where in ("app.core.permissions", "app.core.errors", "app.accounts.views.sign_in"):
        monkeypatch.setattr(f"{where}.log", Log())
    return kept


def test_a_counsellor_and_a_candidate_reach_nobody(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All that is about people is closed to a counsellor, but those she takes care of."""
    monkeypatch.setitem(app.config, "WTF_CSRF_ENABLED", False)
    world = World(app)
    for role in (Role.COUNSELLOR, Role.CANDIDATE):
        browser = factories.signed_in_client(app, factories.user(role))
        before = fingerprint()
        for endpoint in PRIVATE:
            if endpoint.startswith(("account.", "own_account.")):
                continue
            for rule, method in calls(app, endpoint):
                answer = browser.open(world.url(rule), method=method)
                # Her list, which holds nobody of another's; and that somebody was quicker.
                hers = {"relays.index": 200, "relays.take": 303}
                expected = hers.get(endpoint, 404) if role == Role.COUNSELLOR else 404
                assert answer.status_code == expected, rule.rule
                assert not any(word in answer.text for word in SECRET_WORDS), rule.rule
        assert fingerprint() == before


def test_what_a_person_may_not_have_is_logged_without_its_address(
    app: Flask, sign_in: SignIn, lines: list[dict[str, Any]]
) -> None:
    world, person = World(app), factories.user()
    browser = sign_in(person)
    browser.get(f"/recruter/candidatures/{world.application.id}?nom=secret")
    browser.get("/equipe/annonces")
    browser.get("/recruter/annonces/")
    refused = [line for line in lines if line["event"] == "access_refused"]
    assert [(line["endpoint"], line["user_id"]) for line in refused] == [
        ("recruiter.application_show", person.id),
        ("moderation.index", person.id),
    ]
    assert "secret" not in str(lines)
    assert person.email not in str(lines)


def test_sign_ins_are_logged_good_and_bad_without_who_was_tried(
    client: FlaskClient, lines: list[dict[str, Any]]
) -> None:
    person = factories.user(email="nora@example.org")
    post(client, "/connexion", email="nora@example.org", password="faux mot de passe")
    post(client, "/connexion/lien/inconnu")
    post(client, "/connexion", email="nora@example.org", password=factories.PASSWORD)
    told = [(line["event"], line.get("by"), line.get("user_id")) for line in lines]
    assert told == [
        ("sign_in_refused", "password", None),
        ("sign_in_refused", "link", None),
        ("first_factor_taken", "password", person.id),
        ("signed_in", None, person.id),
    ]
    assert "nora" not in str(lines)


def test_forged_forms_and_limits_are_logged(
    client: FlaskClient, lines: list[dict[str, Any]], app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    client.post("/connexion", data={"email": "nora@example.org"})
    client.post("/connexion", headers={"Sec-Fetch-Site": "cross-site"})
    monkeypatch.setitem(app.config, "API_RATE_LIMIT", "1 per hour")
    for _turn in range(2):
        client.get("/api/v1/paths", environ_base={"REMOTE_ADDR": "198.51.100.77"})

    told = [(line["event"], line["endpoint"]) for line in lines]
    assert ("form_refused", "accounts.sign_in") in told
    assert "limit_reached" in {event for event, _endpoint in told}
    assert "nora" not in str(lines)


def test_as_much_work_is_done_for_an_address_nobody_has(
    monkeypatch: pytest.MonkeyPatch, now: Any
) -> None:
    factories.user(email="connue@example.org")
    factories.user(email="sans-mot-de-passe@example.org", password=None)
    factories.user(email="suspendue@example.org", active=False)
    done: list[str] = []
    verify = services._hasher.verify

    class Counting:
        """The hasher, which writes down what it is given to check."""

        def verify(self, known: str, password: str) -> bool:
            done.append(known.split("$")[3])
            return verify(known, password)

    monkeypatch.setattr(services, "_hasher", Counting())
    for name in ("connue", "inconnue", "suspendue", "sans-mot-de-passe"):
        keys = services.attempt_keys("secret", "password", name, name)
        assert services.check_password(f"{name}@example.org", "x", keys=keys, now=now) is None
    # One hash each, of the same cost.
    assert done == ["m=19456,t=2,p=1"] * 4


def test_asking_a_link_writes_the_same_whether_the_address_is_known(client: FlaskClient) -> None:
    factories.user(email="connue@example.org")
    factories.user(email="suspendue@example.org", active=False)
    pages = set()
    for name in ("connue", "suspendue", "inconnue"):
        before = db.session.query(outbox.OutboxEvent).count()
        answer = post(client, "/connexion/lien", email=f"{name}@example.org")
        assert db.session.query(outbox.OutboxEvent).count() == before + 1
        pages.add((answer.status_code, answer.location, client.get(answer.location).text))
    assert len({page[:2] for page in pages}) == 1
    assert not any("example.org" in page[2] for page in pages)


@pytest.mark.parametrize("broken", ["policy", "person", "refusal"])
def test_a_guard_that_breaks_lets_nobody_in(
    app: Flask, sign_in: SignIn, broken: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = World(app)
    browser = sign_in(world.member)

    def fail(*_args: object, **_values: object) -> Any:
        raise RuntimeError

    target = {
        "policy": "app.core.permissions.policy_of",
        "person": "app.accounts.queries.session_user",
        "refusal": "app.applications.queries.of_member",
    }[broken]
    monkeypatch.setattr(target, fail)
    answer = browser.get(f"/recruter/candidatures/{world.application.id}")
    assert answer.status_code == 500
    assert "Samira" not in answer.text
