"""A job from the desk of a recruiter to the screen of those who search."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from app.accounts.enums import Role
from app.organisations.enums import OrganisationStatus
from tests import factories
from tests.browser import DESKTOP, Live
from tests.pages.recruiter import Moderator, Recruiter
from tests.pages.seeker import Seeker

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.no_database

VISIBLE_WITHIN_SECONDS = 10


def test_a_job_is_read_by_the_team_then_found_by_those_who_search(
    live: Live, open_browser: Callable[..., Page]
) -> None:
    title = "Aide-soignante volante des Brotteaux"
    with live.writing():
        member, moderator = factories.user(), factories.user(Role.MODERATOR)
        factories.organisation(member, status=OrganisationStatus.PENDING, name="Les Brotteaux")
    recruiter = Recruiter(open_browser(viewport=DESKTOP), member.email)
    recruiter.signs_in()
    recruiter.writes_a_job(title)
    expect(recruiter.main).to_contain_text("Notre équipe relit l’annonce, puis vous écrit")

    seeker = Seeker(open_browser())
    seeker.page.goto("/recherche?q=volante+Brotteaux")
    expect(seeker.results().filter(has_text=title)).to_have_count(0)

    team = Moderator(open_browser(viewport=DESKTOP), moderator.email)
    team.signs_in()
    team.reads(title)
    team.verifies_the_organisation()
    team.publishes()
    published = time.monotonic()
    while not seeker.results().filter(has_text=title).count():
        assert time.monotonic() - published < VISIBLE_WITHIN_SECONDS
        seeker.page.reload()
    seeker.opens_the_listing(title)
    expect(seeker.main).to_contain_text("Structure vérifiée par notre équipe")

    recruiter.page.goto("/recruter/annonces/")
    expect(recruiter.main).to_contain_text("En ligne")
