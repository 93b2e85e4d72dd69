"""A person answers what the organisation writes: whether she comes, or a few words."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from app.applications import letters, replies, services
from app.applications.enums import Letter, Status
from app.applications.models import Application, ApplicationMessage
from app.core.jobs import jobs
from app.core.outbox import OutboxEvent
from tests import factories
from tests.applications.pages import page, press, words

MEETING = {"step": Status.MEETING, "meeting_place": "12 rue des Lilas, Bron"}


@pytest.fixture
def application(now: dt.datetime) -> Application:
    """Return an application whose sheet a member has opened."""
    member = factories.user(name="Claire Roux")
    of = factories.listing(organisation=factories.organisation(member))
    added = factories.application(of, email="samira@example.org")
    services.record_view(added, member, "contact", now)
    return added


@pytest.fixture
def person(client: FlaskClient, application: Application, now: dt.datetime) -> FlaskClient:
    """Return the browser of the person, who has opened her page."""
    with client.session_transaction() as cookie:
        cookie["followed"] = {application.reference: now.timestamp()}
    return client


def path(application: Application) -> str:
    return f"/candidature/{application.reference}"


def write(application: Application, letter: Letter, now: dt.datetime) -> ApplicationMessage:
    member = factories.user()
    meeting: dict[str, Any] = {}
    if letter is Letter.MEETING:
        meeting = MEETING | {"meeting_at": now + dt.timedelta(days=2)}
    return letters.write(application, member, letter, "À bientôt.", now, **meeting)


def send(person: FlaskClient, message: ApplicationMessage, **values: Any) -> Any:
    here = path(message.application)
    return press(person, f"{here}/reponse", here, message=message.id, **values)


def told() -> int:
    """Return how many messages to members wait in the outbox."""
    query = select(func.count()).where(OutboxEvent.topic == "application.replied")
    return factories.db.session.scalar(query) or 0


def test_a_person_says_that_she_comes_then_that_she_cannot(
    person: FlaskClient,
    application: Application,
    now: dt.datetime,
    smtp: Any,
    sign_in: Callable[..., FlaskClient],
) -> None:
    meeting = write(application, Letter.MEETING, now)
    asked = person.get(path(application))
    assert "dites si vous venez" in words(asked)
    assert "Vous choisissez la date avec l’équipe" not in words(asked)
    assert "Je viens" in words(asked)

    assert send(person, meeting, coming="yes").status_code == 303
    shown = words(person.get(path(application)))
    assert "Vous avez répondu : je viens." in shown
    assert "L’équipe vous attend." in shown
    assert send(person, meeting, coming="yes").status_code == 303
    assert told() == 1, "the same answer is told once"

    assert send(person, meeting, coming="no", words="Plutôt <b>jeudi</b> ?").status_code == 303
    assert told() == 2
    shown = words(person.get(path(application)))
    assert "cette date ne me va pas" in shown
    assert "Plutôt <b>jeudi</b> ?" in shown

    member = application.listing.organisation.memberships[0].user
    browser = sign_in(member)
    sheet = words(browser.get(f"/recruter/candidatures/{application.id}"))
    assert "Cette date ne lui va pas" in sheet
    assert "Plutôt <b>jeudi</b> ?" in sheet
    assert "Autre date à proposer" in words(browser.get("/recruter/"))
    assert "Autre date à proposer" in words(browser.get("/recruter/?vue=liste"))
    jobs.drain()
    sent = [one for one in smtp.messages if one["To"] == member.email]
    assert sent[-1]["Subject"].strip().startswith("Une autre date est à proposer")
    for one in sent:
        text = one.get_body(("plain",)).get_content()
        assert "jeudi" not in text
        assert "Samira" not in text


def test_words_answer_any_other_message(
    person: FlaskClient, application: Application, now: dt.datetime
) -> None:
    message = write(application, Letter.MISSING, now)
    empty = send(person, message, words="  ")
    assert empty.status_code == 422
    assert page(empty).title.get_text().startswith("Erreur")
    assert "Écrivez votre réponse." in words(empty)
    assert send(person, message, words="x" * 501).status_code == 422
    assert send(person, message, words="Mon diplôme date de 2019.", coming="yes").status_code == 303
    assert (message.reply, message.coming) == ("Mon diplôme date de 2019.", None)


def test_a_meeting_wants_one_of_its_two_buttons(
    person: FlaskClient, application: Application, now: dt.datetime
) -> None:
    meeting = write(application, Letter.MEETING, now)
    for coming in ("", "perhaps"):
        answer = send(person, meeting, coming=coming, words="Je ne sais pas encore.")
        assert answer.status_code == 422
        assert "Je ne sais pas encore." in answer.text
    assert meeting.replied_at is None


def test_what_nobody_needs_to_know_is_said_before_it_leaves(
    person: FlaskClient, application: Application, now: dt.datetime
) -> None:
    message = write(application, Letter.MISSING, now)
    answer = send(person, message, words="Je suis enceinte.")
    assert answer.status_code == 422
    assert "Envoyer ma réponse telle quelle" in words(answer)
    assert "Je suis enceinte." in answer.text
    assert send(person, message, words="Je suis enceinte.", as_is="y").status_code == 303


def test_an_answer_to_a_message_that_another_followed_is_given_back(
    person: FlaskClient, application: Application, now: dt.datetime
) -> None:
    first = write(application, Letter.MEETING, now)
    send(person, first, coming="no")
    second = write(application, Letter.MEETING, now)
    answer = send(person, first, coming="yes", words="Je viendrai.")
    assert answer.status_code == 409
    assert "La structure vous a écrit depuis" in words(answer)
    assert "Je viendrai." in answer.text
    assert second.replied_at is None
    assert first.coming is False


def test_nobody_else_answers_in_her_place(
    client: FlaskClient, application: Application, now: dt.datetime
) -> None:
    message = write(application, Letter.MEETING, now)
    answer = client.post(f"{path(application)}/reponse", data={"message": message.id})
    assert answer.status_code in {303, 400}
    assert message.replied_at is None


def test_a_meeting_that_is_past_waits_for_no_answer(
    person: FlaskClient, application: Application, now: dt.datetime, time_machine: Any
) -> None:
    meeting = write(application, Letter.MEETING, now)
    assert replies.open_message(application, now) is meeting
    with pytest.raises(replies.NothingAsked):
        replies.reply(application, meeting.id, True, "", now + dt.timedelta(days=3))


def test_who_takes_her_application_back_takes_her_answers_too(
    person: FlaskClient, application: Application, now: dt.datetime
) -> None:
    message = write(application, Letter.MISSING, now)
    send(person, message, words="Mon adresse est 3 rue des Lilas.")
    services.withdraw_application(application, now)
    assert message.reply is None
    assert replies.open_message(application, now) is None


@pytest.mark.parametrize(
    "wrong",
    [
        {"coming": True},
        {"coming": True, "replied_at": True},
        {"reply": "x" * 501, "replied_at": True},
        {"reply": "Oui."},
    ],
)
def test_the_database_refuses_an_answer_without_its_date_or_its_meeting(
    application: Application, now: dt.datetime, session: Any, wrong: dict[str, Any]
) -> None:
    message = write(application, Letter.MISSING, now)
    for name, value in wrong.items():
        setattr(message, name, now if name == "replied_at" else value)
    with pytest.raises(IntegrityError):
        session.flush()
