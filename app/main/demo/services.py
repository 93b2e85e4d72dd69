"""Loading of the demonstration data, through the services that people's own actions use.

Every date is relative to the instant of loading. A second load changes nothing, except that it
confirms the jobs nobody confirmed, and to which people have written since, and writes again the
listings whose day has passed.
"""

from __future__ import annotations

import datetime as dt
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import func, insert, literal, select, update

from app.accounts.enums import Role
from app.applications.measures import measure_all
from app.applications.promise import end_silence
from app.core.database import UtcDateTime, db
from app.core.outbox import OutboxDelivery, OutboxEvent, OutboxState
from app.geography.models import Commune
from app.listings.enums import OWN_SOURCE, Status
from app.listings.models import Listing
from app.listings.services import ask_due, confirm_listings, expire_due
from app.main.demo.applications import Answers
from app.main.demo.listings import Reference, end_listing, report, write_listing
from app.main.demo.organisations import (
    ADMIN_EMAIL,
    COUNSELLOR_EMAIL,
    TEAM_EMAIL,
    Owner,
    open_account,
    open_organisation,
)
from app.reports.services import tell_team

DATA = Path(__file__).parent / "data"
UNCONFIRMED = dt.timedelta(days=30)
# A listing closed longer ago than this is written again, and closes again.
CLOSED_SHOWN = dt.timedelta(days=60)
# What must be known elsewhere of what a load writes. The rest is messages to fictional people.
KEPT_TOPICS = ("listing.changed",)


@dataclass
class LoadResult:
    """What a load did."""

    organisations: int = 0
    created: int = 0
    confirmed: int = 0
    unchanged: int = 0
    applications: int = 0


def load_demo(now: dt.datetime, password: str | None) -> LoadResult:
    """Bring the demonstration to what its files describe.

    `password`: that of the accounts, or None to leave it as it is. Never commits.
    """
    result = LoadResult()
    last_event = db.session.scalar(select(func.max(OutboxEvent.id))) or 0
    expire_due(now)
    team = open_account(TEAM_EMAIL, "Équipe de relecture", Role.MODERATOR, password, now)
    open_account(COUNSELLOR_EMAIL, "Nadia, conseillère", Role.COUNSELLOR, password, now)
    open_account(ADMIN_EMAIL, "Administration du site", Role.ADMIN, password, now)
    owners = {
        entry["key"]: open_organisation(entry, password, team, now)
        for entry in _read(DATA / "organisations.toml")["organisation"]
    }
    result.organisations = sum(owner.is_new for owner in owners.values())
    reference = Reference()
    communes = select(Commune.name).where(Commune.in_territory).order_by(Commune.code)
    answers = Answers(_read(DATA / "applications.toml"), list(db.session.scalars(communes)))
    for section, entry in _listings():
        owner = owners[entry["org"]]
        key = f"demo:{section}:{entry['org']}:{entry['title']}"[:120]
        known = _standing(key, entry, now)
        if known is not None:
            _keep_alive(known, entry, owner, answers, result, now)
            continue
        listing = write_listing(section, entry, owner, team, reference, now)
        listing.source_id = key
        result.created += 1
        if listing.published_at is not None:
            result.applications += answers.send(listing, entry, owner, listing.published_at, now)
        report(listing, entry, now)
        end_listing(listing, entry, owner, now)
    db.session.flush()
    if result.created:
        ask_due(now)
        tell_team(now)
    if result.applications:
        end_silence(now)
        measure_all(now)
    _keep_quiet(last_event, now)
    return result


def _listings() -> Iterator[tuple[str, dict[str, Any]]]:
    for path in sorted((DATA / "listings").glob("*.toml")):
        for section, entries in _read(path).items():
            for entry in entries:
                yield section, entry


def _read(path: Path) -> dict[str, Any]:
    return tomllib.loads(path.read_text(encoding="utf-8"))


def _standing(key: str, entry: Mapping[str, Any], now: dt.datetime) -> Listing | None:
    """Return the listing of that key if it is as it should be; set aside one that is over."""
    listing = db.session.scalar(
        select(Listing).where(Listing.source == OWN_SOURCE, Listing.source_id == key)
    )
    if listing is None or listing.status != Status.CLOSED:
        return listing
    if "closed" in entry and listing.closed_at and now - listing.closed_at < CLOSED_SHOWN:
        return listing
    listing.source_id = None
    db.session.flush()
    return None


def _keep_alive(
    listing: Listing,
    entry: Mapping[str, Any],
    owner: Owner,
    answers: Answers,
    result: LoadResult,
    now: dt.datetime,
) -> None:
    """Confirm a listing that nobody confirmed, and send what people wrote to it since."""
    since = listing.refreshed_at
    online = listing.status == Status.PUBLISHED and not entry.get("unconfirmed")
    if not online or since is None or now - since <= UNCONFIRMED:
        result.unchanged += 1
        return
    confirm_listings([listing], now)
    result.confirmed += 1
    result.applications += answers.send(listing, entry, owner, since, now)


def _keep_quiet(last_event: int, now: dt.datetime) -> None:
    """Hold the messages that the load would send for sent: `flask verify` finds every one."""
    told = (OutboxEvent.id > last_event, OutboxEvent.topic.not_in(KEPT_TOPICS))
    sent = select(OutboxEvent.id, literal("demonstration"), literal(now, UtcDateTime()))
    db.session.execute(
        insert(OutboxDelivery).from_select(["event_id", "handler", "done_at"], sent.where(*told))
    )
    db.session.execute(update(OutboxEvent).where(*told).values(state=OutboxState.DONE, done_at=now))
