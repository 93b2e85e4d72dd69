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


class ActorKind(StrEnum):
    """Who made an application change."""

    CANDIDATE = "candidate"
    MEMBER = "member"
    TEAM = "team"
    SYSTEM = "system"
