"""The team checks organisations; before that, nothing of a candidate is shown to them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient

from app.accounts.enums import Role
from app.applications import board
from app.applications import queries as applications
from app.applications import services as application_services
from app.core import clock
from app.core.database import db
from app.core.errors import DomainError
from app.core.jobs import jobs
from app.listings import services as listings
from app.listings.enums import Status
from app.moderation import queries as moderation
from app.organisations import queries, services
from app.organisations.enums import OrganisationStatus
from app.organisations.models import Organisation
from tests import factories
from tests.accounts.browser import post
from tests.listings.counting import count_queries

REASON = "Le numéro du site officiel ne connaît pas cette personne."


@pytest.fixture
def pending() -> Organisation:
    owner = factories.user(name="Anne Ravier", email="anne@gmail.com")
    added = factories.organisation(
        owner, name="Résidence neuve", siren="732829320", status=OrganisationStatus.PENDING
    )
    factories.establishment(added, siret="73282932000074")
    db.session.commit()
    return added


@pytest.fixture
def moderator(sign_in: Callable[..., FlaskClient]) -> FlaskClient:
    return sign_in(factories.user(Role.MODERATOR, name="Mme Équipe"))


def decide(browser: FlaskClient, organisation: Organisation, verb: str, **data: str) -> Any:
    answer = post(browser, f"/equipe/structures/{organisation.id}/{verb}", **data)
    jobs.drain()
    return answer


def test_queue_shows_what_was_declared_and_by_whom(
    moderator: FlaskClient, pending: Organisation
) -> None:
    page = moderator.get("/equipe/structures").text
    for text in (
        "Résidence neuve",
        "SIRET 732\u00a0829\u00a0320\u00a000074",
        "Anne Ravier",
        "messagerie publique",
        "Bron",
    ):
        assert text in page

    sheet = moderator.get(f"/equipe/structures/{pending.id}").text
    for text in (
        "Résidence neuve",
        "732\u00a0829\u00a0320",
        "anne@gmail.com",
        "messagerie publique",
    ):
        assert text in sheet


def test_queue_asks_the_same_number_of_questions_whatever_its_length(
    moderator: FlaskClient, pending: Organisation
) -> None:
    with count_queries() as few:
        moderator.get("/equipe/structures")
    for _ in range(5):
        added = factories.organisation(factories.user(), status=OrganisationStatus.PENDING)
        factories.establishment(added)
    db.session.commit()
    db.session.expire_all()
    with count_queries() as many:
        moderator.get("/equipe/structures")

    assert len(many) <= len(few)


def test_verified_organisation_is_told_and_logged(
    moderator: FlaskClient, pending: Organisation, smtp: Any
) -> None:
    decide(moderator, pending, "verifier")

    assert pending.verified
    assert smtp.messages[-1]["Subject"] == "Votre structure est vérifiée"
    (event,) = queries.events_of(pending.id)
    assert event.action == "verified"
    assert event.actor is not None
    assert event.actor.name == "Mme Équipe"
    decide(moderator, pending, "verifier")
    assert len(queries.events_of(pending.id)) == 1


def test_refused_organisation_corrects_and_comes_back(
    moderator: FlaskClient,
    pending: Organisation,
    sign_in: Callable[..., FlaskClient],
    smtp: Any,
    now: dt.datetime,
) -> None:
    assert decide(moderator, pending, "refuser", **{"refuse-reason": "non"}).status_code == 422
    decide(moderator, pending, "refuser", **{"refuse-reason": REASON})

    assert pending.refused
    assert REASON in smtp.messages[-1].get_body(("plain",)).get_content()
    assert "Résidence neuve" not in moderator.get("/equipe/structures").text
    assert "Résidence neuve" in moderator.get("/equipe/structures?liste=refusees").text
    assert moderator.get("/equipe/structures?liste=autre").status_code == 404
    owner = queries.owners_of(pending.id)[0]
    draft = factories.listing(organisation=pending, status=Status.DRAFT, contact_name="Anne")
    with pytest.raises(DomainError):
        listings.submit_listing(owner, draft, now)
    browser = sign_in(owner)
    assert REASON in browser.get(f"/recruter/structures/{pending.id}").text

    post(browser, f"/recruter/structures/{pending.id}/renvoyer")

    assert not pending.refused
    assert "Résidence neuve" in moderator.get("/equipe/structures").text
    assert listings.submit_listing(owner, draft, now).status == Status.IN_REVIEW


def test_refused_organisation_corrects_its_name_and_waits_anew(
    moderator: FlaskClient,
    pending: Organisation,
    sign_in: Callable[..., FlaskClient],
    now: dt.datetime,
) -> None:
    pending.created_at = now - dt.timedelta(days=30)
    other = factories.organisation(
        name="Attend depuis hier",
        status=OrganisationStatus.PENDING,
        created_at=now - dt.timedelta(hours=30),
    )
    db.session.commit()
    assert "en retard" in moderator.get("/equipe/structures").text
    decide(moderator, pending, "refuser", **{"refuse-reason": REASON})
    (owner,) = queries.owners_of(pending.id)
    browser, page = sign_in(owner), f"/recruter/structures/{pending.id}"
    typed = {"name": "Clinique neuve", "kind": "school", "promise": "48"}
    assert 'value="Résidence neuve"' in browser.get(f"{page}/modifier").text
    assert post(browser, f"{page}/modifier", **typed | {"name": "www.x.example"}).status_code == 422

    post(browser, f"{page}/modifier", **typed)
    post(browser, f"{page}/renvoyer")

    db.session.refresh(pending)
    assert (pending.name, pending.kind, pending.slug) == (
        "Clinique neuve",
        "school",
        "clinique-neuve",
    )
    queue = moderation.organisations_in(moderation.TO_VERIFY, limit=9)
    assert [one for one, _since in queue] == [other, pending]
    assert queue[1][1] >= now
    services.verify_organisation(None, pending, now=now)
    db.session.commit()
    assert 'name="name"' not in browser.get(f"{page}/modifier").text
    post(browser, f"{page}/modifier", **typed | {"name": "Autre nom"})
    assert pending.name == "Clinique neuve"


def test_team_asks_for_a_call(moderator: FlaskClient, pending: Organisation, smtp: Any) -> None:
    decide(moderator, pending, "appeler", **{"call-reason": REASON})

    text = smtp.messages[-1].get_body(("plain",)).get_content()
    assert REASON in text
    assert "04\u00a065\u00a071\u00a012\u00a034" in text
    assert pending.status == OrganisationStatus.PENDING
    assert not pending.refused


def test_call_is_asked_without_a_number_that_does_not_exist(
    moderator: FlaskClient, pending: Organisation, smtp: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("PHONE", "CONTACT_EMAIL"):
        monkeypatch.setitem(moderator.application.config, name, "")

    decide(moderator, pending, "appeler", **{"call-reason": REASON})

    for kind in ("plain", "html"):
        text = smtp.messages[-1].get_body((kind,)).get_content()
        assert "nous avons besoin de vous parler" in text
        assert "ppelez-nous\u00a0:" not in text
        assert "crivez-nous" not in text


def test_suspended_then_reopened_each_with_its_reason(
    moderator: FlaskClient, pending: Organisation, smtp: Any
) -> None:
    decide(moderator, pending, "verifier")
    assert decide(moderator, pending, "suspendre").status_code == 422
    decide(moderator, pending, "suspendre", **{"suspend-reason": REASON})
    assert pending.status == OrganisationStatus.SUSPENDED
    assert smtp.messages[-1]["Subject"] == "Votre structure est suspendue"
    decide(moderator, pending, "refuser", **{"refuse-reason": REASON})
    assert pending.status == OrganisationStatus.SUSPENDED

    decide(moderator, pending, "rouvrir", **{"reopen-reason": "Le siège a confirmé par écrit."})

    assert pending.status == OrganisationStatus.PENDING
    log = [(event.action, event.reason) for event in queries.events_of(pending.id)]
    assert log[:2] == [("reopened", "Le siège a confirmé par écrit."), ("suspended", REASON)]
    assert REASON in moderator.get(f"/equipe/structures/{pending.id}").text


@pytest.mark.parametrize("status", [OrganisationStatus.PENDING, OrganisationStatus.SUSPENDED])
def test_unverified_organisation_sees_nothing_of_those_who_answer(
    sign_in: Callable[..., FlaskClient], status: str, now: dt.datetime
) -> None:
    member = factories.user()
    organisation = factories.organisation(member, status=status)
    listing = factories.listing(organisation=organisation)
    application = factories.application(
        listing, first_name="Samira-Secret", email="samira.secret@example.org"
    )
    browser = sign_in(member)

    for address in (
        "/recruter/",
        "/recruter/?vue=liste",
        f"/recruter/candidatures/{application.id}",
        f"/recruter/candidatures/{application.id}/refuser",
    ):
        assert "secret" not in browser.get(address).text.lower(), address
    for verb in ("ouvrir", "cv", "etape"):
        assert post(browser, f"/recruter/candidatures/{application.id}/{verb}").status_code == 404
    assert applications.of_member(application.id, member.id) is None
    assert board.page_of(member.id, board.Filters(), now, 1) == ([], 0)
    with pytest.raises(application_services.NotVerified):
        application_services.record_view(application, member, "contact", now)

    organisation.status = OrganisationStatus.VERIFIED
    db.session.commit()
    back = sign_in(member)
    post(back, f"/recruter/candidatures/{application.id}/ouvrir")
    assert "samira.secret@example.org" in back.get(f"/recruter/candidatures/{application.id}").text
    assert clock.now() >= now


def test_numbers_of_a_refused_organisation_are_given_back_to_whose_they_are(
    moderator: FlaskClient, pending: Organisation
) -> None:
    page = f"/equipe/structures/{pending.id}"
    released = {"release-reason": "La vraie résidence nous a appelés."}
    decide(moderator, pending, "liberer", **released)
    assert pending.siren == "732829320"
    assert "Libérer ses numéros" not in moderator.get(page).text
    decide(moderator, pending, "refuser", **{"refuse-reason": REASON})
    assert "Libérer ses numéros" in moderator.get(page).text
    assert decide(moderator, pending, "liberer").status_code == 422

    decide(moderator, pending, "liberer", **released)

    db.session.expire_all()
    assert queries.organisation_of_siret("73282932000074") is None
    assert [one.siret for one in queries.establishments_of(pending.id)] == [None]
    event = queries.events_of(pending.id)[0]
    assert (event.action, event.reason) == ("released", released["release-reason"])
    assert "Libérer ses numéros" not in moderator.get(page).text
    assert "Numéros SIREN et SIRET libérés" in moderator.get(page).text
    owner = queries.owners_of(pending.id)[0]
    place = queries.establishments_of(pending.id)[0]
    with pytest.raises(services.InvalidOrganisation):
        services.update_establishment(owner, place, {"siret": "73282932000074", "name": "Le même"})
