"""Choices of the accounts feature."""

from enum import StrEnum


class Role(StrEnum):
    """What a signed-in person does on the platform."""

    CANDIDATE = "candidate"
    RECRUITER = "recruiter"
    SCHOOL = "school"
    COUNSELLOR = "counsellor"
    MODERATOR = "moderator"
    ADMIN = "admin"


class Awaits(StrEnum):
    """What a sign-in still waits for, after the password or the link."""

    APP = "app"
    EMAIL = "email"
    SETUP = "setup"


class FactorChange(StrEnum):
    """What changed in the way a person proves who she is; she is told each time."""

    APP_ADDED = "app_added"
    APP_REMOVED = "app_removed"
    KEY_ADDED = "key_added"
    KEY_REMOVED = "key_removed"
    CODES_RENEWED = "codes_renewed"
    PASSWORD_CHANGED = "password_changed"  # noqa: S105 - a word, not a password
    STARTED_OVER = "started_over"


class Handling(StrEnum):
    """What an administrator decided about somebody who read too many details."""

    NORMAL = "normal"
    SIGNED_OUT = "signed_out"
    SUSPENDED = "suspended"


# Those who belong to an organisation and receive applications for it.
MEMBER_ROLES = frozenset({Role.RECRUITER, Role.SCHOOL})
# Those who read what waits for publication and decide.
REVIEW_ROLES = frozenset({Role.MODERATOR, Role.ADMIN})
# Those who see the data of many people: they never enter with a password or a link alone.
TEAM_ROLES = REVIEW_ROLES | {Role.COUNSELLOR}
