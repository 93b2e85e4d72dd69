"""The headers of every answer of every route, to strangers and to people signed in."""

from __future__ import annotations

import re
from typing import Any

import pytest
from flask import Flask

from app.accounts.enums import Role
from app.core.security import CONTENT_SECURITY_POLICY, HEADERS
from tests import factories
from tests.security.test_matrix import POLICIES, PUBLIC, World

# A page with a secret address tells it to nobody; what anybody may read, other sites may read.
STRICTER = {
    "Referrer-Policy": {"no-referrer", "same-origin"},
    "Content-Security-Policy": {"default-src 'none'; sandbox"},
}
OPEN_TO_SITES = {"Cross-Origin-Resource-Policy": "cross-origin", "Access-Control-Allow-Origin": "*"}
# What says which program answers, and of which age.
STYLES = "/static/css/site.css"
TELLING = {"Server", "X-Powered-By", "X-AspNet-Version", "Via"}


def test_the_policy_lets_nothing_in_but_ours() -> None:
    directives = dict(part.split(" ", 1) for part in CONTENT_SECURITY_POLICY.split("; "))
    assert directives.pop("default-src") == "'none'"
    assert {directives.pop(name) for name in ("base-uri", "object-src", "frame-ancestors")} == {
        "'none'"
    }
    assert set(directives.values()) == {"'self'"}


@pytest.fixture
def world(app: Flask) -> World:
    return World(app)


def test_every_answer_has_its_headers(app: Flask, world: World) -> None:
    nobody = app.test_client()
    member = factories.signed_in_client(app, world.member)
    team = factories.signed_in_client(app, factories.user(Role.ADMIN))
    seen: set[str] = set()
    for rule in app.url_map.iter_rules():
        for method in sorted((rule.methods or set()) & {"GET", "POST"}):
            policy = POLICIES.get(rule.endpoint, PUBLIC)
            person = team if policy and Role.ADMIN in policy else member
            for browser in {nobody, person} if method == "GET" else {nobody}:
                path = STYLES if rule.endpoint == "static" else world.url(rule)
                with browser.open(path, method=method) as answer:
                    check(answer, private=browser is not nobody, written=method == "POST")
                seen.add(rule.endpoint)
    assert seen == {rule.endpoint for rule in app.url_map.iter_rules()}


@pytest.mark.parametrize(
    "path", ["/rien", "/api/v1/rien", "/static/rien.css", "/equipe/", "/emplois/0-x"]
)
def test_an_error_has_them_too(app: Flask, path: str) -> None:
    with app.test_client().get(path) as answer:
        check(answer, private=False, written=False)


def check(answer: Any, *, private: bool, written: bool) -> None:
    """Fail if a header lacks, or says too much."""
    where, headers = answer.request.path, answer.headers
    for name, value in HEADERS.items():
        others = {OPEN_TO_SITES.get(name)} if where.startswith("/api/v1/") else set()
        others |= STRICTER.get(name, set())
        if where.startswith("/donnees/"):
            others.add(OPEN_TO_SITES.get(name))
        assert headers[name] in {value} | others, (where, name)
    assert not TELLING & set(headers.keys()), where
    assert len(headers.getlist("Content-Security-Policy")) == 1, where
    kept = headers["Cache-Control"]
    if (private or written) and answer.mimetype == "text/html":
        assert "no-store" in kept or "private" in kept, where
    if "Access-Control-Allow-Origin" in headers:
        assert headers["Access-Control-Allow-Origin"] == "*", where
        assert "Access-Control-Allow-Credentials" not in headers, where
        assert "Set-Cookie" not in headers, where
    for cookie in headers.getlist("Set-Cookie"):
        assert re.search(r";\s*HttpOnly", cookie), where
        assert re.search(r";\s*SameSite=(Lax|Strict)", cookie), where
    if answer.mimetype in {"text/html", "text/plain"}:
        assert "charset=utf-8" in answer.content_type, where
