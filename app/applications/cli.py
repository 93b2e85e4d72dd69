"""Commands on the files that people join."""

from __future__ import annotations

import click
from flask.cli import AppGroup

from app.applications import files as services
from app.core import clock
from app.core.database import db

files = AppGroup("files", help="Fichiers joints aux candidatures.")


@files.command()
@click.option("--all", "everything", is_flag=True, help="Même ceux qu’il a lus cette semaine.")
def rescan(everything: bool) -> None:
    """Fait lire par l’antivirus ce qui ne l’a pas été cette semaine, ou s’était perdu."""
    now = clock.now()
    clean_before = now if everything else now - services.READ_AGAIN_AFTER
    number = services.rescan(now, clean_before=clean_before)
    db.session.commit()
    click.echo(f"{number} fichiers à lire, par le service d’arrière-plan")


@files.command()
def sweep() -> None:
    """Retire les fichiers sans candidature, note les candidatures sans fichier."""
    number = services.sweep_files(clock.now())
    db.session.commit()
    click.echo(f"{number} fichiers sans candidature, bientôt retirés")
