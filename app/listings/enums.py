"""Choices of the listings feature."""

from enum import StrEnum

from app.core.i18n import lazy


class Kind(StrEnum):
    """The six kinds of listing."""

    JOB = "job"
    TRAINING = "training"
    INTERNSHIP = "internship"
    IMMERSION = "immersion"
    PATH = "path"
    EVENT = "event"


# First segment of the address of a listing of each kind.
KIND_PATHS = {
    Kind.JOB: "emplois",
    Kind.TRAINING: "formations",
    Kind.INTERNSHIP: "stages",
    Kind.IMMERSION: "immersions",
    Kind.PATH: "parcours",
    Kind.EVENT: "rendez-vous",
}
# Value of `type` in the address of a search.
KIND_PARAMS = {
    Kind.JOB: "emploi",
    Kind.TRAINING: "formation",
    Kind.INTERNSHIP: "stage",
    Kind.IMMERSION: "immersion",
    Kind.PATH: "parcours",
    Kind.EVENT: "rendez-vous",
}
# Kinds whose full dates have a waiting list; a full period of the others is full.
WITH_WAITING_LIST = frozenset({Kind.TRAINING, Kind.EVENT})
KIND_LABELS = {
    Kind.JOB: lazy("Emploi"),
    Kind.TRAINING: lazy("Formation"),
    Kind.INTERNSHIP: lazy("Stage"),
    Kind.IMMERSION: lazy("Immersion"),
    Kind.PATH: lazy("Parcours"),
    Kind.EVENT: lazy("Rendez-vous"),
}
KIND_LABELS_PLURAL = {
    Kind.JOB: lazy("Emplois"),
    Kind.TRAINING: lazy("Formations"),
    Kind.INTERNSHIP: lazy("Stages"),
    Kind.IMMERSION: lazy("Immersions et visites"),
    Kind.PATH: lazy("Parcours d’évolution"),
    Kind.EVENT: lazy("Rendez-vous"),
}


class Status(StrEnum):
    """Life of a listing."""

    DRAFT = "draft"
    IN_REVIEW = "in_review"
    PUBLISHED = "published"
    PAUSED = "paused"
    CLOSED = "closed"


class Outcome(StrEnum):
    """How a listing ended."""

    FILLED = "filled"
    UNFILLED = "unfilled"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"


class Announcement(StrEnum):
    """What the members of an organisation are told about a listing."""

    PUBLISHED = "published"
    REFUSED = "refused"
    EXPIRED = "expired"
    ASKED = "asked"
    REMINDED = "reminded"
    RECALLED = "recalled"
    REMOVED = "removed"


class UnfilledReason(StrEnum):
    """Why nobody was found: what the observatory counts."""

    NO_CANDIDATE = "no_candidate"
    HOURS = "hours"
    PAY = "pay"
    DIPLOMA = "diploma"
    TRANSPORT = "transport"
    CANDIDATES_LEFT = "candidates_left"
    OTHER = "other"


UNFILLED_REASON_LABELS = {
    UnfilledReason.NO_CANDIDATE: lazy("Personne n’a candidaté"),
    UnfilledReason.HOURS: lazy("Les horaires n’ont pas convenu"),
    UnfilledReason.PAY: lazy("Le salaire n’a pas convenu"),
    UnfilledReason.DIPLOMA: lazy("Le diplôme manquait"),
    UnfilledReason.TRANSPORT: lazy("Le trajet était trop difficile"),
    UnfilledReason.CANDIDATES_LEFT: lazy("Les personnes ont choisi un autre poste"),
    UnfilledReason.OTHER: lazy("Autre raison"),
}


class PayPeriod(StrEnum):
    """Period for which a pay is given, always before tax (« brut »)."""

    HOUR = "hour"
    MONTH = "month"
    YEAR = "year"


PAY_PERIOD_LABELS = {
    PayPeriod.HOUR: lazy("brut par heure"),
    PayPeriod.MONTH: lazy("brut par mois"),
    PayPeriod.YEAR: lazy("brut par an"),
}


class DiplomaNeed(StrEnum):
    """Whether a diploma is needed to be taken on or to enter."""

    NONE = "none"
    REQUIRED = "required"
    UNKNOWN = "unknown"


DIPLOMA_NEED_LABELS = {
    DiplomaNeed.NONE: lazy("Sans diplôme"),
    DiplomaNeed.REQUIRED: lazy("Diplôme exigé"),
    DiplomaNeed.UNKNOWN: lazy("Non précisé"),
}


class Modality(StrEnum):
    """How a training is followed."""

    ON_SITE = "on_site"
    REMOTE = "remote"
    MIXED = "mixed"


MODALITY_LABELS = {
    Modality.ON_SITE: lazy("Sur place"),
    Modality.REMOTE: lazy("À distance"),
    Modality.MIXED: lazy("Sur place et à distance"),
}

# The source of what is written on the site itself.
OWN_SOURCE = "site"
# Where the other listings come from, as people know it.
SOURCE_NAMES = {
    "france-travail": lazy("France Travail"),
    "lheo": lazy("Carif-Oref"),
    "csv": lazy("son site d’origine"),
}
