"""The copy of her data that a person takes away: JSON for programs, words for her, her files."""

from __future__ import annotations

import datetime as dt
import io
import json
import zipfile
from collections.abc import Mapping
from typing import Any

from app.accounts import queries as accounts
from app.accounts.enums import Role
from app.accounts.models import User
from app.accounts.passkeys import passkeys_of
from app.applications import callback, progress
from app.applications.enums import (
    CV_SERVED,
    DECLINE_REASON_LABELS,
    DIPLOMA_HELD_LABELS,
    RELAY_LABELS,
    ActorKind,
)
from app.applications.models import Application
from app.core import storage
from app.core.i18n import _, lazy
from app.organisations.enums import MEMBER_ROLE_LABELS
from app.privacy import queries, readable

# The same content gives the same file: no clock inside.
_DATED = (2026, 1, 1, 0, 0, 0)
ACTORS = {
    ActorKind.CANDIDATE: lazy("vous"),
    ActorKind.MEMBER: lazy("la structure"),
    ActorKind.TEAM: lazy("notre équipe"),
    ActorKind.SYSTEM: lazy("le site, de lui-même"),
}
OPENED = {
    "contact": lazy("vos coordonnées"),
    "cv": lazy("votre CV"),
    "relay": lazy("vos coordonnées, par la conseillère ou le conseiller qui s’occupe de vous"),
}
ROLES = {
    Role.CANDIDATE: lazy("recherche"),
    Role.RECRUITER: lazy("recrutement"),
    Role.SCHOOL: lazy("formation"),
    Role.COUNSELLOR: lazy("conseil"),
    Role.MODERATOR: lazy("relecture"),
    Role.ADMIN: lazy("administration"),
}


def application_copy(application: Application) -> bytes:
    """Return a ZIP of all that is kept of a person under one reference. Raises StorageUnavailable.

    What the organisation wrote of her is hers to read; who wrote it is not.
    """
    data = _application(application)
    files = {"candidature.txt": readable.told(data).encode(), "candidature.json": _json(data)}
    if application.cv_key and application.cv_state in CV_SERVED:
        content = storage.read(application.cv_key, application.cv_sha256 or "")
        if content is not None:
            files[application.cv_name or "cv"] = content
    words = _(
        "Voici tout ce que le site garde sous la référence %(reference)s.\n\n"
        "candidature.txt\u00a0: ce que vous avez écrit, ce que la structure a répondu et noté, "
        "et quand vos coordonnées ont été ouvertes, aux heures de Paris.\n"
        "candidature.json\u00a0: la même chose, pour un programme\u00a0; les heures y sont "
        "celles de Greenwich.\n"
        "Votre CV est à côté, si vous en avez joint un.",
        reference=application.reference,
    )
    return _zipped(files, words)


def account_copy(user: User, now: dt.datetime) -> bytes:
    """Return a ZIP of all that is kept of a person with an account."""
    words = _(
        "Voici tout ce que le site garde de votre compte.\n\n"
        "compte.txt\u00a0: votre compte, vos structures, les appareils où il est ouvert et les "
        "annonces que vous avez créées, aux heures de Paris.\n"
        "compte.json\u00a0: la même chose, pour un programme\u00a0; les heures y sont celles de "
        "Greenwich.\n"
        "Votre mot de passe n’y est pas\u00a0: le site ne le connaît pas."
    )
    data = _account(user, now)
    files = {"compte.txt": readable.told(data).encode(), "compte.json": _json(data)}
    return _zipped(files, words)


def _coded(name: str, code: str | None, labels: Mapping[Any, Any]) -> dict[str, Any]:
    """Return a code as programs know it, and what it says in French."""
    return {name: code, name + readable.IN_CLEAR: str(labels[code]) if code else None}


def _application(one: Application) -> dict[str, Any]:
    return {
        "reference": one.reference,
        "annonce": {"titre": one.listing.title, "structure": progress.employer(one)},
        "session": one.session.starts_at if one.session else None,
        **_coded("etat", one.status, progress.DONE),
        "prenom": one.first_name,
        "nom": one.last_name,
        "telephone": one.phone,
        "e_mail": one.email,
        "commune": one.commune_label,
        **_coded("diplome", one.diploma_held, DIPLOMA_HELD_LABELS),
        "message": one.message,
        "moments_pour_rappeler": one.call_back,
        "moments_pour_rappeler" + readable.IN_CLEAR: callback.words(one.call_back),
        "cv": one.cv_name,
        "aide_d_une_conseillere": {
            "acceptee_le": one.counsellor_consent_at,
            "texte_accepte": one.counsellor_wording,
            "prise_en_charge_le": one.relay.taken_at if one.relay else None,
            **_coded("issue", one.relay.outcome if one.relay else None, RELAY_LABELS),
            "issue_le": one.relay.outcome_at if one.relay else None,
        },
        "contact_garde": {
            "accepte_le": one.pool_consent_at,
            "texte_accepte": one.pool_wording,
            "refuse_le": one.pool_refused_at,
            "jusqu_au": one.pool_until,
        },
        "recue_le": one.created_at,
        "derniere_suite_le": one.updated_at,
        "reponse_promise_le": one.answer_due_at,
        **_coded("motif_de_la_reponse", one.decline_reason, DECLINE_REASON_LABELS),
        "message_de_la_reponse": one.decline_message,
        "etapes": [
            {"le": event.at}
            | _coded("etat", event.to_status, progress.DONE)
            | _coded("par", event.actor_kind, ACTORS)
            for event in one.events
        ],
        "messages_de_la_structure": [
            {
                "le": message.at,
                "texte": message.text,
                "rencontre_le": message.meeting_at,
                "rencontre_a": message.meeting_place,
                "vous_venez": message.coming,
                "votre_reponse": message.reply,
                "repondu_le": message.replied_at,
            }
            for message in one.messages
        ],
        "notes_de_la_structure": [{"le": note.at, "texte": note.text} for note in one.notes],
        "confiee_a": [{"le": move.at, "annonce": move.to_listing.title} for move in one.transfers],
        "ouvertures": [
            {"le": view.at} | _coded("quoi", view.what, OPENED) for view in queries.views_of(one)
        ],
    }


def _account(user: User, now: dt.datetime) -> dict[str, Any]:
    return {
        "e_mail": user.email,
        "nom": user.name,
        **_coded("role", user.role, ROLES),
        "cree_le": user.created_at,
        "derniere_connexion_le": user.last_seen_at,
        "structures": [
            {"nom": one.organisation.name, "depuis": one.created_at}
            | _coded("role", one.role, MEMBER_ROLE_LABELS)
            for one in queries.memberships_of(user)
        ],
        "appareils": [
            {"appareil": one.device, "depuis": one.created_at}
            for one in accounts.open_sessions_of(user, now)
        ],
        "cles_d_acces": [
            {"appareil": one.device, "depuis": one.created_at} for one in passkeys_of(user)
        ],
        "annonces": [
            {"titre": one.title, "creee_le": one.created_at} for one in queries.listings_by(user)
        ],
    }


def _json(data: dict[str, Any]) -> bytes:
    return json.dumps(data, ensure_ascii=False, indent=2, default=_written).encode()


def _written(value: Any) -> str:
    return value.isoformat() if isinstance(value, dt.date) else str(value)


def _zipped(files: dict[str, bytes], words: str) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in {"lisez-moi.txt": (words + "\n").encode(), **files}.items():
            archive.writestr(zipfile.ZipInfo(name, _DATED), content, zipfile.ZIP_DEFLATED)
    return held.getvalue()
