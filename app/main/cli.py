"""Commands that keep the site safe: backup, restore."""

from __future__ import annotations

import time
from pathlib import Path

import click
import flask_migrate
from alembic.script import ScriptDirectory
from flask import current_app

from app.accounts.services import close_every_session
from app.core import clock, outbox, pulse
from app.core.database import db
from app.core.jobs import jobs, run_scheduled
from app.main import backups
from app.main.dumps import DumpError
from app.main.verify import verify
from app.privacy import ledger
from app.privacy.cli import refusals
from app.search.client import ADMIN_ERRORS, engines, using
from app.search.rebuild import rebuild

# What is due is done before anybody looks: a copy of yesterday shows nothing that ended since.
ENDINGS = {"expire_listings", "end_offers"}


@click.command("backup")
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
def backup(folder: Path) -> None:
    """Sauvegarde la base et les fichiers dans FOLDER, pendant que le site sert."""
    started, now = time.monotonic(), clock.now()
    try:
        made, manifest = backups.make_backup(folder.resolve(), db.engine, now)
    except (DumpError, OSError) as error:
        raise click.ClickException(str(error)) from error
    pulse.beat(pulse.BACKUP, now)
    db.session.commit()
    click.echo(
        f"{made} : base {_megabytes(made / manifest.database)}, {len(manifest.files)} fichiers, "
        f"{time.monotonic() - started:.1f} s"
    )


@click.command("restore")
@click.argument("folder", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option("--replace", is_flag=True, help="Remplacer la base et les fichiers qui sont là.")
@click.pass_context
def restore(context: click.Context, folder: Path, replace: bool) -> None:
    """Remet la dernière sauvegarde de FOLDER (ou celle qu’il est), puis vérifie.

    Le site et le worker doivent être arrêtés.
    """
    started = time.monotonic()
    try:
        found = backups.latest(folder.resolve())
        manifest = backups.check_backup(found, db.engine)
        _refuse_unknown_schema(manifest)
        lost = backups.restore_backup(found, manifest, db.engine, replace=replace)
    except (DumpError, OSError) as error:
        raise click.ClickException(str(error)) from error
    restored = manifest.files.keys() - lost
    click.echo(f"base du {manifest.made_at} et {len(restored)} fichiers remis")
    if lost:
        click.echo(f"absents ou altérés dans la sauvegarde : {len(lost)} ({', '.join(lost)})")
    if manifest.schema is not None:
        flask_migrate.upgrade()
    undone = [refusals(refused)] if (refused := _before_opening()) else []
    if lines := [key for key in lost if ledger.is_line(key)]:
        undone.append(f"Effacements perdus, à refaire avant d’ouvrir : {', '.join(lines)}")
    _rebuild_indexes()
    click.echo(f"remis en {time.monotonic() - started:.1f} s ; vérification :")
    for words in undone:
        click.echo(words)
    context.invoke(verify)
    if undone:
        raise click.ClickException("La vérification est passée, mais n’ouvrez pas encore.")


def _rebuild_indexes() -> None:
    for searched in engines():
        if searched.configured:
            try:
                with using(searched):
                    rebuild()
            except ADMIN_ERRORS as error:
                click.echo(f"index : à refaire par le worker ({type(error).__name__})")


def _before_opening() -> list[ledger.Entry]:
    """Do again what the copy had not seen yet: nobody may see it undone.

    Return what could not be erased again.
    """
    now = clock.now()
    pulse.trust_clock(now)
    outbox.free_everything()
    close_every_session(now=now)
    erased, refused = ledger.replay(now)
    db.session.commit()
    if erased:
        click.echo(f"effacements refaits : {erased}")
    for entry in jobs.schedule:
        if entry.final or entry.name in ENDINGS:
            run_scheduled(entry)
    return refused


def _refuse_unknown_schema(manifest: backups.Manifest) -> None:
    folder = current_app.extensions["migrate"].directory
    known = {one.revision for one in ScriptDirectory(folder).walk_revisions()}
    if manifest.schema is not None and manifest.schema not in known:
        raise DumpError(
            f"La sauvegarde vient d’une version plus récente du site (migration {manifest.schema})."
        )


def _megabytes(path: Path) -> str:
    return f"{path.stat().st_size / 1e6:.1f} Mo".replace(".", ",")
