"""Numbers of the national register of companies (SIREN, SIRET), and addresses of e-mail."""

from __future__ import annotations

import re

# La Poste gives its offices SIRETs that fail Luhn's check; the sum of their digits is a multiple
# of five instead (INSEE, « Numéro SIRET »). Its head office passes the usual check.
LA_POSTE = "356000000"

# Anybody may open an address there: it says nothing of the person's employer.
PUBLIC_MAILBOXES = frozenset(
    {
        "aol.com",
        "bbox.fr",
        "free.fr",
        "gmail.com",
        "gmx.com",
        "gmx.fr",
        "googlemail.com",
        "hotmail.com",
        "hotmail.fr",
        "icloud.com",
        "laposte.net",
        "live.com",
        "live.fr",
        "mac.com",
        "mail.com",
        "me.com",
        "msn.com",
        "neuf.fr",
        "numericable.fr",
        "orange.fr",
        "outlook.com",
        "outlook.fr",
        "proton.me",
        "protonmail.com",
        "sfr.fr",
        "tutanota.com",
        "wanadoo.fr",
        "yahoo.com",
        "yahoo.fr",
        "ymail.com",
    }
)

_SPACES = re.compile(r"[\s.\u00a0\u202f\-\u2010-\u2013]+")


def compact(number: str) -> str:
    """Return a number without the spaces, dots and dashes with which people write it."""
    return _SPACES.sub("", number)


def is_siren(number: str) -> bool:
    """Return whether nine digits carry a right check digit."""
    return len(number) == 9 and _is_numeric(number) and _luhn(number)


def is_siret(number: str) -> bool:
    """Return whether fourteen digits carry right check digits. Says nothing of who uses them."""
    if len(number) != 14 or not _is_numeric(number) or not is_siren(number[:9]):
        return False
    if number.startswith(LA_POSTE) and sum(map(int, number)) % 5 == 0:
        return True
    return _luhn(number)


def is_public_mailbox(email: str) -> bool:
    """Return whether the address is of a provider open to all: it vouches for no organisation."""
    return email.rpartition("@")[2].lower() in PUBLIC_MAILBOXES


def _is_numeric(number: str) -> bool:
    return number.isascii() and number.isdigit() and set(number) != {"0"}


def _luhn(number: str) -> bool:
    total = 0
    for position, digit in enumerate(reversed(number)):
        value = int(digit) * (2 if position % 2 else 1)
        total += value - 9 if value > 9 else value
    return total % 10 == 0
