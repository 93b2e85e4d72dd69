"""Choices of the search feature."""

from enum import StrEnum


class WordKind(StrEnum):
    """What the team makes of words that people type."""

    SYNONYM = "synonym"
    MISSPELLING = "misspelling"
    SUGGESTION = "suggestion"
    IGNORED = "ignored"
