"""What the coach reads, and what it says."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Level(StrEnum):
    """What a finding asks: a correction before the listing can appear, a thought, or nothing."""

    BLOCK = "block"
    ADVICE = "advice"
    OK = "ok"


@dataclass(frozen=True, slots=True)
class Finding:
    """One remark. `field`: name of a field of the form; `excerpt`: the words as they were typed."""

    level: Level
    code: str
    field: str
    message: Any
    excerpt: str = ""


@dataclass(frozen=True, slots=True)
class Writing:
    """The plain values of a listing, as far as they are written.

    `texts`: what is typed, by name of field. `names`: the feminine and the masculine name of the
    profession, then both at once. `child_care`: the place or the profession looks after children.
    `own_scale`: the law sets the pay of the profession by child, not by hour.
    """

    kind: str
    day: dt.date
    texts: Mapping[str, str] = field(default_factory=dict)
    names: tuple[str, str, str] = ("", "", "")
    child_care: bool = False
    own_scale: bool = False
    pay_min_cents: int | None = None
    pay_max_cents: int | None = None
    pay_period: str | None = None
    hours_min: float | None = None
    hours_max: float | None = None
    contract: str | None = None
    contract_months: float | None = None

    def text(self, name: str) -> str:
        """Return what is typed in a field, or an empty text."""
        return self.texts.get(name, "")
