"""Check digits of SIREN and SIRET."""

from __future__ import annotations

import pytest

from app.organisations.validators import compact, is_siren, is_siret

# Published head offices: Métropole de Lyon, Google France, and the example of INSEE.
GOOD_SIRETS = ["20004697700019", "44306184100047", "73282932000074"]
# Offices of La Poste: the sum of the digits is a multiple of five, Luhn's check fails.
POST_OFFICES = ["35600000049837", "35600000009075"]


@pytest.mark.parametrize("number", [*GOOD_SIRETS, *POST_OFFICES, "35600000000048"])
def test_right_siret_is_accepted(number: str) -> None:
    assert is_siret(number)


@pytest.mark.parametrize(
    "number",
    [
        "20004697700018",
        "20004697700091",
        "35600000049838",
        "73282932100074",
        "2000469770001",
        "200046977000190",
        "00000000000000",
        "2000469770001X",
        "٢٠٠٠٤٦٩٧٧٠٠٠١٩",
        "²0004697700019",
        "",
    ],
)
def test_wrong_siret_is_refused(number: str) -> None:
    assert not is_siret(number)


@pytest.mark.parametrize("number", ["200046977", "443061841", "732829320", "356000000"])
def test_right_siren_is_accepted(number: str) -> None:
    assert is_siren(number)


@pytest.mark.parametrize("number", ["200046978", "20004697", "000000000", "ABCDEFGHI", ""])
def test_wrong_siren_is_refused(number: str) -> None:
    assert not is_siren(number)


def test_every_mistyped_digit_of_a_siret_is_seen() -> None:
    right = GOOD_SIRETS[0]
    for position, digit in enumerate(right):
        for other in set("0123456789") - {digit}:
            assert not is_siret(right[:position] + other + right[position + 1 :])


def test_spaces_of_people_are_removed() -> None:
    assert compact("200 046 977\u00a000019") == "20004697700019"
    assert compact("732.829.320\u202f00074") == "73282932000074"
