"""What the team may correct of each kind of entry, and how a value is written and read."""

from __future__ import annotations

import datetime as dt
from typing import Any, NamedTuple

from app.core.i18n import _, lazy
from app.professions.enums import EntryKind, FieldType

K, T = EntryKind, FieldType

KIND_LABELS = {
    K.PROFESSION: lazy("Métiers"),
    K.DIPLOMA: lazy("Diplômes"),
    K.MOVE: lazy("Passerelles"),
    K.EQUIVALENCE: lazy("Équivalences"),
    K.FUNDING: lazy("Financements"),
}
RELIABILITY_LABELS = {
    "A": lazy("Texte officiel ou site de l’État"),
    "B": lazy("Presse spécialisée, école, réseau professionnel"),
    "C": lazy("Autre, à recouper"),
}
# The least and the most a number may be.
BOUNDS = {
    T.LEVEL: (1, 8),
    T.MONTHS: (0.5, 120),
    T.HOURS: (0, 10_000),
    T.EUROS: (500, 20_000),
    T.YEAR: (2000, 2100),
}
MOST_CHARACTERS = {T.TEXT: 300, T.LONG: 2_000}
WHOLE = {T.LEVEL, T.HOURS, T.YEAR}


class EntryField(NamedTuple):
    """A field of a row of a file; `name` as app.professions.revisions reads it."""

    name: str
    label: Any
    type: FieldType
    required: bool = False

    @property
    def input_name(self) -> str:
        """Return the name of the control in a form."""
        return "field-" + self.name.replace(".", "-")


def _duration(name: str, label: Any) -> EntryField:
    return EntryField(name, label, T.MONTHS)


FIELDS: dict[EntryKind, tuple[EntryField, ...]] = {
    K.PROFESSION: (
        EntryField("summary", lazy("Le métier en deux phrases"), T.LONG, required=True),
        EntryField("regulated", lazy("Diplôme exigé par la loi"), T.YES_NO, required=True),
        EntryField("regulated_note", lazy("Ce que la loi demande"), T.LONG),
        EntryField(
            "without_diploma_entry.possible",
            lazy("On peut commencer sans diplôme"),
            T.YES_NO,
            required=True,
        ),
        EntryField("without_diploma_entry.note", lazy("Comment commencer sans diplôme"), T.LONG),
        EntryField("pay.entry_gross_monthly", lazy("Paie brute au début, par mois"), T.EUROS),
        EntryField("pay.entry_gross_monthly_high", lazy("Paie brute au début, au plus"), T.EUROS),
        EntryField("pay.basis", lazy("D’où vient ce montant"), T.LONG),
        EntryField("pay.year", lazy("Année de ce montant"), T.YEAR),
        EntryField("pay.verified", lazy("Paie lue dans une source"), T.YES_NO, required=True),
    ),
    K.DIPLOMA: (
        EntryField("label", lazy("Nom"), T.TEXT, required=True),
        EntryField("level", lazy("Niveau"), T.LEVEL),
        EntryField("rncp", lazy("Numéro RNCP"), T.TEXT),
        EntryField("duration.hours", lazy("Heures de la formation complète"), T.HOURS),
        _duration("duration.months", lazy("Mois de la formation complète")),
        EntryField("entry_requirements", lazy("Conditions d’entrée"), T.LONG),
        EntryField("notes", lazy("Bon à savoir"), T.LONG),
    ),
    K.MOVE: (
        EntryField("via", lazy("Diplôme préparé"), T.DIPLOMA),
        _duration("duration_months", lazy("Durée, en mois")),
        EntryField("entry", lazy("Conditions d’entrée"), T.LONG),
        EntryField("exemptions", lazy("Dispenses et allègements"), T.LONG),
        EntryField("note", lazy("Bon à savoir"), T.LONG),
        EntryField("route_verified", lazy("Conditions du diplôme lues"), T.YES_NO, required=True),
    ),
    K.EQUIVALENCE: (
        EntryField("in_force", lazy("En vigueur"), T.YES_NO, required=True),
        EntryField("as_of", lazy("Date du texte"), T.DATE, required=True),
        EntryField("hours_full", lazy("Heures de la formation complète"), T.HOURS),
        EntryField("hours_remaining", lazy("Heures qui restent à suivre"), T.HOURS),
        EntryField("notes", lazy("Bon à savoir"), T.LONG),
    ),
    K.FUNDING: (
        EntryField("label", lazy("Nom"), T.TEXT, required=True),
        EntryField("description", lazy("Qui, quoi, comment"), T.LONG, required=True),
        EntryField("ask", lazy("À qui en parler"), T.TEXT, required=True),
    ),
}


def written(field: EntryField, value: Any) -> str:
    """Return a value as it is typed: « 10,5 », « oui », « 2026-11-22 »; nothing for None."""
    if value is None:
        return ""
    if field.type is T.YES_NO:
        return "oui" if value is True else "non"
    return f"{value:g}".replace(".", ",") if isinstance(value, float) else str(value)


def parsed(field: EntryField, text: str, diplomas: frozenset[str]) -> Any:
    """Return the value of what was typed. Raises ValueError with a sentence in French."""
    text = text.strip()
    if not text:
        if field.required:
            raise ValueError(_("Remplissez ce champ."))
        return None
    if field.type in BOUNDS:
        return _number(field, text)
    if field.type is T.DATE:
        return _day(text)
    if field.type is T.YES_NO:
        return _yes(text)
    if field.type is T.DIPLOMA and text not in diplomas:
        raise ValueError(_("Ce diplôme n’est pas dans la base."))
    return _text(field, text)


def _yes(text: str) -> bool:
    if text not in {"oui", "non"}:
        raise ValueError(_("Choisissez oui ou non."))
    return text == "oui"


def _text(field: EntryField, text: str) -> str:
    most = MOST_CHARACTERS.get(field.type)
    if most and len(text) > most:
        raise ValueError(_("Raccourcissez ce texte\u00a0: %(max)d caractères au plus.", max=most))
    return text.replace("\r\n", "\n")


def _number(field: EntryField, text: str) -> float | int:
    least, most = BOUNDS[field.type]
    bare = text.replace("\u00a0", "").replace("\u202f", "").replace(" ", "").replace(",", ".")
    try:
        value = float(bare)
    except ValueError:
        value = float("nan")
    if not least <= value <= most or (field.type in WHOLE and value != int(value)):
        raise ValueError(
            _(
                "Écrivez un nombre entre %(least)s et %(most)s.",
                least=f"{least:g}".replace(".", ","),
                most=f"{most:g}",
            )
        )
    return int(value) if value == int(value) else value


def _day(text: str) -> str:
    try:
        day = dt.date.fromisoformat(text)
    except ValueError as error:
        raise ValueError(_("Écrivez une date, par exemple 22/11/2026.")) from error
    if not 1950 <= day.year <= 2100:
        raise ValueError(_("Cette date n’est pas possible."))
    return day.isoformat()
