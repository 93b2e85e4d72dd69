"""What the site keeps of people, how they read it and have it erased, and how that is proved."""

from flask import Flask


def init_app(app: Flask) -> None:
    """Register the blueprints and the commands of the feature."""
    from app.privacy.cli import privacy
    from app.privacy.views import own_account, own_data

    app.register_blueprint(own_data)
    app.register_blueprint(own_account)
    app.cli.add_command(privacy)
