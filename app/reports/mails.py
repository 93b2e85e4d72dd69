"""The message to those who reported a listing."""

from __future__ import annotations

from app.core import mail
from app.reports.enums import DECISIONS_TAKEN, Decision
from app.reports.models import Report


def decided(report: Report, event_id: int, base_url: str) -> mail.Message | None:
    """Return the message that tells a person what was decided; None without e-mail or decision."""
    case = report.case
    if report.email is None or case.decision is None:
        return None
    return mail.render(
        "reports/decided",
        to=report.email,
        message_id=f"report-decided-{event_id}",
        title=case.listing.title,
        decision=DECISIONS_TAKEN[Decision(case.decision)],
        answer=case.answer,
        url=f"{base_url}{case.listing.path}" if case.decision == Decision.KEEP else "",
    )
