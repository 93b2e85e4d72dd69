"""The space of those who receive applications: board, sheet, answers, and who may see what."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event, func, select

from app.accounts.enums import Role
from app.applications.enums import DECLINE_REASON_LABELS, DeclineReason, Status
from app.applications.models import Application, ContactView
from app.core import clock
from app.core.database import db
from app.core.outbox import OutboxEvent
from app.listings.enums import Kind
from app.organisations.enums import OrganisationStatus
from tests import factories
from tests.applications import files
from tests.applications.pages import answer, page, press, words

SignIn = Callable[..., FlaskClient]
BOARD = "/recruter/"


def received(**values: Any) -> tuple[Any, Application]:
    """Return a recruiter and an application to her organisation."""
    person = factories.user(values.pop("role", Role.RECRUITER))
    status = values.pop("organisation_status", OrganisationStatus.VERIFIED)
    kind = values.pop("kind", Kind.JOB)
    of = factories.listing(kind, organisation=factories.organisation(person, status=status))
    return person, factories.application(of, last_name="Benali", **values)


def sheet(application: Application) -> str:
    return f"/recruter/candidatures/{application.id}"


def opened(client: FlaskClient, application: Application) -> Any:
    """Press the button that shows the details; return the sheet."""
    response = press(client, f"{sheet(application)}/ouvrir", sheet(application))
    return client.get(response.location)


def views(session: Any) -> int:
    return session.scalar(select(func.count()).select_from(ContactView))


def test_visitors_read_what_the_space_is(client: FlaskClient) -> None:
    text = words(client.get(BOARD))
    assert "Vous recrutez ou vous formez" in text
    assert "Votre structure n’est pas encore inscrite" in text


@pytest.mark.parametrize("role", [Role.RECRUITER, Role.SCHOOL])
def test_members_see_who_waits(role: Role, sign_in: SignIn) -> None:
    person, application = received(role=role)
    text = words(sign_in(person).get(BOARD))
    assert "1 personne attend votre appel" in text
    assert "Samira B." in text
    assert application.phone not in text


@pytest.mark.parametrize("address", [BOARD, f"{BOARD}?vue=liste"])
def test_a_broken_promise_is_shown_first(address: str, sign_in: SignIn, now: dt.datetime) -> None:
    person, _soon = received(first_name="Paulo", answer_due_at=now + dt.timedelta(hours=5))
    factories.application(
        _soon.listing, first_name="Ines", answer_due_at=now - dt.timedelta(hours=26)
    )
    text = words(sign_in(person).get(address))
    assert "En retard : un jour" in text
    assert text.index("Ines") < text.index("Paulo")


def test_the_two_views_offer_the_same_actions(sign_in: SignIn) -> None:
    person, _application = received()
    client = sign_in(person)
    actions = [
        sorted({str(form["action"]) for form in page(client.get(address)).select("main form")})
        for address in (BOARD, f"{BOARD}?vue=liste")
    ]
    assert actions[0] == actions[1]


def test_the_board_asks_few_queries_however_many_wait(sign_in: SignIn, session: Any) -> None:
    person, first = received()
    client = sign_in(person)

    def queries() -> int:
        asked: list[str] = []
        listen = (db.engine.engine, "before_cursor_execute", lambda *a: asked.append(a[2]))
        event.listen(*listen)
        try:
            assert client.get(BOARD).status_code == 200
        finally:
            event.remove(*listen)
        return sum("SELECT" in sql for sql in asked)

    with_one = queries()
    for _application in range(30):
        factories.application(first.listing)
    session.commit()
    assert queries() == with_one <= 7


def test_the_details_are_shown_once_the_trace_is_written(sign_in: SignIn, session: Any) -> None:
    person, application = received()
    client = sign_in(person)
    before = words(client.get(sheet(application)))
    assert views(session) == 0
    assert "Afficher les coordonnées" in before
    assert "Benali" not in before
    after = opened(client, application)
    assert views(session) == 1
    assert page(after).select_one(f'a[href="tel:{application.phone}"]')
    assert "Benali" in words(after)
    assert after.headers["Cache-Control"] == "no-store"
    session.expire_all()
    assert application.status == Status.SEEN


def test_each_member_leaves_her_own_trace(sign_in: SignIn, session: Any) -> None:
    person, application = received()
    opened(sign_in(person), application)
    colleague = factories.user()
    organisation = application.listing.organisation
    db.session.add(
        type(organisation.memberships[0])(
            organisation_id=organisation.id,
            user_id=colleague.id,
            role="member",
            created_at=application.created_at,
        )
    )
    session.commit()
    assert "Benali" not in words(sign_in(colleague).get(sheet(application)))


def every_page(application: Application) -> list[tuple[str, str]]:
    base = sheet(application)
    return [
        ("get", base),
        ("get", f"{base}/refuser"),
        ("post", f"{base}/ouvrir"),
        ("post", f"{base}/etape"),
        ("post", f"{base}/refuser"),
        ("post", f"{base}/cv"),
    ]


@pytest.mark.parametrize("role", [*Role, None])
def test_the_applications_of_others_do_not_exist(
    role: Role | None, sign_in: SignIn, client: FlaskClient, session: Any
) -> None:
    _person, application = received()
    if role is not None:
        stranger = factories.user(role)
        if role in {Role.RECRUITER, Role.SCHOOL}:
            factories.organisation(stranger)
        client = sign_in(stranger)
    assert "Samira" not in words(client.get(BOARD))
    for method, address in every_page(application):
        if method == "get":
            response = client.get(address)
            expected = 404 if role else 302
        else:
            response = press(client, address, "/candidature/", to="hired", reason="filled")
            expected = 404 if role else 401
        assert response.status_code == expected, (method, address)
    session.expire_all()
    assert application.status == Status.RECEIVED
    assert views(session) == 0


@pytest.mark.parametrize("status", [OrganisationStatus.PENDING, OrganisationStatus.SUSPENDED])
def test_an_organisation_not_verified_sees_nobody(
    status: OrganisationStatus, sign_in: SignIn
) -> None:
    person, application = received(organisation_status=status)
    client = sign_in(person)
    for address in (BOARD, f"{BOARD}?vue=liste", f"{BOARD}?annonce={application.listing_id}"):
        text = words(client.get(address))
        assert "Samira" not in text
        told = "1 personne a répondu à une structure qui n’est pas encore vérifiée" in text
        assert told is (status is OrganisationStatus.PENDING)
    for method, address in every_page(application):
        send = client.get if method == "get" else lambda a: press(client, a, "/candidature/")
        assert send(address).status_code == 404


def test_steps_are_taken_from_the_sheet_and_from_the_board(sign_in: SignIn, session: Any) -> None:
    person, application = received()
    client = sign_in(person)
    move = f"{sheet(application)}/etape"
    response = press(client, move, BOARD, to="meeting", next="/recruter/?vue=liste")
    assert response.location == "/recruter/?vue=liste"
    session.expire_all()
    assert application.status == Status.MEETING
    assert application.first_contact_at is not None
    assert "Un e-mail lui est envoyé" in words(client.get(BOARD))
    assert press(client, move, BOARD, to="meeting", next="//evil.example").location == sheet(
        application
    )


def test_who_came_to_an_event_is_told_nothing_at_once_but_thanks_later(
    sign_in: SignIn, session: Any
) -> None:
    person, application = received(kind=Kind.EVENT, status=Status.REGISTERED)
    client = sign_in(person)
    assert "Inscriptions" in words(client.get(BOARD))
    press(client, f"{sheet(application)}/etape", BOARD, to="attended")
    assert "Samira : Présence." in words(client.get(BOARD))
    queued = session.scalars(select(OutboxEvent)).one()
    assert queued.topic == "application.came"
    assert queued.available_at > clock.now()


def test_a_person_without_email_is_to_be_told_by_phone(sign_in: SignIn) -> None:
    person, application = received(email=None)
    client = sign_in(person)
    press(client, f"{sheet(application)}/etape", BOARD, to="contacted")
    # They have just spoken.
    assert "dites-le-lui au téléphone" not in words(client.get(BOARD))
    press(client, f"{sheet(application)}/etape", BOARD, to="hired")
    assert "dites-le-lui au téléphone" in words(client.get(BOARD))


def test_a_no_always_goes_through_its_reason(sign_in: SignIn) -> None:
    person, application = received()
    client = sign_in(person)
    response = press(client, f"{sheet(application)}/etape", BOARD, to="declined")
    assert response.location == f"{sheet(application)}/refuser"
    asked = client.get(f"{sheet(application)}/refuser?reason=age")
    assert asked.status_code == 422
    assert application.status == Status.RECEIVED


@pytest.mark.parametrize("to", ["received", "enrolled", "withdrawn", "nonsense", ""])
def test_a_step_that_is_not_offered_is_refused_in_words(
    to: str, sign_in: SignIn, session: Any
) -> None:
    person, application = received(status=Status.TRIAL)
    client = sign_in(person)
    response = press(client, f"{sheet(application)}/etape", BOARD, to=to)
    assert response.status_code == 303
    assert page(client.get(response.location)).select_one(".note--error")
    session.expire_all()
    assert application.status == Status.TRIAL


@pytest.mark.parametrize("reason", DeclineReason)
def test_each_reason_has_its_kind_message_ready(reason: DeclineReason, sign_in: SignIn) -> None:
    person, application = received()
    client = sign_in(person)
    asked = page(client.get(f"{sheet(application)}/refuser"))
    labels = {label.get_text(strip=True) for label in asked.select("main .check label")}
    assert labels == {str(label) for label in DECLINE_REASON_LABELS.values()}
    ready = page(client.get(f"{sheet(application)}/refuser?reason={reason}"))
    message = ready.select_one("textarea").get_text()
    assert "Bonjour Samira," in message
    assert application.listing.title in message
    assert "{" not in message


def test_saying_no_sends_the_message_as_changed(sign_in: SignIn, session: Any) -> None:
    person, application = received()
    client = sign_in(person)
    address = f"{sheet(application)}/refuser"
    ready = f"{address}?reason=schedule"
    wrong = press(client, address, ready, reason="schedule", message=" ")
    assert wrong.status_code == 422
    assert press(client, address, ready, reason="age", message="Non").status_code == 422
    sent = press(client, address, ready, reason="schedule", message="Désolée Samira.")
    assert sent.status_code == 303
    session.expire_all()
    assert application.status == Status.DECLINED
    assert (application.decline_reason, application.decline_message) == (
        "schedule",
        "Désolée Samira.",
    )
    assert client.get(address).status_code == 303


def test_a_school_says_no_to_a_request_for_a_place(sign_in: SignIn, session: Any) -> None:
    person, application = received(role=Role.SCHOOL, kind=Kind.TRAINING)
    client = sign_in(person)
    address = f"{sheet(application)}/refuser"
    press(client, address, f"{address}?reason=filled", reason="filled", message="Complet.")
    session.expire_all()
    assert application.status == Status.REFUSED


def test_what_was_taken_back_shows_nothing_more(sign_in: SignIn) -> None:
    person, application = received()
    client = sign_in(person)
    opened(client, application)
    application.status = Status.WITHDRAWN
    db.session.commit()
    text = words(client.get(sheet(application)))
    assert "La personne a retiré sa demande" in text
    assert "Benali" not in text


def test_a_file_leaves_as_a_download_after_its_trace(
    app: Flask, sign_in: SignIn, session: Any
) -> None:
    person = factories.user()
    of = factories.listing(organisation=factories.organisation(person))
    data = files.pdf()
    answer(app.test_client(), of, cv=(io.BytesIO(data), "Mon CV é😀.pdf"))
    application = session.scalars(select(Application)).one()
    client = sign_in(person)
    opened(client, application)
    response = press(client, f"{sheet(application)}/cv", sheet(application))
    assert response.data == data
    name = f"cv-{application.reference}.pdf"
    assert response.headers["Content-Disposition"] == (
        f"attachment; filename=\"{name}\"; filename*=UTF-8''{name}"
    )
    assert response.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["Cache-Control"] == "no-store"
    traces = session.scalars(select(ContactView.what).order_by(ContactView.id)).all()
    assert traces == ["contact", "cv"]
    assert client.get(f"{sheet(application)}/cv").status_code == 405


def test_a_lost_file_is_told_not_invented(sign_in: SignIn) -> None:
    person, application = received(cv_key="cv/gone.pdf", cv_name="cv.pdf", cv_sha256="0" * 64)
    client = sign_in(person)
    response = press(client, f"{sheet(application)}/cv", sheet(application))
    assert response.status_code == 303
    assert "n’est plus lisible" in words(client.get(response.location))


@pytest.mark.parametrize(
    "query", ["page=99999999999", "page=-1", "annonce=99999999999999", "page=a"]
)
def test_forged_addresses_are_harmless(query: str, sign_in: SignIn) -> None:
    person, _application = received()
    assert sign_in(person).get(f"{BOARD}?vue=liste&{query}").status_code == 200


def test_a_long_list_has_pages(sign_in: SignIn) -> None:
    person, first = received()
    for _application in range(55):
        factories.application(first.listing)
    client = sign_in(person)
    rows = [
        len(page(client.get(f"{BOARD}?vue=liste&page={number}")).select("tbody tr"))
        for number in (1, 2)
    ]
    assert rows == [50, 6]
