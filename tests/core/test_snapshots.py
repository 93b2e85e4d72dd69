"""Reference data kept in memory."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import delete

from app.core import snapshots
from app.core.database import db
from app.core.snapshots import ReferenceVersion, Snapshot, record_version


@pytest.fixture
def reads() -> list[int]:
    """Count the readings."""
    return []


@pytest.fixture
def snapshot(reads: list[int]) -> Iterator[Snapshot[int]]:
    """Return a snapshot of nothing, whose content is the number of readings."""

    def read() -> int:
        reads.append(1)
        return len(reads)

    return Snapshot("essai", read)


def test_a_version_is_read_once(snapshot: Snapshot[int]) -> None:
    record_version("essai", "1")

    assert [snapshot.get(), snapshot.get()] == [1, 1]


def test_rows_without_a_version_are_read_at_each_call(snapshot: Snapshot[int]) -> None:
    assert [snapshot.get(), snapshot.get()] == [1, 2]


def test_a_new_version_is_noticed_after_a_while(
    snapshot: Snapshot[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    record_version("essai", "1")
    snapshot.get()
    record_version("essai", "2")
    assert snapshot.get() == 1

    monkeypatch.setattr(snapshots, "RECHECK_SECONDS", 0)

    assert snapshot.get() == 2


def test_the_process_that_wrote_notices_at_once(snapshot: Snapshot[int]) -> None:
    record_version("essai", "1")
    snapshot.get()
    record_version("essai", "2")

    snapshot.forget()

    assert snapshot.get() == 2


def test_asking_again_for_the_same_version_reads_nothing(snapshot: Snapshot[int]) -> None:
    record_version("essai", "1")
    snapshot.get()

    snapshot.forget()

    assert snapshot.get() == 1


def test_a_version_that_vanished_is_not_trusted(snapshot: Snapshot[int]) -> None:
    record_version("essai", "1")
    snapshot.get()
    db.session.execute(delete(ReferenceVersion))

    snapshot.forget()

    assert [snapshot.get(), snapshot.get()] == [2, 3]
