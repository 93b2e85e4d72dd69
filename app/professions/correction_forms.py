"""Forms by which the team corrects an entry of the reference base, adds one, or takes one away."""

from __future__ import annotations

import datetime as dt
from typing import Any
from urllib.parse import urlsplit

from wtforms import (
    BooleanField,
    DateField,
    Field,
    HiddenField,
    SelectField,
    StringField,
    TextAreaField,
    URLField,
)
from wtforms.fields import SelectChoice
from wtforms.validators import InputRequired, Length, Optional, ValidationError

from app.core import clock
from app.core.forms import NOT_IN_LIST, TOO_LONG, BaseForm
from app.core.i18n import _, lazy
from app.professions.correcting import Citation
from app.professions.enums import EntryKind, FieldType, MobilityKind
from app.professions.fields import FIELDS, RELIABILITY_LABELS, EntryField, parsed, written
from app.professions.revisions import value_of

MOVE_LABELS = {
    MobilityKind.PROMOTION: lazy("Promotion"),
    MobilityKind.SPECIALISATION: lazy("Spécialisation"),
    MobilityKind.RECONVERSION: lazy("Reconversion"),
    MobilityKind.MANAGEMENT: lazy("Encadrement"),
}
YES_NO = (SelectChoice("", "–"), SelectChoice("oui", lazy("Oui")), SelectChoice("non", lazy("Non")))
# The first is never more than the second.
ORDERED = (
    ("pay.entry_gross_monthly", "pay.entry_gross_monthly_high"),
    ("hours_remaining", "hours_full"),
)
FARTHEST = dt.timedelta(days=3 * 366)
OLDEST = dt.date(1950, 1, 1)


class CitationForm(BaseForm):
    """Where a correction was read and from when it holds: nothing is corrected without."""

    source_title = StringField(
        lazy("La source"),
        validators=[
            InputRequired(lazy("Dites où vous l’avez lu.")),
            Length(max=300, message=TOO_LONG),
        ],
    )
    source_url = URLField(
        lazy("Son adresse"), validators=[Optional(), Length(max=500, message=TOO_LONG)]
    )
    source_reliability = SelectField(
        lazy("Quelle source est-ce ?"),
        choices=[SelectChoice("", "–")]
        + [SelectChoice(code, label) for code, label in RELIABILITY_LABELS.items()],
        validate_choice=True,
    )
    verified = BooleanField(lazy("Je l’ai lu moi-même dans cette source"))
    effective_on = DateField(
        lazy("Vrai à partir du"),
        validators=[InputRequired(lazy("Donnez la date à partir de laquelle c’est vrai."))],
    )
    review_on = DateField(lazy("À relire le"), validators=[Optional()])
    reason = TextAreaField(
        lazy("Pourquoi cette correction"),
        validators=[Optional(), Length(max=500, message=TOO_LONG)],
    )
    seen = HiddenField()

    def to_correct(self) -> list[Field]:
        """Return the fields that are wrong; the source is asked at the end of the page."""
        return sorted(super().to_correct(), key=lambda field: hasattr(CitationForm, field.name))

    def validate_source_url(self, field: Any) -> None:
        """Refuse what is no address of a page."""
        try:
            address = urlsplit(field.data)
        except ValueError:
            address = urlsplit("")
        if address.scheme not in {"http", "https"} or "." not in (address.hostname or ""):
            raise ValidationError(_("Écrivez une adresse complète, qui commence par https://."))

    def validate_effective_on(self, field: Any) -> None:
        """Refuse a date that is no date of a text."""
        if field.data and not OLDEST <= field.data <= clock.paris_date(clock.now()) + FARTHEST:
            raise ValidationError(_("Cette date est trop loin."))

    def validate_review_on(self, field: Any) -> None:
        """Refuse to read again before the correction holds."""
        if field.data and self.effective_on.data and field.data <= self.effective_on.data:
            raise ValidationError(_("Choisissez un jour après la date d’effet."))

    @property
    def citation(self) -> Citation:
        """Return what was written of the source."""
        assert self.effective_on.data is not None  # noqa: S101 - it is required
        return Citation(
            title=self.source_title.data or "",
            url=self.source_url.data or None,
            reliability=self.source_reliability.data or None,
            verified=bool(self.verified.data),
            effective_on=self.effective_on.data,
            review_on=self.review_on.data,
            reason=self.reason.data or "",
        )

    @property
    def seen_number(self) -> int:
        """Return how many corrections the author had been shown."""
        text = self.seen.data or ""
        return int(text) if text.isdecimal() and len(text) < 7 else 0


class _EntryForm(CitationForm):
    entry_fields: tuple[EntryField, ...] = ()
    diplomas: frozenset[str] = frozenset()

    def validate(self, extra_validators: Any = None) -> bool:
        """Read each value as its field is written; the reasons are beside the fields."""
        valid = bool(super().validate(extra_validators))
        self.values: dict[str, Any] = {}
        for field in self.entry_fields:
            control = self[field.input_name]
            try:
                self.values[field.name] = parsed(field, control.data or "", self.diplomas)
            except ValueError as error:
                control.errors = [*control.errors, str(error)]
                valid = False
        return self._agree() and valid

    def _agree(self) -> bool:
        """Refuse a least that is more than the most."""
        for least, most in ORDERED:
            low, high = self.values.get(least), self.values.get(most)
            if low is not None and high is not None and low > high:
                name = "field-" + least.replace(".", "-")
                self[name].errors = [
                    *self[name].errors,
                    _("Ce nombre ne peut pas dépasser l’autre\u00a0: vérifiez les deux."),
                ]
                return False
        return True

    def keep_changes(self, shown: dict[str, Any], present: dict[str, Any]) -> None:
        """Give the present value to the fields that the author left as they were shown to her."""
        for field, control in self.controls:
            if (control.data or "").strip() == written(field, value_of(shown, field.name)):
                control.data = written(field, value_of(present, field.name))

    @property
    def controls(self) -> list[tuple[EntryField, Any]]:
        """Return the fields of the entry with their controls."""
        return [(field, self[field.input_name]) for field in self.entry_fields]


def entry_form(kind: EntryKind, row: dict[str, Any], diplomas: dict[str, str]) -> _EntryForm:
    """Return the form of an entry, filled with the values of `row`. `diplomas`: slug -> name."""
    form = _form(kind, diplomas, {})
    for field, control in form.controls:
        if not form.is_submitted():
            control.data = written(field, value_of(row, field.name))
    return form


def new_form(kind: EntryKind, professions: dict[str, str], diplomas: dict[str, str]) -> _EntryForm:
    """Return the form that adds a move or an equivalence."""
    choices = professions if kind is EntryKind.MOVE else diplomas
    ends = {
        "origin": _select(lazy("De"), choices),
        "target": _select(lazy("Vers"), choices),
    }
    if kind is EntryKind.MOVE:
        labels = {str(code): label for code, label in MOVE_LABELS.items()}
        ends["nature"] = _select(lazy("Quel changement ?"), labels)
    return _form(kind, diplomas, ends)


def _form(kind: EntryKind, diplomas: dict[str, str], more: dict[str, Any]) -> _EntryForm:
    fields = FIELDS[kind]
    controls = {field.input_name: _control(field, diplomas) for field in fields}
    form_class = type(
        "EntryForm",
        (_EntryForm,),
        {"entry_fields": fields, "diplomas": frozenset(diplomas), **controls, **more},
    )
    made: _EntryForm = form_class()
    return made


def _select(label: Any, labels: dict[str, Any]) -> SelectField:
    return SelectField(
        label,
        choices=[SelectChoice("", "–")] + [SelectChoice(code, one) for code, one in labels.items()],
        validators=[InputRequired(NOT_IN_LIST)],
    )


def _control(field: EntryField, diplomas: dict[str, str]) -> Any:
    if field.type is FieldType.LONG:
        return TextAreaField(field.label)
    if field.type is FieldType.YES_NO:
        return SelectField(field.label, choices=list(YES_NO), validate_choice=False)
    if field.type is FieldType.DIPLOMA:
        choices = [SelectChoice("", lazy("Aucun"))]
        choices += [SelectChoice(slug, name) for slug, name in diplomas.items()]
        return SelectField(field.label, choices=choices, validate_choice=False)
    if field.type is FieldType.DATE:
        return StringField(field.label, render_kw={"type": "date"})
    return StringField(field.label)
