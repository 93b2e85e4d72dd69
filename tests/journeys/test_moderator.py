"""What the team decides, and what each person is told: from a new organisation to a report."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from app.accounts.enums import Role
from app.organisations.enums import OrganisationStatus
from tests import factories
from tests.browser import DESKTOP, Live, wait_for_worker
from tests.inspection import Inspector
from tests.pages.recruiter import Moderator, Recruiter
from tests.pages.seeker import Seeker
from tests.stack import wait_until

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.no_database

TITLE = "Aide-soignante de nuit aux Glycines"
REFUSAL = "Dites à quelle heure la nuit commence et finit."
WITNESS = "temoin@glycines.example.org"
ANSWER = "Nous avons appelé la structure : le poste est bien à pourvoir."


def mails_to(live: Live, address: str) -> dict[str, str]:
    """Return the text of each message to an address, by subject, once all have both parts."""
    wait_for_worker(live)
    found = {}
    for message, envelope in zip(live.stack.smtp.messages, live.stack.smtp.envelopes, strict=True):
        if message["To"] != address:
            continue
        assert envelope.rcpt_tos == [address]
        plain, rich = message.get_body(("plain",)), message.get_body(("html",))
        assert plain is not None
        assert rich is not None
        subject = " ".join(message["Subject"].split())
        assert subject not in found, f"sent twice: {subject}"
        found[subject] = " ".join(plain.get_content().split())
    return found


def test_the_team_verifies_refuses_accepts_and_answers_a_report(
    live: Live, open_browser: Callable[..., Page], inspector: Inspector
) -> None:
    with live.writing():
        member, moderator = factories.user(), factories.user(Role.MODERATOR)
        pending = factories.organisation(
            member, name="Les Glycines", status=OrganisationStatus.PENDING
        )
        factories.establishment(pending)
    recruiter = Recruiter(open_browser(viewport=DESKTOP), member.email)
    team = Moderator(open_browser(viewport=DESKTOP), moderator.email)
    visitor = Seeker(open_browser())

    def inspect(page: Page) -> None:
        size = page.viewport_size
        assert size is not None
        inspector.check(page, page.request.get(page.url).text())
        page.set_viewport_size(size)
        page.reload()

    recruiter.signs_in()
    recruiter.writes_a_job(TITLE)
    expect(recruiter.main).to_contain_text("Notre équipe relit l’annonce, puis vous écrit")

    team.signs_in()
    team.opens_the_organisation("Les Glycines")
    inspect(team.page)
    team.verifies_the_organisation()
    expect(team.main).to_contain_text("vérifiée")
    assert "Votre structure est vérifiée" in mails_to(live, member.email)

    team.opens_what_waits()
    inspect(team.page)
    team.reads(TITLE)
    inspect(team.page)
    team.refuses(REFUSAL)
    refused = mails_to(live, member.email)[f"Votre annonce demande un changement : {TITLE}"]
    assert REFUSAL in refused

    recruiter.opens_her_listing(TITLE)
    expect(recruiter.main).to_contain_text(REFUSAL)
    inspect(recruiter.page)
    recruiter.corrects("De 21 h à 7 h, deux nuits sur quatre.\n- une équipe de six")
    expect(recruiter.main).to_contain_text("Notre équipe relit l’annonce, puis vous écrit")

    visitor.page.goto("/recherche?q=nuit+Glycines")
    expect(visitor.results().filter(has_text=TITLE)).to_have_count(0)
    team.opens_what_waits()
    team.reads(TITLE)
    expect(team.main).to_contain_text("De 21 h à 7 h")
    team.publishes()
    expect(team.main).to_contain_text("L’annonce est en ligne")
    assert f"Votre annonce est en ligne : {TITLE}" in mails_to(live, member.email)

    def found() -> bool:
        visitor.page.reload()
        return visitor.results().filter(has_text=TITLE).count() == 1

    wait_until(found, 20, "the listing to be found")
    visitor.opens_the_listing(TITLE)
    visitor.page.get_by_role("link", name="Signaler cette annonce").click()
    expect(visitor.heading).to_have_text("Signaler cette annonce")
    inspect(visitor.page)
    visitor.page.get_by_label("Elle est fausse, ou déjà pourvue").check()
    visitor.page.get_by_label("Votre e-mail").fill(WITNESS)
    visitor.page.get_by_role("button", name="Envoyer le signalement").click()
    expect(visitor.heading).to_have_text("Merci, c’est bien reçu")
    inspect(visitor.page)

    team.page.get_by_role("link", name="Signalements").locator("visible=true").first.click()
    inspect(team.page)
    team.opens_the_report_of(TITLE)
    expect(team.main).to_contain_text("Elle est fausse, ou déjà pourvue")
    inspect(team.page)
    closed = team.page.url
    team.page.get_by_label("Laisser l’annonce comme elle est").check()
    team.page.get_by_role("button", name="Décider").click()
    expect(team.main).to_contain_text("Dites pourquoi")
    team.page.get_by_label("Notre réponse aux personnes qui ont signalé").fill(ANSWER)
    team.page.get_by_role("button", name="Décider").click()
    expect(team.main).to_contain_text("C’est décidé")
    expect(team.page.get_by_role("link", name=TITLE)).to_have_count(0)
    team.page.goto(closed)
    expect(team.main).to_contain_text(ANSWER)
    inspect(team.page)

    told = mails_to(live, WITNESS)
    assert any(subject.startswith("Nous avons reçu votre signalement") for subject in told)
    decided = [text for subject, text in told.items() if subject.startswith("Notre décision")]
    assert len(decided) == 1
    assert ANSWER in decided[0]
    assert WITNESS not in " ".join(mails_to(live, member.email).values())
