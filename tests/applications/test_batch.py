"""Several people in one gesture: what can be done is done, the rest is told by person."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from app.accounts.models import User
from app.applications import batch
from app.applications.enums import ActorKind, DeclineReason, Status
from app.applications.mails import moved
from app.applications.models import Application, ApplicationEvent
from app.applications.services import move_application
from app.core import clock
from app.core.database import db
from app.core.outbox import OutboxEvent
from app.listings.enums import Kind
from app.organisations.enums import OrganisationStatus
from tests import factories
from tests.applications.pages import page, press, words
from tests.listings.counting import count_queries

SignIn = Callable[..., FlaskClient]
BOARD = "/recruter/"
GROUP = "/recruter/candidatures/groupe"
ANSWER = "/recruter/candidatures/repondre"
S = Status


@pytest.fixture
def house() -> Any:
    """Return a recruiter and a listing of hers."""
    person = factories.user()
    return person, factories.listing(organisation=factories.organisation(person))


def group(client: FlaskClient, people: list[Application], to: str, **values: Any) -> Any:
    return press(client, GROUP, BOARD, qui=[one.id for one in people], to=to, **values)


def events(session: Any) -> int:
    return session.scalar(select(func.count()).select_from(OutboxEvent))


def statuses(session: Any, people: list[Application]) -> list[str]:
    session.expire_all()
    return [one.status for one in people]


def ask(people: list[Application], **values: Any) -> str:
    query = "&".join(f"qui={one.id}" for one in people)
    return f"{ANSWER}?{query}" + "".join(f"&{name}={value}" for name, value in values.items())


@pytest.mark.parametrize("view", ["", "?vue=liste"])
def test_several_people_change_step_at_once(
    view: str, house: Any, sign_in: SignIn, session: Any
) -> None:
    person, of = house
    people = [factories.application(of) for _rank in range(3)]
    alone = factories.application(of)
    client = sign_in(person)
    offered = page(client.get(f"{BOARD}{view}"))
    assert offered.select("select#to option[value=meeting]")
    assert len(offered.select("input[name=qui]")) == 4
    response = group(client, people, "meeting", next=f"{BOARD}{view}")
    assert (response.status_code, response.location) == (303, f"{BOARD}{view}")
    assert "3 personnes : Rencontre." in words(client.get(BOARD))
    assert statuses(session, [*people, alone]) == [S.MEETING] * 3 + [S.RECEIVED]
    sent = events(session)
    assert sent == 3
    group(client, people, "meeting")
    assert events(session) == sent
    assert len(people[0].events) == 1


def test_nobody_is_to_be_called_again_after_a_call(house: Any, sign_in: SignIn) -> None:
    person, of = house
    people = [factories.application(of, email=None) for _rank in range(2)]
    client = sign_in(person)
    assert group(client, people, "contacted", next=BOARD).location == BOARD
    told = words(client.get(BOARD))
    assert "2 personnes : En contact." in told
    alone = factories.application(of, email=None, first_name="Ada")
    sheet = f"/recruter/candidatures/{alone.id}"
    press(client, f"{sheet}/ouvrir", sheet)
    press(client, f"{sheet}/etape", sheet, to="contacted")
    told = words(client.get(sheet))
    assert "Ada : En contact." in told
    assert "dites-le-lui au téléphone" not in told
    press(client, f"{sheet}/etape", sheet, to="hired")
    assert "dites-le-lui au téléphone" in words(client.get(sheet))


def test_what_cannot_move_is_told_by_person_and_the_rest_is_done(
    house: Any, sign_in: SignIn, session: Any
) -> None:
    person, of = house
    training = factories.listing(Kind.TRAINING, organisation=of.organisation)
    last = factories.listing_session(training, capacity=1)
    first = factories.application(training, first_name="Ada", session=last, email=None)
    late = factories.application(training, first_name="Bea", session=last)
    gone = factories.application(training, first_name="Cléo", session=last, status=S.WITHDRAWN)
    job = factories.application(of, first_name="Dora")
    other = factories.application(first_name="Étrangère")
    client = sign_in(person)
    everybody = [first, late, gone, job, other]
    response = group(client, everybody, "admitted")
    assert statuses(session, everybody) == [
        S.ADMITTED,
        S.RECEIVED,
        S.WITHDRAWN,
        S.RECEIVED,
        S.RECEIVED,
    ]
    told = words(client.get(response.location))
    assert "1 personne est à l’étape « Admission »" in told
    assert "À appeler : sans e-mail, ces personnes ne savent rien encore Ada" in told
    assert "3 personnes n’ont pas changé d’étape" in told
    assert "Il n’y a plus de place à sa date." in told
    assert "La personne a retiré sa demande." in told
    assert "Depuis l’étape « Nouvelle », ce passage n’est pas prévu." in told
    assert "Étrangère" not in told
    assert last.taken == 1


@pytest.mark.parametrize("to", ["", "seen", "declined", "nonsense", "withdrawn "])
def test_a_step_that_is_not_offered_changes_nobody(
    to: str, house: Any, sign_in: SignIn, session: Any
) -> None:
    person, of = house
    people = [factories.application(of)]
    client = sign_in(person)
    assert group(client, people, to).status_code == 303
    assert statuses(session, people) == [S.RECEIVED]
    assert events(session) == 0


def test_nobody_and_too_many_are_refused_in_words(house: Any, sign_in: SignIn) -> None:
    person, of = house
    factories.application(of)
    client = sign_in(person)
    press(client, GROUP, BOARD, to="meeting")
    assert "Cochez au moins une personne." in words(client.get(BOARD))
    press(client, GROUP, BOARD, to="meeting", qui=list(range(1, 102)))
    assert "Cochez 100 personnes au plus à la fois." in words(client.get(BOARD))
    press(client, GROUP, BOARD, to="meeting", qui=["9" * 30, "²", "-1", "a"])
    assert "Cochez au moins une personne." in words(client.get(BOARD))
    for address in (ANSWER, "/recruter/candidatures/bilan?vers=meeting"):
        assert client.get(address).location == BOARD


@pytest.mark.parametrize("status", [None, OrganisationStatus.PENDING, OrganisationStatus.SUSPENDED])
def test_people_of_others_or_of_an_unverified_house_do_not_exist(
    status: OrganisationStatus | None, sign_in: SignIn, session: Any
) -> None:
    person = factories.user()
    mine = factories.organisation(person)
    owner = factories.organisation(person, status=status) if status else factories.organisation()
    people = [factories.application(factories.listing(organisation=owner))]
    factories.application(factories.listing(organisation=mine))
    client = sign_in(person)
    assert group(client, people, "meeting").status_code == 404
    assert client.get(ask(people)).status_code == 404
    assert (
        client.get(f"/recruter/candidatures/bilan?qui={people[0].id}&vers=non").status_code == 404
    )
    sent = press(client, ask(people), BOARD, people=people[0].id, reason="filled", message="Non.")
    assert sent.status_code == 404
    assert statuses(session, people) == [S.RECEIVED]


def test_one_no_is_written_to_each_person(house: Any, sign_in: SignIn, session: Any) -> None:
    person, of = house
    night = factories.listing(organisation=of.organisation, title="Soin de nuit")
    ada = factories.application(of, first_name="Ada")
    bea = factories.application(night, first_name="Bea [annonce]", email=None)
    done = factories.application(of, first_name="Cléo", status=S.HIRED)
    spared = factories.application(of, first_name="Dora")
    client = sign_in(person)
    people = [ada, bea, done, spared]
    first = client.get(group(client, people, "non").location)
    assert "Répondre non à 3 personnes" in words(first)
    assert client.get(ask(people, reason="age")).status_code == 422
    answered = client.get(ask(people, reason="schedule"))
    ready, text = page(answered), words(answered)
    assert "Le message à 3 personnes" in text
    assert "Sans e-mail, à appeler : Bea [annonce]" in text
    assert "Ont déjà une réponse, et ne sont pas dans la liste : Cléo" in text
    assert len(ready.select("[name=people][checked]")) == 3
    message = ready.select_one("textarea").get_text().strip()
    assert "Bonjour [prénom]," in message
    assert "« [annonce] »" in message.replace("\u00a0", " ")
    address = ask(people, reason="schedule")
    chosen = {"people": [ada.id, bea.id, done.id], "reason": "schedule"}
    empty = press(client, ask(people), address, **chosen, message=" \u00a0\n ")
    assert empty.status_code == 422
    assert "Gardez un message" in words(empty)
    assert len(page(empty).select("[name=people][checked]")) == 2
    assert (
        press(client, ask(people), address, **chosen | {"reason": "age"}, message="Non").status_code
        == 422
    )
    assert events(session) == 0
    response = press(client, ask(people), address, **chosen, message=message)
    assert statuses(session, people) == [S.DECLINED, S.DECLINED, S.HIRED, S.RECEIVED]
    assert "Bonjour Ada,\n\nMerci de nous avoir parlé" in ada.decline_message.replace("\r", "")
    assert f"« {of.title} »" in ada.decline_message.replace("\u00a0", " ")
    assert "Bonjour Bea [annonce]," in bea.decline_message
    assert "« Soin de nuit »" in bea.decline_message.replace("\u00a0", " ")
    assert "À appeler" in words(client.get(response.location))
    mail = moved(ada, ada.events[-1], 1, "http://localhost")
    assert mail is not None
    assert mail.to == ada.email
    sent = events(session)
    press(client, ask(people), address, **chosen, message="Autre message.")
    assert events(session) == sent
    assert "Autre" not in ada.decline_message


def test_a_title_or_a_first_name_never_keeps_a_group_from_its_answer(
    house: Any, sign_in: SignIn, session: Any
) -> None:
    person, of = house
    title = "Secrétaire, lecture de carte vitale"
    named = factories.listing(organisation=of.organisation, title=title)
    people = [factories.application(named, first_name="Rib"), factories.application(of)]
    client, address = sign_in(person), ask(people, reason="schedule")
    chosen = {"people": [one.id for one in people], "reason": "schedule"}
    message = page(client.get(address)).select_one("textarea").get_text().strip()
    assert press(client, ask(people), address, **chosen, message=message).status_code == 303
    assert statuses(session, people) == [S.DECLINED] * 2
    assert "Rib" in people[0].decline_message
    alone = factories.application(named, first_name="Rib")
    sheet = f"/recruter/candidatures/{alone.id}/refuser"
    own = "Bonjour Rib, le poste « Secrétaire, lecture de carte vitale » est pourvu."
    for text, status in ((f"{own} Envoyez votre RIB.", 422), (own, 303)):
        sent = press(client, sheet, f"{sheet}?reason=filled", reason="filled", message=text)
        assert sent.status_code == status


def test_a_group_refused_gives_its_seat_to_nobody_of_the_group(
    house: Any, sign_in: SignIn, session: Any, now: Any
) -> None:
    person, of = house
    training = factories.listing(Kind.TRAINING, organisation=of.organisation)
    date = factories.listing_session(training, capacity=1, taken=1)
    holder = factories.application(training, session=date, status=S.ADMITTED)
    waits = factories.application(training, session=date, status=S.CONTACTED)
    move_application(waits, S.WAITLISTED, ActorKind.MEMBER, None, now)
    both = [holder.id, waits.id]
    batch.decline_people(person, both, DeclineReason.SCHEDULE, "Merci, et bonne suite.", now)
    assert statuses(session, [holder, waits]) == [S.REFUSED, S.REFUSED]
    assert [event.to_status for event in waits.events] == [S.WAITLISTED, S.REFUSED]


def test_the_same_listing_is_named_in_the_ready_message(house: Any, sign_in: SignIn) -> None:
    person, of = house
    people = [factories.application(of) for _rank in range(2)]
    ready = page(sign_in(person).get(ask(people, reason="filled"))).select_one("textarea")
    assert of.title in ready.get_text()
    assert "[annonce]" not in ready.get_text()


def test_a_group_asks_as_few_questions_as_one_person(house: Any, session: Any) -> None:
    person, of = house

    def reads(number: int) -> int:
        people = [factories.application(of) for _rank in range(number)]
        session.commit()
        ids = [one.id for one in people]
        session.expire_all()
        with count_queries() as asked:
            batch.decline_people(person, ids, DeclineReason.FILLED, "Bonjour [prénom]", clock.now())
            db.session.commit()
        return sum(sql.startswith("SELECT") for sql in asked)

    assert reads(2) == reads(40)


def test_two_clicks_at_once_tell_each_person_once(
    app: Flask, real_commits: None, session: Any
) -> None:
    person = factories.user()
    of = factories.listing(organisation=factories.organisation(person))
    ids = [factories.application(of).id for _rank in range(5)]
    db.session.commit()
    start = threading.Barrier(2)

    def click(_rank: int) -> None:
        with app.app_context():
            actor = db.session.get_one(User, person.id)
            db.session.rollback()
            start.wait()
            batch.move_people(actor, ids, Status.MEETING, clock.now())
            db.session.commit()

    with ThreadPoolExecutor(2) as clicks:
        list(clicks.map(click, range(2)))
    db.session.expire_all()
    logged = select(func.count()).select_from(ApplicationEvent)
    assert db.session.scalar(logged) == 5
    moved_events = select(func.count()).where(OutboxEvent.topic == "application.moved")
    assert db.session.scalar(moved_events) == 5
