"""Opening accounts, from the command line."""

from __future__ import annotations

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from app.accounts.models import User
from app.core.database import db
from app.organisations.queries import organisations_of
from tests import factories
from tests.accounts.browser import post, signed_in


def test_command_opens_an_account_and_prints_a_link(app: Flask, client: FlaskClient) -> None:
    result = app.test_cli_runner().invoke(
        args=["accounts", "create", "Anne@Example.org", "--role", "admin", "--name", "Anne"]
    )

    assert result.exit_code == 0, result.output
    person = db.session.scalars(select(User)).one()
    assert (person.email, person.name, person.role) == ("anne@example.org", "Anne", "admin")
    assert person.password_hash is None
    found = re.search(r"http://localhost(/connexion/lien/\S+)", result.output)
    assert found
    assert post(client, found[1]).status_code == 303
    assert signed_in(client)


def test_command_joins_an_organisation(app: Flask) -> None:
    organisation = factories.organisation(slug="ehpad-le-fil-d-argent")
    db.session.commit()

    result = app.test_cli_runner().invoke(
        args=[
            "accounts",
            "create",
            "anne@example.org",
            "--role=recruiter",
            "--organisation=ehpad-le-fil-d-argent",
        ]
    )

    assert result.exit_code == 0, result.output
    assert organisations_of(db.session.scalars(select(User)).one()) == [organisation]


def test_command_asks_for_a_password(app: Flask, client: FlaskClient) -> None:
    result = app.test_cli_runner().invoke(
        args=["accounts", "create", "anne@example.org", "--role=admin", "--password"],
        input="une longue phrase\nune longue phrase\n",
    )

    assert result.exit_code == 0, result.output
    assert "connexion/lien" not in result.output
    post(client, "/connexion", email="anne@example.org", password="une longue phrase")
    assert signed_in(client)


@pytest.mark.parametrize(
    ("arguments", "typed"),
    [
        (["anne", "--role=admin"], ""),
        (["anne@", "--role=admin"], ""),
        (["anne@example.org", "--role=queen"], ""),
        (["anne@example.org"], ""),
        (["anne@example.org", "--role=recruiter", "--organisation=nowhere"], ""),
        (["anne@example.org", "--role=admin", "--password"], "court\ncourt\n"),
    ],
)
def test_command_refuses_what_is_wrong(app: Flask, arguments: list[str], typed: str) -> None:
    result = app.test_cli_runner().invoke(args=["accounts", "create", *arguments], input=typed)

    assert result.exit_code != 0
    assert db.session.scalars(select(User)).all() == []


def test_command_refuses_a_taken_address(app: Flask) -> None:
    factories.user(email="anne@example.org")
    db.session.commit()

    result = app.test_cli_runner().invoke(
        args=["accounts", "create", "ANNE@example.org", "--role=admin"]
    )

    assert result.exit_code == 1
    assert "existe déjà" in result.output
