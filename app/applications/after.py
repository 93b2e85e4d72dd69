"""After a visit, an immersion or an internship that pleased: one tap becomes an application.

Nothing here commits. The person sees, before the tap, all that is sent: see `words`.
"""

from __future__ import annotations

import datetime as dt
from typing import NamedTuple

from sqlalchemy import case, exists, select
from sqlalchemy.orm import joinedload, selectinload

from app.applications import keys, progress, queries, receiving
from app.applications.enums import DIPLOMA_HELD_LABELS, DiplomaHeld, Status
from app.applications.models import Application
from app.applications.receiving import Submitted
from app.core.database import db
from app.core.filters import phone
from app.core.i18n import _
from app.listings.enums import OWN_SOURCE, Kind
from app.listings.models import Listing, ListingSession
from app.listings.queries import TRIES, is_open

# What one may go on to, in the order in which it is proposed.
_NEXT = (Kind.JOB, Kind.TRAINING, Kind.PATH)
# All those of one profession in one organisation.
_READ = 50
Next = tuple[Listing, ListingSession | None]


class Proposal(NamedTuple):
    """What she may answer in one tap, and all that would be sent of her."""

    listing: Listing
    employer: str
    date: str
    given: str
    words: str


def has_tried(application: Application, now: dt.datetime) -> bool:
    """Return whether the person has seen the work: she came, or her days there are over."""
    if application.status == Status.ATTENDED:
        return True
    if application.listing.kind not in TRIES or application.status != Status.HIRED:
        return False
    session = application.session
    return session is None or (session.ends_at or session.starts_at) <= now


def next_step(application: Application, now: dt.datetime) -> Next | None:
    """Return what she may answer next in the same organisation, for the same profession.

    What she has already answered, even to take it back, is not proposed again.
    """
    tried = application.listing
    if tried.profession_id is None or tried.organisation_id is None:
        return None
    answered = exists().where(
        Application.listing_id == Listing.id,
        Application.candidate_key == application.candidate_key,
    )
    order = (
        case({str(kind): rank for rank, kind in enumerate(_NEXT)}, value=Listing.kind),
        case((Listing.commune_code == tried.commune_code, 0), else_=1),
        Listing.published_at.desc(),
        Listing.id.desc(),
    )
    found = db.session.scalars(
        select(Listing)
        .where(
            Listing.organisation_id == tried.organisation_id,
            Listing.profession_id == tried.profession_id,
            Listing.source == OWN_SOURCE,
            Listing.kind.in_(_NEXT),
            is_open(now),
            ~answered,
        )
        .options(joinedload(Listing.organisation), selectinload(Listing.sessions))
        .order_by(*order)
        .limit(_READ)
    )
    for listing in found:
        if not listing.sessions:
            return listing, None
        for session in queries.open_sessions(listing, now):
            if session.seats_left != 0:
                return listing, session
    return None


def proposal(application: Application, now: dt.datetime) -> Proposal | None:
    """Return the next step as it is shown before the tap."""
    found = next_step(application, now)
    if found is None:
        return None
    listing, session = found
    held = application.diploma_held
    label = str(DIPLOMA_HELD_LABELS[DiplomaHeld(held)]).lower() if held else ""
    given = (
        application.first_name,
        application.last_name,
        phone(application.phone) if application.phone else "",
        application.email,
        application.commune_label,
        _("diplôme du métier\u00a0: %(held)s", held=label) if held else "",
    )
    return Proposal(
        listing=listing,
        employer=listing.employer_name
        or (listing.organisation.name if listing.organisation else ""),
        date=progress.session_date(session) if session else "",
        given=", ".join(part for part in given if part),
        words=words(application),
    )


def words(application: Application) -> str:
    """Return what is written to the organisation in her name."""
    return _(
        "Je suis venu·e pour «\u00a0%(title)s\u00a0». Ça m’a plu\u00a0: je voudrais continuer.",
        title=application.listing.title,
    )


def apply_next(application: Application, listing_id: int, now: dt.datetime) -> Submitted:
    """Answer, with the contact she gave, the listing she saw proposed; once, whatever is tapped.

    Raises ListingNotOpen: it closed meanwhile, or was never proposed to her.
    """
    # A second tap waits for the first, then finds what it sent.
    db.session.refresh(application, ["status"], with_for_update={"key_share": True})
    key = keys.keyed_hash("application-next", f"{application.id}\x1f{listing_id}")
    known = queries.by_key(key)
    if known is not None:
        return Submitted(known, keys.code_for(key), created=False)
    proposed = next_step(application, now) if has_tried(application, now) else None
    listing = queries.lock_listing(listing_id) if proposed else None
    if proposed is None or listing is None or proposed[0].id != listing.id:
        raise receiving.ListingNotOpen(_("Cette annonce n’est plus proposée. Rien n’a été envoyé."))
    values = {
        "first_name": application.first_name,
        "last_name": application.last_name,
        "phone": application.phone,
        "email": application.email,
        "call_back": application.call_back,
        "commune_label": application.commune_label,
        "diploma_held": application.diploma_held,
        "message": words(application),
    }
    return receiving.submit_application(listing, values, key, now, session=proposed[1])
