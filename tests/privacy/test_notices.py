"""P03: a form that asks something about a person says what for, who receives it, until when."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

TEMPLATES = Path(__file__).resolve().parent.parent.parent / "templates"
# Fields that tell something about somebody.
PERSONAL = re.compile(
    r"field\(\s*form\.(email|phone|person_name|first_name|last_name|message|words|cv)\b"
    r"|name=\"(?:email|phone|first_name)\""
)
# Forms that add nothing to what is kept of a person, or that write to her.
ADD_NOTHING = {
    "accounts/sign_in.html": "opens an account that exists",
    "accounts/request_link.html": "opens an account that exists",
    "recruiter/decline.html": "a message to the candidate",
    "recruiter/group_decline.html": "a message to candidates",
    "recruiter/listing_answer.html": "a message to candidates",
}
CALL = re.compile(r"{{ notice\((.*?)\) }}\s*$", re.MULTILINE | re.DOTALL)


def asking() -> list[str]:
    return sorted(
        str(path.relative_to(TEMPLATES))
        for path in TEMPLATES.rglob("*.html")
        if not path.is_relative_to(TEMPLATES / "emails") and PERSONAL.search(path.read_text())
    )


def test_forms_that_ask_are_known() -> None:
    assert set(ADD_NOTHING) < set(asking())
    assert len(asking()) >= 14


@pytest.mark.parametrize("name", sorted(set(asking()) - set(ADD_NOTHING)))
def test_a_form_says_what_becomes_of_what_it_asks(name: str) -> None:
    source = (TEMPLATES / name).read_text()
    asked = PERSONAL.search(source)
    notices = list(CALL.finditer(source))
    assert asked
    assert len(notices) == 1, name
    # In the form itself, after what it asks.
    form_end = source.index("</form>", asked.start())
    assert asked.start() < notices[0].start() < form_end
    sentences = re.findall(r'_\("([^"]+)"', notices[0].group(1))
    assert len(sentences) == 3, sentences
    purpose, recipients, kept = sentences
    assert purpose.endswith(".")
    assert re.search(r"reçoi|voient|voit|Seule", recipients), recipients
    assert re.search(r"effac", kept), kept
    assert re.search(r"\bjours?\b|\bmois\b|\bans?\b", kept), kept


def test_every_notice_leads_to_the_rights() -> None:
    macro = (TEMPLATES / "components/notice.html").read_text()
    assert "url_for('main.privacy')" in macro
