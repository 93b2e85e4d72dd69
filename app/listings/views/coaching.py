"""What the editor does while one writes: the coach, the phone, the draft kept, a copy."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask_login import current_user

from app.accounts.enums import MEMBER_ROLES
from app.core import clock
from app.core.clock import paris_date
from app.core.database import db
from app.core.errors import DomainError
from app.core.filters import time_short
from app.core.i18n import _
from app.core.permissions import requires_role
from app.listings import queries, services
from app.listings.cards import build_card
from app.listings.coach import FIELD_LABELS, review
from app.listings.coach.reading import plain_words, writing_of
from app.listings.enums import KIND_PARAMS, OWN_SOURCE, Kind, Status
from app.listings.forms import ListingForm, form_class, initial_values, text_version
from app.listings.models import Listing
from app.organisations.models import Organisation
from app.organisations.queries import organisations_of
from app.professions.queries import label_of_terms

listing_editor = Blueprint("listing_editor", __name__, url_prefix="/recruter/annonces")

member = requires_role(*MEMBER_ROLES)
KIND_OF_PARAM = {param: kind for kind, param in KIND_PARAMS.items()}
MAX_DATES = 50


@listing_editor.post("/relecture")
@member
def review_draft() -> str:
    """Return the panel of the coach for what is typed; nothing is kept."""
    kind = KIND_OF_PARAM.get(request.args.get("type", KIND_PARAMS[Kind.JOB])) or abort(404)
    dates = min(max(request.args.get("dates", 0, type=int), 0), MAX_DATES)
    form = form_class(kind, dates)(today=paris_date(clock.now()))
    return render_template("recruiter/coach_panel.html", **panel(form, kind, organisation_asked()))


@listing_editor.post("/<int:listing_id>/brouillon")
@member
def save_draft(listing_id: int) -> Any:
    """Keep a draft as it is typed; say when, or why it could not be kept."""
    listing = queries.owned_listing(listing_id, current_user.id, hold=True) or abort(404)
    now = clock.now()
    form = form_class(Kind(listing.kind), len(listing.sessions))(
        data=initial_values(listing), today=paris_date(now)
    )
    form.draft = True
    if listing.status != Status.DRAFT:
        return _not_kept(_("Cette annonce n’est plus un brouillon. Rechargez la page."), 409)
    if form.version.data != text_version(listing):
        message = _("Pas enregistré\u00a0: ce brouillon a changé dans un autre onglet.")
        return _not_kept(message, 409)
    if not form.validate():
        return _not_kept(_("Brouillon pas encore enregistré\u00a0: un champ est à corriger."), 422)
    try:
        services.update_listing(current_user, listing, form.values(list(listing.sessions)), now)
    except DomainError as error:
        db.session.rollback()
        return _not_kept(error.message, 422)
    db.session.commit()
    return {"version": text_version(listing), "message": saved_message(listing)}


@listing_editor.post("/<int:listing_id>/copier")
@member
def duplicate(listing_id: int) -> Any:
    """Write a draft from a listing, and lead to it."""
    listing = queries.owned_listing(listing_id, current_user.id) or abort(404)
    copy = services.duplicate_listing(current_user, listing, clock.now())
    db.session.commit()
    flash(_("Voici la copie. Changez le titre, puis les dates."), "ok")
    return redirect(url_for("recruiter_listings.update", listing_id=copy.id), 303)


def organisation_asked() -> Organisation | None:
    """Return the organisation for which the person writes: the one chosen, else her first."""
    organisations = organisations_of(current_user)
    chosen = request.args.get("structure", type=int)
    if chosen is None:
        return organisations[0] if organisations else None
    return next((one for one in organisations if one.id == chosen), None) or abort(404)


def saved_message(listing: Listing) -> str:
    """Return « Brouillon enregistré à 14 h 05 »."""
    return _("Brouillon enregistré à %(hour)s.", hour=time_short(listing.updated_at))


def panel(form: ListingForm, kind: Kind, organisation: Organisation | None) -> dict[str, Any]:
    """Return what the panel shows: findings, their fields, and the card of a phone."""
    now = clock.now()
    values = form.typed_values()
    return {
        "findings": review(writing_of(kind, values, paris_date(now)), plain_words()),
        "field_labels": FIELD_LABELS,
        "card": build_card(_row(kind, values, organisation), label_of_terms()),
    }


def _row(kind: Kind, values: dict[str, Any], organisation: Organisation | None) -> SimpleNamespace:
    first: dict[str, Any] = next(iter(values["sessions"]), {})
    return SimpleNamespace(
        **values
        | {
            "id": 0,
            "version": 1,
            "kind": kind,
            "slug": "",
            "source": OWN_SOURCE,
            "employer_name": organisation.name if organisation else "",
            "latitude": None,
            "longitude": None,
            "promise_hours": organisation.promise_hours if organisation else None,
            "answer_cases": organisation.answer_cases if organisation else 0,
            "answer_count": organisation.answer_count if organisation else 0,
            "answer_minutes": organisation.answer_minutes if organisation else None,
            "published_at": clock.now(),
            "next_at": first.get("starts_at"),
            "next_ends_at": first.get("ends_at"),
            "next_count": len(values["sessions"]),
            "capacity": first.get("capacity"),
            "taken": 0,
        }
    )


def _not_kept(message: str, status: int) -> Any:
    return {"message": message}, status
