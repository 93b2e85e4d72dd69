from flask import Flask


def init_app(app: Flask) -> None:
    """Register the blueprints and commands of the feature."""
