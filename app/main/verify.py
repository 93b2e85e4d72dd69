"""`flask verify`: what must always be true of a live database, checked on it.

Each invariant is a function that returns what breaks it, in French, nothing when it holds. The
numbers are those of the trust charter of the project (I1 durable acknowledgement, I2 atomic outbox,
I3 conservation, I4 one effect, I5 index equal to the database, I6 visibility, I7 no synchronous
dependency, I8 files, I9 idempotence, I10 capacity, I11 traced access, I12 erasure, I13 time,
I14 imports, P01 retention, Q12 no silence).
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
from app.applications import cv, files, promise, workflow
from app.applications.enums import CvState
from app.applications.enums import Status as Step
from app.applications.models import Application, ApplicationEvent
from app.applications.queries import cv_keys
from app.core import clock, pulse, storage
from app.core.database import db
from app.core.outbox import OutboxDelivery, OutboxEvent, OutboxState, Refused
from app.listings.enums import Status
from app.listings.models import Listing, ListingSession
from app.main.invariants import (
    changes_have_their_event,
    imports_are_whole,
    no_file_without_row,
    nothing_personal_waits,
    only_open_is_shown,
    pages_need_no_engine,
    reads_are_traced,
)
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


class NotChecked(Exception):
    """There is nothing to check the invariant on here; the words say why, in French."""


def acknowledged_is_stored(now: dt.datetime) -> Iterable[str]:
    """I1: every application has its first line in the log, written with it."""
    first = select(ApplicationEvent.application_id).where(ApplicationEvent.from_status.is_(None))
    for reference in db.session.scalars(
        select(Application.reference).where(Application.id.not_in(first))
    ):
        yield f"candidature {reference} sans trace de sa réception"


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
        raise NotChecked("aucun moteur de recherche (MEILI_URL), rien à comparer")
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
        drawn = ((picture.key, picture.sha256), (picture.small_key, picture.small_sha256))
        if any(storage.read(key, digest) is None for key, digest in drawn):
            yield f"image {picture.id} : fichier absent ou altéré"


def files_are_scanned(now: dt.datetime) -> Iterable[str]:
    """I8: no file waits long for the antivirus; the sweep leaves none without its row."""
    late = select(func.count()).where(
        Application.cv_state == CvState.WAITING, Application.cv_state_at < now - files.LATE
    )
    if number := db.session.scalar(late):
        yield f"{number} fichiers attendent l’antivirus depuis plus d’une heure"
    orphans = set(cv.kept_before(now - 2 * files.FILE_GRACE)) - cv_keys()
    if orphans:
        yield f"{len(orphans)} fichiers sans candidature"


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


def clock_is_sane(now: dt.datetime) -> Iterable[str]:
    """I13: the clock has not leapt since the worker last looked at it."""
    if pulse.clock_has_leapt(now):
        yield "l’horloge a bougé de plus d’un jour : les effacements attendent une personne"


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
    """I4: a digest names listings of its own alert, as many as it may."""
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
    "I6 la base décide de ce qui se voit": only_open_is_shown,
    "I7 les pages sans le moteur de recherche": pages_need_no_engine,
    "I8 fichiers entiers": files_are_whole,
    "I8 fichiers analysés": files_are_scanned,
    "I9 une candidature par personne": one_live_application_each,
    "I10 places": seats_are_counted,
    "I11 lectures datées": reads_are_traced,
    "I12 événements sans donnée personnelle": nothing_personal_waits,
    "I12 fichiers nommés": no_file_without_row,
    "I13 échéances": deadlines_are_kept,
    "I13 horloge": clock_is_sane,
    "I13 places proposées": offers_are_ended,
    "I14 imports entiers": imports_are_whole,
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
        try:
            found = list(check(now))
        except NotChecked as why:
            click.echo(f"{'omis':6} {name} : {why}")
            continue
        except storage.StorageUnavailable as error:
            found = [error.message]
        db.session.rollback()
        click.echo(f"{'ROMPU' if found else 'ok':6} {name}")
        for line in found[:SHOWN]:
            click.echo(f"       {line}")
        if len(found) > SHOWN:
            click.echo(f"       … et {len(found) - SHOWN} autres")
        broken += bool(found)
    if broken:
        raise SystemExit(1)
