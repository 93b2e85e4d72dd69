"""Two people write one listing: what the second has typed, beside what the first has kept."""

from __future__ import annotations

import datetime as dt
from typing import Any, NamedTuple

from wtforms import BooleanField, Field
from wtforms.fields.choices import SelectFieldBase

from app.core.filters import date_long
from app.core.i18n import _
from app.listings.forms.fields import parse_number
from app.listings.forms.listing import ListingForm, initial_values
from app.listings.models import Listing

_NOT_TEXT = frozenset({"version", "dates", "csrf_token"})


class Difference(NamedTuple):
    """One field that two people fill differently, as each would read it."""

    control: str
    label: str
    kept: str
    typed: str


def differences(form: ListingForm, listing: Listing) -> list[Difference]:
    """Return the fields where what is typed is not what is kept, in the order of the form."""
    kept = type(form)(formdata=None, data=initial_values(listing), today=form.today)
    numbers = {
        name: number for number, slot in enumerate(form.session_fields, 1) for name in _names(slot)
    }
    return [
        Difference(
            _control_id(field),
            _label(field, numbers.get(field.name) if form.slots > 1 else None),
            _words(kept[field.name]),
            _words(field),
        )
        for field in form
        if field.name not in _NOT_TEXT and _meaning(field) != _meaning(kept[field.name])
    ]


def _names(slot: dict[str, Field]) -> list[str]:
    return [field.name for field in slot.values()]


def _label(field: Field, number: int | None) -> str:
    label = str(field.label.text)
    if number is None:
        return label
    return _("Date %(number)d, %(label)s", number=number, label=label.lower())


def _control_id(field: Field) -> str:
    """Return the id to which a link to the field leads: the first box of a group."""
    return f"{field.id}-0" if hasattr(field.widget, "html_tag") else str(field.id)


def _meaning(field: Field) -> Any:
    """Return the value without the ways of writing it: spaces, ends of lines, « 2 077 € »."""
    value = field.data
    if isinstance(value, list):
        return sorted(value)
    if isinstance(value, dt.time):
        return value.replace(second=0, microsecond=0)
    if isinstance(value, str):
        text = "\n".join(value.split("\r\n")).strip()
        try:
            return parse_number(text)
        except ValueError:
            return text
    return value or None


def _words(field: Field) -> str:
    value = field.data
    if isinstance(field, BooleanField):
        return _("oui") if value else _("non")
    if isinstance(value, dt.date):
        return date_long(value)
    if isinstance(value, dt.time):
        return value.strftime("%H:%M")
    if isinstance(field, SelectFieldBase):
        chosen = value if isinstance(value, list) else [value or ""]
        wanted = {str(one) for one in chosen}
        return ", ".join(
            str(choice.label) for choice in field.iter_choices() if str(choice.value) in wanted
        )
    return str(value or "")
