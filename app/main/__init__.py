"""The home page, the pages the law asks for, and the health of the process."""

from flask import Flask


def init_app(app: Flask) -> None:
    """Register the blueprints and commands of the feature."""
    from app.main import health, sitemap, views
    from app.main.demo.cli import demo
    from app.main.verify import verify

    app.register_blueprint(views.bp)
    app.register_blueprint(health.bp)
    app.register_blueprint(sitemap.bp)
    app.cli.add_command(demo)
    app.cli.add_command(verify)
