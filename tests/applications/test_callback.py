"""The moments a person chose for her call: what is stored, when it is open, changing it later."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

import pytest
from alembic.migration import MigrationContext
from alembic.operations import Operations
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import create_engine, select, text
from sqlalchemy.exc import IntegrityError

from app.applications import callback, keys
from app.applications.enums import CALL_BACK_CHOICES, CallBack, Status
from app.applications.models import Application
from app.core.clock import PARIS, paris_instant
from app.core.working_days import easter, is_working_day
from tests import factories
from tests.applications.pages import answer, page, words
from tests.stack import ROOT

SignIn = Callable[..., FlaskClient]
MONDAY = dt.date(2026, 11, 23)
EPOCH = dt.datetime(2024, 1, 1, tzinfo=dt.UTC)


def at(hour: int, minute: int = 0, day: dt.date = MONDAY) -> dt.datetime:
    return paris_instant(day, dt.time(hour, minute))


@pytest.mark.no_database
@given(st.lists(st.sampled_from(list(CallBack))))
def test_what_is_chosen_is_stored_in_one_way_only(slots: list[CallBack]) -> None:
    stored = callback.written(slots)
    assert stored in CALL_BACK_CHOICES
    assert callback.written(callback.read(stored)) == stored


@pytest.mark.no_database
@given(
    st.integers(0, 200_000).map(lambda quarters: EPOCH + dt.timedelta(minutes=15 * quarters)),
    st.sampled_from(CALL_BACK_CHOICES),
)
def test_the_next_slot_is_to_come_open_and_the_first(now: dt.datetime, choice: str) -> None:
    instant = callback.next_opening([choice], now)
    assert instant is not None
    assert instant > now
    assert choice in callback.open_at(instant)
    hour = now.replace(minute=0, second=0, microsecond=0) + dt.timedelta(hours=1)
    starts = {callback.SLOTS[slot][0] for slot in callback.read(choice)}
    while hour < instant:
        local = hour.astimezone(PARIS)
        assert local.hour not in starts or not is_working_day(local.date())
        hour += dt.timedelta(hours=1)


@pytest.mark.no_database
@pytest.mark.parametrize(
    ("instant", "slot"),
    [
        (at(8, 59), None),
        (at(9), "morning"),
        (at(11, 59), "morning"),
        (at(12), "noon"),
        (at(14), "afternoon"),
        (at(19, 59), "evening"),
        (at(20), None),
        (at(10, day=dt.date(2026, 11, 22)), None),
        (at(10, day=dt.date(2026, 4, 6)), None),
        (at(10, day=dt.date(2026, 5, 14)), None),
        (at(10, day=dt.date(2026, 12, 25)), None),
    ],
)
def test_calls_are_for_working_days_in_paris(instant: dt.datetime, slot: str | None) -> None:
    choices = callback.open_at(instant)
    assert [one for one in callback.SLOTS if one in choices] == ([slot] if slot else [])
    assert ("any" in choices) is bool(slot)


@pytest.mark.no_database
def test_easter_falls_where_the_calendar_says() -> None:
    known = {2024: (3, 31), 2025: (4, 20), 2026: (4, 5), 2027: (3, 28), 2038: (4, 25)}
    assert {year: (easter(year).month, easter(year).day) for year in known} == known


@pytest.mark.parametrize(
    ("sent", "stored"),
    [
        (["evening", "morning"], "morning,evening"),
        (["morning", "noon", "afternoon", "evening"], "any"),
        (["any"], "any"),
        ([], "any"),
    ],
)
def test_several_moments_are_chosen_with_the_application(
    sent: list[str], stored: str, client: FlaskClient, session: Any
) -> None:
    answer(client, factories.listing(), call_back=sent)
    assert session.scalars(select(Application.call_back)).one() == stored


def follow(client: FlaskClient, application: Application) -> Any:
    token = keys.link_token(application.link_salt)
    return client.get(f"/candidature/{application.reference}?cle={token}")


def choose(client: FlaskClient, application: Application, *slots: str) -> Any:
    token = page(client.get("/candidature/")).select_one("[name=csrf_token]")
    assert token is not None
    data = {"csrf_token": token["value"], "call_back": list(slots)}
    return client.post(f"/candidature/{application.reference}/rappel", data=data)


def test_the_person_changes_the_moment_while_she_waits(client: FlaskClient, session: Any) -> None:
    application = factories.application(call_back="morning")
    session.commit()
    before = application.updated_at
    ticked = page(follow(client, application)).select("[name=call_back][checked]")
    assert [box["value"] for box in ticked] == ["morning"]
    session.refresh(application)
    assert application.call_back == "morning"
    assert choose(client, application, "noon", "evening").status_code == 303
    session.refresh(application)
    assert (application.call_back, application.updated_at) == ("noon,evening", before)
    shown = words(follow(client, application))
    assert "la structure le voit dès maintenant" in shown
    assert "Un appel, le midi, le soir" in shown
    choose(client, application, "midnight")
    session.refresh(application)
    assert application.call_back == "noon,evening"


@pytest.mark.parametrize(
    "values", [{"status": Status.CONTACTED}, {"status": Status.WITHDRAWN}, {"phone": None}]
)
def test_nothing_is_chosen_once_no_call_is_awaited(
    values: dict[str, Any], client: FlaskClient, session: Any
) -> None:
    application = factories.application(call_back="morning", **values)
    session.commit()
    assert not page(follow(client, application)).select("[name=call_back]")
    choose(client, application, "evening")
    session.refresh(application)
    assert application.call_back == "morning"


def test_a_stranger_changes_nothing(client: FlaskClient, session: Any) -> None:
    application = factories.application(call_back="morning")
    session.commit()
    assert "/candidature/?reference=" in choose(client, application, "evening").location
    session.refresh(application)
    assert application.call_back == "morning"


def test_the_board_says_who_may_be_called_now(sign_in: SignIn, time_machine: Any) -> None:
    time_machine.move_to(at(12, 30), tick=False)
    person = factories.user()
    of = factories.listing(organisation=factories.organisation(person))
    factories.application(of, first_name="Midi", call_back="noon")
    factories.application(of, first_name="Soir", call_back="evening")
    factories.application(of, first_name="Toujours")
    factories.application(of, first_name="Écrit", phone=None)
    factories.application(of, first_name="Parlé", status=Status.CONTACTED)
    client = sign_in(person)
    whole = words(client.get("/recruter/"))
    assert "2 joignables maintenant prochain créneau : aujourd’hui, 14 h" in whole
    assert whole.count("Joignable maintenant") == 2
    assert "Rappeler : le soir" in whole
    for view in ("", "&vue=liste"):
        now = page(client.get(f"/recruter/?joignables=oui{view}"))
        names = [label.get_text() for label in now.select("[data-ticks] label")]
        assert sorted(names) == ["Midi", "Toujours"]
    time_machine.move_to(at(21), tick=False)
    nobody = words(sign_in(person).get("/recruter/?joignables=oui"))
    assert "Personne n’est joignable à cette heure. Prochain créneau : demain, 9 h." in nobody


@pytest.mark.no_database
def test_the_rule_is_widened_and_narrowed_without_losing_what_refers_to_the_person(
    tmp_path: Path,
) -> None:
    found = spec_from_file_location(
        "widen", ROOT / "migrations" / "versions" / "0017_widen_call_back.py"
    )
    assert found is not None
    assert found.loader is not None
    migration = module_from_spec(found)
    found.loader.exec_module(migration)
    engine = create_engine(f"sqlite:///{tmp_path / 'widen.db'}")
    with engine.begin() as connection:
        connection.exec_driver_sql(
            "CREATE TABLE application (id INTEGER PRIMARY KEY, call_back VARCHAR(12) NOT NULL, "
            f"CONSTRAINT {migration.NAME} CHECK ({migration.BEFORE}))"
        )
        connection.exec_driver_sql(
            "CREATE TABLE child (id INTEGER, FOREIGN KEY(id) REFERENCES application (id) "
            "ON DELETE CASCADE)"
        )
        connection.exec_driver_sql("INSERT INTO application VALUES (1, 'noon'), (2, 'any')")
        connection.exec_driver_sql("INSERT INTO child VALUES (1)")

    def run(step: Callable[[], None]) -> None:
        with (
            engine.begin() as connection,
            Operations.context(MigrationContext.configure(connection)),
        ):
            step()

    def write(value: str) -> None:
        with engine.begin() as connection:
            connection.execute(
                text("UPDATE application SET call_back = :value WHERE id = 2"), {"value": value}
            )

    run(migration.upgrade)
    write("morning,evening")
    with pytest.raises(IntegrityError):
        write("midnight")
    run(migration.downgrade)
    with pytest.raises(IntegrityError):
        write("evening")
    with engine.begin() as connection:
        kept = connection.exec_driver_sql("SELECT call_back FROM application").scalars().all()
        assert kept == ["noon", "any"]
        assert connection.exec_driver_sql("SELECT count(*) FROM child").scalar_one() == 1
        assert connection.exec_driver_sql("PRAGMA integrity_check").scalar_one() == "ok"
    engine.dispose()


@pytest.mark.no_database
def test_the_migration_lists_what_the_form_may_store() -> None:
    migration = (ROOT / "migrations" / "versions" / "0017_widen_call_back.py").read_text("utf-8")
    for choice in CALL_BACK_CHOICES:
        assert f"'{choice}'" in migration
