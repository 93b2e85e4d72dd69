"""The register of processing: every place that holds something of people, why, and until when.

Article 30 of the GDPR asks for it. Here it is code, so that it cannot lag behind: a column that is
in no entry below and not in `NOT_PERSONAL` fails the tests, and each end is a function that the
timetable runs. `flask privacy registry` writes it as `docs/privacy.md`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from app.accounts import second_factor, vigilance
from app.accounts import services as accounts
from app.accounts.queries import ATTEMPTS_KEPT
from app.alerts import digests, watching
from app.alerts import services as alerts
from app.alerts import tasks as alert_tasks
from app.applications import erasing, files, pool
from app.applications.workflow import SILENCE
from app.core import limits, sends
from app.core.jobs import KEEP_DONE, purge_done
from app.imports import tasks as imports
from app.imports.services import files as import_files
from app.listings.services import life
from app.organisations import services as organisations
from app.organisations.services import invitations, sign_up
from app.privacy import ledger, services
from app.privacy import tasks as privacy
from app.reports import services as reports
from app.search import query_log

Where = Mapping[str, tuple[str, ...]]
MISSION = "mission d’intérêt public (RGPD, art. 6.1.e)"
CONSENT = "accord de la personne (RGPD, art. 6.1.a)"
DUTY = "obligation légale (RGPD, art. 6.1.c)"
SECURITY = "sécurité du service (RGPD, art. 6.1.e et 32)"
TEAM = "l’équipe qui tient le site"
TECHNICIANS = "l’équipe technique"


@dataclass(frozen=True)
class Held:
    """Something kept of people. `where`: table -> columns; `elsewhere`: files, indexes, logs.

    `kept`: how long, in days, from what `since` says. `ends`: what erases it, in the timetable.
    """

    what: str
    where: Where
    purpose: str
    basis: str
    recipients: str
    kept: tuple[tuple[dt.timedelta, str], ...]
    ends: tuple[Callable[..., Any], ...]
    elsewhere: str = ""


REGISTRY: tuple[Held, ...] = (
    Held(
        "La candidature, l’inscription ou la demande de stage d’une personne",
        {
            "application": (
                *("reference", "secret_hash", "link_salt", "idempotency_key", "body_hash"),
                *("status", "candidate_key", "first_name", "last_name", "phone", "email"),
                *("call_back", "commune_label", "diploma_held", "message"),
                *("counsellor_consent_at", "counsellor_wording"),
                *("created_at", "updated_at", "answer_due_at"),
                *("first_contact_at", "closing_told_at", "offer_until", "date_reminded_at"),
                *("reminders", "end_warned_at", "decline_reason", "decline_message"),
            ),
            "application_event": ("from_status", "to_status", "at", "actor_kind", "reason"),
            "application_message": (
                *("letter", "text", "at", "meeting_at", "meeting_place"),
                *("coming", "reply", "replied_at"),
            ),
            "application_note": ("text", "at"),
            "application_transfer": ("at",),
        },
        "la transmettre, y répondre, la suivre",
        MISSION,
        "l’employeur ou l’école de l’annonce ; une conseillère si la personne l’a demandé",
        (
            (erasing.KEEP_FINISHED, "après la réponse"),
            (SILENCE + erasing.KEEP_FINISHED, "sans réponse"),
            (erasing.KEEP_SILENT, "sans aucun signe, au plus"),
        ),
        (erasing.purge_applications,),
    ),
    Held(
        "Le CV, si la personne en joint un",
        {"application": ("cv_key", "cv_name", "cv_sha256", "cv_state", "cv_state_at")},
        "compléter la candidature",
        MISSION,
        "l’employeur ou l’école de l’annonce",
        ((erasing.KEEP_FINISHED, "après la réponse, avec la candidature"),),
        (erasing.purge_applications, files.sweep_files),
        "le fichier, dans la réserve (dossier cv)",
    ),
    Held(
        "Le contact qu’une structure garde, si la personne accepte",
        {
            "application": (
                *("pool_asked_at", "pool_consent_at", "pool_refused_at", "pool_wording"),
                *("pool_until", "pool_told_at"),
            )
        },
        "proposer d’autres annonces",
        CONSENT,
        "cette structure",
        ((pool.KEPT, "après le dernier accord ; prévenue 30 jours avant"),),
        (erasing.purge_applications, pool.tell_ends),
    ),
    Held(
        "Qui a ouvert les coordonnées ou le CV d’une personne ; la conseillère qui s’en occupe",
        {"contact_view": ("what", "at"), "relay": ("taken_at", "outcome", "outcome_at")},
        "en garder la preuve, et le dire à la personne",
        SECURITY,
        "la personne ; " + TEAM,
        ((erasing.KEEP_FINISHED, "avec la candidature"),),
        (erasing.purge_applications,),
    ),
    Held(
        "L’archive d’une candidature effacée : référence, dates, réponse ; ni nom, ni contact",
        {
            "ended_application": (
                *("reference", "status", "decline_reason", "received_on", "ended_on"),
            )
        },
        "répondre si un refus est contesté (Code du travail, art. L1134-5)",
        DUTY,
        "la personne chargée des données, en ligne de commande",
        ((erasing.KEEP_ARCHIVE, "après la fin"),),
        (erasing.purge_applications,),
    ),
    Held(
        "Les essais de référence ou de mot de passe, sous une empreinte",
        {"lookup_attempt": ("key", "at"), "sign_in_attempt": ("key", "at")},
        "ralentir qui devine",
        SECURITY,
        "personne",
        ((ATTEMPTS_KEPT, "après l’essai"),),
        (erasing.purge_lookups, accounts.purge_sign_ins),
    ),
    Held(
        "Combien de formulaires ouverts à tous sont partis du même endroit ou du même contact",
        {"send_count": ("key", "hour", "sent"), "spent_proof": ("digest", "expires_at")},
        "demander une vérification à qui en envoie beaucoup ; sous une empreinte, sans adresse",
        SECURITY,
        "personne",
        ((sends.KEPT, "après l’envoi"),),
        (sends.forget,),
    ),
    Held(
        "Combien de fois un même réseau a appelé une page comptée",
        {"rate_count": ("key", "hits", "expires_at")},
        "ralentir qui appelle sans cesse ; sous une empreinte, sans adresse",
        SECURITY,
        "personne",
        ((dt.timedelta(days=1), "après la fin de la période comptée, une heure au plus"),),
        (limits.forget_counts,),
    ),
    Held(
        "L’alerte sur une personne qui a ouvert beaucoup de fiches en peu de temps",
        {"access_alarm": ("at", "reads", "lifted_at", "handled_at", "handling")},
        "arrêter vite un compte volé",
        SECURITY,
        "les administratrices et administrateurs",
        ((vigilance.ALARMS_KEPT, "après l’alerte"),),
        (vigilance.purge_alarms,),
    ),
    Held(
        "L’adresse et la recherche d’une alerte",
        {
            "alert": (
                *("email", "query", "query_hash", "label", "frequency", "salt", "token_hash"),
                *("asked_at", "asks", "confirmed_at", "wording"),
                *("kept_at", "warned_at", "paused_at"),
                *("stopped_at", "stop_reason", "seen_until", "ran_on"),
            ),
            "alert_digest": ("day", "total"),
            "alert_listing": ("rank",),
        },
        "écrire quand une annonce y répond",
        CONSENT,
        TEAM,
        (
            (dt.timedelta(days=alerts.UNCONFIRMED_KEPT_DAYS), "si elle n’est pas confirmée"),
            (dt.timedelta(days=alerts.UNVISITED_DAYS), "sans signe de la personne"),
            (dt.timedelta(days=alerts.STOPPED_KEPT_DAYS), "une fois arrêtée d’elle-même"),
            (dt.timedelta(days=digests.KEPT_DAYS), "pour ce qui lui a été dit"),
        ),
        (alert_tasks.care_for_alerts,),
    ),
    Held(
        "L’adresse de qui veut savoir qu’une annonce ferme ou rouvre",
        {
            "listing_watch": (
                *("email", "salt", "token_hash", "asked_at", "asks", "confirmed_at", "wording"),
                *("closed_told_at", "reopened_told_at"),
            )
        },
        "le lui dire",
        CONSENT,
        TEAM,
        (
            (dt.timedelta(days=alerts.UNCONFIRMED_KEPT_DAYS), "sans confirmation"),
            (dt.timedelta(days=watching.CLOSED_KEPT_DAYS), "après la fermeture"),
            (dt.timedelta(days=watching.LONGEST_DAYS), "au plus"),
        ),
        (alert_tasks.care_for_alerts,),
    ),
    Held(
        "Les mots cherchés, comptés, sans rien de qui cherche",
        {
            "search_query": (
                *("day", "words", "place_code", "kinds", "professions", "found", "by_engine"),
                "seen",
            )
        },
        "savoir ce qui manque et comprendre plus de mots",
        MISSION,
        TEAM,
        ((query_log.RARE_KEPT, "s’ils sont rares"), (query_log.KEPT, "sinon")),
        (query_log.erase,),
    ),
    Held(
        "Ce qu’une personne écrit pour signaler une annonce, et son adresse",
        {"report": ("created_at", "reason", "words", "email", "team_told_at")},
        "relire l’annonce et lui dire ce qui est décidé",
        MISSION,
        TEAM,
        (
            (dt.timedelta(days=reports.REPORTER_KEPT_DAYS), "après la décision"),
            (dt.timedelta(days=reports.UNDECIDED_KEPT_DAYS), "au plus"),
        ),
        (reports.purge_reporters,),
    ),
    Held(
        "Le compte d’une personne qui publie, conseille ou relit",
        {
            "user_account": (
                *("email", "name", "role", "password_hash", "active", "created_at"),
                *("last_seen_at", "end_told_at"),
            ),
            "membership": ("role", "created_at"),
            "second_factor": ("secret", "last_step", "created_at", "confirmed_at"),
            "recovery_code": ("code_hash", "used_at"),
            "passkey": ("credential_id", "public_key", "sign_count", "device", "created_at"),
        },
        "publier, répondre, conseiller, relire",
        MISSION,
        TEAM,
        ((services.ACCOUNT_KEPT, "après la dernière connexion ; prévenue 30 jours avant"),),
        (privacy.care_for_accounts,),
    ),
    Held(
        "Les sessions ouvertes, les liens de connexion, les appareils reconnus",
        {
            "login_session": (
                *("token_hash", "created_at", "expires_at", "revoked_at", "device", "awaits"),
                *("code_hash", "code_expires_at", "challenge"),
            ),
            "sign_in_link": ("token_hash", "created_at", "expires_at", "used_at"),
            "known_device": ("token_hash", "expires_at"),
        },
        "garder la personne connectée, et elle seule",
        SECURITY,
        "la personne",
        (
            (dt.timedelta(hours=accounts.SESSION_HOURS) + ATTEMPTS_KEPT, "pour une session"),
            (dt.timedelta(days=second_factor.DEVICE_DAYS), "pour un appareil reconnu"),
        ),
        (accounts.purge_sign_ins, second_factor.purge_devices),
    ),
    Held(
        "L’inscription d’une structure, tant qu’elle n’est pas confirmée",
        {
            "organisation_sign_up": (
                *("email", "person_name", "name", "kind", "siret", "workplace"),
                *("promise_hours", "created_at", "expires_at", "confirmed_at", "token_hash"),
            )
        },
        "ouvrir la structure et le compte de qui la déclare",
        MISSION,
        TEAM,
        ((dt.timedelta(hours=sign_up.SIGN_UP_HOURS), "sans confirmation"),),
        (organisations.purge_sign_ups,),
    ),
    Held(
        "Les invitations à rejoindre une structure, et les demandes",
        {
            "organisation_invitation": (
                *("email", "role", "created_at", "expires_at", "accepted_at", "revoked_at"),
                "token_hash",
            ),
            "organisation_join_request": ("created_at", "answered_at", "accepted"),
        },
        "composer l’équipe d’une structure",
        MISSION,
        "les responsables de la structure",
        ((invitations.OVER_KEPT, "après leur fin"),),
        (organisations.purge_invitations,),
    ),
    Held(
        "Le nom de la personne à qui s’adresser pour une annonce",
        {"listing": ("contact_name",)},
        "dire qui rappelle",
        MISSION,
        "les personnes qui lisent l’annonce",
        ((life.CONTACT_KEPT, "après la fermeture"),),
        (life.forget_contacts,),
    ),
    Held(
        "Les fichiers d’annonces qu’une structure envoie",
        {"import_file": ("name", "preview", "reason", "created_at", "updated_at")},
        "les lire, montrer ce qui changerait, puis l’écrire",
        MISSION,
        "les membres de la structure",
        (
            (import_files.CONTENT_KEPT, "pour le contenu"),
            (import_files.ROW_KEPT, "pour la trace de l’envoi"),
        ),
        (imports.purge,),
        "le fichier, dans la réserve (dossier imports)",
    ),
    Held(
        "Les numéros de ce qui reste à faire pour une personne, jamais son nom ni son contact",
        {"outbox_event": ("payload",)},
        "ne rien oublier d’envoyer",
        SECURITY,
        TECHNICIANS,
        ((KEEP_DONE, "une fois fait"),),
        (purge_done,),
    ),
    Held(
        "Le registre des effacements : un numéro et une date",
        {},
        "refaire les effacements si une sauvegarde est remise en place",
        DUTY,
        TECHNICIANS,
        ((ledger.KEPT, "après l’effacement"),),
        (privacy.purge_ledger,),
        "des fichiers de la réserve (dossier erasures)",
    ),
)

# What no column above holds, table by table; "*" for a whole table.
NOT_PERSONAL: Where = {
    "commune": ("*",),
    "commune_postal_code": ("*",),
    "diploma": ("*",),
    "diploma_profession": ("*",),
    "establishment": ("*",),
    "heartbeat": ("*",),
    "import_file": (
        *("format", "key", "sha256", "size_bytes", "headers", "columns", "full", "state", "plan"),
    ),
    "import_quarantine": ("*",),
    "import_run": ("*",),
    "listing": (
        *("kind", "status", "version", "title", "slug", "created_at", "updated_at"),
        *("published_at", "refreshed_at", "asked_at", "reminded_at", "closed_at", "outcome"),
        *("unfilled_reason", "source", "source_id", "source_url", "source_hash"),
        *("employer_name", "diploma_need", "workplace", "publics", "schedules", "summary"),
        *("description", "description_html", "conditions", "contract", "contract_months"),
        *("hours_min", "hours_max", "hours_label", "pay_min_cents", "pay_max_cents"),
        *("pay_period", "pay_label", "collective_agreement", "licence_required", "positions"),
        *("duration_months", "duration_hours", "duration_label", "modality", "cost_cents"),
        *("funding", "entry_conditions", "place_label", "address", "latitude", "longitude"),
        *("starts_on", "ends_on", "deadline", "closes_at"),
    ),
    "listing_event": ("*",),
    "listing_session": ("*",),
    "mobility_edge": ("*",),
    "organisation": ("*",),
    "organisation_event": ("*",),
    "organisation_picture": ("*",),
    "outbox_delivery": ("*",),
    "outbox_event": (
        *("topic", "state", "attempts", "falls", "created_at", "available_at", "leased_until"),
        *("leased_by", "done_at", "last_error"),
    ),
    # How long an answer took: of nobody.
    "past_answer": ("*",),
    "profession": ("*",),
    "profession_name": ("*",),
    "profession_rome": ("*",),
    "reference_revision": ("*",),
    "reference_version": ("*",),
    "report_case": ("*",),
    "search_entry": ("*",),
    "search_quarantine": ("*",),
    "search_state": ("*",),
    "search_word": ("*",),
    "source": ("*",),
    "term": ("*",),
}


_LENGTHS = ((24 * 365, "an", "ans"), (24 * 30, "mois", "mois"), (24, "jour", "jours"))


def page() -> str:
    """Return the register as a page in Markdown."""
    lines = [
        "# Données personnelles : le registre",
        "",
        "Écrit par `flask privacy registry` d’après `app/privacy/registry.py` ; un test refuse une",
        "colonne qui n’y est pas, et une durée que rien n’applique. Les journaux ne disent rien",
        "des personnes et sont gardés 12 mois au plus ; les sauvegardes, 35 jours.",
        "Les index de recherche ne tiennent que les annonces publiées.",
        "",
    ]
    for held in REGISTRY:
        places = [f"`{table}` ({', '.join(names)})" for table, names in held.where.items()]
        lines += [
            f"## {held.what}",
            "",
            f"- Pourquoi : {held.purpose}.",
            f"- Fondement : {held.basis}.",
            f"- Qui le reçoit : {held.recipients}.",
            "- Combien de temps : " + " ; ".join(f"{said(t)} {s}" for t, s in held.kept) + ".",
            "- Ce qui l’efface : " + ", ".join(f"`{one.__name__}`" for one in held.ends) + ".",
            "- Où : " + " ; ".join([*places, *([held.elsewhere] if held.elsewhere else [])]) + ".",
            "",
        ]
    return "\n".join(lines)


def said(length: dt.timedelta) -> str:
    """Return a length in words: « 2 ans », « 3 mois », « 36 heures »."""
    hours = round(length.total_seconds() / 3600)
    if hours % 24 or hours < 24:
        return f"{hours} heures"
    for size, one, many in _LENGTHS:
        if hours % size == 0:
            return f"{hours // size} {one if hours == size else many}"
    raise AssertionError(hours)
