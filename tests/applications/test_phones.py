"""Phone numbers as people type them."""

from __future__ import annotations

import pytest

from app.applications import phones


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("06 39 98 12 34", "+33639981234"),
        ("06.39.98.12.34", "+33639981234"),
        ("+33 6 39 98 12 34", "+33639981234"),
        ("0033639981234", "+33639981234"),
        ("+33 (0)6 39 98 12 34", "+33639981234"),
        ("04 72 00 00 00", "+33472000000"),
        ("0692 12 34 56", "+262692123456"),
        ("+41 44 668 18 00", "+41446681800"),
    ],
)
def test_a_number_is_understood_however_it_is_typed(typed: str, kept: str) -> None:
    assert phones.normalise(typed) == kept


@pytest.mark.parametrize(
    ("typed", "message"),
    [
        ("06 39 98 12", "Il manque deux chiffres\u00a0: 06 39 98 12"),
        ("06 39 98 12 3", "Il manque un chiffre\u00a0: 06 39 98 12 3"),
        ("06 39 98 12 345", "Il y a un chiffre de trop\u00a0: 06 39 98 12 345"),
        ("06 39 98 12 34 56", "Il y a deux chiffres de trop\u00a0: 06 39 98 12 34 56"),
        ("appelez-moi", "Écrivez seulement des chiffres"),
        ("66 39 98 12 34", "Ce numéro doit commencer par 0"),
        ("+999 1", "Vérifiez l’indicatif du pays"),
        ("٠٦٣٩٩٨١٢٣٤", "chiffres"),
    ],
)
def test_a_wrong_number_is_told_what_it_lacks(typed: str, message: str) -> None:
    with pytest.raises(phones.WrongPhone) as refused:
        phones.normalise(typed)
    assert message in refused.value.message
