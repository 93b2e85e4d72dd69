"""Choices of the alerts feature."""

from enum import StrEnum

from app.core.i18n import lazy


class Frequency(StrEnum):
    """How often a digest may leave."""

    DAILY = "daily"
    WEEKLY = "weekly"


FREQUENCY_LABELS = {
    Frequency.DAILY: lazy("Chaque jour"),
    Frequency.WEEKLY: lazy("Chaque semaine"),
}


class Stop(StrEnum):
    """Why an alert stopped by itself."""

    UNVISITED = "unvisited"
    BOUNCED = "bounced"
