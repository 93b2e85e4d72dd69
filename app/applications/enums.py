"""Choices of the applications feature."""

from enum import StrEnum

from app.core.i18n import lazy


class Status(StrEnum):
    """Life of an application."""

    RECEIVED = "received"
    SEEN = "seen"
    CONTACTED = "contacted"
    MEETING = "meeting"
    TRIAL = "trial"
    HIRED = "hired"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"
    POOL = "pool"
    CLOSED_ELSEWHERE = "closed_elsewhere"
    EXPIRED_NO_ANSWER = "expired_no_answer"
    ADMITTED = "admitted"
    WAITLISTED = "waitlisted"
    REFUSED = "refused"
    ENROLLED = "enrolled"
    REGISTERED = "registered"
    ATTENDED = "attended"
    ABSENT = "absent"
    CANCELLED = "cancelled"


class CallBack(StrEnum):
    """When the candidate wants to be called back."""

    MORNING = "morning"
    NOON = "noon"
    AFTERNOON = "afternoon"
    ANY = "any"


CALL_BACK_LABELS = {
    CallBack.MORNING: lazy("Le matin"),
    CallBack.NOON: lazy("Le midi"),
    CallBack.AFTERNOON: lazy("L’après-midi"),
    CallBack.ANY: lazy("N’importe quand"),
}
CALL_BACK_HOURS = {
    CallBack.MORNING: lazy("9 h – 12 h"),
    CallBack.NOON: lazy("12 h – 14 h"),
    CallBack.AFTERNOON: lazy("14 h – 18 h"),
    CallBack.ANY: lazy("du lundi au vendredi"),
}


class DiplomaHeld(StrEnum):
    """Whether the candidate holds the diploma of the profession."""

    YES = "yes"
    IN_PROGRESS = "in_progress"
    NO = "no"


DIPLOMA_HELD_LABELS = {
    DiplomaHeld.YES: lazy("Oui"),
    DiplomaHeld.IN_PROGRESS: lazy("En cours"),
    DiplomaHeld.NO: lazy("Non"),
}


class DeclineReason(StrEnum):
    """Why an organisation says no. None is about the person herself: the law forbids those."""

    FILLED = "filled"
    DIPLOMA = "diploma"
    EXPERIENCE = "experience"
    SCHEDULE = "schedule"
    DATES = "dates"
    DISTANCE = "distance"
    UNREACHABLE = "unreachable"
    OTHER = "other"


DECLINE_REASON_LABELS = {
    DeclineReason.FILLED: lazy("C’est déjà pourvu ou complet"),
    DeclineReason.DIPLOMA: lazy("Le diplôme demandé manque"),
    DeclineReason.EXPERIENCE: lazy("D’autres personnes ont une expérience plus proche"),
    DeclineReason.SCHEDULE: lazy("Les horaires ne conviennent pas"),
    DeclineReason.DATES: lazy("Les dates ne conviennent pas"),
    DeclineReason.DISTANCE: lazy("Le trajet est trop difficile"),
    DeclineReason.UNREACHABLE: lazy("Nous n’avons pas réussi à nous joindre"),
    DeclineReason.OTHER: lazy("Une autre raison"),
}
# Ready messages, shown to be changed before they leave. {name} and {title} are filled in.
DECLINE_MESSAGES = {
    DeclineReason.FILLED: lazy(
        "Bonjour {name},\n\nMerci de votre intérêt pour « {title} ». Toutes les places sont "
        "prises : nous ne pouvons pas vous en proposer une cette fois. Cela ne dit rien de vos "
        "qualités. N’hésitez pas à répondre à nos prochaines annonces.\n\nBonne continuation."
    ),
    DeclineReason.DIPLOMA: lazy(
        "Bonjour {name},\n\nMerci de votre intérêt pour « {title} ». La loi ou notre règlement "
        "demande ici un diplôme que vous n’avez pas encore. Il se prépare aussi en travaillant "
        "ou par la validation de l’expérience. Des annonces sans diplôme sont ouvertes sur le "
        "site : elles peuvent être un bon premier pas.\n\nBonne continuation."
    ),
    DeclineReason.EXPERIENCE: lazy(
        "Bonjour {name},\n\nMerci du temps que vous nous avez donné pour « {title} ». Nous avons "
        "choisi une personne dont l’expérience est plus proche de ce travail. Une immersion ou "
        "un stage peut vous aider à acquérir cette expérience. Nous serons contents de vous "
        "relire.\n\nBonne continuation."
    ),
    DeclineReason.SCHEDULE: lazy(
        "Bonjour {name},\n\nMerci de nous avoir parlé franchement de vos disponibilités pour "
        "« {title} ». Nous n’avons pas trouvé d’horaires qui conviennent à la fois à vous et au "
        "service. Si nos horaires changent, ou les vôtres, écrivez-nous à nouveau."
        "\n\nBonne continuation."
    ),
    DeclineReason.DATES: lazy(
        "Bonjour {name},\n\nMerci de votre intérêt pour « {title} ». Les dates prévues ne "
        "correspondent pas aux vôtres, et nous ne pouvons pas les déplacer. D’autres dates "
        "viendront : surveillez nos annonces.\n\nBonne continuation."
    ),
    DeclineReason.DISTANCE: lazy(
        "Bonjour {name},\n\nMerci de votre intérêt pour « {title} ». Le trajet serait trop "
        "difficile à tenir chaque jour, surtout tôt le matin ou tard le soir. Nous préférons vous "
        "le dire. D’autres structures sont sûrement plus près de chez vous."
        "\n\nBonne continuation."
    ),
    DeclineReason.UNREACHABLE: lazy(
        "Bonjour {name},\n\nNous avons essayé plusieurs fois de vous joindre pour « {title} », "
        "sans y parvenir. Nous refermons donc votre dossier pour le moment. Ce n’est pas un "
        "refus de votre personne : si vous êtes toujours intéressé·e, appelez-nous."
        "\n\nÀ bientôt peut-être."
    ),
    DeclineReason.OTHER: lazy(
        "Bonjour {name},\n\nMerci de votre intérêt pour « {title} ». Nous ne pouvons pas y donner "
        "suite. Voici pourquoi : \n\nBonne continuation."
    ),
}


class ActorKind(StrEnum):
    """Who made an application change."""

    CANDIDATE = "candidate"
    MEMBER = "member"
    TEAM = "team"
    SYSTEM = "system"


STATUS_LABELS = {
    Status.RECEIVED: lazy("Nouvelle"),
    Status.SEEN: lazy("À rappeler"),
    Status.CONTACTED: lazy("En contact"),
    Status.MEETING: lazy("Rencontre"),
    Status.TRIAL: lazy("Essai"),
    Status.HIRED: lazy("Embauche"),
    Status.DECLINED: lazy("Réponse négative"),
    Status.WITHDRAWN: lazy("Retirée par la personne"),
    Status.POOL: lazy("Gardée pour plus tard"),
    Status.CLOSED_ELSEWHERE: lazy("Terminée ailleurs"),
    Status.EXPIRED_NO_ANSWER: lazy("Restée sans réponse"),
    Status.ADMITTED: lazy("Admission"),
    Status.WAITLISTED: lazy("Liste d’attente"),
    Status.REFUSED: lazy("Non retenue"),
    Status.ENROLLED: lazy("Entrée en formation"),
    Status.REGISTERED: lazy("Inscription confirmée"),
    Status.ATTENDED: lazy("Présence"),
    Status.ABSENT: lazy("Absence"),
    Status.CANCELLED: lazy("Inscription annulée"),
}
# What the button that leads to each step says.
STEP_ACTIONS = {
    Status.CONTACTED: lazy("Nous nous sommes parlé"),
    Status.MEETING: lazy("Une rencontre est prévue"),
    Status.TRIAL: lazy("Un essai est prévu"),
    Status.HIRED: lazy("C’est oui : embauche"),
    Status.ADMITTED: lazy("C’est oui : une place"),
    Status.WAITLISTED: lazy("Mettre sur la liste d’attente"),
    Status.ENROLLED: lazy("La personne est entrée en formation"),
    Status.REGISTERED: lazy("Donner une place"),
    Status.ATTENDED: lazy("La personne est venue"),
    Status.ABSENT: lazy("La personne n’est pas venue"),
    Status.CANCELLED: lazy("Annuler l’inscription"),
}
