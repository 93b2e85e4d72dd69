"""Every French word of a template goes through gettext, and every template compiles."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest
from jinja2 import Environment

TEMPLATES = Path(__file__).resolve().parent.parent / "templates"
FILES = sorted(p.relative_to(TEMPLATES).as_posix() for p in TEMPLATES.rglob("*") if p.is_file())

# Stands for `{{ … }}` while the page is read: a word, because it may also be the name of a tag.
VALUE = "zvaluez"
READ_ALOUD = {"alt", "title", "placeholder", "aria-label", "aria-description", "label", "data-l"}
WORD = re.compile(r"[^\W\d_]{2,}")
# Written alike in every language.
UNIVERSAL = {"km", "SIRET"}

pytestmark = pytest.mark.no_database


class _Texts(HTMLParser):
    """Collects the texts of a page with their lines: what is read on screen or aloud."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[int, str]] = []
        self._silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in {"script", "style"}:
            self._silent += 1
        named = {name: value or "" for name, value in attrs}
        spoken = READ_ALOUD | ({"content"} if named.get("name") == "description" else set())
        for name in spoken & named.keys():
            self._keep(named[name])

    def handle_endtag(self, tag: str) -> None:
        if tag in {"script", "style"}:
            self._silent -= 1

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self._keep(data)

    def _keep(self, text: str) -> None:
        text = text.replace(VALUE, " ")
        if set(WORD.findall(text)) - UNIVERSAL:
            self.found.append((self.getpos()[0], " ".join(text.split())))


def bare_texts(source: str) -> list[tuple[int, str]]:
    """Return (line, text) of every text written outside `_()`, `ngettext()` and `{% trans %}`."""
    parser = _Texts()
    parser.feed("".join(_untranslated(source)))
    parser.close()
    return parser.found


def _untranslated(source: str) -> Iterator[str]:
    """Yield the page without its code and its translated texts, line for line."""
    inside_trans = in_block = False
    line = 1
    for at, kind, value in Environment(autoescape=True).lex(source):
        yield "\n" * (at - line)
        line = max(line, at)
        in_block = kind == "block_begin" or (in_block and kind != "block_end")
        if in_block and kind == "name" and value in {"trans", "endtrans"}:
            inside_trans = value == "trans"
        if kind == "variable_begin":
            yield VALUE
        elif kind == "data" and not inside_trans:
            yield value
            line += value.count("\n")


@pytest.mark.parametrize("name", FILES)
def test_texts_go_through_gettext(name: str) -> None:
    source = (TEMPLATES / name).read_text(encoding="utf-8")

    assert bare_texts(source) == []


@pytest.mark.parametrize(
    "source",
    [
        "<p>Bonjour</p>",
        '<img alt="Une photo">',
        '<input placeholder="Commune">',
        '<p class="{{ x }}">{{ _("Oui") }} mais</p>',
        '<meta name="description" content="Des emplois">',
        "<{{ h }}>Titre</{{ h }}>",
        "{% trans %}Oui{% endtrans %} non",
    ],
)
def test_a_bare_text_is_seen(source: str) -> None:
    assert len(bare_texts(source)) == 1


@pytest.mark.parametrize(
    "source",
    [
        "{# Un commentaire #}<!-- un autre -->",
        '<p title="{{ _(\'Oui\') }}">{{ _("Bonjour") }} : {{ n }} €</p>',
        "{% trans n=3 %}Bonjour {{ n }}{% endtrans %}",
        '<script type="application/ld+json">{"a": "texte"}</script>',
        '<li{% if x %} class="is-now"{% endif %}></li>',
        "<{{ h }}{% if x %} class='mot'{% endif %}>{{ t }}</{{ h }}>",
    ],
)
def test_code_and_translated_texts_are_left_alone(source: str) -> None:
    assert bare_texts(source) == []


@pytest.mark.parametrize("name", FILES)
def test_no_inline_style_nor_script(name: str) -> None:
    """The content security policy refuses them, so they would silently do nothing."""
    source = (TEMPLATES / name).read_text(encoding="utf-8")
    if name.startswith("emails/"):
        return

    assert not re.search(r"\sstyle=|\son[a-z]+=|<style", source)
    assert not re.search(r"<script(?![^>]*(\bsrc=|application/ld\+json))", source)


@pytest.mark.parametrize("name", FILES)
def test_french_spaces_do_not_break(name: str) -> None:
    """A line never starts with a question mark, nor a guillemet stands alone."""
    source = re.sub(r"{#.*?#}", "", (TEMPLATES / name).read_text(encoding="utf-8"), flags=re.DOTALL)
    translated = re.findall(r"""gettext\(.*?\)|_\((?:"[^"]*"|'[^']*')""", source)

    breakable = re.compile(r"\w [?!;:»](?=[\s\"'<.]|$)|« |\d [€%]|\u202f")
    wrong = [text for text in translated if breakable.search(text)]
    assert wrong == []
