"""Commands of the reference base."""

from __future__ import annotations

from pathlib import Path

import click
from flask.cli import AppGroup

from app.core import clock
from app.core.database import db
from app.professions import correcting, services
from app.professions.files import write_reference

professions = AppGroup("professions", help="Métiers, diplômes et vocabulaire.")


@professions.command("load")
def load() -> None:
    """Charger la base de référence et ses corrections (sans effet si elle est à jour)."""
    result = services.load_reference()
    db.session.commit()
    click.echo(
        f"{result.created} lignes créées, {result.updated} modifiées, "
        f"{result.unchanged} inchangées, {result.removed} retirées"
    )


@professions.command("export")
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
def export(folder: Path) -> None:
    """Écrire dans un dossier les fichiers de la base, corrections de l’équipe comprises."""
    write_reference(services.edition(clock.paris_date(clock.now())), folder)
    click.echo(f"Base écrite dans {folder}")


@professions.command("unverified")
def unverified() -> None:
    """Lister ce qui est à confirmer, ou que personne n’a relu depuis un an."""
    today = clock.paris_date(clock.now())
    found = [one for one in correcting.entries(today) if not one.verified or one.is_stale(today)]
    for one in found:
        reasons = [] if one.verified else ["à confirmer"]
        if one.is_stale(today):
            read = f"lu le {one.read_on:%d/%m/%Y}" if one.read_on else "jamais lu"
            reasons.append(f"à relire ({read})")
        click.echo(f"{one.kind} {one.key} : {', '.join(reasons)}")
    click.echo(f"{len(found)} fiches")
