"""Links sent by e-mail: single use, short, consumed by a person and never by a program."""

from __future__ import annotations

import datetime as dt
import re
import threading
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from app.accounts import queries, services
from app.accounts.models import SignInLink
from app.core import clock
from app.core.database import db
from app.core.jobs import jobs
from app.core.outbox import OutboxEvent
from tests import factories
from tests.accounts.browser import csrf_of, post, signed_in

LINK = re.compile(r"http://localhost(/connexion/lien/[\w-]+(?:\?\S+)?)")


@pytest.fixture
def link(now: dt.datetime) -> str:
    """Return the address of a fresh link."""
    person = factories.user(email="recruteuse@example.org")
    token = services.create_link(person, now=now)[1]
    db.session.commit()
    return f"/connexion/lien/{token}"


def test_link_asked_by_mail_signs_in(client: FlaskClient, smtp: Any) -> None:
    factories.user(email="recruteuse@example.org", name="Anne Ravier")

    answer = post(client, "/connexion/lien", email="Recruteuse@example.org")
    jobs.drain()

    assert answer.location == "/connexion/lien-envoye"
    assert len(smtp.messages) == 1
    message = smtp.messages[0]
    assert message["To"] == "recruteuse@example.org"
    assert "Ravier" not in message["Subject"]
    found = LINK.search(message.get_body(("plain",)).get_content())
    assert found
    assert found[1] in message.get_body(("html",)).get_content()
    assert post(client, found[1]).status_code == 303
    assert signed_in(client)


def test_link_leads_to_the_wanted_page(client: FlaskClient, smtp: Any) -> None:
    factories.user(email="recruteuse@example.org")

    post(client, "/connexion/lien", email="recruteuse@example.org", next="/recruter/annonces")
    jobs.drain()

    found = LINK.search(smtp.messages[0].get_body(("plain",)).get_content())
    assert found
    assert post(client, found[1]).location == "/recruter/annonces"


def test_token_is_neither_in_the_outbox_nor_in_the_tables(client: FlaskClient, smtp: Any) -> None:
    factories.user(email="recruteuse@example.org")

    post(client, "/connexion/lien", email="recruteuse@example.org")
    jobs.drain()

    found = LINK.search(smtp.messages[0].get_body(("plain",)).get_content())
    assert found
    token = found[1].split("/")[-1]
    payloads = [str(payload) for payload in db.session.scalars(select(OutboxEvent.payload))]
    assert payloads
    assert not any(token in payload or "example.org" in payload for payload in payloads)
    stored = db.session.scalars(select(SignInLink.token_hash)).one()
    assert stored == queries.token_hash(token)


def test_unknown_address_gets_the_same_answer_and_no_mail(client: FlaskClient, smtp: Any) -> None:
    factories.user(email="suspendue@example.org", active=False)

    for email in ("inconnue@example.org", "suspendue@example.org"):
        answer = post(client, "/connexion/lien", email=email)
        assert answer.status_code == 303
        assert answer.location == "/connexion/lien-envoye"
    jobs.drain()

    assert smtp.messages == []
    assert db.session.scalar(select(func.count(SignInLink.id))) == 0


def test_asking_too_often_is_refused_alike(client: FlaskClient) -> None:
    factories.user(email="recruteuse@example.org")

    statuses = [
        post(client, "/connexion/lien", email="recruteuse@example.org").status_code
        for _turn in range(11)
    ]

    assert statuses == [303] * 10 + [429]


def test_opening_the_link_consumes_nothing(client: FlaskClient, link: str) -> None:
    for _turn in range(2):
        assert client.head(link).status_code == 200
    for _turn in range(3):
        answer = client.get(link)
        assert answer.status_code == 200
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert answer.headers["Cache-Control"] == "no-store"

    assert not signed_in(client)
    assert post(client, link).status_code == 303
    assert signed_in(client)


def test_page_of_the_link_sends_nothing_by_itself(client: FlaskClient, link: str) -> None:
    page = client.get(link).text

    form = page.split('<form method="post"')[1].split("</form>")[0]
    assert "<script" not in form
    assert "autosubmit" not in page
    assert "refresh" not in page.lower().split("</head>")[0]


def test_link_serves_once(app: Flask, client: FlaskClient, link: str) -> None:
    assert post(client, link).status_code == 303
    second = app.test_client()

    answer = post(second, link)

    assert answer.status_code == 410
    assert "Ce lien ne sert plus" in answer.text
    assert not signed_in(second)


def test_link_dies_after_ten_minutes(now: dt.datetime) -> None:
    token = services.create_link(factories.user(), now=now)[1]

    assert queries.link_user(token, now + dt.timedelta(minutes=9, seconds=59)) is not None
    assert queries.link_user(token, now + dt.timedelta(minutes=10)) is None
    assert services.use_link(token, now=now + dt.timedelta(minutes=10)) is None
    assert services.use_link(token, now=now + dt.timedelta(minutes=9)) is not None


def test_new_link_kills_the_previous_one(now: dt.datetime) -> None:
    person = factories.user()
    first = services.create_link(person, now=now)[1]
    second = services.create_link(person, now=now)[1]

    assert services.use_link(first, now=now) is None
    assert services.use_link(second, now=now) is person


def test_link_of_a_suspended_person_is_dead(now: dt.datetime) -> None:
    person = factories.user()
    token = services.create_link(person, now=now)[1]
    services.suspend_account(person, now=now)

    assert queries.link_user(token, now) is None
    assert services.use_link(token, now=now) is None


def test_of_twenty_presses_at_once_one_succeeds(app: Flask, real_commits: None) -> None:
    person = factories.user()
    token = services.create_link(person, now=clock.now())[1]
    db.session.commit()
    browsers = []
    for _turn in range(20):
        browser = app.test_client()
        browsers.append((browser, csrf_of(browser, "/connexion/lien")))
    barrier = threading.Barrier(len(browsers))
    statuses: list[int] = []

    def press(browser: FlaskClient, csrf: str) -> None:
        barrier.wait()
        answer = browser.post(f"/connexion/lien/{token}", data={"csrf_token": csrf})
        statuses.append(answer.status_code)

    threads = [threading.Thread(target=press, args=pair) for pair in browsers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(statuses) == [303] + [410] * 19


def test_failed_delivery_makes_another_link(client: FlaskClient, smtp: Any) -> None:
    factories.user(email="recruteuse@example.org")
    smtp.refuse_with = "451 try later"
    post(client, "/connexion/lien", email="recruteuse@example.org")
    jobs.drain()
    assert smtp.messages == []
    smtp.refuse_with = None
    event = db.session.scalars(select(OutboxEvent)).one()
    event.available_at = clock.now()
    db.session.commit()

    jobs.drain()

    found = LINK.search(smtp.messages[0].get_body(("plain",)).get_content())
    assert found
    assert post(client, found[1]).status_code == 303
