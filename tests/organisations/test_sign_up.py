"""Opening an organisation by oneself: declared, confirmed by e-mail, or asked of its owners."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from app.accounts.enums import Role
from app.accounts.models import LoginSession, User
from app.accounts.queries import user_by_email
from app.core import clock
from app.core.database import db
from app.core.jobs import jobs
from app.core.limits import limiter
from app.core.outbox import OutboxEvent, OutboxState
from app.organisations import queries, services, tasks
from app.organisations.enums import MemberRole, OrganisationStatus
from app.organisations.models import JoinRequest, Organisation, SignUp
from tests import factories
from tests.accounts.browser import csrf_of, signed_in

SIRET = "73282932000074"
DECLARED = {
    "person_name": "Anne Ravier",
    "email": "Anne.Ravier@Tilleuls.example.org",
    "kind": "employer",
    "name": "Résidence des Tilleuls",
    "siret": "732 829 320 00074",
    "place": "Bron (69500)",
    "workplace": "ehpad",
    "promise": "72",
}


@pytest.fixture(autouse=True)
def fresh_limits() -> Iterator[None]:
    """Forget the requests of the tests before this one."""
    limiter.reset()
    yield
    limiter.reset()


def declare(browser: FlaskClient, **values: str) -> Any:
    """Fill and send the form."""
    token = csrf_of(browser, "/inscription")
    return browser.post("/inscription", data={"csrf_token": token} | DECLARED | values)


def link_of(smtp: Any, path: str = "/inscription/confirmer/") -> str:
    """Let the worker send what waits; return the path of the link of the last message."""
    jobs.drain()
    text = smtp.messages[-1].get_body(("plain",)).get_content()
    found = re.search(rf"{path}\S+", text)
    assert found, text
    return found[0]


def press(browser: FlaskClient, link: str) -> Any:
    """Press the button of the page of a link."""
    return browser.post(link, data={"csrf_token": csrf_of(browser, link)})


def test_address_that_does_not_exist_is_tried_once(client: FlaskClient, smtp: Any) -> None:
    smtp.refuse_with = "550 no such user"

    declare(client)
    jobs.drain()

    db.session.expire_all()
    row = db.session.scalars(select(OutboxEvent)).one()
    assert (row.state, row.attempts, row.last_error) == (OutboxState.DEAD, 1, "Refused")


def test_visitor_opens_an_organisation_by_the_link_she_receives(
    client: FlaskClient, smtp: Any
) -> None:
    sent = declare(client)
    assert sent.status_code == 303
    assert "Confirmez votre e-mail" in client.get(sent.location).text
    assert db.session.scalar(select(func.count()).select_from(Organisation)) == 0
    link = link_of(smtp)
    assert smtp.messages[-1]["To"] == "anne.ravier@tilleuls.example.org"

    entered = press(client, link)

    assert entered.location == "/recruter/structures/"
    organisation = db.session.scalars(select(Organisation)).one()
    assert organisation.status == OrganisationStatus.PENDING
    assert (organisation.siren, organisation.promise_hours) == ("732829320", 72)
    (place,) = queries.establishments_of(organisation.id)
    assert (place.siret, place.workplace, place.commune_code) == (SIRET, "ehpad", "69029")
    (membership,) = queries.memberships_of(organisation.id)
    assert membership.role == MemberRole.OWNER
    assert membership.user.role == Role.RECRUITER
    assert signed_in(client)
    assert (
        "Notre équipe vérifie votre structure"
        in client.get(f"/recruter/structures/{organisation.id}").text
    )
    assert [event.action for event in queries.events_of(organisation.id)] == ["opened"]


def test_school_has_the_account_of_a_school(client: FlaskClient, smtp: Any) -> None:
    declare(client, kind="school")
    press(client, link_of(smtp))

    user = user_by_email("anne.ravier@tilleuls.example.org")
    assert user is not None
    assert user.role == Role.SCHOOL


def test_opening_the_link_changes_nothing_and_it_serves_once(
    app: Flask, client: FlaskClient, smtp: Any
) -> None:
    declare(client)
    link = link_of(smtp)

    for _ in range(3):
        assert client.get(link).status_code == 200
        assert client.head(link).status_code == 200
    assert db.session.scalar(select(func.count()).select_from(User)) == 0
    token = csrf_of(client, link)
    client.post(link, data={"csrf_token": token})
    other = app.test_client()

    assert other.get(link).status_code == 410
    again = other.post(link, data={"csrf_token": csrf_of(other, "/inscription")})
    assert again.status_code == 410
    assert not signed_in(other)
    assert db.session.scalar(select(func.count()).select_from(Organisation)) == 1


def test_link_dies_after_two_days(client: FlaskClient, smtp: Any) -> None:
    declare(client)
    link = link_of(smtp)
    sign_up = db.session.scalars(select(SignUp)).one()
    sign_up.expires_at = clock.now() - dt.timedelta(seconds=1)
    db.session.commit()

    assert client.get(link).status_code == 410
    services.purge_sign_ups(clock.now())
    assert db.session.scalar(select(func.count()).select_from(SignUp)) == 0


def test_known_address_gets_the_same_page_and_the_same_rows(app: Flask, smtp: Any) -> None:
    factories.user(email="anne.ravier@tilleuls.example.org")
    db.session.commit()

    known = declare(app.test_client())
    unknown = declare(app.test_client(), email="autre@tilleuls.example.org")

    assert known.location == unknown.location
    assert db.session.scalar(select(func.count()).select_from(SignUp)) == 2
    topics = db.session.scalars(select(OutboxEvent.topic)).all()
    assert topics == ["organisation.sign_up_requested"] * 2


def test_person_with_an_account_adds_an_organisation_then_signs_in_as_usual(
    client: FlaskClient, smtp: Any
) -> None:
    person = factories.user(email="anne.ravier@tilleuls.example.org")
    db.session.commit()
    declare(client)

    entered = press(client, link_of(smtp))

    assert entered.location.startswith("/connexion?next=")
    assert not signed_in(client)
    assert [one.name for one in queries.organisations_of(person)] == ["Résidence des Tilleuls"]
    assert db.session.scalar(select(func.count()).select_from(LoginSession)) == 0


@pytest.mark.parametrize("role", [Role.MODERATOR, Role.ADMIN, Role.COUNSELLOR, Role.CANDIDATE])
def test_account_of_another_kind_is_told_the_truth_by_mail_alone(
    client: FlaskClient, smtp: Any, role: str
) -> None:
    factories.user(role, email="anne.ravier@tilleuls.example.org")
    db.session.commit()

    assert declare(client).location == "/inscription/envoyee"
    jobs.drain()

    text = smtp.messages[-1].get_body(("plain",)).get_content()
    assert "adresse professionnelle" in text
    assert "/confirmer/" not in text


@pytest.mark.parametrize("siret", [SIRET, "73282932000082"])
def test_known_siret_becomes_a_request_to_its_owners(
    app: Flask, client: FlaskClient, smtp: Any, siret: str
) -> None:
    owner = factories.user(email="cheffe@example.org")
    organisation = factories.organisation(owner, siren="732829320")
    db.session.commit()

    sent = declare(client, siret=siret, email="nora@gmail.com")
    assert "déjà inscrite avec ce numéro" in client.get(sent.location).text
    press(client, link_of(smtp))
    jobs.drain()

    joiner = user_by_email("nora@gmail.com")
    assert joiner is not None
    assert queries.organisations_of(joiner) == []
    assert smtp.messages[-1]["To"] == "cheffe@example.org"
    request = db.session.scalars(select(JoinRequest)).one()
    assert "est entre les mains de ses responsables" in client.get("/recruter/structures/").text

    services.answer_join_request(owner, request, accepted=True, now=clock.now())
    db.session.commit()
    jobs.drain()
    assert queries.organisations_of(joiner) == [organisation]
    assert smtp.messages[-1]["To"] == "nora@gmail.com"
    membership = queries.membership_in(organisation.id, joiner.id)
    assert membership is not None
    assert membership.role == MemberRole.MEMBER


@pytest.mark.parametrize("domain", ["gmail.com", "free.fr", "orange.fr", "tilleuls.example.org"])
def test_nobody_joins_by_her_address_alone(client: FlaskClient, smtp: Any, domain: str) -> None:
    owner = factories.user(email=f"cheffe@{domain}")
    organisation = factories.organisation(owner, siren="732829320")
    db.session.commit()

    declare(client, email=f"inconnue@{domain}")
    press(client, link_of(smtp))

    assert [one.user for one in queries.memberships_of(organisation.id)] == [owner]


@pytest.mark.parametrize("status", [OrganisationStatus.PENDING, OrganisationStatus.SUSPENDED])
def test_organisation_that_is_not_verified_is_joined_by_nobody(
    client: FlaskClient, smtp: Any, status: str
) -> None:
    factories.organisation(
        factories.user(email="imposteur@example.org"), siren="732829320", status=status
    )
    db.session.commit()

    sent = declare(client)
    jobs.drain()

    assert "nous transmettrons" not in client.get(sent.location).text
    (message,) = smtp.messages
    assert message["To"] == "anne.ravier@tilleuls.example.org"
    text = message.get_body(("plain",)).get_content()
    assert "personne ne peut vous y inviter" in text
    assert "/confirmer/" not in text
    assert "sans ce lien" not in text


def test_of_two_people_with_the_same_siret_the_second_is_told_to_wait(
    app: Flask, client: FlaskClient, smtp: Any
) -> None:
    declare(client)
    first = link_of(smtp)
    other = app.test_client()
    declare(other, email="nora@tilleuls.example.org")
    second = link_of(smtp)

    asked = other.get(second).text
    press(client, first)
    refused = other.post(second, data={"csrf_token": csrf_of(other, "/inscription")})
    assert "Confirmer l’inscription</" in asked
    assert "Cette structure est déjà inscrite." in other.get(second).text

    assert "personne ne peut vous y inviter" in refused.text
    organisation = db.session.scalars(select(Organisation)).one()
    assert len(queries.memberships_of(organisation.id)) == 1
    assert queries.join_requests_of(organisation.id) == []
    services.verify_organisation(None, organisation, now=clock.now())
    db.session.commit()
    press(other, second)
    assert len(queries.join_requests_of(organisation.id)) == 1


def test_wrong_answers_lose_nothing(client: FlaskClient) -> None:
    answer = declare(client, siret="73282932000075", place="Atlantis", email="anne@", promise="12")

    assert answer.status_code == 422
    for text in ("Anne Ravier", "Résidence des Tilleuls", "73282932000075", "Atlantis", "anne@"):
        assert text in answer.text
    assert "n’est pas valable" in answer.text
    assert "Nous ne connaissons pas cette commune" in answer.text
    assert db.session.scalar(select(func.count()).select_from(SignUp)) == 0


@pytest.mark.parametrize(
    "siret", ["35600000009075", "732 829 320 00074", "732.829.320.00074", "732-829-320-00074"]
)
def test_siret_is_read_as_people_write_it(client: FlaskClient, siret: str) -> None:
    assert declare(client, siret=siret).status_code == 303


def test_a_siren_is_told_from_a_siret(client: FlaskClient) -> None:
    answer = declare(client, siret="732 829 320")

    assert answer.status_code == 422
    assert "C’est un numéro SIREN\u00a0: il manque les 5\u00a0chiffres" in answer.text
    assert 'value="732 829 320"' in answer.text


def test_old_page_gives_the_form_back_filled(client: FlaskClient) -> None:
    answer = client.post("/inscription", data=DECLARED | {"csrf_token": "vieux"})

    assert answer.status_code == 422
    assert "La page est restée ouverte longtemps" in answer.text
    assert "Résidence des Tilleuls" in answer.text


def test_program_that_fills_everything_is_stopped(client: FlaskClient) -> None:
    assert declare(client, website="https://spam.example").status_code == 422
    assert db.session.scalar(select(func.count()).select_from(SignUp)) == 0


def test_address_given_again_and_again_is_left_in_peace(app: Flask, smtp: Any) -> None:
    for _ in range(8):
        assert declare(app.test_client()).location == "/inscription/envoyee"
    jobs.drain()

    assert len(smtp.messages) == 5


def test_many_sign_ups_from_one_network_wait(
    app: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(app.config, "SIGN_UP_RATE_LIMIT", "2 per minute")

    statuses = [client.post("/inscription", data={}).status_code for _try in range(3)]

    assert statuses == [422, 422, 429]


@pytest.mark.parametrize(
    "words", ["Gagnez https://x.example", "WWW.x.example", "Anne x.example/lot", "Anne\nGagnez"]
)
def test_message_of_the_site_carries_no_words_of_a_stranger(
    client: FlaskClient, words: str
) -> None:
    for field in ("person_name", "name"):
        answer = declare(client, **{field: words})
        assert answer.status_code == 422
        assert "Écrivez un nom seul" in answer.text
    assert (
        declare(client, person_name="Dr. J.-P. O’Neil", name="S.A.S. L. & Cie/Sud").status_code
        == 303
    )


def test_message_sent_again_with_another_link_is_another_message(
    client: FlaskClient, smtp: Any
) -> None:
    owner = factories.user()
    invited = services.invite_member(
        owner, factories.organisation(owner), "x@example.org", "member", now=clock.now()
    )
    declare(client)
    sign_up = db.session.scalars(select(SignUp)).one()
    for handler, payload in (
        (tasks.send_sign_up, {"sign_up_id": sign_up.id}),
        (tasks.send_invitation, {"invitation_id": invited.id}),
    ):
        smtp.messages.clear()
        for _try in range(2):
            send = handler(payload, 7)
            assert send is not None
            send()
        first, second = smtp.messages
        assert first["Message-ID"] != second["Message-ID"]


def test_member_need_not_type_who_she_is(sign_in: Callable[..., FlaskClient]) -> None:
    person = factories.user(name="Anne Ravier", email="anne@example.org")

    page = sign_in(person).get("/inscription").text

    assert 'value="Anne Ravier"' in page
    assert 'value="anne@example.org"' in page
