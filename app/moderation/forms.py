"""Forms of the team's decisions."""

from __future__ import annotations

from wtforms import TextAreaField
from wtforms.validators import InputRequired, Length

from app.core.forms import BaseForm
from app.core.i18n import lazy


class RefuseForm(BaseForm):
    """Why a listing is sent back: the person who wrote it reads this."""

    reason = TextAreaField(
        lazy("Ce qui est à corriger"),
        validators=[
            InputRequired(
                lazy("Dites ce qui est à corriger\u00a0: la structure recevra ce texte.")
            ),
            Length(
                min=10,
                max=2000,
                message=lazy("Écrivez une phrase complète, de 2\u00a0000 signes au plus."),
            ),
        ],
    )


class ReasonForm(BaseForm):
    """Why the team decides so about an organisation: its owners read this."""

    reason = TextAreaField(
        lazy("La raison"),
        validators=[
            InputRequired(lazy("Dites pourquoi\u00a0: la structure recevra ce texte.")),
            Length(
                min=10,
                max=2000,
                message=lazy("Écrivez une phrase complète, de 2\u00a0000 signes au plus."),
            ),
        ],
    )
