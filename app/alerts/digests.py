"""The digests of a morning: found in memory for all the alerts at once, then written by batches.

`plan` only reads. `write` adds, in one transaction, the digests of a batch, the listings they name,
the mark up to which these alerts were served, and one event a message: a crash loses nothing, and
two runs at once write each digest once.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import delete, insert, select, update

from app.alerts import queries, wording
from app.alerts.enums import Frequency
from app.alerts.matching import Candidates
from app.alerts.models import Alert, Digest, SentListing
from app.core.clock import PARIS, paris_date
from app.core.database import db
from app.core.outbox import enqueue_many
from app.listings.enums import Status
from app.listings.models import Listing
from app.search.documents import entry_of
from app.search.understanding import told, understand

# In Paris. A worker that was away in the morning serves later, never at night.
FROM_HOUR, TO_HOUR = 7, 20
NAMED = 10
BATCH = 500
# A listing written before this run may be committed after it.
OVERLAP = dt.timedelta(hours=1)
# A listing that was over for that long, and comes back, is another offer.
KEPT_DAYS = 60
FURTHEST = dt.timedelta(days=30)


@dataclass(slots=True)
class Plan:
    """What an alert is to be told: listings that are new for it, the last first."""

    alert_id: int
    seen_until: dt.datetime
    listings: list[int] = field(default_factory=list)


def is_due(frequency: str, confirmed_at: dt.datetime, ran_on: dt.date, today: dt.date) -> bool:
    """Return whether an alert is matched on that Paris day: each day, or the weekday of its start.

    A week that was missed is served as soon as possible.
    """
    if ran_on >= today:
        return False
    if frequency == Frequency.DAILY:
        return True
    same_weekday = paris_date(confirmed_at).weekday() == today.weekday()
    return same_weekday or (today - ran_on).days > 7


def plan(now: dt.datetime) -> list[Plan]:
    """Return what is due this morning; nothing outside the hours at which people are written to."""
    if not FROM_HOUR <= now.astimezone(PARIS).hour < TO_HOUR:
        return []
    today = paris_date(now)
    rows = db.session.execute(
        select(
            Alert.id,
            Alert.query,
            Alert.frequency,
            Alert.confirmed_at,
            Alert.ran_on,
            Alert.seen_until,
        )
        .where(queries.is_active(), Alert.ran_on < today)
        .order_by(Alert.id)
    )
    due = [row for row in rows if is_due(row.frequency, row.confirmed_at, row.ran_on, today)]
    if not due:
        return []
    since = max(min(row.seen_until for row in due), now - FURTHEST) - OVERLAP
    documents, came = queries.new_documents(since, now)
    candidates = Candidates([entry_of(document) for document in documents])
    answers: dict[str, list[int]] = {}
    for query in {row.query for row in due}:
        criteria = told(wording.criteria_of(query))
        answers[query] = candidates.matching(criteria, understand(criteria))
    return [_plan(row, answers[row.query], came) for row in due]


def _plan(row: Any, found: Sequence[int], came: dict[int, float]) -> Plan:
    after = max(row.confirmed_at, row.seen_until - OVERLAP).timestamp()
    return Plan(row.id, row.seen_until, [one for one in found if came[one] > after])


def batches(plans: Sequence[Plan]) -> Iterator[Sequence[Plan]]:
    """Yield the plans by batches, each written in its own transaction."""
    for start in range(0, len(plans), BATCH):
        yield plans[start : start + BATCH]


def write(plans: Sequence[Plan], now: dt.datetime) -> int:
    """Write the digests of a batch; return how many messages leave.

    An alert that another run has served, or that changed meanwhile, is left out.
    """
    today = paris_date(now)
    held = db.session.execute(
        select(Alert.id, Alert.seen_until)
        .where(
            Alert.id.in_([one.alert_id for one in plans]), queries.is_active(), Alert.ran_on < today
        )
        .order_by(Alert.id)
        .with_for_update()
    ).all()
    unchanged = dict(held)
    plans = [one for one in plans if unchanged.get(one.alert_id) == one.seen_until]
    if not plans:
        return 0
    db.session.execute(
        update(Alert)
        .where(Alert.id.in_([one.alert_id for one in plans]))
        .values(ran_on=today, seen_until=now)
        .execution_options(synchronize_session=False)
    )
    told = _without_repeats([one for one in plans if one.listings])
    if told:
        _write_digests(told, today, now)
    return len(told)


def _without_repeats(plans: Sequence[Plan]) -> list[Plan]:
    """Leave out what was named before: the start of a run overlaps the end of the one before."""
    if not plans:
        return []
    listing_ids = list({one for each in plans for one in each.listings})
    sent: set[tuple[int, int]] = set()
    for start in range(0, len(listing_ids), BATCH):
        part = listing_ids[start : start + BATCH]
        sent |= queries.already_sent([one.alert_id for one in plans], part)
    kept = [
        Plan(
            one.alert_id,
            one.seen_until,
            [id_ for id_ in one.listings if (one.alert_id, id_) not in sent],
        )
        for one in plans
    ]
    return [one for one in kept if one.listings]


def _write_digests(plans: Sequence[Plan], today: dt.date, now: dt.datetime) -> None:
    db.session.execute(
        insert(Digest),
        [{"alert_id": one.alert_id, "day": today, "total": len(one.listings)} for one in plans],
    )
    digests = dict(
        db.session.execute(
            select(Digest.alert_id, Digest.id).where(
                Digest.day == today, Digest.alert_id.in_([one.alert_id for one in plans])
            )
        ).all()
    )
    db.session.execute(
        insert(SentListing),
        [
            {
                "alert_id": one.alert_id,
                "listing_id": listing_id,
                "digest_id": digests[one.alert_id],
                "rank": rank,
            }
            for one in plans
            for rank, listing_id in enumerate(one.listings[:NAMED])
        ],
    )
    enqueue_many("alert.digest", [{"digest_id": digests[one.alert_id]} for one in plans], now=now)


def purge_digests(now: dt.datetime) -> None:
    """Erase what was told long ago of listings that are over since long.

    One that closed for a few weeks and comes back is the same offer: it is not told again.
    """
    before = now - dt.timedelta(days=KEPT_DAYS)
    old = select(Digest.id).where(Digest.day < paris_date(before))
    over = select(Listing.id).where(Listing.status == Status.CLOSED, Listing.closed_at < before)
    still = select(SentListing.digest_id)
    for statement in (
        delete(SentListing).where(SentListing.digest_id.in_(old), SentListing.listing_id.in_(over)),
        delete(Digest).where(Digest.id.in_(old), Digest.id.not_in(still)),
    ):
        db.session.execute(statement.execution_options(synchronize_session=False))
