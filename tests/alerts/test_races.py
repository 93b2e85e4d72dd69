"""Several workers, several clicks, a stop in the middle: nobody is told twice nor forgotten."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from app.alerts import digests, queries, services, tasks
from app.alerts.matching import Candidates
from app.alerts.models import Alert, Digest, SentListing
from app.core import clock
from app.core.database import db
from app.core.jobs import jobs
from app.core.outbox import OutboxEvent
from app.search import rebuild
from app.search.client import Engine
from app.search.criteria import parse
from app.search.documents import all_documents, entry_of
from app.search.marks import marks_asked
from app.search.queries import search
from app.search.understanding import told, understand
from tests import factories
from tests.alerts.conftest import START, morning, page_of
from tests.alerts.test_digests import added
from tests.search.conftest import engine

__all__ = ["engine"]

pytestmark = pytest.mark.usefixtures("real_commits")


def together(app: Flask, *acts: Callable[[], Any]) -> None:
    """Run all the acts at the same instant, each in a connection of its own."""
    start = threading.Barrier(len(acts))
    errors: list[BaseException] = []

    def run(act: Callable[[], Any]) -> None:
        with app.app_context():
            start.wait(5)
            try:
                act()
            except Exception as error:  # noqa: BLE001 -- told by the test
                errors.append(error)
            finally:
                db.session.remove()

    threads = [threading.Thread(target=run, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert errors == []


def counts() -> tuple[int, int, int]:
    """Return the numbers of digests, of listings told, and of messages to send."""
    db.session.rollback()
    events = select(func.count(OutboxEvent.id)).where(OutboxEvent.topic == "alert.digest")
    return (
        db.session.scalar(select(func.count(Digest.id))) or 0,
        db.session.scalar(select(func.count()).select_from(SentListing)) or 0,
        db.session.scalar(events) or 0,
    )


def test_workers_at_once_write_each_digest_once(app: Flask, smtp: Any) -> None:
    for number in range(6):
        factories.alert(now=START, email=f"p{number}@example.org")
    for number in range(4):
        added(f"Annonce {number}")
    db.session.commit()

    together(app, *[lambda: tasks.send_digests(morning())] * 3)

    assert counts() == (6, 24, 6)


def test_a_worker_that_dies_between_two_batches_is_followed_by_another(
    app: Flask, smtp: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(5):
        factories.alert(now=START, email=f"p{number}@example.org")
    added()
    db.session.commit()
    monkeypatch.setattr(digests, "BATCH", 2)
    write, written = digests.write, []

    def dying(plans: Any, now: Any) -> int:
        if written:
            raise SystemExit
        written.append(True)
        return write(plans, now)

    monkeypatch.setattr(digests, "write", dying)
    with pytest.raises(SystemExit):
        tasks.send_digests(morning())
    assert counts() == (2, 2, 2)

    monkeypatch.setattr(digests, "write", write)
    tasks.send_digests(morning())
    assert counts() == (5, 5, 5)
    assert tasks.send_digests(morning()) == 0


def test_a_worker_that_dies_before_its_commit_leaves_nothing_half_done(
    app: Flask, smtp: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    factories.alert(now=START)
    added()
    db.session.commit()
    enqueue = digests.enqueue_many

    def dies(*_arguments: Any, **_named: Any) -> None:
        raise SystemExit

    monkeypatch.setattr(digests, "enqueue_many", dies)
    with pytest.raises(SystemExit):
        tasks.send_digests(morning())
    assert counts() == (0, 0, 0)

    monkeypatch.setattr(digests, "enqueue_many", enqueue)
    assert tasks.send_digests(morning()) == 1


def test_clicks_at_once_confirm_one_alert(app: Flask) -> None:
    token_page, alert_id = page_of(alert := factories.alert(confirmed_at=None)), alert.id
    db.session.commit()

    def click() -> None:
        alert = queries.alert_by_token(token_page.rpartition("/")[2], hold=True)
        assert alert
        services.confirm_alert(alert, clock.now())
        db.session.commit()

    together(app, click, click, click)

    db.session.rollback()
    found = db.session.get(Alert, alert_id, populate_existing=True)
    assert found
    assert found.active


def test_who_stops_during_the_morning_receives_nothing_more(
    app: Flask, smtp: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    alert = factories.alert(now=START)
    added()
    db.session.commit()
    path = page_of(alert)
    monkeypatch.setattr(clock, "now", morning)
    assert tasks.send_digests(morning()) == 1

    answer = app.test_client().post(f"{path}/arret", data={"List-Unsubscribe": "One-Click"})
    assert answer.status_code == 200
    jobs.drain()

    assert smtp.messages == []


SEARCHES: list[dict[str, str]] = [
    {},
    {"q": "infirmière"},
    {"q": "infirmière de nuit"},
    {"q": "aide soignante", "ou": "Bron"},
    {"q": "éducateur", "ou": "Lyon", "rayon": "100"},
    {"ou": "Villeurbanne", "rayon": "5"},
    {"type": "formation"},
    {"contrat": "cdi", "horaires": "nuit"},
    {"etablissement": "ehpad", "q": "infirmière"},
    {"diplome": "sans"},
]


@pytest.mark.parametrize("asked", SEARCHES)
def test_a_digest_holds_what_the_search_shows(
    asked: dict[str, str], engine: Engine, client: FlaskClient
) -> None:
    titles = ["Infirmière de nuit", "Aide-soignant·e", "Éducatrice spécialisée", "ASH week-end"]
    for number in range(24):
        factories.listing(
            "training" if number % 5 == 4 else "job",
            title=titles[number % 4],
            profession_id=None,
            commune_code=["69029", "69383", "75112", "69266"][number % 4 - number % 3],
            schedules=[["nuit"], ["jour"], []][number % 3],
            workplace=["ehpad", None][number % 2],
            diploma_need=["none", "required", "unknown"][number % 3],
        )
    db.session.commit()
    rebuild.rebuild()
    now = clock.now()
    entries = [entry_of(one) for batch in all_documents(now, 100) for one in batch]
    criteria = told(parse(asked))
    understood = understand(criteria)

    results = search(criteria.but(per_page=100), now)

    assert results.engine == "meilisearch"
    assert results.ids, "the example says something"
    # The page orders by the wishes read in the words; a message keeps what meets them all.
    wished = {
        entry["listing_id"]
        for entry in entries
        if all(f" {mark} " in entry["words"] for mark in marks_asked(understood))
    }
    assert set(Candidates(entries).matching(criteria, understood)) == wished & set(results.ids)
