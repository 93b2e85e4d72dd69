"""What the answers of a mail server say of an address."""

from __future__ import annotations

import datetime as dt
import smtplib
from typing import Any

import pytest

from app.alerts import tasks
from app.core import mail
from app.core.database import db
from app.core.outbox import Refused
from tests import factories

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
