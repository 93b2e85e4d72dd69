"""Phone numbers as people type them, and what to say when one is wrong."""

from __future__ import annotations

import re

import phonenumbers

from app.core.i18n import _, plural

# Numbers kept for fiction and for tests; the library would take them for numbers of Mayotte.
_FICTION = "063998"
# French numbers of overseas departments have ten digits too, under other country codes.
_REGIONS = ("FR", "RE", "GP", "MQ", "GF", "YT")
_NATIONAL_DIGITS = 10


class WrongPhone(ValueError):
    """The number cannot be called. `message` is French and says what is missing."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


def normalise(text: str) -> str:
    """Return a phone number in E.164 from what was typed; raise WrongPhone with what to correct."""
    typed = text.replace("(0)", "")
    if re.search(r"[^0-9\s+().\-/]", typed):
        raise WrongPhone(
            _("Écrivez seulement des chiffres, par exemple 06\u00a039\u00a098\u00a012\u00a034.")
        )
    digits = re.sub(r"[^0-9]", "", typed)
    if typed.lstrip().startswith("+") or digits.startswith("00"):
        return _international(digits.removeprefix("00"))
    return _french(digits, text.strip())


def _french(digits: str, typed: str) -> str:
    difference = _NATIONAL_DIGITS - len(digits)
    if difference > 0:
        count = _count(difference)
        raise WrongPhone(
            plural(
                "Il manque un chiffre\u00a0: %(typed)s",
                "Il manque %(count)s chiffres\u00a0: %(typed)s",
                difference,
                count=count,
                typed=typed,
            )
        )
    if difference < 0:
        raise WrongPhone(
            plural(
                "Il y a un chiffre de trop\u00a0: %(typed)s",
                "Il y a %(count)s chiffres de trop\u00a0: %(typed)s",
                -difference,
                count=_count(-difference),
                typed=typed,
            )
        )
    if not re.match(r"0[1-9]", digits):
        raise WrongPhone(
            _("Ce numéro doit commencer par 0, par exemple 06\u00a039\u00a098\u00a012\u00a034.")
        )
    if digits.startswith(_FICTION):
        return f"+33{digits[1:]}"
    for region in _REGIONS:
        number = phonenumbers.parse(digits, region)
        if phonenumbers.is_valid_number_for_region(number, region):
            return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    raise WrongPhone(_("Ce numéro n’existe pas. Vérifiez-le\u00a0: %(typed)s", typed=typed))


def _international(digits: str) -> str:
    if digits.startswith("33"):
        return _french(f"0{digits[2:].removeprefix('0')}", f"+{digits}")
    wrong = WrongPhone(_("Ce numéro n’existe pas. Vérifiez l’indicatif du pays."))
    try:
        number = phonenumbers.parse(f"+{digits}", None)
    except phonenumbers.NumberParseException:
        raise wrong from None
    if not phonenumbers.is_possible_number(number):
        raise wrong
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def _count(number: int) -> str:
    """Return a small number in words, as one says it to somebody."""
    words = ["", _("un"), _("deux"), _("trois"), _("quatre"), _("cinq"), _("six")]
    return words[number] if number < len(words) else str(number)
