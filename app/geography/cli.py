"""Commands of the places."""

from __future__ import annotations

import click
from flask.cli import AppGroup

from app.core.database import db
from app.geography import services

geography = AppGroup("geography", help="Communes et arrondissements.")


@geography.command("load")
@click.option("--territory", default=services.DEFAULT_TERRITORY, show_default=True)
def load(territory: str) -> None:
    """Charger les communes de France (sans effet si elles sont à jour)."""
    try:
        result = services.load_communes(territory)
    except services.UnknownTerritoryError as error:
        raise click.BadParameter(f"territoire inconnu : {error}") from error
    db.session.commit()
    click.echo(
        f"{result.created} lieux créés, {result.updated} modifiés, "
        f"{result.unchanged} inchangés, {result.gone} absents des fichiers"
    )
