"""The same person, the same instant: one row, one message to each side."""

from __future__ import annotations

import datetime as dt
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from app.applications import closing, queries, receiving, seats, services
from app.applications.enums import ActorKind, Status
from app.applications.models import Application
from app.applications.workflow import TAKEN_BACK
from app.core import clock
from app.core.database import db
from app.core.errors import DomainError
from app.core.jobs import jobs
from app.core.outbox import OutboxEvent
from app.listings.enums import Kind
from app.listings.models import Listing, ListingSession
from tests import factories
from tests.applications.pages import NORA, hidden

pytestmark = pytest.mark.usefixtures("real_commits")


def together(app: Flask, jobs_: list[Callable[[], Any]]) -> list[Any]:
    """Run the calls at the same instant, each in a thread without any context; return statuses."""
    gate = threading.Barrier(len(jobs_))
    statuses: list[Any] = []

    def run(call: Callable[[], int]) -> None:
        gate.wait(30)
        statuses.append(call())

    threads = [threading.Thread(target=run, args=(call,)) for call in jobs_]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return statuses


def forms(app: Flask, path: str, number: int, same_key: bool) -> list[Callable[[], int]]:
    """Return `number` ways of sending the form of Nora, from one tab or from as many."""
    address = f"{path}/candidater"
    browser = app.test_client()
    first = hidden(browser.get(address))
    calls = []
    for _click in range(number):
        client = app.test_client()
        cookie = browser.get_cookie("session")
        client.set_cookie("session", cookie.value)
        fields = first if same_key else hidden(client.get(address))
        calls.append(
            lambda client=client, fields=fields: (
                client.post(address, data=fields | NORA | {"email": "nora@example.org"}).status_code
            )
        )
    return calls


@pytest.mark.parametrize("same_key", [True, False])
def test_fifty_sends_make_one_application(
    same_key: bool, app: Flask, session: Any, smtp: Any
) -> None:
    member = factories.user()
    of = factories.listing(organisation=factories.organisation(member))
    session.commit()
    statuses = together(app, forms(app, of.path, 50, same_key))
    # The test's own session still reads the instant before.
    session.rollback()
    assert len(statuses) == 50
    assert statuses.count(303) == (50 if same_key else 1)
    assert set(statuses) <= {303, 409}
    assert session.scalar(select(func.count()).select_from(Application)) == 1
    assert session.scalar(select(func.count()).select_from(OutboxEvent)) == 2
    session.commit()
    jobs.drain()
    assert sorted(message["To"] for message in smtp.messages) == sorted(
        [member.email, "nora@example.org"]
    )


def test_the_last_seats_go_to_as_many_people(app: Flask, session: Any) -> None:
    event = factories.listing(Kind.EVENT)
    date = factories.listing_session(event, capacity=3)
    session.commit()
    address = f"{event.path}/candidater"
    calls = []
    for rank in range(12):
        client = app.test_client()
        fields = hidden(client.get(address)) | {
            "first_name": f"P{rank}",
            "phone": f"06 39 98 00 {rank:02d}",
        }
        calls.append(
            lambda client=client, fields=fields: client.post(address, data=fields).status_code
        )
    assert together(app, calls) == [303] * 12
    session.rollback()
    rows = session.execute(
        select(Application.status, func.count()).group_by(Application.status)
    ).all()
    assert dict(rows) == {"registered": 3, "waitlisted": 9}
    assert db.session.scalar(select(ListingSession.taken).where(ListingSession.id == date.id)) == 3


def at_once(app: Flask, acts: list[Callable[[], Any]]) -> list[str]:
    """Run services at the same instant, each on a connection of its own; return what became."""

    def call(act: Callable[[], Any]) -> Callable[[], str]:
        def run() -> str:
            with app.app_context():
                try:
                    act()
                    db.session.commit()
                except DomainError as error:
                    db.session.rollback()
                    return type(error).__name__
                finally:
                    db.session.remove()
                return "done"

        return run

    return together(app, [call(act) for act in acts])


def moving(application: Application, to: Status, by: ActorKind = ActorKind.MEMBER) -> Any:
    """Return the change of an application, as another process would make it."""
    id_, now = application.id, clock.now()

    def act() -> None:
        found = db.session.get(Application, id_)
        assert found is not None
        if by is ActorKind.CANDIDATE and to in TAKEN_BACK:
            services.withdraw_application(found, now)
        else:
            services.move_application(found, to, by, None, now)

    return act


def standing(session: Any, date: ListingSession) -> tuple[dict[str, int], int]:
    """Return how many people are in each state, and the seats taken."""
    session.rollback()
    session.expire_all()
    rows = session.execute(
        select(Application.status, func.count()).group_by(Application.status)
    ).all()
    taken = session.scalar(select(ListingSession.taken).where(ListingSession.id == date.id))
    return {str(status): number for status, number in rows}, taken


def test_fifty_admissions_to_the_last_seat_of_a_training_make_one(app: Flask, session: Any) -> None:
    training = factories.listing(Kind.TRAINING)
    date = factories.listing_session(training, capacity=1)
    people = [factories.application(training, session=date) for _one in range(50)]
    session.commit()
    ends = at_once(app, [moving(one, Status.ADMITTED) for one in people])
    assert sorted(ends) == ["NoSeatLeft"] * 49 + ["done"]
    assert standing(session, date) == ({"admitted": 1, "received": 49}, 1)


def test_fifty_registrations_for_the_last_seat_of_an_event_make_one(
    app: Flask, session: Any
) -> None:
    event = factories.listing(Kind.EVENT)
    date = factories.listing_session(event, capacity=1)
    session.commit()
    listing_id, date_id = event.id, date.id

    def registering(rank: int) -> Callable[[], Any]:
        def act() -> None:
            receiving.submit_application(
                queries.lock_listing(listing_id),
                {"first_name": f"P{rank}", "phone": f"+336399800{rank:02d}"},
                f"key-of-{rank}",
                clock.now(),
                session=db.session.get(ListingSession, date_id),
            )

        return act

    assert at_once(app, [registering(rank) for rank in range(50)]) == ["done"] * 50
    assert standing(session, date) == ({"registered": 1, "waitlisted": 49}, 1)


@pytest.mark.parametrize("kind", [Kind.TRAINING, Kind.EVENT])
def test_seats_given_back_together_go_to_as_many_in_the_order_of_the_list(
    kind: Kind, app: Flask, session: Any
) -> None:
    of = factories.listing(kind)
    date = factories.listing_session(of, capacity=6, taken=6)
    held = Status.ADMITTED if kind == Kind.TRAINING else Status.REGISTERED
    gone = [factories.application(of, session=date, status=held) for _one in range(6)]
    hours = [dt.timedelta(hours=rank) for rank in range(10)]
    waiting = [
        factories.application(of, session=date, status=Status.WAITLISTED, now=clock.now() - after)
        for after in hours
    ]
    session.commit()
    back = Status.WITHDRAWN if kind == Kind.TRAINING else Status.CANCELLED
    ends = at_once(app, [moving(one, back, ActorKind.CANDIDATE) for one in gone])
    assert ends == ["done"] * 6
    counts, taken = standing(session, date)
    given = "offered" if kind == Kind.TRAINING else "registered"
    assert (counts[given], counts["waitlisted"], taken) == (6, 4, 6)
    # The ten waited one hour more each: the last of them was the first on the list.
    assert [one.status == Status.WAITLISTED for one in waiting] == [True] * 4 + [False] * 6


def test_seat_is_taken_or_lost_never_both(app: Flask, session: Any) -> None:
    """The person accepts while the delay ends, and while a member changes her mind."""
    training = factories.listing(Kind.TRAINING)
    date = factories.listing_session(training, capacity=1, taken=1)
    person = factories.application(training, session=date, status=Status.OFFERED)
    factories.application(training, session=date, status=Status.WAITLISTED)
    session.commit()
    until, id_ = person.offer_until, person.id

    def accept() -> None:
        seats.accept_seat(db.session.get_one(Application, id_), until - dt.timedelta(seconds=1))

    ends = at_once(app, [accept, *[lambda: seats.end_offers(until)] * 4])
    counts, taken = standing(session, date)
    kept = {"admitted": 1, "waitlisted": 1}
    lost = {"waitlisted": 1, "offered": 1}
    assert (counts, taken) in [(kept, 1), (lost, 1)]
    assert ("OfferOver" in ends) is (counts == lost)


def test_event_cancelled_while_seats_are_given_back_blocks_nobody(
    app: Flask, session: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both need the same people; the session is what they take first."""
    event = factories.listing(Kind.EVENT)
    date = factories.listing_session(event, capacity=3, taken=3)
    # Who waits wrote first: the cancelling reaches her before the seat given back does.
    for _one in range(5):
        factories.application(event, session=date, status=Status.WAITLISTED)
    people = [
        factories.application(event, session=date, status=Status.REGISTERED) for _one in range(3)
    ]
    event.status, event.outcome, event.closed_at = "closed", "withdrawn", clock.now()
    session.commit()
    event_id = event.id
    first = queries.next_waitlisted

    def slowly(session_id: int) -> Application | None:
        time.sleep(0.3)
        return first(session_id)

    monkeypatch.setattr(queries, "next_waitlisted", slowly)
    monkeypatch.setattr(services, "NOT_HELD", frozenset())

    def cancel() -> None:
        closing.after_closing(db.session.get_one(Listing, event_id), clock.now())

    back = [moving(one, Status.CANCELLED, ActorKind.CANDIDATE) for one in people]
    assert at_once(app, [*back, cancel]) == ["done"] * 4
    assert standing(session, date) == ({"cancelled": 8}, 0)
