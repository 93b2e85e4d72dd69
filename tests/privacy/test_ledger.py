"""What was erased stays erased, whatever is restored; accounts that nobody opens end."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from app.accounts.models import User
from app.accounts.services import open_session
from app.alerts.models import Alert
from app.applications.enums import ActorKind, DeclineReason, Status
from app.applications.erasing import KEEP_ARCHIVE, erase_application, purge_applications
from app.applications.models import Application, EndedApplication
from app.applications.services import move_application
from app.core import clock, storage
from app.core.errors import NotAllowedTransition
from app.core.jobs import jobs
from app.core.outbox import OutboxEvent
from app.privacy import ledger, tasks
from app.privacy.services import ACCOUNT_KEPT, TOLD_BEFORE, erase_account
from tests import factories

DAY = dt.timedelta(days=1)


@pytest.fixture(autouse=True)
def _empty_ledger(app: Flask) -> None:
    for key in storage.kept_keys(ledger.FOLDER):
        storage.remove(key)


def test_an_erasure_reaches_the_ledger_by_the_worker(session: Any) -> None:
    one = factories.application()
    id_, now = one.id, clock.now()
    erase_application(one, now)
    session.commit()
    assert list(ledger.entries()) == []
    jobs.drain()
    kinds = {entry.kind: entry for entry in ledger.entries()}
    assert kinds["application"] == ledger.Entry("application", id_, now)
    # Identifiers and instants only.
    assert all(b"@" not in (storage.load(key) or b"") for key in storage.kept_keys(ledger.FOLDER))


def test_what_comes_back_is_erased_again(session: Any) -> None:
    now = clock.now()
    back = factories.application(now=now - 3 * DAY)
    other = factories.application(now=now - 3 * DAY)
    person = factories.user(created_at=now - 3 * DAY)
    alert = factories.alert(now=now - 3 * DAY)
    ledger.write("application", back.id, now - DAY)
    ledger.write("account", person.id, now - DAY)
    ledger.write("alert", alert.id, now - DAY)
    ids = (back.id, person.id, alert.id)
    assert ledger.replay(now) == (3, [])
    session.commit()
    gone = zip((Application, User, Alert), ids, strict=True)
    assert all(session.get(model, id_) is None for model, id_ in gone)
    assert session.get(Application, other.id) is not None
    assert ledger.replay(now) == (0, [])


def test_a_number_given_again_names_somebody_else(session: Any) -> None:
    now = clock.now()
    newer = factories.application(now=now)
    ledger.write("application", newer.id, now - DAY)
    assert ledger.replay(now) == (0, [])
    assert session.get(Application, newer.id) is not None


def test_a_withdrawal_is_replayed_without_erasing(session: Any) -> None:
    now = clock.now()
    one = factories.application(now=now - 2 * DAY, message="Mes mots")
    ledger.write("withdrawn", one.id, now - DAY)
    assert ledger.replay(now) == (1, [])
    assert (one.status, one.message) == ("withdrawn", "")


def test_a_withdrawal_is_replayed_wherever_the_copy_stood(session: Any) -> None:
    now = clock.now()
    one = factories.application(now=now - 3 * DAY, message="Mes mots")
    # Declined in the copy; since then she joined the pool, then left it.
    move_application(
        one, Status.DECLINED, ActorKind.MEMBER, None, now - 2 * DAY, DeclineReason.FILLED, "Non."
    )
    session.flush()
    told = len(session.scalars(select(OutboxEvent)).all())
    ledger.write("withdrawn", one.id, now - DAY)
    assert ledger.replay(now) == (1, [])
    assert (one.status, one.message) == ("declined", "")
    assert len(session.scalars(select(OutboxEvent)).all()) == told, "nobody is told twice"


def test_a_line_that_cannot_be_replayed_stops_no_other(
    app: Flask, session: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = clock.now()
    stuck, back = (factories.application(now=now - 3 * DAY) for _one in range(2))
    ids = stuck.id, back.id
    ledger.write("withdrawn", stuck.id, now - DAY)
    ledger.write("application", back.id, now - DAY)

    def refuse(one: Application, _now: object) -> None:
        one.message = "à moitié"
        session.flush()
        raise NotAllowedTransition("non")

    kind = ledger._KINDS["withdrawn"]
    monkeypatch.setitem(ledger._KINDS, "withdrawn", kind._replace(erase=refuse))
    session.commit()
    said = app.test_cli_runner().invoke(args=["privacy", "replay"])
    assert said.exit_code == 1
    assert f"withdrawn {ids[0]}" in said.output
    session.expire_all()
    assert session.get(Application, ids[1]) is None
    assert session.get(Application, ids[0]).message != "à moitié"


@pytest.mark.parametrize("data", [b"", b"[]", b"{", b'{"at": 3}', b'{"at": "hier"}'])
def test_a_damaged_line_still_erases_what_it_names(session: Any, data: bytes) -> None:
    now = clock.now()
    back = factories.application(now=now - 3 * DAY)
    id_ = back.id
    storage.write(f"{ledger.FOLDER}/application-{id_}.json", data)
    assert ledger.replay(now) == (1, [])
    assert session.get(Application, id_) is None


def test_lines_that_no_backup_needs_go(session: Any) -> None:
    now = clock.now()
    ledger.write("alert", 7, now)
    tasks.purge_ledger(now + ledger.KEPT - DAY)
    assert len(list(ledger.entries())) == 1
    tasks.purge_ledger(now + ledger.KEPT + DAY)
    assert list(ledger.entries()) == []


def test_the_archive_ends_after_five_years(session: Any) -> None:
    now = clock.now()
    one = factories.application(now=now)
    erase_application(one, now)
    session.flush()
    purge_applications(now + KEEP_ARCHIVE)
    assert session.scalar(select(EndedApplication)) is not None
    purge_applications(now + KEEP_ARCHIVE + 2 * DAY)
    assert session.scalar(select(EndedApplication)) is None


def test_an_account_that_nobody_opens_is_told_then_erased(session: Any) -> None:
    now = clock.now()
    person = factories.user(last_seen_at=now)
    id_ = person.id
    tasks.care_for_accounts(now + ACCOUNT_KEPT - TOLD_BEFORE - DAY)
    assert person.end_told_at is None
    told = now + ACCOUNT_KEPT - TOLD_BEFORE
    for _night in range(2):
        tasks.care_for_accounts(told)
    topics = session.scalars(select(OutboxEvent.topic)).all()
    assert list(topics).count("account.ending") == 1
    tasks.care_for_accounts(now + ACCOUNT_KEPT - DAY)
    assert session.get(User, id_) is not None
    tasks.care_for_accounts(now + ACCOUNT_KEPT)
    session.expire_all()
    assert session.get(User, id_) is None


def test_signing_in_keeps_the_account(session: Any) -> None:
    now = clock.now()
    person = factories.user(last_seen_at=now)
    told = now + ACCOUNT_KEPT - TOLD_BEFORE
    tasks.care_for_accounts(told)
    open_session(person, now=told + DAY)
    assert person.end_told_at is None
    tasks.care_for_accounts(now + ACCOUNT_KEPT + DAY)
    assert session.get(User, person.id) is not None


def test_a_late_notice_delays_the_erasure(session: Any) -> None:
    now = clock.now()
    person = factories.user(last_seen_at=now)
    # The worker was away: nobody is erased on the day she is told.
    tasks.care_for_accounts(now + ACCOUNT_KEPT + DAY)
    assert session.get(User, person.id) is not None
    tasks.care_for_accounts(now + ACCOUNT_KEPT + DAY + TOLD_BEFORE)
    session.expire_all()
    assert session.scalar(select(User).where(User.id == person.id)) is None


def test_an_account_that_comes_back_is_erased_with_all_of_it(session: Any) -> None:
    person = factories.user()
    of = factories.organisation(person)
    erase_account(person, clock.now())
    session.expire_all()
    assert of.memberships == []
