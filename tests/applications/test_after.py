"""After a visit that pleased, one tap becomes an application; once, and never behind one's back."""

from __future__ import annotations

import datetime as dt
import itertools
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from app.applications import after, keys, services, tasks
from app.applications.enums import ActorKind, Status
from app.applications.models import Application
from app.core import clock
from app.core.database import db
from app.core.outbox import OutboxEvent
from app.listings.enums import Kind
from app.listings.enums import Status as Life
from app.listings.models import Listing
from tests import factories
from tests.applications.pages import hidden, page, words
from tests.applications.test_concurrency import together

DAY = dt.timedelta(days=1)
_numbers = itertools.count(10)


def visit(kind: str = Kind.EVENT, **values: Any) -> Application:
    """Return the registration of somebody who came to a visit of yesterday."""
    listing = factories.listing(kind, title="Café des soignantes")
    date = factories.listing_session(
        listing, starts_at=clock.now() - DAY, ends_at=clock.now() - DAY + DAY / 24, taken=1
    )
    status = Status.ATTENDED if kind == Kind.EVENT else Status.HIRED
    base = {"session": date, "status": status, "message": "Un mot", "commune_label": "Bron"}
    phone = values.get("phone", f"+336399800{next(_numbers):02d}")
    base |= {"phone": phone, "candidate_key": keys.keyed_hash("candidate", phone)}
    return factories.application(listing, **base | values)


def job_of(application: Application, **values: Any) -> Listing:
    """Return an open job of the same organisation and profession."""
    return factories.listing(**{"organisation": application.listing.organisation} | values)


def follow(client: FlaskClient, application: Application) -> str:
    """Open the page with the link of the e-mail; return its address."""
    db.session.commit()
    address = f"/candidature/{application.reference}"
    client.get(f"{address}?cle={keys.link_token(application.link_salt)}")
    return address


def tap(client: FlaskClient, address: str) -> Any:
    shown = page(client.get(address)).select_one("section[aria-labelledby=after] form")
    assert shown is not None
    data = {field["name"]: field["value"] for field in shown.select("input[type=hidden]")}
    return client.post(shown["action"], data=data)


def applications_to(listing: Listing) -> list[Application]:
    return list(db.session.scalars(select(Application).where(Application.listing_id == listing.id)))


@pytest.mark.parametrize("kind", [Kind.EVENT, Kind.IMMERSION, Kind.INTERNSHIP])
def test_one_tap_sends_the_contact_she_gave_and_nothing_else(
    client: FlaskClient, kind: str
) -> None:
    tried = visit(kind, cv_key="x", cv_name="cv.pdf", cv_sha256="0" * 64, last_name="Diallo")
    job = job_of(tried)
    address = follow(client, tried)

    told = words(client.get(address))
    answer = tap(client, address)

    assert "vous acceptez que" in told
    assert tried.email is not None
    assert tried.email in told
    assert answer.location == "/candidature/confirmation"
    sent = applications_to(job)[0]
    assert (sent.first_name, sent.last_name, sent.phone, sent.email, sent.commune_label) == (
        tried.first_name,
        "Diallo",
        tried.phone,
        tried.email,
        "Bron",
    )
    assert after.words(tried) == sent.message
    assert " ".join(sent.message.split()) in told
    assert (sent.status, sent.cv_key, sent.counsellor_consent_at) == (Status.RECEIVED, None, None)
    # The promise runs, she gets her receipt, and the log says who asked.
    assert sent.answer_due_at is not None
    assert sent.events[0].actor_kind == ActorKind.CANDIDATE
    kinds = set(db.session.scalars(select(OutboxEvent.topic)))
    assert "application.received" in kinds
    confirmation = client.get("/candidature/confirmation")
    assert sent.reference in confirmation.text
    assert client.get(f"/candidature/{sent.reference}").status_code == 200


def test_a_double_tap_sends_one_application(client: FlaskClient) -> None:
    tried = visit()
    job = job_of(tried)
    address = follow(client, tried)
    data = hidden_of(client, address)

    first = client.post(f"{address}/suite", data=data)
    second = client.post(f"{address}/suite", data=data)

    assert first.location == second.location == "/candidature/confirmation"
    assert len(applications_to(job)) == 1
    assert "je postule" not in client.get(address).text


def hidden_of(client: FlaskClient, address: str) -> dict[str, str]:
    fields = page(client.get(address)).select("section[aria-labelledby=after] input[type=hidden]")
    return {str(field["name"]): str(field["value"]) for field in fields}


def test_two_taps_at_the_same_instant_send_one_application(app: Flask, real_commits: None) -> None:
    tried = visit()
    job = job_of(tried)
    db.session.commit()
    tried_id, job_id, now = tried.id, job.id, clock.now()

    def once() -> int:
        with app.app_context():
            mine = db.session.get_one(Application, tried_id)
            sent = after.apply_next(mine, job_id, now).application.id
            db.session.commit()
            return sent

    first, second = together(app, [once, once])

    assert first == second
    total = select(func.count()).where(Application.listing_id == job_id)
    assert db.session.scalar(total) == 1


def test_who_answered_already_is_not_asked_again(client: FlaskClient) -> None:
    tried = visit()
    job = job_of(tried)
    theirs = factories.application(job, candidate_key=tried.candidate_key)
    address = follow(client, tried)

    shown = client.get(address).text
    refused = client.post(f"{address}/suite", data={"csrf_token": token(client), "listing": job.id})

    assert "je postule" not in shown
    assert "Chercher ce métier près d’ici" in shown
    assert refused.status_code == 303
    assert applications_to(job) == [theirs]


def token(client: FlaskClient) -> str:
    return hidden(client.get("/candidature/"))["csrf_token"]


def test_a_listing_closed_meanwhile_sends_nothing_and_says_so(client: FlaskClient) -> None:
    tried = visit()
    job = job_of(tried)
    address = follow(client, tried)
    data = hidden_of(client, address)
    job.status = Life.PAUSED
    db.session.commit()

    answer = client.post(f"{address}/suite", data=data)

    assert answer.location.endswith(address)
    assert "Rien n’a été envoyé" in client.get(address).text
    assert applications_to(job) == []


@pytest.mark.parametrize(
    "status", [Status.REGISTERED, Status.WAITLISTED, Status.ABSENT, Status.CANCELLED]
)
def test_who_did_not_come_or_took_it_back_is_proposed_nothing(
    client: FlaskClient, status: Status
) -> None:
    tried = visit(status=status)
    job = job_of(tried)
    address = follow(client, tried)

    assert 'aria-labelledby="after"' not in client.get(address).text
    client.post(f"{address}/suite", data={"csrf_token": token(client), "listing": job.id})
    assert applications_to(job) == []


def test_days_to_come_and_a_job_got_propose_nothing() -> None:
    now = clock.now()
    coming = visit(Kind.IMMERSION)
    assert coming.session is not None
    coming.session.starts_at = coming.session.ends_at = now + DAY
    hired = factories.application(factories.listing(), status=Status.HIRED)
    withdrawn = visit(Kind.IMMERSION, status=Status.WITHDRAWN)

    assert [after.has_tried(one, now) for one in (coming, hired, withdrawn)] == [False] * 3
    assert after.has_tried(coming, now + 2 * DAY)


def test_the_reference_of_another_sends_nothing(client: FlaskClient) -> None:
    mine, other = visit(), visit()
    job = job_of(other)
    follow(client, mine)

    answer = client.post(
        f"/candidature/{other.reference}/suite",
        data={"csrf_token": token(client), "listing": job.id},
    )

    assert answer.status_code == 303
    assert answer.location.startswith("/candidature/?")
    assert applications_to(job) == []


def test_a_listing_that_was_not_proposed_is_not_answered(client: FlaskClient) -> None:
    tried = visit()
    job_of(tried)
    elsewhere = factories.listing()
    address = follow(client, tried)

    for listing in (elsewhere.id, 0, 10**9, "x"):
        client.post(f"{address}/suite", data={"csrf_token": token(client), "listing": listing})

    assert applications_to(elsewhere) == []
    assert db.session.scalar(select(func.count()).select_from(Application)) == 1


def test_reading_the_address_sends_nothing(client: FlaskClient) -> None:
    tried = visit()
    job_of(tried)
    assert client.get(f"{follow(client, tried)}/suite").status_code == 405


def test_a_job_comes_before_a_training_and_a_full_date_is_left_out() -> None:
    now = clock.now()
    tried = visit()
    full = job_of(tried, kind=Kind.TRAINING)
    factories.listing_session(full, capacity=1, taken=1)
    assert after.next_step(tried, now) is None

    training = job_of(tried, kind=Kind.TRAINING)
    date = factories.listing_session(training)
    db.session.refresh(training)
    assert after.next_step(tried, now) == (training, date)

    job = job_of(tried)
    job_of(tried, profession_id=factories.profession("infirmier").id)
    factories.listing()
    assert after.next_step(tried, now) == (job, None)


def test_a_training_is_asked_for_at_its_next_date() -> None:
    now = clock.now()
    tried = visit()
    training = job_of(tried, kind=Kind.TRAINING)
    date = factories.listing_session(training)
    db.session.refresh(training)

    sent = after.apply_next(tried, training.id, now).application

    assert (sent.session_id, sent.status) == (date.id, Status.RECEIVED)


def test_taken_back_after_the_tap_it_is_not_sent_again(client: FlaskClient) -> None:
    tried = visit()
    job = job_of(tried)
    address = follow(client, tried)
    data = hidden_of(client, address)
    client.post(f"{address}/suite", data=data)
    services.withdraw_application(applications_to(job)[0], clock.now())
    db.session.commit()

    client.post(f"{address}/suite", data=data)

    assert [one.status for one in applications_to(job)] == [Status.WITHDRAWN]
    assert "je postule" not in client.get(address).text


def test_without_anything_open_there_the_search_near_there_is_offered(client: FlaskClient) -> None:
    tried = visit()
    address = follow(client, tried)

    block = page(client.get(address)).select_one("section[aria-labelledby=after]")

    assert block is not None
    link = block.a["href"]
    assert link.startswith("/recherche?")
    assert "metier=aide-soignant" in link
    assert "type=emploi" in link
    assert "Bron" in link


def test_who_came_is_thanked_two_hours_later_unless_it_was_a_mistake(smtp: Any) -> None:
    now = clock.now()
    came, missed = (visit(status=Status.REGISTERED) for _ in range(2))
    for one in (came, missed):
        services.move_application(one, Status.ATTENDED, ActorKind.MEMBER, None, now)
    services.move_application(missed, Status.ABSENT, ActorKind.MEMBER, None, now)
    waiting = db.session.scalars(
        select(OutboxEvent).where(OutboxEvent.topic == "application.came")
    ).all()
    assert {one.available_at for one in waiting} == {now + dt.timedelta(hours=2)}

    for one in waiting:
        effect = tasks.thank(one.payload, one.id)
        if effect is not None:
            effect()

    assert [message["To"] for message in smtp.messages] == [came.email]
    text = smtp.messages[0].get_body(("plain",)).get_content()
    assert f"/candidature/{came.reference}?cle=" in text
