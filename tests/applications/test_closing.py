"""Closing a listing: those who wait are answered together, or told once that an answer is owed."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import delete, func, select

from app.accounts.enums import Role
from app.accounts.models import User
from app.applications import keys, services, tasks, workflow
from app.applications.closing import after_closing, close_and_answer
from app.applications.enums import ActorKind, DeclineReason, Status
from app.applications.models import Application
from app.applications.services import NOT_HELD
from app.core import clock
from app.core.database import db
from app.core.errors import DomainError
from app.core.jobs import jobs
from app.core.outbox import OutboxEvent
from app.listings import services as listings
from app.listings.enums import Kind, Outcome
from app.listings.models import Listing
from app.organisations.enums import OrganisationStatus
from tests import factories
from tests.applications.pages import hidden
from tests.applications.test_concurrency import together
from tests.listings.counting import count_queries

S = Status
BASE = "/recruter/annonces"


def deliver() -> None:
    """Let the worker send what waits; the index is another test's."""
    db.session.commit()
    for _round in range(3):
        db.session.execute(delete(OutboxEvent).where(OutboxEvent.topic == "listing.changed"))
        db.session.commit()
        jobs.drain()


def told(smtp: Any) -> dict[str, str]:
    """Return the text that each person received; nobody receives two."""
    texts: dict[str, str] = {}
    for message in smtp.messages:
        assert message["To"] not in texts
        text = message.get_body(("plain",)).get_content()
        texts[message["To"]] = text.replace("\u00a0", " ")
    return texts


def people(of: Listing, *statuses: Status, **values: Any) -> dict[Status, Application]:
    """Add one application in each state."""
    return {
        status: factories.application(
            of,
            status=status,
            email=f"{status}@example.org",
            decline_reason="other" if status in workflow.NEEDS_REASON else None,
            **values,
        )
        for status in statuses
    }


def work(now: dt.datetime, **values: Any) -> tuple[Listing, dict[Status, Application]]:
    """Return a job and one person at each step."""
    of = factories.listing(**values)
    return of, people(of, *workflow.WORK, S.HIRED, S.DECLINED, S.WITHDRAWN)


@pytest.mark.parametrize(
    ("outcome", "words", "in_touch"),
    [
        (Outcome.FILLED, "la structure a trouvé quelqu’un", True),
        (Outcome.UNFILLED, "la structure a arrêté de chercher", True),
        (Outcome.WITHDRAWN, "La structure a retiré cette annonce", True),
        (Outcome.EXPIRED, "La date limite pour répondre à cette annonce est passée", False),
    ],
)
def test_those_who_wait_hear_how_it_ended_and_what_is_owed(
    now: dt.datetime, smtp: Any, outcome: Outcome, words: str, in_touch: bool
) -> None:
    of, _rows = work(now, deadline=now.date())
    if outcome is Outcome.EXPIRED:
        of.closes_at = now
        listings.expire_due(now)
    else:
        listings.close_listing(factories.user(), of, outcome, now, "hours")
    deliver()

    messages = told(smtp)
    expected = {S.RECEIVED, S.SEEN} | (workflow.IN_TOUCH if in_touch else set())
    assert messages.keys() == {f"{status}@example.org" for status in expected}
    for text in messages.values():
        assert words in text
    assert "la structure vous doit encore un oui ou un non" in messages["received@example.org"]
    assert "répondre à d’autres annonces" in messages["seen@example.org"]
    if in_touch:
        assert "Vous êtes déjà en contact" in messages["trial@example.org"]


def test_promise_that_still_runs_is_repeated(now: dt.datetime, smtp: Any) -> None:
    of = factories.listing()
    people(of, S.RECEIVED, answer_due_at=now + dt.timedelta(hours=40))
    listings.close_listing(factories.user(), of, Outcome.FILLED, now)
    deliver()
    assert "s’est engagée à vous répondre avant" in told(smtp)["received@example.org"]


def test_listing_nobody_confirmed_says_so(now: dt.datetime, smtp: Any) -> None:
    of = factories.listing(
        now=now - dt.timedelta(days=61), asked_at=now - dt.timedelta(days=31), closes_at=now
    )
    people(of, S.RECEIVED)
    listings.expire_due(now)
    deliver()
    assert "n’a pas dit si elle est toujours vraie" in told(smtp)["received@example.org"]


def test_person_hears_once_even_if_the_worker_repeats(now: dt.datetime, smtp: Any) -> None:
    of = factories.listing(closes_at=now)
    people(of, S.RECEIVED)
    listings.expire_due(now)
    for _time in range(3):
        tasks.follow_closing({"listing_id": of.id}, 1)
    listings.close_listing(factories.user(), of, Outcome.WITHDRAWN, now)
    deliver()
    assert len(told(smtp)) == 1
    statement = select(func.count()).where(OutboxEvent.topic == "application.listing_closed")
    assert db.session.scalar(statement) == 1


def test_person_answered_meanwhile_hears_her_answer_only(now: dt.datetime, smtp: Any) -> None:
    of = factories.listing()
    one = people(of, S.SEEN)[S.SEEN]
    listings.close_listing(factories.user(), of, Outcome.FILLED, now)
    after_closing(of, now)
    services.move_application(
        one, S.DECLINED, ActorKind.MEMBER, None, now, DeclineReason.FILLED, "Merci."
    )
    deliver()
    assert "La réponse est non" in told(smtp)["seen@example.org"]


def test_person_without_email_reads_it_on_her_page(client: FlaskClient, now: dt.datetime) -> None:
    of = factories.listing()
    one = factories.application(of, email=None)
    listings.close_listing(factories.user(), of, Outcome.FILLED, now)
    after_closing(of, now)
    db.session.commit()

    address = f"/candidature/{one.reference}?cle={keys.link_token(one.link_salt)}"
    assert "la structure a trouvé quelqu’un" in client.get(address).text


def test_listing_removed_by_the_team_warns(now: dt.datetime, smtp: Any) -> None:
    of = factories.listing(organisation=factories.organisation())
    people(of, S.RECEIVED)
    listings.remove_listing(factories.user(Role.MODERATOR), of, "On y demande de l’argent.", now)
    deliver()
    text = told(smtp)["received@example.org"]
    assert "Notre équipe a retiré cette annonce." in text
    assert "n’envoyez rien" in text
    assert "On y demande" not in text


@pytest.mark.parametrize(
    ("outcome", "expected"),
    [
        (Outcome.FILLED, {S.RECEIVED, S.SEEN, S.CONTACTED, S.MEETING, S.WAITLISTED}),
        (Outcome.EXPIRED, {S.RECEIVED, S.SEEN, S.WAITLISTED}),
        (
            Outcome.WITHDRAWN,
            {S.RECEIVED, S.SEEN, S.CONTACTED, S.MEETING, S.WAITLISTED, S.ADMITTED, S.ENROLLED}
            | {S.OFFERED},
        ),
    ],
)
def test_group_of_a_training_hears_only_what_concerns_it(
    now: dt.datetime, smtp: Any, outcome: Outcome, expected: set[Status]
) -> None:
    of = factories.listing(Kind.TRAINING, closes_at=now)
    session = factories.listing_session(of, taken=2)
    people(of, *workflow.TRAINING, session=session)
    if outcome is Outcome.EXPIRED:
        listings.expire_due(now)
    else:
        listings.close_listing(factories.user(), of, outcome, now)
    deliver()

    messages = told(smtp)
    assert messages.keys() == {f"{status}@example.org" for status in expected}
    if outcome is not Outcome.WITHDRAWN:
        assert "Vous restez sur la liste d’attente" in messages["waitlisted@example.org"]


@pytest.mark.parametrize("outcome", [Outcome.UNFILLED, Outcome.WITHDRAWN])
def test_event_called_off_is_cancelled_for_everyone(
    now: dt.datetime, smtp: Any, outcome: Outcome
) -> None:
    of = factories.listing(Kind.EVENT)
    session = factories.listing_session(of, capacity=1, taken=1)
    rows = people(of, S.WAITLISTED, S.REGISTERED, session=session)
    listings.close_listing(factories.user(), of, outcome, now, "no_candidate")
    deliver()

    for row in rows.values():
        db.session.refresh(row)
        assert row.status == S.CANCELLED
    db.session.refresh(session)
    assert session.taken == 0
    messages = told(smtp)
    assert len(messages) == 2
    assert all("Le rendez-vous est annulé : ne venez pas." in text for text in messages.values())


def test_event_whose_registrations_close_still_takes_place(now: dt.datetime, smtp: Any) -> None:
    of = factories.listing(Kind.EVENT, closes_at=now)
    session = factories.listing_session(of, capacity=1, taken=1)
    rows = people(of, S.WAITLISTED, S.REGISTERED, session=session)
    listings.expire_due(now)
    deliver()

    messages = told(smtp)
    assert messages.keys() == {"waitlisted@example.org"}
    assert "Vous restez sur la liste d’attente" in messages["waitlisted@example.org"]
    # Then somebody gives her seat back: who waits gets it, although the listing is closed.
    services.withdraw_application(rows[S.REGISTERED], now)
    db.session.refresh(rows[S.WAITLISTED])
    assert rows[S.WAITLISTED].status == S.REGISTERED


def test_event_that_is_past_ends_the_waiting_list(now: dt.datetime, smtp: Any) -> None:
    of = factories.listing(Kind.EVENT, closes_at=now)
    session = factories.listing_session(
        of, starts_at=now - dt.timedelta(hours=3), capacity=1, taken=1
    )
    rows = people(of, S.WAITLISTED, S.REGISTERED, session=session)
    listings.expire_due(now)
    deliver()

    assert "passé sans qu’une place se libère" in told(smtp)["waitlisted@example.org"]
    db.session.refresh(rows[S.REGISTERED])
    assert rows[S.REGISTERED].status == S.REGISTERED


def test_event_called_off_after_its_deadline_is_cancelled_too(now: dt.datetime, smtp: Any) -> None:
    of = factories.listing(Kind.EVENT, closes_at=now)
    session = factories.listing_session(of, taken=1)
    rows = people(of, S.REGISTERED, session=session)
    listings.expire_due(now)
    deliver()
    assert smtp.messages == []

    listings.close_listing(factories.user(), of, Outcome.WITHDRAWN, now)
    deliver()
    assert "annulé" in told(smtp)["registered@example.org"]
    db.session.refresh(rows[S.REGISTERED])
    assert rows[S.REGISTERED].status == S.CANCELLED


@pytest.mark.parametrize("seed", range(12))
def test_no_sequence_tells_anyone_twice_nor_loses_a_seat(now: dt.datetime, seed: int) -> None:
    """Any kind, any people, any way to close, the worker repeating at random."""
    chance = random.Random(seed)
    kind = chance.choice([Kind.JOB, Kind.TRAINING, Kind.EVENT])
    table = workflow.TRANSITIONS[workflow.family_of(kind)]
    of = factories.listing(kind, closes_at=now)
    starts_at = now + dt.timedelta(days=chance.choice([-1, 3]))
    session = factories.listing_session(of, starts_at=starts_at, capacity=40)
    rows = [
        factories.application(of, status=chance.choice(list(table)), session=session)
        for _number in range(15)
    ]
    session.taken = sum(workflow.holds_seat(kind, row.status) for row in rows)
    db.session.flush()
    before = {row.id: row.status for row in rows}
    actor, refused = factories.user(), chance.sample([row.id for row in rows], 4)

    if chance.random() < 0.5:
        listings.expire_due(now)
        after_closing(of, now)
    outcome = chance.choice([Outcome.FILLED, Outcome.UNFILLED, Outcome.WITHDRAWN])
    close_and_answer(
        actor, of, outcome, now, unfilled_reason="hours", refused=refused, message="Merci."
    )
    for _time in range(chance.randint(1, 3)):
        after_closing(of, now + dt.timedelta(minutes=1))

    db.session.refresh(session)
    assert session.taken == sum(workflow.holds_seat(kind, row.status) for row in rows)
    told = db.session.scalars(
        select(OutboxEvent.payload).where(OutboxEvent.topic == "application.listing_closed")
    ).all()
    ids = [payload["application_id"] for payload in told]
    assert len(set(ids)) == len(ids)
    marked = {row.id for row in rows if row.closing_told_at is not None}
    assert set(ids) == marked
    for row in rows:
        if row.status != before[row.id]:
            asked = row.id in refused and row.status in workflow.NEEDS_REASON
            # A seat of what will not take place is no longer proposed.
            unheld = before[row.id] == S.OFFERED and outcome in NOT_HELD
            assert asked or row.status == (S.CLOSED_ELSEWHERE if unheld else S.CANCELLED)
        # Nobody who still waits was left without a word.
        if row.status in workflow.WAITING:
            assert row.id in marked


def test_full_session_does_not_close_its_listing(now: dt.datetime) -> None:
    of = factories.listing(Kind.EVENT)
    factories.listing_session(of, capacity=1, taken=1)
    assert listings.expire_due(now) == 0
    assert of.is_open(now)


def test_all_are_told_no_together(now: dt.datetime, smtp: Any) -> None:
    of, rows = work(now)
    chosen = [rows[status].id for status in (S.RECEIVED, S.SEEN, S.WITHDRAWN, S.HIRED)]

    answered = close_and_answer(
        factories.user(), of, Outcome.FILLED, now, refused=chosen, message="Bonjour,\n\nMerci."
    )
    deliver()

    assert (answered.people, answered.without_email) == (2, 0)
    for status in (S.RECEIVED, S.SEEN):
        db.session.refresh(rows[status])
        assert (rows[status].status, rows[status].decline_reason) == (S.DECLINED, "filled")
        assert rows[status].decline_message == "Bonjour,\n\nMerci."
    assert rows[S.WITHDRAWN].status == S.WITHDRAWN
    messages = told(smtp)
    assert "Merci." in messages["seen@example.org"]
    assert "déjà en contact" in messages["meeting@example.org"]


def test_refusal_of_a_training_goes_by_its_own_word(now: dt.datetime) -> None:
    of = factories.listing(Kind.TRAINING)
    rows = people(of, S.WAITLISTED, S.ADMITTED)
    ids = [one.id for one in rows.values()]
    close_and_answer(
        factories.user(), of, Outcome.WITHDRAWN, now, refused=ids, message="Nous annulons."
    )
    assert rows[S.WAITLISTED].status == S.REFUSED
    assert rows[S.WAITLISTED].decline_reason == "closed"
    # Who has a place is not refused by a list: it takes a word of its own.
    assert rows[S.ADMITTED].status == S.ADMITTED


def test_nothing_is_answered_when_the_listing_cannot_close(now: dt.datetime) -> None:
    of, rows = work(now)
    with pytest.raises(DomainError, match="pourquoi"):
        close_and_answer(
            factories.user(),
            of,
            Outcome.UNFILLED,
            now,
            refused=[rows[S.RECEIVED].id],
            message="Merci.",
        )
    assert rows[S.RECEIVED].status == S.RECEIVED


@pytest.fixture(autouse=True)
def _without_tokens(app: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(app.config, "WTF_CSRF_ENABLED", False)


@pytest.fixture
def member() -> User:
    return factories.user()


@pytest.fixture
def of(member: User) -> Listing:
    return factories.listing(organisation=factories.organisation(member), title="Poste du soir")


@pytest.fixture
def browser(sign_in: Callable[..., FlaskClient], member: User) -> FlaskClient:
    return sign_in(member)


def test_page_says_who_waits_and_writes_nothing(browser: FlaskClient, of: Listing) -> None:
    people(of, S.RECEIVED, S.MEETING, S.DECLINED)
    db.session.commit()

    page = browser.get(f"{BASE}/{of.id}/clore").text
    assert "2 personnes n’ont ni oui ni non" in page
    answer = browser.post(
        f"{BASE}/{of.id}/clore",
        data={"outcome": "filled", "unfilled_reason": "", "reply": "now"},
    )

    assert answer.location == f"{BASE}/{of.id}/clore/repondre?outcome=filled&unfilled_reason="
    db.session.refresh(of)
    assert of.status == "published"


def test_page_without_anyone_asks_nothing_more(browser: FlaskClient, of: Listing) -> None:
    page = browser.get(f"{BASE}/{of.id}/clore").text
    assert "Et les personnes qui attendent" not in page
    answer = browser.post(
        f"{BASE}/{of.id}/clore", data={"outcome": "filled"}, follow_redirects=True
    )
    assert "L’annonce est close." in answer.text


def test_ready_message_is_sent_to_those_who_are_ticked(browser: FlaskClient, of: Listing) -> None:
    rows = people(of, S.RECEIVED, S.SEEN, S.MEETING)
    rows[S.SEEN].email = None
    rows[S.SEEN].phone = "+33639981234"
    db.session.commit()
    address = f"{BASE}/{of.id}/clore/repondre?outcome=filled&unfilled_reason="

    page = browser.get(address).text
    assert page.count(" checked") == 2
    assert "Toutes les places sont prises" in page
    assert "sans e-mail" in page
    assert "39981234" not in page.replace("\u00a0", "")
    assert "@example.org" not in page
    answer = browser.post(
        address,
        data={
            "people": [str(rows[status].id) for status in (S.RECEIVED, S.SEEN)],
            "message": "Merci à toutes et à tous.",
        },
        follow_redirects=True,
    )

    assert "2 personnes ont votre réponse" in answer.text
    assert "L’une n’a pas d’e-mail" in answer.text
    db.session.refresh(of)
    assert (of.status, of.outcome) == ("closed", "filled")
    assert [rows[one].status for one in rows] == [S.DECLINED, S.DECLINED, S.MEETING]
    # The last one is still owed an answer, and can be answered from the page of the listing.
    assert "Une personne attend encore votre réponse" in answer.text
    again = browser.get(f"{BASE}/{of.id}/clore/repondre").text
    assert "Envoyer cette réponse" in again


def test_second_click_answers_nobody_twice(browser: FlaskClient, of: Listing, smtp: Any) -> None:
    rows = people(of, S.RECEIVED, S.MEETING)
    db.session.commit()
    address = f"{BASE}/{of.id}/clore/repondre?outcome=filled&unfilled_reason="
    data = {"people": [str(rows[S.RECEIVED].id)], "message": "Merci."}

    browser.post(address, data=data)
    again = browser.post(address, data=data, follow_redirects=True)
    deliver()

    assert "avaient déjà une réponse" in again.text
    assert "Merci." in told(smtp)["received@example.org"]


@pytest.mark.usefixtures("real_commits")
def test_closing_while_people_answer_loses_nobody(app: Flask, session: Any, smtp: Any) -> None:
    member = factories.user()
    job = factories.listing(organisation=factories.organisation(member))
    session.commit()
    listing_id, member_id = job.id, member.id

    def close() -> int:
        with app.app_context():
            listing, actor = db.session.get(Listing, listing_id), db.session.get(User, member_id)
            assert listing is not None
            assert actor is not None
            close_and_answer(actor, listing, Outcome.FILLED, clock.now())
            db.session.commit()
            db.session.remove()
        return 200

    calls: list[Callable[[], int]] = [close]
    for rank in range(8):
        client = app.test_client()
        fields = hidden(client.get(f"{job.path}/candidater")) | {
            "first_name": "Nora",
            "email": f"nora{rank}@example.org",
        }
        calls.append(
            lambda client=client, fields=fields: (
                client.post(f"{job.path}/candidater", data=fields).status_code
            )
        )
    statuses = together(app, calls)
    session.rollback()

    assert set(statuses) <= {200, 303, 410}
    session.execute(delete(OutboxEvent).where(OutboxEvent.topic == "listing.changed"))
    session.commit()
    jobs.drain()
    jobs.drain()
    session.expire_all()
    rows = session.scalars(select(Application)).all()
    assert len(rows) == statuses.count(303)
    assert all(row.closing_told_at is not None for row in rows)


@pytest.mark.parametrize(
    ("data", "error"),
    [
        ({"message": "Merci."}, "Cochez au moins une personne"),
        ({"people": "1", "message": "  "}, "Gardez un message"),
        ({"people": "1", "message": "M" * 2001}, "C’est trop long"),
    ],
)
def test_answer_that_says_nothing_is_not_sent(
    browser: FlaskClient, of: Listing, data: dict[str, str], error: str
) -> None:
    people(of, S.RECEIVED)
    db.session.commit()
    answer = browser.post(f"{BASE}/{of.id}/clore/repondre?outcome=filled", data=data)
    assert answer.status_code == 422
    assert error in answer.text
    db.session.refresh(of)
    assert of.status == "published"


@pytest.mark.parametrize("query", ["", "?outcome=forged", "?outcome=unfilled", "?outcome=expired"])
def test_answer_needs_an_end_that_makes_sense(
    browser: FlaskClient, of: Listing, query: str
) -> None:
    people(of, S.RECEIVED)
    db.session.commit()
    answer = browser.get(f"{BASE}/{of.id}/clore/repondre{query}")
    assert answer.location == f"{BASE}/{of.id}/clore"


def test_forged_people_are_left_alone(browser: FlaskClient, of: Listing) -> None:
    people(of, S.RECEIVED)
    stranger = factories.application(email="autre@example.org")
    db.session.commit()
    browser.post(
        f"{BASE}/{of.id}/clore/repondre?outcome=filled",
        data={"people": [str(stranger.id), "quatre"], "message": "Merci."},
    )
    browser.post(
        f"{BASE}/{of.id}/clore/repondre?outcome=filled",
        data={"people": [str(stranger.id)], "message": "Merci."},
    )
    db.session.refresh(stranger)
    assert stranger.status == S.RECEIVED


def test_closing_now_and_answering_later(browser: FlaskClient, of: Listing, smtp: Any) -> None:
    people(of, S.RECEIVED)
    db.session.commit()
    answer = browser.post(
        f"{BASE}/{of.id}/clore",
        data={"outcome": "withdrawn", "unfilled_reason": "", "reply": "later"},
        follow_redirects=True,
    )
    deliver()

    assert "Une personne attend encore votre réponse" in answer.text
    assert "vous doit encore" in told(smtp)["received@example.org"]


def test_organisation_that_is_not_verified_reads_no_name(browser: FlaskClient, of: Listing) -> None:
    people(of, S.RECEIVED, first_name="Samira-Secret")
    assert of.organisation is not None
    of.organisation.status = OrganisationStatus.PENDING
    db.session.commit()
    answer = browser.get(f"{BASE}/{of.id}/clore/repondre?outcome=filled", follow_redirects=True)
    assert "Samira-Secret" not in answer.text


@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize("path", ["clore", "clore/repondre?outcome=filled"])
def test_listings_of_others_do_not_exist(browser: FlaskClient, method: str, path: str) -> None:
    other = factories.application(email="autre@example.org").listing
    assert getattr(browser, method)(f"{BASE}/{other.id}/{path}").status_code == 404


@pytest.mark.parametrize(
    ("kind", "words", "not_asked"),
    [
        (Kind.JOB, "Nous avons trouvé quelqu’un", ""),
        (Kind.TRAINING, "Des places sont restées libres", "Le salaire n’a pas convenu"),
        (Kind.EVENT, "Il n’a pas lieu, faute de monde", "Le salaire n’a pas convenu"),
    ],
)
def test_outcomes_are_said_in_the_words_of_the_kind(
    browser: FlaskClient, member: User, of: Listing, kind: Kind, words: str, not_asked: str
) -> None:
    one = factories.listing(kind, organisation=of.organisation)
    db.session.commit()
    page = browser.get(f"{BASE}/{one.id}/clore").text
    assert words in page
    assert not not_asked or not_asked not in page
    forged = browser.post(
        f"{BASE}/{one.id}/clore", data={"outcome": "unfilled", "unfilled_reason": "forged"}
    )
    assert forged.status_code == 422


def test_closing_an_event_says_who_is_registered(browser: FlaskClient, of: Listing) -> None:
    one = factories.listing(Kind.EVENT, organisation=of.organisation)
    people(one, S.REGISTERED, session=factories.listing_session(one, taken=1))
    db.session.commit()

    page = browser.get(f"{BASE}/{one.id}/clore").text
    assert "Une personne est inscrite à une date à venir." in page
    answer = browser.post(
        f"{BASE}/{one.id}/clore", data={"outcome": "withdrawn"}, follow_redirects=True
    )
    assert "vont être prévenues" in answer.text


def test_page_of_the_answer_asks_few_questions(browser: FlaskClient, of: Listing) -> None:
    for _number in range(12):
        factories.application(of)
    db.session.commit()
    db.session.expire_all()
    with count_queries() as queries_made:
        browser.get(f"{BASE}/{of.id}/clore/repondre?outcome=filled")
    assert len(queries_made) <= 6, queries_made
