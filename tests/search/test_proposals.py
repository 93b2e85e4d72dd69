"""What the page proposes when nothing is found: links with words, that lead to results."""

from __future__ import annotations

import datetime as dt

import pytest
from bs4 import BeautifulSoup
from flask.testing import FlaskClient

from app.listings.enums import Kind
from app.search import rebuild
from app.search.client import engine
from tests import factories


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("type=formation&type=stage", "Sans « Type d’annonce »"),
        ("type=formation", "Sans « Formations »"),
        ("type=emploi&duree=plus-de-12-mois", "Sans « Durée »"),
        ("type=formation&duree=plus-de-12-mois", "Sans aucun filtre"),
        ("ou=Brest&type=emploi", "Chercher partout"),
        ("q=xylophone&type=emploi", "Sans les mots tapés"),
        ("q=infirmière xylophone&type=emploi&contrat=cdd", "Sans aucun filtre"),
    ],
)
def test_every_proposal_says_what_it_changes(
    client: FlaskClient,
    now: dt.datetime,
    monkeypatch: pytest.MonkeyPatch,
    query: str,
    words: str,
) -> None:
    # Whether another test left a search server running must change nothing here.
    monkeypatch.setattr(engine(), "url", "")
    factories.listing(Kind.JOB, title="Infirmier")
    rebuild.catch_up_entries(now)

    page = BeautifulSoup(client.get(f"/recherche?{query}").data, "html.parser")

    chips = [chip.get_text(" ", strip=True) for chip in page.select('.chips a[href^="/recherche"]')]
    assert any(words in chip.replace("\u00a0", " ") for chip in chips), chips
    assert all(any(letter.isalpha() for letter in chip) for chip in chips)
