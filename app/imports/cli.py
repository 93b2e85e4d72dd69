"""Commands of the imports."""

from __future__ import annotations

from pathlib import Path

import click
from flask.cli import AppGroup

from app.core.clock import now
from app.core.database import db, reads_only
from app.core.errors import DomainError
from app.imports import queries, services
from app.imports.france_travail import ENVELOPE
from app.imports.models import RunState
from app.imports.records import read_json_files
from app.imports.services import Report

imports = AppGroup("imports", help="Annonces venues d’autres sites.")

SHOWN = 200
KEYS = ("read", "created", "updated", "unchanged", "closed", "skipped")
LABELS = {
    "read": "lues",
    "created": "créées",
    "updated": "modifiées",
    "unchanged": "inchangées",
    "closed": "fermées",
    "skipped": "hors des métiers du soin",
    "quarantined": "mises de côté",
}


@imports.command("run")
@click.argument("source")
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--write", is_flag=True, help="Écrire (sans cela, tout est dit et rien n’est fait).")
@click.option("--full", is_flag=True, help="Les fichiers disent tout : fermer ce qui n’y est plus.")
def run(source: str, paths: tuple[Path, ...], write: bool, full: bool) -> None:
    """Importer les fichiers PATHS de SOURCE (france-travail)."""
    try:
        reads_only.set(True)
        reference = queries.load_reference()
        # Nothing is held in the database while the files are read.
        db.session.rollback()
        reads_only.set(not write)
        records = read_json_files(paths, envelope=ENVELOPE)
        report = services.run_import(
            source, records, write=write, full=full, now=now(), reference=reference
        )
    except DomainError as error:
        raise click.ClickException(error.message) from error
    if write:
        db.session.commit()
    _show(report, write=write)
    if report.state == RunState.REFUSED:
        raise click.ClickException(f"Import refusé, rien n’a été écrit : {report.reason}.")
    if not report.usable:
        raise click.ClickException("Aucune annonce n’a pu être lue.")


def _show(report: Report, *, write: bool) -> None:
    if not write:
        click.echo("Essai à blanc : rien n’a été écrit. Ajoutez --write pour écrire.")
    for key in KEYS:
        click.echo(f"{key}: {getattr(report, key)} ({LABELS[key]})")
    click.echo(f"quarantined: {report.quarantined_total} ({LABELS['quarantined']})")
    for item in report.quarantined[:SHOWN]:
        name = f" [{item.source_id}]" if item.source_id else ""
        click.echo(f"  - {item.position}{name} : {item.reason}")
    if report.reason and report.state != RunState.REFUSED:
        click.echo(f"À noter : {report.reason}.")
    if report.quarantined_total > SHOWN:
        click.echo(f"  … et {report.quarantined_total - SHOWN} autres.")
