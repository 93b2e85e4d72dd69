"""Search: criteria, the engine and its index, the search of the database when it is away."""

from flask import Flask

from app.search.client import Engine
from app.search.guard import Guard


def init_app(app: Flask) -> None:
    """Register the engine and the commands of the feature."""
    from app.search import query_log
    from app.search.cli import search
    from app.search.views import bp

    app.extensions["search_engine"] = Engine(app)
    app.extensions["search_guard"] = Guard()
    app.register_blueprint(bp)
    app.cli.add_command(search)
    query_log.init_app(app)
