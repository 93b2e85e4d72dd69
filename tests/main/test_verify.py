"""`flask verify` sees what is broken, and only that."""

from __future__ import annotations

import datetime as dt
import os

import pytest
from click.testing import Result
from flask import Flask
from obstore.store import S3Store
from sqlalchemy import update

from app.alerts.models import Digest, SentListing
from app.alerts.services import UNCONFIRMED_KEPT_DAYS
from app.applications.models import Application, ContactView
from app.applications.receiving import submit_application
from app.core import clock, outbox, pulse, storage
from app.core.database import db
from app.core.jobs import jobs
from app.core.outbox import OutboxEvent
from app.core.permissions import public
from app.imports.models import ImportRun
from app.listings.models import Listing, ListingSession
from app.main.missing import requeue
from app.main.verify import INVARIANTS
from app.search.client import engine
from app.search.models import SearchQuery
from app.search.query_log import erase
from app.search.rebuild import rebuild
from tests import factories
from tools.meilisearch import Meilisearch
from tools.processes import free_port


@pytest.fixture
def sound(app: Flask, meilisearch: Meilisearch) -> Application:
    """Return an application received as it should be, all its effects done."""
    submitted = submit_application(
        factories.listing(), {"first_name": "Samira", "phone": "+33639981234"}, "clé-1", clock.now()
    )
    db.session.commit()
    jobs.drain()
    rebuild()
    return submitted.application


def verify(app: Flask) -> Result:
    return app.test_cli_runner().invoke(args=["verify"])


def test_a_sound_database_passes(app: Flask, sound: Application) -> None:
    result = verify(app)
    assert result.exit_code == 0, result.output
    assert "ROMPU" not in result.output


def test_what_could_not_be_compared_is_not_said_to_hold(app: Flask) -> None:
    server = engine()
    url, server.url = server.url, ""
    try:
        result = verify(app)
    finally:
        server.url = url
    assert "omis   I5 index égal à la base" in result.output
    assert "ok     I5 index" not in result.output


def test_an_application_without_its_event_is_seen(app: Flask, sound: Application) -> None:
    lost = factories.application(sound.listing)
    db.session.commit()
    result = verify(app)
    assert result.exit_code == 1
    assert f"candidature {lost.reference} sans événement" in result.output
    assert f"candidature {lost.reference} sans trace" in result.output


def test_a_dead_event_is_seen(app: Flask, sound: Application) -> None:
    outbox.enqueue("unknown.topic", now=clock.now())
    db.session.commit()
    jobs.drain()
    result = verify(app)
    assert "ROMPU  I3" in result.output


def test_a_lease_nobody_ends_is_seen(app: Flask, sound: Application) -> None:
    long_ago = clock.now() - dt.timedelta(hours=1)
    db.session.execute(update(OutboxEvent).values(state="leased", leased_until=long_ago))
    db.session.commit()
    assert "ROMPU  I3" in verify(app).output


def test_an_index_behind_is_seen(app: Flask, sound: Application) -> None:
    db.session.execute(update(Listing).values(version=Listing.version + 1))
    db.session.commit()
    assert "ROMPU  I5" in verify(app).output


def test_a_missing_file_is_seen(app: Flask, sound: Application) -> None:
    sound.cv_key, sound.cv_name, sound.cv_sha256 = "cv/absent.pdf", "cv.pdf", "0" * 64
    sound.cv_state, sound.cv_state_at = "clean", clock.now()
    db.session.commit()
    assert "ROMPU  I8" in verify(app).output


def test_a_file_that_waits_too_long_for_the_antivirus_is_seen(
    app: Flask, sound: Application
) -> None:
    since = clock.now() - dt.timedelta(minutes=61)
    factories.application(
        cv_key="cv/1.pdf", cv_sha256="0" * 64, cv_state="waiting", cv_state_at=since
    )
    db.session.commit()
    assert "attendent l’antivirus" in verify(app).output


def test_a_store_out_of_reach_is_seen(
    app: Flask, sound: Application, monkeypatch: pytest.MonkeyPatch
) -> None:
    bucket = S3Store("files", endpoint="https://127.0.0.1:1", retry_config={"max_retries": 0})
    monkeypatch.setitem(app.extensions, "file_store", bucket)
    assert "Les fichiers ne répondent pas" in verify(app).output


def test_seats_that_do_not_add_up_are_seen(app: Flask, sound: Application) -> None:
    event = factories.listing(kind="event")
    session = factories.listing_session(event)
    factories.application(event, session_id=session.id, status="registered")
    db.session.execute(update(ListingSession).values(taken=0))
    db.session.commit()
    assert "ROMPU  I10" in verify(app).output


def test_a_listing_past_its_deadline_is_seen(app: Flask, sound: Application) -> None:
    db.session.execute(update(Listing).values(closes_at=clock.now() - dt.timedelta(hours=1)))
    db.session.commit()
    assert "ROMPU  I13" in verify(app).output


def test_rare_searches_kept_too_long_are_seen(app: Flask, sound: Application) -> None:
    factories.searched("infirmiere durand", days=33)
    db.session.commit()
    assert "ok     P01 recherches effacées" in verify(app).output
    factories.searched("paul durand", days=1)
    db.session.execute(
        update(SearchQuery)
        .where(SearchQuery.words == "paul durand")
        .values(day=clock.paris_date(clock.now()) - dt.timedelta(days=32))
    )
    db.session.commit()
    assert "1 recherches comptées, à effacer" in verify(app).output
    erase(clock.now())
    db.session.commit()
    assert "ok     P01 recherches effacées" in verify(app).output


def test_who_waits_for_ever_is_seen(app: Flask, sound: Application) -> None:
    sound.created_at = clock.now() - dt.timedelta(days=22)
    db.session.commit()
    assert "ROMPU  Q12" in verify(app).output


def test_a_search_server_that_is_away_is_said(
    app: Flask, sound: Application, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine(), "url", f"http://127.0.0.1:{free_port()}")
    result = verify(app)
    assert "ROMPU  I5" in result.output
    assert "injoignable" in result.output


def test_a_digest_that_is_not_as_it_was_written_is_seen(app: Flask, sound: Application) -> None:
    now = clock.now()
    first, second = factories.alert(now=now), factories.alert(now=now, email="b@example.org")
    listing = sound.listing
    digest = Digest(alert_id=first.id, day=now.date(), total=1)
    db.session.add(digest)
    db.session.flush()
    db.session.add(
        SentListing(alert_id=second.id, listing_id=listing.id, digest_id=digest.id, rank=0)
    )
    db.session.commit()

    result = verify(app)

    assert result.exit_code == 1
    assert "1 annonces nommées par le message d’une autre alerte" in result.output
    assert f"message d’alerte {digest.id} sans événement" in result.output


def test_an_address_kept_without_a_yes_is_seen(app: Flask, sound: Application) -> None:
    long_ago = clock.now() - dt.timedelta(days=UNCONFIRMED_KEPT_DAYS + 5)
    factories.alert(now=long_ago, confirmed_at=None)
    db.session.commit()
    result = verify(app)
    assert result.exit_code == 1
    assert "1 alertes jamais confirmées, à effacer" in result.output


def test_a_message_without_its_event_is_seen_and_sent(app: Flask, sound: Application) -> None:
    now = clock.now()
    lost = factories.application(sound.listing)
    digest = Digest(alert_id=factories.alert(now=now).id, day=now.date(), total=1)
    db.session.add(digest)
    db.session.commit()
    output = verify(app).output
    assert f"candidature {lost.reference} sans événement" in output
    assert f"message d’alerte {digest.id} sans événement" in output

    assert requeue(clock.now()) == 2
    db.session.commit()
    assert "ok     I2" in verify(app).output
    assert requeue(clock.now()) == 0


def test_what_is_shown_though_closed_is_seen(
    app: Flask, sound: Application, monkeypatch: pytest.MonkeyPatch
) -> None:
    factories.listing(status="paused")
    db.session.commit()
    assert "ok     I6" in verify(app).output
    monkeypatch.setattr("app.listings.queries._shows", lambda _row, _now: True)
    assert "ROMPU  I6" in verify(app).output


def test_a_page_that_needs_the_engine_is_seen(
    app: Flask, sound: Application, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "ok     I7" in verify(app).output

    def needs(**_values: object) -> str:
        engine().search([{"indexUid": "listings", "q": ""}])
        return ""

    monkeypatch.setitem(app.view_functions, "accounts.sign_in", public(needs))
    monkeypatch.setitem(app.config, "PROPAGATE_EXCEPTIONS", False)
    output = verify(app).output
    assert "ROMPU  I7" in output
    assert "/connexion répond 500 sans moteur de recherche" in output


def test_a_reading_out_of_time_is_seen(app: Flask, sound: Application) -> None:
    member = factories.user()
    db.session.add(
        ContactView(
            application_id=sound.id,
            user_id=member.id,
            what="cv",
            at=sound.created_at - dt.timedelta(days=1),
        )
    )
    db.session.commit()
    assert "1 lectures de coordonnées à une date impossible" in verify(app).output


@pytest.mark.parametrize("text", ["samira@example.org", "+33639981234", "06 39 98 12 34"])
def test_an_event_that_names_a_person_is_seen(app: Flask, sound: Application, text: str) -> None:
    outbox.enqueue("report.arrived", now=clock.now(), user_id=1, told=text)
    db.session.commit()
    assert "événements report.arrived portent une donnée personnelle" in verify(app).output


def test_a_file_that_nothing_names_is_seen(app: Flask, sound: Application) -> None:
    key = storage.keep("cv", "pdf", b"left behind")
    path = app.config["DATA_DIR"] / "files" / key
    assert "ok     I12 fichiers nommés" in verify(app).output
    long_ago = (clock.now() - dt.timedelta(days=4)).timestamp()
    os.utime(path, (long_ago, long_ago))
    assert "1 fichiers que rien ne nomme plus" in verify(app).output
    storage.remove(key)


def test_an_import_that_does_not_add_up_is_seen(app: Flask, sound: Application) -> None:
    now = clock.now()
    assert "ok     I14" in verify(app).output
    db.session.add_all(
        [
            ImportRun(source="x", state="refused", started_at=now, ended_at=now, read=9, closed=4),
            ImportRun(source="x", state="done", started_at=now, ended_at=now, read=1, created=2),
            ImportRun(source="x", state="running", started_at=now - dt.timedelta(hours=3)),
        ]
    )
    db.session.commit()
    output = verify(app).output
    assert "refusé, et pourtant écrit" in output
    assert "plus d’annonces écrites que de fiches lues" in output
    assert "1 imports commencés et jamais finis" in output


def test_a_clock_that_leapt_is_seen(app: Flask, sound: Application) -> None:
    pulse.beat(pulse.CLOCK, clock.now() - dt.timedelta(days=400))
    db.session.commit()
    assert "ROMPU  I13 horloge" in verify(app).output


def test_every_invariant_of_the_charter_is_verified() -> None:
    numbers = {name.split()[0] for name in INVARIANTS}
    assert {f"I{number}" for number in range(1, 15)} <= numbers
