"""Rows that were written without the event that must follow them: what no transaction of ours does.

`flask verify` tells them; an hourly sweep writes the events that are missing.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, select

from app.alerts.models import Digest
from app.applications.models import Application
from app.core.database import db
from app.core.outbox import OutboxEvent, enqueue_many
from app.imports.models import FileState, ImportFile
from app.organisations.models import Invitation, SignUp

# Events are kept thirty days after they are done.
CHECKED = dt.timedelta(days=28)
SWEPT = dt.timedelta(days=2)


@dataclass(frozen=True)
class Expected:
    """Rows, since an instant, each of which must have an event of `topic` that names it."""

    name: str
    topic: str
    key: str
    rows: Callable[[dt.datetime, dt.datetime], Select[*tuple[Any, ...]]]


EXPECTED = (
    Expected(
        "candidature",
        "application.received",
        "application_id",
        lambda since, _now: select(Application.id, Application.reference).where(
            Application.created_at > since
        ),
    ),
    Expected(
        "message d’alerte",
        "alert.digest",
        "digest_id",
        lambda since, _now: select(Digest.id).where(Digest.day > since.date()),
    ),
    Expected(
        "inscription de structure",
        "organisation.sign_up_requested",
        "sign_up_id",
        lambda since, now: select(SignUp.id).where(
            SignUp.created_at > since, SignUp.expires_at > now, SignUp.token_hash.is_(None)
        ),
    ),
    Expected(
        "invitation",
        "organisation.invited",
        "invitation_id",
        lambda since, now: select(Invitation.id).where(
            Invitation.created_at > since,
            Invitation.expires_at > now,
            Invitation.token_hash.is_(None),
            Invitation.accepted_at.is_(None),
            Invitation.revoked_at.is_(None),
        ),
    ),
    Expected(
        "fichier d’import",
        "import.file_sent",
        "file_id",
        lambda since, _now: select(ImportFile.id).where(
            ImportFile.created_at > since, ImportFile.state == FileState.READING
        ),
    ),
)


def without_event(expected: Expected, since: dt.datetime, now: dt.datetime) -> dict[int, str]:
    """Return the rows that no event names, with what they are called."""
    found = db.session.execute(expected.rows(since, now))
    rows: dict[int, str] = {row[0]: str(row[-1]) for row in found}
    if not rows:
        return {}
    # A row and its event are of one transaction: the event is never much older.
    told = db.session.scalars(
        select(OutboxEvent.payload).where(
            OutboxEvent.topic == expected.topic,
            OutboxEvent.created_at > since - dt.timedelta(days=1),
        )
    )
    for payload in told:
        rows.pop(payload.get(expected.key, 0), None)
    return rows


def requeue(now: dt.datetime) -> int:
    """Write the events that are missing since two days; return how many."""
    total = 0
    for expected in EXPECTED:
        payloads = [{expected.key: id_} for id_ in without_event(expected, now - SWEPT, now)]
        enqueue_many(expected.topic, payloads, now=now)
        total += len(payloads)
    return total
