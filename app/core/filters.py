"""French formats for templates: dates, pay, phones.

Non-breaking spaces are U+00A0, which the typeface has.
"""

from __future__ import annotations

import datetime as dt

import phonenumbers
from babel import numbers
from flask import Flask
from flask_babel import format_date, format_decimal

from app.core import clock
from app.core.i18n import _, locale, plural, remembered

NBSP = "\u00a0"
WEEKS_PER_MONTH = 52 / 12
# Below, what is no whole number of months is said in weeks, as schools do.
MONTHS_TOLD = 3


def _plain_spaces(text: str) -> str:
    """Replace the narrow non-breaking space, which the typeface lacks."""
    return text.replace("\u202f", NBSP)


def day(value: dt.date | dt.datetime) -> dt.date:
    """Return the Paris calendar day of a date or of an instant."""
    return clock.paris_date(value) if isinstance(value, dt.datetime) else value


def date_long(value: dt.date | dt.datetime) -> str:
    """Write « 3 décembre 2026 », « 1er décembre 2026 »."""
    date = day(value)
    text = format_date(date, "d MMMM y")
    return _first(text, date)


def date_short(value: dt.date | dt.datetime) -> str:
    """Write « 3 décembre », with the year only when it is not the current one."""
    date = day(value)
    same_year = date.year == clock.paris_date(clock.now()).year
    return _first(format_date(date, "d MMMM" if same_year else "d MMMM y"), date)


def date_with_weekday(value: dt.date | dt.datetime) -> str:
    """Write « jeudi 3 décembre »."""
    date = day(value)
    weekday = format_date(date, "EEEE")
    return f"{weekday} {date_short(date)}"


def time_short(value: dt.datetime) -> str:
    """Write « 6 h 45 », « 14 h » in Paris time."""
    local = value.astimezone(clock.PARIS)
    minutes = f"{NBSP}{local.minute:02d}" if local.minute else ""
    return f"{local.hour}{NBSP}h{minutes}"


def _first(text: str, date: dt.date) -> str:
    text = text.replace("1 ", "1er ", 1) if date.day == 1 else text
    return text.replace(" ", NBSP, 1)


@remembered
def number(value: float | int) -> str:
    """Write « 2 077 », « 1 823,5 »."""
    return _plain_spaces(numbers.format_decimal(value, locale=locale()))


@remembered
def months(value: float) -> str:
    """Write a duration: « 5 semaines », « 2 mois », « 3 mois et demi »: nobody reads 1.2 months."""
    if value < MONTHS_TOLD and value != int(value):
        weeks = max(1, round(value * WEEKS_PER_MONTH))
        return plural("%(num)d\u00a0semaine", "%(num)d\u00a0semaines", weeks)
    whole, half = divmod(round(value * 2), 2)
    return f"{whole}{NBSP}" + (_("mois et demi") if half else _("mois"))


def euros(cents: int) -> str:
    """Write an amount given in cents: « 2 077 € », « 12,31 € »."""
    amount = cents / 100
    pattern = "#,##0" if cents % 100 == 0 else "#,##0.00"
    return _plain_spaces(format_decimal(amount, format=pattern)) + f"{NBSP}€"


def phone(value: str) -> str:
    """Write an E.164 number as people say it: « 04 65 71 12 34 »."""
    try:
        parsed = phonenumbers.parse(value, "FR")
    except phonenumbers.NumberParseException:
        return value
    french = parsed.country_code == 33
    style = (
        phonenumbers.PhoneNumberFormat.NATIONAL
        if french
        else phonenumbers.PhoneNumberFormat.INTERNATIONAL
    )
    return phonenumbers.format_number(parsed, style).replace(" ", NBSP)


def distance(km: float) -> str:
    """Write « à moins de 1 km », « à 7 km »."""
    if km < 1:
        return _("à moins de 1\u00a0km")
    return _("à %(km)s\u00a0km", km=number(round(km)))


def init_app(app: Flask) -> None:
    """Register the filters."""
    for function in (
        date_long,
        date_short,
        date_with_weekday,
        time_short,
        number,
        months,
        euros,
        phone,
        distance,
    ):
        app.jinja_env.filters[function.__name__] = function
