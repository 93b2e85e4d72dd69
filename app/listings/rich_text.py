"""Texts of listings: Markdown for what is written here, paragraphs for what is imported."""

from __future__ import annotations

import re
from html import escape

from slugify import slugify

from app.core.rich_text import TAGS, clean_html, markdown_to_html

__all__ = ["SLUG_LENGTH", "TAGS", "make_slug", "markdown_to_html", "plain_to_html"]

SLUG_LENGTH = 100

_BLANK_LINES = re.compile(r"\n\s*\n")
_BULLET = re.compile(r"^\s*[-–—•*·▪✔►]\s+")
# « aide-soignant·e », « aide-soignant(e) » and « aide-soignant.e » have the same address.
_INCLUSIVE = re.compile(r"[·•]|\((e|ne|rice|euse|trice|ère|ve|se|s)\)|(?<=\w)\.(?=e\b)")


def plain_to_html(text: str) -> str:
    """Return the sanitised HTML of a plain text: blank lines part paragraphs, dashes make lists."""
    blocks = _BLANK_LINES.split(text.replace("\r\n", "\n").replace("\r", "\n").strip())
    html = "".join(_block(block.split("\n")) for block in blocks if block.strip())
    return clean_html(html)


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
    # Named, the backend is not looked for again at every title.
    slug = slugify(plain, max_length=SLUG_LENGTH, word_boundary=True, backend="text-unidecode")
    return slug or "annonce"
