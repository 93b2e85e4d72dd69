"""S03: a form writes its own fields and nothing else, whatever is added to what is sent."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import time_machine
from bs4 import BeautifulSoup, Tag
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Connection, func, select

from app.accounts.enums import Role
from app.core import clock
from app.core.database import db
from app.core.limits import limiter
from tests import factories
from tests.conftest import REFERENCE_TABLES
from tests.security.test_matrix import World

# Drawn anew each time, or numbered by the database: they differ without anything being wrong.
DRAWN = re.compile(r"(^id$|hash|salt|token|secret|challenge|_key$|^reference$|^key$)")
# What a person would type where a form left as it is would be refused.
TYPED = {
    "email": "nora@example.org",
    "first_name": "Nora",
    "person_name": "Nora Sadi",
    "phone": "06 39 98 12 34",
    "name": "Maison neuve",
    "siret": "73282932000074",
    "commune": "Bron",
    "reason": "Le lieu est à préciser.",
    "text": "Bonjour, merci de votre message.",
}
SKIPPED = REFERENCE_TABLES | {"heartbeat"}


def extras(world: World) -> dict[str, str]:
    """Return what somebody would add to give herself more than the form does."""
    stranger = factories.user()
    other = factories.organisation(stranger)
    return {
        "role": "admin",
        "status": "verified",
        "verified": "1",
        "verified_at": "2026-01-01T00:00:00",
        "active": "1",
        "is_admin": "1",
        "organisation": str(other.id),
        "organisation_id": str(other.id),
        "org_id": str(other.id),
        "user": str(stranger.id),
        "user_id": str(stranger.id),
        "owner_id": str(stranger.id),
        "created_by_id": str(stranger.id),
        "listing_id": str(world.waiting.id),
        "application_id": str(world.application.id),
        "source": "france_travail",
        "published_at": "2026-01-01T00:00:00",
        "taken": "0",
        "promise_hours": "24",
        "cv_key": "cv/of-another.pdf",
        "actor_id": str(stranger.id),
        "confirmed_at": "2026-01-01T00:00:00",
        "password_hash": "x",
    }


def values_of(form: Tag) -> dict[str, Any]:
    """Return what a browser sends of a form left as it is."""
    sent: dict[str, Any] = {}
    for field in form.select("input[name], textarea[name], select[name], button[name]"):
        name, kind = str(field["name"]), str(field.get("type", ""))
        if field.name == "select":
            chosen = field.select_one("option[selected]") or field.select_one("option")
            sent[name] = str(chosen.get("value", "")) if chosen else ""
        elif field.name == "textarea":
            sent[name] = field.get_text().strip() or TYPED.get(name, "")
        elif kind in {"radio", "checkbox"}:
            # The first of a group, so that what is required is there.
            if name not in sent or field.has_attr("checked"):
                sent[name] = str(field.get("value", "y"))
        elif kind != "file" and (field.name != "button" or name not in sent):
            sent[name] = str(field.get("value", "")) or TYPED.get(name, "")
    return sent


def forms_of(browser: FlaskClient, addresses: set[str]) -> dict[tuple[str, str], dict[str, Any]]:
    """Return what each form of these pages sends, by its address and its fields."""
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for address in sorted(addresses):
        answer = browser.get(address)
        if answer.status_code != 200 or "html" not in (answer.content_type or ""):
            continue
        for form in BeautifulSoup(answer.text, "lxml").select("form[method=post]"):
            values = values_of(form)
            action = str(form.get("action") or address)
            if action != "/deconnexion":
                found.setdefault((action, " ".join(sorted(values))), values)
    return found


def newest() -> dict[str, int]:
    return {
        table.name: db.session.scalar(select(func.max(table.c.id))) or 0
        for table in db.metadata.sorted_tables
        if "id" in table.c and table.name not in SKIPPED
    }


def state(before: dict[str, int]) -> dict[str, list[str]]:
    """Return what every table holds, without what is drawn; what refers to new rows says so."""
    written = {}
    for table in db.metadata.sorted_tables:
        if table.name in SKIPPED:
            continue
        columns = [c for c in table.c if not DRAWN.search(c.name) and c.name != "payload"]
        targets = {
            c.name: next(iter(c.foreign_keys)).column.table.name for c in columns if c.foreign_keys
        }
        rows = []
        for row in db.session.execute(select(*columns)).mappings() if columns else []:
            told = dict(row)
            for name, target in targets.items():
                if isinstance(told[name], int) and told[name] > before.get(target, 2**31):
                    told[name] = "new"
            rows.append(repr(sorted(told.items())))
        written[table.name] = sorted(rows)
    return written


@contextmanager
def undone() -> Iterator[None]:
    """Run in a savepoint below the transactions of the site, then forget everything."""
    db.session.commit()
    db.session.remove()
    connection = db.engines[None]
    assert isinstance(connection, Connection)
    savepoint = connection.begin_nested()
    try:
        yield
    finally:
        db.session.remove()
        savepoint.rollback()


def send(browser: FlaskClient, address: str, values: dict[str, Any]) -> tuple[int, Any]:
    with undone():
        before = newest()
        with browser.session_transaction() as session:
            cookie = dict(session)
        status = browser.post(address, data=values).status_code
        written = state(before)
        with browser.session_transaction() as session:
            session.clear()
            session.update(cookie)
    return status, written


@pytest.fixture
def world(app: Flask) -> Iterator[World]:
    app.config["WTF_CSRF_ENABLED"] = False
    limiter.enabled = False
    yield World(app)
    limiter.enabled = True
    app.config["WTF_CSRF_ENABLED"] = True


@pytest.mark.parametrize("who", ["visitor", "member", "admin"])
def test_what_is_added_to_a_form_changes_nothing(app: Flask, world: World, who: str) -> None:
    with time_machine.travel(clock.now(), tick=False):
        browser = {
            "visitor": lambda: app.test_client(),
            "member": lambda: factories.signed_in_client(app, world.member),
            "admin": lambda: factories.signed_in_client(app, factories.user(Role.ADMIN)),
        }[who]()
        added = extras(world)
        addresses = {
            world.url(rule)
            for rule in app.url_map.iter_rules()
            if "GET" in (rule.methods or set()) and rule.endpoint != "static"
        }
        if who == "member":
            browser.post(f"/recruter/candidatures/{world.application.id}/ouvrir")
        forms = forms_of(browser, addresses)
        wrote = 0
        start = state(newest())
        for (address, _fields), values in forms.items():
            plain = send(browser, address, values)
            more = send(browser, address, added | values)
            wrote += plain[1] != start
            if more[0] != plain[0]:
                # A key that means something here, given a value that is not hers: refused whole.
                assert more[0] in {403, 404, 422}, address
                assert more[1] == start, address
                continue
            for table, rows in plain[1].items():
                assert more[1][table] == rows, (address, table)
        # The forms were good enough to write: what was compared is not a row of refusals.
        assert len(forms) >= {"visitor": 8, "member": 30, "admin": 15}[who]
        assert wrote >= {"visitor": 4, "member": 15, "admin": 4}[who]
