"""The copy of her data as a person reads it: French words, hours of Paris, one thing a line."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from typing import Any

from flask_babel import format_date

from app.core.clock import paris_date
from app.core.filters import date_long, time_short
from app.core.i18n import _, lazy

# What a code means is told beside it, under the same name and this ending.
IN_CLEAR = "_en_clair"
_LABELS = {
    "acceptee_le": lazy("Acceptée"),
    "accepte_le": lazy("Accepté"),
    "aide_d_une_conseillere": lazy("Aide d’une conseillère ou d’un conseiller"),
    "annonce": lazy("Annonce"),
    "annonces": lazy("Annonces que vous avez créées"),
    "appareil": lazy("Appareil"),
    "appareils": lazy("Appareils où votre compte est ouvert"),
    "cles_d_acces": lazy("Clés d’accès"),
    "commune": lazy("Commune"),
    "confiee_a": lazy("Confiée à une autre annonce"),
    "contact_garde": lazy("Contact gardé par la structure"),
    "cree_le": lazy("Créé"),
    "creee_le": lazy("Créée"),
    "cv": lazy("Fichier joint"),
    "depuis": lazy("Depuis"),
    "derniere_connexion_le": lazy("Dernière connexion"),
    "derniere_suite_le": lazy("Dernière suite"),
    "diplome": lazy("Diplôme du métier"),
    "e_mail": lazy("E-mail"),
    "etapes": lazy("Étapes"),
    "etat": lazy("Où elle en est"),
    "issue": lazy("Issue"),
    "issue_le": lazy("Notée"),
    "jusqu_au": lazy("Jusqu’au"),
    "le": lazy("Date"),
    "message": lazy("Votre mot"),
    "message_de_la_reponse": lazy("Message de la réponse"),
    "messages_de_la_structure": lazy("Messages de la structure"),
    "moments_pour_rappeler": lazy("Quand vous rappeler"),
    "motif_de_la_reponse": lazy("Raison de la réponse"),
    "nom": lazy("Nom"),
    "notes_de_la_structure": lazy("Notes de la structure"),
    "ouvertures": lazy("Ce que la structure, ou qui vous aide, a ouvert"),
    "par": lazy("Par"),
    "prenom": lazy("Prénom"),
    "prise_en_charge_le": lazy("Prise en charge"),
    "quoi": lazy("Ouvert"),
    "recue_le": lazy("Reçue"),
    "reference": lazy("Référence"),
    "refuse_le": lazy("Refusé"),
    "rencontre_a": lazy("Lieu du rendez-vous"),
    "rencontre_le": lazy("Rendez-vous"),
    "repondu_le": lazy("Répondu"),
    "reponse_promise_le": lazy("Réponse promise avant"),
    "role": lazy("Rôle"),
    "session": lazy("Date choisie"),
    "structure": lazy("Structure"),
    "structures": lazy("Vos structures"),
    "telephone": lazy("Téléphone"),
    "texte": lazy("Texte"),
    "texte_accepte": lazy("Version du texte accepté"),
    "titre": lazy("Titre"),
    "votre_reponse": lazy("Votre réponse"),
    "vous_venez": lazy("Vous venez"),
}


def told(data: Mapping[str, Any]) -> str:
    """Return a copy as a text. What is empty is left out."""
    return "\n".join(_lines(data)) + "\n"


def _lines(data: Mapping[str, Any], margin: str = "") -> Iterator[str]:
    for name, value in data.items():
        if name.endswith(IN_CLEAR) or not _is_said(value):
            continue
        label = str(_LABELS[name])
        value = data.get(name + IN_CLEAR) or value
        if isinstance(value, Mapping):
            yield f"{margin}{label}"
            yield from _lines(value, f"{margin}    ")
        elif isinstance(value, list):
            yield from ("", f"{margin}{label}")
            for one in value:
                yield from _item(one, margin)
        else:
            yield f"{margin}{label}\u00a0: {_written(value, margin)}"


def _item(one: Mapping[str, Any], margin: str) -> Iterator[str]:
    mark = f"{margin}  - "
    for line in _lines(one, f"{margin}    "):
        yield mark + line[len(mark) :] if mark else line
        mark = ""


def _is_said(value: Any) -> bool:
    """Return whether there is something to read; a no is something."""
    if isinstance(value, Mapping):
        return any(_is_said(one) for one in value.values())
    return value is False or bool(value)


def _written(value: Any, margin: str) -> str:
    if isinstance(value, bool):
        return _("oui") if value else _("non")
    if isinstance(value, dt.datetime):
        weekday = format_date(paris_date(value), "EEEE")
        return f"{weekday} {date_long(value)}, {time_short(value)}"
    if isinstance(value, dt.date):
        return date_long(value)
    return str(value).replace("\n", f"\n{margin}    ")
