"""The end of what is kept of people: at the date they were told, or when they ask. No commit here.

What remains says nothing of them: how long the answer took (`measures.py`), and a line of archive
under the reference that they hold (`EndedApplication`).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

from sqlalchemy import delete

from app.applications import files, measures, queries, workflow
from app.applications.enums import ActorKind
from app.applications.models import Application, EndedApplication, LookupAttempt
from app.applications.services import forget_words, move_application, withdraw_application
from app.core.clock import paris_date
from app.core.database import db
from app.core.outbox import enqueue
from app.organisations.queries import members_of

# After the answer; the notice of the form says so (CNIL, guide du recrutement: three months).
KEEP_FINISHED = dt.timedelta(days=90)
# After the last sign of life of an application that never ended.
KEEP_SILENT = dt.timedelta(days=365)
# How long a refusal may be contested (article L1134-5 of the Code du travail).
KEEP_ARCHIVE = dt.timedelta(days=5 * 365)
LOOKUPS_KEPT = dt.timedelta(days=1)
BATCH = 500


def erase_application(application: Application, now: dt.datetime) -> None:
    """Erase an application as its person asks: at once, her seat freed, the members told."""
    reference, listing = application.reference, application.listing
    to = workflow.withdrawn_status(listing.kind)
    live = to in workflow.allowed(listing.kind, application.status, ActorKind.CANDIDATE)
    if live:
        withdraw_application(application, now)
    _forget([application], now)
    enqueue("person.erased", now=now, kind="application", id=application.id)
    if live and listing.organisation_id is not None:
        for member in members_of(listing.organisation_id):
            enqueue(
                "application.erased",
                now=now,
                listing_id=listing.id,
                reference=reference,
                user_id=member.id,
            )
    db.session.flush()


def withdraw_again(application: Application, now: dt.datetime) -> None:
    """Withdraw what a restored base has forgotten was withdrawn. Nobody is told a second time.

    Wherever the application stood in that base, her CV and her words go; where it had ended since,
    it stays ended as it was.
    """
    to = workflow.withdrawn_status(application.listing.kind)
    if to in workflow.allowed(application.listing.kind, application.status, ActorKind.CANDIDATE):
        move_application(application, to, ActorKind.CANDIDATE, None, now, told=True)
    forget_words(application, now)
    db.session.flush()


def purge_applications(now: dt.datetime) -> int:
    """Erase what the notice of the form says is erased; return how many went.

    Three months after the end, a year after the last sign of life of one that never ended; who
    agreed to be kept, at the end of what she agreed to. Lines of the archive, after five years.
    """
    total = 0
    while over := queries.finished_before(now - KEEP_FINISHED, now - KEEP_SILENT, now, BATCH):
        _forget(over, now)
        db.session.flush()
        total += len(over)
    db.session.execute(
        delete(EndedApplication).where(EndedApplication.ended_on < paris_date(now - KEEP_ARCHIVE))
    )
    return total


def purge_lookups(now: dt.datetime) -> None:
    """Delete the wrong tries that slow nobody down any more."""
    db.session.execute(delete(LookupAttempt).where(LookupAttempt.at < now - LOOKUPS_KEPT))


def _forget(applications: Iterable[Application], now: dt.datetime) -> None:
    measures.keep_answers(applications, now)
    for application in applications:
        db.session.add(
            EndedApplication(
                reference=application.reference,
                organisation_id=application.listing.organisation_id,
                listing_id=application.listing_id,
                status=application.status,
                decline_reason=application.decline_reason,
                received_on=paris_date(application.created_at),
                ended_on=paris_date(application.updated_at),
            )
        )
        files.forget(application, now)
        db.session.delete(application)
