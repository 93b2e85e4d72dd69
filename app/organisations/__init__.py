"""Employers and schools, their establishments and their members."""

from flask import Flask


def init_app(app: Flask) -> None:
    """Register the commands of the feature."""
    from app.organisations.cli import accounts, organisations

    app.cli.add_command(accounts)
    app.cli.add_command(organisations)
