"""Numbers of the national register of companies (SIREN, SIRET)."""

from __future__ import annotations

import re

# La Poste gives its offices SIRETs that fail Luhn's check; the sum of their digits is a multiple
# of five instead (INSEE, « Numéro SIRET »). Its head office passes the usual check.
LA_POSTE = "356000000"

_SPACES = re.compile(r"[\s.\u00a0\u202f]+")


def compact(number: str) -> str:
    """Return a number without the spaces and dots with which people write it."""
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


def _is_numeric(number: str) -> bool:
    return number.isascii() and number.isdigit() and set(number) != {"0"}


def _luhn(number: str) -> bool:
    total = 0
    for position, digit in enumerate(reversed(number)):
        value = int(digit) * (2 if position % 2 else 1)
        total += value - 9 if value > 9 else value
    return total % 10 == 0
