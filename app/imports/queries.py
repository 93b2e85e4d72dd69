"""Reads of the imports: the reference of the mapping, and what a source already has here."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import joinedload, selectinload

from app.core.database import db
from app.geography.queries import PLACES
from app.imports.clues import workplace_clues
from app.imports.models import ImportFile
from app.imports.reference import DiplomaRef, OrganisationRef, ProfessionRef, Reference
from app.imports.texts import fold
from app.listings.enums import OWN_SOURCE, Status
from app.listings.models import Listing, ListingEvent
from app.organisations.enums import OrganisationStatus
from app.organisations.models import Establishment, Membership, Organisation
from app.professions import queries as professions
from app.professions.enums import TermKind
from app.professions.queries import DiplomaEntry, ProfessionEntry

# « AS », « ES », « ME » are syllables of everything: shorter names than this are not looked for.
SHORTEST_NAME = 3
CHUNK = 200

Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class Origin:
    """Whose listings a run writes: those of a source, or what an organisation sends in files.

    Listings of an organisation bear its number in `source_id`: two organisations may give the same
    reference to their own, and the database refuses that one of them gives it twice.
    """

    source: str
    organisation_id: int | None = None

    def stored(self, source_id: str) -> str:
        """Return the identifier under which a listing is stored."""
        return source_id if self.organisation_id is None else f"{self._prefix}{source_id}"

    def told(self, stored: str) -> str:
        """Return the identifier that the source gave, from the one that is stored."""
        return stored if self.organisation_id is None else stored.removeprefix(self._prefix)

    @property
    def _prefix(self) -> str:
        return f"{self.organisation_id}:"

    @property
    def condition(self) -> ColumnElement[bool]:
        """Return the condition, in SQL, that a listing comes from here."""
        if self.organisation_id is None:
            return Listing.source == self.source
        return (
            (Listing.organisation_id == self.organisation_id)
            & (Listing.source == OWN_SOURCE)
            & Listing.source_id.startswith(self._prefix, autoescape=True)
        )


def load_reference() -> Reference:
    """Return what the mapping needs, read from the reference base and the communes."""
    ids = {entry.slug: entry.id for entry in professions.professions()}
    establishments, organisations = _known_organisations()
    return Reference(
        diplomas=tuple(_diploma(entry, ids) for entry in professions.diplomas()),
        terms={
            kind: {
                fold(name): term.slug
                # What a term is called elsewhere never hides the proper name of another.
                for proper in (False, True)
                for term in reversed(professions.terms(kind))
                for name in ((term.label, term.slug) if proper else term.alt_labels)
            }
            for kind in TermKind
        },
        establishments=establishments,
        organisations=organisations,
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


def _diploma(entry: DiplomaEntry, ids: dict[str, int]) -> DiplomaRef:
    names = {entry.slug, entry.label, entry.acronym or ""}
    return DiplomaRef(
        id=entry.id,
        rncp=re.sub(r"\D", "", str(entry.data.get("rncp") or "")),
        names=frozenset(filter(None, map(fold, names))),
        professions=tuple(ids[slug] for slug in entry.professions if slug in ids),
    )


def _known_organisations() -> tuple[dict[str, OrganisationRef], dict[str, OrganisationRef]]:
    """Return the establishments by SIRET and the organisations by SIREN."""
    rows = db.session.execute(
        select(Organisation.id, Organisation.name, Organisation.status, Organisation.siren)
    )
    by_id: dict[int, OrganisationRef] = {}
    by_siren: dict[str, OrganisationRef] = {}
    for id_, name, status, siren in rows:
        by_id[id_] = OrganisationRef(id_, name, status == OrganisationStatus.SUSPENDED)
        if siren:
            by_siren[siren] = by_id[id_]
    places = db.session.execute(
        select(Establishment.siret, Establishment.id, Establishment.organisation_id).where(
            Establishment.siret.is_not(None)
        )
    )
    by_siret = {
        str(siret): OrganisationRef(
            owner_id, by_id[owner_id].name, by_id[owner_id].suspended, establishment_id=id_
        )
        for siret, id_, owner_id in places
    }
    return by_siret, by_siren


@dataclass(frozen=True, slots=True)
class Stored:
    """What is compared of a listing that is here already; `source_id` as its source gave it."""

    id: int
    source_id: str
    source_hash: str | None
    status: str
    version: int
    title: str


def stored_listings(origin: Origin, source_ids: Iterable[str]) -> Iterator[Stored]:
    """Yield what is here of `origin` among the ids it gave, in any state, read by chunks."""
    wanted = select(
        Listing.id,
        Listing.source_id,
        Listing.source_hash,
        Listing.status,
        Listing.version,
        Listing.title,
    ).where(origin.condition)
    for chunk in batched([origin.stored(source_id) for source_id in source_ids]):
        rows = db.session.execute(wanted.where(Listing.source_id.in_(chunk)))
        for id_, source_id, source_hash, status, version, title in rows:
            yield Stored(id_, origin.told(str(source_id)), source_hash, status, version, title)


def listings_of(stored: Iterable[Stored]) -> dict[int, Listing]:
    """Return the listings themselves, by id, with their sessions: for a chunk, not for a source."""
    rows = db.session.scalars(
        select(Listing)
        .options(selectinload(Listing.sessions))
        .where(Listing.id.in_([one.id for one in stored]))
        .execution_options(populate_existing=True)
    )
    return {listing.id: listing for listing in rows}


def batched(items: Sequence[Item]) -> Iterator[Sequence[Item]]:
    """Yield the items by chunks."""
    for start in range(0, len(items), CHUNK):
        yield items[start : start + CHUNK]


def open_ids(origin: Origin) -> set[str]:
    """Return the ids of what `origin` has online or paused; for an organisation, of all that is
    not closed."""
    unseen = [] if origin.organisation_id is None else [Status.DRAFT, Status.IN_REVIEW]
    rows = db.session.scalars(
        select(Listing.source_id).where(
            origin.condition, Listing.status.in_([Status.PUBLISHED, Status.PAUSED, *unseen])
        )
    )
    return {origin.told(source_id) for source_id in rows if source_id is not None}


def closed_by_a_person(origin: Origin) -> set[str]:
    """Return the ids of listings that someone closed here by hand."""
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
            origin.condition,
            Listing.status == Status.CLOSED,
            ListingEvent.actor_id.is_not(None),
        )
    )
    return {origin.told(source_id) for source_id in rows if source_id is not None}


def files_of(organisation_ids: Iterable[int], limit: int) -> Sequence[ImportFile]:
    """Return the last files sent for these organisations, the newest first."""
    return db.session.scalars(
        select(ImportFile)
        .options(joinedload(ImportFile.organisation), joinedload(ImportFile.run))
        .where(ImportFile.organisation_id.in_(list(organisation_ids)))
        .order_by(ImportFile.id.desc())
        .limit(limit)
    ).all()


def get_file(file_id: int) -> ImportFile | None:
    """Return a file that was sent, with its organisation and its run."""
    return db.session.scalar(
        select(ImportFile)
        .options(joinedload(ImportFile.organisation), joinedload(ImportFile.run))
        .where(ImportFile.id == file_id)
    )


def owned_file(file_id: int, user_id: int) -> ImportFile | None:
    """Return a file sent for an organisation of this person, or None.

    A suspended organisation is nobody's.
    """
    return db.session.scalar(
        select(ImportFile)
        .join(Membership, Membership.organisation_id == ImportFile.organisation_id)
        .join(Organisation, Organisation.id == ImportFile.organisation_id)
        .options(joinedload(ImportFile.organisation), joinedload(ImportFile.run))
        .where(
            ImportFile.id == file_id,
            Membership.user_id == user_id,
            Organisation.status != OrganisationStatus.SUSPENDED,
        )
    )


def remembered_columns(organisation_id: int) -> dict[str, str]:
    """Return what the columns of the last files of an organisation were said to be."""
    rows = db.session.scalars(
        select(ImportFile.columns)
        .where(ImportFile.organisation_id == organisation_id)
        .order_by(ImportFile.id.desc())
        .limit(10)
    ).all()
    found: dict[str, str] = {}
    for columns in reversed(rows):
        found |= columns
    return found


def contents_sent_before(instant: dt.datetime, limit: int) -> Sequence[ImportFile]:
    """Return the files sent before `instant` whose content is still kept, the oldest first."""
    return db.session.scalars(
        select(ImportFile)
        .where(ImportFile.created_at < instant, ImportFile.key.is_not(None))
        .order_by(ImportFile.id)
        .limit(limit)
    ).all()


def kept_keys() -> set[str]:
    """Return the names, in the store, of all the files that are kept."""
    keys = db.session.scalars(select(ImportFile.key).where(ImportFile.key.is_not(None)))
    return {key for key in keys if key}
