"""Forms of the applications feature."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from email_validator import EmailNotValidError, validate_email
from flask_wtf.file import FileField
from werkzeug.datastructures import FileStorage
from wtforms import (
    BooleanField,
    EmailField,
    HiddenField,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
    TelField,
    TextAreaField,
)
from wtforms.fields import SelectChoice
from wtforms.validators import DataRequired, InputRequired, Length, Optional, ValidationError
from wtforms.widgets import CheckboxInput, ListWidget

from app.applications import callback, cv, kept, keys, phones
from app.applications.enums import (
    CALL_BACK_LABELS,
    DECLINE_REASON_LABELS,
    DIPLOMA_HELD_LABELS,
    STATUS_LABELS,
    CallBack,
    DeclineReason,
    DiplomaHeld,
)
from app.applications.excess import excess
from app.applications.wording import improper
from app.core.forms import BaseForm, OpenForm
from app.core.i18n import _, lazy

MESSAGE_MAX = 2_000
TOO_LONG = lazy("C’est trop long\u00a0: gardez %(max)d caractères.")


class Proper:
    """Refuse what may not be written to a person, and say why; the text stays in the form."""

    def __call__(self, form: Any, field: Any) -> None:
        """Raise ValidationError with every reason. `form.given`: words its author did not write."""
        found = improper(field.data or "", getattr(form, "given", ()))
        if found:
            raise ValidationError(" ".join(found))


class Sober:
    """Warn once of what nobody needs to know; `form.as_is` lets the text go as it is written."""

    def __call__(self, form: Any, field: Any) -> None:
        """Raise ValidationError unless the text is sober, or its author has read the warning."""
        found = excess(field.data or "")
        form.doubtful = bool(found)
        if found and not form.as_is.data:
            found.append(
                _("Retirez-le, ou cochez «\u00a0%(box)s\u00a0».", box=form.as_is.label.text)
            )
            raise ValidationError(" ".join(found))


def choices_of(labels: Mapping[Any, Any]) -> list[SelectChoice]:
    """Return the options of a list or of radio buttons, from a table of values and labels."""
    return [SelectChoice(value, label) for value, label in labels.items()]


class CallBackField(SelectMultipleField):
    """The moments at which a person may be called; none is any."""

    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()

    def __init__(self, **values: Any) -> None:
        super().__init__(
            lazy("Quand vous rappeler\u00a0?"),
            choices=[SelectChoice(slot, CALL_BACK_LABELS[slot]) for slot in callback.SLOTS],
            validate_choice=False,
            **values,
        )

    def pre_validate(self, form: Any) -> None:
        """Refuse what the page does not offer."""
        if not set(self.data or []) <= set(CallBack):
            raise ValidationError(_("Choisissez un moment de la liste."))


class ApplicationForm(OpenForm):
    """The simplified application: a first name and one way to reach the person."""

    # The message says what nobody needs to know: a box lets it go all the same.
    doubtful = False

    first_name = StringField(
        lazy("Votre prénom"),
        validators=[
            InputRequired(lazy("Écrivez votre prénom, comme vous voulez qu’on vous appelle.")),
            Length(max=80, message=TOO_LONG),
        ],
    )
    phone = TelField(lazy("Téléphone"), validators=[Length(max=40, message=TOO_LONG)])
    email = EmailField(lazy("E-mail"), validators=[Length(max=254, message=TOO_LONG)])
    session = RadioField(
        lazy("Quelle date choisissez-vous\u00a0?"),
        coerce=int,
        validate_choice=False,
    )
    call_back = CallBackField()
    last_name = StringField(lazy("Votre nom"), validators=[Length(max=80, message=TOO_LONG)])
    commune = StringField(lazy("Votre commune"), validators=[Length(max=120, message=TOO_LONG)])
    diploma_held = RadioField(
        lazy("Avez-vous le diplôme de ce métier\u00a0?"),
        choices=choices_of(DIPLOMA_HELD_LABELS),
        validate_choice=False,
        validators=[Optional()],
    )
    message = TextAreaField(
        lazy("Votre mot"), validators=[Length(max=MESSAGE_MAX, message=TOO_LONG), Sober()]
    )
    as_is = BooleanField(lazy("Envoyer mon mot tel quel"))
    cv = FileField(lazy("Votre fichier"))
    consent = BooleanField(
        lazy("Si la structure ne rappelle pas, une conseillère ou un conseiller peut m’appeler.")
    )
    # The file of a form that is shown again waits in the store: see kept.py.
    kept_cv = HiddenField()
    without_cv = BooleanField(lazy("Ne pas envoyer ce fichier"))
    key = HiddenField()

    def __init__(self, *, max_bytes: int, **values: Any) -> None:
        super().__init__(**values)
        self.max_bytes = max_bytes
        self.checked_file: cv.CheckedFile | None = None
        if not keys.IDEMPOTENCY_KEY.fullmatch(self.key.data or ""):
            self.key.data = keys.new_idempotency_key()
        self.kept = kept.find(self.kept_cv.data or "", self.key.data or "")

    def keep_file(self, stored: cv.StoredFile) -> None:
        """Carry the file that has just been stored, until the form is sent again."""
        self.kept = kept.KeptFile(stored, (self.cv.data.filename or "")[: kept.NAME_MOST])
        self.kept_cv.data = kept.ticket(self.kept, self.key.data or "")
        self.without_cv.data = False

    def validate(self, extra_validators: Any = None) -> bool:
        """Ask for one way to reach the person."""
        valid = super().validate(extra_validators)
        if not self.phone.data and not self.email.data:
            # Only a person who gave neither is told: one of the two is enough.
            self.phone.errors = [_("Indiquez un téléphone ou un e-mail\u00a0: un seul suffit.")]
            valid = False
        return valid

    def validate_phone(self, field: TelField) -> None:
        """Turn the number into E.164, or say what it lacks."""
        if not field.data:
            return
        try:
            self.phone_number = phones.normalise(field.data)
        except phones.WrongPhone as error:
            raise ValidationError(error.message) from error

    def validate_email(self, field: EmailField) -> None:
        """Check how the address is written; nobody is asked whether it exists."""
        if not field.data:
            return
        try:
            self.email_address = validate_email(
                field.data, check_deliverability=False
            ).normalized.lower()
        except EmailNotValidError as error:
            raise ValidationError(
                _("Cette adresse n’est pas complète. Exemple\u00a0: prenom@exemple.fr")
            ) from error

    def validate_session(self, field: RadioField) -> None:
        """Ask for a date when there are several; the only one goes without saying."""
        offered = [choice.value for choice in field.choices or []]
        if len(offered) == 1:
            chosen, field.data = field.data, offered[0]
            if chosen not in (None, offered[0]):
                raise ValidationError(
                    _("La date choisie n’est plus proposée. Il reste celle-ci\u00a0: vérifiez-la.")
                )
        if offered and field.data not in offered:
            raise ValidationError(_("Choisissez une date."))

    def validate_diploma_held(self, field: RadioField) -> None:
        """Refuse what the page does not offer."""
        if field.data and field.data not in set(DiplomaHeld):
            raise ValidationError(_("Choisissez une réponse de la liste."))

    def validate_cv(self, field: FileField) -> None:
        """Prove that the file is what its name says."""
        sent = field.data
        if not isinstance(sent, FileStorage) or not sent.filename:
            return
        data = sent.stream.read(self.max_bytes + 1)
        try:
            self.checked_file = cv.inspect(sent.filename, data, max_bytes=self.max_bytes)
        except cv.FileRefused as error:
            raise ValidationError(error.message) from error

    def answers(self) -> dict[str, Any]:
        """Return what the person said, ready for the service. Only valid forms have answers."""
        return {
            "first_name": self.first_name.data,
            "last_name": self.last_name.data,
            "phone": self.phone_number if self.phone.data else None,
            "email": self.email_address if self.email.data else None,
            "call_back": callback.written(self.call_back.data or []),
            "commune_label": self.commune.data,
            "diploma_held": self.diploma_held.data or None,
            "message": self.message.data,
            "counsellor_consent": bool(self.consent.data),
        }

    @property
    def file_to_choose_again(self) -> bool:
        """Return whether a file was sent with a form that is shown again, and is not kept."""
        sent = isinstance(self.cv.data, FileStorage) and bool(self.cv.data.filename)
        return sent and self.kept is None


class LookupForm(BaseForm):
    """A reference and a secret code."""

    reference = StringField(
        lazy("Votre référence"),
        validators=[
            InputRequired(lazy("Écrivez votre référence, par exemple PS-7K2M-94AB.")),
            Length(max=40, message=TOO_LONG),
        ],
    )
    code = StringField(
        lazy("Votre code secret"),
        validators=[
            InputRequired(lazy("Écrivez votre code secret\u00a0: 8 lettres ou chiffres.")),
            Length(max=40, message=TOO_LONG),
        ],
    )


class WithdrawForm(BaseForm):
    """A button."""


class OfferForm(BaseForm):
    """A button."""


class AttendanceForm(BaseForm):
    """A button; who came is read beside it, a pair of radio buttons a person."""


class CallBackForm(BaseForm):
    """The moments, changed later by the person."""

    call_back = CallBackField()


class MoveForm(BaseForm):
    """The state into which a recruiter brings an application."""

    to = SelectField(lazy("Nouvelle étape"), choices=choices_of(STATUS_LABELS))


class DeclineForm(BaseForm):
    """Why it is no, and the message that says it."""

    reason = HiddenField()
    message = TextAreaField(
        lazy("Le message envoyé à la personne"),
        validators=[
            DataRequired(lazy("Gardez un message\u00a0: la personne attend une réponse.")),
            Length(max=MESSAGE_MAX, message=TOO_LONG),
            Proper(),
        ],
    )

    keep = BooleanField(lazy("Nous aimerions garder votre contact"))

    def validate_reason(self, field: HiddenField) -> None:
        """Refuse what the page does not offer."""
        if field.data not in set(DeclineReason):
            raise ValidationError(_("Choisissez une raison."))


class ReasonForm(BaseForm):
    """The choice of a reason, before its message."""

    class Meta(BaseForm.Meta):
        """Choosing changes nothing: the form is a question."""

        csrf = False

    reason = RadioField(
        lazy("Pourquoi est-ce non\u00a0?"), choices=choices_of(DECLINE_REASON_LABELS)
    )


class GroupForm(BaseForm):
    """A step for the people whose boxes are ticked: `to` is empty, a status, or "non"."""

    to = StringField()
