"""What waits for the team: listings to read before they go online, organisations to verify."""

from flask import Flask


def init_app(app: Flask) -> None:
    """Register the blueprint of the feature."""
    from app.moderation.views import (  # noqa: F401 - add their routes
        accesses,
        organisations,
        searches,
        work,
    )
    from app.moderation.views.listings import moderation

    app.register_blueprint(moderation)
