from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from app.applications.enums import ActorKind
from app.applications.enums import Status as Step
from app.applications.services import move_application
from app.core import clock
from app.core.database import db
from app.core.jobs import jobs
from app.core.outbox import enqueue
from app.listings.enums import Outcome, Status
from app.listings.models import Listing
from app.search import documents, indexing, rebuild
from app.search.client import Engine
from app.search.indexing import Sent
from app.search.models import SearchEntry, SearchQuarantine
from app.search.results import SearchResults
from tests import factories

Found = Callable[..., SearchResults]
Index = Callable[[], None]


def change(listing: Listing, **values: Any) -> None:
    for name, value in values.items():
        setattr(listing, name, value)
    listing.version += 1
    enqueue("listing.changed", now=clock.now(), listing_id=listing.id)
    db.session.commit()


def close(listing: Listing) -> None:
    change(listing, status=Status.CLOSED, outcome=str(Outcome.FILLED), closed_at=clock.now())


def add_many(count: int, **values: Any) -> list[int]:
    first = factories.listing(**values)
    base = {
        column.name: getattr(first, column.key)
        for column in Listing.__table__.columns
        if column.name != "id"
    }
    db.session.execute(Listing.__table__.insert(), [base] * (count - 1))
    db.session.commit()
    return list(db.session.scalars(select(Listing.id).order_by(Listing.id)))


def test_more_listings_than_a_query_takes_are_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    added = [factories.listing().id for _number in range(5)]
    monkeypatch.setattr(documents, "MAX_PARAMETERS", 2)
    assert documents.open_versions(clock.now(), added) == dict.fromkeys(added, 1)


def test_a_change_reaches_both_searches(engine: Engine, found: Found) -> None:
    listing = factories.listing()
    change(listing, title="Aide-soignant·e au Vinatier")
    jobs.drain()
    assert found(q="vinatier").ids == [listing.id]
    entry = db.session.get(SearchEntry, listing.id)
    assert entry is not None
    assert entry.version == listing.version
    close(listing)
    jobs.drain()
    assert found().total == 0
    assert db.session.get(SearchEntry, listing.id, populate_existing=True) is None
    assert rebuild.compare().is_empty


def test_many_changes_of_one_listing_are_one_write(engine: Engine) -> None:
    listing = factories.listing()
    for number in range(20):
        change(listing, title=f"Titre {number}")
    before = engine.admin().get_tasks({"limit": 1}).total
    jobs.drain()
    assert engine.admin().get_tasks({"limit": 1}).total == before + 1
    assert rebuild.compare().is_empty


def test_a_handled_change_may_be_handled_again(engine: Engine) -> None:
    from app.search.tasks import index_changed

    listing = factories.listing()
    db.session.commit()
    for _time in range(2):
        effect = index_changed([{"listing_id": listing.id}, {"listing_id": 999_999_999}])
        db.session.commit()
        assert effect is not None
        effect()
    assert rebuild.compare().is_empty


def test_one_bad_document_does_not_keep_the_others_out(engine: Engine, found: Found) -> None:
    ids = add_many(1000)
    batch = documents.documents_of(ids, clock.now())
    batch[500]["_geo"] = {"lat": "nord", "lng": None}
    bad = ids[500]
    sent = indexing.send(engine.index, batch)
    assert (len(sent.versions), sent.refused) == (999, {bad: 1})
    assert engine.document_count() == 999
    row = db.session.get(SearchQuarantine, bad)
    assert row is not None
    assert row.error == "invalid_document_geo_field"
    drift = rebuild.compare()
    assert (drift.is_empty, drift.quarantined) == (True, 1)
    listing = db.session.get(Listing, bad, populate_existing=True)
    assert listing is not None
    change(listing, title="Une version que le moteur accepte")
    jobs.drain()
    assert engine.document_count() == 1000
    assert db.session.get(SearchQuarantine, bad, populate_existing=True) is None


def test_a_late_writer_does_not_leave_an_old_version(engine: Engine) -> None:
    from app.search.tasks import index_changed

    listing = factories.listing()
    db.session.commit()
    late = index_changed([{"listing_id": listing.id}])
    change(listing, title="Version deux")
    jobs.drain()
    assert late is not None
    late()
    assert rebuild.compare().is_empty


def test_a_listing_missed_by_the_outbox_is_caught_up(session: Any) -> None:
    listing = factories.listing()
    gone = factories.listing()
    rebuild.catch_up_entries(clock.now())
    listing.version += 1
    gone.status, gone.outcome, gone.closed_at = Status.CLOSED, Outcome.FILLED, clock.now()
    db.session.flush()
    assert rebuild.catch_up_entries(clock.now()) == 2
    versions = dict(db.session.execute(select(SearchEntry.listing_id, SearchEntry.version)).all())
    assert versions == {listing.id: listing.version}
    assert rebuild.catch_up_entries(clock.now()) == 0


def test_check_finds_and_repairs_what_differs(app: Flask, engine: Engine) -> None:
    ids = add_many(20)
    runner = app.test_cli_runner()
    indexing.rewrite(engine.index, ids, Sent())
    good = runner.invoke(args=["search", "check"])
    assert (good.exit_code, "identique" in good.output) == (0, True)
    index = engine.admin().index(engine.index)
    engine.ensure(index.delete_document(ids[0]).task_uid)
    engine.ensure(index.add_documents([{"id": 10_000_000, "version": 1}]).task_uid)
    engine.ensure(index.update_documents([{"id": ids[1], "version": 0}]).task_uid)
    bad = runner.invoke(args=["search", "check"])
    assert bad.exit_code == 1
    assert "manquantes 1, dépassées 1, en trop 1" in bad.output
    repaired = runner.invoke(args=["search", "check", "--repair"])
    assert repaired.exit_code == 0
    assert rebuild.compare().is_empty


def test_rebuild_starts_from_nothing_and_removes_leftovers(app: Flask, engine: Engine) -> None:
    add_many(30)
    engine.ensure(engine.admin().delete_index(engine.index).task_uid)
    engine.ensure(engine.admin().create_index(f"{engine.index}{rebuild.DRAFT}1").task_uid)
    done = app.test_cli_runner().invoke(args=["search", "rebuild"])
    assert (done.exit_code, "30 annonces" in done.output) == (0, True)
    names = [one["uid"] for one in engine.admin().get_raw_indexes({"limit": 100})["results"]]
    assert names == [engine.index]
    assert rebuild.compare().is_empty
    assert db.session.scalar(select(func.count()).select_from(SearchEntry)) == 30
    assert rebuild.reason_to_rebuild(clock.now()) is None


def test_two_rebuilds_do_not_run_at_once(engine: Engine) -> None:
    rebuild._take_turn()
    with pytest.raises(rebuild.RebuildRunningError):
        rebuild.rebuild()
    rebuild._end_turn()
    rebuild._take_turn()
    state = db.session.get(rebuild.SearchState, f"building:{engine.name}")
    assert state is not None
    state.at = clock.now() - rebuild.SILENCE - dt.timedelta(seconds=1)
    db.session.commit()
    rebuild.rebuild()


def test_an_index_made_without_settings_is_built_again(engine: Engine) -> None:
    client = engine.admin()
    engine.ensure(client.delete_index(engine.index).task_uid)
    engine.ensure(client.index(engine.index).add_documents([{"id": 1}]).task_uid)
    assert rebuild.reason_to_rebuild(clock.now()) == "settings"


def test_a_rebuild_loses_no_write_made_meanwhile(
    app: Flask, real_commits: None, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rebuild, "READ_BATCH", 50)
    ids = add_many(400)
    stop, failures = threading.Event(), []

    def write() -> None:
        number = 0
        try:
            with app.app_context():
                while not stop.is_set():
                    listing = db.session.get(Listing, ids[(number * 7) % len(ids)])
                    assert listing is not None
                    if number % 5 == 4 and listing.status == Status.PUBLISHED:
                        close(listing)
                    else:
                        change(listing, title=f"Écriture {number}")
                    jobs.drain()
                    number += 1
                db.session.remove()
        except Exception as error:  # noqa: BLE001 - told to the test
            failures.append(error)

    writer = threading.Thread(target=write)
    writer.start()
    try:
        for _time in range(2):
            rebuild.rebuild()
    finally:
        stop.set()
        writer.join()
    assert failures == []
    jobs.drain()
    drift = rebuild.compare()
    assert drift.is_empty, drift
    assert drift.database_hash == drift.index_hash


def test_an_answer_moves_the_listings_of_its_organisation(engine: Engine, found: Found) -> None:
    """From the click of a recruiter to the order of both searches, by the worker alone."""
    now = clock.now()
    silent, answering = factories.listing(), factories.listing(now=now - dt.timedelta(days=1))
    for of in (silent, answering):
        enqueue("listing.changed", now=now, listing_id=of.id)
    people = [
        factories.application(answering, email=None, answer_due_at=now + dt.timedelta(days=2))
        for _one in range(10)
    ]
    db.session.commit()
    jobs.drain()
    assert found(tri="reponse").ids == [silent.id, answering.id]
    for person in people:
        move_application(person, Step.CONTACTED, ActorKind.MEMBER, None, now)
    db.session.commit()
    jobs.drain()
    assert found(tri="reponse").ids == [answering.id, silent.id]
    entry = db.session.get(SearchEntry, answering.id, populate_existing=True)
    assert entry is not None
    assert entry.answer_rank == 1
    assert rebuild.compare().is_empty


def test_a_rebuild_asks_nothing_of_the_engine_during_a_transaction(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_many(30)
    db.session.commit()
    during = []
    request = Engine.request

    def watched(self: Engine, *arguments: Any) -> tuple[int, bytes]:
        during.append(db.session().in_transaction())
        return request(self, *arguments)

    monkeypatch.setattr(Engine, "request", watched)

    rebuild.rebuild()
    assert rebuild.reason_to_rebuild(clock.now()) is None

    assert len(during) > 5
    assert not any(during), "whoever writes would wait for the engine"
