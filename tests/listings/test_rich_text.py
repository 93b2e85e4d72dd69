"""Texts become safe HTML; titles become addresses."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.listings.rich_text import TAGS, make_slug, markdown_to_html, plain_to_html

pytestmark = pytest.mark.no_database


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("# Titre", "<h3>Titre</h3>"),
        ("un\ndeux", "<p>un<br>\ndeux</p>"),
        ("- a\n- b", "<ul>\n<li>a</li>\n<li>b</li>\n</ul>"),
        ("<b onclick=x>a</b>", "<p>&lt;b onclick=x&gt;a&lt;/b&gt;</p>"),
        ("[a](javascript:alert(1))", "<p>[a](javascript:alert(1))</p>"),
        (
            "![a](https://x.fr/a.png)",
            '<p>!<a href="https://x.fr/a.png" rel="nofollow noopener">a</a></p>',
        ),
        ("[a](https://x.fr)", '<p><a href="https://x.fr" rel="nofollow noopener">a</a></p>'),
    ],
)
def test_markdown_becomes_allowed_html(text: str, html: str) -> None:
    assert markdown_to_html(text) == html


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("", ""),
        ("Un.\n\nDeux.", "<p>Un.</p><p>Deux.</p>"),
        ("Vous :\r\n- a\r\n• b\r\nfin", "<p>Vous :</p><ul><li>a</li><li>b</li></ul><p>fin</p>"),
        ("3 < 4 & <script>", "<p>3 &lt; 4 &amp; &lt;script&gt;</p>"),
    ],
)
def test_imported_text_becomes_paragraphs_and_lists(text: str, html: str) -> None:
    assert plain_to_html(text) == html


@given(st.text(alphabet="<>/&'\"=a b-*_[](){}#!\n`:javscriptonlk", max_size=120))
def test_no_text_brings_a_tag_or_an_attribute_that_is_not_allowed(text: str) -> None:
    import re

    for html in (markdown_to_html(text), plain_to_html(text)):
        for tag, attributes in re.findall(r"<\s*/?\s*([a-z0-9]+)([^>]*)>", html):
            assert tag in TAGS
            assert re.fullmatch(r'( href="[^"]*" rel="nofollow noopener")?', attributes)


@pytest.mark.parametrize(
    ("title", "slug"),
    [
        ("Aide-soignant·e de jour", "aide-soignante-de-jour"),
        ("Aide-soignant(e) à l’Œuvre", "aide-soignante-a-l-oeuvre"),
        ("Infirmier.e de nuit", "infirmiere-de-nuit"),
        ("🙂", "annonce"),
        ("mot " * 60, "mot-" * 24 + "mot"),
    ],
)
def test_title_becomes_the_end_of_an_address(title: str, slug: str) -> None:
    assert make_slug(title) == slug
