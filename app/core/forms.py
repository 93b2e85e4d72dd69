"""The form that every form starts from, and the messages they share."""

from __future__ import annotations

from typing import Any

from flask_wtf import FlaskForm
from wtforms import Field

from app.core.i18n import lazy

REQUIRED = lazy("Remplissez ce champ.")


def strip(value: Any) -> Any:
    """Remove the spaces around a text, and the NUL characters that PostgreSQL refuses."""
    return value.replace("\x00", "").strip() if isinstance(value, str) else value


class BaseForm(FlaskForm):
    """A form protected against forgery, whose texts are stripped."""

    class Meta(FlaskForm.Meta):
        """Bind `strip` to every field."""

        def bind_field(self, form: Any, unbound_field: Any, options: dict[str, Any]) -> Field:
            """Add the filter unless the field chose its own."""
            filters = list(unbound_field.kwargs.get("filters", []))
            if strip not in filters and _holds_text(unbound_field.field_class):
                filters.insert(0, strip)
                unbound_field.kwargs["filters"] = filters
            return unbound_field.bind(form=form, **options)


def _holds_text(field_class: type) -> bool:
    return "String" in {parent.__name__.removesuffix("Field") for parent in field_class.__mro__}
