"""The command that belongs to no feature: the worker."""

from __future__ import annotations

import logging as stdlib_logging

import click
from flask import Flask

from app.core import clock, outbox, pulse
from app.core.database import db
from app.core.jobs import jobs


def init_app(app: Flask) -> None:
    """Register the command."""
    app.cli.add_command(worker)


@click.command("worker")
@click.option("--drain", is_flag=True, help="Faire tout ce qui est dû maintenant, puis s'arrêter.")
@click.option("--retry", is_flag=True, help="Reprendre d'abord les événements abandonnés.")
def worker(drain: bool, retry: bool) -> None:
    """Faire les travaux différés et ceux qui reviennent, jusqu’à ce qu’on l’arrête."""
    if retry:
        click.echo(f"{outbox.revive_dead(clock.now())} événements repris")
        db.session.commit()
    outbox.release_leases_of_the_dead(starting=True)
    if drain:
        click.echo(f"{jobs.drain()} événements traités")
        return
    if jobs.huey is None:
        raise click.ClickException("La file d'attente n'est pas configurée.")
    stdlib_logging.getLogger("huey.consumer").setLevel(stdlib_logging.WARNING)
    pulse.beat_as_worker(clock.now())
    db.session.commit()
    # Whatever was due while nobody worked does not wait for the next minute.
    jobs.wake()
    consumer = jobs.huey.create_consumer(
        workers=2,
        worker_type="thread",
        initial_delay=0.1,
        max_delay=0.5,
        check_worker_health=True,
        shutdown_timeout=25,
        graceful_signal="TERM",
    )
    jobs.stopping = consumer.stop_flag
    consumer.run()
