"""What the worker does for reports."""

from __future__ import annotations

from typing import Any

from flask import current_app

from app.core import mail
from app.core.database import db
from app.core.outbox import Effect
from app.reports import mails
from app.reports.models import Report


def tell_reporter(payload: dict[str, Any], event_id: int) -> Effect | None:
    """Tell the person who reported a listing what was decided, if she left an e-mail."""
    report = db.session.get(Report, payload["report_id"])
    if report is None:
        return None
    message = mails.decided(report, event_id, current_app.config["PUBLIC_BASE_URL"])
    return mail.sending(message)
