"""The board and the list of those who wait, and the same list as a file."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from flask import flash, make_response, redirect, render_template, request, url_for
from flask_login import current_user

from app.accounts.enums import MEMBER_ROLES
from app.accounts.views.security import to_proof
from app.accounts.vigilance import ProofNeeded
from app.applications import board, coaching, progress, queries
from app.applications.enums import STATUS_LABELS, Status
from app.applications.exporting import TooMany, export
from app.applications.views.recruiter import member, moves_from, no_store, recruiter
from app.core import clock
from app.core.clock import paris_date
from app.core.database import db
from app.core.i18n import _
from app.core.permissions import public
from app.core.routes import LARGEST_ID
from app.organisations.queries import organisations_of

# A page number that a database accepts.
LAST_PAGE = 10_000
YES = "oui"


@recruiter.get("/")
@public
def index() -> Any:
    """Tell visitors what this space is; show members who waits for them."""
    if not current_user.is_authenticated or current_user.role not in MEMBER_ROLES:
        return render_template("recruiter/welcome.html")
    now = clock.now()
    organisations = organisations_of(current_user)
    filters = board.found(current_user.id, _filters(request.args))
    as_list = request.args.get("vue") == "liste" or bool(filters.step)
    page = _whole_number(request.args, "page", LAST_PAGE) or 1
    rows: list[board.Row] = []
    lanes: list[board.Lane] = []
    total = 0
    if as_list:
        rows, total = board.page_of(current_user.id, filters, now, page)
    else:
        lanes = board.lanes(current_user.id, filters, now)
        total = board.total_of(current_user.id, filters, now)
    counts = queries.board_counts(current_user.id, now)
    sessions = []
    if filters.listing_id is not None:
        sessions = board.sessions_answered(current_user.id, filters.listing_id)
    return render_template(
        "recruiter/index.html",
        organisations=organisations,
        counts=counts,
        calls=board.calls(current_user.id, filters, now),
        advice=coaching.advise(organisations, counts, now),
        listings=queries.listings_answered(current_user.id),
        sessions=sessions,
        steps=board.STEPS,
        filters=filters,
        kept=_address_of(filters),
        filtered=filters != board.Filters(),
        now=now,
        short=progress.short,
        lateness=progress.lateness,
        as_list=as_list,
        page=page,
        pages=max(1, -(-total // board.LIST_PAGE)),
        total=total,
        rows=rows,
        lanes=lanes,
        older=total - sum(lane.total for lane in lanes),
        moves=_moves_of(rows or [row for lane in lanes for row in lane.rows]),
    )


def _filters(asked: Mapping[str, Any]) -> board.Filters:
    """Read the filters of an address or of a form; what makes no sense is left out."""
    step = asked.get("etape", "")
    words = " ".join(asked.get("q", "").replace("\x00", "").split())
    listing_id = _whole_number(asked, "annonce", LARGEST_ID) or None
    return board.Filters(
        step=step if step in board.BY_SLUG else "",
        listing_id=listing_id,
        session_id=_whole_number(asked, "date", LARGEST_ID) or None if listing_id else None,
        waiting=asked.get("attente") == YES,
        reachable=asked.get("joignables") == YES,
        words=words[: board.WORDS_MOST],
    )


def _address_of(filters: board.Filters) -> dict[str, Any]:
    """Return the words of the address that say these filters."""
    said = {
        "etape": filters.step,
        "annonce": filters.listing_id,
        "date": filters.session_id,
        "attente": YES if filters.waiting else "",
        "joignables": YES if filters.reachable else "",
        "q": filters.words,
    }
    return {name: value for name, value in said.items() if value}


def _whole_number(asked: Mapping[str, Any], name: str, most: int) -> int:
    """Return a number that was asked, 0 when it is absent or makes no sense."""
    text = asked.get(name, "")
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 20 else 0
    return number if number <= most else 0


def _moves_of(rows: Iterable[board.Row]) -> list[tuple[Status, str]]:
    """Return the steps to which at least one of these people may go, in the order of the life."""
    offered = {
        to
        for kind, status in {(row.kind, row.status) for row in rows}
        for to, _label in moves_from(kind, status)
    }
    return [(to, str(STATUS_LABELS[to])) for to in Status if to in offered]


@recruiter.post("/candidatures/export")
@member
def export_list() -> Any:
    """Send the list under its filters as a file, once it is written whose details are in it."""
    now = clock.now()
    filters = board.found(current_user.id, _filters(request.form))
    try:
        data = export(current_user, filters, now)
    except ProofNeeded:
        return to_proof(url_for("recruiter.index", vue="liste", **_address_of(filters)))
    except TooMany as error:
        db.session.rollback()
        flash(error.message, "error")
        return redirect(url_for("recruiter.index", vue="liste", **_address_of(filters)), 303)
    db.session.commit()
    response = make_response(data)
    response.content_type = "text/csv; charset=utf-8"
    name = _("candidatures-%(day)s.csv", day=f"{paris_date(now):%Y-%m-%d}")
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    response.headers["X-Content-Type-Options"] = "nosniff"
    return no_store(response)
