"""The same person, the same instant: one row, one message to each side."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from app.applications.models import Application
from app.core.database import db
from app.core.jobs import jobs
from app.core.outbox import OutboxEvent
from app.listings.enums import Kind
from app.listings.models import ListingSession
from tests import factories
from tests.applications.pages import NORA, hidden

pytestmark = pytest.mark.usefixtures("real_commits")


def together(app: Flask, jobs_: list[Callable[[], int]]) -> list[int]:
    """Run the calls at the same instant, each in a thread without any context; return statuses."""
    gate = threading.Barrier(len(jobs_))
    statuses: list[int] = []

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
