"""The home page, the pages the law asks for, and the health of the process."""

from flask import Flask


def init_app(app: Flask) -> None:
    """Register the blueprints and commands of the feature."""
    from app.main import accessibility, health, metrics, sitemap, views
    from app.main.cli import backup, restore
    from app.main.demo.cli import demo
    from app.main.verify import verify

    accessibility.init_app(app)
    metrics.init_app(app)
    app.register_blueprint(views.bp)
    app.register_blueprint(health.bp)
    app.register_blueprint(sitemap.bp)
    app.cli.add_command(demo)
    app.cli.add_command(verify)
    app.cli.add_command(backup)
    app.cli.add_command(restore)
