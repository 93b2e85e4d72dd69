"""What a listing says in a list of results, in words ready to be shown.

Lists are the most visited pages: a card is built from the columns of one query (see
queries.listing_cards), without loading any object.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Mapping
from copy import copy
from dataclasses import dataclass
from typing import Any

from flask import get_template_attribute
from markupsafe import Markup, escape
from sqlalchemy import Row

from app.core import filters
from app.core.clock import now, paris_date
from app.core.filters import (
    NBSP,
    date_short,
    date_with_weekday,
    euros,
    number,
    time_short,
)
from app.core.i18n import _, lazy, plural, remembered
from app.listings.enums import (
    KIND_PATHS,
    MODALITY_LABELS,
    OWN_SOURCE,
    PAY_PERIOD_LABELS,
    SOURCE_NAMES,
    DiplomaNeed,
    Kind,
    Modality,
    PayPeriod,
)
from app.organisations.models import measure_of
from app.organisations.wording import measured_text
from app.professions.queries import profession_by_id

MAX_SCHEDULES = 2
# Told by the hours already.
_HOURS_TERMS = {"temps-plein", "temps-partiel"}

# The columns of a listing that its card reads.
COLUMNS = (
    "id",
    "version",
    "kind",
    "title",
    "slug",
    "source",
    "employer_name",
    "place_label",
    "latitude",
    "longitude",
    "contract",
    "contract_months",
    "hours_min",
    "hours_max",
    "schedules",
    "pay_min_cents",
    "pay_max_cents",
    "pay_period",
    "diploma_need",
    "workplace",
    "duration_label",
    "duration_months",
    "duration_hours",
    "modality",
    "cost_cents",
    "funding",
    "published_at",
    "deadline",
    "starts_on",
    "positions",
    "profession_id",
    "from_profession_id",
)

# Gives the French name of a term from its facet and slug: label("contract", "cdi") -> "CDI".
Label = Callable[[str, str], str]


# Without slots: twenty copies a page are made five times as fast.
@dataclass
class Card:
    """What components/listing_card.html shows. A text that is empty shows nothing.

    `title` may be replaced by Markup with <mark>, `distance` filled, and `why` be the HTML of a
    reason, by the search.
    """

    id: int
    version: int
    kind: str
    url: str
    title: str
    employer: str
    place: str
    latitude: float | None
    longitude: float | None
    facts: tuple[str, ...]
    foot: tuple[tuple[str, str], ...]
    key_number: str = ""
    key_unit: str = ""
    date_text: str = ""
    distance: str = ""
    why: str = ""
    diploma_need: str = ""
    next_at: dt.datetime | None = None


@remembered
def pay_text(low: int | None, high: int | None) -> str:
    """Write a pay given in cents: « 2 077 à 2 290 € », « 12,31 € »; empty when it is unknown."""
    if low is None:
        return ""
    if high is None or high == low:
        return euros(low)
    return _("%(low)s à %(high)s", low=euros(low).removesuffix(f"{NBSP}€"), high=euros(high))


@remembered
def pay_period_text(period: str | None) -> str:
    """Write « brut par mois »."""
    return str(PAY_PERIOD_LABELS[PayPeriod(period)]) if period else ""


@remembered
def hours_text(low: float | None, high: float | None) -> str:
    """Write weekly hours: « 35 h », « 28 à 35 h »; empty when they are unknown."""
    if low is None:
        return ""
    if high is None or high == low:
        return f"{_trim(low)}{NBSP}h"
    return _("%(low)s à %(high)s\u00a0h", low=_trim(low), high=_trim(high))


@remembered
def months_text(months: float | None) -> str:
    """Write a duration: « 11 mois », « 2 semaines »; empty when it is unknown."""
    return "" if months is None else filters.months(months)


def contract_text(label: Label, contract: str | None, months: float | None) -> str:
    """Write « CDI », « CDD de 6 mois »; empty when it is unknown."""
    if not contract:
        return ""
    name = label("contract", contract)
    return _for_months(name, months) if months else name


@remembered
def _for_months(name: str, months: float) -> str:
    return _("%(contract)s de %(time)s", contract=name, time=months_text(months))


@remembered
def seats_text(capacity: int | None, taken: int) -> str:
    """Write « 4 places », « Complet »; empty when seats are not limited."""
    if capacity is None:
        return ""
    left = capacity - taken
    return plural("%(num)d\u00a0place", "%(num)d\u00a0places", left) if left > 0 else _("Complet")


@remembered
def duration_text(label: str, months: float | None, hours: int | None) -> str:
    """Write how long it lasts, in the author's words when there are some."""
    if label:
        return label
    parts = [months_text(months), f"{number(hours)}{NBSP}h" if hours else ""]
    return ", ".join(part for part in parts if part)


@remembered
def promise_text(hours: int | None) -> str:
    """Write the delay of answer that the organisation announces."""
    if hours is None:
        return ""
    return _("Réponse annoncée sous %(delay)s", delay=promise_delay(hours))


@remembered
def promise_delay(hours: int) -> str:
    """Write a delay that is announced: « 24 h », « 48 h », « 3 jours »."""
    return f"{hours}{NBSP}h" if hours <= 48 else _("%(days)d\u00a0jours", days=hours // 24)


def _answer(row: Any) -> tuple[str, str]:
    """Return how the organisation of a listing answers: measured, else as it announces."""
    measured = measure_of(row)
    if measured is None:
        return "okrond", promise_text(row.promise_hours)
    return "okrond" if measured.good else "heure", measured_text(*measured)


@remembered
def source_name(source: str) -> str:
    """Return the name of the site a listing comes from; empty for this one."""
    return "" if source == OWN_SOURCE else str(SOURCE_NAMES.get(source, source))


def build_card(row: Any, label: Label) -> Card:
    """Return the card of a row read by queries.listing_cards and the like."""
    number_, unit = _KEYS[row.kind](row)
    return Card(
        id=row.id,
        version=row.version,
        kind=row.kind,
        url=f"{_PREFIXES[row.kind]}{row.id}-{row.slug}",
        title=row.title,
        employer=row.employer_name,
        place=row.place_label,
        latitude=row.latitude,
        longitude=row.longitude,
        facts=tuple(fact for fact in _FACTS[row.kind](row, label) if fact),
        foot=tuple((icon, text) for icon, text in _foot(row) if text),
        key_number=number_,
        key_unit=unit,
        date_text=_said_of("published", _on(row.published_at)) if row.kind == Kind.JOB else "",
        diploma_need=row.diploma_need,
        next_at=row.next_at,
    )


def cards_of(rows: Iterable[Row[Any]], label: Label) -> list[Card]:
    """Return the cards of rows just read; of a row read before and the same, the words are kept."""
    year = now().year
    found = []
    for row in rows:
        # Lists are the only columns that cannot be looked up.
        key = tuple(tuple(one) if type(one) is list else one for one in row)
        found.append(copy(_kept_card(_Known(row, label, key), year)))
    return found


class _Known:
    """A row, equal to any other that says the same under the same vocabulary."""

    __slots__ = ("_hash", "key", "label", "row")

    def __init__(self, row: Row[Any], label: Label, key: tuple[Any, ...]) -> None:
        self.row, self.label, self.key = row, label, key
        self._hash = hash(key)

    def __hash__(self) -> int:
        return self._hash

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Known) and self.key == other.key and self.label == other.label


@remembered
def _kept_card(known: _Known, _year: int) -> Card:
    return build_card(known.row, known.label)


def card_items(cards: Iterable[Card], heading: str = "h2") -> Markup:
    """Write cards one after the other, as components/listing_card.html does.

    All of a card but its title, its distance and its reason is the same in every list: it is
    written once.
    """
    written: list[str] = []
    for card in cards:
        before, middle, after, end = _written(
            heading,
            card.kind,
            card.url,
            card.employer,
            card.place,
            card.facts,
            card.foot,
            card.key_number,
            card.key_unit,
            card.date_text,
        )
        distance = f", {escape(card.distance)}" if card.distance else ""
        written += (before, escape(card.title), middle, distance, after, escape(card.why), end)
    return Markup("".join(written))  # noqa: S704 - templates and escape() wrote all of it


# Where the title, the distance and the reason go; no text of ours nor of anyone holds it.
_HOLE = "\ufffc"


@remembered
def _written(heading: str, *said: Any) -> tuple[str, str, str, str]:
    item = get_template_attribute("components/listing_card.html", "item")
    holes = str(item(heading, _HOLE, *said)).split(_HOLE)
    before, middle, after, end = holes if len(holes) == 4 else (holes[0], holes[1], "", holes[2])
    return before, middle, after, end


def _trim(value: float) -> str:
    return _number(round(value, 1))


@remembered
def _number(value: float) -> str:
    return str(int(value)) if value == int(value) else number(value)


@remembered
def _day(day: dt.date, _year: int) -> str:
    # The year is part of what is remembered: it is written only when it is not the current one.
    return date_short(day)


def _on(when: dt.datetime | dt.date) -> str:
    day = paris_date(when) if isinstance(when, dt.datetime) else when
    return _day(day, now().year)


@remembered
def _said(sentence: str) -> str:
    return str(_SENTENCES[sentence])


@remembered
def _said_of(sentence: str, what: str) -> str:
    return str(_SENTENCES[sentence]) % {"what": what}


_SENTENCES = {
    "published": lazy("Publiée le %(what)s"),
    "until": lazy("Jusqu’au %(what)s"),
    "origin": lazy("Annonce de %(what)s"),
    "start": lazy("rentrée le %(what)s"),
    "from": lazy("dès le %(what)s"),
    "next_start": lazy("prochaine rentrée"),
    "try": lazy("Pour découvrir\u00a0: ce n’est pas encore un poste"),
    "open": lazy("Ouvert sans diplôme"),
    "no_pay": lazy("Salaire non indiqué"),
    "no_diploma": lazy("Sans diplôme préalable"),
    "free": lazy("Gratuit"),
    "internship": lazy("Stage"),
    "whole": lazy("en tout"),
}


@remembered
def _modality(value: str) -> str:
    return str(MODALITY_LABELS[Modality(value)])


def _foot(row: Any) -> Iterator[tuple[str, str]]:
    here = row.source == OWN_SOURCE
    if row.kind == Kind.IMMERSION:
        yield "info", _said("try")
    if here and row.kind != Kind.EVENT:
        yield _answer(row)
    if not here:
        yield "externe", _said_of("origin", source_name(row.source))
    if row.kind == Kind.JOB and row.diploma_need == DiplomaNeed.NONE:
        yield "sparkle", _said("open")
    if row.deadline:
        yield "calok", _said_of("until", _on(row.deadline))


def _job_facts(row: Any, label: Label) -> list[str]:
    schedules = [slug for slug in row.schedules or () if slug not in _HOURS_TERMS]
    return [
        contract_text(label, row.contract, row.contract_months),
        hours_text(row.hours_min, row.hours_max),
        *(label("schedule", slug) for slug in schedules[:MAX_SCHEDULES]),
        "" if row.pay_min_cents else _said("no_pay"),
    ]


def _training_facts(row: Any, label: Label) -> list[str]:
    return [
        _said("no_diploma") if row.diploma_need == DiplomaNeed.NONE else "",
        duration_text(row.duration_label, row.duration_months, row.duration_hours),
        _modality(row.modality) if row.modality else "",
        _free(row),
    ]


def _short_facts(row: Any, label: Label) -> list[str]:
    return [
        duration_text(row.duration_label, row.duration_months, row.duration_hours),
        label("workplace", row.workplace) if row.workplace else "",
    ]


def _path_facts(row: Any, label: Label) -> list[str]:
    ends = [profession_by_id(one or 0) for one in (row.from_profession_id, row.profession_id)]
    return [
        " → ".join(entry.label for entry in ends if entry) if all(ends) else "",
        seats_text(row.positions, 0) if row.positions and row.positions > 1 else "",
        _modality(row.modality) if row.modality else "",
        _free(row),
        *(label("funding", slug) for slug in (row.funding or ())[:MAX_SCHEDULES]),
    ]


def _event_facts(row: Any, label: Label) -> list[str]:
    return [_free(row), seats_text(row.capacity, row.taken) if row.next_at else ""]


def _free(row: Any) -> str:
    return _said("free") if row.cost_cents == 0 else ""


def _job_key(row: Any) -> tuple[str, str]:
    text = pay_text(row.pay_min_cents, row.pay_max_cents)
    return text, pay_period_text(row.pay_period) if text else ""


def _training_key(row: Any) -> tuple[str, str]:
    if row.next_at is None:
        return "", ""
    day = _on(row.next_at)
    seats = seats_text(row.capacity, row.taken)
    return (seats, _said_of("start", day)) if seats else (day, _said("next_start"))


def _internship_key(row: Any) -> tuple[str, str]:
    start = row.next_at or row.starts_on
    if start is None:
        return "", ""
    return months_text(row.duration_months) or _said("internship"), _said_of("from", _on(start))


def _immersion_key(row: Any) -> tuple[str, str]:
    if row.next_at is None:
        return "", ""
    dates = plural("%(num)d\u00a0date", "%(num)d\u00a0dates", row.next_count)
    return dates, _said_of("from", _on(row.next_at))


def _path_key(row: Any) -> tuple[str, str]:
    text = months_text(row.duration_months)
    return text, _said("whole") if text else ""


def _event_key(row: Any) -> tuple[str, str]:
    if row.next_at is None:
        return "", ""
    text = date_with_weekday(row.next_at)
    return text[:1].upper() + text[1:], hours_of(row.next_at, row.next_ends_at)


def hours_of(start: dt.datetime, end: dt.datetime | None) -> str:
    """Write « de 14 h à 16 h », « à 14 h » in Paris time."""
    if end is None:
        return _("à %(hour)s", hour=time_short(start))
    return _("de %(start)s à %(end)s", start=time_short(start), end=time_short(end))


_PREFIXES: Mapping[str, str] = {str(kind): f"/{path}/" for kind, path in KIND_PATHS.items()}
_FACTS: Mapping[str, Callable[[Any, Label], list[str]]] = {
    Kind.JOB: _job_facts,
    Kind.TRAINING: _training_facts,
    Kind.INTERNSHIP: _short_facts,
    Kind.IMMERSION: _short_facts,
    Kind.PATH: _path_facts,
    Kind.EVENT: _event_facts,
}
_KEYS: Mapping[str, Callable[[Any], tuple[str, str]]] = {
    Kind.JOB: _job_key,
    Kind.TRAINING: _training_key,
    Kind.INTERNSHIP: _internship_key,
    Kind.IMMERSION: _immersion_key,
    Kind.PATH: _path_key,
    Kind.EVENT: _event_key,
}
