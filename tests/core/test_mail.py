"""What a mail server answers, or does not: messages leave, later if need be, and only once."""

from __future__ import annotations

import asyncio
import datetime as dt
import smtplib
from collections import Counter
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from flask import Flask
from sqlalchemy import select

from app.alerts import tasks
from app.core import clock, mail, outbox
from app.core.database import db
from app.core.jobs import jobs
from app.core.outbox import OutboxEvent, Refused, Subscription
from tests import factories
from tools.processes import free_port

MESSAGE = mail.Message("nora@example.org", "Objet", "Texte\n", "<p>Texte</p>", "<1@localhost>")


def refusing(answer: str, when: str, smtp: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    async def refuse(*_given: Any) -> str:
        return answer

    if when == "DATA":
        smtp.refuse_with = answer
    else:
        monkeypatch.setattr(smtp, "handle_RCPT", refuse, raising=False)


@pytest.mark.parametrize("when", ["RCPT", "DATA"])
@pytest.mark.parametrize(
    ("answer", "error"),
    [
        ("550 no such user", Refused),
        ("550 5.1.1 no such user", Refused),
        ("550 5.2.1 mailbox disabled", Refused),
        ("553 5.1.3 bad address", Refused),
        ("450 4.2.1 later", smtplib.SMTPException),
        ("550 5.7.1 client host blocked", smtplib.SMTPException),
        ("550 5.2.2 mailbox full", smtplib.SMTPException),
        ("552 5.3.4 too big", smtplib.SMTPException),
        ("554 5.7.1 looks like spam", smtplib.SMTPException),
    ],
)
def test_only_a_refusal_of_the_address_is_for_good(
    answer: str, error: type[Exception], when: str, smtp: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    refusing(answer, when, smtp, monkeypatch)
    with pytest.raises(error):
        mail.send(MESSAGE)


def test_a_day_without_credit_at_a_provider_stops_no_alert(smtp: Any, now: dt.datetime) -> None:
    alert = factories.alert(email=MESSAGE.to, now=now)
    smtp.refuse_with = "550 5.7.1 client host blocked"
    with pytest.raises(smtplib.SMTPException):
        tasks._sending(MESSAGE)()
    db.session.refresh(alert)
    assert alert.active
    smtp.refuse_with = "550 5.1.1 no such user"
    tasks._sending(MESSAGE)()
    db.session.refresh(alert)
    assert not alert.active


def write(payload: dict[str, Any], event_id: int) -> outbox.Effect | None:
    to = f"{payload['who']}@example.org"
    return mail.sending(mail.Message(to, "Objet", "Texte\n", "<p>Texte</p>", f"<{event_id}@site>"))


@pytest.fixture
def letters(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "subscriptions", {"letter": [Subscription("letter", write)]})


def states() -> dict[str, str]:
    db.session.expire_all()
    return {
        event.payload["who"]: event.state
        for event in db.session.scalars(select(OutboxEvent).where(OutboxEvent.topic == "letter"))
    }


@pytest.mark.usefixtures("letters")
def test_after_an_hour_without_a_server_all_leave_within_fifteen_minutes(
    app: Flask, smtp: Any, now: dt.datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = now
    monkeypatch.setattr(clock, "now", lambda: at)
    outbox.enqueue_many("letter", [{"who": f"n{number}"} for number in range(150)], now=at)
    db.session.commit()
    with monkeypatch.context() as down:
        down.setattr(app.extensions["mailman"], "port", free_port())
        # The worker comes back each minute at least.
        for _minute in range(60):
            jobs.drain()
            at += dt.timedelta(minutes=1)
    assert smtp.messages == []
    assert outbox.counts() == {"pending": 150, "leased": 0, "done": 0, "dead": 0}

    sent_at_once = 0
    for _minute in range(15):
        before = len(smtp.messages)
        jobs.drain()
        sent_at_once = max(sent_at_once, len(smtp.messages) - before)
        at += dt.timedelta(minutes=1)
    copies = Counter(message["Message-ID"] for message in smtp.messages)
    assert len(copies) == copies.total() == 150
    assert outbox.counts()["done"] == 150
    # Each waits its own time: the server that comes back is not given all of them in a minute.
    assert sent_at_once < 120


class Moody:
    """A mail server of which each recipient sees another face."""

    def __init__(self) -> None:
        self.well = False
        self.received: list[str] = []

    async def handle_RCPT(  # noqa: N802
        self, _server: Any, _session: Any, envelope: Any, address: str, _options: Any
    ) -> str:
        answers = {"busy": "421 closing", "later": "450 4.2.1 later", "nobody": "550 5.1.1 no"}
        answer = answers.get(address.partition("@")[0])
        if answer and (not self.well or answer.startswith("550")):
            return answer
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802
        who = envelope.rcpt_tos[0].partition("@")[0]
        self.received.append(who)
        if who == "cut" and not self.well:
            # The message was taken, and nobody will know.
            server.transport.close()
        if who == "tarpit" and not self.well:
            await asyncio.sleep(3)
        return "250 OK"


@pytest.mark.usefixtures("letters")
def test_a_server_of_ill_humour_keeps_nobody_else_waiting(
    app: Flask, now: dt.datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    server, port = Moody(), free_port()
    controller = Controller(server, hostname="127.0.0.1", port=port)
    controller.start()
    monkeypatch.setattr(app.extensions["mailman"], "port", port)
    assert app.extensions["mailman"].timeout == 10
    monkeypatch.setattr(app.extensions["mailman"], "timeout", 0.5)
    people = ("busy", "first", "later", "nobody", "cut", "second", "tarpit", "third")
    outbox.enqueue_many("letter", [{"who": who} for who in people], now=now)
    db.session.commit()
    try:
        jobs.drain()
        waiting = dict.fromkeys(("busy", "later", "cut", "tarpit"), "pending")
        sent = dict.fromkeys(("first", "second", "third"), "done")
        assert states() == {"nobody": "dead"} | waiting | sent
        (dead,) = db.session.scalars(select(OutboxEvent).where(OutboxEvent.state == "dead"))
        assert dead.last_error == "Refused"

        server.well = True
        monkeypatch.setattr(clock, "now", lambda: now + dt.timedelta(minutes=1))
        jobs.drain()
    finally:
        controller.stop()
    assert states() == dict.fromkeys(people, "done") | {"nobody": "dead"}
    # What was taken before the line was cut is there twice, under the same name.
    assert Counter(server.received) == Counter(
        ["busy", "first", "later", "cut", "cut", "second", "tarpit", "tarpit", "third"]
    )
