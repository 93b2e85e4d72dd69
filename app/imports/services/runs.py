"""A run: bringing the listings of an origin to what it says. Nothing here commits."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

import structlog
from sqlalchemy.exc import SQLAlchemyError

from app.core.database import db
from app.core.errors import DomainError
from app.core.i18n import _
from app.imports import queries
from app.imports.mapped import Mapped
from app.imports.models import ImportRun, QuarantinedItem, RunState
from app.imports.queries import Origin, Stored
from app.imports.records import Record
from app.imports.reference import Reference
from app.imports.services.differences import differences
from app.imports.services.reports import CHANGES_KEPT, Change, Report
from app.imports.services.snapshots import MAPPERS, Item, Owner, Run, Snapshot, read_snapshot
from app.listings.enums import OWN_SOURCE, Status
from app.listings.models import Listing
from app.listings.services import (
    announce_changed,
    close_gone,
    confirm_listings,
    import_listing,
    supply_listing,
)

if TYPE_CHECKING:
    from app.accounts.models import User

log = structlog.get_logger()

# A run in which more of a source disappears is a breakdown of the source, not its news.
GONE_AT_MOST = 0.30


class UnknownSourceError(DomainError):
    """No importer reads this source."""


class PlanChanged(DomainError):
    """What would be written is no longer what was shown."""


def run_import(
    source: str,
    records: Iterable[Record],
    *,
    write: bool,
    full: bool,
    now: dt.datetime,
    actor: User | None = None,
    owner: Owner | None = None,
    reference: Reference | None = None,
    plan: str | None = None,
) -> Report:
    """Bring the listings of `source` to what `records` say, and report it.

    With an `owner` they are written as hers, under the rules of what is written by hand, else as
    listings of another site. Without `write` nothing changes. With `full`, what the source no
    longer shows is closed; the run is refused, and nothing is written save its row, when that
    would be more than 30 % of what is open or when the files were not read to their end. So is a
    run of more than OFFERS_MAX. With a `plan`, nothing is written unless it is still the plan:
    raises PlanChanged. Records are mapped before the database is asked anything, so that the
    transaction is short; give `reference` to keep it so. Raises UnknownSourceError.
    """
    if source not in MAPPERS:
        known = ", ".join(sorted(MAPPERS))
        raise UnknownSourceError(
            _("Source inconnue : %(source)s. Sources lues : %(known)s.", source=source, known=known)
        )
    report = Report(source)
    origin = Origin(source, owner.organisation.id if owner else None)
    run = Run(origin, report, now, owner)
    snapshot = read_snapshot(run, records, reference or queries.load_reference())
    gone = sorted(queries.open_ids(origin) - snapshot.seen) if full else []
    if gone and snapshot.nameless:
        report.reason = _("des fiches illisibles n’ont pas de numéro, rien n’a donc été fermé")
        gone = []
    if full and report.state == RunState.DONE:
        _refuse_mass_closing(run, snapshot, len(gone))
    if report.state == RunState.DONE:
        changed, confirmed = _compare(run, snapshot)
        closing = list(queries.stored_listings(origin, gone))
        report.plan = _plan(run, changed, closing)
        if plan not in {None, report.plan}:
            raise PlanChanged(_("Vos annonces ont changé depuis l’aperçu. Relisez-le."))
        report.closed = len(closing)
        report.updated = sum(stored is not None for _item, stored in changed)
        report.created = len(changed) - report.updated
        if write:
            _by_chunks(confirmed, confirm_listings, now)
            _write(run, changed)
            _by_chunks(closing, close_gone, now)
    if write:
        report.run = _record_run(report, now)
    log.info(
        "import_run",
        source=source,
        organisation_id=origin.organisation_id,
        state=str(report.state),
        write=write,
        full=full,
        actor_id=actor.id if actor else None,
        read=report.read,
        created=report.created,
        updated=report.updated,
        closed=report.closed,
        quarantined=report.quarantined_total,
    )
    return report


def _refuse_mass_closing(run: Run, snapshot: Snapshot, gone: int) -> None:
    report = run.report
    open_before = len(queries.open_ids(run.origin))
    if not snapshot.complete:
        report.refuse(_("lecture incomplète : une disparition ne peut pas être constatée"))
    elif gone > GONE_AT_MOST * open_before:
        report.refuse(
            _(
                "%(gone)d annonces ouvertes sur %(open)d auraient été fermées (plus de 30 %%)",
                gone=gone,
                open=open_before,
            )
        )


_Pair = tuple[Item, Stored | None]


def _compare(run: Run, snapshot: Snapshot) -> tuple[list[_Pair], list[Stored]]:
    """Return what is written, with the listing it changes, and what is confirmed as it is.

    The snapshot is emptied: what is written alone holds what it will write.
    """
    report, origin = run.report, run.origin
    kept_closed = queries.closed_by_a_person(origin)
    confirmed: list[Stored] = []
    changed: list[_Pair] = []
    for stored in queries.stored_listings(origin, list(snapshot.offers)):
        item = snapshot.offers.pop(stored.source_id)
        closed = stored.status == Status.CLOSED
        if closed and stored.source_id in kept_closed:
            report.unchanged += 1
        elif stored.source_hash == item.offer.source_hash and not closed:
            report.unchanged += 1
            if stored.status in {Status.PUBLISHED, Status.PAUSED}:
                confirmed.append(stored)
        else:
            changed.append((item, stored))
    changed += [(item, None) for item in snapshot.offers.values()]
    snapshot.offers.clear()
    return changed, confirmed


def _plan(run: Run, changed: Sequence[_Pair], closing: Sequence[Stored]) -> str:
    """Note the first changes in the report; return the digest of all of them."""
    digest = hashlib.sha256()
    for change, mark in _changes(run, changed, closing):
        digest.update(f"{change.what} {change.source_id} {mark}\n".encode())
        if len(run.report.changes) < CHANGES_KEPT:
            run.report.changes.append(change)
    return digest.hexdigest()


def _told(changed: Sequence[_Pair]) -> Mapping[str, list[str]]:
    """Return what the first updates change, by the identifier of the source."""
    updates = [(item, stored) for item, stored in changed[:CHANGES_KEPT] if stored]
    known = queries.listings_of([stored for _item, stored in updates])
    return {
        stored.source_id: differences(known[stored.id], item.offer.values)
        for item, stored in updates
        if stored.id in known
    }


def _changes(
    run: Run, changed: Sequence[_Pair], closing: Sequence[Stored]
) -> Iterator[tuple[Change, str]]:
    told = _told(changed)
    for item, stored in changed:
        what = "updated" if stored else "created"
        version = stored.version if stored else 0
        offer = item.offer
        title, differs = offer.values["title"], told.get(offer.source_id, ())
        change = Change(what, item.position, offer.source_id, title, differs)
        yield change, f"{offer.source_hash} {version}"
    for stored in closing:
        yield Change("closed", "", stored.source_id, stored.title), str(stored.version)


def _by_chunks(
    stored: Sequence[Stored], act: Callable[[list[Listing], dt.datetime], object], now: dt.datetime
) -> None:
    for chunk in queries.batched(stored):
        act(list(queries.listings_of(chunk).values()), now)


def _write(run: Run, pairs: list[_Pair]) -> None:
    """Write by chunks, and empty the list; a chunk that fails is written one by one.

    Nothing holds what is written: a large source does not fill the memory.
    """
    waiting = deque(pairs)
    pairs.clear()
    while waiting:
        chunk = [waiting.popleft() for _pair in range(min(queries.CHUNK, len(waiting)))]
        try:
            _write_chunk(run, chunk)
        except (SQLAlchemyError, ValueError, DomainError):
            for pair in chunk:
                _write_alone(run, pair)


def _write_alone(run: Run, pair: _Pair) -> None:
    item, stored = pair
    try:
        _write_chunk(run, [pair])
    except (SQLAlchemyError, ValueError, DomainError) as error:
        log.warning("import_record_refused", error=type(error).__name__)
        report = run.report
        report.updated -= stored is not None
        report.created -= stored is None
        told = error.message if isinstance(error, DomainError) else _("refusée par la base")
        report.set_aside(item.position, item.offer.source_id, told)


def _write_chunk(run: Run, pairs: Sequence[_Pair]) -> None:
    with db.session.begin_nested(), db.session.no_autoflush:
        known = queries.listings_of([stored for _item, stored in pairs if stored])
        listings = [
            _write_one(run, item, known.get(stored.id) if stored else None)
            for item, stored in pairs
        ]
        db.session.flush()
        if run.owner is None:
            announce_changed(listings, run.now)
    for listing in listings:
        # A listing and its sessions hold each other: apart, they leave the memory at once.
        db.session.expire(listing)


def _write_one(run: Run, item: Item, listing: Listing | None) -> Listing:
    offer, now = item.offer, run.now
    identity = {
        "source": OWN_SOURCE if run.owner else run.report.source,
        "source_id": run.origin.stored(offer.source_id),
    }
    if run.owner is None:
        return import_listing(listing, _dated(offer, listing, now) | identity, now)
    owner = run.owner
    return supply_listing(owner.actor, owner.organisation, listing, offer.values | identity, now)


def _dated(offer: Mapped, listing: Listing | None, now: dt.datetime) -> dict[str, object]:
    """An offer that comes back is published again; none is published in the future."""
    back = listing is not None and listing.status == Status.CLOSED
    first = listing.published_at if listing is not None else None
    told = offer.values.get("published_at") or first or now
    published_at = now if back else min(told, now)
    return offer.values | {"published_at": published_at}


def _record_run(report: Report, now: dt.datetime) -> ImportRun:
    run = ImportRun(
        source=report.source,
        state=report.state,
        started_at=now,
        ended_at=now,
        read=report.read,
        created=report.created,
        updated=report.updated,
        unchanged=report.unchanged,
        closed=report.closed,
        skipped=report.skipped,
        reason=report.reason,
        quarantined=[
            QuarantinedItem(
                position=item.position[:200], source_id=item.source_id, reason=item.reason
            )
            for item in report.quarantined
        ],
    )
    db.session.add(run)
    db.session.flush()
    return run
