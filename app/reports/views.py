"""Reporting a listing, for anyone; deciding what becomes of it, for the team."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, abort, current_app, flash, redirect, render_template, request, url_for
from flask_login import current_user

from app.accounts.enums import REVIEW_ROLES
from app.core import clock, sends
from app.core.database import db
from app.core.errors import DomainError
from app.core.i18n import _
from app.core.limits import client_network, limiter
from app.core.permissions import public, requires_role
from app.core.security import csrf
from app.listings.details import details_of
from app.listings.enums import Status
from app.listings.models import Listing
from app.listings.queries import get_listing
from app.reports import queries, services
from app.reports.enums import DECISIONS_TAKEN, REASON_LABELS, REASON_TAGS, Decision, Reason
from app.reports.forms import DecisionForm, ReportForm
from app.reports.models import ReportCase

reports = Blueprint("reports", __name__)
team = requires_role(*REVIEW_ROLES)

PER_PAGE = 50
LAST_PAGE = 1000


def _rate_limit() -> str:
    return str(current_app.config["REPORT_RATE_LIMIT"])


# The form checks its own token: an expired session gives the form back, filled, not an error page.
@reports.route("/signaler/<int:listing_id>", methods=["GET", "POST"])
@public
@csrf.exempt
@limiter.limit(_rate_limit, methods=["POST"])
def create(listing_id: int) -> Any:
    """Ask what is wrong with a listing, without an account; a person of the team reads it."""
    listing = get_listing(listing_id)
    if listing is None or listing.status in {Status.DRAFT, Status.IN_REVIEW, Status.PAUSED}:
        abort(404)
    now = clock.now()
    if not listing.is_open(now):
        # Its page says that it is over.
        return redirect(listing.path, 303)
    form = ReportForm()
    if request.method == "GET":
        sends.look(form, _sending(listing), now)
        return _form_page(form, listing)
    if not form.validate():
        return _form_page(form, listing), 422
    if not sends.let_through(form, _sending(listing, form.address), now):
        db.session.rollback()
        return _form_page(form, listing), 422
    services.report_listing(
        listing, Reason(form.reason.data), form.words.data or "", form.address or None, now
    )
    db.session.commit()
    return redirect(url_for("reports.thanks", prevenir=1 if form.address else None), 303)


def _sending(listing: Listing, contact: str = "") -> sends.Sending:
    return sends.Sending("report", client_network(), contact, str(listing.id))


def _form_page(form: ReportForm, listing: Listing) -> str:
    kept = services.REPORTER_KEPT_DAYS
    return render_template("reports/create.html", form=form, listing=listing, kept_days=kept)


@reports.get("/signaler/merci")
@public
def thanks() -> str:
    """Say what happens now."""
    return render_template("reports/thanks.html", told=request.args.get("prevenir") == "1")


@reports.get("/equipe/signalements")
@team
def index() -> str:
    """List the cases that wait, the longest wait first."""
    page = min(max(request.args.get("page", 1, type=int), 1), LAST_PAGE)
    return render_template(
        "reports/index.html",
        cases=queries.open_cases(limit=PER_PAGE, offset=(page - 1) * PER_PAGE),
        total=queries.count_open(),
        tags=REASON_TAGS,
        page=page,
        per_page=PER_PAGE,
        now=clock.now(),
    )


@reports.get("/equipe/signalements/<int:case_id>")
@team
def show(case_id: int) -> str:
    """Show what people say of a listing, and what can be decided."""
    case = _case(case_id)
    return _case_page(case, DecisionForm(case.listing))


@reports.post("/equipe/signalements/<int:case_id>")
@team
def decide(case_id: int) -> Any:
    """Keep, hide or remove the listing, with the reason."""
    case = _case(case_id)
    form = DecisionForm(case.listing)
    if not form.validate():
        return _case_page(case, form), 422
    try:
        services.decide(
            current_user,
            case,
            Decision(form.decision.data),
            form.answer.data,
            form.to_organisation.data or "",
            clock.now(),
        )
    except DomainError as error:
        db.session.rollback()
        flash(error.message, "error")
        return redirect(url_for("reports.show", case_id=case_id), 303)
    db.session.commit()
    flash(_("C’est décidé. Les personnes qui ont laissé un e-mail sont prévenues."), "ok")
    return redirect(url_for("reports.index"), 303)


def _case(case_id: int) -> ReportCase:
    return queries.get_case(case_id) or abort(404)


def _case_page(case: ReportCase, form: DecisionForm) -> str:
    return render_template(
        "reports/show.html",
        case=case,
        listing=case.listing,
        details=details_of(case.listing, clock.now()),
        before=queries.decided_before(case),
        to_tell=sum(report.email is not None for report in case.reports),
        labels=REASON_LABELS,
        decisions=DECISIONS_TAKEN,
        form=form,
    )
