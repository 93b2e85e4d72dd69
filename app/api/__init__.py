"""The public API, read-only: listings, professions, paths, and their description."""

from flask import Flask


def init_app(app: Flask) -> None:
    """Register the blueprints and commands of the feature."""
    from app.api import listings, openapi, paths, professions
    from app.api.blueprint import bp

    # Importing a resource declares its routes on the blueprint.
    for resource in (listings, professions, paths, openapi):
        assert resource.bp is bp  # noqa: S101 - a resource on another blueprint would be lost
    app.register_blueprint(bp)
