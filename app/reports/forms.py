"""Forms of the reports feature."""

from __future__ import annotations

from typing import Any

from wtforms import EmailField, RadioField, TextAreaField
from wtforms.fields import SelectChoice
from wtforms.validators import InputRequired, Length, ValidationError

from app.core.forms import NOT_IN_LIST, TOO_LONG, BaseForm, EmailFields, OpenForm
from app.core.i18n import _, lazy
from app.listings.enums import OWN_SOURCE
from app.listings.models import Listing
from app.reports.enums import DECISION_LABELS, REASON_LABELS, Decision
from app.reports.services import possible_decisions

WORDS_MAX = 1_000
ANSWER_MIN, ANSWER_MAX = 10, 2_000


class ReportForm(EmailFields, OpenForm):
    """What is wrong with a listing, for anyone."""

    reason = RadioField(
        lazy("Qu’est-ce qui ne va pas\u00a0?"),
        choices=[SelectChoice(reason, label) for reason, label in REASON_LABELS.items()],
        validate_choice=False,
        validators=[InputRequired(lazy("Choisissez ce qui ne va pas."))],
    )
    words = TextAreaField(
        lazy("En dire plus"), validators=[Length(max=WORDS_MAX, message=TOO_LONG)]
    )
    email = EmailField(
        lazy("Votre e-mail, pour connaître notre décision"),
        validators=[Length(max=254, message=TOO_LONG)],
    )

    def validate_reason(self, field: RadioField) -> None:
        """Refuse what the page does not offer."""
        if field.data not in REASON_LABELS:
            raise ValidationError(NOT_IN_LIST)


class DecisionForm(BaseForm):
    """What the team decides, and why."""

    decision = RadioField(
        lazy("Votre décision"),
        validate_choice=False,
        validators=[InputRequired(lazy("Choisissez ce que devient l’annonce."))],
    )
    answer = TextAreaField(
        lazy("Notre réponse aux personnes qui ont signalé"),
        validators=[
            InputRequired(lazy("Dites pourquoi\u00a0: les personnes recevront ce texte.")),
            Length(
                min=ANSWER_MIN,
                max=ANSWER_MAX,
                message=lazy("Écrivez une phrase complète, de 2\u00a0000 signes au plus."),
            ),
        ],
    )
    to_organisation = TextAreaField(
        lazy("Notre message à la structure"),
        validators=[Length(max=ANSWER_MAX, message=TOO_LONG)],
    )

    def __init__(self, listing: Listing, **values: Any) -> None:
        super().__init__(**values)
        self.own = listing.source == OWN_SOURCE
        self.decision.choices = [
            SelectChoice(one, DECISION_LABELS[one]) for one in possible_decisions(listing)
        ]

    def validate_decision(self, field: RadioField) -> None:
        """Refuse what the page does not offer."""
        if field.data not in {choice.value for choice in field.choices or []}:
            raise ValidationError(NOT_IN_LIST)

    def validate_to_organisation(self, field: TextAreaField) -> None:
        """Ask for words to the organisation when something changes for it."""
        changes = self.decision.data in {Decision.REVIEW, Decision.REMOVE}
        if self.own and changes and len(field.data or "") < ANSWER_MIN:
            raise ValidationError(
                _("Dites à la structure pourquoi, en une phrase complète\u00a0: elle la recevra.")
            )
