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


class MobilityKind(StrEnum):
    """What a move from a profession to another is for the person."""

    PROMOTION = "promotion"
    SPECIALISATION = "specialisation"
    RECONVERSION = "reconversion"
    MANAGEMENT = "encadrement"
