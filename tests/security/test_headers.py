"""What every answer carries (S05, S14), and what no cache may keep (S16)."""

from __future__ import annotations

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.accounts.enums import Role
from app.core.security import HEADERS
from tests import factories
from tests.security.test_matrix import PRIVATE, World, calls

SECURE = {"wsgi.url_scheme": "https"}
# A page that a cache could take for a file, if the site answered to it.
DISGUISES = ("x.css", "x.js", "%2e%2e/x.css", ";x.css", "%0ax.css")


@pytest.fixture
def world(app: Flask) -> World:
    return World(app)


@pytest.fixture
def browsers(app: Flask, world: World) -> list[FlaskClient]:
    """Return a visitor, a member in front of what is hers, and an administrator."""
    return [
        app.test_client(),
        factories.signed_in_client(app, world.member),
        factories.signed_in_client(app, factories.user(Role.ADMIN)),
    ]


def test_every_answer_carries_its_guards(
    app: Flask, world: World, browsers: list[FlaskClient]
) -> None:
    for rule in app.url_map.iter_rules():
        if "GET" not in (rule.methods or set()) or rule.endpoint == "static":
            continue
        for browser in browsers:
            answer = browser.get(world.url(rule), environ_overrides=SECURE)
            told = answer.headers
            for name in HEADERS:
                assert name in told, (rule.rule, name)
            policy = told["Content-Security-Policy"]
            assert policy.startswith("default-src 'none'"), rule.rule
            assert "unsafe" not in policy, rule.rule
            assert told["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains"
            assert told["X-Content-Type-Options"] == "nosniff"
            assert "Server" not in told
            assert "X-Powered-By" not in told
            kind = told.get("Content-Type", "")
            assert not kind.startswith("text/") or "charset=utf-8" in kind.lower(), rule.rule
            other_sites = told.get("Access-Control-Allow-Origin")
            # Other sites read the public API and the open data, and nothing else.
            open_to_all = rule.rule.startswith(("/api/", "/donnees-ouvertes/"))
            assert other_sites is None or open_to_all, rule.rule


def test_only_the_public_interface_is_open_to_other_sites(client: FlaskClient) -> None:
    answer = client.get("/api/v1/listings", headers={"Origin": "https://evil.example"})
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert "Access-Control-Allow-Credentials" not in answer.headers


def test_what_is_private_is_kept_by_no_cache(
    app: Flask, world: World, browsers: list[FlaskClient]
) -> None:
    for endpoint in PRIVATE:
        # A visitor is only led to the sign-in page.
        for browser in browsers[1:]:
            for rule, method in calls(app, endpoint):
                answer = browser.open(world.url(rule), method=method)
                assert answer.headers["Cache-Control"] == "no-store", (rule.rule, method)


def test_a_public_page_is_not_kept_once_somebody_is_there(
    world: World, browsers: list[FlaskClient]
) -> None:
    for path in ("/", "/recherche", world.listing.path, "/mentions-legales"):
        # The same address says more to who is signed in: her name must reach nobody else.
        assert browsers[1].get(path).headers["Cache-Control"] == "no-store", path
        assert "public" not in browsers[0].get(path).headers["Cache-Control"], path


@pytest.mark.parametrize("disguise", DISGUISES)
def test_a_private_page_disguised_as_a_file_is_not_there(
    world: World, browsers: list[FlaskClient], disguise: str
) -> None:
    pages = [
        "/recruter/",
        "/recruter/annonces/",
        f"/recruter/candidatures/{world.application.id}",
        "/connexion/securite",
        "/equipe/consultations",
        f"/candidature/{world.application.reference}",
    ]
    for page in pages:
        for browser in browsers:
            answer = browser.get(f"{page.rstrip('/')}/{disguise}")
            assert answer.status_code in {404, 308}, page
            assert world.application.first_name not in answer.text


def test_cookies_cannot_be_read_nor_sent_from_elsewhere(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(app.config, "SESSION_COOKIE_SECURE", True)
    monkeypatch.setitem(app.config, "SESSION_COOKIE_NAME", "__Host-session")
    answer = app.test_client().get("/connexion", base_url="https://localhost")
    (cookie,) = answer.headers.getlist("Set-Cookie")
    assert cookie.startswith("__Host-session=")
    for attribute in ("Secure", "HttpOnly", "SameSite=Lax", "Path=/"):
        assert attribute in cookie
    assert "Domain" not in cookie


def test_leaving_empties_what_the_browser_kept(browsers: list[FlaskClient], app: Flask) -> None:
    app.config["WTF_CSRF_ENABLED"] = False
    answer = browsers[1].post("/deconnexion")
    app.config["WTF_CSRF_ENABLED"] = True
    assert answer.headers["Clear-Site-Data"] == '"cache", "storage"'


@pytest.mark.parametrize("method", ["TRACE", "TRACK", "DEBUG", "CONNECT", "PUT", "DELETE", "PATCH"])
def test_no_route_answers_to_other_methods(client: FlaskClient, method: str) -> None:
    for path in ("/", "/connexion", "/recherche", "/api/v1/listings"):
        assert client.open(path, method=method).status_code in {403, 405}, path
