"""What a run did, or would do, told record by record."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from app.imports.models import ImportRun, RunState

# A file of a million broken records must not fill the database nor the screen.
QUARANTINE_KEPT = 1_000
CHANGES_KEPT = 200


@dataclass(frozen=True, slots=True)
class Quarantined:
    """A record set aside: where it was, its identifier when it had one, and why."""

    position: str
    source_id: str | None
    reason: str


@dataclass(frozen=True, slots=True)
class Change:
    """A listing that is created, updated or closed: what, where in the file, its title.

    `differences`: what an update changes, in French.
    """

    what: str
    position: str
    source_id: str
    title: str
    differences: Sequence[str] = ()


@dataclass(slots=True)
class Report:
    """What a run did, or would do. `quarantined` holds the first thousand, its total counts all;
    `changes` the first two hundred. `plan` is a digest of all that is written: two runs that have
    the same would write the same.

    Unless the run was refused, what is read was created, updated, unchanged, skipped or
    quarantined; a file that cannot be read to its end is quarantined too, and is no record.
    """

    source: str
    state: RunState = RunState.DONE
    reason: str = ""
    read: int = 0
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    closed: int = 0
    skipped: int = 0
    quarantined: list[Quarantined] = field(default_factory=list)
    quarantined_total: int = 0
    changes: list[Change] = field(default_factory=list)
    plan: str = ""
    run: ImportRun | None = None

    @property
    def usable(self) -> bool:
        """Return whether at least one record could be read."""
        return bool(self.created or self.updated or self.unchanged or self.skipped)

    def set_aside(self, position: str, source_id: str | None, reason: str) -> None:
        """Quarantine a record."""
        self.quarantined_total += 1
        if len(self.quarantined) < QUARANTINE_KEPT:
            self.quarantined.append(Quarantined(position, source_id, reason))

    def refuse(self, reason: str) -> None:
        """Say that nothing is written, and why."""
        self.state = RunState.REFUSED
        self.reason = reason
        self.unchanged = 0
