"""What a source holds, read and judged record by record before the database is asked anything."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from app.core.clock import paris_date
from app.core.i18n import _
from app.imports import csv_listings, france_travail, lheo
from app.imports.mapped import Mapped, Rejected, Result, Skipped
from app.imports.queries import Origin
from app.imports.records import Record
from app.imports.reference import Reference
from app.imports.services.reports import Report
from app.imports.services.supplied import refusal_of, to_supply

if TYPE_CHECKING:
    from app.accounts.models import User
    from app.organisations.models import Organisation

MAPPERS: dict[str, Callable[[Any, Reference], Result]] = {
    france_travail.SOURCE: france_travail.map_offer,
    lheo.SOURCE: lheo.map_action,
    csv_listings.SOURCE: csv_listings.map_line,
}
# What a run holds before it writes: a whole region is a few thousand.
OFFERS_MAX = 50_000


@dataclass(frozen=True, slots=True)
class Owner:
    """For whom a run writes listings that are answered here, and who asked for it."""

    organisation: Organisation
    actor: User | None = None


@dataclass(frozen=True, slots=True)
class Item:
    position: str
    offer: Mapped


@dataclass(slots=True)
class Snapshot:
    """What the source holds: offers by identifier, identifiers seen, whether it was read whole."""

    offers: dict[str, Item] = field(default_factory=dict)
    seen: set[str] = field(default_factory=set)
    complete: bool = True
    # Records that cannot even be named: any listing of the source may be one of them.
    nameless: int = 0


@dataclass(frozen=True, slots=True)
class Run:
    """What all the steps of a run need to know."""

    origin: Origin
    report: Report
    now: dt.datetime
    owner: Owner | None = None


def read_snapshot(run: Run, records: Iterable[Record], reference: Reference) -> Snapshot:
    """Map the records; what cannot be used is set aside in the report, too many are refused."""
    snapshot, report = Snapshot(), run.report
    mapper = MAPPERS[report.source]
    for record in records:
        report.read += record.complete
        snapshot.complete &= record.complete
        result = (
            Rejected(record.error, record.source_id)
            if record.error
            else _judged(run, record, mapper(record.raw, reference))
        )
        match result:
            case Rejected(reason=reason, source_id=source_id, over=over):
                report.set_aside(record.position, source_id, reason)
                # What is there but cannot be read is not gone.
                snapshot.seen.update([source_id] if source_id and not over else [])
                snapshot.nameless += not source_id
            case Skipped():
                report.skipped += 1
            case Mapped():
                _keep(report, snapshot, Item(record.position, result))
        if len(snapshot.offers) > OFFERS_MAX:
            most = f"{OFFERS_MAX // 1000}\u00a0000"
            report.refuse(_("plus de %(most)s annonces\u00a0: coupez le fichier", most=most))
            break
    return snapshot


def _judged(run: Run, record: Record, result: Result) -> Result:
    """Refuse a listing that nobody could answer, or that its owner could not publish."""
    if not isinstance(result, Mapped):
        return result
    if _is_over(result.values, run.now):
        return Rejected(_("toutes ses dates sont passées"), result.source_id, over=True)
    if run.owner is None:
        if result.values.get("source_url"):
            return result
        return Rejected(_("adresse web absente : où répondre ?"), result.source_id)
    refusal = refusal_of(run.owner.organisation, record.raw, result.values, run.now)
    if refusal:
        return Rejected(refusal, result.source_id)
    return replace(result, values=to_supply(result.values))


def _is_over(values: dict[str, Any], now: dt.datetime) -> bool:
    """Return whether the last day on which one may answer has passed."""
    days = [
        session["deadline"] or paris_date(session["starts_at"])
        for session in values.get("sessions", ())
    ]
    last = values.get("deadline") or max(days, default=None)
    return last is not None and last < paris_date(now)


def _keep(report: Report, snapshot: Snapshot, item: Item) -> None:
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
    if kept.offer.written_at is None or item.offer.written_at is None:
        why = _("identifiant en double, déjà lu : %(position)s", position=kept.position)
        report.set_aside(item.position, source_id, why)
        return
    older, newer = sorted((item, kept), key=_written_at)
    snapshot.offers[source_id] = newer
    report.set_aside(
        older.position,
        source_id,
        _("identifiant en double, version plus récente : %(position)s", position=newer.position),
    )


def _written_at(item: Item) -> dt.datetime:
    return item.offer.written_at or dt.datetime.min.replace(tzinfo=dt.UTC)
