"""Writing what a source says. Nothing here commits: the caller ends the transaction of the run."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import structlog
from sqlalchemy.exc import SQLAlchemyError

from app.core.database import db
from app.core.errors import DomainError
from app.core.i18n import _
from app.imports import queries
from app.imports.france_travail import SOURCE as FRANCE_TRAVAIL
from app.imports.france_travail import Mapped, Rejected, Skipped, map_offer
from app.imports.models import ImportRun, QuarantinedItem, RunState
from app.imports.records import Record
from app.imports.reference import Reference
from app.listings.enums import Status
from app.listings.models import Listing
from app.listings.services import announce_changed, close_gone, confirm_listings, import_listing

if TYPE_CHECKING:
    from app.accounts.models import User

log = structlog.get_logger()

MAPPERS = {FRANCE_TRAVAIL: map_offer}
# A run in which more of a source disappears is a breakdown of the source, not its news.
GONE_AT_MOST = 0.30
WRITE_CHUNK = 500
# A file of a million broken records must not fill the database nor the screen.
QUARANTINE_KEPT = 1_000


class UnknownSourceError(DomainError):
    """No importer reads this source."""


@dataclass(frozen=True, slots=True)
class Quarantined:
    """A record set aside: where it was, its identifier when it had one, and why."""

    position: str
    source_id: str | None
    reason: str


@dataclass(slots=True)
class Report:
    """What a run did, or would do. `quarantined` holds the first thousand, its total counts all.

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

    @property
    def usable(self) -> bool:
        """Return whether at least one record could be read."""
        return bool(self.created or self.updated or self.unchanged or self.skipped)

    def set_aside(self, position: str, source_id: str | None, reason: str) -> None:
        """Quarantine a record."""
        self.quarantined_total += 1
        if len(self.quarantined) < QUARANTINE_KEPT:
            self.quarantined.append(Quarantined(position, source_id, reason))


@dataclass(frozen=True, slots=True)
class _Item:
    position: str
    offer: Mapped


@dataclass(slots=True)
class _Snapshot:
    """What the source holds: offers by identifier, identifiers seen, whether it was read whole."""

    offers: dict[str, _Item] = field(default_factory=dict)
    seen: set[str] = field(default_factory=set)
    complete: bool = True
    # Records that cannot even be named: any listing of the source may be one of them.
    nameless: int = 0


def run_import(
    source: str,
    records: Iterable[Record],
    *,
    write: bool,
    full: bool,
    now: dt.datetime,
    actor: User | None = None,
    reference: Reference | None = None,
) -> Report:
    """Bring the listings of `source` to what `records` say, and report it.

    Without `write` nothing changes. With `full`, what the source no longer shows is closed; the
    run is refused, and nothing is written save its row, when that would be more than 30 % of what
    is open or when the files were not read to their end. Records are mapped before the database
    is asked anything, so that the transaction is short; give `reference` to keep it so.
    Raises UnknownSourceError.
    """
    if source not in MAPPERS:
        known = ", ".join(sorted(MAPPERS))
        raise UnknownSourceError(
            _("Source inconnue : %(source)s. Sources lues : %(known)s.", source=source, known=known)
        )
    report = Report(source)
    snapshot = _read(report, source, records, reference or queries.load_reference())
    gone = sorted(queries.open_ids(source) - snapshot.seen) if full else []
    if gone and snapshot.nameless:
        report.reason = _("des fiches illisibles n’ont pas de numéro, rien n’a donc été fermé")
        gone = []
    if full:
        _refuse_mass_closing(report, snapshot, len(gone))
    if report.state == RunState.DONE:
        _bring_up_to_date(report, snapshot, now, write=write)
        report.closed = len(gone)
        if gone and write:
            report.closed = close_gone(list(queries.stored_listings(source, gone)), now)
    if write:
        _record_run(report, now)
    log.info(
        "import_run",
        source=source,
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


def _read(
    report: Report, source: str, records: Iterable[Record], reference: Reference
) -> _Snapshot:
    snapshot = _Snapshot()
    mapper = MAPPERS[source]
    for record in records:
        report.read += record.complete
        snapshot.complete &= record.complete
        result = Rejected(record.error) if record.error else mapper(record.raw, reference)
        match result:
            case Rejected(reason=reason, source_id=source_id):
                report.set_aside(record.position, source_id, reason)
                # What is there but cannot be read is not gone.
                snapshot.seen.update([source_id] if source_id else [])
                snapshot.nameless += not source_id
            case Skipped():
                report.skipped += 1
            case Mapped():
                _keep(report, snapshot, _Item(record.position, result))
    return snapshot


def _keep(report: Report, snapshot: _Snapshot, item: _Item) -> None:
    """Keep an offer; of two with the same identifier, the last to have been written stays."""
    source_id = item.offer.source_id
    snapshot.seen.add(source_id)
    kept = snapshot.offers.setdefault(source_id, item)
    if kept is item:
        return
    if kept.offer.source_hash == item.offer.source_hash:
        # Pages read one after the other overlap when an offer is added in between.
        report.unchanged += 1
        return
    older, newer = sorted((item, kept), key=lambda one: one.offer.written_at)
    snapshot.offers[source_id] = newer
    report.set_aside(
        older.position,
        source_id,
        _("identifiant en double, version plus récente : %(position)s", position=newer.position),
    )


def _refuse_mass_closing(report: Report, snapshot: _Snapshot, gone: int) -> None:
    open_before = len(queries.open_ids(report.source))
    if not snapshot.complete:
        report.reason = _("lecture incomplète : une disparition ne peut pas être constatée")
    elif gone > GONE_AT_MOST * open_before:
        report.reason = _(
            "%(gone)d annonces ouvertes sur %(open)d auraient été fermées (plus de 30 %%)",
            gone=gone,
            open=open_before,
        )
    if report.reason:
        report.state = RunState.REFUSED
        report.unchanged = 0


def _bring_up_to_date(
    report: Report, snapshot: _Snapshot, now: dt.datetime, *, write: bool
) -> None:
    source = report.source
    kept_closed = queries.closed_by_a_person(source)
    confirmed: list[Listing] = []
    changed: list[tuple[_Item, Listing | None]] = []
    known: set[str] = set()
    for listing in queries.stored_listings(source, snapshot.offers):
        item = snapshot.offers[str(listing.source_id)]
        known.add(item.offer.source_id)
        closed = listing.status == Status.CLOSED
        if closed and item.offer.source_id in kept_closed:
            report.unchanged += 1
        elif listing.source_hash == item.offer.source_hash and not closed:
            report.unchanged += 1
            confirmed.append(listing)
        else:
            changed.append((item, listing))
    changed += [(item, None) for key, item in snapshot.offers.items() if key not in known]
    if write:
        confirm_listings(confirmed, now)
        changed = _write(report, changed, now)
    report.updated += sum(listing is not None for _item, listing in changed)
    report.created += sum(listing is None for _item, listing in changed)


def _write(
    report: Report, items: Sequence[tuple[_Item, Listing | None]], now: dt.datetime
) -> list[tuple[_Item, Listing | None]]:
    """Write by chunks; return what was written. A chunk that fails is written one by one."""
    written: list[tuple[_Item, Listing | None]] = []
    listings: list[Listing] = []
    for start in range(0, len(items), WRITE_CHUNK):
        chunk = items[start : start + WRITE_CHUNK]
        try:
            listings += _write_chunk(chunk, now)
            written += chunk
        except (SQLAlchemyError, ValueError, DomainError):
            for pair in chunk:
                try:
                    listings += _write_chunk([pair], now)
                    written.append(pair)
                except (SQLAlchemyError, ValueError, DomainError) as error:
                    offer = pair[0].offer
                    log.warning("import_record_refused", error=type(error).__name__)
                    report.set_aside(pair[0].position, offer.source_id, _("refusée par la base"))
    announce_changed(listings, now)
    return written


def _write_chunk(items: Sequence[tuple[_Item, Listing | None]], now: dt.datetime) -> list[Listing]:
    with db.session.begin_nested(), db.session.no_autoflush:
        listings = [
            import_listing(listing, _dated(item.offer, listing, now), now)
            for item, listing in items
        ]
        db.session.flush()
    return listings


def _dated(offer: Mapped, listing: Listing | None, now: dt.datetime) -> dict[str, object]:
    """An offer that comes back is published again; none is published in the future."""
    back = listing is not None and listing.status == Status.CLOSED
    published_at = now if back else min(offer.values["published_at"], now)
    return offer.values | {"published_at": published_at}


def _record_run(report: Report, now: dt.datetime) -> None:
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
