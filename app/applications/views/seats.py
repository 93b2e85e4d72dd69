"""Seats: a person takes the one proposed to her, an organiser writes who came."""

from __future__ import annotations

from typing import Any

from flask import (
    Blueprint,
    abort,
    flash,
    make_response,
    redirect,
    render_template,
    request,
    url_for,
)
from flask_login import current_user

from app.accounts.enums import MEMBER_ROLES
from app.applications import progress, queries
from app.applications.enums import Status
from app.applications.forms import AttendanceForm, OfferForm
from app.applications.seats import CAME, OfferOver, accept_seat, note_attendance
from app.applications.views.public import opened, private
from app.core import clock
from app.core.clock import paris_date
from app.core.database import db
from app.core.errors import DomainError
from app.core.filters import date_with_weekday, time_short
from app.core.i18n import _, plural
from app.core.permissions import public, requires_role

seats = Blueprint("seats", __name__)
member = requires_role(*MEMBER_ROLES)


@seats.route("/candidature/<reference>/place", methods=["GET", "POST"])
@public
def answer(reference: str) -> Any:
    """Show the seat that is kept for the person; only the button of the page takes it."""
    application = opened(reference)
    if application is None:
        lookup = url_for("applications.lookup", reference=reference[:20])
        return private(make_response(redirect(lookup, 303)))
    now = clock.now()
    form = OfferForm()
    follow = private(
        make_response(redirect(url_for("applications.show", reference=reference), 303))
    )
    if form.is_submitted() and form.validate():
        try:
            accept_seat(application, now)
        except OfferOver as error:
            db.session.rollback()
            flash(error.message, "warn")
            return follow
        db.session.commit()
        flash(_("C’est noté\u00a0: la place est à vous. L’équipe le sait."), "ok")
        return follow
    if application.status != Status.OFFERED:
        return follow
    if application.offer_until is not None and application.offer_until <= now:
        flash(_("Cette place n’est plus gardée pour vous."), "warn")
        return follow
    page = render_template(
        "applications/offer.html",
        application=application,
        listing=application.listing,
        employer=progress.employer(application),
        session_at=progress.session_date(application.session) if application.session else "",
        until=progress.until(application),
        form=form,
    )
    return private(make_response(page))


@seats.route("/recruter/dates/<int:session_id>/presences", methods=["GET", "POST"])
@member
def attendance(session_id: int) -> Any:
    """Show who is registered for a date of an event; write, in one go, who came."""
    session = queries.event_date_of_member(session_id, current_user.id) or abort(404)
    now = clock.now()
    form = AttendanceForm()
    if form.is_submitted() and form.validate():
        try:
            changed = note_attendance(session, _marks(), current_user, now)
        except DomainError as error:
            db.session.rollback()
            flash(error.message, "error")
            return redirect(url_for("seats.attendance", session_id=session_id), 303)
        db.session.commit()
        flash(
            plural("Une présence enregistrée.", "%(num)d\u00a0présences enregistrées.", changed)
            if changed
            else _("Rien n’a changé."),
            "ok",
        )
        return redirect(url_for("seats.attendance", session_id=session_id), 303)
    people = queries.expected_at(session.id)
    hours = [time_short(instant) for instant in (session.starts_at, session.ends_at) if instant]
    page = render_template(
        "recruiter/attendance.html",
        listing=session.listing,
        date=date_with_weekday(session.starts_at),
        hours=" – ".join(hours),
        people=people,
        noted=sum(one.status in CAME for one in people),
        without_email=sum(one.email is None for one in people),
        open=paris_date(session.starts_at) <= paris_date(now),
        form=form,
    )
    response = make_response(page, 400 if form.is_submitted() else 200)
    response.headers["Cache-Control"] = "no-store"
    return response


def _marks() -> dict[int, Status]:
    """Return what was ticked, by id of application; what makes no sense is left out."""
    return {
        int(name[1:]): Status(value)
        for name, value in request.form.items()
        if name.startswith("p") and name[1:].isdecimal() and len(name) < 20 and value in CAME
    }
