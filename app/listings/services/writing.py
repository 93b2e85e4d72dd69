"""What members of an organisation write: the values of a listing and what follows from them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from sqlalchemy.exc import IntegrityError

from app.core.clock import paris_date
from app.core.database import db
from app.core.errors import DomainError
from app.core.i18n import _
from app.geography.models import Commune
from app.listings.coach.reading import require_lawful
from app.listings.enums import OWN_SOURCE, Kind, Status
from app.listings.models import Listing, ListingSession
from app.listings.rich_text import make_slug, markdown_to_html
from app.listings.services.life import lock, log, mark_changed, move, schedule_closing
from app.listings.workflow import Action, can, require_complete

if TYPE_CHECKING:
    from app.accounts.models import User
    from app.organisations.models import Organisation

# What a member of the organisation writes. `sessions` is a list of mappings, see _set_sessions.
EDITABLE = frozenset(
    {
        "address",
        "collective_agreement",
        "commune_code",
        "conditions",
        "contact_name",
        "contract",
        "contract_months",
        "cost_cents",
        "deadline",
        "description",
        "diploma_id",
        "diploma_need",
        "duration_hours",
        "duration_label",
        "duration_months",
        "employer_name",
        "ends_on",
        "entry_conditions",
        "establishment_id",
        "from_profession_id",
        "funding",
        "hours_label",
        "hours_max",
        "hours_min",
        "licence_required",
        "modality",
        "pay_label",
        "pay_max_cents",
        "pay_min_cents",
        "pay_period",
        "place_label",
        "positions",
        "profession_id",
        "publics",
        "schedules",
        "starts_on",
        "summary",
        "title",
        "workplace",
    }
)
# Pay, or the price to be paid; contact; place. They make an approved listing another listing: it is
# read again before it is shown again.
SENSITIVE = frozenset(
    {
        "address",
        "commune_code",
        "contact_name",
        "cost_cents",
        "employer_name",
        "establishment_id",
        "pay_label",
        "pay_max_cents",
        "pay_min_cents",
        "pay_period",
        "place_label",
    }
)
# What a copy leaves out, with the sessions.
DATES = frozenset({"deadline", "starts_on", "ends_on"})
MAX_TITLE = 160
SESSION_FIELDS = ("starts_at", "ends_at", "deadline", "capacity", "label")


def create_listing(
    actor: User | None,
    organisation: Organisation,
    kind: str,
    values: Mapping[str, Any],
    now: dt.datetime,
) -> Listing:
    """Write a draft of `kind` for `organisation`. `values`: columns of EDITABLE, and `sessions`."""
    listing = Listing(
        kind=Kind(kind),
        status=Status.DRAFT,
        version=1,
        organisation=organisation,
        employer_name=organisation.name,
        source=OWN_SOURCE,
        created_by_id=actor.id if actor else None,
        created_at=now,
        updated_at=now,
        publics=[],
        schedules=[],
        funding=[],
    )
    apply_values(listing, values)
    db.session.add(listing)
    db.session.flush()
    log(listing, None, actor, now)
    return listing


def update_listing(
    actor: User | None, listing: Listing, values: Mapping[str, Any], now: dt.datetime
) -> Listing:
    """Change a listing. A change of pay, contact or place after approval sends it back to review.

    Raises DomainError when it is closed, imported, or when a date with registered people goes;
    ForbiddenWords when it is no longer a draft and the coach holds it back.
    """
    lock(listing)
    if listing.source != OWN_SOURCE:
        raise DomainError(_("Cette annonce vient d’un autre site\u00a0: elle se modifie là-bas."))
    if listing.status == Status.CLOSED:
        raise DomainError(_("Cette annonce est close\u00a0: elle ne peut plus être modifiée."))
    changed = apply_values(listing, values)
    if not changed:
        return listing
    if listing.status != Status.DRAFT:
        require_lawful(listing, paris_date(now))
        require_complete(listing, now)
    if can(listing.status, Action.REVIEW_AGAIN):
        listing.refreshed_at = now
        if changed & SENSITIVE:
            move(listing, Action.REVIEW_AGAIN, actor, now)
        schedule_closing(listing)
        mark_changed(listing, now)
    else:
        schedule_closing(listing)
        listing.version += 1
        listing.updated_at = now
    db.session.flush()
    return listing


def duplicate_listing(actor: User, listing: Listing, now: dt.datetime) -> Listing:
    """Write a draft with all that a listing says, save its dates, which are past or others'."""
    if listing.organisation is None:
        raise DomainError(_("Cette annonce vient d’un autre site\u00a0: elle se modifie là-bas."))
    values = {name: getattr(listing, name) for name in EDITABLE - DATES}
    lists = {name: list(value) for name, value in values.items() if isinstance(value, list)}
    title = _("Copie de %(title)s", title=listing.title)[:MAX_TITLE]
    return create_listing(
        actor, listing.organisation, listing.kind, values | lists | {"title": title}, now
    )


def apply_values(
    listing: Listing,
    values: Mapping[str, Any],
    allowed: frozenset[str] = EDITABLE,
    *,
    look_up_place: bool = True,
) -> set[str]:
    """Write `values` and what follows from them; return the names of what really changed."""
    unknown = values.keys() - allowed - {"sessions"}
    if unknown:
        raise ValueError(f"not a value of a listing: {', '.join(sorted(unknown))}")
    columns = {name: value for name, value in values.items() if name != "sessions"}
    changed = {name for name, value in columns.items() if getattr(listing, name) != value}
    for name in changed:
        setattr(listing, name, columns[name])
    if "title" in changed:
        listing.slug = make_slug(listing.title)
    if "description" in changed and look_up_place:
        listing.description_html = markdown_to_html(listing.description)
    if "commune_code" in changed and look_up_place:
        _set_place(listing, columns)
    if "sessions" in values and _set_sessions(listing, values["sessions"]):
        changed.add("sessions")
    return changed


def _set_place(listing: Listing, columns: Mapping[str, Any]) -> None:
    code = listing.commune_code
    commune = db.session.get(Commune, code) if code else None
    listing.latitude = commune.latitude if commune else None
    listing.longitude = commune.longitude if commune else None
    if "place_label" not in columns:
        listing.place_label = commune.name if commune else ""


def _set_sessions(listing: Listing, wanted: Sequence[Mapping[str, Any]]) -> bool:
    """Bring the sessions of a listing to `wanted`; return whether something changed.

    Each mapping holds SESSION_FIELDS, and `id` for a session that exists. A session with
    registered people stays, with room for them: raises DomainError otherwise.
    """
    kept = {session.id: session for session in listing.sessions}
    changed = False
    result: list[ListingSession] = []
    for values in wanted:
        session = kept.pop(values.get("id") or 0, None) or ListingSession(taken=0)
        for name in SESSION_FIELDS:
            value = values.get(name, "" if name == "label" else None)
            if getattr(session, name) != value:
                setattr(session, name, value)
                changed = True
        if session.capacity is not None and session.capacity < session.taken:
            raise DomainError(
                _(
                    "%(count)d places sont déjà prises\u00a0: gardez-en au moins autant.",
                    count=session.taken,
                )
            )
        result.append(session)
    if kept:
        _remove_sessions(listing, list(kept.values()))
    listing.sessions = sorted(result, key=lambda session: session.starts_at)
    return changed or bool(kept)


def known_sessions(listing: Listing, wanted: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return the sessions wanted, each with the id of the one that starts at the same instant.

    Those who have answered for a date keep it when a file says it again.
    """
    ids = {session.starts_at: session.id for session in listing.sessions}
    return [{**values, "id": ids.pop(values["starts_at"], None)} for values in wanted]


def _remove_sessions(listing: Listing, sessions: Sequence[ListingSession]) -> None:
    """Remove dates, unless someone answered for one of them, whatever became of the answer."""
    refusal = DomainError(
        _("Des personnes ont répondu pour une date que vous retirez\u00a0: gardez cette date.")
    )
    if any(session.taken for session in sessions):
        raise refusal
    try:
        with db.session.begin_nested():
            for session in sessions:
                listing.sessions.remove(session)
            db.session.flush()
    except IntegrityError as error:
        raise refusal from error
