"""Anyone may say that a listing is wrong; the team decides, and says why."""

from flask import Flask


def init_app(app: Flask) -> None:
    """Register the blueprint of the feature."""
    from app.reports.views import reports

    app.register_blueprint(reports)
