"""Listings of the demonstration, written as the people of their organisation would.

In the files: `age`, days since it was written; `base`, euros added to the pay of the reference
base; `dates`, days from today, hour of Paris, length in hours (0: not told), seats (0: no limit),
days before for the last answer; `answers`, how many people write (a list: to each date); `story`,
what becomes of them all; `closed`, how it ended and how many days ago; `refused`, what the team
asked to change before it was sent again; `reported`, what people say is wrong and how many hours
ago; `unconfirmed`, that its author has not answered for a month. Without `tasks`, those of the
profession; without `commune`, that of the organisation.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import select

from app.accounts.models import User
from app.core.clock import paris_date, paris_instant
from app.core.database import db
from app.listings.enums import DiplomaNeed, Kind, Modality, PayPeriod, Status
from app.listings.models import Listing
from app.listings.services import (
    close_listing,
    confirm_listings,
    create_listing,
    expire_due,
    pause_listing,
    publish_listing,
    refuse_listing,
    submit_listing,
)
from app.main.demo.days import working_day
from app.main.demo.organisations import Owner
from app.professions.models import Diploma, Profession
from app.reports.enums import Reason
from app.reports.services import report_listing

# Legal minimum before tax, for a month of 151.67 hours and for an hour (1st January 2026).
MINIMUM_MONTH = 1823.03
MINIMUM_HOUR = 12.02
FULL_TIME = 35
# A listing older than this has been confirmed by its author since.
CONFIRMED_EVERY = 28
# The time the team, then the author, take before a listing of today is sent again.
READ_IN = dt.timedelta(hours=1)
KINDS = {
    "job": Kind.JOB,
    "training": Kind.TRAINING,
    "internship": Kind.INTERNSHIP,
    "immersion": Kind.IMMERSION,
    "path": Kind.PATH,
    "event": Kind.EVENT,
}


class Reference:
    """The reference base, by slug."""

    def __init__(self) -> None:
        self.professions = {row.slug: row for row in db.session.scalars(select(Profession))}
        self.diplomas = {row.slug: row for row in db.session.scalars(select(Diploma))}


def write_listing(
    section: str,
    entry: Mapping[str, Any],
    owner: Owner,
    team: User,
    reference: Reference,
    now: dt.datetime,
) -> Listing:
    """Write a listing of the file and put it online, unless it is a draft or has to be read."""
    kind = KINDS[section]
    written = now - dt.timedelta(days=entry.get("age", 5), hours=3)
    values = _common_values(entry, owner, reference, now) | _VALUES[kind](entry, reference, now)
    listing = create_listing(owner.person, owner.organisation, kind, values, written)
    if entry.get("draft"):
        return listing
    submit_listing(owner.person, listing, written)
    if "refused" in entry:
        refuse_listing(team, listing, entry["refused"], written + READ_IN)
        submit_listing(owner.person, listing, written + 2 * READ_IN)
    # The first listing of an organisation is read before it goes online, as everyone's is.
    if owner.organisation.verified and listing.status == Status.IN_REVIEW:
        publish_listing(team, listing, written)
    old = entry.get("age", 0) > CONFIRMED_EVERY and not entry.get("unconfirmed")
    if old and listing.status == Status.PUBLISHED:
        confirm_listings([listing], now - dt.timedelta(days=entry["age"] % CONFIRMED_EVERY))
    return listing


def ended_at(entry: Mapping[str, Any], now: dt.datetime) -> dt.datetime | None:
    """Return the instant at which a listing of the file closed, or None for one that is alive."""
    days = entry.get("closed", {}).get("days")
    return None if days is None else now - dt.timedelta(days=days)


def end_listing(listing: Listing, entry: Mapping[str, Any], owner: Owner, now: dt.datetime) -> None:
    """Close or pause the listings that the file says are no longer online."""
    closed = entry.get("closed", {})
    if entry.get("paused"):
        pause_listing(owner.person, listing, now - dt.timedelta(days=2))
    elif closed.get("outcome") == "expired":
        expire_due(now)
    elif closed:
        close_listing(
            owner.person,
            listing,
            closed["outcome"],
            now - dt.timedelta(days=closed["days"]),
            closed.get("reason"),
        )


def report(listing: Listing, entry: Mapping[str, Any], now: dt.datetime) -> None:
    """Say of a listing what the file says that people report, from the oldest."""
    for said in entry.get("reported", ()):
        at = now - dt.timedelta(hours=said["hours"])
        report_listing(listing, Reason(said["reason"]), said["words"], said.get("email"), at)


def _common_values(
    entry: Mapping[str, Any], owner: Owner, reference: Reference, now: dt.datetime
) -> dict[str, Any]:
    profession = reference.professions[entry["profession"]] if "profession" in entry else None
    diploma = reference.diplomas.get(entry.get("diploma", ""))
    elsewhere = "commune" in entry
    deadline = entry.get("deadline")
    return {
        "title": entry["title"],
        "description": _description(entry, owner),
        "contact_name": owner.data["contact"],
        "establishment_id": owner.establishment.id,
        "workplace": entry.get("workplace", owner.data["workplace"]),
        "commune_code": entry.get("commune", owner.data["commune"]),
        "address": "" if elsewhere else owner.data["address"],
        "profession_id": profession.id if profession else None,
        "diploma_id": diploma.id if diploma else None,
        "publics": entry.get("publics", []),
        "entry_conditions": entry.get("entry", ""),
        "deadline": paris_date(now) + dt.timedelta(days=deadline) if deadline else None,
    }


def _description(entry: Mapping[str, Any], owner: Owner) -> str:
    parts = [entry["intro"], owner.data["description"]]
    if "contract" in entry:
        if tasks := entry.get("tasks"):
            parts.insert(1, _bullets(tasks))
        parts += ["### Ce que nous offrons", _bullets(entry.get("offers", owner.data["offers"]))]
        if agreement := owner.data["agreement"]:
            parts.append(f"Convention ou statut\u00a0: {agreement}.")
    return "\n\n".join(parts)


def _bullets(lines: list[str]) -> str:
    return "\n".join(f"- {line}" for line in lines)


def _job_values(entry: Mapping[str, Any], reference: Reference, now: dt.datetime) -> dict[str, Any]:
    profession = reference.professions[entry["profession"]]
    needs = entry.get("diploma", "required")
    required = profession.data["required_diplomas"] if needs == "required" else []
    hours = [float(value) for value in entry["hours"]]
    return {
        **_pay(entry, profession, hours),
        "contract": entry["contract"],
        "contract_months": entry.get("months"),
        "hours_min": hours[0],
        "hours_max": hours[-1],
        "hours_label": entry["hours_label"],
        "schedules": entry["schedules"],
        "diploma_need": DiplomaNeed.REQUIRED if required else DiplomaNeed.NONE,
        "diploma_id": reference.diplomas[required[0]].id if required else None,
        "licence_required": entry.get("licence", False),
        "positions": entry.get("positions", 1),
        "conditions": entry["hard"],
    }


def _pay(entry: Mapping[str, Any], profession: Profession, hours: list[float]) -> dict[str, Any]:
    """Return a pay above the legal minimum: that of the reference base, plus `base` euros."""
    pay = profession.data.get("pay") or {}
    low = max(pay.get("entry_gross_monthly") or 0, MINIMUM_MONTH) + entry["base"][0]
    high = max(pay.get("entry_gross_monthly_high") or 0, low) + entry["base"][1]
    if entry.get("period") == "hour":
        rate = MINIMUM_HOUR / MINIMUM_MONTH
        amounts = [math.ceil(value * rate * 10) * 10 for value in (low, high)]
        period = PayPeriod.HOUR
    else:
        shares = (min(hours[0], FULL_TIME), min(hours[-1], FULL_TIME))
        # A night contract of 32.5 hours is paid as a full week.
        shares = (FULL_TIME, FULL_TIME) if "payé 35" in entry["hours_label"] else shares
        amounts = [
            math.ceil(value * share / FULL_TIME / 10) * 1000
            for value, share in zip((low, high), shares, strict=True)
        ]
        period = PayPeriod.MONTH
    return {"pay_min_cents": amounts[0], "pay_max_cents": amounts[1], "pay_period": period}


def _training_values(
    entry: Mapping[str, Any], reference: Reference, now: dt.datetime
) -> dict[str, Any]:
    return _dated_values(entry, reference, now) | {
        "duration_hours": entry.get("hours"),
        "modality": entry.get("modality", Modality.ON_SITE),
        "cost_cents": entry["cost"],
        "funding": entry["funding"],
        "diploma_need": _entry_need(entry),
    }


def _path_values(
    entry: Mapping[str, Any], reference: Reference, now: dt.datetime
) -> dict[str, Any]:
    return _training_values(entry, reference, now) | {
        "from_profession_id": reference.professions[entry["from"]].id
    }


def _entry_need(entry: Mapping[str, Any]) -> str:
    free = "Aucun diplôme demandé" in entry["entry"]
    return DiplomaNeed.NONE if free else DiplomaNeed.UNKNOWN


def _dated_values(
    entry: Mapping[str, Any], reference: Reference, now: dt.datetime
) -> dict[str, Any]:
    return {
        "duration_months": entry.get("months"),
        "duration_label": entry.get("label", ""),
        "sessions": [_session(date, now) for date in entry.get("dates", [])],
    }


def _event_values(
    entry: Mapping[str, Any], reference: Reference, now: dt.datetime
) -> dict[str, Any]:
    return _dated_values(entry, reference, now) | {"cost_cents": 0}


def _session(date: list[Any], now: dt.datetime) -> dict[str, Any]:
    """Return a session from [days, hour of Paris, hours, seats, days before to answer]."""
    days, hour, length, seats, before = date
    day = working_day(paris_date(now) + dt.timedelta(days=days))
    starts_at = paris_instant(day, dt.time.fromisoformat(hour))
    return {
        "starts_at": starts_at,
        "ends_at": starts_at + dt.timedelta(hours=length) if length else None,
        "deadline": day - dt.timedelta(days=before) if before else None,
        "capacity": seats or None,
    }


_VALUES: dict[Kind, Callable[[Mapping[str, Any], Reference, dt.datetime], dict[str, Any]]] = {
    Kind.JOB: _job_values,
    Kind.TRAINING: _training_values,
    Kind.INTERNSHIP: _dated_values,
    Kind.IMMERSION: _dated_values,
    Kind.PATH: _path_values,
    Kind.EVENT: _event_values,
}
