"""The words in which a parser answers, and what several parsers refuse alike."""

from __future__ import annotations

import io
import re
import zipfile

OK = "ok"
DAMAGED = "damaged"
ENCRYPTED = "encrypted"
ACTIVE = "active"
MACRO = "macro"
REMOTE = "remote"
HEAVY = "heavy"
PAGES = "pages"
PIXELS = "pixels"

SCHEME = re.compile(r"[a-z][a-z0-9+.-]*:|[/\\]{2}", re.IGNORECASE)
_LINKS = ("http://", "https://", "mailto:", "tel:")


class Refused(Exception):
    """The file cannot be taken; `verdict` says why."""

    def __init__(self, verdict: str) -> None:
        super().__init__(verdict)
        self.verdict = verdict


def refuse_hidden_archive(data: bytes) -> None:
    """Refuse a picture or a PDF that is also an archive: it is made to fool somebody."""
    if zipfile.is_zipfile(io.BytesIO(data)):
        raise Refused(DAMAGED)


def leads_astray(address: str) -> bool:
    """Return whether following a link does something else than open a page, a letter, a call."""
    address = address.strip().lower()
    return bool(SCHEME.match(address)) and not address.startswith(_LINKS)
