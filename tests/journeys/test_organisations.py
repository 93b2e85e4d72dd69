"""An organisation from its sign-up to the colleague who leaves it."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from app.accounts.enums import Role
from tests import factories
from tests.browser import DESKTOP, Live, wait_for_worker
from tests.pages.recruiter import Founder, Moderator

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.no_database


@pytest.mark.parametrize("script", [True, False], ids=["with scripts", "without scripts"])
def test_an_organisation_opens_is_verified_and_a_colleague_comes_and_goes(
    live: Live, open_browser: Callable[..., Page], script: bool
) -> None:
    name, siret = ("Maison Mimosa", "35600000009075") if script else ("Jonquille", "44306184100047")
    with live.writing():
        moderator = factories.user(Role.MODERATOR)
    word = name.split()[-1].lower()
    chief, nora = f"cheffe@{word}.example.org", f"nora@{word}.example.org"
    founder = Founder(
        open_browser(viewport=DESKTOP, java_script_enabled=script), chief, live.stack.smtp
    )

    founder.signs_up(name, siret)
    expect(founder.heading).to_contain_text("Confirmez votre e-mail")
    wait_for_worker(live)
    founder.follows_her_link("Confirmer l’inscription")
    expect(founder.heading).to_contain_text(name)
    expect(founder.main).to_contain_text("Notre équipe vérifie votre structure")
    founder.writes_a_job(f"Aide-soignante chez {name}")
    expect(founder.main).to_contain_text("Notre équipe relit l’annonce")

    team = Moderator(open_browser(viewport=DESKTOP), moderator.email)
    team.signs_in()
    team.opens_the_organisation(name)
    team.verifies_the_organisation()
    expect(team.page.locator("main")).to_contain_text("vérifiée")

    founder.invites(nora)
    wait_for_worker(live)
    colleague = Founder(open_browser(java_script_enabled=script), nora, live.stack.smtp)
    colleague.joins("Nora Sadi")
    expect(colleague.main).to_contain_text(f"Vous faites maintenant partie de {name}")
    colleague.page.goto("/recruter/annonces/")
    expect(colleague.main).to_contain_text(f"Aide-soignante chez {name}")

    founder.puts_out("Nora Sadi")
    expect(founder.main).to_contain_text("n’a plus accès")
    colleague.page.goto("/recruter/annonces/")
    expect(colleague.page).to_have_url(re.compile("/connexion"))
