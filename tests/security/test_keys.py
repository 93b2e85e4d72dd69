"""S18: the key of the site changes without putting anyone out, and is written nowhere."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest
from flask import Flask

from app.accounts.enums import Role
from app.accounts.models import User
from app.core.database import db
from tests import factories
from tests.accounts.browser import signed_in
from tests.security.test_matrix import World

ROOT = Path(__file__).resolve().parents[2]
# What a key, a password in an address, or a token of a provider looks like.
SECRETS = (
    re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----"),
    re.compile(r"\bAKIA[0-9A-Z]{16}\b"),
    re.compile(r"\b(ghp|gho|github_pat|glpat|xox[bp]|sk_live)[-_][0-9A-Za-z_-]{16,}"),
    re.compile(r"SECRET_KEY\s*=\s*[\"']?[0-9A-Za-z+/_-]{24,}"),
    re.compile(r"(postgres|postgresql|smtp|smtps|redis)://[^:\s/{}]+:[^@\s{}$<>]{12,}@"),
)
WRITTEN = {".py", ".md", ".toml", ".yaml", ".yml", ".conf", ".service", ".env", ".sh", ""}
NEW = "another-key-of-the-site-of-forty-characters!"


def test_a_new_key_keeps_people_signed_in_and_the_next_one_does_not(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = factories.signed_in_client(app, factories.user())
    old = app.config["SECRET_KEY"]
    monkeypatch.setitem(app.config, "SECRET_KEY", NEW)
    monkeypatch.setitem(app.config, "SECRET_KEY_FALLBACKS", [old])
    assert signed_in(browser)

    # What was signed with a key that has been forgotten opens nothing.
    other = factories.signed_in_client(app, factories.user())
    monkeypatch.setitem(app.config, "SECRET_KEY", old)
    monkeypatch.setitem(app.config, "SECRET_KEY_FALLBACKS", [])
    assert not signed_in(other)


def test_a_cookie_written_by_somebody_else_opens_nothing(app: Flask) -> None:
    person = factories.user(Role.ADMIN)
    db.session.commit()
    for forged in ("", "eyJfdXNlcl9pZCI6IjEifQ.aaaa.bbbb", f'{{"_user_id":"{person.id}"}}'):
        browser = app.test_client()
        browser.set_cookie("session", forged)
        assert browser.get("/equipe/annonces").status_code == 302


def test_no_page_shows_a_secret_of_the_site(app: Flask) -> None:
    world = World(app)
    browser = factories.signed_in_client(app, factories.user(Role.ADMIN))
    secrets = [app.config[name] for name in ("SECRET_KEY", "MEILI_API_KEY", "MAIL_URL")]
    secrets.append(app.config["SQLALCHEMY_DATABASE_URI"])
    for rule in app.url_map.iter_rules():
        if "GET" in (rule.methods or set()) and rule.endpoint != "static":
            shown = browser.get(world.url(rule)).data.decode(errors="replace")
            assert not any(secret and secret in shown for secret in secrets), rule.rule


@pytest.mark.no_database
def test_no_secret_is_in_the_repository() -> None:
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    names = [name for name in listed.stdout.split("\0") if name]
    for name in names:
        path = ROOT / name
        # The tests make keys of their own.
        if not name.startswith("tests/") and path.suffix in WRITTEN:
            text = path.read_text(encoding="utf-8", errors="replace") if path.is_file() else ""
            for pattern in SECRETS:
                found = pattern.search(text)
                assert not found or "test" in found[0] or "example" in found[0], (name, found)


def test_nobody_has_an_account_before_one_is_opened() -> None:
    assert db.session.query(User).count() == 0
