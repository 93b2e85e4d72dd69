"""The files of the reference base: read whole, written back the same."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

DATA = Path(__file__).parent / "data"
# Raise it when the way the files are read changes, so that databases are loaded again.
FORMAT = "1"
# The day on which what the files say to be verified was read in its sources.
READ_ON = dt.date(2026, 11, 22)

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Reference:
    """The files of the reference base, as read."""

    professions: list[Row]
    portraits: list[Row]
    diplomas: list[Row]
    mobility: list[Row]
    terms: dict[str, list[Row]]
    equivalences: list[Row]
    diploma_structures: list[Row]
    sources: list[Row]
    vocabulary: dict[str, Any]
    version: str = field(compare=False)


NAMES = tuple(each.name for each in fields(Reference) if each.name != "version")


def read_reference(folder: Path = DATA) -> Reference:
    """Read the files of the reference base. Raises OSError and ValueError."""
    digest = hashlib.sha256(FORMAT.encode())

    def read(name: str) -> Any:
        content = (folder / f"{name}.json").read_bytes()
        digest.update(content)
        return json.loads(content)

    contents = {name: read(name) for name in NAMES}
    return Reference(**contents, version=digest.hexdigest())


def write_reference(reference: Reference, folder: Path) -> None:
    """Write the files of the reference base, one row a paragraph. Raises OSError."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in NAMES:
        written = json.dumps(getattr(reference, name), ensure_ascii=False, indent=1) + "\n"
        (folder / f"{name}.json").write_bytes(written.encode())
