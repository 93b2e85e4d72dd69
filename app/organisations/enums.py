"""Choices of the organisations feature."""

from enum import IntEnum, StrEnum


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
