"""A run: idempotent, in one transaction, never unpublishing a source by mistake."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable, Iterable
from typing import Any

import pytest
from sqlalchemy import func, select

from app.core.database import db
from app.core.outbox import OutboxEvent
from app.imports.models import ImportRun, QuarantinedItem, RunState
from app.imports.records import Record
from app.imports.services import Report, UnknownSourceError, run_import, snapshots
from app.listings.enums import Outcome, Status
from app.listings.models import Listing
from app.listings.services import close_listing
from tests import factories

Offer = Callable[..., dict[str, Any]]
Run = Callable[..., Report]


@pytest.fixture
def run(as_records: Callable[[Iterable[Any]], list[Record]], now: dt.datetime) -> Run:
    """Return a function that imports raw offers and writes."""

    def import_(offers: Iterable[Any], **options: Any) -> Report:
        records = options.pop("records", None) or as_records(offers)
        chosen = {"write": True, "full": False, "now": now} | options
        return run_import("france-travail", records, **chosen)

    return import_


def listings() -> dict[str, Listing]:
    db.session.expire_all()
    found = db.session.scalars(select(Listing).where(Listing.source == "france-travail"))
    return {str(listing.source_id): listing for listing in found}


def changed_events() -> int:
    query = select(func.count()).where(OutboxEvent.topic == "listing.changed")
    return db.session.scalar(query) or 0


def test_first_run_creates_and_second_changes_nothing(
    run: Run, care_offers: list[dict[str, Any]]
) -> None:
    first = run(care_offers)
    assert (first.read, first.created, first.skipped) == (3, 2, 1)
    assert changed_events() == 2
    versions = {key: listing.version for key, listing in listings().items()}

    second = run(care_offers)
    assert (second.read, second.created, second.updated, second.unchanged) == (3, 0, 0, 2)
    assert changed_events() == 2
    assert {key: listing.version for key, listing in listings().items()} == versions


def test_listing_is_online_with_its_origin(run: Run, care_offers: list[dict[str, Any]]) -> None:
    run(care_offers)
    listing = listings()["201AAAA"]
    assert listing.status == Status.PUBLISHED
    assert not listing.answered_here
    assert listing.source_url == "https://candidat.francetravail.fr/offres/recherche/detail/201AAAA"
    assert listing.published_at == dt.datetime(2026, 11, 2, 8, 12, tzinfo=dt.UTC)
    assert "<li>Aider à la toilette</li>" in listing.description_html


def test_unchanged_offer_is_confirmed_as_still_true(
    run: Run, offer: Offer, now: dt.datetime
) -> None:
    run([offer(1)])
    closes_at = listings()["90000001"].closes_at
    run([offer(1)], now=now + dt.timedelta(days=40))
    later = listings()["90000001"].closes_at
    assert closes_at is not None
    assert later == closes_at + dt.timedelta(days=40)


def test_dry_run_counts_and_writes_nothing(run: Run, offer: Offer) -> None:
    report = run([offer(1), offer(2), {}], write=False)
    assert (report.read, report.created, report.quarantined_total) == (3, 2, 1)
    assert listings() == {}
    assert db.session.scalar(select(func.count()).select_from(ImportRun)) == 0


def test_changed_offer_is_updated(run: Run, offer: Offer) -> None:
    run([offer(1)])
    report = run([offer(1, typeContrat="CDD", typeContratLibelle="CDD - 3 Mois")])
    assert (report.updated, report.unchanged) == (1, 0)
    listing = listings()["90000001"]
    assert (listing.contract, listing.contract_months, listing.version) == ("cdd", 3, 2)


def test_bad_records_are_quarantined_and_stop_nothing(run: Run, offer: Offer) -> None:
    records = [
        Record("f.json, ligne 1, offre 1", offer(1)),
        Record("f.json, ligne 2, offre 2", error="JSON mal formé"),
        Record("f.json, ligne 3, offre 3", offer(3, dateCreation="0000-00-00")),
        Record("f.json, ligne 4, offre 4", offer(4)),
    ]
    report = run([], records=records)
    assert (report.read, report.created, report.quarantined_total) == (4, 2, 2)
    stored = db.session.execute(
        select(
            QuarantinedItem.position, QuarantinedItem.source_id, QuarantinedItem.reason
        ).order_by(QuarantinedItem.id)
    ).all()
    assert [tuple(row) for row in stored] == [
        ("f.json, ligne 2, offre 2", None, "JSON mal formé"),
        ("f.json, ligne 3, offre 3", "90000003", "date de création absente ou illisible"),
    ]


def test_record_that_the_database_refuses_does_not_stop_the_others(
    run: Run, offer: Offer, monkeypatch: pytest.MonkeyPatch
) -> None:
    from app.imports import france_travail

    monkeypatch.setattr(france_travail, "_positions", lambda value: -1 if value == 77 else 1)
    report = run([offer(1), offer(2, nombrePostes=77), offer(3)])
    assert (report.created, report.quarantined_total) == (2, 1)
    assert report.quarantined[0].source_id == "90000002"
    assert set(listings()) == {"90000001", "90000003"}
    assert changed_events() == 2


def test_same_offer_twice_is_one_listing(run: Run, offer: Offer) -> None:
    report = run([offer(1), offer(1)])
    assert (report.created, report.unchanged, report.quarantined_total) == (1, 1, 0)


@pytest.mark.parametrize("newest_first", [True, False])
def test_of_two_versions_the_last_written_stays(run: Run, offer: Offer, newest_first: bool) -> None:
    new = offer(1, typeContrat="CDD", dateActualisation="2026-11-12T00:00:00Z")
    old = offer(1, typeContrat="CDI", dateActualisation="2026-11-05T00:00:00Z")
    report = run([new, old] if newest_first else [old, new])
    assert (report.created, report.quarantined_total) == (1, 1)
    assert listings()["90000001"].contract == "cdd"


def test_partial_run_closes_nothing(run: Run, offer: Offer) -> None:
    run([offer(n) for n in range(10)])
    report = run([offer(1)])
    assert report.closed == 0
    assert all(listing.status == Status.PUBLISHED for listing in listings().values())


def test_full_run_closes_what_is_gone(run: Run, offer: Offer) -> None:
    run([offer(n) for n in range(10)])
    before = changed_events()
    report = run([offer(n) for n in range(7)], full=True)
    assert (report.state, report.closed, report.unchanged) == (RunState.DONE, 3, 7)
    gone = [listing for listing in listings().values() if listing.status == Status.CLOSED]
    assert {listing.outcome for listing in gone} == {Outcome.WITHDRAWN}
    assert changed_events() == before + 3


def test_full_run_that_would_close_more_than_thirty_percent_is_refused(
    run: Run, offer: Offer
) -> None:
    run([offer(n) for n in range(10)])
    report = run([offer(n) for n in range(6)] + [offer(50)], full=True)
    assert (report.state, report.created, report.closed) == (RunState.REFUSED, 0, 0)
    assert "4 annonces ouvertes sur 10" in report.reason
    assert len(listings()) == 10
    assert all(listing.status == Status.PUBLISHED for listing in listings().values())
    states = db.session.scalars(select(ImportRun.state).order_by(ImportRun.id)).all()
    assert states == [RunState.DONE, RunState.REFUSED]


def test_empty_source_closes_nothing(run: Run, offer: Offer) -> None:
    run([offer(n) for n in range(10)])
    assert run([], records=[Record("f.json", error="vide", complete=False)], full=True).state == (
        RunState.REFUSED
    )
    assert run([], full=True).state == RunState.REFUSED


def test_full_run_on_a_truncated_file_is_refused(run: Run, offer: Offer) -> None:
    run([offer(n) for n in range(10)])
    records = [Record(f"ligne {n}", offer(n)) for n in range(9)]
    records.append(Record("f.json", error="fichier coupé avant sa fin", complete=False))
    report = run([], records=records, full=True)
    assert report.state == RunState.REFUSED
    assert "incomplète" in report.reason


def test_offer_that_cannot_be_read_any_more_is_not_gone(run: Run, offer: Offer) -> None:
    run([offer(n) for n in range(10)])
    broken = offer(0, dateCreation="?")
    report = run([broken, *(offer(n) for n in range(1, 10))], full=True)
    assert (report.state, report.closed) == (RunState.DONE, 0)


def test_closed_listing_that_comes_back_is_published_again(
    run: Run, offer: Offer, now: dt.datetime
) -> None:
    run([offer(n) for n in range(10)])
    run([offer(n) for n in range(1, 10)], full=True)
    later = now + dt.timedelta(days=2)
    report = run([offer(n) for n in range(10)], now=later)
    assert (report.updated, report.unchanged) == (1, 9)
    back = listings()["90000000"]
    assert (back.status, back.outcome, back.closed_at) == (Status.PUBLISHED, None, None)
    assert back.published_at == later


def test_listing_closed_by_the_team_stays_closed(run: Run, offer: Offer, now: dt.datetime) -> None:
    run([offer(1)])
    listing = listings()["90000001"]
    close_listing(factories.user("moderator"), listing, Outcome.WITHDRAWN, now)
    report = run([offer(1, intitule="Aide-soignant de nuit")])
    assert report.unchanged == 1
    assert listings()["90000001"].status == Status.CLOSED


def test_listings_of_the_site_are_never_touched(run: Run, offer: Offer) -> None:
    own = factories.listing()
    run([offer(n) for n in range(4)], full=True)
    db.session.refresh(own)
    assert own.status == Status.PUBLISHED


def test_offer_dated_in_the_future_is_published_now(
    run: Run, offer: Offer, now: dt.datetime
) -> None:
    run([offer(1, dateCreation="2199-01-01T00:00:00Z")])
    assert listings()["90000001"].published_at == now


def test_unknown_source_is_refused(now: dt.datetime) -> None:
    with pytest.raises(UnknownSourceError, match="Source inconnue"):
        run_import("ailleurs", [], write=False, full=False, now=now)


def test_three_thousand_offers_take_less_than_thirty_seconds(
    run: Run, care_offers: list[dict[str, Any]]
) -> None:
    offers = [care_offers[n % 2] | {"id": f"B{n:06d}"} for n in range(3_000)]
    # The processor's time: what else the machine is doing says nothing of the import.
    started = time.process_time()
    assert run(offers).created == 3_000
    assert time.process_time() - started < 30
    assert run(offers).unchanged == 3_000


def test_a_full_run_closes_nothing_when_a_record_has_no_number(
    run: Run, care_offers: list[dict[str, Any]]
) -> None:
    run(care_offers, full=True)
    nameless = {key: value for key, value in care_offers[0].items() if key != "id"}

    changed = care_offers[1] | {"intitule": "Aide-soignante de nuit"}
    report = run([changed, nameless], full=True)

    assert (report.state, report.closed, report.updated) == ("done", 0, 1)
    assert "numéro" in report.reason


def test_more_offers_than_a_run_may_hold_are_refused(
    run: Run, offer: Offer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(snapshots, "OFFERS_MAX", 3)
    report = run([offer(number) for number in range(9)])
    assert (report.state, report.read) == ("refused", 4)
    assert "coupez le fichier" in report.reason
    assert listings() == {}
