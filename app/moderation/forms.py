"""Forms of the team's decisions."""

from __future__ import annotations

from typing import Any

from wtforms import TextAreaField
from wtforms.validators import InputRequired, Length

from app.core.forms import BaseForm
from app.core.i18n import lazy


def _reason(label: Any, needed: Any) -> TextAreaField:
    too_short = lazy("Écrivez une phrase complète, de 2\u00a0000 signes au plus.")
    return TextAreaField(
        label, validators=[InputRequired(needed), Length(min=10, max=2000, message=too_short)]
    )


class RefuseForm(BaseForm):
    """Why a listing is sent back: the person who wrote it reads this."""

    reason = _reason(
        lazy("Ce qui est à corriger"),
        lazy("Dites ce qui est à corriger\u00a0: la structure recevra ce texte."),
    )


class ReasonForm(BaseForm):
    """Why the team decides so about an organisation: its owners read this."""

    reason = _reason(
        lazy("La raison"), lazy("Dites pourquoi\u00a0: la structure recevra ce texte.")
    )
