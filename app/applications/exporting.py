"""The list as a file. The details of a person leave only once they have been opened, and each
time they leave is written down. Nothing here commits."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.orm import contains_eager, joinedload

from app.accounts.models import User
from app.applications import board, callback, reading, workflow
from app.applications.enums import DIPLOMA_HELD_LABELS, STATUS_LABELS, DiplomaHeld, Status
from app.applications.models import Application, ContactView
from app.core.clock import PARIS
from app.core.database import db
from app.core.errors import DomainError
from app.core.i18n import _
from app.core.sheets import write_csv
from app.listings.models import Listing, ListingSession

# A file that nobody reads to the end, and that would leave with everybody's telephone.
MOST = 2_000


class TooMany(DomainError):
    """The list is too long for one file."""


def export(actor: User, filters: board.Filters, now: dt.datetime) -> bytes:
    """Return the list under these filters as CSV, and write whose details are in it.

    Of an application that the actor has not opened, or that was taken back, only what the board
    shows. Raises TooMany; and ProofNeeded, with an alarm that the caller commits.
    """
    viewed = select(ContactView.application_id).where(
        ContactView.user_id == actor.id, ContactView.what == "contact"
    )
    found = db.session.execute(
        select(Application, Application.id.in_(viewed))
        .join(Application.listing)
        .outerjoin(ListingSession, ListingSession.id == Application.session_id)
        .where(*board.conditions(actor.id, filters, now))
        .options(contains_eager(Application.listing), joinedload(Application.session))
        .order_by(*board.urgency())
        .limit(MOST + 1)
    ).all()
    if len(found) > MOST:
        raise TooMany(_("Plus de 2\u00a0000 candidatures\u00a0: filtrez la liste, puis exportez."))
    lines = [(one, opened and one.status not in workflow.TAKEN_BACK) for one, opened in found]
    shown = [one.id for one, open_ in lines if open_]
    if shown:
        reading.check(actor, shown, now, at_once=True)
        trace = {"user_id": actor.id, "what": "contact", "at": now}
        db.session.execute(insert(ContactView), [trace | {"application_id": one} for one in shown])
    return write_csv([_headers(), *(_line(one, open_) for one, open_ in lines)])


def _headers() -> list[str]:
    return [
        _("Référence"),
        _("Annonce"),
        _("Date choisie"),
        _("Étape"),
        _("Reçue le"),
        _("Répondre avant le"),
        _("Premier contact le"),
        _("Prénom"),
        _("Nom"),
        _("Téléphone"),
        _("E-mail"),
        _("Quand rappeler"),
        _("Commune"),
        _("Diplôme du métier"),
        _("Coordonnées"),
    ]


def _line(one: Application, opened: bool) -> Sequence[str]:
    listing: Listing = one.listing
    held = DIPLOMA_HELD_LABELS[DiplomaHeld(one.diploma_held)] if one.diploma_held else ""
    person: tuple[Any, ...] = (one.first_name, one.last_name[:1] and f"{one.last_name[:1]}.")
    person += ("", "", callback.words(one.call_back), "", "", _("à ouvrir sur le site"))
    if opened:
        person = (one.first_name, one.last_name, one.phone, one.email)
        person += (callback.words(one.call_back), one.commune_label, held, _("ouvertes"))
    return [
        one.reference,
        listing.title,
        _written(one.session.starts_at if one.session else None),
        str(STATUS_LABELS[Status(one.status)]),
        _written(one.created_at),
        _written(one.answer_due_at),
        _written(one.first_contact_at),
        *(str(value or "") for value in person),
    ]


def _written(instant: dt.datetime | None) -> str:
    """Write « 22/11/2026 14:05 », Paris time, as spreadsheets sort it in French."""
    return f"{instant.astimezone(PARIS):%d/%m/%Y %H:%M}" if instant else ""
