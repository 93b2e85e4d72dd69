"""Commands of the reference base."""

from __future__ import annotations

import click
from flask.cli import AppGroup

from app.core.database import db
from app.professions import services

professions = AppGroup("professions", help="Métiers, diplômes et vocabulaire.")


@professions.command("load")
def load() -> None:
    """Charger la base de référence (sans effet si elle est à jour)."""
    result = services.load_reference()
    db.session.commit()
    click.echo(
        f"{result.created} lignes créées, {result.updated} modifiées, "
        f"{result.unchanged} inchangées, {result.removed} retirées"
    )
