"""References, codes and the keyed hashes that stand for them.

Nothing here can be computed without SECRET_KEY: a copy of the database gives no code and no link.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
import secrets
from collections.abc import Mapping
from typing import Any

from flask import current_app

# Without 0 O 1 I L U V: what is read aloud or copied by hand is read in one way only.
ALPHABET = "23456789ABCDEFGHJKMNPQRSTWXYZ"
REFERENCE = re.compile(rf"PS-[{ALPHABET}]{{4}}-[{ALPHABET}]{{4}}")
CODE_LENGTH = 8
IDEMPOTENCY_KEY = re.compile(r"[A-Za-z0-9_-]{22,64}")


def keyed_hash(purpose: str, text: str) -> str:
    """Return the HMAC-SHA256 of `text` for one purpose, in hexadecimal (64 characters)."""
    return _digest(purpose, text).hex()


def _digest(purpose: str, text: str, secret: str = "") -> bytes:
    key = (secret or current_app.config["SECRET_KEY"]).encode()
    return hmac.new(key, f"{purpose}\x1f{text}".encode(), hashlib.sha256).digest()


def _secrets() -> list[str]:
    """Return the key of the site, then those before it: a code on paper outlives a key."""
    return [current_app.config["SECRET_KEY"], *current_app.config["SECRET_KEY_FALLBACKS"]]


def new_reference() -> str:
    """Return a random reference, PS-XXXX-XXXX: 29^8, i.e. 500 billion of them."""
    letters = "".join(secrets.choice(ALPHABET) for _ in range(8))
    return f"PS-{letters[:4]}-{letters[4:]}"


def clean_reference(text: str) -> str:
    """Return a reference as it is stored, from what a person typed: « ps 7k2m 94ab »."""
    letters = re.sub(r"[^A-Z0-9]", "", text.upper()).removeprefix("PS")
    return f"PS-{letters[:4]}-{letters[4:]}"


def new_idempotency_key() -> str:
    """Return the random key of one form shown once (128 bits)."""
    return secrets.token_urlsafe(16)


def code_for(idempotency_key: str) -> str:
    """Return the secret code of the application sent under that key.

    It is derived, so that a form sent twice is given the same confirmation, code included.
    """
    number = int.from_bytes(_digest("application-code", idempotency_key), "big")
    letters = []
    for _ in range(CODE_LENGTH):
        number, rank = divmod(number, len(ALPHABET))
        letters.append(ALPHABET[rank])
    return "".join(letters)


def hash_code(reference: str, code: str, secret: str = "") -> str:
    """Return what is stored of a code; spaces, dashes and case do not count."""
    letters = re.sub(r"[^A-Z0-9]", "", code.upper())
    return _digest("application-code-check", f"{reference}\x1f{letters}", secret).hex()


def code_opens(reference: str, code: str, expected: str) -> bool:
    """Return whether `expected` is what was stored of the code, under any key of the site."""
    found = [same(hash_code(reference, code, secret), expected) for secret in _secrets()]
    return any(found)


def new_link_salt() -> str:
    """Return what the token of a link is derived from: another, and those before open nothing."""
    return secrets.token_hex(16)


def link_token(link_salt: str, secret: str = "") -> str:
    """Return the token of the link sent by e-mail, 43 characters."""
    digest = _digest("application-link", link_salt, secret)
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")


def link_opens(link_salt: str, token: str) -> bool:
    """Return whether the token is that of the link, under any key of the site."""
    found = [same(link_token(link_salt, secret), token) for secret in _secrets()]
    return any(found)


def same(left: str, right: str) -> bool:
    """Compare two secrets in constant time."""
    return hmac.compare_digest(left.encode(), right.encode())


def body_hash(listing_id: int, body: Mapping[str, Any]) -> str:
    """Return the keyed hash of all that was sent, to tell a repeat from a change."""
    text = json.dumps(body, sort_keys=True, ensure_ascii=False, default=str)
    return keyed_hash("application-body", f"{listing_id}\x1f{text}")
