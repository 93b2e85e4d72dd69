"""Parts of pages that are the same at every visit: written once, kept as HTML."""

from __future__ import annotations

from collections.abc import MutableMapping
from typing import Any

from flask import Flask, current_app, get_template_attribute, request
from flask.templating import Environment
from markupsafe import Markup

from app.core.i18n import remembered

# What the frame of the site shows of its configuration.
SETTINGS = (
    "SITE_NAME",
    "TERRITORY_SHORT",
    "OPERATOR_NAME",
    "PHONE",
    "PHONE_HOURS",
    "CONTACT_EMAIL",
)


class Templates(Environment):
    """Templates that share one set of names.

    Jinja gives each template a set of its own over it, and compares the two, name by name, each
    time a template takes a macro of another: twenty times a page.
    """

    def make_globals(self, d: MutableMapping[str, Any] | None) -> MutableMapping[str, Any]:
        """Return the names that a template sees: those of the site, and `d` over them."""
        return super().make_globals(d) if d else self.globals


def init_app(app: Flask) -> None:
    """Give `kept` to templates."""
    app.jinja_env.globals["kept"] = kept


def kept(template: str, macro: str, *arguments: Any) -> Markup:
    """Return what a macro of a template writes for these arguments, in the language in use.

    The macro may depend on its arguments and on the settings above, and on nothing else: no person,
    no token, nothing of the request. Arguments take few values, and are hashable.
    """
    config = current_app.config
    site = (request.script_root, *(config[name] for name in SETTINGS))
    return _kept(site, template, macro, *arguments)


@remembered
def _kept(_site: tuple[str, ...], template: str, macro: str, *arguments: Any) -> Markup:
    written: Markup = get_template_attribute(template, macro)(*arguments)
    return written
