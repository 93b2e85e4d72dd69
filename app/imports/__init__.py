"""Listings that come from other sites: runs, records set aside, one mapper a source."""

from flask import Flask


def init_app(app: Flask) -> None:
    """Register the blueprints and commands of the feature."""
    from app.imports.cli import imports
    from app.imports.views import recruiter_imports

    app.cli.add_command(imports)
    app.register_blueprint(recruiter_imports)
