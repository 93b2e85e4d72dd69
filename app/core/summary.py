"""The summary of errors, in the order of the page.

It is written before the fields that it names, by forms that know their own order only: once the
page is made, its lines are put in the order in which one meets the fields.
"""

from __future__ import annotations

import re

from flask import Flask, Response

# As components/error_summary.html writes them; what people typed is escaped, and holds no tag.
_SUMMARY = re.compile(r"(<ul data-in-page-order>)(.*?)(</ul>)", re.DOTALL)
_LINE = re.compile(r"<li>.*?</li>", re.DOTALL)
_TARGET = re.compile(r'<a href="#([^"]+)">')


def init_app(app: Flask) -> None:
    """Put the summary of every page that shows a form to be corrected in its order."""
    app.after_request(_order)


def _order(response: Response) -> Response:
    if response.status_code >= 400 and response.mimetype == "text/html":
        html = response.get_data(as_text=True)
        if "data-in-page-order" in html:
            response.set_data(in_page_order(html))
    return response


def in_page_order(html: str) -> str:
    """Return a page whose summary of errors follows its fields; what names none comes last."""

    def place(line: str) -> int:
        target = _TARGET.search(line)
        found = html.find(f' id="{target[1]}"') if target else -1
        return found if found >= 0 else len(html)

    def ordered(summary: re.Match[str]) -> str:
        lines = sorted(_LINE.findall(summary[2]), key=place)
        return summary[1] + "".join(lines) + summary[3]

    return _SUMMARY.sub(ordered, html, count=1)
