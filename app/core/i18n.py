"""Translations. French is the source language of every text.

The language is looked up once a request, not once a word: a page of results holds three hundred
texts and counts, and the stock functions of Flask-Babel look everything up again for each of them.
"""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from functools import lru_cache, wraps
from typing import Any, NamedTuple, TypeVar, cast

from babel.numbers import format_decimal
from flask import Flask
from flask_babel import Babel, get_locale, get_translations, lazy_gettext
from jinja2 import pass_eval_context
from jinja2.nodes import EvalContext
from markupsafe import Markup

babel = Babel()
lazy = lazy_gettext

__all__ = ["_", "babel", "init_app", "lazy", "locale", "plural", "remembered"]

# From here on, digits are read in groups of three.
THOUSAND = 1_000
Words = TypeVar("Words", bound=Callable[..., Any])


class _Language(NamedTuple):
    locale: str
    catalogue: Any


_current: ContextVar[_Language | None] = ContextVar("language", default=None)


def init_app(app: Flask) -> None:
    """Give the functions below to templates."""
    babel.init_app(app)
    app.before_request(_forget)
    app.teardown_appcontext(_forget)
    app.jinja_env.globals.update(
        gettext=_template_text, _=_template_text, ngettext=_template_plural
    )


def locale() -> str:
    """Return the language of this request or command, as "fr"."""
    return _language().locale


def remembered(function: Words) -> Words:
    """Keep what `function` wrote, by language: the same few amounts and delays fill every list."""
    kept = lru_cache(maxsize=4096)(lambda _locale, *values: function(*values))

    @wraps(function)
    def write(*values: Any) -> Any:
        return kept((_current.get() or _language()).locale, *values)

    return cast(Words, write)


def _(message: str, /, **variables: Any) -> str:
    """Translate a text and fill in its variables."""
    text: str = _language().catalogue.gettext(message)
    return text % variables if variables else text


def plural(one: str, many: str, num: int, /, **variables: Any) -> str:
    """Translate a text for a number, which fills in `%(num)d`."""
    text: str = _language().catalogue.ngettext(one, many, num)
    text, said = _spaced(text, num)
    return text % (said | variables)


def _spaced(text: str, num: int) -> tuple[str, dict[str, Any]]:
    """Return what fills in a count: « 2 725 », with the space that the typeface has."""
    if num < THOUSAND:
        return text, {"num": num}
    written = format_decimal(num, locale=locale()).replace("\u202f", "\u00a0")
    return text.replace("%(num)d", "%(num)s"), {"num": written}


def _language() -> _Language:
    found = _current.get()
    if found is None:
        found = _Language(str(get_locale() or "fr"), get_translations())
        _current.set(found)
    return found


def _forget(_error: BaseException | None = None) -> None:
    _current.set(None)


@pass_eval_context
def _template_text(context: EvalContext, message: str, /, **variables: Any) -> str:
    if context.autoescape and not variables:
        return _plain_text(message)
    return _filled(context, _language().catalogue.gettext(message), variables)


@pass_eval_context
def _template_plural(
    context: EvalContext, one: str, many: str, num: int, /, **variables: Any
) -> str:
    text, said = _spaced(_language().catalogue.ngettext(one, many, num), num)
    return _filled(context, text, said | variables)


@remembered
def _plain_text(message: str) -> Markup:
    return Markup(_(message)) % {}  # noqa: S704


def _filled(context: EvalContext, text: str, variables: dict[str, Any]) -> str:
    """Fill in a text of ours; in HTML, what people wrote is escaped."""
    return (Markup(text) if context.autoescape else text) % variables  # noqa: S704
