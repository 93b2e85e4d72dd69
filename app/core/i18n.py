"""Translations. French is the source language of every text."""

from __future__ import annotations

from typing import Any

from flask import Flask, g
from flask_babel import Babel, get_translations, gettext, lazy_gettext, ngettext
from jinja2 import pass_eval_context
from jinja2.nodes import EvalContext
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


@pass_eval_context
def _template_text(context: EvalContext, message: str, /, **variables: Any) -> str:
    return _filled(context, _catalogue().gettext(message), variables)


@pass_eval_context
def _template_plural(
    context: EvalContext, one: str, many: str, num: int, /, **variables: Any
) -> str:
    return _filled(context, _catalogue().ngettext(one, many, num), {"num": num} | variables)


def _filled(context: EvalContext, text: str, variables: dict[str, Any]) -> str:
    """Fill in a text of ours; in HTML, what people wrote is escaped."""
    return (Markup(text) if context.autoescape else text) % variables  # noqa: S704
