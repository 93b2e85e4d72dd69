"""How organisations really answer: measured here, kept on the organisation, said by the pages.

The people who count are those to whom an answer was promised in the last twelve months, in one way
each: answered when a member called them or decided within three weeks, unanswered when the
promise has passed without it. Left out: those whose answer is not due yet, and those who took
their application back before it was. An answer of the team is not one of the organisation.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from statistics import median_high
from typing import Any

from sqlalchemy import delete, exists, or_, select

from app.applications.enums import Status
from app.applications.models import Application, PastAnswer
from app.applications.workflow import SILENCE
from app.core.clock import paris_date
from app.core.database import db
from app.core.outbox import enqueue_many
from app.listings.enums import Status as ListingStatus
from app.listings.models import Listing
from app.organisations.models import Organisation, measure_of

PERIOD = dt.timedelta(days=365)
BATCH = 200


def measure_all(now: dt.datetime) -> int:
    """Measure again every organisation that people wrote to; return how many have changed.

    Time passing is enough to change a measure: a promise breaks, a year ends.
    """
    db.session.execute(delete(PastAnswer).where(PastAnswer.received_on <= paris_date(now - PERIOD)))
    written_to = or_(
        exists().where(
            Listing.organisation_id == Organisation.id, Application.listing_id == Listing.id
        ),
        exists().where(PastAnswer.organisation_id == Organisation.id),
        Organisation.answer_cases > 0,
    )
    ids = db.session.scalars(select(Organisation.id).where(written_to).order_by(Organisation.id))
    found = list(ids)
    batches = (found[start : start + BATCH] for start in range(0, len(found), BATCH))
    return sum(measure(batch, now) for batch in batches)


def measure(organisation_ids: Sequence[int], now: dt.datetime) -> int:
    """Write the measure of these organisations; return how many have changed.

    What search and pages show of their listings follows when its words change.
    """
    organisations = db.session.scalars(
        select(Organisation)
        .where(Organisation.id.in_(organisation_ids))
        .order_by(Organisation.id)
        # Listings may be added meanwhile; another measure waits, and reads after this one.
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    ).all()
    answers = _answers(organisation_ids, now)
    changed, seen = 0, list[int]()
    for organisation in organisations:
        delays = answers[organisation.id]
        given = [delay for delay in delays if delay is not None]
        before = measure_of(organisation), _figures(organisation)
        organisation.answer_cases = len(delays)
        organisation.answer_count = len(given)
        organisation.answer_minutes = median_high(given) if given else None
        changed += before[1] != _figures(organisation)
        if _rank(before[0]) != _rank(measure_of(organisation)):
            seen.append(organisation.id)
    db.session.flush()
    if seen:
        _tell_search(seen, now)
    return changed


def _figures(organisation: Organisation) -> tuple[int, int, int | None]:
    return organisation.answer_cases, organisation.answer_count, organisation.answer_minutes


def _rank(measured: Any) -> int | None:
    return measured.rank if measured else None


def _answers(ids: Sequence[int], now: dt.datetime) -> dict[int, list[int | None]]:
    """Return, for each organisation, the minutes of each case; None where nobody answered."""
    found = defaultdict[int, list[int | None]](list)
    live = (
        select(
            Listing.organisation_id,
            Application.created_at,
            Application.answer_due_at,
            Application.first_contact_at,
            Application.status,
            Application.updated_at,
        )
        .join(Listing, Listing.id == Application.listing_id)
        .where(Listing.organisation_id.in_(ids), Application.created_at > now - PERIOD)
    )
    for row in db.session.execute(live):
        found[row.organisation_id] += _cases(row, now)
    past = select(PastAnswer.organisation_id, PastAnswer.minutes).where(
        PastAnswer.organisation_id.in_(ids), PastAnswer.received_on > paris_date(now - PERIOD)
    )
    for organisation_id, minutes in db.session.execute(past):
        found[organisation_id].append(minutes)
    return found


def _cases(row: Any, now: dt.datetime) -> Iterator[int | None]:
    """Yield the case of an application: its minutes, None without an answer; or nothing."""
    due, contact = row.answer_due_at, row.first_contact_at
    if due is None:
        return
    if contact is not None and contact < row.created_at + SILENCE:
        yield int((contact - row.created_at).total_seconds() // 60)
    elif due <= now and not (row.status == Status.WITHDRAWN and row.updated_at <= due):
        yield None


def _tell_search(organisation_ids: Sequence[int], now: dt.datetime) -> None:
    """Have the listings of these organisations indexed again, under the version they have.

    Nothing that their authors wrote has changed: who is writing one must not be told so.
    """
    ids = db.session.scalars(
        select(Listing.id)
        .where(
            Listing.organisation_id.in_(organisation_ids),
            Listing.status == ListingStatus.PUBLISHED,
        )
        .order_by(Listing.id)
    )
    enqueue_many("listing.changed", [{"listing_id": id_} for id_ in ids], now=now)


def keep_answers(applications: Iterable[Application], now: dt.datetime) -> None:
    """Keep how these applications were answered, which are about to be erased, and nothing else."""
    for application in applications:
        organisation_id = application.listing.organisation_id
        if organisation_id is None or application.created_at <= now - PERIOD:
            continue
        db.session.add_all(
            PastAnswer(
                organisation_id=organisation_id,
                received_on=paris_date(application.created_at),
                minutes=minutes,
            )
            for minutes in _cases(application, now)
        )
