"""When much was sent from one place, a person still gets hers through: by keyboard, without a
script, or without noticing anything."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect
from sqlalchemy import func, select

from app.applications.models import Application
from app.core import proofs
from app.core.database import db
from tests import factories
from tests.browser import Live
from tests.inspection import Inspector
from tests.stack import ROOT, Service, free_port, http_status, wait_until

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.no_database

Open = Callable[..., "Page"]
QUESTION = re.compile(r"Combien font (\w+) plus (\w+)")


@pytest.fixture(scope="module")
def guarded(live: Live) -> Iterator[str]:
    """Start the web process as it is for everybody: the other journeys are spared its questions."""
    port = free_port()
    command = live.stack.web.command
    command = [f"--bind=127.0.0.1:{port}" if "--bind" in str(one) else one for one in command]
    web = Service(
        "guarded",
        command,
        env=live.stack.environ
        | {
            "ASK_PROOFS": "1",
            # What the other journeys sent from this machine is counted under another key.
            "SECRET_KEY": "the-key-of-the-guarded-one-of-forty-letters",
            # However slow the machine of the tests, the first sending is too quick.
            "SECONDS_TO_FILL": "60",
            "PUBLIC_BASE_URL": f"http://127.0.0.1:{port}",
        },
        log_path=live.stack.folder / "logs" / "guarded.log",
        cwd=ROOT,
    )
    web.start()
    try:
        wait_until(lambda: http_status(port, "/health/live") == 200, 90, web.log_tail())
        yield f"http://127.0.0.1:{port}"
    finally:
        web.stop(3)


@pytest.fixture
def forms(live: Live, guarded: str) -> tuple[str, str]:
    """Return the addresses of the forms of two new listings."""
    with live.writing():
        first, second = factories.listing(), factories.listing()
        return f"{guarded}{first.path}/candidater", f"{guarded}{second.path}/candidater"


def sent(live: Live) -> int:
    with live.app.app_context():
        return db.session.scalar(select(func.count()).select_from(Application)) or 0


def fill(page: Page, phone: str) -> None:
    page.get_by_label("Votre prénom").fill("Nora")
    page.get_by_role("textbox", name="Téléphone").fill(phone)
    page.get_by_role("button", name="Envoyer ma demande").focus()
    page.keyboard.press("Enter")


def test_without_javascript_a_question_is_answered_by_keyboard(
    live: Live, forms: tuple[str, str], open_browser: Open
) -> None:
    form = forms[0]
    page = open_browser(java_script_enabled=False, hosts=(form.split("/")[2],))
    before = sent(live)
    page.goto(form)
    # Filled in no time, as a program would.
    fill(page, "06 39 98 70 01")
    expect(page).to_have_title(re.compile("^Erreur"))
    expect(page.get_by_label("Votre prénom")).to_have_value("Nora")
    field = page.get_by_label(QUESTION)
    words = QUESTION.search(page.locator("form label", has_text=QUESTION).inner_text())
    assert words
    field.fill(str(sum(proofs.NUMBERS.index(word) for word in words.groups())))
    field.press("Enter")
    expect(page).to_have_url(re.compile("/confirmation$"))
    assert sent(live) == before + 1


def test_with_javascript_nothing_is_read_nor_pressed(
    live: Live, forms: tuple[str, str], open_browser: Open, inspector: Inspector
) -> None:
    form, another = forms
    page = open_browser(hosts=(form.split("/")[2],))
    before = sent(live)
    page.goto(form)
    with page.expect_navigation() as arrived:
        fill(page, "06 39 98 70 02")
    assert arrived.value is not None
    expect(page).to_have_title(re.compile("^Erreur"))
    expect(page.get_by_label(QUESTION)).to_be_hidden()
    expect(page.get_by_text("Vérification faite")).to_be_visible()
    page.evaluate("document.querySelector('[data-proof-question]').hidden = false")
    inspector.check(page, arrived.value.text(), error=True)
    page.get_by_role("button", name="Envoyer ma demande").press("Enter")
    expect(page).to_have_url(re.compile("/confirmation$"))
    # Who does not wait for the number presses once all the same.
    page.goto(another)
    with page.expect_navigation():
        fill(page, "06 39 98 70 03")
    page.get_by_role("button", name="Envoyer ma demande").press("Enter")
    expect(page).to_have_url(re.compile("/confirmation$"))
    assert sent(live) == before + 2
