"""The team corrects the base: sources, dates, history, and files without loss."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, insert, select
from sqlalchemy.exc import IntegrityError

from app.accounts.enums import Role
from app.core import clock
from app.core.database import db
from app.professions import correcting, fields, open_data, queries, revisions, services
from app.professions.correcting import ChangedMeanwhile, Citation
from app.professions.enums import EntryKind
from app.professions.files import DATA, NAMES, READ_ON, read_reference, write_reference
from app.professions.models import ReferenceRevision
from app.professions.revisions import ADDED, RETIRED
from tests import factories
from tests.applications.pages import page, words
from tests.listings.counting import count_queries

MOVE = "aide-soignant>infirmier:promotion"
DAY = dt.timedelta(days=1)
SignIn = Callable[..., FlaskClient]


def cited(today: dt.date, **values: Any) -> Citation:
    given = {
        "title": "Arrêté d’essai",
        "url": "https://www.legifrance.gouv.fr/essai",
        "reliability": "A",
        "verified": True,
        "effective_on": today,
        "review_on": None,
        "reason": "",
    }
    return Citation(**(given | values))


@pytest.fixture
def today(now: dt.datetime) -> dt.date:
    return clock.paris_date(now)


@pytest.fixture
def author() -> Any:
    return factories.user(role=Role.ADMIN)


def move() -> Any:
    return next(iter(queries.mobility_edges("aide-soignant", "infirmier")))


def test_a_correction_in_force_is_read_at_once_with_its_source(
    now: dt.datetime, today: dt.date, author: Any
) -> None:
    change = {"duration_months": 30, "note": "Nouvelle règle."}
    correcting.correct(author.id, EntryKind.MOVE, MOVE, change, cited(today), 0, now)
    edge = move()
    assert (edge.duration_months, edge.data["note"], edge.verified) == (30, "Nouvelle règle.", True)
    code = edge.data["sources"][-1]
    assert queries.sources()[code].title == "Arrêté d’essai"
    again = services.load_reference()
    assert (again.created, again.updated, again.removed) == (0, 0, 0)


def test_a_correction_to_come_waits_for_its_day(
    now: dt.datetime, today: dt.date, author: Any
) -> None:
    later = cited(today, effective_on=today + 40 * DAY)
    correcting.correct(
        author.id, EntryKind.DIPLOMA, "deas", {"duration.hours": 1600}, later, 0, now
    )
    hours = lambda: next(one for one in queries.diplomas() if one.slug == "deas").data["duration"]  # noqa: E731
    assert hours()["hours"] == 1540
    assert correcting.apply_due(now + 39 * DAY) == 0
    assert correcting.apply_due(now + 40 * DAY) > 0
    assert hours()["hours"] == 1600
    assert hours()["months"] == 11


def test_two_people_never_correct_over_each_other(
    now: dt.datetime, today: dt.date, author: Any, session: Any
) -> None:
    first = {"note": "Une."}
    correcting.correct(author.id, EntryKind.MOVE, MOVE, first, cited(today), 0, now)
    with pytest.raises(ChangedMeanwhile):
        correcting.correct(author.id, EntryKind.MOVE, MOVE, {"note": "Deux."}, cited(today), 0, now)
    correcting.correct(author.id, EntryKind.MOVE, MOVE, {"note": "Deux."}, cited(today), 1, now)
    assert [one.number for one in correcting.history(EntryKind.MOVE, MOVE)] == [2, 1]
    assert move().data["note"] == "Deux."
    twin = {
        name: getattr(correcting.history(EntryKind.MOVE, MOVE)[0], name)
        for name in (
            "kind",
            "key",
            "number",
            "changes",
            "file_values",
            "verified",
            "source_title",
            "effective_on",
            "created_at",
            "reason",
        )
    }
    with pytest.raises(IntegrityError), session.begin_nested():
        session.execute(insert(ReferenceRevision).values(**twin))


def test_a_move_is_taken_away_and_added_again(
    now: dt.datetime, today: dt.date, author: Any
) -> None:
    correcting.correct(author.id, EntryKind.MOVE, MOVE, {RETIRED: True}, cited(today), 0, now)
    assert queries.mobility_edges("aide-soignant", "infirmier") == ()
    row = revisions.find(read_reference(), EntryKind.MOVE, MOVE)
    assert row is not None
    back = {ADDED: row | {"duration_months": 28}}
    correcting.correct(author.id, EntryKind.MOVE, MOVE, back, cited(today), 1, now)
    assert move().duration_months == 28


def test_what_the_file_says_since_is_told(
    now: dt.datetime, today: dt.date, author: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    correcting.correct(
        author.id, EntryKind.MOVE, MOVE, {"duration_months": 30}, cited(today), 0, now
    )
    found = {one.key: one for one in correcting.entries(today)}
    assert not found[MOVE].overtaken
    newer = read_reference()
    row = revisions.find(newer, EntryKind.MOVE, MOVE)
    assert row is not None
    row["duration_months"] = 24
    monkeypatch.setattr(correcting, "read_reference", lambda: newer)
    found = {one.key: one for one in correcting.entries(today)}
    assert found[MOVE].overtaken
    assert found[MOVE].row["duration_months"] == 30


def write(seen: int, changes: dict[str, Any], author: Any, now: dt.datetime, day: dt.date) -> None:
    """Correct the move after `seen` corrections, from that day."""
    cite = cited(clock.paris_date(now), effective_on=day)
    correcting.correct(author.id, EntryKind.MOVE, MOVE, changes, cite, seen, now)


def is_overtaken(today: dt.date) -> bool:
    return {one.key: one for one in correcting.entries(today)}[MOVE].overtaken


def test_a_decree_to_come_has_the_last_word_on_its_day(
    now: dt.datetime, today: dt.date, author: Any
) -> None:
    write(0, {"duration_months": 30}, author, now, today + 40 * DAY)
    write(1, {"duration_months": 28}, author, now, today)
    assert move().duration_months == 28
    correcting.apply_due(now + 40 * DAY)
    assert move().duration_months == 30


def test_a_file_that_changed_is_settled_by_the_next_correction(
    now: dt.datetime, today: dt.date, author: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(0, {"duration_months": 30}, author, now, today)
    newer = read_reference()
    row = revisions.find(newer, EntryKind.MOVE, MOVE)
    assert row is not None
    row["duration_months"] = 24
    monkeypatch.setattr(correcting, "read_reference", lambda: newer)
    assert is_overtaken(today)
    write(1, {"duration_months": 24}, author, now, today)
    assert not is_overtaken(today)


def test_an_export_that_became_the_files_says_nothing_else_than_the_team(
    now: dt.datetime,
    today: dt.date,
    author: Any,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    write(0, {"duration_months": 30}, author, now, today)
    write(1, {"duration_months": 28}, author, now, today)
    write_reference(services.edition(today), tmp_path)
    again = read_reference(tmp_path)
    monkeypatch.setattr(correcting, "read_reference", lambda: again)
    assert not is_overtaken(today)


def test_a_reading_without_change_makes_the_entry_fresh(
    now: dt.datetime, today: dt.date, author: Any
) -> None:
    key = "auxiliaire-de-puericulture>infirmier:promotion"
    before = {one.key: one for one in correcting.entries(today)}[key]
    assert before.is_stale(today)
    assert not before.verified
    review = cited(today, review_on=today + 90 * DAY)
    correcting.correct(author.id, EntryKind.MOVE, key, {}, review, 0, now)
    after = {one.key: one for one in correcting.entries(today)}[key]
    assert after.verified
    assert not after.is_stale(today)
    assert after.is_stale(today + 90 * DAY)


def test_files_come_back_byte_for_byte(tmp_path: Path) -> None:
    write_reference(read_reference(), tmp_path)
    for name in NAMES:
        assert (tmp_path / f"{name}.json").read_bytes() == (DATA / f"{name}.json").read_bytes()


class _Written:
    """A correction that is in no database."""

    source_title, source_url, source_reliability = "Essai", None, "B"
    effective_on = dt.date(2026, 1, 1)

    def __init__(self, rank: int, kind: EntryKind, key: str, changes: dict[str, Any]) -> None:
        self.id, self.kind, self.key, self.changes = rank + 1, kind, key, changes
        self.verified = rank % 2 == 0


@st.composite
def corrections(draw: st.DrawFn) -> list[_Written]:
    reference = read_reference()
    found = []
    for rank in range(draw(st.integers(0, 4))):
        kind = draw(st.sampled_from(list(EntryKind)))
        row = draw(st.sampled_from(revisions.rows_of(reference, kind)))
        spec = draw(st.sampled_from(fields.FIELDS[kind]))
        value = draw(st.none() | st.integers(1, 8) | st.booleans() | st.text(max_size=20))
        found.append(_Written(rank, kind, revisions.key_of(kind, row), {spec.name: value}))
    return found


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(written=corrections())
def test_exporting_and_applying_again_loses_nothing(
    written: list[_Written], tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("export")
    day = dt.date(2026, 11, 22)
    merged = revisions.apply(read_reference(), written, day)
    write_reference(merged, folder)
    again = revisions.apply(read_reference(folder), written, day)
    assert again == merged
    last: dict[Any, Any] = {}
    for one in written:
        last |= {(one.kind, one.key, name): value for name, value in one.changes.items()}
    for (kind, key, name), value in last.items():
        row = revisions.find(merged, kind, key)
        assert row is not None
        assert revisions.value_of(row, name) == value


@pytest.mark.parametrize(
    ("kind", "name", "typed", "value"),
    [
        (EntryKind.MOVE, "duration_months", "10,5", 10.5),
        (EntryKind.MOVE, "duration_months", " 27 ", 27),
        (EntryKind.MOVE, "duration_months", "", None),
        (EntryKind.DIPLOMA, "duration.hours", "1\u00a0540", 1540),
        (EntryKind.PROFESSION, "regulated", "oui", True),
        (EntryKind.MOVE, "via", "deas", "deas"),
        (EntryKind.EQUIVALENCE, "as_of", "2026-02-01", "2026-02-01"),
    ],
)
def test_values_are_read_as_people_write_them(
    kind: EntryKind, name: str, typed: str, value: Any
) -> None:
    field = next(one for one in fields.FIELDS[kind] if one.name == name)
    assert fields.parsed(field, typed, frozenset({"deas"})) == value


@pytest.mark.parametrize(
    ("kind", "name", "typed"),
    [
        (EntryKind.MOVE, "duration_months", "-3"),
        (EntryKind.MOVE, "duration_months", "nan"),
        (EntryKind.MOVE, "duration_months", "1e9"),
        (EntryKind.DIPLOMA, "level", "9"),
        (EntryKind.DIPLOMA, "level", "4,5"),
        (EntryKind.DIPLOMA, "label", ""),
        (EntryKind.MOVE, "via", "sorcellerie"),
        (EntryKind.EQUIVALENCE, "as_of", "31/02/2026"),
        (EntryKind.PROFESSION, "regulated", "peut-être"),
        (EntryKind.PROFESSION, "summary", "x" * 2_001),
    ],
)
def test_what_is_no_value_is_refused_in_french(kind: EntryKind, name: str, typed: str) -> None:
    field = next(one for one in fields.FIELDS[kind] if one.name == name)
    with pytest.raises(ValueError, match=r"\."):
        fields.parsed(field, typed, frozenset({"deas"}))


# Pages of the team


def filled(client: FlaskClient, address: str) -> dict[str, str]:
    """Return what the form of an entry would send as it is."""
    return values_of(client.get(address), 200)


def values_of(answer: Any, status: int) -> dict[str, str]:
    """Return what the form of an answer would send as it is."""
    assert answer.status_code == status, answer.text
    form = page(answer).select_one("main form[method=post]")
    values = {}
    for control in form.select("input[name], textarea[name], select[name]"):
        if control.get("type") == "checkbox":
            continue
        if control.name == "select":
            chosen = control.select_one("option[selected]")
            values[control["name"]] = chosen["value"] if chosen else ""
        else:
            text = control.get_text().removeprefix("\n") if control.name == "textarea" else ""
            values[control["name"]] = text or control.get("value", "")
    return values


def test_the_team_corrects_an_entry_and_reads_its_history(
    sign_in: SignIn, author: Any, session: Any
) -> None:
    client, address = sign_in(author), f"/equipe/metiers/move/{MOVE}"
    values = filled(client, address)
    assert values["field-duration_months"] == "27"
    without = client.post(address, data=values | {"field-duration_months": "beaucoup"})
    assert without.status_code == 422
    assert "Dites où vous l’avez lu." in words(without)
    assert "Écrivez un nombre entre 0,5 et 120." in words(without)
    assert "beaucoup" in without.text
    source = {"source_title": "Arrêté d’essai", "source_url": "https://legifrance.gouv.fr/x"}
    sent = client.post(address, data=values | source | {"field-duration_months": "28,5"})
    assert sent.status_code == 303
    shown = words(client.get(address))
    assert "Durée, en mois : 27 → 28,5" in shown.replace("\u00a0", " ")
    assert move().duration_months == 28.5
    [only] = correcting.history(EntryKind.MOVE, MOVE)
    assert only.changes == {"duration_months": 28.5}
    assert only.author_id == author.id
    stale = client.post(address, data=values | source | {"field-note": "En retard."})
    assert stale.status_code == 409
    assert "En retard." in stale.text
    assert "pendant que vous écriviez" in words(stale)
    assert session.scalar(select(func.count()).select_from(ReferenceRevision)) == 1


def test_sending_again_after_somebody_else_keeps_both_corrections(
    sign_in: SignIn, author: Any
) -> None:
    client, address = sign_in(author), f"/equipe/metiers/move/{MOVE}"
    shown = filled(client, address) | {"source_title": "Essai"}
    colleague = shown | {"field-duration_months": "28,5", "field-entry": "Autre entrée."}
    assert client.post(address, data=colleague).status_code == 303
    mine = shown | {"field-note": "Ma note.", "field-entry": "Mon entrée."}
    again = values_of(client.post(address, data=mine), 409)
    assert client.post(address, data=again).status_code == 303
    edge = move()
    assert (edge.duration_months, edge.data["note"]) == (28.5, "Ma note.")
    assert edge.data["entry"] == "Mon entrée."


def test_the_history_tells_what_the_correction_before_said(
    sign_in: SignIn, author: Any, now: dt.datetime, today: dt.date
) -> None:
    write(0, {"duration_months": 30}, author, now, today)
    write(1, {"duration_months": 28}, author, now, today)
    shown = words(sign_in(author).get(f"/equipe/metiers/move/{MOVE}")).replace("\u00a0", " ")
    assert "Durée, en mois : 30 → 28" in shown
    assert "Durée, en mois : 27 → 30" in shown


def test_what_is_taken_away_or_to_come_stays_readable(
    sign_in: SignIn, author: Any, now: dt.datetime, today: dt.date
) -> None:
    client, address = sign_in(author), "/equipe/metiers/ajouter/move"
    values = filled(client, address) | {
        "origin": "psychologue",
        "target": "infirmier",
        "nature": "reconversion",
        "field-route_verified": "non",
        "source_title": "Essai",
        "effective_on": str(today + 40 * DAY),
    }
    assert client.post(address, data=values).status_code == 303
    write(0, {RETIRED: True}, author, now, today)
    for key in ("psychologue>infirmier:reconversion", MOVE):
        found = f"/equipe/metiers/move/{key}"
        assert "n’est pas sur le site aujourd’hui" in words(client.get(found))
        assert page(client.get(found)).select_one("main form[method=post]") is None
        assert client.post(found, data=values).status_code == 409
        assert client.get(f"/equipe/metiers/retirer/move/{key}").status_code == 404
    listed = client.get("/equipe/metiers/?liste=move")
    tagged = [one for one in page(listed).select("tbody tr") if "retirée ou à venir" in one.text]
    assert len(tagged) == 2
    waiting = client.get("/equipe/metiers/?liste=move&etat=a-confirmer")
    assert "retirée ou à venir" not in waiting.text
    # The day after, the one to come is there.
    correcting.apply_due(now + 40 * DAY)
    assert len(queries.mobility_edges("psychologue", "infirmier")) == 1


@pytest.mark.parametrize("typed", ["https://[abc", "legifrance.gouv.fr", "javascript:alert(1)"])
def test_what_is_no_address_is_said_in_french(sign_in: SignIn, author: Any, typed: str) -> None:
    client, address = sign_in(author), f"/equipe/metiers/move/{MOVE}"
    values = filled(client, address) | {"source_title": "Essai", "source_url": typed}
    answer = client.post(address, data=values)
    assert answer.status_code == 422
    assert "Écrivez une adresse complète" in words(answer)
    assert typed in answer.text


@pytest.mark.parametrize(
    ("kind", "least", "most"),
    [
        (EntryKind.EQUIVALENCE, "field-hours_remaining", "field-hours_full"),
        (EntryKind.PROFESSION, "field-pay-entry_gross_monthly", None),
    ],
)
def test_a_least_is_never_more_than_a_most(
    sign_in: SignIn, author: Any, today: dt.date, kind: EntryKind, least: str, most: str | None
) -> None:
    client = sign_in(author)
    entry = next(one for one in correcting.entries(today) if one.kind is kind)
    address = f"/equipe/metiers/{kind.value}/{entry.key}"
    high = {most or "field-pay-entry_gross_monthly_high": "2000", least: "2001"}
    values = filled(client, address) | {"source_title": "Essai"}
    answer = client.post(address, data=values | high)
    assert answer.status_code == 422
    assert "vérifiez les deux" in words(answer)
    assert client.post(address, data=values | high | {least: "1999"}).status_code == 303


def test_nothing_changed_is_a_reading(sign_in: SignIn, author: Any) -> None:
    client = sign_in(author)
    for entry in correcting.entries(clock.paris_date(clock.now()))[::9]:
        address = f"/equipe/metiers/{entry.kind.value}/{entry.key}"
        values = filled(client, address) | {"source_title": "Relu"}
        assert client.post(address, data=values).status_code == 303, address
        assert correcting.history(entry.kind, entry.key)[0].changes == {}, address


def test_a_move_is_added_and_taken_away_from_the_pages(sign_in: SignIn, author: Any) -> None:
    client, address = sign_in(author), "/equipe/metiers/ajouter/move"
    values = filled(client, address) | {
        "origin": "psychologue",
        "target": "psychologue",
        "nature": "reconversion",
        "field-route_verified": "non",
        "source_title": "Essai",
    }
    assert client.post(address, data=values).status_code == 422
    values["target"] = "infirmier"
    assert client.post(address, data=values).status_code == 303
    assert client.post(address, data=values).status_code == 422
    assert len(queries.mobility_edges("psychologue", "infirmier")) == 1
    away = "/equipe/metiers/retirer/move/psychologue>infirmier:reconversion"
    assert client.post(away, data=filled(client, away)).status_code == 422
    gone = filled(client, away) | {"source_title": "Erreur"}
    assert client.post(away, data=gone).status_code == 303
    assert queries.mobility_edges("psychologue", "infirmier") == ()
    equivalence = "/equipe/metiers/ajouter/equivalence"
    values = filled(client, equivalence) | {
        "origin": "cap-aepe",
        "target": "deas",
        "field-in_force": "oui",
        "field-as_of": "2026-01-01",
        "source_title": "Essai",
    }
    assert client.post(equivalence, data=values).status_code == 303
    deas = next(one for one in queries.diplomas() if one.slug == "deas")
    assert "cap-aepe>deas" in {one["id"] for one in deas.data["equivalences"]}


def test_lists_say_what_is_to_confirm_and_ask_few_questions(sign_in: SignIn, author: Any) -> None:
    client = sign_in(author)
    client.get("/equipe/metiers/?liste=move")  # The base is read once a process.
    for kind in EntryKind:
        for state in ("tout", "a-confirmer", "a-relire", "depasse", "inconnu"):
            with count_queries() as statements:
                answer = client.get(f"/equipe/metiers/?liste={kind.value}&etat={state}")
            assert answer.status_code == 200
            assert len(statements) <= 8, [one[:90] for one in statements]
    found = client.get("/equipe/metiers/?liste=move&etat=a-confirmer&q=puéricult")
    titles = [one.get_text() for one in page(found).select("tbody th a")]
    assert titles
    assert all("puéricult" in title.lower() for title in titles)
    assert client.get("/equipe/metiers/move/rien").status_code == 404
    assert client.get("/equipe/metiers/retirer/profession/aide-soignant").status_code == 404


# Commands and open data


def test_commands_write_the_files_and_list_what_is_to_confirm(
    app: Flask, tmp_path: Path, now: dt.datetime, today: dt.date, author: Any
) -> None:
    correcting.correct(
        author.id, EntryKind.MOVE, MOVE, {"duration_months": 30}, cited(today), 0, now
    )
    runner = app.test_cli_runner()
    assert runner.invoke(args=["professions", "export", str(tmp_path)]).exit_code == 0
    row = revisions.find(read_reference(tmp_path), EntryKind.MOVE, MOVE)
    assert row is not None
    assert row["duration_months"] == 30
    listed = runner.invoke(args=["professions", "unverified"], catch_exceptions=False).output
    assert "move auxiliaire-de-puericulture>infirmier:promotion : à confirmer" in listed


def test_open_data_holds_the_whole_base_and_nobody(
    client: FlaskClient, now: dt.datetime, today: dt.date, author: Any
) -> None:
    assert "Édition du 22 novembre 2026." in words(client.get("/donnees-ouvertes/"))
    whole = client.get("/donnees-ouvertes/metiers.json")
    document = json.loads(whole.data)
    reference = read_reference()
    assert document["licence"] == open_data.LICENCE
    assert {name: document[name] for name in NAMES} == {
        name: getattr(reference, name) for name in NAMES
    }
    assert "Set-Cookie" not in whole.headers
    mark = {"If-None-Match": whole.headers["ETag"]}
    assert client.get("/donnees-ouvertes/metiers.json", headers=mark).status_code == 304
    for name, columns in open_data.COLUMNS.items():
        answer = client.get(f"/donnees-ouvertes/{name}")
        rows = list(csv.reader(io.StringIO(answer.data.decode("utf-8-sig")), delimiter=";"))
        assert rows[0] == list(columns)
        assert all(len(row) == len(columns) for row in rows)
        assert len(rows) > 30
    assert client.get("/donnees-ouvertes/autre.csv").status_code == 404
    reason = {"reason": "Vu avec Mme Secret", "title": "Source publique"}
    correcting.correct(
        author.id, EntryKind.MOVE, MOVE, {"duration_months": 30}, cited(today, **reason), 0, now
    )
    db.session.commit()
    # Other processes ask again within seconds.
    open_data.FILES.forget()
    changed = client.get("/donnees-ouvertes/metiers.json", headers=mark)
    assert changed.status_code == 200
    assert b"Source publique" in changed.data
    assert json.loads(changed.data)["edition"] == max(today, READ_ON).isoformat()
    assert b"Secret" not in changed.data
