"""What makes a password hard to guess: its length, and that nobody would think of it."""

from __future__ import annotations

import re
import unicodedata

from flask import current_app
from zxcvbn import zxcvbn

from app.accounts.models import User

# What zxcvbn reads at most: it slows down with length, and nothing so long is guessed.
READ = 72
# Ten thousand million guesses: what a thief of the database could try of one person.
GUESSES = 10**10
# Letters that remain once the words of the context are taken out.
OWN_LETTERS = 6
# Words that everyone thinks of here, besides the names of the site, the place and the person.
CONTEXT = (
    "prendre",
    "soin",
    "soins",
    "metiers",
    "emploi",
    "recrutement",
    "aide",
    "soignant",
    "soignante",
    "infirmier",
    "infirmiere",
    "ehpad",
    "hopital",
    "domicile",
    "metropole",
    "motdepasse",
    "bonjour",
    "azerty",
    "azertyuiop",
    "soleil",
    "doudou",
    "chouchou",
)


def is_guessable(password: str, user: User) -> bool:
    """Return whether this password is among those tried first, known from leaks, or made of words
    of the context. Any composition is allowed: only how hard it is to guess counts."""
    config = current_app.config
    told = " ".join(
        [config["SITE_NAME"], config["TERRITORY_NAME"], config["OPERATOR_NAME"], user.name]
    )
    words = {*CONTEXT, *re.split(r"[\W_]+", _plain(f"{told} {user.email}"))}
    known = sorted((word for word in words if len(word) > 2), key=len, reverse=True)
    rest = re.sub("|".join(map(re.escape, known)), "", _plain(password))
    if len(rest) < len(password) and len(re.sub(r"[\W\d_]+", "", rest)) < OWN_LETTERS:
        return True
    return bool(zxcvbn(password[:READ], user_inputs=known)["guesses"] < GUESSES)


def _plain(text: str) -> str:
    """Return a text in lower case, without accents."""
    split = unicodedata.normalize("NFKD", text.lower())
    return "".join(sign for sign in split if not unicodedata.combining(sign))
