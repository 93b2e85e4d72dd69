"""The messages to those who reported a listing, and to the team that decides."""

from __future__ import annotations

from collections.abc import Sequence

from app.accounts.models import User
from app.core import mail
from app.core.i18n import _
from app.reports.enums import DECISIONS_TAKEN, REASON_TAGS, Decision
from app.reports.models import Report
from app.reports.queries import OpenCase

# A message that lists more is not read.
LISTED = 12


def received(
    report: Report, event_id: int, base_url: str, *, kept_days: int
) -> mail.Message | None:
    """Return the receipt, or None for a person without e-mail."""
    if report.email is None:
        return None
    return mail.render(
        "reports/received",
        to=report.email,
        message_id=f"report-received-{event_id}",
        title=report.case.listing.title,
        kept_days=kept_days,
        url=f"{base_url}{report.case.listing.path}",
    )


def arrived(
    reviewer: User, cases: Sequence[OpenCase], others: int, event_id: int, base_url: str
) -> mail.Message:
    """Return the message to a person of the team about what waits. Nothing of who reported."""
    return mail.render(
        "reports/arrived",
        to=reviewer.email,
        message_id=f"report-arrived-{event_id}",
        hello=_("Bonjour %(name)s,", name=reviewer.name),
        cases=cases,
        others=others,
        tags=REASON_TAGS,
        url=f"{base_url}/equipe/signalements",
    )


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
