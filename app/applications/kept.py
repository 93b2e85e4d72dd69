"""A file that waits in the store for its form, shown again: browsers drop what was chosen.

The form carries a signed ticket that opens nothing: it names the file, for this form alone and for
two hours. What never comes back is swept a day later, as any file without an application.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from flask import current_app
from itsdangerous import BadSignature, URLSafeTimedSerializer
from limits import parse

from app.applications import cv
from app.core.limits import client_network, limiter

LASTS = dt.timedelta(hours=2)
# Files that one place may leave in the store without sending anything.
MOST = parse("20 per hour")
NAME_MOST = 80


@dataclass(frozen=True)
class KeptFile:
    """A file of the store that belongs to no application yet, and the name its owner gave it."""

    stored: cv.StoredFile
    name: str


def may_keep() -> bool:
    """Count one more file left by this place; return whether it may be. Uncounted, none is kept."""
    if not limiter.enabled:
        return True
    try:
        return limiter.limiter.hit(MOST, "kept-file", client_network())
    except limiter.storage.base_exceptions:
        return False


def ticket(kept: KeptFile, form_key: str) -> str:
    """Return what the form that has this key gives back to find its file again."""
    stored = kept.stored
    named = [stored.key, stored.extension, stored.sha256, kept.name, form_key]
    return str(_signer().dumps(named))


def find(ticket: str, form_key: str) -> KeptFile | None:
    """Return the file that a ticket names, or None: forged, too old, or of another form."""
    try:
        key, extension, digest, name, of = _signer().loads(ticket, max_age=LASTS.seconds)
    except BadSignature:
        return None
    return KeptFile(cv.in_store(key, extension, digest), name) if of == form_key else None


def _signer() -> URLSafeTimedSerializer:
    # The last key signs, all of them are read.
    keys = [*current_app.config["SECRET_KEY_FALLBACKS"], current_app.config["SECRET_KEY"]]
    return URLSafeTimedSerializer(keys, salt="kept-file")
