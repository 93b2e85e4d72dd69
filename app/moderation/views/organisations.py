"""The team checks organisations: verifies, refuses, asks for a call, suspends and reopens."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

from flask import abort, flash, redirect, render_template, request, url_for
from flask_login import current_user

from app.accounts.enums import REVIEW_ROLES
from app.accounts.models import User
from app.core import clock
from app.core.database import db
from app.core.errors import DomainError
from app.core.i18n import _
from app.core.permissions import requires_role
from app.core.security import safe_next
from app.moderation import queries, services
from app.moderation.forms import ReasonForm
from app.moderation.views.listings import PER_PAGE, moderation
from app.organisations.enums import (
    ACTION_LABELS,
    KIND_LABELS,
    PROMISE_LABELS,
    OrganisationKind,
    Promise,
)
from app.organisations.models import Organisation
from app.organisations.queries import (
    establishments_of,
    events_of,
    get_organisation,
    memberships_of,
)
from app.organisations.validators import is_public_mailbox
from app.professions.queries import term_label

Decide = Callable[[User, Organisation, str, dt.datetime], None]
# The forms of the page of an organisation: each has its own words and its own errors.
FORMS = ("refuse", "call", "suspend", "reopen", "release")


@moderation.get("/structures")
@requires_role(*REVIEW_ROLES)
def organisations() -> Any:
    """List organisations: those to verify, the oldest first, or another list."""
    name = request.args.get("liste", queries.TO_VERIFY)
    if name not in queries.ORGANISATION_LISTS:
        abort(404)
    page = min(max(request.args.get("page", 1, type=int), 1), 1000)
    counts = queries.count_organisations()
    return render_template(
        "moderation/organisations.html",
        organisations=queries.organisations_in(name, limit=PER_PAGE, offset=(page - 1) * PER_PAGE),
        counts=counts,
        name=name,
        page=page,
        per_page=PER_PAGE,
        late_before=clock.now() - queries.ANSWER_WITHIN,
        is_public_mailbox=is_public_mailbox,
    )


@moderation.get("/structures/<int:organisation_id>")
@requires_role(*REVIEW_ROLES)
def organisation(organisation_id: int) -> Any:
    """Show what an organisation declared, who acts for it, and what can be decided."""
    return _page(_found(organisation_id), {})


@moderation.post("/structures/<int:organisation_id>/verifier")
@requires_role(*REVIEW_ROLES)
def verify(organisation_id: int) -> Any:
    """Say that the organisation is what it says, then come back to what was being read."""
    found = _found(organisation_id)
    services.verify_organisation(current_user, found, clock.now())
    db.session.commit()
    flash(_("%(name)s est vérifiée.", name=found.name), "ok")
    return redirect(safe_next(request.form.get("next"), url_for("moderation.organisations")), 303)


@moderation.post("/structures/<int:organisation_id>/refuser")
@requires_role(*REVIEW_ROLES)
def refuse_organisation(organisation_id: int) -> Any:
    """Say no, with the reason."""
    message = _("C’est noté. Les responsables ont reçu la raison.")
    return _decide(organisation_id, "refuse", services.refuse_organisation, message)


@moderation.post("/structures/<int:organisation_id>/appeler")
@requires_role(*REVIEW_ROLES)
def call(organisation_id: int) -> Any:
    """Ask the owners to call."""
    message = _("Les responsables ont reçu votre demande d’appel.")
    return _decide(organisation_id, "call", services.ask_for_call, message)


@moderation.post("/structures/<int:organisation_id>/suspendre")
@requires_role(*REVIEW_ROLES)
def suspend(organisation_id: int) -> Any:
    """Take everything back at once."""
    message = _("La structure est suspendue. Ses membres sont déconnectés.")
    return _decide(organisation_id, "suspend", services.suspend_organisation, message)


@moderation.post("/structures/<int:organisation_id>/rouvrir")
@requires_role(*REVIEW_ROLES)
def reopen(organisation_id: int) -> Any:
    """Bring a suspended organisation back, to be verified."""
    message = _("La structure est rouverte. Elle est de nouveau à vérifier.")
    return _decide(organisation_id, "reopen", services.reopen_organisation, message)


@moderation.post("/structures/<int:organisation_id>/liberer")
@requires_role(*REVIEW_ROLES)
def release(organisation_id: int) -> Any:
    """Let another organisation sign up with these numbers."""
    message = _("Les numéros sont libres. Une autre structure peut s’inscrire avec eux.")
    return _decide(organisation_id, "release", services.release_numbers, message)


def _decide(organisation_id: int, name: str, service: Decide, message: str) -> Any:
    """Check the reason, decide, and come back to the page of the organisation."""
    found = _found(organisation_id)
    form = ReasonForm(prefix=name)
    if not form.validate_on_submit():
        return _page(found, {name: form}), 422
    back = url_for("moderation.organisation", organisation_id=organisation_id)
    try:
        service(current_user, found, form.reason.data, clock.now())
    except DomainError as error:
        db.session.rollback()
        flash(error.message, "error")
        return redirect(back, 303)
    db.session.commit()
    flash(message, "ok")
    return redirect(back, 303)


def _found(organisation_id: int) -> Organisation:
    return get_organisation(organisation_id) or abort(404)


def _page(found: Organisation, sent: dict[str, ReasonForm]) -> str:
    forms = {name: sent.get(name) or ReasonForm(None, prefix=name) for name in FORMS}
    kind = OrganisationKind(found.kind)
    return render_template(
        "moderation/organisation.html",
        organisation=found,
        kind_label=KIND_LABELS.get(kind, kind),
        promise=PROMISE_LABELS[Promise(found.promise_hours)],
        establishments=establishments_of(found.id),
        memberships=memberships_of(found.id),
        events=events_of(found.id),
        published_count=queries.count_published_of(found.id),
        forms=forms,
        wrong=next((form for form in sent.values() if form.errors), forms["refuse"]),
        action_labels=ACTION_LABELS,
        is_public_mailbox=is_public_mailbox,
        term_label=term_label,
    )
