"""The team reads the listings that wait, and publishes or sends back."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask_login import current_user

from app.accounts.enums import REVIEW_ROLES
from app.core import clock
from app.core.clock import paris_date
from app.core.database import db
from app.core.i18n import _
from app.core.permissions import requires_role
from app.listings.coach import FIELD_LABELS, Level
from app.listings.coach.reading import findings_of
from app.listings.details import details_of
from app.listings.queries import last_recall
from app.listings.twins import twins_of
from app.moderation import queries, services
from app.moderation.forms import RefuseForm
from app.moderation.queries import Waiting
from app.organisations.queries import establishments_of, members_of

moderation = Blueprint("moderation", __name__, url_prefix="/equipe")

PER_PAGE = 50


@moderation.get("/")
@requires_role(*REVIEW_ROLES)
def home() -> Any:
    """Lead the team to its work."""
    return redirect(url_for("moderation.index"))


@moderation.get("/annonces")
@requires_role(*REVIEW_ROLES)
def index() -> Any:
    """List what waits, the longest wait first."""
    page = min(max(request.args.get("page", 1, type=int), 1), 1000)
    return render_template(
        "moderation/index.html",
        waiting=queries.waiting_listings(limit=PER_PAGE, offset=(page - 1) * PER_PAGE),
        total=queries.count_waiting(),
        page=page,
        per_page=PER_PAGE,
        now=clock.now(),
    )


@moderation.get("/annonces/<int:listing_id>")
@requires_role(*REVIEW_ROLES)
def show(listing_id: int) -> Any:
    """Show a listing as it will appear, who sends it, and what can be decided."""
    waiting = queries.waiting_listing(listing_id)
    if waiting is None:
        flash(_("Cette annonce n’attend plus de décision."), "message")
        return redirect(url_for("moderation.index"), 303)
    return _page(waiting, RefuseForm())


@moderation.post("/annonces/<int:listing_id>/publier")
@requires_role(*REVIEW_ROLES)
def publish(listing_id: int) -> Any:
    """Put the listing online, as it was read."""
    waiting = _waiting(listing_id)
    version = request.form.get("version", 0, type=int)
    services.approve_listing(current_user, waiting.listing, version, clock.now())
    db.session.commit()
    flash(_("L’annonce est en ligne. La structure est prévenue."), "ok")
    return redirect(url_for("moderation.index"), 303)


@moderation.post("/annonces/<int:listing_id>/refuser")
@requires_role(*REVIEW_ROLES)
def refuse(listing_id: int) -> Any:
    """Send the listing back with a reason."""
    waiting = _waiting(listing_id)
    form = RefuseForm()
    if not form.validate_on_submit():
        return _page(waiting, form), 422
    services.refuse_listing(current_user, waiting.listing, form.reason.data, clock.now())
    db.session.commit()
    flash(_("L’annonce est refusée. La structure a reçu votre message."), "ok")
    return redirect(url_for("moderation.index"), 303)


def _waiting(listing_id: int) -> Waiting:
    return queries.waiting_listing(listing_id) or abort(404)


def _page(waiting: Waiting, form: RefuseForm) -> str:
    organisation, now = waiting.listing.organisation, clock.now()
    return render_template(
        "moderation/show.html",
        waiting=waiting,
        listing=waiting.listing,
        details=details_of(waiting.listing, now),
        recall=last_recall(waiting.listing.id),
        organisation=organisation,
        establishments=establishments_of(organisation.id) if organisation else [],
        members=members_of(organisation.id) if organisation else [],
        published_count=queries.count_published_of(organisation.id) if organisation else 0,
        findings=[
            one for one in findings_of(waiting.listing, paris_date(now)) if one.level != Level.OK
        ],
        field_labels=FIELD_LABELS,
        twins=twins_of(waiting.listing),
        form=form,
    )
