"""What is sent is counted: a few freely, then with a proof that serves once."""

from __future__ import annotations

import datetime as dt
import re
import threading
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from app.applications.models import Application
from app.core import clock, proofs, sends
from app.core.database import db
from app.core.forms import OpenForm
from app.core.sends import SendCount, Sending, SpentProof
from app.reports.models import Report
from tests import factories
from tests.hostile.visitors import (
    ASKED,
    FORMS,
    Visitor,
    applicant,
    count,
    hidden,
    solved,
    visitor,
)

pytestmark = pytest.mark.usefixtures("proofs_asked")


@pytest.mark.parametrize(("name", "path", "typed", "model"), FORMS, ids=[one[0] for one in FORMS])
def test_each_open_form_takes_a_few_then_asks_for_a_proof(
    app: Flask, name: str, path: str, typed: dict[str, str], model: Any
) -> None:
    program = visitor(app, path, typed, factories.listing())
    assert "proof_token" not in program.page
    answers = [program.send() for _ in range(sends.FREE_OF_A_PLACE)]
    assert [one.status_code for one in answers] == [303] * sends.FREE_OF_A_PLACE
    refused = program.send()
    assert refused.status_code == 422
    assert ASKED in refused.text
    # What was typed is given back.
    assert str(next(iter(typed.values()))).partition("{")[0] in refused.text
    assert count(model) == sends.FREE_OF_A_PLACE
    assert program.send(**solved(program.page)).status_code == 303
    assert count(model) == sends.FREE_OF_A_PLACE + 1


def test_another_place_is_free(app: Flask) -> None:
    program = applicant(app)
    for _ in range(10):
        program.send()
    elsewhere = {"REMOTE_ADDR": "192.0.2.77"}
    person = applicant(app)
    person.browser.environ_base.update(elsewhere)
    assert person.send().status_code == 303


def test_the_count_is_forgotten_after_an_hour_or_two(app: Flask, time_machine: Any) -> None:
    now = dt.datetime(2026, 11, 23, 9, 59, tzinfo=dt.UTC)
    time_machine.move_to(now)
    person = applicant(app)
    for _ in range(3):
        assert person.send().status_code == 303
    # The hour that has just begun is not a new beginning.
    time_machine.move_to(now + dt.timedelta(minutes=5))
    assert person.send().status_code == 422
    time_machine.move_to(now + dt.timedelta(hours=2))
    assert person.send().status_code == 303


def test_a_form_sent_as_soon_as_shown_is_looked_at_and_a_person_is_not(
    app: Flask, monkeypatch: pytest.MonkeyPatch, time_machine: Any
) -> None:
    monkeypatch.setitem(app.config, "SECONDS_TO_FILL", 2)
    now = dt.datetime(2026, 11, 23, 9, tzinfo=dt.UTC)
    time_machine.move_to(now, tick=False)
    program = applicant(app)
    assert ASKED in program.send().text
    person = applicant(app)
    time_machine.move_to(now + dt.timedelta(seconds=3), tick=False)
    assert person.send().status_code == 303


def test_the_same_form_sent_again_is_answered_again(app: Flask) -> None:
    person = applicant(app)
    for _ in range(sends.FREE_OF_A_PLACE - 1):
        person.send()
    sent = {"key": "x" * 22, "phone": "0639980001"}
    assert [person.send(**sent).status_code for _ in range(4)] == [303] * 4
    assert count(Application) == sends.FREE_OF_A_PLACE


def test_a_proof_serves_once(app: Flask) -> None:
    program = applicant(app)
    for _ in range(4):
        program.send()
    found = solved(program.page)
    assert program.send(**found).status_code == 303
    assert program.send(**found).status_code == 422
    assert count(SpentProof) == 1


@pytest.mark.parametrize(
    "forged",
    [
        {"proof_token": "a.b.c", "proof_number": "1"},
        {"proof_number": "-1"},
        {"proof_number": "9" * 50},
        {"proof_number": "٣"},
        {"proof_words": "zéro"},
        {"proof_token": ""},
    ],
)
def test_a_proof_that_is_none_is_refused(app: Flask, forged: dict[str, str]) -> None:
    program = applicant(app)
    for _ in range(4):
        program.send()
    token = hidden(program.page, "proof_token")
    assert program.send(**{"proof_token": token} | forged).status_code == 422
    assert count(SpentProof) == 0


def test_a_proof_does_not_last(app: Flask, time_machine: Any) -> None:
    challenge = proofs.ask()
    page = f'<input name="proof_token" value="{challenge.token}">'
    number = solved(page)["proof_number"]
    now = clock.now()
    assert proofs.is_computed(challenge.token, number, now)
    assert not proofs.is_computed(challenge.token, number, now + proofs.LASTS)
    assert not proofs.is_computed(challenge.token, number, now - dt.timedelta(hours=1))


def test_a_contact_that_writes_to_a_hundred_is_asked_to_wait_and_silences_nobody(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sends, "FREE_OF_A_PLACE", 1_000)
    monkeypatch.setattr(sends, "FREE_OF_A_PERSON", 3)
    monkeypatch.setattr(sends, "MOST_OF_A_PERSON", 5)

    def sent(place: str) -> list[bool]:
        found = []
        for _ in range(8):
            with app.test_request_context("/"):
                form = OpenForm(meta={"csrf": False})
                if form.challenge is None and len(found) >= 3:
                    form.ask(proofs.ask())
                    html = f'<input name="proof_token" value="{form.proof_token.data}">'
                    form.proof_number.data = solved(html)["proof_number"]
                what = Sending("application", place, "nora@exemple.fr")
                found.append(sends.let_through(form, what, clock.now()))
        return found

    assert sent("192.0.2.1") == [True] * 5 + [False] * 3
    # Hers, from her own place: a proof, and it passes.
    assert sent("192.0.2.2").count(True) == 2


@pytest.mark.usefixtures("real_commits")
def test_those_who_send_at_once_are_counted_one_by_one(app: Flask) -> None:
    listing = factories.listing()
    programs = [
        visitor(app, "/signaler/{id}", {"reason": "money", "words": "Essai {n}"}, listing)
        for _ in range(8)
    ]
    start = threading.Barrier(len(programs))
    statuses: list[int] = []

    def send(program: Visitor) -> None:
        start.wait(5)
        statuses.append(program.send().status_code)

    together([lambda one=one: send(one) for one in programs])  # type: ignore[misc]
    assert sorted(statuses) == [303] * sends.FREE_OF_A_PLACE + [422] * 5
    db.session.rollback()
    assert count(Report) == sends.FREE_OF_A_PLACE


@pytest.mark.usefixtures("real_commits")
def test_a_proof_sent_at_once_by_many_serves_once(app: Flask) -> None:
    token = proofs.ask().token
    now = clock.now()
    start = threading.Barrier(6)
    spent: list[bool] = []

    def spend() -> None:
        with app.app_context():
            start.wait(5)
            spent.append(sends._spend(token, now))
            db.session.commit()
            db.session.remove()

    together([spend] * 6)
    assert sorted(spent) == [False] * 5 + [True]


def together(acts: list[Callable[[], None]]) -> None:
    threads = [threading.Thread(target=act) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)


def test_counts_and_proofs_are_forgotten(app: Flask) -> None:
    now = clock.now()
    with app.test_request_context("/"):
        sends.let_through(OpenForm(), Sending("report", "192.0.2.1"), now)
        sends._spend("a", now)
    sends.forget(now + dt.timedelta(hours=1))
    assert (count(SendCount), count(SpentProof)) == (1, 1)
    sends.forget(now + dt.timedelta(hours=26))
    assert (count(SendCount), count(SpentProof)) == (0, 0)


def test_what_is_counted_names_nobody(app: Flask) -> None:
    with app.test_request_context("/"):
        what = Sending("report", "192.0.2.1", "nora@exemple.fr", "12")
        sends.let_through(OpenForm(), what, clock.now())
    kept = " ".join(db.session.scalars(select(SendCount.key)))
    assert re.fullmatch(r"[0-9a-f ]+", kept)
