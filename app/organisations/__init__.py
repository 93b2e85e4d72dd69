"""Employers and schools, their establishments and their members."""

from flask import Flask


def init_app(app: Flask) -> None:
    """Register the filter, the blueprints and the commands of the feature."""
    from app.organisations.cli import accounts, organisations
    from app.organisations.views.pictures import pictures, recruiter_pictures
    from app.organisations.views.public import organisations as pages
    from app.organisations.views.recruiter import recruiter_organisations
    from app.organisations.wording import register_number

    app.jinja_env.filters["register_number"] = register_number
    app.register_blueprint(pages)
    app.register_blueprint(recruiter_organisations)
    app.register_blueprint(pictures)
    app.register_blueprint(recruiter_pictures)
    app.cli.add_command(accounts)
    app.cli.add_command(organisations)
