"""The reference base: professions, diplomas, vocabulary, moves between professions."""

from __future__ import annotations

from flask import Flask


def init_app(app: Flask) -> None:
    """Register the blueprints and commands of the feature."""
    from app.professions import cli
    from app.professions.views import explorer, pages

    app.register_blueprint(explorer.bp)
    app.register_blueprint(pages.bp)
    app.cli.add_command(cli.professions)
