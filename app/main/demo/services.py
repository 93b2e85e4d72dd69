"""Loading of the demonstration data, through the services that people's own actions use.

Every date is relative to the instant of loading. A second load changes nothing, except that it
confirms the jobs nobody confirmed and writes again the listings whose day has passed.
"""

from __future__ import annotations

import datetime as dt
import math
import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import delete, func, select

from app.accounts.enums import Role
from app.accounts.models import User
from app.accounts.queries import user_by_email
from app.accounts.services import create_account, set_password
from app.applications.enums import ActorKind, DeclineReason
from app.applications.enums import Status as ApplicationStatus
from app.applications.measures import measure_all
from app.applications.models import PastAnswer
from app.applications.services import move_application, submit_application
from app.core.clock import paris_date, paris_instant
from app.core.database import db
from app.core.outbox import OutboxEvent
from app.listings.enums import OWN_SOURCE, DiplomaNeed, Kind, Modality, PayPeriod, Status
from app.listings.models import Listing, ListingSession
from app.listings.services import (
    confirm_listings,
    create_listing,
    expire_due,
    publish_listing,
    submit_listing,
)
from app.organisations.enums import MemberRole, OrganisationStatus
from app.organisations.models import Establishment, Membership, Organisation
from app.organisations.services import (
    add_establishment,
    add_member,
    create_organisation,
)
from app.professions.models import Diploma, Profession

DATA = Path(__file__).parent / "data"
# Accounts one may sign in to; every other organisation has an owner without a password.
TEAM_EMAIL = "moderation@example.org"
OWNERS = {"fil-dargent": "recruteuse@example.org", "passerelles": "ecole@example.org"}
# Legal minimum before tax, for a month of 151.67 hours and for an hour (1st January 2026).
MINIMUM_MONTH = 1823.03
MINIMUM_HOUR = 12.02
FULL_TIME = 35
UNCONFIRMED = dt.timedelta(days=30)
# How long ago organisations joined: before the oldest of their listings.
JOINED = dt.timedelta(days=120)
# The same day every year; a session never falls on one.
HOLIDAYS = {(1, 1), (5, 1), (5, 8), (7, 14), (8, 15), (11, 1), (11, 11), (12, 25)}
KINDS = {
    "job": Kind.JOB,
    "training": Kind.TRAINING,
    "internship": Kind.INTERNSHIP,
    "immersion": Kind.IMMERSION,
    "path": Kind.PATH,
    "event": Kind.EVENT,
    "review": Kind.JOB,
}


@dataclass
class LoadResult:
    """What a load did."""

    organisations: int = 0
    created: int = 0
    confirmed: int = 0
    unchanged: int = 0
    applications: int = 0


@dataclass(frozen=True)
class _Owner:
    """An organisation of the demonstration, what its file says, and who acts for it."""

    organisation: Organisation
    establishment: Establishment
    person: User
    data: Mapping[str, Any]


def load_demo(now: dt.datetime, password: str | None) -> LoadResult:
    """Bring the demonstration to what its files describe.

    `password`: that of the three accounts, or None to leave it as it is. Never commits.
    """
    result = LoadResult()
    last_event = db.session.scalar(select(func.max(OutboxEvent.id))) or 0
    expire_due(now)
    team = _account(TEAM_EMAIL, "Équipe de relecture", Role.MODERATOR, password, now)
    reference = _Reference()
    owners = {
        entry["key"]: _owner(entry, password, now, result)
        for entry in _read("organisations.toml")["organisation"]
    }
    applications = _read("applications.toml")["application"]
    for section, entry in _listings():
        owner = owners[entry["org"]]
        key = f"demo:{section}:{entry['org']}:{entry['title']}"[:120]
        if _stands(key, now, result):
            continue
        listing = _write_listing(section, entry, owner, team, reference, now)
        listing.source_id = key
        result.created += 1
        for answer in applications:
            if answer["listing"] == [entry["org"], entry["title"]]:
                _apply(listing, answer, owner.person, now)
                result.applications += 1
    db.session.flush()
    if result.organisations:
        measure_all(now)
    _keep_quiet(last_event)
    return result


class _Reference:
    """The reference base, by slug."""

    def __init__(self) -> None:
        self.professions = {row.slug: row for row in db.session.scalars(select(Profession))}
        self.diplomas = {row.slug: row for row in db.session.scalars(select(Diploma))}


def _listings() -> Iterator[tuple[str, dict[str, Any]]]:
    for name in ("jobs.toml", "others.toml"):
        for section, entries in _read(name).items():
            for entry in entries:
                yield section, entry


def _read(name: str) -> dict[str, list[dict[str, Any]]]:
    return tomllib.loads((DATA / name).read_text(encoding="utf-8"))


def _account(email: str, name: str, role: str, password: str | None, now: dt.datetime) -> User:
    user = user_by_email(email) or create_account(email, name=name, role=role, now=now)
    if password is not None:
        set_password(user, password)
    return user


def _owner(
    entry: Mapping[str, Any],
    password: str | None,
    now: dt.datetime,
    result: LoadResult,
) -> _Owner:
    known = OWNERS.get(entry["key"])
    person = _account(
        known or f"contact.{entry['key']}@example.org",
        entry["contact"].split(",")[0],
        Role.SCHOOL if entry["kind"] == "school" else Role.RECRUITER,
        password if known else None,
        now,
    )
    organisation = db.session.scalar(
        select(Organisation).join(Membership).where(Membership.user_id == person.id)
    )
    if organisation is None:
        organisation = _new_organisation(entry, person, now)
        result.organisations += 1
    establishment = db.session.scalars(
        select(Establishment).where(Establishment.organisation_id == organisation.id)
    ).first() or add_establishment(
        organisation,
        entry["name"],
        workplace=entry["workplace"],
        address=entry["address"],
        commune_code=entry["commune"],
    )
    return _Owner(organisation, establishment, person, entry)


def _new_organisation(entry: Mapping[str, Any], person: User, now: dt.datetime) -> Organisation:
    organisation = create_organisation(
        entry["name"],
        kind=entry["kind"],
        description=entry["description"],
        promise_hours=entry["promise"],
        now=now - JOINED,
    )
    add_member(organisation, person, now=now - JOINED, role=MemberRole.OWNER)
    if entry.get("status") != "pending":
        organisation.status = OrganisationStatus.VERIFIED
    if "answers" in entry:
        _answered_before(organisation, entry["answers"], now)
    return organisation


def _answered_before(organisation: Organisation, answers: list[int], now: dt.datetime) -> None:
    """Give the organisation a past: so many people, so many answers, in about so many hours."""
    cases, answered, hours = answers
    for rank in range(cases):
        minutes = hours * 60 // 2 + hours * 60 * rank // answered if rank < answered else None
        day = paris_date(now) - dt.timedelta(days=30 + 7 * rank)
        db.session.add(
            PastAnswer(organisation_id=organisation.id, received_on=day, minutes=minutes)
        )


def _stands(key: str, now: dt.datetime, result: LoadResult) -> bool:
    """Return whether the listing of that key is there; set aside one that is closed."""
    listing = db.session.scalar(
        select(Listing).where(Listing.source == OWN_SOURCE, Listing.source_id == key)
    )
    if listing is None:
        return False
    if listing.status == Status.CLOSED:
        listing.source_id = None
        db.session.flush()
        return False
    if listing.refreshed_at is not None and now - listing.refreshed_at > UNCONFIRMED:
        confirm_listings([listing], now)
        result.confirmed += 1
    else:
        result.unchanged += 1
    return True


def _write_listing(
    section: str,
    entry: Mapping[str, Any],
    owner: _Owner,
    team: User,
    reference: _Reference,
    now: dt.datetime,
) -> Listing:
    kind = KINDS[section]
    written = now - dt.timedelta(days=entry.get("age", 5), hours=3)
    values = _common_values(entry, owner, reference) | _VALUES[kind](entry, reference, now)
    listing = create_listing(owner.person, owner.organisation, kind, values, written)
    submit_listing(owner.person, listing, written)
    # The first listing of an organisation is read before it goes online, as everyone's is.
    if section != "review" and listing.status == Status.IN_REVIEW:
        publish_listing(team, listing, written)
    return listing


def _common_values(
    entry: Mapping[str, Any], owner: _Owner, reference: _Reference
) -> dict[str, Any]:
    profession = reference.professions.get(entry.get("profession", ""))
    diploma = reference.diplomas.get(entry.get("diploma", ""))
    elsewhere = "commune" in entry
    return {
        "title": entry["title"],
        "description": _description(entry, owner),
        "contact_name": owner.data["contact"],
        "establishment_id": owner.establishment.id,
        "workplace": owner.data["workplace"],
        "commune_code": entry.get("commune", owner.data["commune"]),
        "address": "" if elsewhere else owner.data["address"],
        "profession_id": profession.id if profession else None,
        "diploma_id": diploma.id if diploma else None,
        "publics": entry.get("publics", []),
        "entry_conditions": entry.get("entry", ""),
    }


def _description(entry: Mapping[str, Any], owner: _Owner) -> str:
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


def _job_values(
    entry: Mapping[str, Any], reference: _Reference, now: dt.datetime
) -> dict[str, Any]:
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
    entry: Mapping[str, Any], reference: _Reference, now: dt.datetime
) -> dict[str, Any]:
    return _dated_values(entry, reference, now) | {
        "duration_hours": entry.get("hours"),
        "modality": entry.get("modality", Modality.ON_SITE),
        "cost_cents": entry["cost"],
        "funding": entry["funding"],
        "diploma_need": _entry_need(entry),
    }


def _path_values(
    entry: Mapping[str, Any], reference: _Reference, now: dt.datetime
) -> dict[str, Any]:
    return _training_values(entry, reference, now) | {
        "from_profession_id": reference.professions[entry["from"]].id
    }


def _entry_need(entry: Mapping[str, Any]) -> str:
    free = "Aucun diplôme demandé" in entry["entry"]
    return DiplomaNeed.NONE if free else DiplomaNeed.UNKNOWN


def _dated_values(
    entry: Mapping[str, Any], reference: _Reference, now: dt.datetime
) -> dict[str, Any]:
    return {
        "duration_months": entry.get("months"),
        "duration_label": entry.get("label", ""),
        "sessions": [_session(date, now) for date in entry.get("dates", [])],
    }


def _event_values(
    entry: Mapping[str, Any], reference: _Reference, now: dt.datetime
) -> dict[str, Any]:
    return _dated_values(entry, reference, now) | {"cost_cents": 0}


def _session(date: list[Any], now: dt.datetime) -> dict[str, Any]:
    """Return a session from [days, hour of Paris, hours, seats, days before to answer]."""
    days, hour, length, seats, before = date
    day = _working_day(paris_date(now) + dt.timedelta(days=days))
    starts_at = paris_instant(day, dt.time.fromisoformat(hour))
    return {
        "starts_at": starts_at,
        "ends_at": starts_at + dt.timedelta(hours=length) if length else None,
        "deadline": day - dt.timedelta(days=before) if before else None,
        "capacity": seats or None,
    }


def _working_day(day: dt.date) -> dt.date:
    while day.weekday() > 4 or (day.month, day.day) in HOLIDAYS:
        day += dt.timedelta(days=1)
    return day


_VALUES: dict[Kind, Callable[[Mapping[str, Any], _Reference, dt.datetime], dict[str, Any]]] = {
    Kind.JOB: _job_values,
    Kind.TRAINING: _training_values,
    Kind.INTERNSHIP: _dated_values,
    Kind.IMMERSION: _dated_values,
    Kind.PATH: _path_values,
    Kind.EVENT: _event_values,
}


def _apply(listing: Listing, answer: Mapping[str, Any], member: User, now: dt.datetime) -> None:
    """Send a fictional application to a listing just written, and make it live."""
    values = {
        name: answer[name]
        for name in (
            "first_name",
            "last_name",
            "phone",
            "email",
            "call_back",
            "diploma_held",
            "message",
        )
        if name in answer
    } | {"counsellor_consent": answer.get("consent", False)}
    session: ListingSession | None = None
    if "session" in answer:
        session = listing.sessions[answer["session"]]
    key = f"demo-{listing.id}-{answer['first_name']}"
    sent_at = now - dt.timedelta(hours=answer["hours_ago"])
    application = submit_application(listing, values, key, sent_at, session=session).application
    for status, hours_ago in answer["moves"]:
        declined = status == "declined"
        move_application(
            application,
            ApplicationStatus(status),
            ActorKind.MEMBER,
            member,
            now - dt.timedelta(hours=hours_ago),
            reason=DeclineReason(answer["decline_reason"]) if declined else None,
            message=answer["decline_message"] if declined else "",
        )


def _keep_quiet(last_event: int) -> None:
    """Forget the messages that the load would send; what search must know is kept."""
    db.session.execute(
        delete(OutboxEvent).where(
            OutboxEvent.id > last_event, OutboxEvent.topic != "listing.changed"
        )
    )
