"""Redirects stay on the site; every answer carries its guards."""

from __future__ import annotations

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.core.security import safe_next


@pytest.mark.parametrize(
    "target",
    [
        None,
        "",
        "//evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "https:evil.example",
        "https://evil.example",
        "javascript:alert(1)",
        "/ok\r\nLocation: https://evil.example",
        "recruter",
        "/a\\..\\b",
    ],
)
def test_a_redirect_never_leaves_the_site(target: str | None) -> None:
    assert safe_next(target, "/") == "/"


@pytest.mark.parametrize("target", ["/", "/recruter/", "/recherche?q=aide+soignant&page=2"])
def test_a_path_of_the_site_is_kept(target: str) -> None:
    assert safe_next(target, "/") == target


def test_the_policy_allows_nothing_inline_and_nothing_elsewhere(client: FlaskClient) -> None:
    policy = client.get("/health/live").headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "http" not in policy


def test_an_unknown_address_gets_a_french_page(client: FlaskClient) -> None:
    answer = client.get("/n-existe-pas")
    assert answer.status_code == 404
    assert "X-Content-Type-Options" in answer.headers


def test_a_host_that_is_not_ours_is_refused(
    client: FlaskClient, app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(app.config, "TRUSTED_HOSTS", ["localhost"])
    answer = client.get("/recherche", headers={"Host": "evil.example"})
    assert answer.status_code == 400
    assert "evil" not in answer.text


@pytest.mark.parametrize(
    "path", ["/equipe/annonces/{}", "/recruter/annonces/{}", "/emplois/{}-x", "/api/v1/listings/{}"]
)
def test_a_number_that_no_row_can_have_is_unknown(client: FlaskClient, path: str) -> None:
    assert client.get(path.format(2**31)).status_code == 404


def test_a_write_coming_from_another_site_is_refused(client: FlaskClient) -> None:
    answer = client.post("/deconnexion", headers={"Sec-Fetch-Site": "cross-site"})
    assert answer.status_code == 403


def test_nothing_sets_a_cookie_before_it_is_needed(client: FlaskClient) -> None:
    for path in ("/", "/recherche?q=infirmier", "/mentions-legales"):
        assert "Set-Cookie" not in client.get(path).headers
