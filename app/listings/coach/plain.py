"""A text as the rules of the coach read it, and the way back to the words that were typed."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

LIMIT = 20_000
EXCERPT = 90
# Markup, invisible signs, and the second ending of « soignant·e », « candidat(e)s ».
_DROPPED = re.compile(
    r"<[^<>\n]{0,200}>"
    r"|[*_`~#>|\u00ad\u200b-\u200f\u2060\ufeff]"
    r"|(?<=\w)·(?:e|ne|le|te|se|sse|fe|ve|euse|rice|trice|ère|ere|s)(?:·?s)?\b"
    r"|(?<=\w)\((?:e|ne|le|te|se|ve|euse|rice|trice|ère|ere|s)s?\)",
    re.IGNORECASE,
)
_SIGNS = str.maketrans(
    {
        "œ": "oe", "æ": "ae", "’": "'", "‘": "'", "ʼ": "'", "“": '"', "”": '"',
        "«": '"', "»": '"', "–": "-", "—": "-", "‑": "-", "‐": "-", "−": "-", "…": ".",
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Plain:
    """A text in ASCII and lower case. `origin`: for each sign, its place in what was typed."""

    text: str
    origin: tuple[int, ...]
    typed: str

    def excerpt(self, start: int, end: int) -> str:
        """Return the typed words between two places of the plain text."""
        first, last = self.origin[start], self.origin[max(start, end - 1)] + 1
        words = " ".join(self.typed[first:last].split())
        return words if len(words) <= EXCERPT else words[: EXCERPT - 1].rstrip() + "…"


@lru_cache(maxsize=2048)
def _fold(sign: str) -> str:
    lowered = sign.lower().translate(_SIGNS)
    bare = "".join(
        part for part in unicodedata.normalize("NFKD", lowered) if not unicodedata.combining(part)
    )
    return " " if bare.isspace() else bare


def plain(typed: str) -> Plain:
    """Return a text without accents, capitals nor markup. One pass: linear in its length.

    A line break inside a paragraph is a space; before a blank line or a list it stays a break.
    """
    typed = typed[:LIMIT]
    signs: list[str] = []
    origin: list[int] = []
    place = 0
    for dropped in [*_DROPPED.finditer(typed), None]:
        until = dropped.start() if dropped else len(typed)
        for index in range(place, until):
            _add(typed, index, signs, origin)
        place = dropped.end() if dropped else until
    return Plain("".join(signs), tuple(origin), typed)


def _add(typed: str, index: int, signs: list[str], origin: list[int]) -> None:
    sign = typed[index]
    folded = _break(typed, index) if sign == "\n" else _fold(sign)
    blank = not signs or signs[-1] in {" ", "\n"}
    if folded == " " and blank:
        return
    if folded.isalpha() and signs[-2:] == [folded, folded]:
        return  # « Femmme »: no French word holds a letter three times running.
    if folded == "\n" and signs and signs[-1] == " ":
        signs.pop()
        origin.pop()
    for part in folded:
        signs.append(part)
        origin.append(index)


def _break(typed: str, index: int) -> str:
    """Return a break when what follows is a blank line or the item of a list, else a space."""
    following = typed[index + 1 : index + 2]
    return "\n" if not following.strip() or following in {"-", "*", "•", "–", "+"} else " "
