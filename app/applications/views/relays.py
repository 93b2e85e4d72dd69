"""Counsellors: who waits for a call that nobody made, and those each one takes care of."""

from __future__ import annotations

from typing import Any

from flask import (
    Blueprint,
    Response,
    abort,
    flash,
    make_response,
    redirect,
    render_template,
    request,
    url_for,
)
from flask_login import current_user

from app.accounts.enums import Role
from app.accounts.views.security import to_proof
from app.accounts.vigilance import ProofNeeded
from app.applications import callback, progress
from app.applications import relays as service
from app.applications.enums import DIPLOMA_HELD_LABELS, RELAY_LABELS, DiplomaHeld, RelayOutcome
from app.applications.models import Application, Relay
from app.applications.views.recruiter import no_store
from app.core import clock
from app.core.database import db
from app.core.i18n import _
from app.core.permissions import requires_role

relays = Blueprint("relays", __name__, url_prefix="/equipe/a-rattraper")
counsellor = requires_role(Role.COUNSELLOR, Role.ADMIN)
PER_PAGE = 20


@relays.get("/")
@counsellor
def index() -> Response:
    """List those she takes care of, then those nobody does: no name, no number."""
    page, now = min(max(request.args.get("page", 1, type=int), 1), 1000), clock.now()
    found = service.waiting(now, limit=PER_PAGE + 1, offset=(page - 1) * PER_PAGE)
    return no_store(
        make_response(
            render_template(
                "relays/index.html",
                mine=service.taken_by(current_user) if page == 1 else (),
                waiting=found[:PER_PAGE],
                page=page,
                more=len(found) > PER_PAGE,
                days=lambda one: (now - one.created_at).days,
                employer=progress.employer,
                still_waits=service.still_waits,
            )
        )
    )


@relays.post("/<int:application_id>/prendre")
@counsellor
def take(application_id: int) -> Any:
    """Take a person on: her details are shown to this counsellor from now on."""
    try:
        relay = service.take(current_user, application_id, clock.now())
    except ProofNeeded:
        return to_proof(url_for("relays.index"))
    except service.AlreadyTaken as error:
        db.session.rollback()
        flash(error.message, "warn")
        return redirect(url_for("relays.index"), 303)
    if relay is None:
        flash(_("Cette personne n’attend plus. Voici celles qui attendent."), "message")
        return redirect(url_for("relays.index"), 303)
    db.session.commit()
    return redirect(url_for("relays.show", relay_id=relay.id), 303)


@relays.get("/<int:relay_id>")
@counsellor
def show(relay_id: int) -> Response:
    """Show what is needed to call somebody, to the counsellor who takes care of her."""
    relay = _find(relay_id)
    application = relay.application
    page = render_template(
        "relays/show.html",
        relay=relay,
        application=application,
        listing=application.listing,
        employer=progress.employer(application),
        diploma=_diploma(application),
        call_back_words=callback.words,
        call_back_hours=callback.hours,
        still_waits=service.still_waits(application),
        labels=RELAY_LABELS,
    )
    return no_store(make_response(page))


@relays.post("/<int:relay_id>/suite")
@counsellor
def end(relay_id: int) -> Any:
    """Write how it ended."""
    relay = _find(relay_id)
    outcome = request.form.get("outcome", "")
    if outcome not in RELAY_LABELS:
        flash(_("Choisissez une suite de la liste."), "error")
        return redirect(url_for("relays.show", relay_id=relay.id), 303)
    if service.end(relay, RelayOutcome(outcome), clock.now()):
        db.session.commit()
    flash(_("C’est noté. Merci."), "ok")
    return redirect(url_for("relays.index"), 303)


def _diploma(application: Application) -> str:
    held = application.diploma_held
    return str(DIPLOMA_HELD_LABELS[DiplomaHeld(held)]) if held else ""


def _find(relay_id: int) -> Relay:
    return service.find(current_user, relay_id) or abort(404)
