"""Choices of the reference base."""

from __future__ import annotations

from enum import StrEnum


class NameKind(StrEnum):
    """How a profession comes to be called so."""

    LABEL = "label"
    FEMININE = "feminine"
    MASCULINE = "masculine"
    ALTERNATIVE = "alternative"
    FORMER = "former"
    ACRONYM = "acronym"


class TermKind(StrEnum):
    """Lists of the vocabulary. The order of the terms in a list is the order of display."""

    SECTOR = "sector"
    WORKPLACE_CATEGORY = "workplace-category"
    WORKPLACE = "workplace"
    PUBLIC = "public"
    CONTRACT = "contract"
    SCHEDULE = "schedule"
    FUNDING = "funding"
    EQUIVALENCE_RULE = "equivalence-rule"


class EntryKind(StrEnum):
    """What the team corrects in the reference base."""

    PROFESSION = "profession"
    DIPLOMA = "diploma"
    MOVE = "move"
    EQUIVALENCE = "equivalence"
    FUNDING = "funding"


class FieldType(StrEnum):
    """How a field of an entry is written."""

    TEXT = "text"
    LONG = "long"
    YES_NO = "yes-no"
    DATE = "date"
    DIPLOMA = "diploma"
    LEVEL = "level"
    MONTHS = "months"
    HOURS = "hours"
    EUROS = "euros"
    YEAR = "year"


class MobilityKind(StrEnum):
    """What a move from a profession to another is for the person."""

    PROMOTION = "promotion"
    SPECIALISATION = "specialisation"
    RECONVERSION = "reconversion"
    MANAGEMENT = "encadrement"
