"""How far the site is usable by all: the grid of the French standard, and what it adds up to."""

from __future__ import annotations

import datetime as dt
import tomllib
from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any

from flask import Flask

from app.core.i18n import lazy
from config import ROOT

GRID = ROOT / "docs/accessibility/grid.toml"
HALF = 50


class Verdict(StrEnum):
    """What is known of a criterion; nobody has judged those to be checked by a person."""

    MET = "C"
    FAILED = "NC"
    NOT_APPLICABLE = "NA"
    TO_JUDGE = "?"


class How(StrEnum):
    """Who can tell that a criterion is met."""

    AUTOMATIC = "automatique"
    SCRIPTED = "script"
    PERSON = "personne"


class State(StrEnum):
    """What the law asks to be written on every page."""

    NONE = "none"
    PARTIAL = "partial"
    FULL = "full"


MENTIONS = {
    State.NONE: lazy("Accessibilité : non conforme"),
    State.PARTIAL: lazy("Accessibilité : partiellement conforme"),
    State.FULL: lazy("Accessibilité : totalement conforme"),
}


@dataclass(frozen=True)
class Criterion:
    """A line of the grid. `checks`: what the machine looks at; `pages`: where it fails."""

    number: str
    theme: str
    title: str
    how: How
    verdict: Verdict
    checks: tuple[str, ...] = ()
    note: str = ""
    pages: tuple[str, ...] = ()
    author: str = ""
    date: dt.date | None = None


@dataclass(frozen=True)
class Grid:
    """The grid, its sample of pages, and who filled it when."""

    standard: str
    author: str
    date: dt.date
    sample: dict[str, str]
    criteria: tuple[Criterion, ...]
    audited_on: dt.date | None = None
    audited_by: str = ""
    counts: Counter[Verdict] = field(init=False)

    def __post_init__(self) -> None:
        """Count the verdicts once."""
        object.__setattr__(self, "counts", Counter(one.verdict for one in self.criteria))

    @property
    def met(self) -> int:
        """Return the number of criteria that are met."""
        return self.counts[Verdict.MET]

    @property
    def applicable(self) -> int:
        """Return the number of criteria that concern the site, judged or not."""
        return len(self.criteria) - self.counts[Verdict.NOT_APPLICABLE]

    @property
    def rate(self) -> int:
        """Return the share met, in per cent, rounded down: what nobody has judged is not met."""
        return self.met * 100 // self.applicable if self.applicable else 0

    @property
    def failed(self) -> list[Criterion]:
        """Return the criteria that are not met."""
        return [one for one in self.criteria if one.verdict is Verdict.FAILED]

    @property
    def to_judge(self) -> list[Criterion]:
        """Return the criteria that wait for a person."""
        return [one for one in self.criteria if one.verdict is Verdict.TO_JUDGE]

    @property
    def state(self) -> State:
        """Return what the site may say of itself: nothing good before a person's whole audit."""
        if self.audited_on is None or self.to_judge or self.rate < HALF:
            return State.NONE
        return State.PARTIAL if self.failed else State.FULL


def read_grid(path: Path) -> Grid:
    """Read a grid; a line that says something unknown is an error."""
    written = tomllib.loads(path.read_text(encoding="utf-8"))
    return Grid(
        **written["audit"],
        sample={one["id"]: one["name"] for one in written["sample"]},
        criteria=tuple(_criterion(**one) for one in written["criterion"]),
    )


def _criterion(*, how: str, verdict: str, **words: Any) -> Criterion:
    words |= {name: tuple(words.get(name, ())) for name in ("checks", "pages")}
    return Criterion(how=How(how), verdict=Verdict(verdict), **words)


@cache
def the_grid() -> Grid:
    """Return the grid of this site."""
    return read_grid(GRID)


def mention() -> str:
    """Return what the foot of each page says."""
    return str(MENTIONS[the_grid().state])


def init_app(app: Flask) -> None:
    """Give the mention to templates; a site without its grid does not start."""
    the_grid()
    app.jinja_env.globals["accessibility_mention"] = mention
