"""Coming back without an account: alerts on a search, notices of a listing, favourites, feeds."""

from flask import Flask


def init_app(app: Flask) -> None:
    """Register the blueprints of the feature."""
    from app.alerts.views.alerts import alerts
    from app.alerts.views.favourites import favourites
    from app.alerts.views.feed import feed
    from app.alerts.views.watches import watches

    for blueprint in (alerts, watches, favourites, feed):
        app.register_blueprint(blueprint)
