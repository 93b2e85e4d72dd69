"""Writes of the reports feature: report, decide, forget. They never commit."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import func, select, update
from sqlalchemy.exc import IntegrityError

from app.accounts.enums import REVIEW_ROLES
from app.accounts.models import User
from app.core.database import db
from app.core.errors import DomainError
from app.core.i18n import _
from app.core.outbox import enqueue
from app.listings import services as listings
from app.listings.enums import OWN_SOURCE
from app.listings.models import Listing
from app.listings.workflow import Action, can
from app.reports.enums import Decision, Reason
from app.reports.models import Report, ReportCase

# What a person wrote is kept this long after the decision, to answer a complaint about it, and
# never longer than a year, decided or not.
REPORTER_KEPT_DAYS = 90
UNDECIDED_KEPT_DAYS = 365
TEAM_TOLD_EVERY = dt.timedelta(hours=1)


def report_listing(
    listing: Listing, reason: Reason, words: str, email: str | None, now: dt.datetime
) -> Report:
    """Write that a listing is wrong, in the case of that listing: one until it is decided.

    The same thing said twice, by a second click, is written once. Raises DomainError when the
    listing is not shown.
    """
    if not listing.is_open(now):
        raise DomainError(_("Cette annonce n’est plus en ligne."))
    case = _case_of(listing, now)
    known = db.session.scalars(
        select(Report).where(
            Report.case_id == case.id,
            Report.reason == reason,
            Report.words == words,
            Report.email.is_(None) if email is None else Report.email == email,
        )
    ).first()
    # Without a word nor an address, two people who say the same are two.
    if known is not None and (words or email):
        return known
    report = Report(case=case, created_at=now, reason=reason, words=words, email=email)
    db.session.add(report)
    db.session.flush()
    if email:
        enqueue("report.received", now=now, report_id=report.id)
    return report


def _case_of(listing: Listing, now: dt.datetime) -> ReportCase:
    """Return the open case of a listing, held until the commit: nobody decides of it meanwhile.
    Two people who open it at once are in the same."""
    case = _open_case_of(listing)
    if case is not None:
        return case
    try:
        with db.session.begin_nested():
            case = ReportCase(listing_id=listing.id, opened_at=now)
            db.session.add(case)
            db.session.flush()
    except IntegrityError:
        return _open_case_of(listing) or _case_of(listing, now)
    return case


def _open_case_of(listing: Listing) -> ReportCase | None:
    return db.session.scalars(
        select(ReportCase)
        .where(ReportCase.listing_id == listing.id, ReportCase.decided_at.is_(None))
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one_or_none()


def possible_decisions(listing: Listing) -> list[Decision]:
    """Return what can be decided about a listing, in the state in which it is."""
    possible = [Decision.KEEP]
    if can(listing.status, Action.REVIEW_AGAIN) and listing.source == OWN_SOURCE:
        possible.append(Decision.REVIEW)
    if can(listing.status, Action.CLOSE):
        possible.append(Decision.REMOVE)
    return possible


def decide(
    actor: User,
    case: ReportCase,
    decision: Decision,
    answer: str,
    to_organisation: str,
    now: dt.datetime,
) -> None:
    """Decide once about a case, do it, and enqueue one message to each address that was left.

    `answer`: why, for those who reported; `to_organisation`: why, for those who wrote the listing,
    when something changes. Raises DomainError.
    """
    db.session.refresh(case, ["decided_at"], with_for_update=True)
    if case.decided_at is not None:
        raise DomainError(_("Quelqu’un de l’équipe a déjà décidé."))
    if not answer.strip():
        raise DomainError(_("Écrivez la raison de votre décision."))
    if decision is not Decision.KEEP:
        _act(actor, case.listing, decision, to_organisation.strip(), now)
    case.decision, case.decided_at = decision, now
    case.answer, case.decided_by_id = answer.strip(), actor.id
    db.session.flush()
    # What was sent while the page was being read is answered too.
    db.session.refresh(case, ["reports"])
    first_of = {report.email: report.id for report in reversed(case.reports) if report.email}
    for report_id in first_of.values():
        enqueue("report.decided", now=now, report_id=report_id)


def _act(actor: User, listing: Listing, decision: Decision, reason: str, now: dt.datetime) -> None:
    if listing.source == OWN_SOURCE and not reason:
        raise DomainError(_("Écrivez à la structure pourquoi son annonce change."))
    if decision is Decision.REVIEW:
        listings.recall_listing(actor, listing, reason, now)
    else:
        listings.remove_listing(actor, listing, reason, now)


def tell_team(now: dt.datetime) -> int:
    """Tell the team of the reports that have arrived; return how many people are told.

    At once for the first, then at most once an hour: what arrives meanwhile goes into one message.
    Running it twice, or twice at the same time, tells nobody twice.
    """
    arrived = db.session.scalars(
        select(Report)
        .join(Report.case)
        .where(Report.team_told_at.is_(None), ReportCase.decided_at.is_(None))
        .order_by(Report.id)
        .with_for_update(of=Report)
    ).all()
    # Read once the reports are locked: another run may have told of them while this one waited.
    last = db.session.scalar(select(func.max(Report.team_told_at)))
    if not arrived or (last is not None and last > now - TEAM_TOLD_EVERY):
        return 0
    for report in arrived:
        report.team_told_at = now
    team = db.session.scalars(select(User.id).where(User.active, User.role.in_(REVIEW_ROLES))).all()
    for user_id in team:
        # One event for one message: a refused address never delays the others.
        enqueue("report.arrived", now=now, user_id=user_id)
    return len(team)


def purge_reporters(now: dt.datetime) -> int:
    """Empty what people wrote about themselves, once it has been kept long enough; return how many.

    What remains is the reason they chose and the decision, which say nothing of them.
    """
    decided = select(ReportCase.id).where(
        ReportCase.decided_at < now - dt.timedelta(days=REPORTER_KEPT_DAYS)
    )
    old = Report.created_at < now - dt.timedelta(days=UNDECIDED_KEPT_DAYS)
    emptied = db.session.execute(
        update(Report)
        .where(
            Report.case_id.in_(decided) | old,
            Report.email.is_not(None) | (Report.words != ""),
        )
        .values(email=None, words="")
        .execution_options(synchronize_session=False)
    )
    return int(emptied.rowcount)  # type: ignore[attr-defined]
