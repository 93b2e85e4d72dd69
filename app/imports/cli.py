"""Commands of the imports."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import click
from flask.cli import AppGroup

from app.core.clock import now
from app.core.database import db, reads_only
from app.core.errors import DomainError
from app.core.i18n import _
from app.imports import csv_listings, france_travail, lheo, queries, services
from app.imports.csv_records import read_csv
from app.imports.lheo_xml import read_lheo
from app.imports.models import RunState
from app.imports.records import Record, Source, read_json_files
from app.imports.services import Owner, Report
from app.organisations.enums import OrganisationStatus
from app.organisations.queries import organisation_by_slug

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


def _read_offers(sources: Iterable[Source]) -> Iterator[Record]:
    return read_json_files(sources, envelope=france_travail.ENVELOPE)


READERS: dict[str, Callable[[Iterable[Source]], Iterator[Record]]] = {
    france_travail.SOURCE: _read_offers,
    lheo.SOURCE: read_lheo,
    csv_listings.SOURCE: read_csv,
}


@imports.command("run")
@click.argument("source")
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--write", is_flag=True, help="Écrire (sans cela, tout est dit et rien n’est fait).")
@click.option("--full", is_flag=True, help="Les fichiers disent tout : fermer ce qui n’y est plus.")
@click.option("--organisation", help="La structure (fin de son adresse) dont ce sont les annonces.")
def run(
    source: str, paths: tuple[Path, ...], write: bool, full: bool, organisation: str | None
) -> None:
    """Importer les fichiers PATHS de SOURCE (france-travail, lheo ou csv).

    Avec --organisation, les annonces sont celles de la structure et passent par la relecture.
    """
    try:
        reads_only.set(True)
        reference = queries.load_reference()
        # Nothing is held in the database while the files are read.
        db.session.rollback()
        reads_only.set(not write)
        reader = READERS.get(source, _read_offers)
        report = services.run_import(
            source,
            reader([Source.at(path) for path in paths]),
            write=write,
            full=full,
            now=now(),
            owner=_owner(organisation),
            reference=reference,
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


def _owner(slug: str | None) -> Owner | None:
    if slug is None:
        return None
    found = organisation_by_slug(slug)
    if found is None:
        raise DomainError(_("Cette structure n’existe pas\u00a0: %(slug)s.", slug=slug))
    if found.status == OrganisationStatus.SUSPENDED:
        raise DomainError(_("Cette structure est suspendue."))
    return Owner(found)


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
