"""Forms of the team's decisions."""

from __future__ import annotations

from typing import Any

from wtforms import RadioField, SelectField, StringField, TextAreaField
from wtforms.fields import SelectChoice
from wtforms.validators import AnyOf, InputRequired, Length

from app.accounts.enums import Handling
from app.core.forms import NOT_IN_LIST, REQUIRED, TOO_LONG, BaseForm
from app.core.i18n import lazy
from app.search.enums import WordKind
from app.search.query_log import LONGEST

WORD_LABELS = {
    WordKind.SYNONYM: lazy("Un autre nom d’un métier"),
    WordKind.MISSPELLING: lazy("Une faute d’écriture"),
    WordKind.SUGGESTION: lazy("Un métier à proposer à la saisie"),
    WordKind.IGNORED: lazy("Rien\u00a0: ne plus l’afficher ici"),
}

HANDLING_LABELS = {
    Handling.NORMAL: lazy("rien d’anormal"),
    Handling.SIGNED_OUT: lazy("déconnecter partout"),
    Handling.SUSPENDED: lazy("suspendre le compte"),
}


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


class WordForm(BaseForm):
    """What words that people type mean."""

    word = StringField(
        lazy("Les mots"),
        validators=[InputRequired(REQUIRED), Length(max=LONGEST, message=TOO_LONG)],
    )
    kind = RadioField(
        lazy("C’est…"),
        choices=[SelectChoice(str(kind), label) for kind, label in WORD_LABELS.items()],
        validate_choice=False,
        validators=[AnyOf(tuple(WordKind), NOT_IN_LIST)],
    )
    profession = SelectField(lazy("Quel métier"), validate_choice=False)
    meant = StringField(
        lazy("Les mots corrects"), validators=[Length(max=LONGEST, message=TOO_LONG)]
    )

    @property
    def target(self) -> str:
        """Return what was answered of what the words mean."""
        answer = self.meant if self.kind.data == WordKind.MISSPELLING else self.profession
        return answer.data or ""

    def refuse(self, field: str, message: str) -> None:
        """Say beside the answer why it is refused."""
        target = self.meant if self.kind.data == WordKind.MISSPELLING else self.profession
        wrong = self.word if field == "word" else target
        wrong.errors = [*wrong.errors, message]


class HandlingForm(BaseForm):
    """What is done about somebody who read the details of many people."""

    handling = RadioField(
        lazy("Votre décision"),
        choices=[SelectChoice(str(one), label) for one, label in HANDLING_LABELS.items()],
        validate_choice=False,
        validators=[AnyOf(tuple(Handling), NOT_IN_LIST)],
    )
