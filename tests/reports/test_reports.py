"""Anyone reports a listing; the team decides once, and says why to each side."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import delete, func, select
from sqlalchemy.exc import IntegrityError

from app.accounts.enums import Role
from app.accounts.models import User
from app.applications.models import Application
from app.core import clock
from app.core.database import db
from app.core.errors import DomainError
from app.core.jobs import jobs
from app.core.limits import limiter
from app.core.outbox import OutboxEvent
from app.imports.queries import Origin, closed_by_a_person
from app.listings import services as listings
from app.listings.enums import Outcome, Status
from app.listings.models import Listing
from app.reports import queries, services
from app.reports.enums import Decision, Reason
from app.reports.models import Report, ReportCase
from app.reports.services import REPORTER_KEPT_DAYS
from tests import factories
from tests.accounts.browser import csrf_of
from tests.applications.test_concurrency import together
from tests.listings.counting import count_queries

DAY = dt.timedelta(days=1)
WHY = "L’annonce a été vérifiée au téléphone."
TO_THEM = "Indiquez le vrai salaire, puis renvoyez l’annonce."


@pytest.fixture(autouse=True)
def fresh_limits() -> Iterator[None]:
    """Forget the requests of the tests before this one."""
    limiter.reset()
    yield
    limiter.reset()


@pytest.fixture
def moderator(sign_in: Callable[..., FlaskClient]) -> FlaskClient:
    """Return a browser of the team."""
    return sign_in(factories.user(Role.MODERATOR, name="Inès de l’équipe"))


def send(browser: FlaskClient, of: Listing, **typed: str) -> Any:
    """Fill and send the form of a listing."""
    address = f"/signaler/{of.id}"
    token = csrf_of(browser, address)
    data = {"csrf_token": token, "reason": "untrue", "words": "", "email": "", "website": ""}
    return browser.post(address, data=data | typed)


def decide(browser: FlaskClient, case: ReportCase, **typed: str) -> Any:
    """Fill and send the decision about a case."""
    address = f"/equipe/signalements/{case.id}"
    token = csrf_of(browser, address)
    data = {"csrf_token": token, "answer": WHY, "to_organisation": ""}
    return browser.post(address, data=data | typed)


def deliver(smtp: Any) -> dict[str, str]:
    """Let the worker send what waits; return the text that each person received."""
    db.session.execute(delete(OutboxEvent).where(OutboxEvent.topic == "listing.changed"))
    db.session.commit()
    jobs.drain()
    jobs.drain()
    assert len({message["To"] for message in smtp.messages}) == len(smtp.messages)
    return {message["To"]: message.get_body(("plain",)).get_content() for message in smtp.messages}


def owned(**values: Any) -> Listing:
    """Add a listing of an organisation that has a member."""
    owner = factories.organisation(factories.user(email="anne.ravier@example.org"))
    return factories.listing(organisation=owner, **values)


def test_each_listing_offers_to_be_reported(client: FlaskClient) -> None:
    of = factories.listing()
    page = client.get(of.path).text
    assert f'href="/signaler/{of.id}"' in page
    assert "Signaler cette annonce" in page
    assert "Signaler cette annonce" in client.get(f"/signaler/{of.id}").text


def test_report_is_kept_without_account_nor_name(client: FlaskClient) -> None:
    of = factories.listing()

    answer = send(
        client, of, reason="money", words="On m’a demandé 50 €.", email="Lila@Example.ORG"
    )

    assert answer.location == "/signaler/merci?prevenir=1"
    assert "Nous vous écrirons notre décision" in client.get(answer.location).text
    report = db.session.scalars(select(Report)).one()
    assert (report.reason, report.words) == ("money", "On m’a demandé 50 €.")
    assert report.email == "lila@example.org"
    assert report.case.listing_id == of.id


def test_one_choice_is_enough(client: FlaskClient) -> None:
    answer = send(client, factories.listing())
    assert answer.location == "/signaler/merci"
    assert "vous n’avez pas laissé d’e-mail" in client.get("/signaler/merci").text.lower()
    assert db.session.scalars(select(Report)).one().email is None


def test_imported_listing_is_reported_too(client: FlaskClient) -> None:
    of = factories.listing(source="lheo", source_id="1", source_hash="0" * 64)
    assert send(client, of).status_code == 303


@pytest.mark.parametrize(
    ("typed", "error"),
    [
        ({"reason": ""}, "Choisissez"),
        ({"reason": "forged"}, "Choisissez une réponse de la liste."),
        ({"email": "lila@"}, "Cette adresse n’est pas complète"),
        ({"words": "m" * 1001}, "Raccourcissez ce texte"),
        ({"website": "https://spam.example"}, "Un champ caché a été rempli"),
        ({"csrf_token": "old"}, "La page est restée ouverte longtemps"),
    ],
)
def test_mistake_is_explained_and_nothing_typed_is_lost(
    client: FlaskClient, typed: dict[str, str], error: str
) -> None:
    answer = send(client, factories.listing(), **({"words": "Elle est pourvue."} | typed))
    assert answer.status_code == 422
    assert "<title>Erreur" in answer.text
    assert error in answer.text
    assert (typed.get("words") or "Elle est pourvue.") in answer.text
    assert db.session.scalars(select(Report)).all() == []


@pytest.mark.parametrize("status", [Status.DRAFT, Status.IN_REVIEW, Status.PAUSED])
def test_what_is_hidden_cannot_be_reported(client: FlaskClient, status: str) -> None:
    of = factories.listing(status=status)
    assert client.get(f"/signaler/{of.id}").status_code == 404
    assert client.post(f"/signaler/{of.id}").status_code == 404
    assert client.get("/signaler/999999").status_code == 404


def test_what_is_over_leads_to_its_page(client: FlaskClient) -> None:
    of = factories.listing(status="closed", closed_at=clock.now(), outcome="filled")
    assert client.get(f"/signaler/{of.id}").location == of.path
    with pytest.raises(DomainError):
        factories.report(of)


def test_too_many_reports_from_one_address_wait(
    client: FlaskClient, app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(app.config, "REPORT_RATE_LIMIT", "2 per minute")
    of = factories.listing()
    statuses = [client.post(f"/signaler/{of.id}").status_code for _try in range(3)]
    assert statuses == [422, 422, 429]
    assert client.get(f"/signaler/{of.id}").status_code == 200


def test_reports_of_one_listing_are_one_case_until_it_is_decided(now: dt.datetime) -> None:
    of, team = factories.listing(), factories.user(Role.MODERATOR)
    first, second = factories.report(of), factories.report(of, reason=Reason.MONEY)
    assert first.case_id == second.case_id
    assert factories.report().case_id != first.case_id

    services.decide(team, first.case, Decision.KEEP, WHY, "", now)
    third = factories.report(of)

    assert third.case_id != first.case_id
    assert [one.id for one in queries.decided_before(third.case)] == [first.case_id]


def test_second_click_says_nothing_new() -> None:
    of = factories.listing()
    said = {"words": "Elle est pourvue depuis lundi.", "email": "lila@example.org"}
    assert factories.report(of, **said).id == factories.report(of, **said).id
    # Two people who only choose a reason are two.
    assert factories.report(of).id != factories.report(of).id


def test_database_refuses_a_second_open_case_and_a_decision_without_reason(
    now: dt.datetime,
) -> None:
    of = factories.listing()
    factories.report(of)
    for values in (
        {"listing_id": of.id},
        {"listing_id": of.id, "decided_at": now, "decision": "keep", "answer": ""},
        {"listing_id": of.id, "decided_at": now},
        {"listing_id": of.id, "decided_at": now, "decision": "forged", "answer": WHY},
    ):
        insert = ReportCase.__table__.insert().values({"opened_at": now, "answer": ""} | values)
        with pytest.raises(IntegrityError), db.session.begin_nested():
            db.session.execute(insert)


@pytest.mark.usefixtures("real_commits")
def test_people_who_report_at_the_same_instant_are_in_one_case(app: Flask, session: Any) -> None:
    of = factories.listing()
    session.commit()
    calls = []
    for rank in range(6):
        browser = app.test_client()
        token = csrf_of(browser, f"/signaler/{of.id}")
        data = {"csrf_token": token, "reason": "untrue", "words": f"Pourvue, dit {rank}."}
        calls.append(
            lambda browser=browser, data=data: (
                browser.post(f"/signaler/{of.id}", data=data).status_code
            )
        )
    assert together(app, calls) == [303] * 6
    session.rollback()
    assert session.scalar(select(func.count(ReportCase.id))) == 1
    assert session.scalar(select(func.count(Report.id))) == 6


@pytest.mark.usefixtures("real_commits")
def test_two_moderators_decide_once(app: Flask, session: Any) -> None:
    of = owned()
    report = factories.report(of, email="lila@example.org")
    team = factories.user(Role.MODERATOR)
    session.commit()
    case_id, team_id = report.case_id, team.id

    def work() -> int:
        with app.app_context():
            case = queries.get_case(case_id)
            actor = db.session.get(type(team), team_id)
            assert case is not None
            assert actor is not None
            try:
                services.decide(actor, case, Decision.REMOVE, WHY, TO_THEM, clock.now())
                db.session.commit()
            except DomainError:
                db.session.rollback()
                return 0
            finally:
                db.session.remove()
            return 1

    assert sorted(together(app, [work] * 4)) == [0, 0, 0, 1]
    session.rollback()
    told = select(func.count()).where(OutboxEvent.topic == "report.decided")
    assert session.scalar(told) == 1


def test_person_who_reports_twice_is_answered_once(now: dt.datetime) -> None:
    of = owned()
    for words in ("Le salaire est faux.", "Et le lieu aussi."):
        report = factories.report(of, email="lila@example.org", words=words)
    factories.report(of, email="autre@example.org", words="Annonce fausse.")

    services.decide(factories.user(Role.MODERATOR), report.case, Decision.KEEP, WHY, "", now)

    told = select(func.count()).where(OutboxEvent.topic == "report.decided")
    assert db.session.scalar(told) == 2


@pytest.mark.usefixtures("real_commits")
def test_report_sent_while_the_team_reads_or_decides_is_answered(app: Flask, session: Any) -> None:
    if db.engine.dialect.name == "sqlite":
        pytest.skip("SQLite writes one transaction after the other")
    of = owned()
    case_id = factories.report(of, email="lila@example.org").case_id
    team_id, listing_id = factories.user(Role.MODERATOR).id, of.id
    session.commit()

    def decide() -> None:
        with app.app_context():
            case = queries.get_case(case_id)
            actor = db.session.get(User, team_id)
            assert case is not None
            assert actor is not None
            report("nora@example.org")
            services.decide(actor, case, Decision.KEEP, WHY, "", clock.now())
            late = threading.Thread(target=report, args=("tard@example.org",))
            late.start()
            # Time for the late report to reach the case that is being decided.
            late.join(0.5)
            db.session.commit()
            late.join()
            db.session.remove()

    def report(email: str) -> None:
        with app.app_context():
            services.report_listing(
                db.session.get_one(Listing, listing_id), Reason.UNTRUE, "", email, clock.now()
            )
            db.session.commit()
            db.session.remove()

    decide()
    session.rollback()

    decided_case = session.get_one(ReportCase, case_id)
    told = {
        session.get_one(Report, event.payload["report_id"]).email
        for event in session.scalars(
            select(OutboxEvent).where(OutboxEvent.topic == "report.decided")
        )
    }
    assert told == {one.email for one in decided_case.reports}
    assert told == {"lila@example.org", "nora@example.org"}
    (waiting,) = queries.open_cases(limit=10)
    assert waiting.reports == 1


def test_queue_shows_cases_oldest_first_in_few_queries(moderator: FlaskClient) -> None:
    now = clock.now()
    for number in range(8):
        of = factories.listing(title=f"Annonce {number}", now=now - 9 * DAY)
        factories.report(of, now=now - number * dt.timedelta(hours=7))
        factories.report(of, reason=Reason.MONEY, email="lila@example.org")
    db.session.commit()
    db.session.expire_all()

    with count_queries() as queries_made:
        page = moderator.get("/equipe/signalements").text

    assert len(queries_made) <= 5, queries_made
    assert page.index("Annonce 7") < page.index("Annonce 0")
    assert "8 annonces signalées attendent votre décision" in page
    assert "2 personnes" in page
    assert "fausse ou pourvue · argent, documents" in page
    assert page.count("en retard") == 1
    assert "lila@example.org" not in page


def test_empty_queue_says_so(moderator: FlaskClient) -> None:
    assert "Aucun signalement n’attend." in moderator.get("/equipe/signalements").text
    assert "/equipe/signalements" in moderator.get("/equipe/annonces").text


def test_case_shows_what_is_said_but_not_who_says_it(moderator: FlaskClient) -> None:
    report = factories.report(owned(), words="Le poste est <b>pris</b>.", email="lila@example.org")
    db.session.commit()
    page = moderator.get(f"/equipe/signalements/{report.case_id}").text
    assert "Le poste est &lt;b&gt;pris&lt;/b&gt;." in page
    assert "Une personne a laissé un e-mail" in page
    assert "lila@example.org" not in page


def test_listing_that_is_right_stays_and_who_asked_is_told(
    moderator: FlaskClient, smtp: Any
) -> None:
    of = owned()
    report = factories.report(of, email="lila@example.org")
    factories.report(of, email="noe@example.org")
    factories.report(of)
    db.session.commit()

    answer = decide(moderator, report.case, decision="keep")

    assert answer.location == "/equipe/signalements"
    assert of.status == Status.PUBLISHED
    told = deliver(smtp)
    assert told.keys() == {"lila@example.org", "noe@example.org"}
    assert WHY in told["lila@example.org"]
    assert "annonce laissée comme elle est" in told["lila@example.org"]
    assert f"http://localhost{of.path}" in told["lila@example.org"]


def test_listing_sent_back_to_review_waits_with_its_reason(
    moderator: FlaskClient, smtp: Any
) -> None:
    of = owned()
    report = factories.report(of, email="lila@example.org")
    db.session.commit()

    decide(moderator, report.case, decision="review", to_organisation=TO_THEM)

    assert of.status == Status.IN_REVIEW
    assert TO_THEM in moderator.get(f"/equipe/annonces/{of.id}").text
    told = deliver(smtp)
    assert told.keys() == {"lila@example.org", "anne.ravier@example.org"}
    assert TO_THEM in told["anne.ravier@example.org"]
    assert WHY not in told["anne.ravier@example.org"]
    assert TO_THEM not in told["lila@example.org"]
    assert of.path not in told["lila@example.org"]


def test_listing_removed_is_closed_for_everyone(moderator: FlaskClient, smtp: Any) -> None:
    of = owned()
    factories.application(of, email="samira@example.org")
    report = factories.report(of, email="lila@example.org")
    db.session.commit()

    decide(moderator, report.case, decision="remove", to_organisation=TO_THEM)

    assert (of.status, of.outcome) == (Status.CLOSED, Outcome.WITHDRAWN)
    told = deliver(smtp)
    assert told.keys() == {"lila@example.org", "anne.ravier@example.org", "samira@example.org"}
    assert TO_THEM in told["anne.ravier@example.org"]
    assert "Notre équipe a retiré cette annonce." in told["samira@example.org"]
    assert db.session.scalars(select(Application)).one().closing_told_at is not None


def test_imported_listing_removed_does_not_come_back(moderator: FlaskClient, smtp: Any) -> None:
    of = factories.listing(
        source="france-travail", source_id="9", source_hash="0" * 64, organisation=None
    )
    report = factories.report(of)
    db.session.commit()
    page = moderator.get(f"/equipe/signalements/{report.case_id}").text
    assert "remettre en relecture" not in page
    assert "Notre message à la structure" not in page

    refused = decide(moderator, report.case, decision="review", to_organisation=TO_THEM)
    assert refused.status_code == 422
    decide(moderator, report.case, decision="remove")

    assert of.status == Status.CLOSED
    assert closed_by_a_person(Origin("france-travail")) == {"9"}
    assert deliver(smtp) == {}


@pytest.mark.parametrize(
    ("typed", "error"),
    [
        ({}, "Choisissez ce que devient l’annonce."),
        ({"decision": "forged"}, "Choisissez une réponse de la liste."),
        ({"decision": "keep", "answer": ""}, "Dites pourquoi"),
        ({"decision": "keep", "answer": " Non. "}, "Écrivez une phrase complète"),
        ({"decision": "remove"}, "Dites à la structure pourquoi"),
        ({"decision": "review", "to_organisation": "  Non.  "}, "Dites à la structure pourquoi"),
    ],
)
def test_decision_without_its_reasons_is_not_one(
    moderator: FlaskClient, typed: dict[str, str], error: str
) -> None:
    of = owned()
    case = factories.report(of).case
    db.session.commit()
    answer = decide(moderator, case, **typed)
    assert answer.status_code == 422
    assert error in answer.text
    db.session.refresh(case)
    assert case.decided_at is None
    assert of.status == Status.PUBLISHED


def test_case_decided_by_a_colleague_is_shown_with_her_decision(moderator: FlaskClient) -> None:
    case = factories.report(owned()).case
    db.session.commit()
    token = csrf_of(moderator, f"/equipe/signalements/{case.id}")
    services.decide(
        factories.user(Role.ADMIN, name="Ada"), case, Decision.KEEP, WHY, "", clock.now()
    )
    db.session.commit()

    late = moderator.post(
        f"/equipe/signalements/{case.id}",
        data={
            "csrf_token": token,
            "decision": "remove",
            "answer": WHY,
            "to_organisation": TO_THEM,
        },
        follow_redirects=True,
    )

    assert "a déjà décidé" in late.text
    assert "Annonce laissée comme elle est" in late.text
    assert "Ada" in late.text
    assert case.listing.status == Status.PUBLISHED


def test_listing_closed_meanwhile_can_only_be_left(moderator: FlaskClient) -> None:
    of = owned()
    case = factories.report(of).case
    listings.close_listing(factories.user(), of, Outcome.FILLED, clock.now())
    db.session.commit()
    assert services.possible_decisions(of) == [Decision.KEEP]
    assert decide(moderator, case, decision="keep").status_code == 303


@pytest.mark.parametrize("role", sorted(set(Role) - {Role.MODERATOR, Role.ADMIN}))
def test_nobody_else_reads_or_decides(sign_in: Callable[..., FlaskClient], role: str) -> None:
    case = factories.report(owned()).case
    browser = sign_in(factories.user(role))
    token = csrf_of(browser, "/connexion/lien")
    assert browser.get("/equipe/signalements").status_code == 404
    assert browser.get(f"/equipe/signalements/{case.id}").status_code == 404
    data = {"csrf_token": token, "decision": "remove", "answer": WHY, "to_organisation": TO_THEM}
    assert browser.post(f"/equipe/signalements/{case.id}", data=data).status_code == 404


def test_what_people_wrote_is_emptied_in_time(now: dt.datetime) -> None:
    team = factories.user(Role.MODERATOR)
    said = {"words": "On m’a demandé 50 €.", "email": "lila@example.org"}
    decided = factories.report(**said)
    services.decide(team, decided.case, Decision.KEEP, WHY, "", now)
    waiting = factories.report(**said)

    assert services.purge_reporters(now + (REPORTER_KEPT_DAYS - 1) * DAY) == 0
    assert services.purge_reporters(now + (REPORTER_KEPT_DAYS + 1) * DAY) == 1
    db.session.expire_all()
    assert (decided.email, decided.words, decided.reason) == (None, "", "untrue")
    assert waiting.email == "lila@example.org"
    assert services.purge_reporters(now + 366 * DAY) == 1
    assert services.purge_reporters(now + 366 * DAY) == 0


def test_message_after_the_purge_is_not_sent(moderator: FlaskClient, smtp: Any) -> None:
    report = factories.report(owned(), email="lila@example.org")
    db.session.commit()
    decide(moderator, report.case, decision="keep")
    services.purge_reporters(clock.now() + 100 * DAY)
    db.session.expire_all()
    assert deliver(smtp) == {}


def test_public_words_say_how_long_it_is_kept(client: FlaskClient) -> None:
    page = client.get("/donnees-personnelles").text
    assert f"{REPORTER_KEPT_DAYS} jours après la décision" in page
    assert f"{REPORTER_KEPT_DAYS} jours" in client.get(f"/signaler/{factories.listing().id}").text


def test_robots_leave_the_forms_alone(client: FlaskClient) -> None:
    assert "Disallow: /signaler/" in client.get("/robots.txt").text
