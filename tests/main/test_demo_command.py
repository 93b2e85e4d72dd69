"""The command that loads the demonstration: a password of its own, and never in production."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from app.core.database import db
from app.listings.models import Listing
from app.main.demo import services
from app.main.demo.cli import ACCOUNTS_FILE, PASSWORD_FILE
from tests.accounts.browser import post, signed_in
from tests.main.demonstration import copy_some


@pytest.fixture
def few_listings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave one file of listings: what is tested here does not need them all."""
    monkeypatch.setattr(services, "DATA", copy_some(tmp_path, "schools"))


@pytest.fixture
def password_file(app: Flask) -> Iterator[Path]:
    """Give the file of the password, absent before and after."""
    path: Path = app.config["DATA_DIR"] / PASSWORD_FILE
    path.unlink(missing_ok=True)
    yield path
    path.unlink(missing_ok=True)


def test_command_draws_a_password_and_keeps_it_private(
    app: Flask, client: FlaskClient, password_file: Path, few_listings: None
) -> None:
    first = app.test_cli_runner().invoke(args=["demo", "load"])
    password = password_file.read_text().strip()
    second = app.test_cli_runner().invoke(args=["demo", "load"])

    assert first.exit_code == 0, first.output
    assert password in first.output
    assert stat.S_IMODE(password_file.stat().st_mode) == 0o600
    assert second.exit_code == 0
    assert f"mot de passe {password} :\n  recruteuse@example.org" in second.output
    accounts = password_file.with_name(ACCOUNTS_FILE)
    assert accounts.read_text() in second.output
    assert stat.S_IMODE(accounts.stat().st_mode) == 0o600
    assert password_file.read_text().strip() == password
    assert post(client, "/connexion", email="recruteuse@example.org", password=password).location
    assert signed_in(client)


def test_command_is_refused_in_production(app: Flask, password_file: Path) -> None:
    app.config["PRODUCTION"] = True
    try:
        result = app.test_cli_runner().invoke(args=["demo", "load"])
    finally:
        app.config["PRODUCTION"] = False

    assert result.exit_code == 1
    assert not password_file.exists()
    assert db.session.scalar(select(func.count(Listing.id))) == 0
