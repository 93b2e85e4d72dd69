"""CSV files as people make them: encodings, separators, French formats, mistakes told."""

from __future__ import annotations

import csv
import datetime as dt
import io
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.imports import csv_records, queries
from app.imports.csv_columns import COLUMNS, guess_columns, model, set_aside
from app.imports.csv_listings import map_line
from app.imports.csv_records import read_csv
from app.imports.mapped import Mapped, Rejected
from app.imports.records import FILE_MAX_BYTES, Record, Source
from app.imports.reference import Reference
from app.imports.services import run_import
from app.listings.enums import DiplomaNeed, Kind, PayPeriod
from tests import factories
from tests.imports.files import JOB, csv_file


def read(content: bytes, columns: dict[str, str] | None = None) -> list[Record]:
    return list(read_csv([Source.of("annonces.csv", content)], columns=columns))


def values(reference: Reference, /, **cells: str) -> dict[str, Any]:
    result = map_line(JOB | cells, reference)
    assert isinstance(result, Mapped), result
    return result.values


def refusal(reference: Reference, /, **cells: str) -> str:
    result = map_line(JOB | cells, reference)
    assert isinstance(result, Rejected), result
    return result.reason


@pytest.mark.parametrize("separator", [";", ",", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16", "utf-16-le"])
@pytest.mark.parametrize("end", ["\r\n", "\n"])
def test_encodings_and_separators_are_recognised(separator: str, encoding: str, end: str) -> None:
    line = JOB | {"titre": "Éducateur spécialisé", "description": "Un,\nou ; deux\tjours"}
    (found,) = read(csv_file(line, separator=separator, encoding=encoding, end=end))
    assert found.raw == line


def test_lines_are_those_of_the_file() -> None:
    two = JOB | {"description": "Une ligne\net une autre"}
    found = read(csv_file(JOB, two, JOB))
    assert [one.position.rpartition(" ")[2] for one in found] == ["2", "3", "5"]


def test_too_many_cells_are_told_and_spoil_nothing() -> None:
    content = csv_file(JOB, JOB).decode().splitlines()
    content.insert(2, "a;b;c;d;e;f;g;h;i;j;k")
    found = read("\n".join(content).encode())
    assert [bool(one.error) for one in found] == [False, True, False]
    assert "11 cases pour 9 colonnes" in found[1].error


def test_unclosed_quote_is_told_and_the_file_is_not_complete() -> None:
    content = csv_file(JOB) + b'"' + b"x" * 200_000 + b"\n" + csv_file(JOB)
    found = read(content)
    assert any("guillemet jamais fermé" in one.error for one in found)
    assert not all(one.complete for one in found)


def test_quotes_that_are_not_doubled_are_told_and_spoil_nothing() -> None:
    content = csv_file(JOB, JOB, JOB).decode().splitlines()
    content[2] = content[2].replace("Vous", 'la "Maison" vous')
    found = read("\n".join(content).encode())
    assert ["guillemets mal placés" in one.error for one in found] == [False, True, False]
    assert all(one.complete for one in found)


def test_file_cut_inside_a_text_is_not_complete() -> None:
    found = read(csv_file(JOB, JOB | {"reference": "RH-2"})[:-4])
    assert [bool(one.error) for one in found] == [False, True]
    assert not found[1].complete


def test_heavy_file_is_refused_before_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "lourd.csv"
    with path.open("wb") as file:
        file.write(csv_file(JOB))
        file.truncate(FILE_MAX_BYTES + 1)
    started = time.monotonic()
    (found,) = read_csv([Source.at(path)])
    assert "plus de 50 Mo" in found.error
    assert time.monotonic() - started < 1


def test_endless_file_is_read_to_its_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(csv_records, "LINES_MAX", 100)
    found = read(csv_file(JOB) + b"\n" * 1_000_000)
    assert [one.complete for one in found] == [True, False]
    assert "coupez-le" in found[1].error


@pytest.mark.parametrize(
    "content",
    [bytes(range(256)) * 40, b"\x89PNG\r\n\x1a\n" + bytes(range(32)) + b";,\n" * 500],
    ids=["anything", "picture"],
)
def test_what_is_no_text_is_refused(content: bytes) -> None:
    (found,) = read(content)
    assert "pas un fichier de texte" in found.error
    assert not found.complete


@pytest.mark.parametrize("content", [b"", b"\n\n", b"bonjour", b"PK\x03\x04", b"a" * 100_000])
def test_what_is_no_table_is_refused(content: bytes) -> None:
    (found,) = read(content)
    assert "CSV" in found.error
    assert not found.complete


def test_a_job_is_read_as_it_is_written(reference: Reference) -> None:
    found = values(
        reference,
        lieu_exercice="EHPAD",
        horaires="De nuit, temps plein",
        salaire_max="2.290,50 €",
        heures_semaine="24-30",
        date_limite="31/12/2027",
        diplome_exige="oui",
        diplome="DEAS",
        permis="non",
        postes="2",
    )
    assert found["kind"] == Kind.JOB
    assert (found["workplace"], found["schedules"]) == ("ehpad", ["nuit", "temps-plein"])
    assert (found["pay_min_cents"], found["pay_max_cents"]) == (207_700, 229_050)
    assert found["pay_period"] == PayPeriod.MONTH
    assert (found["hours_min"], found["hours_max"]) == (24, 30)
    assert found["deadline"] == dt.date(2027, 12, 31)
    assert (found["diploma_need"], found["positions"]) == (DiplomaNeed.REQUIRED, 2)
    assert found["diploma_id"] == next(d.id for d in reference.diplomas if d.rncp == "40692")
    assert found["profession_id"] == factories.profession("aide-soignant").id
    assert (found["commune_code"], found["contract"]) == ("69029", "cdi")


def test_a_training_and_an_internship_are_read(reference: Reference) -> None:
    training = values(
        reference,
        type="Formation",
        sessions="04/01/2027, 2027-09-06",
        places="24",
        cout="0",
        financements="Région, CPF",
        modalite="à distance",
    )
    assert [one["starts_at"].date() for one in training["sessions"]] == [
        dt.date(2027, 1, 4),
        dt.date(2027, 9, 6),
    ]
    assert {one["capacity"] for one in training["sessions"]} == {24}
    assert (training["cost_cents"], training["funding"]) == (0, ["cpf", "region"])
    internship = values(reference, type="stage", debut="01/03/2027", fin="07/05/2027")
    assert internship["ends_on"] == dt.date(2027, 5, 7)


@pytest.mark.parametrize(
    ("cells", "reason"),
    [
        ({"reference": ""}, "reference absente"),
        ({"reference": "x" * 101}, "plus de 100 caractères"),
        ({"titre": " "}, "titre absent"),
        ({"description": ""}, "description absente"),
        ({"type": "voyage"}, "type : « voyage » inconnu"),
        ({"commune": "Nulle-Part (00000)"}, "commune : « Nulle-Part (00000) » inconnue"),
        ({"commune": "99999"}, "commune"),
        ({"metier": "astronaute"}, "metier : « astronaute »"),
        ({"date_limite": "00/00/0000"}, "date_limite : « 00/00/0000 »"),
        ({"date_limite": "0000-00-00"}, "écrivez la date ainsi"),
        ({"salaire_min": "-2077"}, "salaire_min"),
        ({"salaire_min": "2"}, "vraisemblable"),
        ({"salaire_min": "3000", "salaire_max": "2000"}, "plus petit que le minimum"),
        ({"heures_semaine": "350"}, "heures_semaine"),
        ({"postes": "0"}, "postes"),
        ({"postes": "1,5"}, "nombre entier"),
        ({"contrat": "CDIL"}, "contrat : « CDIL »"),
        ({"diplome_exige": "peut-être"}, "écrivez oui ou non"),
        ({"diplome": "DEXX"}, "diplome : « DEXX »"),
        ({"adresse_web": "javascript:alert(1)"}, "adresse_web"),
        ({"type": "stage", "debut": "02/03/2027", "fin": "01/03/2027"}, "avant le début"),
    ],
)
def test_what_cannot_be_understood_is_told(
    reference: Reference, cells: dict[str, str], reason: str
) -> None:
    assert reason in refusal(reference, **cells)


def test_model_is_read_whole_and_gives_an_example_a_kind(
    reference: Reference, now: dt.datetime
) -> None:
    found = [map_line(one.raw, reference) for one in read(model())]
    assert [one.values["kind"] for one in found if isinstance(one, Mapped)] == [
        Kind.JOB,
        Kind.TRAINING,
        Kind.INTERNSHIP,
    ]
    report = run_import("csv", read(model()), write=True, full=False, now=now)
    assert (report.created, report.quarantined_total) == (3, 0)


def test_line_of_a_partner_without_address_is_set_aside(now: dt.datetime) -> None:
    report = run_import("csv", read(csv_file(JOB)), write=True, full=False, now=now)
    assert [item.reason for item in report.quarantined] == ["adresse web absente : où répondre ?"]


def test_columns_are_guessed_by_their_names_then_by_what_was_said() -> None:
    headers = ["Réf.", "Intitulé du poste", "Ville", "Machin", "Titre"]
    assert guess_columns(headers, {"Machin": "description"}) == {
        "Réf.": "reference",
        "Intitulé du poste": "titre",
        "Ville": "commune",
        "Machin": "description",
        # A second column is never taken for the same thing.
        "Titre": "",
    }


def test_columns_that_were_chosen_are_read() -> None:
    content = b"A;B\n1;Bonjour\n"
    (found,) = read(content, {"A": "reference", "B": ""})
    assert found.raw == {"reference": "1"}


@pytest.mark.parametrize("cell", ["=1+1", "+33", "-1", "@x", "\tx", "\rx"])
def test_what_is_written_back_is_no_formula(cell: str) -> None:
    text = set_aside([("ligne 2", cell, cell)]).decode("utf-8-sig")
    row = list(csv.reader(io.StringIO(text, newline=""), delimiter=";"))[1]
    assert row[1:] == [f"'{cell}", f"'{cell}"]


def test_every_column_is_explained_and_has_a_name_of_its_own() -> None:
    assert all(str(column.help) for column in COLUMNS)
    names = [column.name for column in COLUMNS]
    assert len(names) == len(set(names))


def test_hundred_thousand_lines_are_read_and_reported(now: dt.datetime) -> None:
    content = b"reference;titre;description;commune\n" + b"=1;;\x00;-3\n" * 100_000
    report = run_import("csv", read(content), write=False, full=False, now=now)
    assert (report.read, report.created) == (100_000, 0)
    assert report.quarantined_total == 100_000


@settings(deadline=None, max_examples=80)
@given(st.binary(max_size=300) | st.text(max_size=300).map(lambda text: text.encode("utf-16")))
def test_any_bytes_give_a_report(content: bytes) -> None:
    for record in read(content):
        assert record.error or isinstance(record.raw, dict)


@settings(
    deadline=None, max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    cells=st.dictionaries(
        st.sampled_from([column.name for column in COLUMNS]),
        st.text(max_size=60) | st.sampled_from(["0", "-1", "1e9", "NaN", "99/99/9999", "=A1"]),
    )
)
def test_any_line_is_mapped_or_set_aside(session: Any, cells: dict[str, str]) -> None:
    result = map_line(JOB | cells, queries.load_reference())
    assert isinstance(result, Mapped | Rejected)
