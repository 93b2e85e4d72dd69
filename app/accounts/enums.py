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


# Those who belong to an organisation and receive applications for it.
MEMBER_ROLES = frozenset({Role.RECRUITER, Role.SCHOOL})
# Those who read what waits for publication and decide.
REVIEW_ROLES = frozenset({Role.MODERATOR, Role.ADMIN})
# Those who see the data of many people: they never enter with a password or a link alone.
TEAM_ROLES = REVIEW_ROLES | {Role.COUNSELLOR}
