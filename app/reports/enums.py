"""Choices of the reports feature."""

from enum import StrEnum

from app.core.i18n import lazy


class Reason(StrEnum):
    """What is wrong with a listing, for who reports it."""

    ILLEGAL = "illegal"
    UNTRUE = "untrue"
    MONEY = "money"
    OTHER = "other"


REASON_LABELS = {
    Reason.ILLEGAL: lazy("Elle est illégale ou discriminatoire"),
    Reason.UNTRUE: lazy("Elle est fausse, ou déjà pourvue"),
    Reason.MONEY: lazy("On m’a demandé de l’argent ou des documents"),
    Reason.OTHER: lazy("Autre chose"),
}
# As few words as a list allows.
REASON_TAGS = {
    Reason.ILLEGAL: lazy("illégale"),
    Reason.UNTRUE: lazy("fausse ou pourvue"),
    Reason.MONEY: lazy("argent, documents"),
    Reason.OTHER: lazy("autre"),
}


class Decision(StrEnum):
    """What the team does with a listing that was reported."""

    KEEP = "keep"
    REVIEW = "review"
    REMOVE = "remove"


DECISION_LABELS = {
    Decision.KEEP: lazy("Laisser l’annonce comme elle est"),
    Decision.REVIEW: lazy("La cacher et la remettre en relecture"),
    Decision.REMOVE: lazy("La retirer pour de bon"),
}
DECISIONS_TAKEN = {
    Decision.KEEP: lazy("annonce laissée comme elle est"),
    Decision.REVIEW: lazy("annonce remise en relecture"),
    Decision.REMOVE: lazy("annonce retirée"),
}
