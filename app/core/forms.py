"""The form that every form starts from, and the messages they share."""

from __future__ import annotations

import datetime as dt
from typing import Any

from email_validator import EmailNotValidError, validate_email
from flask import current_app, request
from flask_wtf import FlaskForm
from itsdangerous import BadSignature, URLSafeTimedSerializer
from werkzeug.datastructures import CombinedMultiDict, MultiDict
from wtforms import EmailField, Field, FileField, HiddenField, PasswordField, StringField
from wtforms.validators import ValidationError

from app.core.i18n import _, lazy
from app.core.proofs import Challenge

REQUIRED = lazy("Remplissez ce champ.")
SUBMITS = {"POST", "PUT", "PATCH", "DELETE"}
NOT_IN_LIST = lazy("Choisissez une réponse de la liste.")
TOO_LONG = lazy("Raccourcissez ce texte\u00a0: %(max)d caractères au plus.")
EXPIRED = lazy(
    "La page est restée ouverte longtemps. Tout ce que vous avez écrit est là\u00a0: vérifiez, "
    "puis envoyez à nouveau."
)


def strip(value: Any) -> Any:
    """Remove the spaces around a text, and the NUL characters that PostgreSQL refuses."""
    return value.replace("\x00", "").strip() if isinstance(value, str) else value


class BaseForm(FlaskForm):
    """A form protected against forgery, whose texts are stripped."""

    # Names of the first fields of the page, in its order, when it is not that of the class; one
    # that ends with a star stands for all that begin so.
    page_order: tuple[str, ...] = ()

    def to_correct(self) -> list[Field]:
        """Return the fields that are wrong, from the top of the page to its end."""
        return sorted((field for field in self if field.errors), key=self._rank)

    def _rank(self, field: Field) -> int:
        for rank, name in enumerate(self.page_order):
            if field.name == name or (name[-1] == "*" and field.name.startswith(name[:-1])):
                return rank
        return len(self.page_order)

    class Meta(FlaskForm.Meta):
        """Bind `strip` to every field."""

        def bind_field(self, form: Any, unbound_field: Any, options: dict[str, Any]) -> Field:
            """Add the filter unless the field chose its own."""
            filters = list(unbound_field.kwargs.get("filters", []))
            if strip not in filters and _holds_text(unbound_field.field_class):
                filters.insert(0, strip)
                unbound_field.kwargs["filters"] = filters
            return unbound_field.bind(form=form, **options)

        def wrap_formdata(self, form: Any, formdata: Any) -> Any:
            """Read what was sent as a form: texts for all, files for the fields of files alone.

            A program may send a file, or JSON, in the place of a text: no field would expect it.
            """
            if formdata is None or isinstance(formdata, MultiDict):
                return formdata
            if request.method not in SUBMITS:
                return None
            files = MultiDict(
                (name, sent)
                for name, sent in request.files.items(multi=True)
                if isinstance(form._fields.get(name), FileField)
            )
            return CombinedMultiDict((files, request.form)) if files or request.form else None


class OpenForm(BaseForm):
    """A form that anybody may send, without an account: it gives back what was typed when the page
    is old, and stops programs that fill everything, or send everything (see sends.py)."""

    # A trap: people neither see nor reach this field, programs fill it.
    website = StringField(lazy("Laissez ce champ vide"))
    proof_token = HiddenField()
    proof_number = HiddenField()
    proof_words = StringField(lazy("Votre réponse"))

    # What is asked before the form is written; most people never see any.
    challenge: Challenge | None = None

    def validate(self, extra_validators: Any = None) -> bool:
        """Say in plain words what the whole form lacks, never blame the person for an old page."""
        valid = bool(super().validate(extra_validators))
        if "csrf_token" in self and self.csrf_token.errors:
            self.csrf_token.errors = []
            self.form_errors.append(str(EXPIRED))
        if self.website.data:
            self.website.data = ""
            self.form_errors.append(
                _("Un champ caché a été rempli, peut-être par votre navigateur. Envoyez à nouveau.")
            )
            valid = False
        return valid

    def ask(self, challenge: Challenge) -> None:
        """Ask for a proof in the page that shows the form."""
        self.challenge = challenge
        self.proof_token.data, self.proof_number.data = challenge.token, ""
        self.proof_words.data, self.proof_words.label.text = "", challenge.question

    def seconds_since_shown(self, now: dt.datetime) -> float | None:
        """Return how long ago the page was made, told by its token; None for a form without."""
        if "csrf_token" not in self:
            return None
        reader = URLSafeTimedSerializer(current_app.config["SECRET_KEY"], salt="wtf-csrf-token")
        try:
            _value, at = reader.loads(self.csrf_token.data or "", return_timestamp=True)
        except BadSignature:
            return None
        return (now - at).total_seconds()


class EmailFields:
    """An address, checked as it is written; nobody is asked whether it exists."""

    # Empty while none is given.
    address = ""

    def validate_email(self, field: EmailField) -> None:
        """Refuse an address that cannot be one."""
        if not field.data:
            return
        try:
            self.address = validate_email(field.data, check_deliverability=False).normalized.lower()
        except EmailNotValidError as error:
            raise ValidationError(
                _("Cette adresse n’est pas complète. Exemple\u00a0: prenom@exemple.fr")
            ) from error


def _holds_text(field_class: type) -> bool:
    """Return whether the field holds a text; a password is taken exactly as it was typed."""
    return not issubclass(field_class, PasswordField) and "String" in {
        parent.__name__.removesuffix("Field") for parent in field_class.__mro__
    }
