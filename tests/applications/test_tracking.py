"""Following one's application, and taking it back, without an account."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from app.applications import keys, services
from app.applications.enums import ActorKind, DeclineReason, Status
from app.applications.models import Application, ApplicationEvent
from tests import factories
from tests.applications.pages import answer, confirmation, page, press, words

MINUTE = dt.timedelta(minutes=1)


def sent(client: FlaskClient, session: Any) -> tuple[Application, str]:
    """Answer a listing; return the application and its code."""
    answer(client, factories.listing(), email="nora@example.org")
    reference, code = confirmation(client)
    query = select(Application).where(Application.reference == reference)
    return session.scalars(query).one(), code


def look_up(client: FlaskClient, reference: str, code: str) -> Any:
    return press(client, "/candidature/", "/candidature/", reference=reference, code=code)


def test_the_reference_and_the_code_open_the_page(
    client: FlaskClient, app: Flask, session: Any
) -> None:
    application, code = sent(client, session)
    other = app.test_client()
    response = look_up(other, application.reference.lower(), code.replace(" ", ""))
    assert response.status_code == 303
    shown = other.get(response.location)
    assert "Votre demande, Nora" in words(shown)
    assert shown.headers["Cache-Control"] == "no-store"
    assert shown.headers["Referrer-Policy"] == "no-referrer"
    assert "noindex" in shown.headers["X-Robots-Tag"]


def test_the_answer_never_tells_whether_the_reference_exists(
    client: FlaskClient, app: Flask, session: Any
) -> None:
    application, _code = sent(client, session)
    other = app.test_client()
    wrong_code = look_up(other, application.reference, "AAAA2222")
    wrong_both = look_up(other, "PS-2222-2222", "AAAA2222")
    assert wrong_code.status_code == wrong_both.status_code == 422
    errors = [page(answer).select_one(".errors").get_text() for answer in (wrong_code, wrong_both)]
    assert errors[0] == errors[1]


def test_a_new_key_of_the_site_opens_what_the_one_before_had_given(
    client: FlaskClient, app: Flask, session: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    application, code = sent(client, session)
    link = f"/candidature/{application.reference}?cle={keys.link_token(application.link_salt)}"
    monkeypatch.setitem(app.config, "SECRET_KEY_FALLBACKS", [app.config["SECRET_KEY"]])
    monkeypatch.setitem(app.config, "SECRET_KEY", "another-key-of-the-site-of-forty-characters!")

    assert look_up(app.test_client(), application.reference, code).status_code == 303
    assert app.test_client().get(link).status_code == 200

    monkeypatch.setitem(app.config, "SECRET_KEY_FALLBACKS", [])
    assert look_up(app.test_client(), application.reference, code).status_code == 422
    assert app.test_client().get(link).status_code != 200


def test_guessing_is_slowed_down(client: FlaskClient, app: Flask, session: Any) -> None:
    application, code = sent(client, session)
    other = app.test_client()
    for _try in range(10):
        assert look_up(other, application.reference, "AAAA2222").status_code == 422
    response = look_up(other, application.reference, code)
    assert response.status_code == 429
    assert "Attendez un quart d’heure" in words(response)


def test_without_the_code_the_page_stays_closed(
    client: FlaskClient, app: Flask, session: Any
) -> None:
    application, _code = sent(client, session)
    other = app.test_client()
    for address in (
        f"/candidature/{application.reference}",
        f"/candidature/{application.reference}?cle=",
        f"/candidature/{application.reference}?cle={'A' * 43}",
        f"/candidature/{application.reference}?cle=é",
        f"/candidature/{application.reference}/retirer",
        "/candidature/PS-2222-2222",
    ):
        assert other.get(address).location.startswith("/candidature/?")


def test_the_link_of_the_mail_opens_and_changes_nothing(
    client: FlaskClient, app: Flask, session: Any
) -> None:
    application, _code = sent(client, session)
    link = f"/candidature/{application.reference}?cle={keys.link_token(application.link_salt)}"
    for method in ("head", "get", "get", "get"):
        assert getattr(app.test_client(), method)(link).status_code == 200
    session.expire_all()
    assert application.status == Status.RECEIVED
    assert session.scalar(select(func.count()).select_from(ApplicationEvent)) == 1


def test_the_link_of_another_application_does_not_open_this_one(
    client: FlaskClient, app: Flask, session: Any
) -> None:
    application, _code = sent(client, session)
    other = factories.application()
    link = f"/candidature/{application.reference}?cle={keys.link_token(other.link_salt)}"
    page = app.test_client().get(link, follow_redirects=True)
    assert page.request.path == "/candidature/"
    assert "Ce lien n’ouvre plus rien" in page.text


def test_no_link_no_word_about_links(client: FlaskClient) -> None:
    assert "n’ouvre plus rien" not in client.get("/candidature/PS-2222-2222").text
    assert "n’ouvre plus rien" not in client.get("/candidature/?reference=PS-2222-2222").text


def test_a_page_opened_by_its_code_closes_again(
    client: FlaskClient, session: Any, time_machine: Any
) -> None:
    application, _code = sent(client, session)
    address = f"/candidature/{application.reference}"
    assert client.get(address).status_code == 200
    time_machine.move_to(dt.datetime.now(dt.UTC) + dt.timedelta(hours=2, minutes=1))
    assert client.get(address).status_code == 303


def test_taking_back_asks_once_more_then_is_done(client: FlaskClient, session: Any) -> None:
    application, _code = sent(client, session)
    address = f"/candidature/{application.reference}/retirer"
    assert "Retirer votre demande" in words(client.get(address))
    session.expire_all()
    assert application.status == Status.RECEIVED
    response = press(client, address, address)
    assert response.status_code == 303
    session.expire_all()
    assert application.status == Status.WITHDRAWN
    shown = words(client.get(response.location))
    assert "Retirée par vous" in shown
    assert "Retirer ma demande" not in shown
    assert client.get(address).status_code == 303


def test_taking_back_needs_the_token_of_the_form(client: FlaskClient, session: Any) -> None:
    application, _code = sent(client, session)
    assert client.post(f"/candidature/{application.reference}/retirer").status_code == 400
    session.expire_all()
    assert application.status == Status.RECEIVED


def test_the_person_reads_the_words_of_a_refusal(
    client: FlaskClient, session: Any, now: dt.datetime
) -> None:
    application, _code = sent(client, session)
    services.move_application(
        application,
        Status.DECLINED,
        ActorKind.MEMBER,
        None,
        now,
        DeclineReason.SCHEDULE,
        "Bonjour Nora,\n\nLes horaires <b>ne vont pas</b>.",
    )
    session.commit()
    text = words(client.get(f"/candidature/{application.reference}"))
    assert "c’est non cette fois" in text
    assert "Les horaires <b>ne vont pas</b>." in text


@pytest.mark.parametrize(
    "status", [Status.SEEN, Status.CONTACTED, Status.MEETING, Status.TRIAL, Status.HIRED]
)
def test_each_step_is_dated_and_told(
    status: Status, client: FlaskClient, session: Any, now: dt.datetime
) -> None:
    application, _code = sent(client, session)
    services.move_application(application, status, ActorKind.MEMBER, None, now + MINUTE)
    session.commit()
    response = client.get(f"/candidature/{application.reference}")
    current = page(response).select(".thread .is-now")
    assert len(current) == (0 if status is Status.HIRED else 1)
    assert page(response).select(".thread .is-done")
