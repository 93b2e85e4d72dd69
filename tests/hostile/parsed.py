"""What a page is made of: its elements, their attributes, where its links lead."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Set
from urllib.parse import urlsplit

from lxml import etree, html

Skeleton = Counter[tuple[str, str]]

ADDRESSES = (
    "href",
    "src",
    "action",
    "formaction",
    "data",
    "poster",
    "xlink:href",
    "cite",
    "srcset",
)
# No page runs nor loads anything by another way; « data: » is never an address here.
SCHEMES = {"", "http", "https", "mailto", "tel"}
# What nobody has any reason to show, whatever is written.
NEVER = {"iframe", "object", "embed", "base", "applet", "frame", "portal", "template", "style"}
# Where the hostile texts lead.
ELSEWHERE = "ailleurs.example"


def parse(markup: str) -> html.HtmlElement:
    """Return the tree of a page, or of a part of one."""
    return html.fromstring(markup)


def elements(tree: html.HtmlElement) -> Iterator[html.HtmlElement]:
    """Yield the elements, without comments nor processing instructions."""
    return (one for one in tree.iter() if isinstance(one.tag, str))


def skeleton(tree: html.HtmlElement, *, but: Set[str] = frozenset()) -> Skeleton:
    """Return how many elements there are of each tag with the same attributes."""
    return Counter(
        (str(one.tag), " ".join(sorted(one.attrib))) for one in elements(tree) if one.tag not in but
    )


def faults(tree: html.HtmlElement) -> list[str]:
    """Return what must not be in any page, in words."""
    found = [etree.tostring(one, encoding="unicode")[:160] for one in elements(tree) if _bad(one)]
    scripts = [one for one in tree.iter("script") if not one.get("src") and one.text]
    return found + [
        f"script: {one.text[:160]}"
        for one in scripts
        if one.get("type") != "application/ld+json" or "<" in one.text
    ]


def _bad(element: html.HtmlElement) -> bool:
    if element.tag in NEVER or any(
        name.lower().startswith("on") or name in {"style", "srcdoc"} for name in element.attrib
    ):
        return True
    if element.tag == "meta" and (element.get("http-equiv") or "").lower() == "refresh":
        return True
    # Who writes an offer may link to a site: nothing is vouched for, nor told to that site.
    written = "nofollow" in (element.get("rel") or "")
    return any(
        _leads_away(element.get(name), written) for name in ADDRESSES if name in element.attrib
    )


def _leads_away(address: str, anywhere: bool) -> bool:
    # Browsers remove what is not seen before they read the scheme.
    seen = "".join(char for char in address if char > " ")
    try:
        parts = urlsplit(seen)
    except ValueError:
        return True
    away = not anywhere and (parts.hostname or "").endswith(ELSEWHERE)
    return away or parts.scheme.lower() not in SCHEMES
