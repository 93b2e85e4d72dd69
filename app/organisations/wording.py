"""How an organisation answers, in words."""

from __future__ import annotations

from app.core.filters import NBSP
from app.core.i18n import _, plural, remembered


def register_number(number: str | None) -> str:
    """Write a SIREN or a SIRET as papers do: « 732 829 320 », « 732 829 320 00074 »."""
    if not number:
        return ""
    return NBSP.join(part for part in (number[:3], number[3:6], number[6:9], number[9:]) if part)


@remembered
def measured_text(tenths: int, hours: int | None) -> str:
    """Write how an organisation really answers, see organisations.models.Measure."""
    if tenths == 10:
        rate = _("Répond à toutes les candidatures")
    elif tenths == 0:
        rate = _("Répond à moins d’une candidature sur 10")
    else:
        rate = plural(
            "Répond à une candidature sur 10", "Répond à %(num)d candidatures sur 10", tenths
        )
    if hours is None:
        return rate
    return _("%(rate)s, en %(delay)s en général", rate=rate, delay=delay_text(hours))


@remembered
def delay_text(hours: int) -> str:
    """Write « une heure », « 5 h », « un jour », « 3 jours »: rounded up."""
    if hours == 1:
        return _("une heure")
    if hours < 24:
        return f"{hours}{NBSP}h"
    return plural("un jour", "%(num)d\u00a0jours", -(-hours // 24))
