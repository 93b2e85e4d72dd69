"""Choices of the organisations feature, and what people read of them."""

from enum import IntEnum, StrEnum

from app.core.i18n import lazy


class OrganisationKind(StrEnum):
    """What the organisation does here."""

    EMPLOYER = "employer"
    SCHOOL = "school"
    PLATFORM = "platform"


class OrganisationStatus(StrEnum):
    """Whether the team has checked that the organisation is what it says."""

    PENDING = "pending"
    VERIFIED = "verified"
    SUSPENDED = "suspended"


class MemberRole(StrEnum):
    """What a member may do in the organisation."""

    OWNER = "owner"
    MEMBER = "member"


class Promise(IntEnum):
    """Delay, in hours, within which the organisation says it answers."""

    DAY = 24
    TWO_DAYS = 48
    THREE_DAYS = 72
    WEEK = 168


class Action(StrEnum):
    """What happened to an organisation, as its log keeps it."""

    OPENED = "opened"
    VERIFIED = "verified"
    REFUSED = "refused"
    SENT_AGAIN = "sent_again"
    CALL_ASKED = "call_asked"
    SUSPENDED = "suspended"
    REOPENED = "reopened"
    RELEASED = "released"


class SignUpOutcome(StrEnum):
    """What the confirmation of an address leads to."""

    OPENS = "opens"
    JOINS = "joins"
    MEMBER = "member"
    OTHER_ACCOUNT = "other_account"
    CLOSED = "closed"


KIND_LABELS = {
    OrganisationKind.EMPLOYER: lazy("Employeur"),
    OrganisationKind.SCHOOL: lazy("École ou organisme de formation"),
}
PROMISE_LABELS = {
    Promise.DAY: lazy("24\u00a0h"),
    Promise.TWO_DAYS: lazy("48\u00a0h"),
    Promise.THREE_DAYS: lazy("72\u00a0h"),
    Promise.WEEK: lazy("7\u00a0jours"),
}
MEMBER_ROLE_LABELS = {
    MemberRole.OWNER: lazy("Responsable"),
    MemberRole.MEMBER: lazy("Membre"),
}
ACTION_LABELS = {
    Action.OPENED: lazy("Inscription confirmée"),
    Action.VERIFIED: lazy("Structure vérifiée"),
    Action.REFUSED: lazy("Vérification refusée"),
    Action.SENT_AGAIN: lazy("Envoyée de nouveau"),
    Action.CALL_ASKED: lazy("Appel demandé"),
    Action.SUSPENDED: lazy("Structure suspendue"),
    Action.REOPENED: lazy("Structure rouverte"),
    Action.RELEASED: lazy("Numéros SIREN et SIRET libérés"),
}
