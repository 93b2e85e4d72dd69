"""Short labels: every real shape is read, nothing is made up."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.imports.labels import (
    read_contract,
    read_contract_months,
    read_pay,
    read_week_hours,
    shorten,
)

pytestmark = pytest.mark.no_database


@pytest.mark.parametrize(
    ("label", "low", "high", "period"),
    [
        ("Annuel de 25000.0 Euros à 35000.0 Euros sur 12.0 mois", 2_500_000, 3_500_000, "year"),
        ("Annuel de 22000,00 Euros à 35000,00 Euros", 2_200_000, 3_500_000, "year"),
        ("Annuel de 27300.0 Euros sur 13.0 mois", 2_730_000, 2_730_000, "year"),
        ("Mensuel de 1801.84 Euros à 1850.0 Euros sur 12.0 mois", 180_184, 185_000, "month"),
        ("Mensuel de 2000.0 Euros à 2500.0 Euros sur 13.0 mois", 200_000, 250_000, "month"),
        ("Mensuel de 1810.00 Euros sur 12 mois", 181_000, 181_000, "month"),
        ("Mensuel de 690.0 Euros à 700.0 Euros sur 12.0 mois", 69_000, 70_000, "month"),
        ("Mensuel de 1 801,80 Euros", 180_180, 180_180, "month"),
        ("Horaire de 11.88 Euros", 1_188, 1_188, "hour"),
        ("Horaire de 12.84 Euros à 12.85 Euros", 1_284, 1_285, "hour"),
        ("Horaire de 17.0 Euros sur 0.0 mois", 1_700, 1_700, "hour"),
    ],
)
def test_pay_label_is_read(label: str, low: int, high: int, period: str) -> None:
    pay = read_pay(label)
    assert (pay.min_cents, pay.max_cents, pay.period, pay.label) == (low, high, period, label)


@pytest.mark.parametrize(
    "label",
    [
        "Annuel de 17,00 Euros à 27,00 Euros",
        "Horaire de 1801.80 Euros",
        "Mensuel de 12.0 Euros sur 12.0 mois",
        "Mensuel de 2500.0 Euros à 2000.0 Euros sur 12.0 mois",
        "Mensuel de -2000.0 Euros sur 12.0 mois",
        "Mensuel de 999999999999.0 Euros",
        "Selon profil",
        "A négocier",
        "De 2000 à 3000 euros",
    ],
)
def test_unclear_or_absurd_pay_keeps_its_words_and_no_number(label: str) -> None:
    pay = read_pay(label)
    assert (pay.min_cents, pay.max_cents, pay.period, pay.label) == (None, None, None, label)


@pytest.mark.parametrize("label", ["", " ", "/", "N/A", "Autre", "Autre type de salaire", "Non"])
def test_pay_that_says_nothing_is_empty(label: str) -> None:
    assert read_pay("", label).label == ""


def test_comment_is_kept_beside_the_label() -> None:
    pay = read_pay("Mensuel de 2372.00 Euros sur 12 mois", "1850.00 Net")
    assert pay.min_cents == 237_200
    assert pay.label == "Mensuel de 2372.00 Euros sur 12 mois – 1850.00 Net"


@pytest.mark.parametrize("text", ["Tarif de 17€ net de l'heure", "17,00 euros nets", "17.0 net"])
def test_amount_that_the_employer_calls_net_is_not_shown_as_before_tax(text: str) -> None:
    assert read_pay("Horaire de 17.0 Euros sur 0.0 mois", description=text).min_cents is None


@pytest.mark.parametrize(
    ("label", "hours"),
    [
        ("35H/semaine\nTravail en journée", 35),
        ("41H30/semaine\nTravail en journée", 41.5),
        ("Temps partiel - 25H40/semaine\nTravail en journée...", 25.67),
        ("Temps partiel - 9H/semaine\nTravail en journée", 9),
        ("24H hebdomadaire", 24),
        ("24H00 hebdomadaires", 24),
        ("35 heures par semaine", 35),
        ("151H/mois", None),
        ("1607 heures annuelles", None),
        ("99H/semaine", None),
        ("0H/semaine", None),
        ("35H75/semaine", None),
        ("Travail en journée", None),
        ("", None),
    ],
)
def test_week_hours_are_read(label: str, hours: float | None) -> None:
    assert read_week_hours(label) == hours


@pytest.mark.parametrize(
    ("code", "nature", "slug"),
    [
        ("CDI", "Contrat travail", "cdi"),
        ("CDD", "Contrat travail", "cdd"),
        ("CDD", "Contrat d'usage", "cdd"),
        ("SAI", "Contrat travail", "cdd"),
        ("MIS", "Contrat travail", "interim"),
        ("DIN", "Contrat travail", "interim"),
        ("LIB", "Emploi non salarié", "liberal"),
        ("CDD", "Contrat apprentissage", "apprentissage"),
        ("CDI", "Contrat apprentissage", "apprentissage"),
        ("CDD", "Cont. professionnalisation", "professionnalisation"),
        ("CDD", "CUI - CAE", "contrat-aide"),
        ("DDI", "Insertion par l'activ.éco.", "contrat-aide"),
        ("CCE", "Emploi non salarié", None),
        ("FRA", "Emploi non salarié", None),
        ("???", "", None),
    ],
)
def test_contract_codes_are_read(code: str, nature: str, slug: str | None) -> None:
    assert read_contract(code, nature) == slug


@pytest.mark.parametrize(
    ("label", "months"),
    [
        ("CDD - 6 Mois", 6),
        ("Mission intérimaire - 18 Mois", 18),
        ("Intérim - 21 Jour(s)", 0.69),
        ("CDD - 1 An(s)", 12),
        ("CDD - 9999 Mois", None),
        ("CDI", None),
        ("", None),
    ],
)
def test_contract_length_is_read(label: str, months: float | None) -> None:
    assert read_contract_months(label) == months


@given(st.text(max_size=400), st.text(max_size=400))
def test_labels_of_any_text_fit_their_columns(label: str, comment: str) -> None:
    pay = read_pay(label, comment)
    assert len(pay.label) <= 300
    assert (pay.min_cents is None) == (pay.period is None)
    assert pay.min_cents is None or 0 < pay.min_cents <= (pay.max_cents or 0)
    hours = read_week_hours(label)
    assert hours is None or 0 < hours <= 60


def test_shortened_text_ends_at_a_word() -> None:
    assert shorten("un deux trois quatre", 14) == "un deux trois…"
    assert len(shorten("x" * 50, 20)) == 20
