"""A recruiter writes a job: few gestures, the coach beside her, nothing lost."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

from app.listings.enums import Status
from tests import factories
from tests.browser import DESKTOP, PHONE, Live
from tests.pages.recruiter import Recruiter

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.no_database

MAX_GESTURES = 25


class Hand:
    """A hand that counts its gestures: a click, a choice, a field that is typed."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.gestures = 0

    def _field(self, name: str) -> Any:
        self.gestures += 1
        return self.page.locator(f"form [name={name}]")

    def types(self, name: str, text: str) -> None:
        """Type in a field."""
        self._field(name).fill(text)

    def chooses(self, name: str, label: str) -> None:
        """Choose in a list."""
        self._field(name).select_option(label=label)

    def presses(self, name: str) -> None:
        """Press a button or follow a link."""
        self.gestures += 1
        button = self.page.get_by_role("button", name=name)
        button.or_(self.page.get_by_role("link", name=name)).first.click()


@pytest.fixture
def recruiter(live: Live, open_browser: Callable[..., Page]) -> Recruiter:
    with live.writing():
        member = factories.user()
        factories.organisation(member)
    someone = Recruiter(open_browser(viewport=DESKTOP), member.email)
    someone.signs_in()
    return someone


def test_job_is_posted_in_few_gestures(recruiter: Recruiter) -> None:
    hand = Hand(recruiter.page)
    recruiter.page.goto("/recruter/annonces/")

    hand.presses("Publier une annonce")
    hand.chooses("profession_id", "Aide-soignant·e")
    hand.presses("Pré-remplir avec ce métier")
    hand.types("place", "Bron (69500)")
    hand.types("pay_min", "2 077")
    hand.types("hours_min", "35")
    hand.chooses("contract", "CDI")
    hand.types("contact_name", "Mme Ravier, cadre de santé")
    hand.presses("Publier l’annonce")

    expect(recruiter.main).to_contain_text("Notre équipe relit l’annonce, puis vous écrit")
    assert hand.gestures <= MAX_GESTURES


def test_coach_answers_while_one_writes(recruiter: Recruiter) -> None:
    page = recruiter.page
    page.goto("/recruter/annonces/nouvelle?type=emploi")
    panel, status = page.locator("[data-coach-panel]"), page.locator("[data-coach-status]")
    expect(status).to_be_empty()

    page.locator("[name=title]").fill("Aide à domicile à Bron")
    page.locator("[name=conditions]").fill("Poste réservé aux femmes.")

    expect(panel).to_contain_text("réservé aux femmes")
    expect(panel.locator(".phone")).to_contain_text("Aide à domicile à Bron")
    expect(status).to_contain_text("3 choses à corriger")
    expect(page.locator("[name=conditions]")).to_be_focused()


def test_coach_answers_to_a_button_without_script(
    live: Live, open_browser: Callable[..., Page]
) -> None:
    with live.writing():
        member = factories.user()
        factories.organisation(member)
    page = open_browser(viewport=DESKTOP, java_script_enabled=False)
    Recruiter(page, member.email).signs_in()
    page.goto("/recruter/annonces/nouvelle?type=emploi")
    page.locator("[name=title]").fill("Aide à domicile")
    page.locator("[name=conditions]").fill("Poste réservé aux femmes.")
    page.get_by_role("button", name="Relire mon annonce").click()

    expect(page.locator("#coach")).to_contain_text("À corriger")
    expect(page.locator("main")).to_contain_text("Brouillon enregistré à")
    expect(page.locator("[name=conditions]")).to_have_value("Poste réservé aux femmes.")


def test_draft_is_kept_then_sent_by_the_same_page(live: Live, recruiter: Recruiter) -> None:
    page = recruiter.page
    page.clock.install()
    page.goto("/recruter/annonces/nouvelle?type=emploi")
    page.locator("[name=title]").fill("Aide à domicile")
    page.get_by_role("button", name="Relire mon annonce").click()
    address = page.url.partition("#")[0]
    version = page.locator("[name=version]").input_value()

    page.locator("[name=title]").fill("Aide à domicile, le matin")
    page.clock.fast_forward(20_000)

    expect(page.locator("[name=version]")).not_to_have_value(version)
    expect(page.locator("[data-saved]")).to_contain_text("Brouillon enregistré à")
    page.goto(address)
    expect(page.locator("[name=title]")).to_have_value("Aide à domicile, le matin")
    page.locator("[name=title]").fill("Aide à domicile, le soir")
    page.clock.fast_forward(20_000)
    page.get_by_role("button", name="Garder en brouillon").click()
    expect(recruiter.heading).to_contain_text("Aide à domicile, le soir")
    with live.writing():
        assert (
            factories.db.session.query(factories.Listing)
            .filter_by(title="Aide à domicile, le soir", status=Status.DRAFT)
            .count()
        )


UNDER_THE_BAR = """() => {
  const bar = document.querySelector('.bar');
  const one = document.activeElement;
  if (one === document.body || bar.contains(one)) return '';
  const {bottom} = one.getBoundingClientRect();
  const stuck = bar.getBoundingClientRect();
  // Taller than what is left of the screen: its head is what must be seen.
  const {top} = one.getBoundingClientRect();
  return top < stuck.bottom && Math.min(bottom, top + 24) > stuck.top ? one.outerHTML : '';
}"""


def test_on_a_phone_the_bar_is_one_line_and_never_over_the_focus(recruiter: Recruiter) -> None:
    page = recruiter.page
    page.set_viewport_size(PHONE)
    page.goto("/recruter/annonces/nouvelle")

    bar = page.locator(".bar")
    assert bar.bounding_box()["height"] < 72
    tops = {round(one.bounding_box()["y"]) for one in bar.locator(".btn").all()}
    assert len(tops) == 1
    for _step in range(60):
        page.keyboard.press("Tab")
        assert page.evaluate(UNDER_THE_BAR) == ""
