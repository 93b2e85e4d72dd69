"""What people write in Markdown, as HTML that is safe to show."""

from __future__ import annotations

import re

import nh3
from markdown_it import MarkdownIt

TAGS = {"p", "br", "ul", "ol", "li", "strong", "em", "h3", "h4", "a", "blockquote"}

# `js-default` escapes raw HTML and refuses javascript: addresses; nh3 comes after it all the same.
_markdown = MarkdownIt("js-default", {"breaks": True, "linkify": False}).disable(["table", "image"])
_cleaner = nh3.Cleaner(
    tags=TAGS,
    # By default every tag may also have a title and a language.
    attributes={"a": {"href"}, "*": set()},
    url_schemes={"http", "https", "mailto", "tel"},
    # A link to « //elsewhere » or to a button of ours is never what its author meant to write.
    url_relative="deny",
    link_rel="nofollow noopener",
)
_HEADING = re.compile(r"<(/?)h[1-6]>")


def clean_html(html: str) -> str:
    """Return HTML without anything but the tags of a text."""
    return _cleaner.clean(html)


def markdown_to_html(text: str) -> str:
    """Return the sanitised HTML of a Markdown text; headings start at level 3 of the page."""
    html = _HEADING.sub(r"<\1h3>", _markdown.render(text))
    return clean_html(html).strip()
