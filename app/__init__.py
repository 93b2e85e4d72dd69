"""Prendre soin: the table of contents of the application."""

from __future__ import annotations

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

from app import (
    accounts,
    alerts,
    api,
    applications,
    geography,
    imports,
    listings,
    main,
    moderation,
    organisations,
    privacy,
    professions,
    reports,
    search,
    subscriptions,
)
from app.core import (
    antivirus,
    assets,
    cli,
    errors,
    filters,
    fragments,
    i18n,
    limits,
    logging,
    mail,
    permissions,
    routes,
    security,
    sentry,
    storage,
    summary,
)
from app.core.database import db, migrate
from app.core.jobs import jobs
from config import Config


def create_app(config: Config | None = None) -> Flask:
    """Build the application from a configuration (default: the environment)."""
    config = config or Config.from_env()
    app = Flask(__name__, static_folder="../static", template_folder="../templates")
    app.config.from_object(config)
    config.DATA_DIR.mkdir(parents=True, exist_ok=True)
    app.jinja_environment = fragments.Templates
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True

    db.init_app(app)
    migrate.init_app(app, db, directory="migrations", render_as_batch=True)
    for part in (
        routes,
        logging,
        i18n,
        assets,
        filters,
        fragments,
        mail,
        storage,
        antivirus,
        errors,
        security,
        sentry,
        limits,
        summary,
    ):
        part.init_app(app)

    for feature in (
        geography,
        accounts,
        professions,
        organisations,
        listings,
        applications,
        search,
        alerts,
        imports,
        moderation,
        reports,
        api,
        privacy,
        main,
    ):
        feature.init_app(app)
    app.before_request(permissions.enforce)
    app.after_request(permissions.note_refusal)
    jobs.init_app(app, subscriptions.SUBSCRIPTIONS, subscriptions.SCHEDULE)
    cli.init_app(app)
    if config.PROXY_HOPS:
        # In front of all the rest, which then sees the address and the host of the visitor.
        hops = config.PROXY_HOPS
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]
    return app
