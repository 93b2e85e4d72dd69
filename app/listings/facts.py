"""The facts that decide, one by one, in words ready to be shown: pay, hours, place, dates."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

from app.core.filters import date_long, euros
from app.core.i18n import _, lazy, plural
from app.listings.cards import (
    contract_text,
    duration_text,
    hours_text,
    pay_period_text,
    pay_text,
)
from app.listings.enums import (
    DIPLOMA_NEED_LABELS,
    MODALITY_LABELS,
    DiplomaNeed,
    Kind,
    Modality,
)
from app.listings.models import Listing
from app.professions.queries import profession_by_id, term_label


class Fact(NamedTuple):
    """One of the facts that decide, as components/facts.html shows it."""

    icon: str
    label: str
    value: str
    small: str = ""


def facts_of(listing: Listing) -> list[Fact]:
    """Return what is known of a listing, in the order that matters for its kind."""
    return [fact for fact in _FACTS[Kind(listing.kind)](listing) if fact.value]


def pay_line(listing: Listing) -> str:
    """Write « 2 077 à 2 290 € brut par mois »; empty when the pay is unknown."""
    amount = pay_text(listing.pay_min_cents, listing.pay_max_cents)
    return f"{amount} {pay_period_text(listing.pay_period)}" if amount else ""


def _terms(kind: str, slugs: list[str], *, after: str = "") -> str:
    """List terms; only the first word of the whole line has a capital."""
    labels = [term_label(kind, slug) for slug in slugs]
    return ", ".join(
        one if not (place or after) else _lower(one) for place, one in enumerate(labels)
    )


def _lower(label: str) -> str:
    """Take its capital from a word, and leave acronyms as they are."""
    return label if label[1:2].isupper() else label[:1].lower() + label[1:]


def sentence(text: str) -> str:
    """Return a text that starts with a capital."""
    return text[:1].upper() + text[1:]


def _pay(listing: Listing) -> Fact:
    line = pay_line(listing)
    if not line:
        # What the source wrote and we could not read as an amount is shown as it is.
        return Fact("euro", _("Salaire"), listing.pay_label or _("Non indiqué par l’employeur"))
    return Fact("euro", _("Salaire"), line, listing.collective_agreement)


def _hours(listing: Listing) -> Fact:
    told = ("temps-plein", "temps-partiel") if listing.hours_min else ()
    schedules = [slug for slug in listing.schedules if slug not in told]
    hours = hours_text(listing.hours_min, listing.hours_max)
    weekly = _("%(hours)s par semaine", hours=hours) if hours else ""
    parts = [weekly, _terms("schedule", schedules, after=weekly)]
    value = ", ".join(part for part in parts if part)
    return Fact(
        "heure", _("Horaires"), value or listing.hours_label, listing.hours_label if value else ""
    )


def _contract(listing: Listing) -> Fact:
    count = listing.positions
    return Fact(
        "doc",
        _("Contrat"),
        contract_text(term_label, listing.contract, listing.contract_months),
        plural("%(num)d\u00a0poste", "%(num)d\u00a0postes", count) if count > 1 else "",
    )


def _place(listing: Listing) -> Fact:
    workplace = term_label("workplace", listing.workplace) if listing.workplace else ""
    small = ", ".join(part for part in (workplace, listing.address) if part)
    return Fact("lieu", _("Lieu"), listing.place_label, small)


def _start(listing: Listing) -> Fact:
    if listing.starts_on is None:
        return Fact("rdv", _("Début"), "")
    if listing.ends_on is None:
        return Fact("rdv", _("Début"), _("Dès le %(day)s", day=date_long(listing.starts_on)))
    dates = _(
        "Du %(start)s au %(end)s",
        start=date_long(listing.starts_on),
        end=date_long(listing.ends_on),
    )
    return Fact("rdv", _("Dates"), dates)


def _diploma(listing: Listing) -> Fact:
    diploma = listing.diploma
    if listing.diploma_need == DiplomaNeed.REQUIRED and diploma is not None:
        name = diploma.acronym or diploma.label
        return Fact(
            "formation",
            _("Diplôme"),
            _("%(diploma)s exigé", diploma=name),
            diploma.label if diploma.acronym else "",
        )
    if listing.diploma_need == DiplomaNeed.UNKNOWN:
        return Fact("formation", _("Diplôme"), "")
    return Fact(
        "formation", _("Diplôme"), str(DIPLOMA_NEED_LABELS[DiplomaNeed(listing.diploma_need)])
    )


def _publics(listing: Listing) -> Fact:
    return Fact("gens", _("Auprès de"), _terms("public", listing.publics))


def _licence(listing: Listing) -> Fact:
    return Fact(
        "voiture", _("Permis"), _("Permis de conduire demandé") if listing.licence_required else ""
    )


def _duration(listing: Listing) -> Fact:
    return Fact(
        "heure",
        _("Durée"),
        duration_text(listing.duration_label, listing.duration_months, listing.duration_hours),
        str(MODALITY_LABELS[Modality(listing.modality)]) if listing.modality else "",
    )


def _cost(listing: Listing) -> Fact:
    if listing.cost_cents is None:
        return Fact("portefeuille", _("Coût pour vous"), "")
    value = euros(listing.cost_cents) if listing.cost_cents else _("Gratuit")
    return Fact("portefeuille", _("Coût pour vous"), value)


def _entry(listing: Listing) -> Fact:
    labels = {
        DiplomaNeed.NONE: _("Sans diplôme préalable"),
        DiplomaNeed.REQUIRED: _("Un diplôme est demandé"),
    }
    return Fact("sparkle", _("Pour entrer"), labels.get(DiplomaNeed(listing.diploma_need), ""))


def _prepared(label: str) -> Callable[[Listing], Fact]:
    def fact(listing: Listing) -> Fact:
        diploma = listing.diploma
        if diploma is None:
            return Fact("badge", label, "")
        level = _("niveau %(level)d", level=diploma.level) if diploma.level else ""
        return Fact("badge", str(label), diploma.label, level)

    return fact


def _nature(listing: Listing) -> Fact:
    return Fact("info", _("À savoir"), _("Pour découvrir\u00a0: ce n’est pas encore un poste"))


def _places(listing: Listing) -> Fact:
    count = listing.positions
    text = plural("%(num)d\u00a0place", "%(num)d\u00a0places", count) if count > 1 else ""
    return Fact("gens", _("Places"), text)


def _profession(listing: Listing) -> Fact:
    profession = profession_by_id(listing.profession_id) if listing.profession_id else None
    return Fact("emploi", _("Métier"), profession.label if profession else "")


def _facts(*builders: Callable[[Listing], Fact]) -> Callable[[Listing], list[Fact]]:
    return lambda listing: [build(listing) for build in builders]


_FACTS: Mapping[Kind, Callable[[Listing], list[Fact]]] = {
    Kind.JOB: _facts(_pay, _hours, _contract, _place, _start, _diploma, _publics, _licence),
    Kind.TRAINING: _facts(
        _entry, _duration, _cost, _prepared(lazy("Diplôme préparé")), _place, _start
    ),
    Kind.INTERNSHIP: _facts(
        _prepared(lazy("Diplôme préparé")), _duration, _place, _start, _hours, _publics, _licence
    ),
    Kind.IMMERSION: _facts(_nature, _profession, _duration, _place, _start, _publics),
    Kind.PATH: _facts(
        _places, _duration, _prepared(lazy("Diplôme préparé")), _cost, _entry, _place, _start
    ),
    Kind.EVENT: _facts(_place, _duration, _cost, _profession),
}
