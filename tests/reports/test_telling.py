"""Who reports has a receipt; the team hears of it soon, and never more than once an hour."""

from __future__ import annotations

import datetime as dt
from typing import Any

from flask import Flask
from sqlalchemy import delete, func, select

from app.accounts.enums import Role
from app.core import clock
from app.core.database import db
from app.core.jobs import jobs
from app.core.outbox import OutboxEvent
from app.reports import services
from app.reports.enums import Decision, Reason
from app.reports.tasks import RECEIPTS_A_DAY
from tests import factories
from tests.applications.test_concurrency import together

LILA = "lila@example.org"
MINUTE = dt.timedelta(minutes=1)


def deliver(smtp: Any) -> dict[str, str]:
    """Let the worker send what waits; return the text that each person received, once at most."""
    smtp.messages.clear()
    db.session.execute(delete(OutboxEvent).where(OutboxEvent.topic == "listing.changed"))
    db.session.commit()
    jobs.drain()
    assert len({message["To"] for message in smtp.messages}) == len(smtp.messages)
    return {message["To"]: message.get_body(("plain",)).get_content() for message in smtp.messages}


def arrived() -> int:
    """Return how many messages to the team wait or have left."""
    topic = OutboxEvent.topic == "report.arrived"
    return db.session.scalar(select(func.count()).select_from(OutboxEvent).where(topic)) or 0


def test_who_left_an_email_has_a_receipt_and_nobody_else(smtp: Any) -> None:
    of = factories.listing(title="Aide à domicile")
    factories.report(of, email=LILA, words="On m’a demandé 50 €.")
    factories.report(of, email=LILA, words="On m’a demandé 50 €.")
    factories.report(of)

    told = deliver(smtp)

    assert set(told) == {LILA}
    assert "Aide à domicile" in told[LILA]
    assert "deux jours ouvrés" in told[LILA]
    assert "50 €" not in told[LILA]


def test_receipt_does_not_follow_the_decision(smtp: Any, now: dt.datetime) -> None:
    report = factories.report(email=LILA)
    services.decide(
        factories.user(Role.MODERATOR), report.case, Decision.KEEP, "Tout est vrai.", "", now
    )
    assert "Tout est vrai." in deliver(smtp)[LILA]


def test_address_of_another_person_is_not_flooded(smtp: Any) -> None:
    for number in range(RECEIPTS_A_DAY + 3):
        factories.report(email=LILA, words=f"Texte {number}")
    db.session.execute(delete(OutboxEvent).where(OutboxEvent.topic == "listing.changed"))
    db.session.commit()
    jobs.drain()
    assert len(smtp.messages) == RECEIPTS_A_DAY


def test_each_active_reviewer_is_told_of_all_that_waits_without_who_reported(
    smtp: Any, now: dt.datetime
) -> None:
    team = [factories.user(Role.MODERATOR), factories.user(Role.ADMIN)]
    factories.user(Role.MODERATOR, active=False)
    factories.user(Role.COUNSELLOR)
    of = factories.listing(title="Veilleuse de nuit")
    factories.report(of, reason=Reason.MONEY, words="Mon numéro est 06.")
    factories.report(of, reason=Reason.UNTRUE)
    factories.report(factories.listing(title="Aide à domicile"))

    assert services.tell_team(now) == 2
    told = deliver(smtp)

    assert set(told) == {person.email for person in team}
    for text in told.values():
        assert "2 annonces signalées attendent" in text
        assert "Veilleuse de nuit\u00a0: 2 personnes (fausse ou pourvue, argent, documents)" in text
        assert "http://localhost/equipe/signalements" in text
        assert "Mon numéro" not in text


def test_team_is_told_once_an_hour_and_of_each_report_once(now: dt.datetime) -> None:
    factories.user(Role.MODERATOR)
    factories.report()

    assert services.tell_team(now) == 1
    assert services.tell_team(now) == 0
    for number in range(3):
        factories.report(words=f"Autre {number}", now=now)
    assert services.tell_team(now + 59 * MINUTE) == 0
    assert services.tell_team(now + 60 * MINUTE) == 1
    assert services.tell_team(now + 125 * MINUTE) == 0
    assert arrived() == 2


def test_what_is_decided_before_is_not_told(smtp: Any, now: dt.datetime) -> None:
    moderator = factories.user(Role.MODERATOR)
    decided, other = factories.report(), factories.report()
    services.decide(moderator, decided.case, Decision.KEEP, "Tout est vrai.", "", now)
    assert services.tell_team(now) == 1
    services.decide(moderator, other.case, Decision.KEEP, "Tout est vrai.", "", now)
    assert deliver(smtp) == {}


def test_two_runs_at_once_tell_each_person_once(app: Flask, real_commits: None) -> None:
    factories.user(Role.MODERATOR)
    for number in range(4):
        factories.report(words=f"Texte {number}")
    db.session.commit()
    now = clock.now()

    def run() -> None:
        with app.app_context():
            services.tell_team(now)
            db.session.commit()
            db.session.remove()

    together(app, [run] * 4)
    assert arrived() == 1
