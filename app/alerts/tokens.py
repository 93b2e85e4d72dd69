"""Tokens of the links sent by e-mail: 256 bits made of a salt and of the secret key.

The database holds the salt and the hash of the token: a copy of it opens nothing. When the secret
key changes, what former keys made is still made.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets

from flask import current_app

TOKEN = re.compile(r"[0-9a-f]{64}")


def new() -> tuple[str, str]:
    """Return a salt and the hash of its token."""
    salt = secrets.token_urlsafe(24)
    return salt, hash_of(_token(current_app.config["SECRET_KEY"], salt))


def token_of(salt: str, token_hash: str) -> str:
    """Return the token whose hash was stored, made by the current key or by a former one."""
    keys = [current_app.config["SECRET_KEY"], *current_app.config["SECRET_KEY_FALLBACKS"]]
    tokens = [_token(key, salt) for key in keys]
    return next((token for token in tokens if hash_of(token) == token_hash), tokens[0])


def hash_of(token: str) -> str:
    """Return what is stored of a token."""
    return hashlib.sha256(token.encode()).hexdigest()


def _token(key: str, salt: str) -> str:
    return hmac.new(key.encode(), f"alert-link\x1f{salt}".encode(), hashlib.sha256).hexdigest()
