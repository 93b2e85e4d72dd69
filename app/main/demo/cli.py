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
from app.main.demo.organisations import ACCOUNTS
from app.search.rebuild import catch_up_entries

PASSWORD_FILE = "demo-password.txt"  # noqa: S105 - the name of the file
# What `make run` says at each start.
ACCOUNTS_FILE = "demo-accounts.txt"

demo = AppGroup("demo", help="Données de démonstration, fictives.")


@demo.command("load")
def load() -> None:
    """Charger des structures, des personnes et des annonces fictives ; refusé en production."""
    if current_app.config["PRODUCTION"]:
        raise click.ClickException("Les données de démonstration sont refusées en production.")
    path = current_app.config["DATA_DIR"] / PASSWORD_FILE
    password = _password(path)
    result = services.load_demo(clock.now(), password)
    db.session.commit()
    # Found from the first visit, without waiting for the worker.
    catch_up_entries(clock.now())
    click.echo(
        f"{result.organisations} structures créées, {result.created} annonces créées, "
        f"{result.confirmed} confirmées, {result.unchanged} inchangées, "
        f"{result.applications} candidatures"
    )
    wide = max(map(len, ACCOUNTS))
    people = [f"  {email:{wide}}  {what}" for email, what in ACCOUNTS.items()]
    words = "\n".join([f"Comptes d’exemple, mot de passe {password} :", *people])
    accounts = path.with_name(ACCOUNTS_FILE)
    accounts.touch(mode=0o600)
    accounts.write_text(words + "\n", encoding="utf-8")
    click.echo(words)


def _password(path: Path) -> str:
    """Return the password of the demonstration, drawn the first time."""
    try:
        return path.read_text(encoding="utf-8").strip()
    except FileNotFoundError:
        password = secrets.token_urlsafe(12)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(f"{password}\n")
    return password
