"""A program that sends a thousand forms gets a few through; a person gets hers through."""

from __future__ import annotations

import pytest
from flask import Flask

from app.applications.models import Application
from tests import factories
from tests.hostile.visitors import applicant, count, hidden, replied

pytestmark = pytest.mark.usefixtures("proofs_asked")


def test_a_thousand_posts_let_five_through_even_if_questions_are_answered(app: Flask) -> None:
    program = applicant(app)
    for _ in range(1_000):
        asked = "proof_token" in program.page
        program.send(**replied(program.page) if asked else {})
    assert 0 < count(Application) <= 5


def test_a_program_that_fills_everything_gets_nothing_through(app: Flask) -> None:
    program = applicant(app, website="https://exemple.fr")
    for _ in range(20):
        assert program.send().status_code == 422
    assert count(Application) == 0


def test_a_person_without_javascript_passes_after_a_program_of_the_same_place(app: Flask) -> None:
    listing = factories.listing()
    program = applicant(app, listing)
    for _ in range(30):
        program.send()
    person = applicant(app, listing, message="Je suis disponible.")
    # The question is there as the form opens: nothing is sent for nothing.
    assert "Combien font" in person.page
    wrong = person.send(proof_token=hidden(person.page, "proof_token"), proof_words="99")
    assert wrong.status_code == 422
    assert "Je suis disponible." in wrong.text
    assert person.send(**replied(person.page)).status_code == 303
