"""Fields of the forms of listings: what people type, and what to say when it cannot be read."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from wtforms import (
    DateField,
    Field,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
    TimeField,
)
from wtforms.fields import SelectChoice
from wtforms.validators import Length, StopValidation, ValidationError
from wtforms.widgets import CheckboxInput, ListWidget

from app.core.forms import BaseForm
from app.core.i18n import _, lazy
from app.professions.queries import diplomas, professions, term_label, terms

MAX_PAY_EUROS = 1_000_000
MAX_TEXT = 10_000
YEARS = range(2000, 2100)
_SPACES = re.compile(r"[\s€]")
NOT_IN_LIST = lazy("Choisissez une réponse de la liste.")
TOO_LONG = lazy("Raccourcissez ce texte\u00a0: %(max)d caractères au plus.")


def parse_number(text: str) -> Decimal | None:
    """Read a number as people write it: « 2 077 », « 12,31 », « 2077 € ».

    Returns None when the text is empty; raises ValueError when it is not a number.
    """
    plain = _SPACES.sub("", text).replace(",", ".")
    if not plain:
        return None
    try:
        value = Decimal(plain)
    except InvalidOperation as error:
        raise ValueError(text) from error
    if not value.is_finite():
        raise ValueError(text)
    return value


class Needed:
    """What must be filled to send the listing, but may wait in a draft (unless `always`)."""

    def __init__(self, message: Any, *, always: bool = False) -> None:
        self.message = message
        self.always = always

    def __call__(self, form: Any, field: Field) -> None:
        """Stop the validation of an empty field, with the message unless it is a draft."""
        if field.data not in (None, "", []):
            return
        # A date that could not be read has said so already.
        waits = not self.always and form.draft
        raise StopValidation(None if field.errors or waits else self.message)


class Amount:
    """A number between two bounds, written as people do."""

    def __init__(self, low: float, high: float, message: Any) -> None:
        self.low, self.high, self.message = low, high, message

    def __call__(self, _form: BaseForm, field: Field) -> None:
        """Raise ValidationError unless the text is a number within the bounds."""
        try:
            value = parse_number(field.data or "")
        except ValueError as error:
            raise ValidationError(self.message) from error
        if value is not None and not self.low <= value <= self.high:
            raise ValidationError(self.message)


class OneOf:
    """One of the values offered, or none."""

    def __init__(self, values: Iterable[Any]) -> None:
        self.values = {*values, None}

    def __call__(self, _form: BaseForm, field: Field) -> None:
        """Raise ValidationError on a value that was not offered."""
        if field.data not in self.values:
            raise ValidationError(NOT_IN_LIST)


class FrenchDateField(DateField):
    """A day, typed in the browser's calendar or as 31/12/2026."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, format=["%Y-%m-%d", "%d/%m/%Y"], **kwargs)

    def process_formdata(self, valuelist: list[str]) -> None:
        """Read the day; say how to write it when it cannot be read."""
        if not valuelist or not valuelist[0].strip():
            self.data = None
            return
        try:
            super().process_formdata(valuelist)
            day: Any = self.data
            # Years that no clock of ours can turn into an instant, or a slip of the keyboard.
            if day.year not in YEARS:
                raise ValueError(valuelist[0])
        except ValueError as error:
            self.data = None
            raise ValueError(_("Écrivez la date ainsi\u00a0: 31/12/2026.")) from error


class FrenchTimeField(TimeField):
    """An hour, typed in the browser's clock or as 14:30."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, format=["%H:%M", "%Hh%M", "%H:%M:%S"], **kwargs)

    def process_formdata(self, valuelist: list[str]) -> None:
        """Read the hour; say how to write it when it cannot be read."""
        if not valuelist or not valuelist[0].strip():
            self.data = None
            return
        try:
            super().process_formdata(valuelist)
        except ValueError as error:
            raise ValueError(_("Écrivez l’heure ainsi\u00a0: 14:30.")) from error


def choices_of(labels: Mapping[Any, Any]) -> list[SelectChoice]:
    return [SelectChoice(value, label) for value, label in labels.items()]


def tick_boxes(label: Any, kind: str) -> SelectMultipleField:
    return SelectMultipleField(
        label,
        choices=lambda: [SelectChoice(term.slug, term.label) for term in terms(kind)],
        widget=ListWidget(prefix_label=False),
        option_widget=CheckboxInput(),
        invalid_choice_message=NOT_IN_LIST,
    )


def radio_buttons(
    label: Any, labels: Mapping[Any, Any], *validators: Any, default: Any = None
) -> Any:
    return RadioField(
        label,
        choices=choices_of(labels),
        default=default,
        validators=[*validators, OneOf(labels)],
        # OneOf judges instead, so that an answer may be missing from a draft.
        validate_choice=False,
    )


def _optional_id(value: Any) -> int | None:
    return int(value) if value not in (None, "", "None") else None


def id_select(label: Any, choices: Callable[[], Any], *validators: Any) -> SelectField:
    return SelectField(
        label,
        choices=choices,
        coerce=_optional_id,
        validators=validators,
        invalid_value_message=NOT_IN_LIST,
        invalid_choice_message=NOT_IN_LIST,
    )


def profession_choices() -> list[SelectChoice]:
    found = [SelectChoice(entry.id, entry.label) for entry in professions()]
    return [SelectChoice("", _("Choisissez")), *found]


def diploma_choices() -> list[SelectChoice]:
    found = [SelectChoice(entry.id, entry.label) for entry in diplomas()]
    return [SelectChoice("", _("Aucun en particulier")), *found]


def workplace_choices() -> list[SelectChoice]:
    found = [
        SelectChoice(term.slug, term.label, optgroup=_category(term.category))
        for term in terms("workplace")
    ]
    return [SelectChoice("", _("Non précisé")), *sorted(found, key=lambda one: one.optgroup or "")]


def _category(slug: str | None) -> str:
    return term_label("workplace-category", slug) if slug else _("Autres")


def contract_choices() -> list[SelectChoice]:
    # An internship is a kind of listing of its own.
    found = [SelectChoice(t.slug, t.label) for t in terms("contract") if t.slug != "stage"]
    return [SelectChoice("", _("Choisissez")), *found]


def text_field(label: Any, maximum: int, *validators: Any) -> StringField:
    return StringField(label, validators=[*validators, Length(max=maximum, message=TOO_LONG)])


def number_field(
    label: Any, low: float, high: float, message: Any, *validators: Any
) -> StringField:
    return StringField(label, validators=[*validators, Amount(low, high, message)])
