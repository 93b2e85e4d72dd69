"""Search: criteria, the engine and its index, the search of the database when it is away."""

from flask import Flask

from app.search.client import make_engines
from app.search.guard import Guards


def init_app(app: Flask) -> None:
    """Register the engines and the commands of the feature."""
    from app.search import query_log
    from app.search.cache import PageCache
    from app.search.cli import search
    from app.search.views import PATH, bp

    engines = make_engines(app.config)
    app.extensions["search_engines"] = engines
    app.extensions["search_guards"] = Guards(tuple(one.name for one in engines))
    app.register_blueprint(bp)
    app.cli.add_command(search)
    query_log.init_app(app)
    if app.config["SEARCH_CACHE_SECONDS"]:
        app.wsgi_app = PageCache(app, app.wsgi_app, PATH)  # type: ignore[method-assign]
