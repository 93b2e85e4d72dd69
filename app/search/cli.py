"""Commands of the search: build the index again, compare it with the database."""

from __future__ import annotations

import datetime as dt

import click
from flask.cli import AppGroup

from app.core import clock
from app.search import query_log
from app.search import rebuild as building
from app.search.client import ADMIN_ERRORS, engine

search = AppGroup("search", help="Index de recherche.")


@search.command("rebuild")
def rebuild() -> None:
    """Reconstruire l’index sans interrompre le site."""
    _needs_engine()
    try:
        done = building.rebuild()
    except ADMIN_ERRORS as error:
        raise click.ClickException(f"Le moteur de recherche n’a pas répondu : {error}") from error
    click.echo(
        f"Index reconstruit : {done.documents} annonces, {done.refused} refusées, "
        f"{done.seconds:.1f} s"
    )


@search.command("check")
@click.option("--repair", is_flag=True, help="Corriger ce qui diffère.")
def check(*, repair: bool) -> None:
    """Comparer l’index à la base, annonce par annonce ; code 1 s’ils diffèrent encore."""
    _needs_engine()
    try:
        drift = building.compare()
        _show(drift)
        if not drift.is_empty and repair:
            building.repair(drift)
            drift = building.compare()
            _show(drift)
    except ADMIN_ERRORS as error:
        raise click.ClickException(f"Le moteur de recherche n’a pas répondu : {error}") from error
    if not drift.is_empty:
        raise SystemExit(1)


@search.command("queries")
@click.option("--days", type=click.IntRange(1, 760), default=30, help="Depuis combien de jours.")
@click.option("--nothing", is_flag=True, help="Seulement les recherches sans résultat.")
def queries(*, days: int, nothing: bool) -> None:
    """Lister les mots les plus cherchés, sans ceux que trop peu de recherches portent."""
    since = clock.paris_date(clock.now()) - dt.timedelta(days=days)
    for words, seen in query_log.most_searched(since, 50, nothing=nothing):
        click.echo(f"{seen:>7}  {words}")


def _needs_engine() -> None:
    if not engine().configured:
        raise click.ClickException("Aucun moteur de recherche : donnez MEILI_URL.")


def _show(drift: building.Drift) -> None:
    state = "identique à la base" if drift.is_empty else "différent de la base"
    click.echo(
        f"Index {state} : {drift.expected} annonces attendues ({drift.database_hash}), "
        f"{drift.indexed} indexées ({drift.index_hash})"
    )
    click.echo(
        f"manquantes {len(drift.missing)}, dépassées {len(drift.stale)}, "
        f"en trop {len(drift.extra)}, refusées par le moteur {drift.quarantined}"
    )
