"""The review queue: who sees it, what it shows, what is decided."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from bs4 import BeautifulSoup
from flask.testing import FlaskClient
from sqlalchemy import delete

from app.accounts.enums import Role
from app.core import clock
from app.core.database import db
from app.core.jobs import jobs
from app.core.outbox import OutboxEvent
from app.listings.enums import Status
from app.listings.models import Listing, ListingEvent
from app.listings.queries import last_refusal
from app.organisations.enums import OrganisationStatus
from tests import factories
from tests.accounts.browser import csrf_of

REVIEWERS = [Role.MODERATOR, Role.ADMIN]
OTHERS = sorted(set(Role) - set(REVIEWERS))


def in_review(title: str = "Aide à domicile", hours_ago: float = 1, **values: object) -> Listing:
    """Add a listing that waits for a decision since `hours_ago`."""
    listing = factories.listing(
        title=title, status=Status.IN_REVIEW, published_at=None, closes_at=None, **values
    )
    db.session.add(
        ListingEvent(
            listing_id=listing.id,
            from_status=Status.DRAFT,
            to_status=Status.IN_REVIEW,
            at=clock.now() - dt.timedelta(hours=hours_ago),
        )
    )
    db.session.commit()
    return listing


@pytest.fixture
def moderator(sign_in: Callable[..., FlaskClient]) -> FlaskClient:
    """Return a browser of the team."""
    return sign_in(factories.user(Role.MODERATOR))


def send(browser: FlaskClient, listing: Listing, path: str, **data: str) -> Any:
    """Send one of the forms of a listing's page."""
    token = csrf_of(browser, f"/equipe/annonces/{listing.id}")
    return browser.post(path, data={"csrf_token": token, "version": str(listing.version)} | data)


def told(smtp: Any) -> list[str]:
    """Let the worker send what waits, and return to whom; the index is another test's."""
    db.session.execute(delete(OutboxEvent).where(OutboxEvent.topic == "listing.changed"))
    db.session.commit()
    jobs.drain()
    return [message["To"] for message in smtp.messages]


@pytest.mark.parametrize("role", REVIEWERS)
def test_team_is_led_to_what_waits(sign_in: Callable[..., FlaskClient], role: str) -> None:
    browser = sign_in(factories.user(role))

    assert browser.get("/equipe/").location == "/equipe/annonces"
    assert browser.get("/equipe/annonces").status_code == 200


@pytest.mark.parametrize("role", OTHERS)
def test_nobody_else_sees_or_decides(sign_in: Callable[..., FlaskClient], role: str) -> None:
    listing = in_review()
    browser = sign_in(factories.user(role))
    token = csrf_of(browser, "/connexion/lien")
    data = {"csrf_token": token, "reason": "Indiquez le salaire."}

    for address in ("/equipe/", "/equipe/annonces", f"/equipe/annonces/{listing.id}"):
        assert browser.get(address).status_code == 404
    for action in (
        f"annonces/{listing.id}/publier",
        f"annonces/{listing.id}/refuser",
        f"structures/{listing.organisation_id}/verifier",
    ):
        assert browser.post(f"/equipe/{action}", data=data).status_code == 404
    assert listing.status == Status.IN_REVIEW


def test_visitor_is_led_to_sign_in(client: FlaskClient) -> None:
    answer = client.get("/equipe/annonces")

    assert answer.status_code == 302
    assert answer.location == "/connexion?next=/equipe/annonces"


def test_oldest_comes_first(moderator: FlaskClient) -> None:
    in_review("La récente", hours_ago=2)
    in_review("L’ancienne", hours_ago=50)
    factories.listing(title="Déjà en ligne")

    page = moderator.get("/equipe/annonces").text

    assert page.index("L’ancienne") < page.index("La récente")
    assert "Déjà en ligne" not in page
    assert page.count("en retard") == 1
    assert "2 annonces attendent votre décision" in page


def test_empty_queue_says_so(moderator: FlaskClient) -> None:
    assert "Rien n’attend." in moderator.get("/equipe/annonces").text


def test_listing_is_shown_with_who_sends_it(moderator: FlaskClient) -> None:
    author = factories.user(name="Anne Ravier", email="anne.ravier@example.org")
    listing = in_review(
        organisation=factories.organisation(author, name="Mimosa Domicile"),
        created_by_id=author.id,
        conditions="Station debout.",
    )

    page = moderator.get(f"/equipe/annonces/{listing.id}").text

    for text in (
        "Aide à domicile",
        "Mimosa Domicile",
        "anne.ravier@example.org",
        "Anne Ravier",
        "2\u00a0077 à 2\u00a0290\u00a0€ brut par mois",
        "35\u00a0h",
        "CDI",
        "Station debout.",
        "Vous accompagnez les résidentes",
    ):
        assert text in page


def test_what_the_coach_says_is_shown_to_who_decides(moderator: FlaskClient) -> None:
    listing = in_review(
        organisation=factories.organisation(), conditions="Poste réservé aux femmes."
    )

    page = moderator.get(f"/equipe/annonces/{listing.id}").text

    assert "Ce que le coach relève" in page
    assert "«\u00a0réservé aux femmes\u00a0»" in page


def test_approved_listing_is_online_and_told(moderator: FlaskClient, smtp: Any) -> None:
    author = factories.user(email="anne.ravier@example.org")
    listing = in_review(organisation=factories.organisation(author))

    answer = send(moderator, listing, f"/equipe/annonces/{listing.id}/publier")

    assert answer.status_code == 303
    assert listing.status == Status.PUBLISHED
    assert listing.is_open(clock.now())
    assert told(smtp) == ["anne.ravier@example.org"]


def test_what_changed_since_it_was_read_is_read_again(moderator: FlaskClient) -> None:
    listing = in_review(organisation=factories.organisation(factories.user()))
    page = f"/equipe/annonces/{listing.id}"
    assert f'name="version" value="{listing.version}"' in moderator.get(page).text

    answer = send(moderator, listing, f"{page}/publier", version=str(listing.version - 1))

    assert answer.status_code == 409
    db.session.refresh(listing)
    assert listing.status == Status.IN_REVIEW


def test_listing_of_an_unverified_organisation_waits_for_its_verification(
    moderator: FlaskClient,
) -> None:
    listing = in_review(organisation=factories.organisation(status=OrganisationStatus.PENDING))
    page = f"/equipe/annonces/{listing.id}"
    assert "/publier" not in moderator.get(page).text

    assert send(moderator, listing, f"{page}/publier").status_code == 409
    verified = send(
        moderator, listing, f"/equipe/structures/{listing.organisation_id}/verifier", next=page
    )

    assert verified.location == page
    assert listing.organisation is not None
    assert listing.organisation.verified
    send(moderator, listing, f"{page}/publier")
    assert listing.status == Status.PUBLISHED


def test_refused_listing_goes_back_with_its_reason(moderator: FlaskClient, smtp: Any) -> None:
    author = factories.user(email="anne.ravier@example.org")
    listing = in_review(organisation=factories.organisation(author))

    answer = send(
        moderator,
        listing,
        f"/equipe/annonces/{listing.id}/refuser",
        reason="Indiquez les horaires réels.",
    )

    assert answer.status_code == 303
    assert listing.status == Status.DRAFT
    assert last_refusal(listing.id) == "Indiquez les horaires réels."
    assert told(smtp) == ["anne.ravier@example.org"]
    assert "Indiquez les horaires réels." in smtp.messages[0].get_body(("plain",)).get_content()


def test_refusing_has_one_name(moderator: FlaskClient) -> None:
    page = BeautifulSoup(moderator.get(f"/equipe/annonces/{in_review().id}").data, "html.parser")
    section = page.select_one("[aria-labelledby=refuse-title]")

    assert section.h2.text == section.select_one("form button").text.strip() == "Refuser l’annonce"
    assert "Renvoyer" not in page.main.text


@pytest.mark.parametrize("reason", ["", "   ", "Non."])
def test_refusal_without_a_reason_is_not_one(moderator: FlaskClient, reason: str) -> None:
    listing = in_review()

    answer = send(moderator, listing, f"/equipe/annonces/{listing.id}/refuser", reason=reason)

    assert answer.status_code == 422
    assert "<title>Erreur" in answer.text
    assert listing.status == Status.IN_REVIEW


def test_listing_decided_by_a_colleague_no_longer_waits(moderator: FlaskClient) -> None:
    listing = in_review()
    token = csrf_of(moderator, f"/equipe/annonces/{listing.id}")
    listing.status, listing.published_at = Status.PUBLISHED, clock.now()
    db.session.commit()

    read = moderator.get(f"/equipe/annonces/{listing.id}")
    decided = moderator.post(f"/equipe/annonces/{listing.id}/publier", data={"csrf_token": token})

    assert read.location == "/equipe/annonces"
    assert decided.status_code == 404


def test_unknown_objects_are_404(moderator: FlaskClient) -> None:
    token = csrf_of(moderator, "/connexion/lien")

    for action in ("annonces/999999/publier", "structures/999999/verifier"):
        assert moderator.post(f"/equipe/{action}", data={"csrf_token": token}).status_code == 404


def test_page_of_the_queue_asks_few_questions(moderator: FlaskClient) -> None:
    from sqlalchemy import event

    for number in range(12):
        in_review(f"Annonce {number}")
    statements: list[str] = []

    def count(_conn: object, _cursor: object, statement: str, *_rest: object) -> None:
        statements.append(statement)

    connection = db.session.connection().engine
    event.listen(connection, "before_cursor_execute", count)
    moderator.get("/equipe/annonces")
    event.remove(connection, "before_cursor_execute", count)

    selects = [statement for statement in statements if statement.startswith("SELECT")]
    assert 0 < len(selects) <= 4
