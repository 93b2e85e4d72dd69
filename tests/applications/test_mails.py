"""Messages to both sides, through the outbox, to a real mail server."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from app.applications import services, tasks
from app.applications.enums import ActorKind, DeclineReason, Status
from app.applications.models import Application
from app.applications.receiving import submit_application
from app.core.jobs import jobs
from app.core.outbox import OutboxEvent
from app.listings.enums import Kind
from tests import factories
from tests.applications.pages import answer, press, words


def texts(message: Any) -> tuple[str, str]:
    """Return the text and the HTML of a message."""
    plain = message.get_body(("plain",)).get_content()
    rich = message.get_body(("html",)).get_content()
    return plain, rich


def test_each_side_gets_one_message(client: FlaskClient, smtp: Any) -> None:
    members = [factories.user(), factories.user()]
    of = factories.listing(organisation=factories.organisation(*members))
    answer(client, of, email="nora@example.org", last_name="Benali")
    jobs.drain()
    jobs.drain()
    to = sorted(message["To"] for message in smtp.messages)
    assert to == sorted(["nora@example.org", *(member.email for member in members)])
    for message in smtp.messages:
        plain, rich = texts(message)
        assert "Nora" not in message["Subject"]
        if message["To"] != "nora@example.org":
            for secret in ("Nora", "Benali", "nora@example.org", "39981234"):
                assert secret not in message["Subject"] + plain + rich
            assert "http://localhost/recruter/" in plain
            assert "http://localhost/recruter/" in rich


def test_the_link_of_the_receipt_opens_the_page(client: FlaskClient, smtp: Any, app: Any) -> None:
    answer(client, factories.listing(), email="nora@example.org")
    jobs.drain()
    plain, rich = texts(smtp.messages[0])
    link = re.search(r"http://localhost(/candidature/\S+)", plain)
    assert link
    assert link[1].replace("&", "&amp;") in rich
    assert "Votre demande, Nora" in words(app.test_client().get(link[1]))


def test_without_an_email_only_the_organisation_is_told(client: FlaskClient, smtp: Any) -> None:
    member = factories.user()
    answer(client, factories.listing(organisation=factories.organisation(member)))
    jobs.drain()
    assert [message["To"] for message in smtp.messages] == [member.email]


def test_each_change_that_concerns_the_person_is_told_once(
    now: dt.datetime, smtp: Any, session: Any
) -> None:
    application = factories.application(email="nora@example.org", first_name="Nora")
    for to in (Status.SEEN, Status.CONTACTED, Status.CONTACTED, Status.MEETING, Status.HIRED):
        services.move_application(application, to, ActorKind.MEMBER, None, now)
    session.commit()
    jobs.drain()
    told = [texts(message)[0] for message in smtp.messages]
    assert len(told) == 3
    assert "C’est oui" in told[2]
    assert len({message["Message-ID"] for message in smtp.messages}) == 3


def test_a_refusal_carries_the_words_of_the_recruiter_as_text(
    now: dt.datetime, smtp: Any, session: Any
) -> None:
    application = factories.application(email="nora@example.org")
    services.move_application(
        application,
        Status.DECLINED,
        ActorKind.MEMBER,
        None,
        now,
        DeclineReason.SCHEDULE,
        "Désolée <b>Nora</b>.",
    )
    session.commit()
    jobs.drain()
    plain, rich = texts(smtp.messages[0])
    assert "Désolée <b>Nora</b>." in plain
    assert "Désolée &lt;b&gt;Nora&lt;/b&gt;." in rich


def test_taking_back_is_confirmed_and_told_without_a_name(
    client: FlaskClient, smtp: Any, session: Any
) -> None:
    member = factories.user()
    answer(
        client,
        factories.listing(organisation=factories.organisation(member)),
        email="nora@example.org",
    )
    reference = session.scalars(select(Application.reference)).one()
    address = f"/candidature/{reference}/retirer"
    press(client, address, address)
    jobs.drain()
    told = [message for message in smtp.messages if message["To"] == member.email]
    subjects = {" ".join(message["Subject"].split()) for message in told}
    assert len(smtp.messages) == 4
    assert "Une personne a retiré sa candidature : Aide-soignant·e de jour" in subjects


def test_a_seat_that_comes_free_is_told_to_the_next(
    now: dt.datetime, smtp: Any, session: Any
) -> None:
    event = factories.listing(Kind.EVENT)
    date = factories.listing_session(event, capacity=1, taken=1)
    registered = factories.application(event, session=date, status=Status.REGISTERED, email=None)
    waiting = factories.application(event, session=date, status=Status.WAITLISTED)
    services.withdraw_application(registered, now)
    session.commit()
    jobs.drain()
    mine = [message for message in smtp.messages if message["To"] == waiting.email]
    assert len(mine) == 1
    assert "vous êtes inscrit·e" in texts(mine[0])[0]


@pytest.mark.parametrize(
    ("answered", "state"),
    [
        ("451 try later", "pending"),
        ("550 no such user", "dead"),
        ("550 5.1.1 no such user", "dead"),
        ("550 5.7.1 client host blocked", "pending"),
        ("554 5.7.1 looks like spam", "pending"),
        ("554 transaction failed", "pending"),
    ],
)
def test_a_refusal_for_ever_is_not_repeated(
    answered: str, state: str, client: FlaskClient, smtp: Any, session: Any
) -> None:
    smtp.refuse_with = answered
    answer(client, factories.listing(), email="nora@example.org")
    jobs.drain()
    session.expire_all()
    row = session.scalars(
        select(OutboxEvent).where(OutboxEvent.topic == "application.received")
    ).one()
    assert row.state == state
    assert "nora" not in (row.last_error or "")


def test_messages_about_what_has_been_erased_are_not_sent(smtp: Any) -> None:
    gone = {"application_id": 2**30, "application_event_id": 2**30, "user_id": 2**30}
    for handler in (tasks.confirm_to_candidate, tasks.tell_candidate, tasks.tell_member):
        assert handler(gone, 1) is None


def test_texts_are_written_as_people_wrote_them(client: FlaskClient, smtp: Any) -> None:
    title = "Aide à l'accueil <de jour> & de nuit"
    answer(client, factories.listing(title=title), email="nora@example.org", first_name="D'Arcy")
    jobs.drain()
    plain, rich = texts(smtp.messages[0])
    assert title in plain
    assert "Bonjour D'Arcy," in plain
    assert "<de jour>" not in rich
    assert "Bonjour D&#39;Arcy," in rich


def test_an_address_that_refuses_is_told_to_who_counts_on_it(
    sign_in: Callable[..., FlaskClient], client: FlaskClient, smtp: Any, now: dt.datetime
) -> None:
    member = factories.user()
    of = factories.listing(organisation=factories.organisation(member))
    result = submit_application(
        of, {"first_name": "Ada", "email": "ada@exampel.org"}, "clé-refus", now
    )
    application = result.application
    other = factories.application(of, email="bea@example.org")
    for one in (application, other):
        services.record_view(one, member, "contact", now)
    browser = sign_in(member)
    sheet = f"/recruter/candidatures/{application.id}"
    assert "refuse nos e-mails" not in browser.get(sheet).text
    smtp.refuse_with = "550 5.1.1 no such user"
    jobs.drain()
    assert "Cette adresse refuse nos e-mails." in browser.get(sheet).text
    assert "refuse nos e-mails" not in browser.get(f"/recruter/candidatures/{other.id}").text
    with client.session_transaction() as cookie:
        cookie["followed"] = {application.reference: now.timestamp()}
    page = client.get(f"/candidature/{application.reference}").text
    assert "Nos e-mails n’arrivent pas à votre adresse." in page
