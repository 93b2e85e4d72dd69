"""Forms of how a listing ends, and of one answer to several people."""

from __future__ import annotations

from typing import Any

from wtforms import HiddenField, RadioField, SelectMultipleField, TextAreaField
from wtforms.validators import DataRequired, InputRequired, Length, ValidationError
from wtforms.widgets import CheckboxInput, ListWidget

from app.applications import workflow
from app.applications.enums import DeclineReason
from app.applications.forms import MESSAGE_MAX, TOO_LONG, Proper, choices_of
from app.core.forms import BaseForm
from app.core.i18n import _, lazy
from app.listings.enums import UNFILLED_REASON_LABELS, Kind, Outcome, UnfilledReason

_OUTCOMES: dict[str, dict[Outcome, Any]] = {
    workflow.Family.WORK: {
        Outcome.FILLED: lazy("Nous avons trouvé quelqu’un"),
        Outcome.UNFILLED: lazy("Nous n’avons trouvé personne"),
        Outcome.WITHDRAWN: lazy("Nous la retirons"),
    },
    workflow.Family.TRAINING: {
        Outcome.FILLED: lazy("Le groupe est complet, ou il a commencé"),
        Outcome.UNFILLED: lazy("Des places sont restées libres"),
        Outcome.WITHDRAWN: lazy("Nous l’annulons"),
    },
    workflow.Family.EVENT: {
        Outcome.FILLED: lazy("Il a eu lieu, ou il est complet"),
        Outcome.UNFILLED: lazy("Il n’a pas lieu, faute de monde"),
        Outcome.WITHDRAWN: lazy("Nous l’annulons"),
    },
}
_WHY = {
    workflow.Family.WORK: lazy("Si vous n’avez trouvé personne, pourquoi\u00a0?"),
    workflow.Family.TRAINING: lazy("Si des places sont restées libres, pourquoi\u00a0?"),
    workflow.Family.EVENT: lazy("S’il n’a pas lieu, pourquoi\u00a0?"),
}
# Reasons that make sense for a job only.
_OF_JOBS = {UnfilledReason.PAY, UnfilledReason.CANDIDATES_LEFT}
NOW, LATER = "now", "later"


class CloseForm(BaseForm):
    """How a listing ended, and whether those who wait are answered at once."""

    outcome = RadioField(
        lazy("Comment s’est-elle terminée\u00a0?"),
        validate_choice=False,
        validators=[InputRequired(lazy("Dites comment cela s’est terminé."))],
    )
    unfilled_reason = RadioField(default="", validate_choice=False)
    reply = RadioField(
        lazy("Et les personnes qui attendent\u00a0?"),
        choices=choices_of(
            {
                NOW: lazy("Leur répondre maintenant, toutes à la fois"),
                LATER: lazy("Clore, et leur répondre plus tard"),
            }
        ),
        default=NOW,
    )

    def __init__(self, kind: str, **values: Any) -> None:
        super().__init__(**values)
        family = workflow.family_of(kind)
        if family is workflow.Family.EVENT:
            self.outcome.label.text = lazy("Comment s’est-il terminé\u00a0?")
        self.outcome.choices = choices_of(_OUTCOMES[family])
        self.unfilled_reason.label.text = _WHY[family]
        reasons = {
            reason: label
            for reason, label in UNFILLED_REASON_LABELS.items()
            if kind == Kind.JOB or reason not in _OF_JOBS
        }
        self.unfilled_reason.choices = choices_of({"": lazy("Sans objet")} | reasons)
        if self.reply.data is None:
            self.reply.data = NOW

    def validate_outcome(self, field: RadioField) -> None:
        """Refuse what the page does not offer."""
        if field.data not in {choice.value for choice in field.choices or []}:
            raise ValidationError(_("Choisissez une réponse de la liste."))

    def validate_unfilled_reason(self, field: RadioField) -> None:
        """Ask why when nobody was found."""
        if field.data not in {choice.value for choice in field.choices or []} | {None}:
            raise ValidationError(_("Choisissez une réponse de la liste."))
        if self.outcome.data == Outcome.UNFILLED and not field.data:
            raise ValidationError(_("Dites pourquoi\u00a0: cela aide à comprendre ce qui manque."))


class EndingForm(CloseForm):
    """How a listing is going to end, carried by an address: it changes nothing yet."""

    class Meta(BaseForm.Meta):
        """The page that asks for the message is a question."""

        csrf = False


class AnswerAllForm(BaseForm):
    """Who is told no, and the message that says it."""

    people = SelectMultipleField(
        lazy("Qui reçoit ce message\u00a0?"),
        coerce=int,
        # Who took her application back meanwhile is no longer in the list: nothing to correct.
        validate_choice=False,
        widget=ListWidget(prefix_label=False),
        option_widget=CheckboxInput(),
        validators=[
            DataRequired(lazy("Cochez au moins une personne, ou répondez plus tard.")),
        ],
    )
    message = TextAreaField(
        lazy("Le message envoyé à chaque personne"),
        validators=[
            DataRequired(lazy("Gardez un message\u00a0: ces personnes attendent une réponse.")),
            Length(max=MESSAGE_MAX, message=TOO_LONG),
            Proper(),
        ],
    )


class DeclineGroupForm(AnswerAllForm):
    """The same, to people chosen on the board, with the reason they are given."""

    reason = HiddenField()

    def validate_reason(self, field: HiddenField) -> None:
        """Refuse what the page does not offer."""
        if field.data not in set(DeclineReason):
            raise ValidationError(_("Choisissez une raison."))
