"""Administrators see who read the details of many people, and decide what to do about it."""

from __future__ import annotations

from typing import Any

from flask import abort, flash, redirect, render_template, request, url_for
from flask_login import current_user

from app.accounts import vigilance
from app.accounts.enums import Handling, Role
from app.accounts.models import AccessAlarm
from app.core import clock
from app.core.database import db
from app.core.errors import DomainError
from app.core.i18n import _
from app.core.permissions import requires_role
from app.moderation.forms import HANDLING_LABELS, HandlingForm
from app.moderation.views.listings import PER_PAGE, moderation
from app.organisations.queries import names_of_members


@moderation.get("/consultations")
@requires_role(Role.ADMIN)
def accesses() -> Any:
    """List the alarms, the last first."""
    page = min(max(request.args.get("page", 1, type=int), 1), 1000)
    found = vigilance.alarms(limit=PER_PAGE + 1, offset=(page - 1) * PER_PAGE)
    shown = found[:PER_PAGE]
    return render_template(
        "moderation/accesses.html",
        alarms=shown,
        organisations=names_of_members({one.user_id for one in shown}),
        labels=HANDLING_LABELS,
        page=page,
        more=len(found) > PER_PAGE,
        limit=vigilance.READS_PER_HOUR,
    )


@moderation.post("/consultations/<int:alarm_id>")
@requires_role(Role.ADMIN)
def handle_access(alarm_id: int) -> Any:
    """Decide about an alarm: nothing wrong, sign the person out, or suspend her account."""
    alarm = db.session.get(AccessAlarm, alarm_id) or abort(404)
    form = HandlingForm()
    if not form.validate():
        flash(_("Choisissez une décision de la liste."), "error")
        return redirect(url_for("moderation.accesses"), 303)
    try:
        vigilance.handle(current_user, alarm, Handling(form.handling.data), clock.now())
    except DomainError as error:
        db.session.rollback()
        flash(error.message, "warn")
    else:
        db.session.commit()
        flash(
            _("C’est noté\u00a0: %(decision)s.", decision=HANDLING_LABELS[form.handling.data]), "ok"
        )
    return redirect(url_for("moderation.accesses"), 303)
