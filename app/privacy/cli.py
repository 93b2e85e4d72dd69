"""`flask privacy`: what the person in charge of personal data does by hand."""

from __future__ import annotations

import click
from flask.cli import AppGroup

from app.applications.enums import Status
from app.applications.keys import clean_reference
from app.core import clock
from app.core.database import db
from app.core.filters import date_long
from app.privacy import ledger, queries
from app.privacy import registry as register

privacy = AppGroup("privacy", help="Rejouer les effacements, lire l’archive.")


@privacy.command("replay")
def replay() -> None:
    """Efface à nouveau, après une restauration, tout ce qui avait été effacé."""
    replayed, refused = ledger.replay(clock.now())
    db.session.commit()
    click.echo(f"Effacements rejoués : {replayed}")
    if refused:
        raise click.ClickException(refusals(refused))


def refusals(refused: list[ledger.Entry]) -> str:
    """Return the words for what could not be erased again: numbers of rows, nobody's name."""
    rows = ", ".join(f"{entry.kind} {entry.id}" for entry in refused)
    return f"Effacements refusés, à faire avant d’ouvrir (docs/backup.md) : {rows}"


@privacy.command("registry")
def registry() -> None:
    """Écrit le registre des données personnelles."""
    click.echo(register.page(), nl=False)


@privacy.command("archive")
@click.argument("reference")
def archive(reference: str) -> None:
    """Dit ce que l’archive garde d’une candidature effacée, par la référence de la personne."""
    line = queries.ended(clean_reference(reference))
    if line is None:
        raise click.ClickException("Rien dans l’archive sous cette référence.")
    click.echo(f"{line.reference} : reçue le {date_long(line.received_on)}")
    click.echo(f"Dernier état : {Status(line.status).value}, le {date_long(line.ended_on)}")
    click.echo(f"Motif : {line.decline_reason or 'aucun'}")
    click.echo(f"Annonce {line.listing_id}, structure {line.organisation_id}")
