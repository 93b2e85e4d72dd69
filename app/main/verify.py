"""`flask verify`: what must always be true of a live database, checked on it.

Each invariant is a function that returns what breaks it, in French, nothing when it holds. The
numbers are those of the trust charter of the project (I1 durable acknowledgement, I2 atomic outbox,
I3 conservation, I4 one effect, I5 index equal to the database, I8 files, I9 idempotence,
I10 capacity, I13 deadlines, P01 retention, Q12 no silence).
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable, Iterable

import click
from sqlalchemy import func, or_, select

from app.alerts.digests import NAMED
from app.alerts.models import Alert, Digest, SentListing, Watch
from app.alerts.services import STOPPED_KEPT_DAYS, UNCONFIRMED_KEPT_DAYS
from app.alerts.watching import CLOSED_KEPT_DAYS, LONGEST_DAYS
from app.applications import promise, workflow
from app.applications.enums import Status as Step
from app.applications.models import Application, ApplicationEvent
from app.core import clock, storage
from app.core.database import db
from app.core.outbox import OutboxDelivery, OutboxEvent, OutboxState, Refused
from app.listings.enums import Status
from app.listings.models import Listing, ListingSession
from app.organisations.models import Picture
from app.search.client import ADMIN_ERRORS, engine, engines, using
from app.search.models import SearchQuery
from app.search.query_log import is_old, is_rare
from app.search.rebuild import compare
from app.search.servers import last_drifts

SHOWN = 5
# The worker closes what is due and takes back leases well within this time.
GRACE = dt.timedelta(minutes=15)

Check = Callable[[dt.datetime], Iterable[str]]


def acknowledged_is_stored(now: dt.datetime) -> Iterable[str]:
    """I1: every application has its first line in the log, written with it."""
    first = select(ApplicationEvent.application_id).where(ApplicationEvent.from_status.is_(None))
    for reference in db.session.scalars(
        select(Application.reference).where(Application.id.not_in(first))
    ):
        yield f"candidature {reference} sans trace de sa réception"


def changes_have_their_event(now: dt.datetime) -> Iterable[str]:
    """I2: every recent application has its event in the outbox; done ones are kept thirty days."""
    recent = now - dt.timedelta(days=29)
    told = {
        payload.get("application_id")
        for payload in db.session.scalars(
            select(OutboxEvent.payload).where(OutboxEvent.topic == "application.received")
        )
    }
    for id_, reference in db.session.execute(
        select(Application.id, Application.reference).where(Application.created_at > recent)
    ):
        if id_ not in told:
            yield f"candidature {reference} sans événement"


def events_are_conserved(now: dt.datetime) -> Iterable[str]:
    """I3: nothing leased is forgotten, nothing waits too long, nothing is dead."""
    forgotten = select(func.count()).where(
        OutboxEvent.state == OutboxState.LEASED, OutboxEvent.leased_until < now - GRACE
    )
    dead = select(func.count()).where(
        OutboxEvent.state == OutboxState.DEAD,
        # An address that was mistyped is nobody's breakdown.
        OutboxEvent.last_error != Refused.__name__,
    )
    if number := db.session.scalar(forgotten):
        yield f"{number} événements pris et jamais finis"
    if number := db.session.scalar(dead):
        yield f"{number} événements abandonnés, à regarder"


def effects_are_recorded(now: dt.datetime) -> Iterable[str]:
    """I4: what is done has a recorded effect."""
    delivered = select(OutboxDelivery.event_id)
    number = db.session.scalar(
        select(func.count()).where(
            OutboxEvent.state == OutboxState.DONE, OutboxEvent.id.not_in(delivered)
        )
    )
    if number:
        yield f"{number} événements finis sans effet enregistré"


def index_equals_database(now: dt.datetime) -> Iterable[str]:
    """I5: the index of each server holds what is published, at the same version; and it was so
    at the last nightly comparison."""
    if not engine().configured:
        return
    for number, searched in enumerate(engines(), start=1):
        who = f"index du serveur {number}" if len(engines()) > 1 else "index"
        try:
            with using(searched):
                drift = compare()
        except ADMIN_ERRORS as error:
            yield f"{who} : moteur de recherche injoignable ({type(error).__name__})"
            continue
        if not drift.is_empty:
            yield (
                f"{who} : {len(drift.missing)} absentes, {len(drift.stale)} périmées, "
                f"{len(drift.extra)} en trop"
            )
    for drifted, at in last_drifts():
        if found := drifted["missing"] + drifted["stale"] + drifted["extra"]:
            yield f"index : {found} différences trouvées et corrigées le {at:%d/%m/%Y} (UTC)"


def files_are_whole(now: dt.datetime) -> Iterable[str]:
    """I8: each CV and each picture is in the store, with the content that was received."""
    rows = db.session.execute(
        select(Application.reference, Application.cv_key, Application.cv_sha256).where(
            Application.cv_key.is_not(None)
        )
    )
    for reference, key, digest in rows:
        if storage.read(key or "", digest or "") is None:
            yield f"candidature {reference} : fichier absent ou altéré"
    for picture in db.session.scalars(select(Picture)):
        files = ((picture.key, picture.sha256), (picture.small_key, picture.small_sha256))
        if any(storage.read(key, digest) is None for key, digest in files):
            yield f"image {picture.id} : fichier absent ou altéré"


def one_live_application_each(now: dt.datetime) -> Iterable[str]:
    """I9: a person has at most one live application to a listing."""
    live = Application.status.not_in(workflow.TAKEN_BACK)
    doubled = (
        select(Application.listing_id)
        .where(live)
        .group_by(Application.listing_id, Application.candidate_key)
        .having(func.count() > 1)
    )
    for listing_id in db.session.scalars(doubled):
        yield f"annonce {listing_id} : une personne y a deux candidatures"


def seats_are_counted(now: dt.datetime) -> Iterable[str]:
    """I10: the seats taken are those of the people who hold one, never more than there are."""
    held: Counter[int | None] = Counter()
    rows = db.session.execute(
        select(Application.session_id, Listing.kind, Application.status)
        .join(Listing, Listing.id == Application.listing_id)
        .where(Application.session_id.is_not(None))
    )
    for session_id, kind, status in rows:
        held[session_id] += workflow.holds_seat(kind, status)
    for session in db.session.scalars(select(ListingSession)):
        if session.capacity is not None and session.taken > session.capacity:
            yield f"session {session.id} : {session.taken} places prises sur {session.capacity}"
        if session.taken < held[session.id]:
            yield f"session {session.id} : plus de personnes que de places comptées"


def deadlines_are_kept(now: dt.datetime) -> Iterable[str]:
    """I13: nothing stays published after its deadline."""
    number = db.session.scalar(
        select(func.count()).where(
            Listing.status == Status.PUBLISHED, Listing.closes_at < now - GRACE
        )
    )
    if number:
        yield f"{number} annonces publiées après leur échéance"


def nobody_waits_for_ever(now: dt.datetime) -> Iterable[str]:
    """Q12: what nobody answers any more has its end, and the person was told."""
    number = db.session.scalar(
        select(func.count(Application.id))
        .join(Application.listing)
        .outerjoin(ListingSession, ListingSession.id == Application.session_id)
        .where(promise.is_over(now - GRACE))
    )
    if number:
        yield f"{number} candidatures que personne ne suit plus, et sans fin"


def offers_are_ended(now: dt.datetime) -> Iterable[str]:
    """I13: no seat is kept for somebody after the delay she was told."""
    number = db.session.scalar(
        select(func.count()).where(
            Application.status == workflow.S.OFFERED, Application.offer_until < now - GRACE
        )
    )
    if number:
        yield f"{number} places proposées dont le délai est passé"


def kept_people_agreed(now: dt.datetime) -> Iterable[str]:
    """P01: nobody is kept without her yes, nor after its end; the purge runs every night."""
    for reference in db.session.scalars(
        select(Application.reference).where(
            Application.status == Step.POOL,
            or_(
                Application.pool_consent_at.is_(None),
                Application.pool_until.is_(None),
                Application.pool_until < now - dt.timedelta(days=2),
            ),
        )
    ):
        yield f"candidature {reference} gardée sans accord, ou après sa fin"


def digests_tell_once(now: dt.datetime) -> Iterable[str]:
    """I4: a digest names listings of its own alert, as many as it may, and has its event."""
    foreign = db.session.scalar(
        select(func.count())
        .select_from(SentListing)
        .join(Digest, Digest.id == SentListing.digest_id)
        .where(Digest.alert_id != SentListing.alert_id)
    )
    if foreign:
        yield f"{foreign} annonces nommées par le message d’une autre alerte"
    long = (
        select(SentListing.digest_id)
        .group_by(SentListing.digest_id)
        .having((func.count() > NAMED) | (func.count() != func.count(SentListing.rank.distinct())))
    )
    for digest_id in db.session.scalars(long):
        yield f"message d’alerte {digest_id} : annonces en trop ou en double"
    recent = now.date() - dt.timedelta(days=28)
    told = {
        payload.get("digest_id")
        for payload in db.session.scalars(
            select(OutboxEvent.payload).where(OutboxEvent.topic == "alert.digest")
        )
    }
    for digest_id in db.session.scalars(select(Digest.id).where(Digest.day > recent)):
        if digest_id not in told:
            yield f"message d’alerte {digest_id} sans événement"


def alerts_are_erased(now: dt.datetime) -> Iterable[str]:
    """P01: no address stays without a yes, nor after its end; the purge runs every day."""

    def before(days: int) -> dt.datetime:
        return now - dt.timedelta(days=days + 2)

    late = {
        "alertes jamais confirmées": select(func.count(Alert.id)).where(
            Alert.confirmed_at.is_(None), Alert.asked_at < before(UNCONFIRMED_KEPT_DAYS)
        ),
        "alertes arrêtées": select(func.count(Alert.id)).where(
            Alert.stopped_at < before(STOPPED_KEPT_DAYS)
        ),
        "avis jamais confirmés": select(func.count(Watch.id)).where(
            Watch.confirmed_at.is_(None), Watch.asked_at < before(UNCONFIRMED_KEPT_DAYS)
        ),
        "avis terminés": select(func.count(Watch.id)).where(
            or_(
                Watch.confirmed_at < before(LONGEST_DAYS),
                Watch.closed_told_at < before(CLOSED_KEPT_DAYS),
            )
        ),
    }
    for name, query in late.items():
        if number := db.session.scalar(query):
            yield f"{number} {name}, à effacer"


def searches_are_erased(now: dt.datetime) -> Iterable[str]:
    """P01: words that few people search leave after a month, all after 25; each night."""
    before = clock.paris_date(now) - dt.timedelta(days=2)
    late = select(func.count()).select_from(SearchQuery).where(or_(is_old(before), is_rare(before)))
    if number := db.session.scalar(late):
        yield f"{number} recherches comptées, à effacer"


INVARIANTS: dict[str, Check] = {
    "I1 candidatures reçues": acknowledged_is_stored,
    "I2 événements écrits avec le changement": changes_have_their_event,
    "I3 événements conservés": events_are_conserved,
    "I4 effets enregistrés": effects_are_recorded,
    "I5 index égal à la base": index_equals_database,
    "I8 fichiers entiers": files_are_whole,
    "I9 une candidature par personne": one_live_application_each,
    "I10 places": seats_are_counted,
    "I13 échéances": deadlines_are_kept,
    "I13 places proposées": offers_are_ended,
    "P01 vivier consenti": kept_people_agreed,
    "I4 alertes dites une fois": digests_tell_once,
    "P01 alertes effacées": alerts_are_erased,
    "P01 recherches effacées": searches_are_erased,
    "Q12 personne sans réponse": nobody_waits_for_ever,
}


@click.command("verify")
def verify() -> None:
    """Vérifie les invariants ; sort avec 1 si l’un est rompu."""
    now = clock.now()
    broken = 0
    for name, check in INVARIANTS.items():
        found = list(check(now))
        db.session.rollback()
        click.echo(f"{'ROMPU' if found else 'ok':6} {name}")
        for line in found[:SHOWN]:
            click.echo(f"       {line}")
        if len(found) > SHOWN:
            click.echo(f"       … et {len(found) - SHOWN} autres")
        broken += bool(found)
    if broken:
        raise SystemExit(1)
