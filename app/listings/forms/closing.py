"""How a listing ended."""

from __future__ import annotations

from wtforms import (
    Field,
)
from wtforms.validators import ValidationError

from app.core.forms import BaseForm
from app.core.i18n import _, lazy
from app.listings.enums import (
    UNFILLED_REASON_LABELS,
    Outcome,
)
from app.listings.forms.fields import NOT_IN_LIST, Needed, radio_buttons


class CloseForm(BaseForm):
    """How a listing ended."""

    outcome = radio_buttons(
        lazy("Comment s’est-elle terminée\u00a0?"),
        {
            Outcome.FILLED: lazy("Nous avons trouvé quelqu’un"),
            Outcome.UNFILLED: lazy("Nous n’avons trouvé personne"),
            Outcome.WITHDRAWN: lazy("Nous la retirons"),
        },
        Needed(NOT_IN_LIST, always=True),
    )
    unfilled_reason = radio_buttons(
        lazy("Si vous n’avez trouvé personne, pourquoi\u00a0?"),
        {"": lazy("Sans objet")} | UNFILLED_REASON_LABELS,
        default="",
    )

    def validate_unfilled_reason(self, field: Field) -> None:
        """Ask why when nobody was found."""
        if self.outcome.data == Outcome.UNFILLED and not field.data:
            raise ValidationError(_("Dites pourquoi\u00a0: cela aide à comprendre ce qui manque."))
