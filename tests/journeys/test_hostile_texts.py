"""The hundred hostile texts on one page, in a real browser: nothing runs, nothing is even tried.

The browser is watched (see tests/browser.py): a rule of the security policy that stops something
fails the test, for the text should never have come that far.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from app.applications.models import ContactView
from app.core import clock
from app.core.database import db
from app.core.rich_text import markdown_to_html
from tests import factories
from tests.browser import Live
from tests.hostile.markup import MARKUP

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.no_database

# As Chromium has read them: what a parser of another family would have read does not matter.
FAULTS = """() => {
  const schemes = ['http:', 'https:', 'mailto:', 'tel:', ''];
  const never = ['IFRAME', 'OBJECT', 'EMBED', 'BASE', 'STYLE', 'TEMPLATE', 'XSS', 'MATH'];
  return [...document.querySelectorAll('*')].filter((one) =>
    never.includes(one.nodeName.toUpperCase())
    || [...one.attributes].some(({name}) => name.startsWith('on') || name === 'style')
    || (one.nodeName === 'A' && one.hasAttribute('href') && !schemes.includes(one.protocol))
    || (one.nodeName === 'FORM' && new URL(one.getAttribute('action') || '', location).origin
        !== location.origin)
    || (one.nodeName === 'IMG' && new URL(one.src, location).origin !== location.origin)
  ).map((one) => one.outerHTML.slice(0, 160));
}"""


def test_all_the_texts_on_one_page_do_nothing(
    live: Live, open_browser: Callable[..., Page]
) -> None:
    texts = [one.text for one in MARKUP]
    lines = "\n".join(" ".join(text.split()) for text in texts)
    with live.writing():
        member = factories.user()
        owner = factories.organisation(member, name=texts[0], description="\n\n".join(texts))
        listing = factories.listing(
            organisation=owner,
            title=texts[34],
            employer_name=texts[16],
            description="\n\n".join(texts),
            description_html="".join(markdown_to_html(text) for text in texts),
            summary=lines,
            conditions=lines,
            entry_conditions=lines,
        )
        person = factories.application(
            listing, first_name=texts[36], last_name=texts[37], message="\n\n".join(texts)
        )
        db.session.add(
            ContactView(application_id=person.id, user_id=member.id, what="contact", at=clock.now())
        )
        paths = [listing.path, f"/structures/{owner.slug}"]
        inside = [
            f"/recruter/candidatures/{person.id}",
            f"/recruter/annonces/{listing.id}/modifier",
        ]
    page = open_browser()
    dialogs: list[Any] = []
    page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
    for path in [*paths, "", *inside]:
        if not path:
            page.context.add_cookies([live.cookie_of(member)])
            continue
        answer = page.goto(path)
        assert answer is not None
        assert answer.status == 200, path
        assert page.evaluate(FAULTS) == [], path
        # What waits for the mouse or for the keyboard waits in vain.
        page.locator("h1").first.hover()
        page.keyboard.press("Tab")
        # The page is whole: nothing has swallowed its end.
        assert page.locator("footer").count() == 1, path
    assert dialogs == []
