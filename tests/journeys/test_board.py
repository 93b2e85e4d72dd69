"""A manager with ten minutes: who can be called now, three answers at once, by keyboard alone."""

from __future__ import annotations

import datetime as dt
import re
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from app.applications.enums import CallBack
from app.core import clock
from app.core.clock import PARIS
from app.core.working_days import is_working_day
from tests import factories
from tests.browser import DESKTOP, Live, wait_for_worker
from tests.pages.recruiter import Recruiter

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Locator, Page

    from tests.inspection import Inspector

pytestmark = pytest.mark.no_database

PEOPLE = ("Ada", "Bea", "Cléo", "Dora", "Élise", "Fatou")


def presses(page: Page, target: Locator, key: str) -> None:
    """Go to a control with the Tab key alone, then press a key."""
    for _step in range(80):
        if target.evaluate("(element) => element === document.activeElement"):
            break
        page.keyboard.press("Tab")
    else:
        pytest.fail(f"not reached by keyboard: {target}")
    assert target.evaluate(
        """(element) => {
          const box = element.getBoundingClientRect();
          const top = document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2);
          return !top || element === top || element.contains(top) || top.contains(element);
        }"""
    ), "hidden while it has the focus"
    page.keyboard.press(key)


def chooses(page: Page, key: str) -> None:
    """Choose what follows for those who will be ticked."""
    presses(page, page.locator("#to"), key)


def test_six_people_are_answered_by_keyboard_alone(
    live: Live, open_browser: Callable[..., Page], inspector: Inspector
) -> None:
    with live.writing():
        person = factories.user(email="tableau@example.org")
        of = factories.listing(organisation=factories.organisation(person), title="Aide de nuit")
        now = clock.now()
        people = {
            name: factories.application(
                of,
                first_name=name,
                last_name="Benali",
                email=f"tableau-{rank}@example.org",
                call_back=CallBack.ANY,
                answer_due_at=now + dt.timedelta(hours=rank + 1),
            )
            for rank, name in enumerate(PEOPLE)
        }
        emails = {name: one.email for name, one in people.items()}
    recruiter = Recruiter(open_browser(viewport=DESKTOP), "tableau@example.org")
    recruiter.signs_in()
    page = recruiter.page

    def looks() -> None:
        inspector.check(page, page.request.get(page.url).text())
        page.set_viewport_size(DESKTOP)  # type: ignore[arg-type]

    expect(recruiter.heading).to_have_text("6 personnes attendent votre appel")
    looks()
    presses(page, page.get_by_label("Joignables maintenant"), "Space")
    presses(page, page.get_by_role("button", name="Filtrer"), "Enter")
    expect(page).to_have_url(re.compile("joignables=oui"))
    local = clock.now().astimezone(PARIS)
    if is_working_day(local.date()) and 9 <= local.hour < 20:
        expect(page.get_by_text("Joignable maintenant", exact=True)).to_have_count(6)
    else:
        expect(recruiter.main).to_contain_text("Personne n’est joignable à cette heure.")
        presses(page, page.get_by_role("link", name="Tout voir"), "Enter")
        expect(page.locator("input[name=qui]")).to_have_count(6)
    presses(page, page.get_by_role("button", name="Ouvrir et appeler Ada B."), "Enter")
    expect(page.get_by_role("link", name="Appeler le")).to_be_visible()

    recruiter.opens_the_board()
    chooses(page, "End")
    for name in PEOPLE[1:4]:
        presses(page, page.get_by_label(f"{name} B."), "Space")
    expect(recruiter.main).to_contain_text("Cochées : 3")
    page.keyboard.press("Enter")
    expect(recruiter.heading).to_have_text("Répondre non à 3 personnes")
    looks()
    presses(page, page.get_by_label("C’est déjà pourvu ou complet"), "Space")
    presses(page, page.get_by_role("button", name="Voir le message"), "Enter")
    expect(recruiter.heading).to_have_text("Le message à 3 personnes")
    looks()
    presses(page, page.get_by_role("button", name="Envoyer à chaque personne cochée"), "Enter")
    expect(recruiter.main).to_contain_text("3 personnes : réponse négative.")

    chooses(page, "ArrowDown")
    presses(page, page.get_by_label("Fatou B."), "Space")
    page.keyboard.press("Enter")
    expect(recruiter.main).to_contain_text("Une personne : En contact.")
    expect(recruiter.heading).to_have_text("2 personnes attendent votre appel")

    wait_for_worker(live)
    told = {
        name: [m for m in live.stack.smtp.messages if m["To"] == emails[name]] for name in PEOPLE
    }
    assert {name: len(messages) for name, messages in told.items()} == {
        "Ada": 0,
        "Bea": 1,
        "Cléo": 1,
        "Dora": 1,
        "Élise": 0,
        "Fatou": 1,
    }
    for name in PEOPLE[1:4]:
        body = told[name][0].get_body(("plain",))
        assert body is not None
        assert f"Bonjour {name}," in body.get_content()

    with page.expect_download() as download:
        presses(page, page.get_by_role("button", name="Télécharger la liste"), "Enter")
    text = download.value.path().read_text("utf-8-sig")
    assert len(text.splitlines()) == 7
    assert emails["Ada"] in text
    assert emails["Élise"] not in text


def test_several_people_move_without_javascript(
    live: Live, open_browser: Callable[..., Page]
) -> None:
    with live.writing():
        person = factories.user(email="tableau-sans-js@example.org")
        of = factories.listing(organisation=factories.organisation(person))
        for name in PEOPLE[:3]:
            factories.application(of, first_name=name, email=None)
    recruiter = Recruiter(open_browser(java_script_enabled=False), "tableau-sans-js@example.org")
    recruiter.signs_in()
    page = recruiter.page
    page.goto("/recruter/?vue=liste")
    for name in PEOPLE[:2]:
        page.get_by_label(name, exact=True).check()
    page.get_by_label("Personnes cochées").select_option(label="Rencontre")
    page.get_by_role("button", name="Valider").click()
    expect(recruiter.main).to_contain_text("2 personnes sont à l’étape « Rencontre »")
    expect(recruiter.main).to_contain_text("À appeler : sans e-mail")
    page.get_by_role("link", name="Revenir aux candidatures").click()
    expect(recruiter.heading).to_have_text("1 personne attend votre appel")
