"""What a person reads, takes away and has erased, with or without an account."""

from __future__ import annotations

import datetime as dt
import inspect
import io
import json
import re
import zipfile
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from app.accounts.enums import Role
from app.accounts.models import LoginSession, User
from app.applications import keys, progress
from app.applications import services as applications
from app.applications.enums import ActorKind, DeclineReason, Letter, Status
from app.applications.letters import add_note, write
from app.applications.models import Application, ContactView, EndedApplication
from app.core import clock
from app.core.outbox import OutboxEvent
from app.listings.enums import Kind
from app.organisations.enums import MemberRole
from app.organisations.models import Membership
from app.privacy import exports, readable
from tests import factories
from tests.applications.files import pdf
from tests.applications.pages import answer, confirmation, press, words


def sent(client: FlaskClient, session: Any, **fields: Any) -> Application:
    """Answer a listing of an organisation that has a member; return the application."""
    of = factories.listing(organisation=factories.organisation(factories.user()))
    answer(client, of, **{"email": "nora@example.org", "message": "Je viens à vélo.", **fields})
    reference, _code = confirmation(client)
    query = select(Application).where(Application.reference == reference)
    one: Application = session.scalars(query).one()
    return one


def opened_zip(response: Any) -> dict[str, bytes]:
    assert response.status_code == 200
    assert response.headers["Content-Disposition"].startswith("attachment;")
    assert response.headers["Cache-Control"] == "no-store"
    with zipfile.ZipFile(io.BytesIO(response.data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def topics(session: Any, topic: str) -> list[dict[str, Any]]:
    rows = session.scalars(select(OutboxEvent).where(OutboxEvent.topic == topic))
    return [row.payload for row in rows]


def test_the_person_reads_what_is_kept_and_who_saw_it(client: FlaskClient, session: Any) -> None:
    one = sent(client, session)
    page = words(client.get(f"/candidature/{one.reference}/mes-donnees"))
    assert "nora@example.org" in page
    assert "Je viens à vélo." in page
    assert "Personne ne les a encore ouvertes." in page
    member = one.listing.organisation.memberships[0].user
    applications.record_view(one, member, "contact", clock.now())
    applications.record_view(one, member, "cv", clock.now())
    page = words(client.get(f"/candidature/{one.reference}/mes-donnees"))
    assert "Une personne de" in page
    assert ": votre CV" in page
    assert ": vos coordonnées" in page
    # Which of the members did it is not hers to know.
    assert member.name not in page


def test_a_stranger_is_sent_to_the_reference(client: FlaskClient, app: Flask, session: Any) -> None:
    one = sent(client, session)
    stranger = app.test_client()
    for page in ("mes-donnees", "mes-donnees.zip", "effacer"):
        response = stranger.get(f"/candidature/{one.reference}/{page}")
        assert response.status_code == 303
        assert response.location.startswith("/candidature/?")
    assert stranger.post(f"/candidature/{one.reference}/effacer").status_code in {303, 400}
    assert session.get(Application, one.id) is not None


def test_the_copy_holds_all_that_is_kept(client: FlaskClient, session: Any) -> None:
    one = sent(client, session, cv=(io.BytesIO(pdf()), "moi.pdf"))
    member = one.listing.organisation.memberships[0].user
    write(one, member, Letter.TRIED, "Je vous rappelle demain.", clock.now())
    add_note(one, member, "Très souriante.", clock.now())
    applications.record_view(one, member, "contact", clock.now())
    session.flush()
    held = opened_zip(client.get(f"/candidature/{one.reference}/mes-donnees.zip"))
    told = json.loads(held["candidature.json"])
    assert told["e_mail"] == "nora@example.org"
    assert told["message"] == "Je viens à vélo."
    assert told["messages_de_la_structure"][0]["texte"] == "Je vous rappelle demain."
    assert told["notes_de_la_structure"][0]["texte"] == "Très souriante."
    assert told["ouvertures"][0]["quoi"] == "contact"
    assert held[one.cv_name or ""].startswith(b"%PDF")
    assert one.reference in held["lisez-moi.txt"].decode()
    # Nothing of who answered her.
    assert member.email not in held["candidature.json"].decode()
    assert member.name not in held["candidature.json"].decode()


def test_the_copy_is_read_by_a_person_too(
    client: FlaskClient, session: Any, time_machine: Any
) -> None:
    time_machine.move_to(dt.datetime(2026, 11, 23, 17, 12, tzinfo=dt.UTC), tick=False)
    one = sent(client, session, cv=(io.BytesIO(pdf()), "moi.pdf"), diploma_held="in_progress")
    member = one.listing.organisation.memberships[0].user
    applications.record_view(one, member, "contact", clock.now())
    write(one, member, Letter.TRIED, "Je vous rappelle.\nDemain.", clock.now())
    applications.move_application(
        one, Status.DECLINED, ActorKind.MEMBER, None, clock.now(), DeclineReason.FILLED, "Merci."
    )
    session.flush()
    held = opened_zip(client.get(f"/candidature/{one.reference}/mes-donnees.zip"))
    text = held["candidature.txt"].decode().replace("\u00a0", " ")
    assert "Reçue : lundi 23 novembre 2026, 18 h 12" in text
    assert "Où elle en est : Réponse : c’est non cette fois" in text
    assert "Diplôme du métier : En cours" in text
    assert "Raison de la réponse : C’est déjà pourvu ou complet" in text
    assert "Par : la structure" in text
    assert "Ouvert : vos coordonnées" in text
    assert "Texte : Je vous rappelle.\n        Demain." in text
    for machine in ("declined", "in_progress", "filled", "seen", "member", "UTC", "T17:12", "None"):
        assert machine not in text
    told = json.loads(held["candidature.json"])
    assert (told["etat"], told["etat_en_clair"]) == (
        "declined",
        "Réponse\u00a0: c’est non cette fois",
    )
    assert told["recue_le"] == "2026-11-23T17:12:00+00:00"
    assert "aux heures de Paris" in held["lisez-moi.txt"].decode()


def test_each_code_of_a_copy_has_its_words() -> None:
    assert set(exports.ACTORS) == set(ActorKind)
    assert set(exports.ROLES) == set(Role)
    assert set(Status) <= set(progress.DONE)
    source = inspect.getsource(exports._application) + inspect.getsource(exports._account)
    names = re.findall(r'"([a-z_]+)": |_coded\("([a-z_]+)"', source)
    assert {one or other for one, other in names} == set(readable._LABELS)


def test_a_link_that_somebody_else_had_opens_nothing_more(
    client: FlaskClient, app: Flask, session: Any
) -> None:
    one = sent(client, session, email="nora@example.org")
    path = f"/candidature/{one.reference}"

    def opened_by(salt: str) -> int:
        return app.test_client().get(f"{path}?cle={keys.link_token(salt)}").status_code

    before = one.link_salt
    assert opened_by(before) == 200
    data = f"{path}/mes-donnees"
    press(app.test_client(), f"{data}/nouveau-lien", "/connexion")
    assert one.link_salt == before, "a stranger renews nothing"

    assert press(client, f"{data}/nouveau-lien", data).status_code == 303

    assert "ne s’ouvrent plus" in words(client.get(data))
    assert opened_by(before) == 303
    assert opened_by(one.link_salt) == 200


def test_erasing_leaves_a_line_without_a_name(client: FlaskClient, session: Any) -> None:
    one = sent(client, session, cv=(io.BytesIO(pdf()), "moi.pdf"))
    reference, key, id_ = one.reference, one.cv_key, one.id
    # Nothing goes before she has said yes.
    assert "cinq ans" in words(client.get(f"/candidature/{reference}/effacer"))
    assert session.get(Application, id_) is not None
    page = f"/candidature/{reference}/effacer"
    response = press(client, page, page)
    assert response.status_code == 303
    assert "C’est effacé" in words(client.get(response.location))
    session.expire_all()
    assert session.scalar(select(func.count()).select_from(Application)) == 0
    left = session.scalars(select(EndedApplication)).one()
    assert (left.reference, left.status) == (reference, Status.WITHDRAWN)
    assert topics(session, "application.file_dropped") == [{"cv_key": key}]
    assert {"kind": "application", "id": id_} in topics(session, "person.erased")
    assert [one["reference"] for one in topics(session, "application.erased")] == [reference]
    # Her browser does not open it any more, and her reference names nothing.
    assert client.get(f"/candidature/{reference}").status_code == 303


def test_who_had_her_answer_is_erased_without_troubling_the_members(
    client: FlaskClient, session: Any
) -> None:
    one = sent(client, session)
    applications.move_application(
        one, Status.DECLINED, ActorKind.MEMBER, None, clock.now(), DeclineReason.FILLED, "Merci."
    )
    session.commit()
    page = f"/candidature/{one.reference}/effacer"
    press(client, page, page)
    assert topics(session, "application.erased") == []
    left = session.scalars(select(EndedApplication)).one()
    assert (left.status, left.decline_reason) == (Status.DECLINED, DeclineReason.FILLED)


def test_erasing_frees_the_seat(client: FlaskClient, session: Any) -> None:
    of = factories.listing(Kind.EVENT)
    date = factories.listing_session(of, capacity=1)
    answer(client, of, session=str(date.id))
    reference, _code = confirmation(client)
    session.refresh(date)
    assert date.taken == 1
    page = f"/candidature/{reference}/effacer"
    press(client, page, page)
    session.refresh(date)
    assert date.taken == 0


def test_a_member_takes_a_copy_of_her_account(app: Flask, session: Any) -> None:
    person = factories.user(name="Samia Belkacem")
    factories.organisation(person, name="Résidence des Lilas")
    browser = factories.signed_in_client(app, person)
    page = words(browser.get("/connexion/mes-donnees"))
    assert "Samia Belkacem" in page
    assert "Résidence des Lilas" in page
    held = opened_zip(browser.get("/connexion/mes-donnees.zip"))
    told = json.loads(held["compte.json"])
    assert told["e_mail"] == person.email
    assert told["structures"][0]["nom"] == "Résidence des Lilas"
    assert "argon2" not in held["compte.json"].decode()
    assert "Rôle : recrutement" in held["compte.txt"].decode().replace("\u00a0", " ")
    assert "Résidence des Lilas" in held["compte.txt"].decode()


def test_a_member_erases_her_account(app: Flask, session: Any) -> None:
    owner, person = factories.user(), factories.user()
    of = factories.organisation(owner, person)
    owner_role = session.scalar(select(Membership).where(Membership.user_id == owner.id))
    owner_role.role = MemberRole.OWNER
    one = factories.application(factories.listing(organisation=of))
    applications.record_view(one, person, "contact", clock.now())
    id_ = person.id
    browser = factories.signed_in_client(app, person)
    page = "/connexion/mes-donnees"
    response = press(browser, f"{page}/effacer", page)
    assert response.status_code == 303
    assert "C’est effacé" in words(browser.get(response.location))
    session.expire_all()
    assert session.get(User, id_) is None
    sessions = select(func.count()).where(LoginSession.user_id == id_)
    assert session.scalar(sessions.select_from(LoginSession)) == 0
    # Somebody saw the contact: that stays true, and says no more who.
    assert session.scalars(select(ContactView)).one().user_id is None
    assert {"kind": "account", "id": id_} in topics(session, "person.erased")
    assert browser.get(page).status_code == 302


def test_nobody_is_left_without_an_answer_by_an_erasure(app: Flask, session: Any) -> None:
    person = factories.user()
    of = factories.organisation(person, name="Les Lilas")
    mine = session.scalar(select(Membership).where(Membership.user_id == person.id))
    mine.role = MemberRole.OWNER
    factories.application(factories.listing(organisation=of))
    browser = factories.signed_in_client(app, person)
    page = "/connexion/mes-donnees"
    press(browser, f"{page}/effacer", page)
    assert "répondez à ces personnes" in words(browser.get(page))
    factories.user()
    session.add(
        Membership(
            organisation_id=of.id,
            user_id=factories.user().id,
            role=MemberRole.MEMBER,
            created_at=clock.now(),
        )
    )
    session.flush()
    press(browser, f"{page}/effacer", page)
    assert "Donnez d’abord ce rôle" in words(browser.get(page))
    assert session.get(User, person.id) is not None


def test_the_erasure_of_an_account_asks_for_a_token(app: Flask) -> None:
    browser = factories.signed_in_client(app, factories.user())
    assert browser.post("/connexion/mes-donnees/effacer").status_code == 400


def test_who_is_kept_until_when_is_said(client: FlaskClient, session: Any) -> None:
    one = sent(client, session)
    page = f"/candidature/{one.reference}/mes-donnees"
    assert "trois mois après la réponse" in words(client.get(page))
    now = clock.now()
    applications.withdraw_application(one, now)
    session.commit()
    day = (now + dt.timedelta(days=90)).day
    assert f"votre CV le {'1er' if day == 1 else day} " in words(client.get(page))
