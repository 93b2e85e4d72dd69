"""What the worker does for reports."""

from __future__ import annotations

import datetime as dt
from typing import Any

from flask import current_app

from app.accounts.enums import REVIEW_ROLES
from app.accounts.queries import get_user
from app.core import mail
from app.core.database import db
from app.core.outbox import Effect
from app.reports import mails, queries, services
from app.reports.models import Report

# Beyond, somebody writes another person's address again and again: she is left in peace.
RECEIPTS_A_DAY = 5


def confirm_to_reporter(payload: dict[str, Any], event_id: int) -> Effect | None:
    """Tell the person who left an e-mail that her report has arrived, unless it is decided."""
    report = db.session.get(Report, payload["report_id"])
    if report is None or report.email is None or report.case.decided_at is not None:
        return None
    day_before = report.created_at - dt.timedelta(days=1)
    if queries.reports_since(report.email, day_before, report.id) >= RECEIPTS_A_DAY:
        return None
    message = mails.received(
        report,
        event_id,
        current_app.config["PUBLIC_BASE_URL"],
        kept_days=services.REPORTER_KEPT_DAYS,
    )
    return mail.sending(message)


def tell_reviewer(payload: dict[str, Any], event_id: int) -> Effect | None:
    """Tell one person of the team which listings wait, unless all have been decided since."""
    reviewer = get_user(payload["user_id"])
    if reviewer is None or not reviewer.active or reviewer.role not in REVIEW_ROLES:
        return None
    cases = queries.open_cases(limit=mails.LISTED)
    if not cases:
        return None
    others = queries.count_open() - len(cases)
    base_url = current_app.config["PUBLIC_BASE_URL"]
    return mail.sending(mails.arrived(reviewer, cases, others, event_id, base_url))


def tell_reporter(payload: dict[str, Any], event_id: int) -> Effect | None:
    """Tell the person who reported a listing what was decided, if she left an e-mail."""
    report = db.session.get(Report, payload["report_id"])
    if report is None:
        return None
    message = mails.decided(report, event_id, current_app.config["PUBLIC_BASE_URL"])
    return mail.sending(message)
