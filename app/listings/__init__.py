"""Listings of every kind: their life, their pages, and the space of those who write them."""

from flask import Flask


def init_app(app: Flask) -> None:
    """Register the blueprints of the feature."""
    from app.listings.cards import card_items
    from app.listings.views.coaching import listing_editor
    from app.listings.views.public import listings
    from app.listings.views.recruiter import recruiter_listings

    app.jinja_env.globals["card_items"] = card_items
    app.register_blueprint(listings)
    app.register_blueprint(recruiter_listings)
    app.register_blueprint(listing_editor)
