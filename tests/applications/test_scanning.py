"""A joined file leaves only once a real antivirus has read it; the application never waits."""

from __future__ import annotations

import datetime as dt
import io
import os
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import delete, select, update
from sqlalchemy.exc import IntegrityError

from app.accounts.models import User
from app.applications import files as services
from app.applications.enums import CvState
from app.applications.models import Application, ContactView
from app.applications.services import withdraw_application
from app.core import antivirus as client_of_clamd
from app.core import clock, storage
from app.core.antivirus import Antivirus, Unavailable
from app.core.database import db
from app.core.jobs import jobs
from app.core.outbox import OutboxEvent
from tests import factories
from tests.applications import files
from tests.applications.pages import answer, press, words
from tools.clamd import EICAR, Clamd

SignIn = Callable[[User], FlaskClient]
MALWARE = files.docx(word__document__xml=b"<document>" + EICAR + b"</document>")
TOPIC = "application.file_received"


@pytest.fixture(scope="module")
def clamd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Clamd]:
    """Start the antivirus, with the only signature the tests need."""
    with Clamd(tmp_path_factory.mktemp("clamd")) as running:
        yield running


@pytest.fixture
def scanner(app: Flask, clamd: Clamd, monkeypatch: pytest.MonkeyPatch) -> Antivirus:
    """Let the site use it, and try again at once after a failure."""
    monkeypatch.setattr(client_of_clamd, "REST_SECONDS", 0)
    monkeypatch.setitem(app.extensions, "antivirus", Antivirus(clamd.url))
    if not clamd.service.running():
        clamd.start()
    return app.extensions["antivirus"]


@pytest.fixture
def member() -> User:
    return factories.user()


def sent(app: Flask, member: User, data: bytes, name: str = "cv.docx") -> Application:
    """Send an application with a file to an organisation of this member."""
    of = factories.listing(organisation=factories.organisation(member))
    response = answer(app.test_client(), of, cv=(io.BytesIO(data), name))
    assert response.status_code == 303
    return db.session.scalars(select(Application)).one()


def seen_by(client: FlaskClient, application: Application) -> str:
    """Open the sheet and return its words."""
    board = "/recruter/candidatures/"
    press(client, f"{board}{application.id}/ouvrir", f"{board}{application.id}")
    return words(client.get(f"{board}{application.id}"))


def taken_by(client: FlaskClient, application: Application) -> Any:
    address = f"/recruter/candidatures/{application.id}"
    return press(client, f"{address}/cv", address)


def told(app: Flask, application: Application) -> str:
    """Return what the person reads on her page."""
    client = app.test_client()
    with client.session_transaction() as session:
        session["followed"] = {application.reference: clock.now().timestamp()}
    return words(client.get(f"/candidature/{application.reference}"))


def due_again() -> None:
    """Let what waits for its next attempt be due now."""
    db.session.execute(update(OutboxEvent).values(available_at=clock.now()))
    db.session.commit()


def test_a_file_waits_for_the_antivirus_then_leaves(
    app: Flask, scanner: Antivirus, member: User, sign_in: SignIn
) -> None:
    data = files.pdf()
    application = sent(app, member, data, "cv.pdf")
    client = sign_in(member)
    assert application.cv_state == CvState.WAITING
    assert "CV en analyse" in seen_by(client, application)
    assert "Notre antivirus le lit" in told(app, application)
    assert taken_by(client, application).status_code == 303
    assert "cv" not in db.session.scalars(select(ContactView.what)).all()

    jobs.drain()
    assert application.cv_state == CvState.CLEAN
    assert "Télécharger le fichier joint" in seen_by(client, application)
    assert "Il est joint à votre demande" in told(app, application)
    assert taken_by(client, application).data == data


def test_a_malware_is_deleted_and_the_application_goes_on(
    app: Flask, scanner: Antivirus, member: User, sign_in: SignIn, smtp: Any
) -> None:
    application = sent(app, member, MALWARE)
    application.email = "nora@example.org"
    db.session.commit()
    key, digest = application.cv_key or "", application.cv_sha256 or ""
    jobs.drain()
    assert (application.cv_state, application.cv_key) == (CvState.BLOCKED, None)
    assert storage.read(key, digest) is None
    client = sign_in(member)
    text = seen_by(client, application)
    assert "CV bloqué : notre antivirus y a trouvé un programme dangereux" in text
    assert "Appeler le 06 39 98 12 34" in text
    assert taken_by(client, application).status_code == 303
    assert "Votre demande est bien arrivée, sans lui" in told(app, application)
    assert application.status == "seen"
    assert [one["Subject"] for one in smtp.messages if "n’a pas été transmis" in one["Subject"]]


@pytest.mark.parametrize("trouble", ["killed", "frozen"])
def test_without_an_answer_a_file_waits_and_is_never_clean(
    trouble: str,
    app: Flask,
    clamd: Clamd,
    scanner: Antivirus,
    member: User,
    sign_in: SignIn,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(client_of_clamd, "TIMEOUT_SECONDS", 0.3)
    application = sent(app, member, MALWARE)
    if trouble == "killed":
        clamd.service.kill()
    else:
        clamd.service.freeze()
    for _attempt in range(3):
        jobs.drain()
        due_again()
    assert application.cv_state == CvState.WAITING
    assert taken_by(sign_in(member), application).status_code == 303
    monkeypatch.setattr(client_of_clamd, "TIMEOUT_SECONDS", 10)
    clamd.service.stop()
    clamd.start()
    jobs.drain()
    assert application.cv_state == CvState.BLOCKED


def test_a_file_beyond_the_limits_of_the_antivirus_is_not_clean(
    app: Flask,
    scanner: Antivirus,
    member: User,
    tmp_path: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    long = files.docx(word__media__image=os.urandom(300_000))
    with Clamd(tmp_path, stream_max="100K") as narrow:
        monkeypatch.setitem(app.extensions, "antivirus", Antivirus(narrow.url))
        application = sent(app, member, long)
        jobs.drain()
    assert application.cv_state == CvState.WAITING
    # What it reads and does not finish says so too.
    with Clamd(tmp_path / "other", scan_max="100K") as narrow, pytest.raises(Unavailable) as limit:
        Antivirus(narrow.url).scan(long)
    assert "Limits.Exceeded" in str(limit.value)


def test_the_antivirus_is_reached_by_a_socket_of_the_machine_too(clamd: Clamd) -> None:
    scanner = Antivirus(clamd.local_url)
    assert scanner.scan(files.pdf()) is None
    assert "Eicar" in (scanner.scan(EICAR) or "")


@pytest.mark.no_database
def test_a_failure_spares_the_next_files_the_same_wait(clamd: Clamd) -> None:
    scanner = Antivirus("tcp://127.0.0.1:1")
    with pytest.raises(Unavailable, match="Refused"):
        scanner.scan(b"x")
    scanner.url = clamd.url
    with pytest.raises(Unavailable, match="resting"):
        scanner.scan(b"x")


@pytest.mark.no_database
@pytest.mark.parametrize(
    "said", ["", "OK", "stream: OK FOUND ERROR", "stream: ", "UNKNOWN COMMAND", "stream: x ERROR"]
)
def test_only_a_plain_yes_is_clean(said: str) -> None:
    if said == "OK":
        said = "OK "
    with pytest.raises(Unavailable):
        client_of_clamd._found(said)


def test_a_file_withdrawn_before_its_verdict_stays_away(
    app: Flask, scanner: Antivirus, member: User
) -> None:
    application = sent(app, member, files.docx())
    withdraw_application(application, clock.now())
    db.session.commit()
    jobs.drain()
    assert (application.cv_state, application.cv_key) == (None, None)


def test_a_file_withdrawn_while_it_is_read_stays_away(
    app: Flask, scanner: Antivirus, member: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    application = sent(app, member, MALWARE)

    def scan(_self: Antivirus, _data: bytes) -> str:
        withdraw_application(application, clock.now())
        db.session.commit()
        return "Eicar"

    monkeypatch.setattr(Antivirus, "scan", scan)
    jobs.drain()
    assert (application.cv_state, application.cv_key) == (None, None)
    topics = db.session.scalars(select(OutboxEvent.topic)).all()
    assert "application.file_blocked" not in topics


def test_a_file_forgotten_is_shown_again(
    app: Flask, scanner: Antivirus, member: User, time_machine: Any
) -> None:
    application = sent(app, member, files.docx())
    later = clock.now() + dt.timedelta(minutes=11)
    time_machine.move_to(later)
    assert services.ask_again(later) == 0, "its event is still there"
    db.session.execute(update(OutboxEvent).where(OutboxEvent.topic == TOPIC).values(state="dead"))
    assert services.ask_again(later) == 1
    db.session.commit()
    jobs.drain()
    assert application.cv_state == CvState.CLEAN
    assert services.ask_again(later) == 0


def test_a_late_verdict_is_told_to_who_waits(
    app: Flask, scanner: Antivirus, member: User, sign_in: SignIn, time_machine: Any
) -> None:
    application = sent(app, member, files.docx())
    time_machine.move_to(clock.now() + dt.timedelta(minutes=61))
    assert "N’attendez pas le fichier" in seen_by(sign_in(member), application)


def test_a_lost_file_is_told_to_both_and_found_again(
    app: Flask, scanner: Antivirus, member: User, sign_in: SignIn
) -> None:
    data = files.docx()
    application = sent(app, member, data)
    key = application.cv_key or ""
    storage.remove(key)
    jobs.drain()
    assert application.cv_state == CvState.LOST
    assert "CV illisible" in seen_by(sign_in(member), application)
    assert "Il s’est perdu chez nous" in told(app, application)
    # Brought back from a backup.
    storage.file_store().put(key, data)
    result = app.test_cli_runner().invoke(args=["files", "rescan"])
    assert "1 fichiers" in result.output
    jobs.drain()
    assert application.cv_state == CvState.CLEAN


def test_what_came_before_the_antivirus_is_read_once_there_is_one(
    app: Flask, scanner: Antivirus, member: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as without:
        without.setitem(app.extensions, "antivirus", Antivirus(""))
        application = sent(app, member, MALWARE)
        jobs.drain()
        assert application.cv_state == CvState.UNSCANNED
        assert services.read_again(clock.now()) == 0
    assert services.read_again(clock.now()) == 1
    db.session.commit()
    assert application.cv_state == CvState.WAITING
    jobs.drain()
    assert application.cv_state == CvState.BLOCKED
    assert services.read_again(clock.now()) == 0


def test_what_was_clean_is_read_each_week_and_served_meanwhile(
    app: Flask, scanner: Antivirus, member: User
) -> None:
    application = sent(app, member, MALWARE)
    # As it was before the antivirus knew it.
    now = clock.now()
    application.cv_state, application.cv_state_at = CvState.CLEAN, now - dt.timedelta(days=6)
    db.session.execute(delete(OutboxEvent))
    assert services.read_again(now) == 0
    application.cv_state_at = now - dt.timedelta(days=8)
    assert services.read_again(now) == 1
    db.session.commit()
    assert application.file_may_leave
    jobs.drain()
    assert application.cv_state == CvState.BLOCKED


def test_the_command_has_everything_read(app: Flask, scanner: Antivirus, member: User) -> None:
    sent(app, member, files.docx())
    jobs.drain()
    runner = app.test_cli_runner()
    assert "0 fichiers" in runner.invoke(args=["files", "rescan"]).output
    assert "1 fichiers" in runner.invoke(args=["files", "rescan", "--all"]).output
    assert "0 fichiers" in runner.invoke(args=["files", "sweep"]).output


def test_rows_whose_file_is_gone_are_noted_unless_all_are(time_machine: Any) -> None:
    many = services.LOST_AT_ONCE + 1
    lost = [
        factories.application(cv_key=f"cv/{rank}.pdf", cv_name="cv.pdf", cv_sha256="0" * 64)
        for rank in range(many)
    ]
    time_machine.move_to(clock.now() + dt.timedelta(hours=25))
    services.sweep_files(clock.now())
    assert {one.cv_state for one in lost} == {CvState.UNSCANNED}, "the store itself is not there"
    db.session.delete(lost.pop())
    db.session.flush()
    services.sweep_files(clock.now())
    assert {one.cv_state for one in lost} == {CvState.LOST}


THERE = {"cv_key": "cv/1.pdf", "cv_sha256": "0" * 64}


@pytest.mark.parametrize(
    "state",
    [
        {"cv_state": "waiting"},
        THERE | {"cv_state": None, "cv_state_at": None},
        THERE | {"cv_state": "safe"},
        THERE | {"cv_state": "clean", "cv_state_at": None},
        THERE | {"cv_state": "blocked"},
    ],
    ids=["waits_for_nothing", "no_state", "unknown", "undated", "blocked_and_there"],
)
def test_the_database_refuses_a_state_that_lies(state: dict[str, Any]) -> None:
    with pytest.raises(IntegrityError):
        factories.application(**state)
