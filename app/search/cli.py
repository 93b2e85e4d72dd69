"""Commands of the search: build the index again, compare it with the database."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import click
from flask.cli import AppGroup

from app.core import clock
from app.search import counts
from app.search import rebuild as building
from app.search.client import ADMIN_ERRORS, engines, using

search = AppGroup("search", help="Index de recherche.")


@search.command("rebuild")
@click.option("--server", type=click.IntRange(min=1), help="Ce serveur seul : 1, le premier…")
def rebuild(server: int | None) -> None:
    """Reconstruire l’index de chaque serveur sans interrompre le site."""

    def run() -> bool:
        done = building.rebuild()
        click.echo(
            f"Index reconstruit : {done.documents} annonces, {done.refused} refusées, "
            f"{done.seconds:.1f} s"
        )
        return True

    _for_each(server, run)


@search.command("check")
@click.option("--repair", is_flag=True, help="Corriger ce qui diffère.")
@click.option("--server", type=click.IntRange(min=1), help="Ce serveur seul : 1, le premier…")
def check(*, repair: bool, server: int | None) -> None:
    """Comparer chaque index à la base, annonce par annonce ; code 1 s’ils diffèrent encore."""

    def run() -> bool:
        drift = building.compare()
        _show(drift)
        if not drift.is_empty and repair:
            building.repair(drift)
            drift = building.compare()
            _show(drift)
        return drift.is_empty

    _for_each(server, run)


@search.command("queries")
@click.option("--days", type=click.IntRange(1, 760), default=30, help="Depuis combien de jours.")
@click.option("--nothing", is_flag=True, help="Seulement les recherches sans résultat.")
def queries(*, days: int, nothing: bool) -> None:
    """Lister les mots les plus cherchés, sans ceux que trop peu de recherches portent."""
    since = clock.paris_date(clock.now()) - dt.timedelta(days=days)
    for one in counts.asked(since, 50, poor=nothing):
        click.echo(f"{one.nothing if nothing else one.seen:>7}  {one.words}")


def _for_each(chosen: int | None, run: Callable[[], bool]) -> None:
    """Run a command on one server or on all: one that fails does not keep the others from it."""
    servers = engines()
    if not servers[0].configured:
        raise click.ClickException("Aucun moteur de recherche : donnez MEILI_URL.")
    if chosen is not None and chosen > len(servers):
        raise click.ClickException(f"MEILI_URL nomme {len(servers)} serveur(s).")
    failed = False
    for number, searched in enumerate(servers, start=1):
        if chosen not in (None, number):
            continue
        if len(servers) > 1:
            click.echo(f"Serveur {number} ({searched.url})")
        try:
            with using(searched):
                failed |= not run()
        except ADMIN_ERRORS as error:
            click.echo(f"Le moteur de recherche n’a pas répondu : {error}", err=True)
            failed = True
    if failed:
        raise SystemExit(1)


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
