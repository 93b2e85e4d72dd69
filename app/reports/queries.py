"""Reads of the reports feature."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import joinedload, selectinload

from app.core.database import db
from app.listings.models import Listing
from app.reports.enums import Reason
from app.reports.models import Report, ReportCase

# What the team says to those who report: an answer within two working days.
ANSWER_WITHIN = dt.timedelta(days=2)


@dataclass(frozen=True, slots=True)
class OpenCase:
    """A case that waits for a decision, and what its reports say."""

    id: int
    listing: Listing
    opened_at: dt.datetime
    reports: int
    reasons: list[Reason]

    def is_late(self, now: dt.datetime) -> bool:
        """Return whether the team has kept people waiting longer than it says."""
        return now - self.opened_at > ANSWER_WITHIN


def open_cases(*, limit: int, offset: int = 0) -> list[OpenCase]:
    """Return the cases that wait, the longest wait first, in two queries."""
    cases = db.session.scalars(
        select(ReportCase)
        .options(
            joinedload(ReportCase.listing).joinedload(Listing.organisation),
            selectinload(ReportCase.reports).load_only(Report.reason),
        )
        .where(ReportCase.decided_at.is_(None))
        .order_by(ReportCase.opened_at, ReportCase.id)
        .limit(limit)
        .offset(offset)
    ).all()
    return [_open(case) for case in cases]


def _open(case: ReportCase) -> OpenCase:
    said = {report.reason for report in case.reports}
    reasons = [reason for reason in Reason if reason in said]
    return OpenCase(case.id, case.listing, case.opened_at, len(case.reports), reasons)


def reports_since(email: str, since: dt.datetime, before_id: int) -> int:
    """Return how many reports before that one gave the same address."""
    statement = select(func.count()).where(
        Report.email == email, Report.created_at >= since, Report.id < before_id
    )
    return db.session.scalar(statement) or 0


def count_open() -> int:
    """Return how many cases wait for a decision."""
    return db.session.scalar(select(func.count()).where(ReportCase.decided_at.is_(None))) or 0


def get_case(case_id: int) -> ReportCase | None:
    """Return a case with its listing and its reports, or None."""
    return db.session.scalars(
        select(ReportCase)
        .options(
            joinedload(ReportCase.listing).joinedload(Listing.organisation),
            joinedload(ReportCase.decided_by),
            selectinload(ReportCase.reports),
        )
        .where(ReportCase.id == case_id)
    ).one_or_none()


def decided_before(case: ReportCase, limit: int = 10) -> list[ReportCase]:
    """Return what was decided before about the same listing, the last first."""
    return list(
        db.session.scalars(
            select(ReportCase)
            .options(joinedload(ReportCase.decided_by))
            .where(
                ReportCase.listing_id == case.listing_id,
                ReportCase.id != case.id,
                ReportCase.decided_at.is_not(None),
            )
            .order_by(ReportCase.decided_at.desc())
            .limit(limit)
        )
    )
