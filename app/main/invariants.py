"""Invariants of what is shown, read, kept and imported: the second half of `flask verify`."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable

from flask import current_app, url_for
from sqlalchemy import func, not_, or_, select

from app.applications.models import Application, ContactView
from app.applications.queries import cv_keys
from app.core.database import db
from app.core.logging import UNTOLD
from app.core.outbox import OutboxEvent
from app.core.storage import file_store
from app.imports.models import FileState, ImportFile, ImportRun, RunState
from app.imports.queries import kept_keys
from app.listings.models import Listing
from app.listings.queries import is_open, latest_cards, listing_cards
from app.main import missing
from app.organisations.queries import picture_keys
from app.search.client import make_engines

LOOKED_AT = 500
SWEPT_AFTER = dt.timedelta(days=3)
STUCK_AFTER = dt.timedelta(hours=2)
# Nobody listens there: what needs the engine to answer does not.
NOWHERE = "http://127.0.0.1:9"
PERSONAL = re.compile(r"@|^\+?\d[\d .]{8,}$")


def changes_have_their_event(now: dt.datetime) -> Iterable[str]:
    """I2: what must be told has its event in the outbox; done ones are kept thirty days."""
    for expected in missing.EXPECTED:
        for name in missing.without_event(expected, now - missing.CHECKED, now).values():
            yield f"{expected.name} {name} sans événement"


def only_open_is_shown(now: dt.datetime) -> Iterable[str]:
    """I6: whatever an index answers, what is closed in the database is not drawn."""
    closed = list(
        db.session.scalars(
            select(Listing.id)
            .where(not_(is_open(now)))
            .order_by(Listing.updated_at.desc())
            .limit(LOOKED_AT)
        )
    )
    shown = set(listing_cards(closed, now)) | {card.id for card in latest_cards(LOOKED_AT, now)}
    for id_ in sorted(shown.intersection(closed)):
        yield f"annonce {id_} montrée alors qu’elle n’est pas en ligne"


def pages_need_no_engine(now: dt.datetime) -> Iterable[str]:
    """I7: signing in, applying and following an application do without the search engine."""
    open_listing = db.session.scalar(select(Listing).where(is_open(now)).limit(1))
    base = current_app.config["PUBLIC_BASE_URL"]
    with current_app.test_request_context(base_url=base):
        paths = [url_for("accounts.sign_in"), url_for("applications.lookup")]
    if open_listing is not None:
        paths += [open_listing.path, f"{open_listing.path}/candidater"]
    db.session.rollback()
    before = current_app.extensions["search_engines"]
    # Each engine says whether it is configured from its own address.
    settings = dict(current_app.config) | {"MEILI_SERVERS": ((NOWHERE, ""),)}
    current_app.extensions["search_engines"] = make_engines(settings)
    try:
        visitor = current_app.test_client()
        for path in paths:
            status = visitor.get(path, base_url=base, environ_base={UNTOLD: True}).status_code
            if status >= 500:
                yield f"{path} répond {status} sans moteur de recherche"
    finally:
        current_app.extensions["search_engines"] = before


def reads_are_traced(now: dt.datetime) -> Iterable[str]:
    """I11: the journal of who read whom is of this world: after the application, before now."""
    number = db.session.scalar(
        select(func.count(ContactView.id))
        .join(Application, Application.id == ContactView.application_id)
        .where(
            or_(
                ContactView.at < Application.created_at,
                ContactView.at > now + dt.timedelta(minutes=5),
            )
        )
    )
    if number:
        yield f"{number} lectures de coordonnées à une date impossible"


def nothing_personal_waits(now: dt.datetime) -> Iterable[str]:
    """I12: events name rows, never people: who is erased leaves no trace in them."""
    found: dict[str, int] = {}
    for topic, payload in db.session.execute(select(OutboxEvent.topic, OutboxEvent.payload)):
        if any(isinstance(one, str) and PERSONAL.search(one) for one in payload.values()):
            found[topic] = found.get(topic, 0) + 1
    for topic, number in sorted(found.items()):
        yield f"{number} événements {topic} portent une donnée personnelle"


def no_file_without_row(now: dt.datetime) -> Iterable[str]:
    """I12: what is erased has no file left: each night those without a row are dropped."""
    known = cv_keys() | picture_keys() | kept_keys()
    before = now - SWEPT_AFTER
    number = sum(
        meta["last_modified"] < before and meta["path"] not in known
        for batch in file_store().list()
        for meta in batch
    )
    if number:
        yield f"{number} fichiers que rien ne nomme plus, à effacer"


def imports_are_whole(now: dt.datetime) -> Iterable[str]:
    """I14: a refused run wrote nothing, the others say all that they did; none lasts."""
    said = ImportRun.created + ImportRun.updated + ImportRun.closed
    refused = ImportRun.state.in_([RunState.REFUSED, RunState.FAILED])
    for id_ in db.session.scalars(select(ImportRun.id).where(refused, said > 0)):
        yield f"import {id_} refusé, et pourtant écrit"
    over = ImportRun.created + ImportRun.updated + ImportRun.unchanged > ImportRun.read
    for id_ in db.session.scalars(select(ImportRun.id).where(over)):
        yield f"import {id_} : plus d’annonces écrites que de fiches lues"
    unended = select(func.count()).where(
        ImportRun.state == RunState.RUNNING, ImportRun.started_at < now - STUCK_AFTER
    )
    if number := db.session.scalar(unended):
        yield f"{number} imports commencés et jamais finis"
    waiting = select(func.count()).where(
        ImportFile.state.in_([FileState.READING, FileState.APPLYING]),
        ImportFile.updated_at < now - STUCK_AFTER,
    )
    if number := db.session.scalar(waiting):
        yield f"{number} fichiers d’import ni lus ni refusés"
