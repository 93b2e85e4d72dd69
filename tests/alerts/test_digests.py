"""What is new, told once, in the morning, to those who asked."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from app.alerts import digests, services
from app.alerts.enums import Frequency
from app.alerts.matching import Candidates
from app.alerts.models import Alert, Digest, SentListing
from app.core.database import db
from app.core.outbox import OutboxEvent
from app.listings.enums import Outcome, Status
from app.listings.models import Listing
from app.search import fallback, rebuild
from app.search.criteria import parse
from app.search.documents import all_documents, entry_of
from app.search.marks import marks_asked
from app.search.understanding import told, understand
from tests import factories
from tests.alerts.conftest import START, morning

Serve = Callable[[dt.datetime], list[Any]]
HOUR = dt.timedelta(hours=1)


def added(title: str = "Aide-soignant·e", **values: Any) -> int:
    when = values.pop("now", START + HOUR)
    return factories.listing(title=title, now=when, created_at=when, **values).id


def text_of(message: Any) -> str:
    return message.get_body(("plain",)).get_content()


def test_a_digest_tells_what_is_new_and_answers_the_search(serve: Serve) -> None:
    added("Ancienne annonce", now=START - HOUR)
    factories.alert(now=START, search={"q": "infirmière", "ou": "Bron"})
    added("Infirmier·ère de jour")
    added("Aide-soignant·e de jour")
    added("Infirmier·ère à Paris", commune_code="75112")

    [message] = serve(morning())

    text = text_of(message)
    assert "Infirmier·ère de jour" in text
    assert not any(other in text for other in ("Ancienne", "Aide-soignant", "Paris"))
    assert "recherche?ou=Bron&q=infirmi%C3%A8re&tri=date" in text
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    stop = message["List-Unsubscribe"].strip("<> ")
    assert stop in text
    assert stop.endswith("/arret")


def test_nothing_new_sends_nothing_and_nothing_is_told_twice(serve: Serve) -> None:
    factories.alert(now=START)
    assert serve(morning(1)) == []
    added(now=morning(1) + HOUR)
    assert len(serve(morning(2))) == 1
    assert serve(morning(2, hour=9)) == serve(morning(3)) == serve(morning(4)) == []


def test_what_was_written_before_a_run_and_committed_after_it_is_told_once(serve: Serve) -> None:
    factories.alert(now=START)
    added("Première", now=morning(1) - dt.timedelta(minutes=5))
    assert len(serve(morning(1))) == 1
    added("Retardée", now=morning(1) - dt.timedelta(minutes=4))
    [message] = serve(morning(2))
    assert "Retardée" in text_of(message)
    assert "Première" not in text_of(message)


def test_what_another_site_published_long_ago_is_new_when_it_comes_here(serve: Serve) -> None:
    factories.alert(now=START)
    one = factories.listing(now=START - 20 * 24 * HOUR, title="Importée")
    one.created_at = START + HOUR
    assert len(serve(morning())) == 1


def test_digests_leave_by_day_in_paris_and_catch_up(serve: Serve) -> None:
    factories.alert(now=START)
    added()
    for hour in (0, 6, 20, 23):
        assert serve(morning(1, hour=hour)) == []
    assert len(serve(morning(1, hour=15))) == 1


def test_a_weekly_alert_is_served_on_the_weekday_of_its_start(serve: Serve) -> None:
    factories.alert(now=START, frequency=Frequency.WEEKLY)
    added()
    for day in range(1, 7):
        assert serve(morning(day)) == []
    assert len(serve(morning(7))) == 1
    added(now=morning(7) + HOUR)
    # The worker was away on the day.
    assert len(serve(morning(15))) == 1
    added(now=morning(15) + HOUR)
    assert len(serve(morning(21))) == 1


def test_a_long_digest_names_ten_and_counts_the_others(serve: Serve) -> None:
    factories.alert(now=START)
    for number in range(24):
        added(f"Numéro {number:02d}", now=START + HOUR + dt.timedelta(minutes=number))
    [message] = serve(morning())
    text = text_of(message)
    assert text.count("- Numéro") == digests.NAMED
    assert "Numéro 23" in text
    assert "Et 14 autres" in text
    assert serve(morning(2)) == []


def test_what_closed_before_sending_is_not_told(serve: Serve) -> None:
    factories.alert(now=START)
    first, second = added("Encore ouverte"), added("Fermée entre-temps")
    closed = {"status": Status.CLOSED, "closed_at": START, "outcome": Outcome.FILLED}
    plans = digests.plan(morning())
    assert set(plans[0].listings) == {first, second}
    digests.write(plans, morning())
    for name, value in closed.items():
        setattr(db.session.get_one(Listing, second), name, value)
    [message] = serve(morning())
    assert "Encore ouverte" in text_of(message)
    assert "Fermée" not in text_of(message)


def test_paused_stopped_and_unconfirmed_alerts_receive_nothing(serve: Serve) -> None:
    paused = factories.alert(now=START, paused_at=START)
    factories.alert(now=START, stopped_at=START, stop_reason="bounced")
    factories.alert(now=START, confirmed_at=None)
    added()
    assert serve(morning()) == []
    # What came during the pause is not sent afterwards.
    services.resume_alert(paused, morning(1))
    assert serve(morning(2)) == []


def test_two_runs_at_once_write_each_digest_once(serve: Serve, smtp: Any) -> None:
    factories.alert(now=START)
    added()
    db.session.commit()
    one, other = digests.plan(morning()), digests.plan(morning())
    assert digests.write(one, morning()) == 1
    assert digests.write(other, morning()) == 0
    assert db.session.scalar(select(func.count(Digest.id))) == 1
    assert db.session.scalar(select(func.count()).select_from(SentListing)) == 1


def test_a_message_sent_again_after_a_crash_bears_the_same_name(serve: Serve, smtp: Any) -> None:
    factories.alert(now=START)
    added()
    smtp.refuse_with = "451 later"
    assert serve(morning()) == []
    smtp.refuse_with = None
    event = db.session.scalars(select(OutboxEvent).where(OutboxEvent.topic == "alert.digest")).one()
    [message] = serve(morning() + HOUR)
    assert message["Message-ID"].strip() == f"<alert-digest-{event.id}@localhost>"


def test_an_address_that_its_server_refuses_stops_the_alert(serve: Serve, smtp: Any) -> None:
    alert = factories.alert(now=START)
    added()
    smtp.refuse_with = "550 unknown"
    serve(morning())
    db.session.refresh(alert)
    assert (alert.active, alert.stop_reason) == (False, "bounced")
    smtp.refuse_with = None
    added(now=morning() + HOUR)
    assert serve(morning(2)) == []


def test_the_traces_of_digests_are_erased(serve: Serve) -> None:
    factories.alert(now=START)
    added()
    assert len(serve(morning())) == 1
    listing = db.session.scalars(select(Listing)).one()
    # What is still open, or was closed for some weeks, may come back: it is not told again.
    digests.purge_digests(morning(digests.KEPT_DAYS + 200))
    assert db.session.scalar(select(func.count(Digest.id))) == 1
    listing.status, listing.outcome = Status.CLOSED, Outcome.FILLED
    listing.closed_at = morning(3)
    db.session.flush()
    digests.purge_digests(morning(digests.KEPT_DAYS))
    assert db.session.scalar(select(func.count(Digest.id))) == 1
    digests.purge_digests(morning(digests.KEPT_DAYS + 4))
    assert db.session.scalar(select(func.count(Digest.id))) == 0
    assert db.session.scalar(select(func.count()).select_from(SentListing)) == 0
    assert db.session.scalar(select(func.count(Alert.id))) == 1


QUESTIONS = st.fixed_dictionaries(
    {},
    optional={
        "q": st.sampled_from(
            [
                "infirmière",
                "as nuit",
                "éducateur",
                "week-end",
                "inf",
                "maison de retraite",
                "zzz",
                "de",
            ]
        ),
        "ou": st.sampled_from(["Bron", "Lyon", "Paris", "Villeurbanne", "nulle part"]),
        "rayon": st.sampled_from(["1", "10", "50", "100"]),
        "type": st.sampled_from(["emploi", "formation", "stage"]),
        "contrat": st.sampled_from(["cdi", "cdd"]),
        "horaires": st.sampled_from(["nuit", "jour"]),
        "etablissement": st.sampled_from(["ehpad"]),
        "public": st.sampled_from(["personnes-agees"]),
        "diplome": st.just("sans"),
        "duree": st.sampled_from(["moins-de-3-mois", "de-3-a-12-mois"]),
    },
)


def test_matching_agrees_with_the_search_of_the_database(session: Any, now: dt.datetime) -> None:
    titles = [
        "Infirmier·ère de nuit",
        "Aide-soignant·e",
        "Éducateur·rice spécialisé·e",
        "ASH week-end",
    ]
    for number in range(24):
        factories.listing(
            "training" if number % 5 == 4 else "job",
            title=titles[number % 4],
            profession_id=None,
            commune_code=["69029", "69383", "75112", "69266"][number % 4 - number % 3],
            schedules=[["nuit"], ["jour"], []][number % 3],
            workplace=["ehpad", None][number % 2],
            publics=[["personnes-agees"], []][number // 2 % 2],
            diploma_need=["none", "required", "unknown"][number % 3],
            duration_months=[None, 2, 11][number % 3],
        )
    rebuild.catch_up_entries(now)
    entries = [entry_of(one) for batch in all_documents(now, 100) for one in batch]
    candidates = Candidates(entries)

    @settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
    @given(QUESTIONS)
    def agree(asked: dict[str, str]) -> None:
        criteria = told(parse(asked))
        understood = understand(criteria)
        wide = fallback.search(criteria.but(per_page=100), understood, now)
        # The page orders by the wishes read in the words; a message keeps what meets them all.
        wished = [
            entry["listing_id"]
            for entry in entries
            if all(f" {mark} " in entry["words"] for mark in marks_asked(understood))
        ]
        expected = set(wide.ids) & set(wished)
        assert set(candidates.matching(criteria, understood)) == expected

    agree()
