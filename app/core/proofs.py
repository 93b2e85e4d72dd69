"""What a browser, or a person, gives when too much is sent from the same place.

A browser with scripts finds by itself a number that costs it about a second: nothing to read nor
to press. Without scripts, a person answers a question in words. Nothing is stored before it is
given, no cookie is set, and nobody else is asked.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import secrets
from dataclasses import dataclass

from flask import current_app
from itsdangerous import BadSignature, URLSafeTimedSerializer

from app.core.i18n import _

# 33,000 tries on average: a second of a telephone, a quarter of an hour for a thousand of them.
BITS = 15
# A person may take an hour to fill a form on a bus.
LASTS = dt.timedelta(hours=2)
NUMBERS = ("zéro", "un", "deux", "trois", "quatre", "cinq", "six", "sept", "huit", "neuf", "dix")
# The answers, from two to ten.
_TERMS = (1, 5)


@dataclass(frozen=True, slots=True)
class Challenge:
    """What is asked: `token` of the browser, `question` of a person."""

    token: str
    question: str
    bits: int = BITS


def _serializer() -> URLSafeTimedSerializer:
    keys = [*current_app.config["SECRET_KEY_FALLBACKS"], current_app.config["SECRET_KEY"]]
    return URLSafeTimedSerializer(keys, salt="proof")


def ask() -> Challenge:
    """Return a new challenge."""
    low, high = _TERMS
    first, second = (low + secrets.randbelow(high) for _term in range(2))
    token = str(_serializer().dumps([secrets.token_urlsafe(12), first, second]))
    question = _(
        "Combien font %(first)s plus %(second)s\u00a0?",
        first=NUMBERS[first],
        second=NUMBERS[second],
    )
    return Challenge(token, question)


def is_computed(token: str, number: str, now: dt.datetime) -> bool:
    """Return whether the number that goes with a living token was found."""
    if _terms(token, now) is None or not (number.isdecimal() and len(number) <= 12):
        return False
    digest = hashlib.sha256(f"{token}:{number}".encode()).digest()
    return int.from_bytes(digest[:4], "big") >> (32 - BITS) == 0


def is_answered(token: str, words: str, now: dt.datetime) -> bool:
    """Return whether the question that goes with a living token was answered."""
    terms = _terms(token, now)
    if terms is None:
        return False
    answer = sum(terms)
    return words.strip().strip(".").lower() in {str(answer), NUMBERS[answer]}


def _terms(token: str, now: dt.datetime) -> tuple[int, int] | None:
    try:
        (_id, first, second), at = _serializer().loads(token, return_timestamp=True)
    except (BadSignature, ValueError, TypeError):
        return None
    return (first, second) if at <= now + dt.timedelta(minutes=1) and now < at + LASTS else None
