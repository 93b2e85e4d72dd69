"""Texts of listings: Markdown for what is written here, paragraphs for what is imported."""

from __future__ import annotations

import re
from html import escape

import nh3
from markdown_it import MarkdownIt
from slugify import slugify

TAGS = {"p", "br", "ul", "ol", "li", "strong", "em", "h3", "h4", "a", "blockquote"}
SLUG_LENGTH = 100

# `js-default` escapes raw HTML and refuses javascript: addresses; nh3 comes after it all the same.
_markdown = MarkdownIt("js-default", {"breaks": True, "linkify": False}).disable(["table", "image"])
_cleaner = nh3.Cleaner(
    tags=TAGS,
    attributes={"a": {"href"}},
    url_schemes={"http", "https", "mailto", "tel"},
    link_rel="nofollow noopener",
)
_HEADING = re.compile(r"<(/?)h[1-6]>")
_BLANK_LINES = re.compile(r"\n\s*\n")
_BULLET = re.compile(r"^\s*[-–—•*·▪✔►]\s+")
# « aide-soignant·e », « aide-soignant(e) » and « aide-soignant.e » have the same address.
_INCLUSIVE = re.compile(r"[·•]|\((e|ne|rice|euse|trice|ère|ve|se|s)\)|(?<=\w)\.(?=e\b)")


def markdown_to_html(text: str) -> str:
    """Return the sanitised HTML of a Markdown text; headings start at level 3 of the page."""
    html = _HEADING.sub(r"<\1h3>", _markdown.render(text))
    return _cleaner.clean(html).strip()


def plain_to_html(text: str) -> str:
    """Return the sanitised HTML of a plain text: blank lines part paragraphs, dashes make lists."""
    blocks = _BLANK_LINES.split(text.replace("\r\n", "\n").replace("\r", "\n").strip())
    html = "".join(_block(block.split("\n")) for block in blocks if block.strip())
    return _cleaner.clean(html)


def _block(lines: list[str]) -> str:
    parts: list[str] = []
    paragraph: list[str] = []
    items: list[str] = []

    def flush() -> None:
        if paragraph:
            parts.append(f"<p>{'<br>'.join(paragraph)}</p>")
            paragraph.clear()
        if items:
            parts.append("<ul>" + "".join(f"<li>{item}</li>" for item in items) + "</ul>")
            items.clear()

    for line in lines:
        text, bullets = _BULLET.subn("", line)
        wanted = items if bullets else paragraph
        if (paragraph and bullets) or (items and not bullets):
            flush()
        if text.strip():
            wanted.append(escape(text.strip(), quote=False))
    flush()
    return "".join(parts)


def make_slug(title: str) -> str:
    """Return the end of an address: « Aide-soignant·e de jour » -> aide-soignante-de-jour."""
    plain = _INCLUSIVE.sub(lambda match: match.group(1) or "", title).replace("’", "'")
    return slugify(plain, max_length=SLUG_LENGTH, word_boundary=True) or "annonce"
