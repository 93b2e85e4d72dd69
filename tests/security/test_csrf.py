"""No write without the token of the form; no write by reading."""

from __future__ import annotations

import hashlib

import pytest
from flask import Flask
from sqlalchemy import select

from app.accounts.enums import Role
from app.core.database import db
from tests import factories
from tests.security.test_matrix import World, calls

# Reading these tables again tells whether anything was written.
IGNORED = {"commune", "commune_postal_code", "heartbeat", "login_session"}


def fingerprint() -> str:
    db.session.expire_all()
    digest = hashlib.sha256()
    for table in db.metadata.sorted_tables:
        if table.name not in IGNORED:
            for row in db.session.execute(select(table)):
                digest.update(repr(row).encode())
    return digest.hexdigest()


@pytest.fixture
def world(app: Flask) -> World:
    return World(app)


def test_every_post_without_its_token_is_refused(app: Flask, world: World) -> None:
    moderator = factories.user(Role.MODERATOR)
    browsers = [
        app.test_client(),
        factories.signed_in_client(app, world.member),
        factories.signed_in_client(app, moderator),
    ]
    before = fingerprint()
    posts = 0
    for rule in app.url_map.iter_rules():
        if "POST" not in (rule.methods or set()):
            continue
        for browser in browsers:
            answer = browser.post(
                world.url(rule), data={"first_name": "Samira", "phone": "0639981234"}
            )
            assert answer.status_code in {400, 401, 404, 422}, rule.rule
            posts += 1
    assert posts > 20
    assert fingerprint() == before


def test_no_page_writes_when_it_is_read(app: Flask, world: World) -> None:
    moderator = factories.user(Role.MODERATOR)
    browsers = [
        app.test_client(),
        factories.signed_in_client(app, world.member),
        factories.signed_in_client(app, moderator),
    ]
    before = fingerprint()
    for rule in app.url_map.iter_rules():
        if "GET" not in (rule.methods or set()) or rule.endpoint == "static":
            continue
        for (found, _method), browser in (
            (c, b) for c in calls(app, rule.endpoint) for b in browsers
        ):
            browser.get(world.url(found))
    assert fingerprint() == before
