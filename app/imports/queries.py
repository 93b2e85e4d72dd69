"""Reads of the imports: the reference of the mapping, and what a source already has here."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from sqlalchemy import func, select

from app.core.database import db
from app.geography.queries import PLACES
from app.imports.clues import workplace_clues
from app.imports.reference import ProfessionRef, Reference
from app.imports.texts import fold
from app.listings.enums import Status
from app.listings.models import Listing, ListingEvent
from app.professions import queries as professions
from app.professions.enums import TermKind
from app.professions.queries import ProfessionEntry

# « AS », « ES », « ME » are syllables of everything: shorter names than this are not looked for.
SHORTEST_NAME = 3
CHUNK = 500


def load_reference() -> Reference:
    """Return what the mapping needs, read from the reference base and the communes."""
    return Reference(
        professions=tuple(_profession(entry) for entry in professions.professions()),
        workplaces=workplace_clues(
            (term.slug, (term.label, *term.alt_labels))
            for term in professions.terms(TermKind.WORKPLACE)
        ),
        places=PLACES.get(),
    )


def _profession(entry: ProfessionEntry) -> ProfessionRef:
    own = {fold(entry.label_feminine), fold(entry.label_masculine)}
    names = own | {fold(name.name) for name in entry.names}
    return ProfessionRef(
        id=entry.id,
        slug=entry.slug,
        own_names=tuple(sorted(own)),
        names=tuple(sorted(name for name in names if len(name) >= SHORTEST_NAME)),
        rome_codes=frozenset(rome.code for rome in entry.rome if rome.current),
        former_rome_codes=frozenset(rome.code for rome in entry.rome if not rome.current),
        workplaces=frozenset(entry.workplaces),
        diploma_by_law=entry.regulated and not entry.open_without_diploma,
    )


def stored_listings(source: str, source_ids: Iterable[str]) -> Iterator[Listing]:
    """Yield the listings of `source` among `source_ids`, in any state, read by chunks."""
    ids = list(source_ids)
    for start in range(0, len(ids), CHUNK):
        chunk = ids[start : start + CHUNK]
        yield from db.session.scalars(
            select(Listing).where(Listing.source == source, Listing.source_id.in_(chunk))
        )


def open_ids(source: str) -> set[str]:
    """Return the source ids of what is online or paused from `source`."""
    rows = db.session.scalars(
        select(Listing.source_id).where(
            Listing.source == source,
            Listing.status.in_([Status.PUBLISHED, Status.PAUSED]),
        )
    )
    return {source_id for source_id in rows if source_id is not None}


def closed_by_a_person(source: str) -> set[str]:
    """Return the source ids of listings that someone of the team closed here."""
    last = (
        select(func.max(ListingEvent.id))
        .where(ListingEvent.listing_id == Listing.id)
        .correlate(Listing)
        .scalar_subquery()
    )
    rows = db.session.scalars(
        select(Listing.source_id)
        .join(ListingEvent, ListingEvent.id == last)
        .where(
            Listing.source == source,
            Listing.status == Status.CLOSED,
            ListingEvent.actor_id.is_not(None),
        )
    )
    return {source_id for source_id in rows if source_id is not None}
