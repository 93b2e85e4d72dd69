"""Translations. French is the source language of every text."""

from __future__ import annotations

from typing import Any

from flask import Flask, g
from flask_babel import Babel, get_translations, gettext, lazy_gettext, ngettext
from markupsafe import Markup

babel = Babel()
_ = gettext
lazy = lazy_gettext
plural = ngettext

__all__ = ["_", "babel", "init_app", "lazy", "plural"]


def init_app(app: Flask) -> None:
    """Give templates functions that look the catalogue up once a request.

    A page of results holds two hundred texts: the stock functions look it up for each of them,
    which takes a third of the page's time.
    """
    babel.init_app(app)
    app.jinja_env.globals.update(
        gettext=_template_text, _=_template_text, ngettext=_template_plural
    )


def _catalogue() -> Any:
    if "catalogue" not in g:
        g.catalogue = get_translations()
    return g.catalogue


def _template_text(message: str, /, **variables: Any) -> Markup:
    # The message is written by us; what people wrote is in the variables, which Markup escapes.
    return Markup(_catalogue().gettext(message)) % variables  # noqa: S704


def _template_plural(one: str, many: str, num: int, /, **variables: Any) -> Markup:
    text = _catalogue().ngettext(one, many, num)
    return Markup(text) % ({"num": num} | variables)  # noqa: S704
