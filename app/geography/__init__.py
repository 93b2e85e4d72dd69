"""Places: communes, arrondissements, distances."""

from __future__ import annotations

from flask import Flask


def init_app(app: Flask) -> None:
    """Register the blueprints and commands of the feature."""
    from app.geography import cli, views

    app.register_blueprint(views.blueprint)
    app.cli.add_command(cli.geography)
