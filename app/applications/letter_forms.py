"""Forms of what members write about a person and to her, and of where they send her application."""

from __future__ import annotations

from typing import Any

from wtforms import (
    BooleanField,
    HiddenField,
    RadioField,
    SelectField,
    StringField,
    TextAreaField,
)
from wtforms.validators import DataRequired, InputRequired, Length, ValidationError

from app.applications import letters
from app.applications.enums import STATUS_LABELS, Letter
from app.applications.forms import MESSAGE_MAX, TOO_LONG, Proper, Sober, choices_of
from app.applications.models import Application, ApplicationMessage
from app.applications.replies import REPLY_MAX
from app.applications.transfer import Place
from app.core.forms import BaseForm
from app.core.i18n import _, lazy
from app.listings.forms.fields import FrenchDateField, FrenchTimeField
from app.listings.models import Listing

# What the two buttons of a meeting say.
COMING = {"yes": True, "no": False}


class NoteForm(BaseForm):
    """A note for the colleagues."""

    # The note says what nobody needs to know: a box lets it be kept all the same.
    doubtful = False

    text = TextAreaField(
        lazy("Votre note"),
        validators=[
            DataRequired(lazy("Écrivez votre note.")),
            Length(max=MESSAGE_MAX, message=TOO_LONG),
            Sober(),
        ],
    )
    as_is = BooleanField(lazy("Garder cette note telle quelle"))


class ReplyForm(BaseForm):
    """What the person answers to a message: a button for a meeting, words for all."""

    doubtful = False

    words = TextAreaField(
        lazy("Votre réponse"), validators=[Length(max=REPLY_MAX, message=TOO_LONG), Sober()]
    )
    as_is = BooleanField(lazy("Envoyer ma réponse telle quelle"))
    coming = HiddenField()

    def __init__(self, asked: ApplicationMessage, **values: Any) -> None:
        super().__init__(**values)
        self.is_meeting = asked.letter == Letter.MEETING
        if self.is_meeting:
            self.words.label.text = _("Un mot pour l’équipe")

    def validate(self, extra_validators: Any = None) -> bool:
        """Return whether something is said: words, or the button of a meeting."""
        valid = super().validate(extra_validators)
        if not self.is_meeting and not (self.words.data or "").strip():
            self.words.errors = [*self.words.errors, _("Écrivez votre réponse.")]
            valid = False
        if self.is_meeting and self.coming.data not in COMING:
            self.form_errors.append(_("Dites si vous venez, ou si cette date ne vous va pas."))
            valid = False
        return valid

    @property
    def comes(self) -> bool | None:
        """Return what the button of a meeting says, None for another message."""
        return COMING[self.coming.data or ""] if self.is_meeting else None


class LetterForm(BaseForm):
    """A message to the person, with what it is about."""

    page_order = ("step", "day", "hour", "place", "listing", "text")

    day = FrenchDateField(lazy("Date"), validators=[InputRequired(lazy("Choisissez une date."))])
    hour = FrenchTimeField(lazy("Heure"), validators=[InputRequired(lazy("Indiquez une heure."))])
    place = StringField(
        lazy("Lieu"),
        validators=[
            DataRequired(lazy("Écrivez où la personne doit venir.")),
            Length(max=200, message=TOO_LONG),
            Proper(),
        ],
    )
    step = RadioField(lazy("C’est…"), validate_choice=False)
    listing = SelectField(lazy("Annonce à proposer"), coerce=int, validate_choice=False)
    text = TextAreaField(
        lazy("Le message à la personne"),
        validators=[
            DataRequired(lazy("Écrivez un message.")),
            Length(max=MESSAGE_MAX, message=TOO_LONG),
            Proper(),
        ],
    )

    def __init__(
        self, letter: Letter, application: Application, listings: list[Listing], **values: Any
    ) -> None:
        super().__init__(**values)
        if letter is Letter.MEETING:
            steps = letters.meeting_steps(application.listing.kind, application.status)
            self.step.choices = choices_of({step: STATUS_LABELS[step] for step in steps})
            if len(steps) == 1:
                self.step.data = steps[0]
        else:
            del self.day, self.hour, self.place, self.step
        if letter is Letter.PROPOSAL:
            names = {one.id: f"{one.title}, {one.place_label}" for one in listings}
            self.listing.choices = choices_of(names)
        else:
            del self.listing

    def validate_step(self, field: RadioField) -> None:
        """Refuse what the page does not offer."""
        if field.data not in {choice.value for choice in field.choices or []}:
            raise ValidationError(_("Dites si c’est une rencontre ou un essai."))

    def validate_listing(self, field: SelectField) -> None:
        """Refuse what the page does not offer."""
        if field.data not in {choice.value for choice in field.choices or []}:
            raise ValidationError(_("Choisissez une annonce ouverte."))


class TransferForm(BaseForm):
    """Another listing of the same organisation, at one of its dates."""

    to = RadioField(lazy("Où va cette candidature\u00a0?"), validate_choice=False)

    def __init__(self, places: dict[str, tuple[str, Place]], **values: Any) -> None:
        super().__init__(**values)
        self.to.choices = choices_of({key: label for key, (label, _place) in places.items()})

    def validate_to(self, field: RadioField) -> None:
        """Refuse what the page does not offer."""
        if field.data not in {choice.value for choice in field.choices or []}:
            raise ValidationError(_("Choisissez une annonce de la liste."))
