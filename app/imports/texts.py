"""Texts of a source made plain: no markup, no control characters, one mark for all bullets."""

from __future__ import annotations

import html
import re
import unicodedata
from functools import lru_cache

TEXT_MAX_LENGTH = 20_000

_SCRIPTS = re.compile(r"<(script|style)\b.{0,20000}?</\1\s*>", re.IGNORECASE | re.DOTALL)
_ITEM_TAG = re.compile(r"<li\b[^<>]{0,500}>", re.IGNORECASE)
_BLOCK_TAG = re.compile(r"</?(?:p|br|div|ul|ol|li|h[1-6]|tr|table)\b[^<>]{0,500}>", re.IGNORECASE)
_TAG = re.compile(r"</?[a-z!][^<>]{0,2000}>", re.IGNORECASE)
# « o » is how some offers type the hollow bullet of their word processor.
_BULLET = re.compile(r"^(?:[-–—•*·▪●○◦■►▶➢➤✓✔✅→>]+|o(?=\s))\s*(?=\w|[«\"(])")
_RULE = re.compile(r"^[\W_]+$")
_STARS = re.compile(r"\*{2,}|_{3,}|={3,}|~{3,}|#{2,}")
# Control characters, and those that hide or turn text around without being seen.
_UNSEEN = re.compile(
    r"[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u206f"
    r"\ufeff\ufff9-\ufffb\ud800-\udfff]"
)
_BLANKS = re.compile(r"[^\S\n]+")
_LINES = re.compile(r"\n{3,}")

_LIGATURES = str.maketrans({"œ": "oe", "Œ": "oe", "æ": "ae", "’": "'", "·": ".", "•": "."})
_INITIALS = re.compile(r"\b(?:[A-Za-z]\.){3,}")
# « aide-soignant(e) », « infirmier·ère », « éducateur/trice » are compared in the masculine.
_FEMININE_END = re.compile(
    r"(?<=[a-z])[(./-](?:e|ne|le|re|ere|iere|trice|rice|se|euse|ice|ve)(?:\.s|s)?\)?(?![a-z])"
)
_NOT_WORD = re.compile(r"[^a-z0-9]+")
# Words in which a last « s » is no plural.
_INVARIABLE = frozenset(
    [
        "cours",
        "dans",
        "fois",
        "hors",
        "jamais",
        "mais",
        "moins",
        "nous",
        "plus",
        "repos",
        "sans",
        "sous",
        "temps",
        "tous",
        "trois",
        "vous",
    ]
)
_STOP = re.compile(r"[.;:!?\n•]+")


@lru_cache(maxsize=64)  # The texts of a training are those of each of its actions.
def plain_text(text: str) -> str:
    """Return a description without markup: lines, blank lines, and bullets written « - »."""
    text = text[: 2 * TEXT_MAX_LENGTH].replace("\r\n", "\n").replace("\r", "\n")
    if "<" in text:
        text = _SCRIPTS.sub(" ", text)
        text = _BLOCK_TAG.sub("\n", _ITEM_TAG.sub("\n- ", text))
        text = _TAG.sub(" ", text)
    text = html.unescape(text)
    text = _STARS.sub(" ", _UNSEEN.sub("", text))
    lines = (_line(line.strip()) for line in _BLANKS.sub(" ", text).split("\n"))
    return _LINES.sub("\n\n", "\n".join(lines)).strip()[:TEXT_MAX_LENGTH]


def _line(line: str) -> str:
    return "" if _RULE.match(line) else _BULLET.sub("- ", line)


def join_initials(text: str) -> str:
    """Return `text` with « M.A.S. » written « MAS »."""
    return _INITIALS.sub(lambda match: match.group().replace(".", "") + " ", text)


@lru_cache(maxsize=64)  # The description of an offer is read by several eyes.
def fold(text: str) -> str:
    """Return `text` as lower-case ASCII words, in the masculine singular, between single spaces.

    Sentences are parted by « . », so that what is read in one is not read in another:
    « Poste en EHPAD. Week-ends libres » -> « poste en ehpad . week end libre ».
    """
    text = join_initials(text).translate(_LIGATURES)
    text = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    text = _FEMININE_END.sub("", text)
    return " . ".join(filter(None, map(_words, _STOP.split(text))))


def _words(text: str) -> str:
    return " ".join(
        word[:-1] if len(word) > 3 and word[-1] == "s" and word not in _INVARIABLE else word
        for word in _NOT_WORD.sub(" ", text).split()
    )
