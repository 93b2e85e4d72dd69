"""What becomes of the files that people join: shown to the antivirus, deleted, swept.

They never commit, as services. A file is served in two states only, see `CV_SERVED`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection

import structlog
from sqlalchemy import select

from app.applications import cv, queries
from app.applications.enums import CvState
from app.applications.models import Application
from app.core.antivirus import antivirus
from app.core.database import db
from app.core.outbox import OutboxEvent, OutboxState, enqueue, enqueue_many

log = structlog.get_logger()

FILE_GRACE = dt.timedelta(hours=24)
# A file is read within seconds: after this, nobody should wait for it.
LATE = dt.timedelta(hours=1)
ASK_AGAIN_AFTER = dt.timedelta(minutes=10)
READ_AGAIN_AFTER = dt.timedelta(days=7)
# More at once is a store badly named, or out of reach: nothing is said of the files then.
LOST_AT_ONCE = 20


def show_to_antivirus(application: Application, now: dt.datetime) -> None:
    """Enqueue the reading of a file that waits for it."""
    if application.cv_state == CvState.WAITING:
        enqueue(
            "application.file_received",
            now=now,
            application_id=application.id,
            cv_key=application.cv_key,
        )


def verdict(data: bytes | None) -> CvState:
    """Return what a file is, read in the store: None is a file that is not there any more.

    Raises Unavailable when the antivirus does not answer for it: it waits.
    """
    if data is None:
        return CvState.LOST
    if not antivirus().configured:
        return CvState.UNSCANNED
    malware = antivirus().scan(data)
    if malware is None:
        return CvState.CLEAN
    log.warning("malware_found", malware=malware)
    return CvState.BLOCKED


def note_verdict(application: Application, state: CvState, now: dt.datetime) -> None:
    """Write what was found. A malware is deleted and the person told; her application stays."""
    if state is CvState.BLOCKED:
        log.warning("file_blocked", application_id=application.id)
        forget(application, now)
        enqueue("application.file_blocked", now=now, application_id=application.id)
    if state is CvState.LOST:
        log.error("file_lost", application_id=application.id)
    application.cv_state = state
    application.cv_state_at = now


def forget(application: Application, now: dt.datetime) -> None:
    """Delete the file of an application, if it has one."""
    if application.cv_key is not None:
        enqueue("application.file_dropped", now=now, cv_key=application.cv_key)
    application.cv_key = application.cv_name = application.cv_sha256 = None
    application.cv_state = application.cv_state_at = None


def is_late(application: Application, now: dt.datetime) -> bool:
    """Return whether the antivirus has had the file for longer than anyone should wait."""
    since = application.cv_state_at
    return application.cv_state == CvState.WAITING and since is not None and since < now - LATE


def ask_again(now: dt.datetime) -> int:
    """Show again the files that wait and that no event will show; return how many."""
    waiting = _waiting_since(now - ASK_AGAIN_AFTER)
    coming = _to_come() if waiting else set()
    forgotten = [(id_, key) for id_, key in waiting if id_ not in coming]
    _show(forgotten, now)
    return len(forgotten)


def rescan(now: dt.datetime, *, clean_before: dt.datetime) -> int:
    """Show what was never read, or was lost, and what was found clean before an instant.

    What was clean is served meanwhile; the rest waits for its verdict. Returns how many.
    """
    unread = _in_states({CvState.UNSCANNED, CvState.LOST}, now)
    for application in unread:
        application.cv_state, application.cv_state_at = CvState.WAITING, now
    found = unread + _in_states({CvState.CLEAN}, clean_before)
    _show([(one.id, one.cv_key or "") for one in found], now)
    return len(found)


def read_again(now: dt.datetime) -> int:
    """Show what has not been read for a week, if it ever was: an antivirus learns every day."""
    if not antivirus().configured:
        return 0
    return rescan(now, clean_before=now - READ_AGAIN_AFTER)


def _show(files: list[tuple[int, str]], now: dt.datetime) -> None:
    payloads = [{"application_id": id_, "cv_key": key} for id_, key in files]
    enqueue_many("application.file_received", payloads, now=now)


def sweep_files(now: dt.datetime) -> int:
    """Drop the files whose application never came, a day later; note which rows lost theirs.

    The store is asked before the database, and written to by the outbox: never in a transaction.
    Returns how many files go.
    """
    there = set(cv.kept_before(now))
    old = set(cv.kept_before(now - FILE_GRACE))
    orphans = old - queries.cv_keys()
    for key in sorted(orphans):
        enqueue("application.file_dropped", now=now, cv_key=key)
    # Their file was written before the store was asked: it is not on its way.
    lost = [one for one in _with_file_before(now - FILE_GRACE) if one.cv_key not in there]
    if len(lost) > LOST_AT_ONCE:
        log.error("files_out_of_reach", number=len(lost))
        return len(orphans)
    for application in lost:
        note_verdict(application, CvState.LOST, now)
    return len(orphans)


def holding(application_id: int, key: str) -> Application | None:
    """Return an application as it is now, locked, if the file `key` is still its own."""
    return db.session.scalar(
        select(Application)
        .where(Application.id == application_id, Application.cv_key == key)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )


def _in_states(states: Collection[CvState], since: dt.datetime) -> list[Application]:
    return list(
        db.session.scalars(
            select(Application)
            .where(Application.cv_state.in_(states), Application.cv_state_at <= since)
            .order_by(Application.id)
        )
    )


def _with_file_before(instant: dt.datetime) -> list[Application]:
    return list(
        db.session.scalars(
            select(Application)
            .where(
                Application.cv_key.is_not(None),
                Application.cv_state != CvState.LOST,
                Application.created_at < instant,
            )
            .order_by(Application.id)
        )
    )


def _waiting_since(instant: dt.datetime) -> list[tuple[int, str]]:
    rows = db.session.execute(
        select(Application.id, Application.cv_key)
        .where(Application.cv_state == CvState.WAITING, Application.cv_state_at < instant)
        .order_by(Application.id)
    )
    return [(id_, key) for id_, key in rows if key]


def _to_come() -> set[int]:
    """Return the applications whose file an event is going to show."""
    payloads = db.session.scalars(
        select(OutboxEvent.payload).where(
            OutboxEvent.topic == "application.file_received",
            OutboxEvent.state.in_([OutboxState.PENDING, OutboxState.LEASED]),
        )
    )
    return {payload["application_id"] for payload in payloads}
