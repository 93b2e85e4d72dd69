"""Answering a listing, following one's answer, and receiving it."""

from flask import Flask


def init_app(app: Flask) -> None:
    """Register the blueprints of the feature."""
    from app.applications.cli import files

    # They add routes to the blueprints below.
    from app.applications.views import batch, board, tracking  # noqa: F401
    from app.applications.views.closing import closing
    from app.applications.views.following import following
    from app.applications.views.letters import blueprint as letters
    from app.applications.views.public import applications
    from app.applications.views.recruiter import recruiter
    from app.applications.views.relays import relays
    from app.applications.views.seats import seats

    app.register_blueprint(applications)
    app.register_blueprint(recruiter)
    app.register_blueprint(closing)
    app.register_blueprint(seats)
    app.register_blueprint(following)
    app.register_blueprint(letters)
    app.register_blueprint(relays)
    app.cli.add_command(files)
