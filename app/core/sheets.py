"""Files that spreadsheets open: read in French, never taken for a program."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

# What a spreadsheet would run as a formula, or pass to another program.
_FORMULA = ("=", "+", "-", "@")
_LEADING = {"\t", "\r"}


def safe_cell(text: str) -> str:
    """Return a text that no spreadsheet takes for a formula, even after leading spaces."""
    bare = text.lstrip()
    spaces = text[: len(text) - len(bare)]
    return f"'{text}" if bare.startswith(_FORMULA) or _LEADING & set(spaces) else text


def write_csv(rows: Iterable[Sequence[str]]) -> bytes:
    """Return a file that spreadsheets open in French: marked UTF-8, semicolons, no formula."""
    text = io.StringIO()
    writer = csv.writer(text, delimiter=";", lineterminator="\r\n")
    writer.writerows([safe_cell(cell) for cell in row] for row in rows)
    return text.getvalue().encode("utf-8-sig")
