"""Numbers for later and private health are noticed, and nothing else is."""

from __future__ import annotations

import string
from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from app.applications import services
from app.applications.excess import HEALTH_SAID, IBAN_SAID, NIR_SAID, excess
from app.applications.models import Application
from app.core import clock
from tests import factories
from tests.applications.pages import answer, page, press, words

pytestmark = pytest.mark.usefixtures("app")

WORDS = st.text(alphabet=string.ascii_lowercase + " ,.é’", max_size=40)
SPACES = st.sampled_from(["", " ", ".", "-", "\u00a0"])


@st.composite
def social_numbers(draw: st.DrawFn) -> tuple[str, str]:
    """Return a number whose key is right, and the same with a wrong key (INSEE: 97 - n mod 97)."""
    department = draw(st.sampled_from([f"{n:02d}" for n in range(1, 96) if n != 20] + ["2A", "2B"]))
    body = (
        f"{draw(st.sampled_from('12'))}{draw(st.integers(0, 99)):02d}"
        f"{draw(st.integers(1, 12)):02d}{department}{draw(st.integers(1, 990)):03d}"
        f"{draw(st.integers(1, 999)):03d}"
    )
    number = int(body.replace("2A", "19").replace("2B", "18"))
    key, wrong = 97 - number % 97, 97 - (number + draw(st.integers(1, 96))) % 97
    gap = draw(SPACES)
    cuts = (body[:1], body[1:3], body[3:5], body[5:7], body[7:10], body[10:])
    return gap.join((*cuts, f"{key:02d}")), gap.join((*cuts, f"{wrong:02d}"))


@given(WORDS, social_numbers(), WORDS)
def test_a_social_number_is_known_by_its_key(
    before: str, numbers: tuple[str, str], after: str
) -> None:
    right, wrong = numbers
    assert excess(f"{before} {right}, {after}") == [str(NIR_SAID)]
    assert excess(f"{before} {wrong}, {after}") == []


@given(
    st.text(string.digits, min_size=5, max_size=5),
    st.text(string.digits, min_size=5, max_size=5),
    st.text(string.digits + string.ascii_uppercase, min_size=11, max_size=11),
    SPACES,
    st.booleans(),
)
def test_a_bank_account_is_known_by_its_key(
    bank: str, branch: str, account: str, gap: str, lower: bool
) -> None:
    # French accounts hold a key of their own besides that of the IBAN (ISO 13616).
    digits = account.translate(str.maketrans(string.ascii_uppercase, "12345678912345678923456789"))
    rib = 97 - (89 * int(bank) + 15 * int(branch) + 3 * int(digits)) % 97
    bban = f"{bank}{branch}{account}{rib:02d}"
    as_number = "".join(str(int(sign, 36)) for sign in f"{bban}FR00")
    right = f"FR{98 - int(as_number) % 97:02d}{bban}"
    wrong = f"FR{98 - (int(as_number) + 1) % 97:02d}{bban}"
    for number, said in ((right, [str(IBAN_SAID)]), (wrong, [])):
        written = gap.join(number[at : at + 4] for at in range(0, len(number), 4))
        text = f"Mon compte : {written.lower() if lower else written} merci à vous"
        assert excess(text) == said


@given(st.text(string.digits + " +().", max_size=60))
def test_telephones_and_other_numbers_are_left_alone(digits: str) -> None:
    assert excess(f"06 39 98 12 34 ou {digits[:10]}") == []


@pytest.mark.parametrize(
    "text",
    [
        "Je suis enceinte de quatre mois.",
        "j’ai une RQTH",
        "J'ai une reconnaissance de travailleur handicapé",
        "Mon arrêt maladie finit en mai.",
        "je suis actuellement en arrêt maladie",
        "J’ai eu un petit cancer il y a trois ans",
        "j’ai des problèmes de dos",
        "Ma grossesse se passe bien",
        "Elle est handicapée, poste à aménager",
        "Je suis séropositive",
        "À cause de mon diabète je mange à heures fixes",
    ],
)
def test_health_is_noticed(text: str) -> None:
    assert excess(text) == [str(HEALTH_SAID)]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "J’ai travaillé avec des personnes handicapées et des malades d’Alzheimer.",
        "Mon expérience du handicap m’a donné envie de continuer.",
        "Je suis à l’aise avec la maladie et la fin de vie.",
        "J’ai accompagné une femme enceinte pendant un an.",
        "Je suis disponible lundi, je suis motivée, j’ai mon permis.",
        "J’ai un diplôme d’accompagnant éducatif et social.",
        "Le service accueille des patients diabétiques, cela m’intéresse.",
        "SIRET 130 025 265 00013, référence PS-7K2M-94AB, 69100 Villeurbanne",
        "J’ai un traitement de texte et je maîtrise le logiciel de soins.",
    ],
)
def test_work_with_people_is_no_confession(text: str) -> None:
    assert excess(text) == []


def test_the_candidate_is_warned_then_free(client: FlaskClient, session: Any) -> None:
    of = factories.listing()
    message = "Mon numéro : 2 55 08 14 168 025 38. J’ai une RQTH."
    shown = answer(client, of, message=message)
    assert shown.status_code == 422
    assert str(NIR_SAID) in words(shown)
    assert plain_spaces(HEALTH_SAID) in words(shown)
    assert page(shown).select_one("input[name=as_is]:not([checked])")
    # The number is told to nobody else than its author, in the box where she wrote it.
    assert shown.text.count("168 025 38") == 1
    assert session.scalar(select(Application)) is None

    assert answer(client, of, message=message, as_is="y").status_code == 303
    assert session.scalars(select(Application)).one().message == message


def test_the_box_is_shown_to_those_concerned_only(client: FlaskClient) -> None:
    shown = answer(client, factories.listing(), first_name="", message="Je suis motivée.")
    assert shown.status_code == 422
    assert not page(shown).select("input[name=as_is]")


def test_a_note_of_colleagues_is_held_to_the_same(
    sign_in: Callable[..., FlaskClient], session: Any
) -> None:
    member = factories.user()
    application = factories.application(
        factories.listing(organisation=factories.organisation(member))
    )
    browser = sign_in(member)
    services.record_view(application, member, "contact", clock.now())
    sheet = f"/recruter/candidatures/{application.id}"
    shown = press(browser, f"{sheet}/notes", sheet, text="Elle est enceinte, à voir.")
    assert shown.status_code == 422
    assert "Elle est enceinte, à voir." in shown.text
    assert not application.notes
    again = press(browser, f"{sheet}/notes", sheet, text="Elle est enceinte.", as_is="y")
    assert again.status_code == 303
    assert [note.text for note in application.notes] == ["Elle est enceinte."]


def plain_spaces(text: object) -> str:
    return str(text).replace("\u00a0", " ")
