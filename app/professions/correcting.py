"""The team corrects the reference base, and sees what is to confirm or to read again.

Nothing here commits. What is in force at once is applied in the same transaction.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from app.core import clock
from app.core.database import db
from app.core.errors import DomainError
from app.core.i18n import _
from app.professions import revisions, services
from app.professions.enums import EntryKind
from app.professions.files import READ_ON, Reference, Row, read_reference
from app.professions.models import ReferenceRevision
from app.professions.revisions import ADDED, RETIRED

# What nobody has read for so long is to be read again.
STALE = dt.timedelta(days=365)


class ChangedMeanwhile(DomainError):
    """Somebody else has corrected the entry since it was shown."""

    status = 409


@dataclass(frozen=True, slots=True)
class Citation:
    """Where a correction was read, from when it holds, and when to read it again."""

    title: str
    url: str | None
    reliability: str | None
    verified: bool
    effective_on: dt.date
    review_on: dt.date | None
    reason: str


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry as the team sees it: the row in force, and what is known of its age.

    `read_on`: when it was last read in a source; None when it never was. `overtaken`: the file has
    another value than when the team corrected it. `absent`: taken away, or added for a day to come.
    """

    kind: EntryKind
    key: str
    row: Row
    verified: bool
    read_on: dt.date | None
    review_on: dt.date | None
    revised: int
    overtaken: bool
    absent: bool = False

    def is_stale(self, today: dt.date) -> bool:
        """Return whether it should be read again."""
        if self.review_on is not None:
            return self.review_on <= today
        return self.read_on is None or self.read_on < today - STALE


def history(kind: str, key: str) -> Sequence[ReferenceRevision]:
    """Return the corrections of an entry, the newest first."""
    query = select(ReferenceRevision).where(
        ReferenceRevision.kind == kind, ReferenceRevision.key == key
    )
    return db.session.scalars(query.order_by(ReferenceRevision.number.desc())).all()


def entries(today: dt.date) -> list[Entry]:
    """Return every entry the team may correct, in the order of the files."""
    files = read_reference()
    written = db.session.scalars(select(ReferenceRevision).order_by(ReferenceRevision.id)).all()
    edition = revisions.apply(files, written, today)
    by_entry: dict[tuple[str, str], list[ReferenceRevision]] = {}
    for revision in written:
        by_entry.setdefault((revision.kind, revision.key), []).append(revision)
    found = [
        _entry(files, EntryKind(kind), row, by_entry)
        for kind in EntryKind
        for row in revisions.rows_of(edition, kind)
    ]
    present = {(one.kind, one.key) for one in found}
    # As they would be if nothing had been taken away and every day had come.
    kept = [one for one in written if not one.changes.get(RETIRED)]
    whole = revisions.apply(files, kept, dt.date.max) if by_entry.keys() - present else edition
    for kind, key in sorted(by_entry.keys() - present):
        row = revisions.find(whole, kind, key)
        if row is not None:
            found.append(replace(_entry(files, EntryKind(kind), row, by_entry), absent=True))
    return found


def row_shown(kind: EntryKind, key: str, seen: int, today: dt.date) -> Row:
    """Return an entry as it was after its `seen` first corrections."""
    query = select(ReferenceRevision).order_by(ReferenceRevision.id)
    before = [
        one
        for one in db.session.scalars(query)
        if (one.kind, one.key) != (kind, key) or one.number <= seen
    ]
    return revisions.find(revisions.apply(read_reference(), before, today), kind, key) or {}


def _entry(
    files: Reference,
    kind: EntryKind,
    row: Row,
    by_entry: Mapping[tuple[str, str], list[ReferenceRevision]],
) -> Entry:
    key = revisions.key_of(kind, row)
    own = by_entry.get((kind, key), [])
    verified = _is_verified(kind, row)
    read = [clock.paris_date(one.created_at) for one in own]
    if verified and not own:
        read = [READ_ON]
    return Entry(
        kind=kind,
        key=key,
        row=row,
        verified=verified,
        read_on=max(read, default=None),
        review_on=own[-1].review_on if own else None,
        revised=len(own),
        overtaken=_is_overtaken(files, kind, key, own),
    )


def _is_verified(kind: EntryKind, row: Row) -> bool:
    """Equivalences of the files are verified when a text was read, not only their existence."""
    if "verified" in row:
        return bool(row["verified"])
    return kind is EntryKind.EQUIVALENCE and row.get("kind") != "existence"


def _is_overtaken(
    files: Reference, kind: EntryKind, key: str, own: Sequence[ReferenceRevision]
) -> bool:
    """Return whether the file says neither what it said then nor what the team last wrote."""
    row = revisions.find(files, kind, key)
    if row is None:
        return False
    last = {
        field: (value, one.changes.get(field))
        for one in own
        for field, value in one.file_values.items()
    }
    return any(revisions.value_of(row, field) not in known for field, known in last.items())


def correct(
    actor_id: int,
    kind: EntryKind,
    key: str,
    changes: dict[str, Any],
    citation: Citation,
    seen: int,
    now: dt.datetime,
) -> ReferenceRevision:
    """Write a correction after the `seen` ones that its author was shown; apply it if in force.

    No change at all is a reading: the entry is right, on that day, by that source. Raises
    ChangedMeanwhile.
    """
    row = revisions.find(read_reference(), kind, key) or {}
    revision = ReferenceRevision(
        kind=kind,
        key=key,
        number=seen + 1,
        changes=changes,
        file_values={
            field: revisions.value_of(row, field)
            for field in changes
            if field not in (ADDED, RETIRED)
        },
        verified=citation.verified,
        source_title=citation.title,
        source_url=citation.url,
        source_reliability=citation.reliability,
        reason=citation.reason,
        effective_on=citation.effective_on,
        review_on=citation.review_on,
        author_id=actor_id,
        created_at=now,
    )
    try:
        with db.session.begin_nested():
            if len(history(kind, key)) != seen:
                raise ChangedMeanwhile(_changed_meanwhile())
            db.session.add(revision)
    except IntegrityError as error:
        raise ChangedMeanwhile(_changed_meanwhile()) from error
    if citation.effective_on <= clock.paris_date(now):
        services.load_reference(day=clock.paris_date(now))
    return revision


def _changed_meanwhile() -> str:
    return _(
        "Quelqu’un a corrigé cette fiche pendant que vous écriviez. Relisez-la\u00a0: "
        "vos réponses sont gardées ci-dessous."
    )


def apply_due(now: dt.datetime) -> int:
    """Bring the tables to the corrections whose day has come; return how many rows changed."""
    result = services.load_reference(day=clock.paris_date(now))
    return result.created + result.updated + result.removed
