"""Translations and French formats. French is the source language of every text."""

from __future__ import annotations

from flask_babel import Babel, gettext, lazy_gettext, ngettext

babel = Babel()
_ = gettext
lazy = lazy_gettext
plural = ngettext

__all__ = ["_", "babel", "lazy", "plural"]
