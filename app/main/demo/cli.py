"""The command that loads the demonstration data."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

import click
from flask import current_app
from flask.cli import AppGroup

from app.core import clock
from app.core.database import db
from app.main.demo import services
from app.main.demo.organisations import COUNSELLOR_EMAIL, OWNERS, TEAM_EMAIL
from app.search.rebuild import catch_up_entries

PASSWORD_FILE = "demo-password.txt"  # noqa: S105 - the name of the file

demo = AppGroup("demo", help="Données de démonstration, fictives.")


@demo.command("load")
def load() -> None:
    """Load fictional organisations, people and listings. Refused in production."""
    if current_app.config["PRODUCTION"]:
        raise click.ClickException("Les données de démonstration sont refusées en production.")
    path = current_app.config["DATA_DIR"] / PASSWORD_FILE
    password, is_new = _password(path)
    result = services.load_demo(clock.now(), password)
    db.session.commit()
    # Found from the first visit, without waiting for the worker.
    catch_up_entries(clock.now())
    click.echo(
        f"{result.organisations} structures créées, {result.created} annonces créées, "
        f"{result.confirmed} confirmées, {result.unchanged} inchangées, "
        f"{result.applications} candidatures"
    )
    accounts = ", ".join([*OWNERS.values(), TEAM_EMAIL, COUNSELLOR_EMAIL])
    click.echo(f"Comptes : {accounts}")
    click.echo(f"Mot de passe : {password if is_new else f'dans {path}'}")


def _password(path: Path) -> tuple[str, bool]:
    """Return the password of the demonstration, and whether it was drawn just now."""
    try:
        return path.read_text(encoding="utf-8").strip(), False
    except FileNotFoundError:
        password = secrets.token_urlsafe(12)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(f"{password}\n")
    return password, True
