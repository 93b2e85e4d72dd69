"""Forms of those who open an organisation, say who they are, and choose who acts for it."""

from __future__ import annotations

import re
from typing import Any

from flask_wtf.file import FileField
from wtforms import (
    EmailField,
    Field,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms.fields import SelectChoice
from wtforms.validators import InputRequired, Length, ValidationError
from wtforms.widgets import CheckboxInput, ListWidget

from app.core.forms import NOT_IN_LIST, TOO_LONG, BaseForm, EmailFields, OpenForm
from app.core.i18n import _, lazy
from app.geography.queries import Place, find_place
from app.organisations.enums import (
    KIND_LABELS,
    MEMBER_ROLE_LABELS,
    PROMISE_LABELS,
    MemberRole,
    Promise,
)
from app.organisations.models import Establishment, Organisation
from app.organisations.pictures import MAX_BYTES, Drawn, PictureRefused, draw
from app.organisations.validators import compact, is_siren, is_siret

MAX_TEXT = 5_000
# What a mail program would make a link of, or a line of its own.
_NOT_A_NAME = re.compile(r"://|www\.|\w\.\w{2,}/|[\x00-\x1f\x7f\x85\u2028\u2029]", re.IGNORECASE)
_FILE_NAME = re.compile(r"\.(jpe?g|png|webp|heic)\s*$", re.IGNORECASE)
SIRET_WRONG = lazy(
    "Ce numéro SIRET n’est pas valable. Vérifiez ses 14 chiffres, par exemple sur un bulletin "
    "de paie."
)
SIREN_GIVEN = lazy(
    "C’est un numéro SIREN\u00a0: il manque les 5\u00a0chiffres de l’établissement. "
    "Le numéro SIRET a 14\u00a0chiffres, par exemple sur un bulletin de paie."
)


def _check_siret(typed: str) -> None:
    number = compact(typed)
    if not is_siret(number):
        raise ValidationError(SIREN_GIVEN if is_siren(number) else SIRET_WRONG)


def _choices(labels: dict[Any, Any]) -> list[SelectChoice]:
    return [SelectChoice(str(value), label) for value, label in labels.items()]


def _is_name(_form: BaseForm, field: Field) -> None:
    """Refuse what is no name: it is written in messages, under the name of the site."""
    if _NOT_A_NAME.search(field.data or ""):
        raise ValidationError(_("Écrivez un nom seul, sans adresse de site ni retour à la ligne."))


def _name(label: Any, maximum: int, needed: Any) -> StringField:
    validators = [InputRequired(needed), Length(max=maximum, message=TOO_LONG), _is_name]
    return StringField(label, validators=validators)


def _text(label: Any, maximum: int, needed: Any = None) -> StringField:
    validators: list[Any] = [InputRequired(needed)] if needed else []
    return StringField(label, validators=[*validators, Length(max=maximum, message=TOO_LONG)])


def _long_text(label: Any) -> TextAreaField:
    return TextAreaField(label, validators=[Length(max=MAX_TEXT, message=TOO_LONG)])


def _promise() -> RadioField:
    return RadioField(
        lazy("Sous quel délai répondez-vous\u00a0?"),
        choices=_choices({int(hours): label for hours, label in PROMISE_LABELS.items()}),
        default=str(int(Promise.TWO_DAYS)),
        coerce=str,
        validators=[InputRequired(lazy("Choisissez un délai."))],
    )


def _kind(label: Any) -> RadioField:
    return RadioField(
        label,
        choices=_choices(KIND_LABELS),
        validators=[InputRequired(lazy("Dites si c’est un employeur ou une école."))],
    )


def _structure_name() -> StringField:
    return _name(lazy("Nom de la structure"), 160, lazy("Écrivez le nom de la structure."))


def _email(label: Any) -> EmailField:
    return EmailField(
        label,
        validators=[
            InputRequired(lazy("Indiquez une adresse e-mail.")),
            Length(max=254, message=TOO_LONG),
        ],
    )


class PlaceFields:
    """The commune and the workplace; the view gives the workplaces of the reference base."""

    place = _text(lazy("Commune"), 120, lazy("Indiquez la commune, par exemple Bron (69500)."))
    workplace = SelectField(lazy("Lieu d’exercice"), default="", invalid_choice_message=NOT_IN_LIST)

    found_place: Place | None = None

    def validate_place(self, field: Field) -> None:
        """Find the commune that the text names."""
        self.found_place = find_place(field.data)
        if self.found_place is None:
            raise ValidationError(
                _(
                    "Nous ne connaissons pas cette commune. "
                    "Écrivez son nom et son code postal, par exemple Bron (69500)."
                )
            )

    @property
    def commune_code(self) -> str | None:
        """Return the code of the commune found."""
        return self.found_place.code if self.found_place else None


class SignUpForm(EmailFields, PlaceFields, OpenForm):
    """A person opens an employer or a school."""

    page_order = ("person_name", "email", "kind", "name", "siret", "place", "workplace", "promise")

    person_name = _name(
        lazy("Votre prénom et votre nom"), 120, lazy("Écrivez votre prénom et votre nom.")
    )
    email = _email(lazy("Votre e-mail professionnel"))
    kind = _kind(lazy("Vous inscrivez"))
    name = _structure_name()
    siret = _text(
        lazy("Numéro SIRET"), 40, lazy("Indiquez le numéro SIRET\u00a0: il a 14 chiffres.")
    )
    promise = _promise()

    def validate_siret(self, field: Field) -> None:
        """Refuse a number whose check digits are wrong."""
        _check_siret(field.data)

    def values(self) -> dict[str, Any]:
        """Return what was declared, ready for the service. Only valid forms have values."""
        return {
            "email": self.address,
            "person_name": self.person_name.data,
            "name": self.name.data,
            "kind": self.kind.data,
            "siret": compact(self.siret.data or ""),
            "workplace": self.workplace.data or None,
            "commune_code": self.commune_code,
            "promise_hours": int(self.promise.data),
        }


class ConfirmForm(BaseForm):
    """A button."""


class AcceptForm(BaseForm):
    """The name of an account to open, by an invitation."""

    person_name = _name(
        lazy("Votre prénom et votre nom"), 120, lazy("Écrivez votre prénom et votre nom.")
    )


class InviteForm(EmailFields, BaseForm):
    """Who is invited, and to do what."""

    email = _email(lazy("Son e-mail professionnel"))
    role = RadioField(
        lazy("Son rôle"), choices=_choices(MEMBER_ROLE_LABELS), default=str(MemberRole.MEMBER)
    )


class RoleForm(BaseForm):
    """The role of a member."""

    role = SelectField(lazy("Rôle"), choices=_choices(MEMBER_ROLE_LABELS))


class SettingsForm(BaseForm):
    """What the organisation says of itself."""

    description = _long_text(lazy("Qui êtes-vous\u00a0?"))
    conditions = _long_text(lazy("Vos conditions de travail"))
    team_words = _long_text(lazy("Les mots de l’équipe"))
    promise = _promise()

    def values(self) -> dict[str, Any]:
        """Return the values of the organisation, as the service takes them."""
        return {
            "description": self.description.data or "",
            "conditions": self.conditions.data or "",
            "team_words": self.team_words.data or "",
            "promise_hours": int(self.promise.data),
        }


class IdentityForm(SettingsForm):
    """The same, with what the team has still to check."""

    name = _structure_name()
    kind = _kind(lazy("Type de structure"))

    def values(self) -> dict[str, Any]:
        """Return the values of the organisation, as the service takes them."""
        return super().values() | {"name": self.name.data, "kind": self.kind.data}


class AltForm(BaseForm):
    """What a picture shows, in words."""

    alt = _text(lazy("Décrivez l’image"), 200, lazy("Décrivez l’image en une phrase."))

    def validate_alt(self, field: Field) -> None:
        """Refuse the name of a file: it tells nothing to who listens to the page."""
        if _FILE_NAME.search(field.data or ""):
            raise ValidationError(
                _("C’est le nom d’un fichier. Dites ce que l’on voit sur l’image.")
            )


class PictureForm(AltForm):
    """A picture to add."""

    page_order = ("image", "alt")

    image = FileField(lazy("Votre image"))

    drawn: Drawn | None = None

    def validate_image(self, field: Field) -> None:
        """Draw the picture again, or tell what forbids it."""
        if not field.data:
            raise ValidationError(_("Choisissez une image sur votre appareil."))
        try:
            self.drawn = draw(field.data.stream.read(MAX_BYTES + 1))
        except PictureRefused as error:
            raise ValidationError(error.message) from error


class EstablishmentForm(PlaceFields, BaseForm):
    """A place where the organisation works; the view gives the publics of the reference base."""

    page_order = ("name", "siret", "place", "address", "workplace", "publics")

    name = _text(lazy("Nom"), 160, lazy("Écrivez le nom de l’établissement."))
    siret = _text(lazy("Numéro SIRET"), 40)
    address = _text(lazy("Adresse"), 200)
    publics = SelectMultipleField(
        lazy("Auprès de qui\u00a0?"),
        widget=ListWidget(prefix_label=False),
        option_widget=CheckboxInput(),
        invalid_choice_message=NOT_IN_LIST,
    )

    def validate_siret(self, field: Field) -> None:
        """Refuse a number whose check digits are wrong."""
        if field.data:
            _check_siret(field.data)

    def values(self) -> dict[str, Any]:
        """Return the values of the establishment, as the services take them."""
        return {
            "name": self.name.data or "",
            "siret": self.siret.data or None,
            "address": self.address.data or "",
            "workplace": self.workplace.data or None,
            "publics": self.publics.data or [],
            "commune_code": self.commune_code,
        }


def settings_of(organisation: Organisation) -> dict[str, Any]:
    """Return what the settings form shows first."""
    return {
        "name": organisation.name,
        "kind": organisation.kind,
        "description": organisation.description,
        "conditions": organisation.conditions,
        "team_words": organisation.team_words,
        "promise": str(organisation.promise_hours),
    }


def values_of(establishment: Establishment) -> dict[str, Any]:
    """Return what the form of an establishment shows first."""
    return {
        "name": establishment.name,
        "siret": establishment.siret or "",
        "address": establishment.address,
        "workplace": establishment.workplace or "",
        "publics": establishment.publics,
        "place": establishment.commune.label if establishment.commune else "",
    }
