"""The coach: what it forbids and lets pass, what it advises, and that it is quick."""

from __future__ import annotations

import datetime as dt
import re
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.listings.coach import FIELD_LABELS, Finding, Level, Writing, blocking, review
from app.listings.coach.demands import DEMANDS
from app.listings.coach.families import PERSONS
from app.listings.coach.forbidden import MESSAGES
from app.listings.coach.minimum_wage import minimum_pay_cents, minimum_wage
from app.listings.coach.plain import LIMIT, plain
from app.listings.coach.rules import RULES
from app.listings.enums import Kind

pytestmark = pytest.mark.no_database

DAY = dt.date(2026, 11, 22)
PHRASES = Path(__file__).parent / "data" / "coach_phrases.txt"
SECONDS = 0.2
LAWFUL = {"ok", "child"}


def phrases() -> list[tuple[str, str]]:
    """Return (what to say of it, phrase)."""
    lines = PHRASES.read_text(encoding="utf-8").splitlines()
    rows = [line.split("|", 1) for line in lines if line.strip() and not line.startswith("#")]
    return [(code.strip(), phrase.strip()) for code, phrase in rows]


def writing(**values: Any) -> Writing:
    """Return a job that the coach finds clear, changed by `values`."""
    texts = {
        "title": "Aide-soignant·e de jour",
        "description": "Vous veillez au confort de douze résidents, en binôme. " * 3,
        "conditions": "Des fins de vie, et des matinées denses.",
    }
    said = {name: values.pop(name) for name in list(values) if name in FIELD_LABELS and name in ALL}
    return Writing(
        **{
            "kind": Kind.JOB,
            "day": DAY,
            "texts": texts | said,
            "names": ("Aide-soignante", "Aide-soignant", "Aide-soignant·e"),
            "pay_min_cents": 207_700,
            "pay_max_cents": 229_000,
            "pay_period": "month",
            "hours_min": 35.0,
            "contract": "cdi",
        }
        | values
    )


ALL = {"title", "description", "conditions", "entry_conditions", "hours_label", "contact_name"}


def codes(found: list[Finding], level: Level) -> set[str]:
    return {one.code for one in found if one.level == level}


def test_forbidden_phrases_are_held_back_and_lawful_ones_are_not(
    record_property: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    missed, wrong, counted = [], [], {"forbidden": 0, "lawful": 0}
    for expected, phrase in phrases():
        found = blocking(review(writing(conditions=phrase, child_care=expected == "child")))
        if expected in LAWFUL:
            counted["lawful"] += 1
            wrong += [(phrase, found[0].code)] if found else []
        else:
            counted["forbidden"] += 1
            missed += [] if expected in {one.code for one in found} else [(expected, phrase)]
    recall = 1 - len(missed) / counted["forbidden"]
    false_blocks = len(wrong) / counted["lawful"]
    record_property("recall", recall)
    with capsys.disabled():
        print(f"\ncoach: {counted}, recall {recall:.1%}, false blocks {false_blocks:.1%}")  # noqa: T201
    assert sum(counted.values()) >= 200
    assert recall >= 0.99, missed
    assert false_blocks <= 0.02, wrong


def test_every_rule_has_its_message_and_every_code_is_exercised() -> None:
    known = {rule.code for rule in RULES} | {family.code for family in (*PERSONS, *DEMANDS)}
    assert known | {"honour"} == MESSAGES.keys()
    assert {code for code, _ in phrases()} - LAWFUL == MESSAGES.keys()


@pytest.mark.parametrize("field", ["title", "description", "conditions", "hours_label"])
def test_finding_points_to_its_field_and_quotes_what_was_typed(field: str) -> None:
    found = blocking(
        review(writing(**{field: "Équipe.\n\nPoste **réservé** aux  Femmes, le matin."}))
    )

    assert [(one.field, one.code, one.excerpt) for one in found] == [
        (field, "sex", "réservé** aux Femmes")
    ]


@pytest.mark.parametrize(
    "phrase",
    ["FEMMES UNIQUEMENT", "fem**mes** uniquement", "femmes\u200b uniquement", "femmes\nuniquement",
     "<b>femmes</b> uniquement", "femmes\u00a0uniquement"],
)  # fmt: skip
def test_disguise_changes_nothing(phrase: str) -> None:
    assert codes(review(writing(description=phrase)), Level.BLOCK) == {"sex"}


def test_certificate_of_honour_is_for_those_who_care_for_children() -> None:
    said = "Attestation d’honorabilité exigée."
    assert codes(review(writing(conditions=said)), Level.BLOCK) == {"honour"}
    assert not blocking(review(writing(conditions=said, child_care=True)))
    assert not blocking(review(writing(conditions="Attestation d’honorabilité vue à l’embauche.")))
    sent = "Joindre l’attestation d’honorabilité à la candidature."
    assert blocking(review(writing(conditions=sent, child_care=True)))


def test_training_may_have_a_price_and_a_job_may_not() -> None:
    said = "Frais d’inscription : 90 €."
    assert not blocking(review(writing(kind=Kind.TRAINING, conditions=said)))
    assert blocking(review(writing(conditions=said)))


def test_clear_listing_is_told_so() -> None:
    found = review(writing())
    assert {one.level for one in found} == {Level.OK}
    assert codes(found, Level.OK) == {"pay_clear", "hard"}


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"pay_max_cents": 400_000}, "pay_wide"),
        ({"contract_months": 0.25}, "short_cdi"),
        ({"conditions": "Salaire selon profil."}, "pay_vague"),
        ({"conditions": "Rémunération à négocier."}, "pay_vague"),
        ({"conditions": "Une équipe dynamique."}, "dynamic"),
        ({"conditions": "Jeune diplômé bienvenu."}, "junior"),
        ({"conditions": "Idéal pour une mère au foyer."}, "situation"),
        ({"conditions": "Disponible immédiatement 7j/7."}, "always"),
        ({"conditions": "Vos prétentions salariales."}, "claims"),
        ({"conditions": "Casier judiciaire vierge."}, "record"),
        ({"conditions": ""}, "hard"),
        ({"description": "Courte."}, "short"),
        ({"description": "Vous aidez au lever. " * 200}, "long"),
        ({"description": "VOUS AIDEZ AU LEVER ET AU COUCHER. " * 5}, "capitals"),
        ({"title": "Care giver"}, "english"),
        ({"title": "Aide-soignant de nuit"}, "gender"),
        ({"title": "Aide-soignante de nuit"}, "gender"),
    ],
)  # fmt: skip
def test_what_would_help_is_advised_and_does_not_block(values: dict[str, Any], code: str) -> None:
    found = review(writing(**values))
    assert code in codes(found, Level.ADVICE)
    assert not blocking(found)


@pytest.mark.parametrize("name", ["Marie Dupont", "Lydia Martin", "Blanche Roman"])
def test_first_name_is_not_taken_for_what_it_means(name: str) -> None:
    assert not blocking(review(writing(contact_name=name)))


def test_job_without_pay_nor_hours_is_held_back() -> None:
    found = review(writing(pay_min_cents=None, pay_max_cents=None, hours_min=None))
    assert codes(found, Level.BLOCK) == {"pay_missing", "hours_missing"}
    event = review(writing(kind=Kind.EVENT, pay_min_cents=None, hours_min=None))
    assert not blocking(event)


@pytest.mark.parametrize(
    "title",
    ["Aide-soignant·e", "Aide-soignant(e) de jour", "Aide-soignant H/F",
     "Aide-soignant/aide-soignante", "Aide-soignante ou aide-soignant",
     "Une place dans notre équipe de nuit"],
)  # fmt: skip
def test_title_for_everyone_is_left_alone(title: str) -> None:
    assert "gender" not in codes(review(writing(title=title)), Level.ADVICE)


def test_acronym_is_explained_with_the_words_of_the_vocabulary() -> None:
    said = "Vous participez aux transmissions et à l’élaboration du PAP, et du PAP seulement." * 2
    found = review(writing(description=said), {"PAP": "projet personnalisé"})
    told = [one for one in found if one.code == "jargon"]
    assert [one.excerpt for one in told] == ["PAP"]
    assert "projet personnalisé" in str(told[0].message)


@pytest.mark.parametrize(
    ("day", "period", "hours", "cents"),
    [
        (dt.date(2026, 1, 1), "month", 35, 182_303),
        (dt.date(2026, 11, 22), "hour", None, 1_202),
        (dt.date(2026, 11, 22), "month", 17.5, 91_151),
        (dt.date(2026, 11, 22), "year", 35, 2_187_636),
        (dt.date(2026, 11, 22), "month", None, None),
        (dt.date(2025, 12, 31), "month", 35, 180_180),
        (dt.date(2001, 1, 1), "month", 35, None),
    ],
)
def test_legal_minimum_follows_the_day_the_period_and_the_hours(
    day: dt.date, period: str, hours: float | None, cents: int | None
) -> None:
    assert minimum_pay_cents(day, period, hours) == cents


def test_legal_minimum_says_where_it_comes_from() -> None:
    wage = minimum_wage(DAY)
    assert wage is not None
    assert wage.verified
    assert re.fullmatch(r"S\d+", wage.source or "")


def test_apprentice_is_not_compared_with_the_legal_minimum() -> None:
    found = review(writing(pay_min_cents=80_000, pay_max_cents=None, contract="apprentissage"))
    assert "pay_untrue" not in codes(found, Level.BLOCK)


def test_who_looks_after_children_at_home_is_not_compared_either() -> None:
    values = {"pay_min_cents": 400, "pay_max_cents": None, "pay_period": "hour"}
    assert "pay_untrue" in codes(review(writing(**values)), Level.BLOCK)
    assert "pay_untrue" not in codes(review(writing(**values, own_scale=True)), Level.BLOCK)


@pytest.mark.parametrize(
    ("low", "period", "hours", "likely"),
    [
        (1_250, "month", 35, "par heure"),
        (150_000, "month", 35, ""),
        (1_100, "hour", 35, ""),
        (2_500_000, "month", 35, "par an"),
        (190_000, "hour", 35, "par mois"),
        (190_000, "year", 35, "par mois"),
        (1_900_000, "month", 35, ""),
    ],
)
def test_a_pay_that_cannot_be_true_holds_the_listing_back(
    low: int, period: str, hours: float, likely: str
) -> None:
    pay = {"pay_min_cents": low, "pay_max_cents": None, "pay_period": period, "hours_min": hours}
    found = [one for one in review(writing(**pay)) if one.code == "pay_untrue"]
    assert [one.level for one in found] == [Level.BLOCK]
    assert found[0].field == "pay_min"
    question = re.search(r"Est-ce (.*?)\s\?", str(found[0].message))
    assert (question[1] if question else "") == likely


@settings(max_examples=200, deadline=None)
@given(
    hourly=st.integers(min_value=1_202, max_value=10_000),
    hours=st.integers(min_value=4, max_value=48),
    period=st.sampled_from(["hour", "month", "year"]),
)
def test_a_lawful_pay_is_never_held_back(hourly: int, hours: int, period: str) -> None:
    months = {"hour": 0, "month": 1, "year": 12}[period]
    low = round(hourly * hours * 52 / 12 * months) if months else hourly
    pay = {"pay_min_cents": low, "pay_max_cents": None, "pay_period": period}
    assert "pay_untrue" not in codes(review(writing(**pay, hours_min=float(hours))), Level.BLOCK)


@settings(max_examples=40, deadline=None)
@given(
    st.one_of(
        st.text(max_size=LIMIT),
        st.tuples(st.sampled_from([phrase for _, phrase in phrases()]), st.integers(1, 400)).map(
            lambda pair: (pair[0] * pair[1])[:LIMIT]
        ),
        st.tuples(
            st.sampled_from(["sans ", "<", "une femme ", "photo ", "a·", "((", "0 ", "cv, ",
                             "sans d'", "femmes ", "travail non ", "aucune candidature sans "]),
            st.integers(1, LIMIT),
        ).map(lambda pair: (pair[0] * pair[1])[:LIMIT]),
    )
)  # fmt: skip
def test_any_text_is_read_quickly_and_quoted_as_typed(text: str) -> None:
    best = min(_seconds(text) for _ in range(2))
    assert best < SECONDS
    read = plain(text)
    assert len(read.text) == len(read.origin)
    for one in review(writing(description=text)):
        assert len(one.excerpt) <= 90


def _seconds(text: str) -> float:
    started = time.process_time()
    review(writing(description=text))
    return time.process_time() - started
