"""Choices of the applications feature."""

from enum import StrEnum
from itertools import combinations

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
    OFFERED = "offered"
    REFUSED = "refused"
    ENROLLED = "enrolled"
    REGISTERED = "registered"
    ATTENDED = "attended"
    ABSENT = "absent"
    CANCELLED = "cancelled"


class CvState(StrEnum):
    """Life of a file that was joined: it leaves only when it is clean, or when nothing scans."""

    WAITING = "waiting"
    CLEAN = "clean"
    UNSCANNED = "unscanned"
    BLOCKED = "blocked"
    LOST = "lost"


CV_SERVED = frozenset({CvState.CLEAN, CvState.UNSCANNED})


class Letter(StrEnum):
    """What a member writes to the person about."""

    TRIED = "tried"
    TALK = "talk"
    MISSING = "missing"
    MEETING = "meeting"
    PROPOSAL = "proposal"


LETTER_LABELS = {
    Letter.TRIED: lazy("J’ai essayé de vous joindre"),
    Letter.TALK: lazy("Pouvons-nous nous parler\u00a0?"),
    Letter.MISSING: lazy("Il manque une information"),
    Letter.MEETING: lazy("Un rendez-vous"),
    Letter.PROPOSAL: lazy("Une annonce pour vous"),
}
# What the ready messages say between the greeting and the farewell; {title} is filled in.
LETTER_MESSAGES = {
    Letter.TRIED: lazy(
        "J’ai essayé de vous joindre au sujet de «\u00a0{title}\u00a0», sans y parvenir. "
        "Je vous rappelle demain. Vous pouvez aussi me rappeler quand cela vous arrange."
    ),
    Letter.TALK: lazy(
        "Votre demande pour «\u00a0{title}\u00a0» nous intéresse. Pouvons-nous nous parler dix "
        "minutes au téléphone\u00a0? Voici trois moments possibles\u00a0:\n"
        "- {first}, entre 9\u00a0h et 12\u00a0h\n"
        "- {second}, entre 14\u00a0h et 17\u00a0h\n"
        "- {third}, entre 9\u00a0h et 12\u00a0h\n"
        "Dites-nous celui qui vous convient, ou proposez-en un autre."
    ),
    Letter.MISSING: lazy(
        "Merci pour votre demande pour «\u00a0{title}\u00a0». Il nous manque une "
        "information pour continuer\u00a0:"
    ),
    Letter.MEETING: lazy(
        "Nous serons contents de vous rencontrer au sujet de «\u00a0{title}\u00a0». Si ce moment "
        "ne vous convient pas, dites-le-nous\u00a0: nous en trouverons un autre."
    ),
    Letter.PROPOSAL: lazy(
        "Vous avez accepté que nous gardions votre contact. Nous ouvrons une annonce qui peut vous "
        "intéresser. Si elle vous plaît, répondez-y\u00a0: rien n’est envoyé à votre place."
    ),
}


class CallBack(StrEnum):
    """When the candidate wants to be called back: one slot, or any."""

    MORNING = "morning"
    NOON = "noon"
    AFTERNOON = "afternoon"
    EVENING = "evening"
    ANY = "any"


CALL_BACK_LABELS = {
    CallBack.MORNING: lazy("Le matin"),
    CallBack.NOON: lazy("Le midi"),
    CallBack.AFTERNOON: lazy("L’après-midi"),
    CallBack.EVENING: lazy("Le soir"),
    CallBack.ANY: lazy("N’importe quand"),
}
CALL_BACK_HOURS = {
    CallBack.MORNING: lazy("9\u00a0h – 12\u00a0h"),
    CallBack.NOON: lazy("12\u00a0h – 14\u00a0h"),
    CallBack.AFTERNOON: lazy("14\u00a0h – 18\u00a0h"),
    CallBack.EVENING: lazy("18\u00a0h – 20\u00a0h"),
    CallBack.ANY: lazy("du lundi au vendredi"),
}

_SLOTS = [slot for slot in CallBack if slot is not CallBack.ANY]
# All that a person may have chosen, as it is stored: "any", or one to three slots in order.
CALL_BACK_CHOICES = tuple(
    [str(CallBack.ANY)]
    + [",".join(chosen) for number in (1, 2, 3) for chosen in combinations(_SLOTS, number)]
)


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
    CLOSED = "closed"
    OTHER = "other"


DECLINE_REASON_LABELS = {
    DeclineReason.FILLED: lazy("C’est déjà pourvu ou complet"),
    DeclineReason.DIPLOMA: lazy("Le diplôme demandé manque"),
    DeclineReason.EXPERIENCE: lazy("D’autres personnes ont une expérience plus proche"),
    DeclineReason.SCHEDULE: lazy("Les horaires ne conviennent pas"),
    DeclineReason.DATES: lazy("Les dates ne conviennent pas"),
    DeclineReason.DISTANCE: lazy("Le trajet est trop difficile"),
    DeclineReason.UNREACHABLE: lazy("Nous n’avons pas réussi à nous joindre"),
    DeclineReason.CLOSED: lazy("La place n’existe plus"),
    DeclineReason.OTHER: lazy("Une autre raison"),
}
# To who said that she has the diploma of the profession.
OTHER_DIPLOMA = lazy(
    "Merci de votre intérêt pour «\u00a0{title}\u00a0». Il faut ici un autre diplôme que le "
    "vôtre. D’autres annonces demandent celui que vous avez\u00a0: la recherche par métier vous "
    "les montre."
)
# What the ready messages say between the greeting and the farewell; {title} is filled in, and
# {ways}, by which the diploma may be had.
DECLINE_MESSAGES = {
    DeclineReason.FILLED: lazy(
        "Merci de votre intérêt pour «\u00a0{title}\u00a0». Toutes les places sont prises\u00a0: "
        "nous ne pouvons pas vous en proposer une cette fois. Cela ne dit rien de vos qualités. "
        "N’hésitez pas à répondre à nos prochaines annonces."
    ),
    DeclineReason.DIPLOMA: lazy(
        "Merci de votre intérêt pour «\u00a0{title}\u00a0». Il faut ici un diplôme que vous "
        "n’avez pas encore.{ways} Des annonces sans diplôme sont ouvertes sur le site\u00a0: elles "
        "peuvent être un bon premier pas."
    ),
    DeclineReason.EXPERIENCE: lazy(
        "Merci du temps que vous nous avez donné pour «\u00a0{title}\u00a0». Nous avons choisi une "
        "personne dont l’expérience est plus proche de ce travail. Une immersion ou un stage peut "
        "vous aider à acquérir cette expérience. Nous serons contents de vous relire."
    ),
    DeclineReason.SCHEDULE: lazy(
        "Merci de nous avoir parlé franchement de vos disponibilités pour "
        "«\u00a0{title}\u00a0». Nous n’avons pas trouvé d’horaires qui conviennent à la fois "
        "à vous et au service. Si nos horaires changent, ou les vôtres, écrivez-nous à nouveau."
    ),
    DeclineReason.DATES: lazy(
        "Merci de votre intérêt pour «\u00a0{title}\u00a0». Les dates prévues ne correspondent pas "
        "aux vôtres, et nous ne pouvons pas les déplacer. D’autres dates viendront\u00a0: "
        "surveillez nos annonces."
    ),
    DeclineReason.DISTANCE: lazy(
        "Merci de votre intérêt pour «\u00a0{title}\u00a0». Comme vous nous l’avez dit, le trajet "
        "serait trop difficile à tenir chaque jour. D’autres structures sont sûrement plus près "
        "de chez vous\u00a0: la recherche par commune vous les montre."
    ),
    DeclineReason.UNREACHABLE: lazy(
        "Nous avons essayé plusieurs fois de vous joindre pour «\u00a0{title}\u00a0», sans y "
        "parvenir. Nous refermons donc votre dossier pour le moment. Ce n’est pas un refus de "
        "votre personne\u00a0: si vous êtes toujours intéressé·e, appelez-nous."
    ),
    DeclineReason.CLOSED: lazy(
        "Merci de votre intérêt pour «\u00a0{title}\u00a0». Nous avons arrêté cette "
        "recherche\u00a0: la place n’existe plus pour le moment. Cela ne dit rien de vos "
        "qualités. N’hésitez pas à répondre à nos prochaines annonces."
    ),
    DeclineReason.OTHER: lazy(
        "Merci de votre intérêt pour «\u00a0{title}\u00a0». Nous ne pouvons pas y donner suite. "
        "Voici pourquoi\u00a0:"
    ),
}


class ActorKind(StrEnum):
    """Who made an application change."""

    CANDIDATE = "candidate"
    MEMBER = "member"
    TEAM = "team"
    SYSTEM = "system"


class RelayOutcome(StrEnum):
    """How a counsellor’s care for a person whom nobody called back ended."""

    SPOKEN = "spoken"
    GUIDED = "guided"
    UNREACHABLE = "unreachable"
    DECLINED = "declined"


RELAY_LABELS = {
    RelayOutcome.SPOKEN: lazy("Nous nous sommes parlé"),
    RelayOutcome.GUIDED: lazy("Une autre piste est trouvée"),
    RelayOutcome.UNREACHABLE: lazy("Injoignable"),
    RelayOutcome.DECLINED: lazy("La personne ne souhaite pas d’aide"),
}
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
    Status.CLOSED_ELSEWHERE: lazy("Terminée"),
    Status.EXPIRED_NO_ANSWER: lazy("Restée sans réponse"),
    Status.ADMITTED: lazy("Admission"),
    Status.WAITLISTED: lazy("Liste d’attente"),
    Status.OFFERED: lazy("Place proposée"),
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
    Status.HIRED: lazy("C’est oui\u00a0: embauche"),
    Status.ADMITTED: lazy("C’est oui\u00a0: une place"),
    Status.WAITLISTED: lazy("Mettre sur la liste d’attente"),
    Status.ENROLLED: lazy("La personne est entrée en formation"),
    Status.REGISTERED: lazy("Donner une place"),
    Status.ATTENDED: lazy("La personne est venue"),
    Status.ABSENT: lazy("La personne n’est pas venue"),
    Status.CANCELLED: lazy("Annuler l’inscription"),
}
