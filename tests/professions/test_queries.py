"""Reading the reference base from memory."""

from __future__ import annotations

import threading
from dataclasses import FrozenInstanceError
from typing import Any

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st

from app.professions import queries
from app.professions.enums import TermKind


def test_professions_keep_the_order_of_the_files() -> None:
    positions = [profession.position for profession in queries.professions()]

    assert positions == sorted(positions)
    assert queries.professions()[0].slug == "aide-soignant"


def test_a_profession_is_found_by_slug_or_id() -> None:
    nurse = queries.profession_by_slug("infirmier")
    assert nurse

    assert queries.profession_by_id(nurse.id) is nurse
    assert queries.profession_by_slug("astronaute") is None
    assert queries.profession_by_id(-1) is None


def test_a_profession_answers_to_its_everyday_names() -> None:
    caregiver = queries.profession_by_slug("aide-soignant")
    assert caregiver

    names = {name.normalised: name.kind for name in caregiver.names}

    assert names["aide soignant"] == "label"
    assert names["aide soignante"] == "feminine"
    assert names["as"] == "acronym"
    assert "as de nuit" in names


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Aide-soignant·e", "aide soignant"),
        ("Éducateur·rice spécialisé·e", "educateur specialise"),
        ("employé(e) à domicile", "employe a domicile"),
        ("A.S.", "as"),
        ("Cœur", "coeur"),
        ("", ""),
    ],
)
def test_names_are_compared_without_accents_or_gender_marks(text: str, expected: str) -> None:
    assert queries.normalise(text) == expected


@pytest.mark.no_database
@given(st.text(max_size=100))
def test_normalising_twice_changes_nothing(text: str) -> None:
    once = queries.normalise(text)

    assert queries.normalise(once) == once


def test_terms_come_in_their_logical_order_with_labels() -> None:
    contracts = [term.slug for term in queries.terms(TermKind.CONTRACT)]

    assert contracts[:6] == [
        "cdi",
        "cdd",
        "cdd-remplacement",
        "interim",
        "vacation",
        "apprentissage",
    ]
    assert queries.term_label("contract", "interim") == "Intérim"
    assert queries.term_label("contract", "inconnu") == "inconnu"
    assert queries.terms("inconnu") == ()
    assert "poste fixe" in queries.terms("contract")[0].alt_labels


def test_moves_are_filtered_by_either_end() -> None:
    (move,) = queries.mobility_edges("aide-soignant", "infirmier")

    assert (move.diploma, move.duration_months) == ("dei", 27)
    assert {m.to_slug for m in queries.mobility_edges(to_slug="infirmier")} == {"infirmier"}
    assert move in queries.mobility_edges(from_slug="aide-soignant")


def test_a_diploma_holds_its_blocks_and_the_equivalences_towards_it() -> None:
    (diploma,) = (one for one in queries.diplomas() if one.slug == "deas")

    assert diploma.professions == ("aide-soignant",)
    assert len(diploma.data["structures"][0]["blocs"]) == 5
    assert {e["to_diploma"] for e in diploma.data["equivalences"]} == {"deas"}


def test_the_vocabulary_gives_what_people_type() -> None:
    vocabulary = queries.vocabulary()

    assert vocabulary.acronyms["ash"] == ("agent-de-service-hospitalier",)
    assert vocabulary.misspellings["ephad"] == "ehpad"
    assert "à" in vocabulary.stop_words
    group = next(g for g in vocabulary.synonyms if g.canonical == "auxiliaire de vie")
    assert "avs" in group.terms
    assert group.profession == "auxiliaire-de-vie"


def test_what_is_shared_cannot_be_changed() -> None:
    profession = queries.professions()[0]

    with pytest.raises(FrozenInstanceError):
        profession.label = "Autre"  # type: ignore[misc]
    with pytest.raises(TypeError):
        profession.data["pay"] = {}  # type: ignore[index]
    with pytest.raises(TypeError):
        profession.data["pay"]["year"] = 1900
    assert isinstance(profession.data["qualities"], tuple)


def test_threads_share_one_reading(app: Flask, real_commits: None) -> None:
    seen: list[Any] = []

    def read() -> None:
        with app.app_context():
            seen.append(queries.professions())

    threads = [threading.Thread(target=read) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(seen) == 8
    assert len({id(professions) for professions in seen}) == 1
