"""One seat, two people who hope for it: from the school's editor to the first day."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from app.accounts.enums import Role
from app.applications.models import Application
from app.core.database import db
from app.organisations.enums import OrganisationKind
from tests import factories
from tests.browser import DESKTOP, Live, wait_for_worker
from tests.inspection import Inspector
from tests.pages.recruiter import Recruiter
from tests.pages.seeker import Receipt, Seeker
from tests.stack import wait_until

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.no_database

TITLE = "Devenir assistante de vie à Bron"


def writes_a_training(school: Recruiter) -> str:
    """Fill the form of a training of one seat, send it; return its address on the site."""
    page = school.page
    page.goto("/recruter/annonces/nouvelle?type=formation")
    page.get_by_label("Intitulé").fill(TITLE)
    page.get_by_label("Description").fill("Neuf mois pour apprendre, en école et en structure.")
    page.locator("[name=place]").fill("Bron (69500)")
    page.get_by_label("C’est gratuit pour la personne").check()
    page.locator("[name=date1_day]").fill("2031-03-03")
    page.locator("[name=date1_capacity]").fill("1")
    page.get_by_label("Qui répond aux candidatures").fill("Mme Ravier, responsable")
    page.get_by_role("button", name="Publier l’annonce").click()
    expect(school.main).to_contain_text("L’annonce est en ligne")
    address = page.get_by_role("link", name="Voir l’annonce en ligne").get_attribute("href")
    assert address
    return address


def applies(person: Seeker, address: str, name: str) -> Receipt:
    person.page.goto(f"{address}/candidater")
    person.fills(first_name=name, email=f"{name.lower()}@seats.example.org")
    person.sends()
    return person.notes_the_receipt()


def last_mail(live: Live, address: str) -> str:
    body = [one for one in live.stack.smtp.messages if one["To"] == address][-1]
    text = body.get_body(("plain",))
    assert text is not None
    return str(text.get_content())


def status_of(live: Live, receipt: Receipt) -> str:
    with live.app.app_context():
        query = db.select(Application.status).where(Application.reference == receipt.reference)
        return str(db.session.scalar(query))


def test_seat_given_back_goes_to_who_waited_and_takes_it(
    live: Live, open_browser: Callable[..., Page], inspector: Inspector
) -> None:
    with live.writing():
        member = factories.user(Role.SCHOOL)
        factories.listing(
            organisation=factories.organisation(
                member, kind=OrganisationKind.SCHOOL, name="École des Alizés"
            )
        )
    school = Recruiter(open_browser(viewport=DESKTOP), member.email)
    school.signs_in()
    address = writes_a_training(school)
    wait_for_worker(live)

    awa, lina = Seeker(open_browser()), Seeker(open_browser())
    receipts = applies(awa, address, "Awa"), applies(lina, address, "Lina")
    for name, step in (("Awa", "C’est oui : une place"), ("Lina", "Mettre sur la liste d’attente")):
        school.opens_the_board()
        school.opens_the_application_of(name)
        if school.page.get_by_role("button", name="Afficher les coordonnées").count():
            school.page.get_by_role("button", name="Afficher les coordonnées").click()
        school.notes(re.compile(step.replace(" ", r"\s")))  # type: ignore[arg-type]
    expect(school.main).to_contain_text("Liste d’attente")

    awa.follows(receipts[0])
    awa.withdraws()
    wait_until(lambda: status_of(live, receipts[1]) == "offered", 10, "the seat to be proposed")
    wait_for_worker(live)
    mail = last_mail(live, "lina@seats.example.org")
    assert "Une place est libre pour vous." in mail
    link = re.search(r"/candidature/\S+/place\?cle=\S+", mail)
    assert link
    lina.page.goto(link[0])
    expect(lina.heading).to_contain_text("Une place est libre pour vous, Lina")
    inspector.check(lina.page, lina.page.content())
    assert status_of(live, receipts[1]) == "offered"
    lina.page.get_by_role("button", name="Je prends la place").click()
    expect(lina.main).to_contain_text("la place est à vous")
    inspector.check(lina.page, lina.page.content())

    school.opens_the_board()
    school.opens_the_application_of("Lina")
    school.notes("La personne est entrée en formation")
    expect(school.main).to_contain_text("Entrée en formation")
    inspector.check(school.page, school.page.content())
    assert [status_of(live, one) for one in receipts] == ["withdrawn", "enrolled"]
