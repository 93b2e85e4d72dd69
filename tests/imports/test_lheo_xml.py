"""Reading of LHEO: rules of the format, lines, and traps of XML."""

from __future__ import annotations

import time
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.imports import lheo_xml
from app.imports.lheo_xml import read_lheo
from app.imports.records import Record, Source
from tests.imports import files

pytestmark = pytest.mark.no_database


def read(content: bytes) -> list[Record]:
    return list(read_lheo([Source.of("catalogue.xml", content)]))


def only_error(content: bytes) -> str:
    found = read(content)
    assert len(found) == 1
    return found[0].error


def test_each_action_is_a_record_with_its_line() -> None:
    two = files.formation(files.action("A1"), files.action("A2"))
    found = read(files.lheo(two, files.formation(files.action("B1"), number="F2")))
    assert [record.position for record in found] == [
        "catalogue.xml, ligne 3, action 1",
        "catalogue.xml, ligne 3, action 2",
        "catalogue.xml, ligne 4, action 3",
    ]
    assert not any(record.error for record in found)


def test_what_breaks_the_rules_is_set_aside_alone_with_its_lines() -> None:
    wrong = files.action("A2", modalites_enseignement="9", restauration="x" * 300)
    found = read(files.lheo(files.formation(files.action("A1"), wrong, files.action("A3"))))
    assert [bool(record.error) for record in found] == [False, True, False]
    assert found[1].source_id == "F1-A2"
    assert found[1].error == (
        "ligne 3 : <modalites-enseignement> : code « 9 » inconnu ; "
        "ligne 3 : <restauration> : 300 caractères, de 1 à 250 attendus"
    )


@pytest.mark.parametrize(
    ("before", "after", "reason"),
    [
        ("<certifiante>1</certifiante>", "", "<certifiante> absent de <formation>"),
        ("<codepostal>69500</codepostal>", "", "<codepostal> absent de <adresse>"),
        ("<SIRET>55204944776279</SIRET>", "<SIRET>1</SIRET>", "1 caractères, 14 attendus"),
        ("<debut>20270104</debut>", "<debut>4 janvier</debut>", "date attendue"),
        ("<ligne>", "<ligne>a</ligne>" * 5 + "<ligne>", "6 fois dans <adresse>, 4 au plus"),
        (
            "<contenu-formation>Dix modules et onze semaines de stage.",
            "<contenu-formation>",
            "vide",
        ),
        ("<debut>20270104", "<debut>٢٠٢٧٠١٠٤", "date attendue"),
        (
            "<certifiante>",
            "<prix>3</prix><certifiante>",
            "<prix> n’a pas sa place dans <formation>",
        ),
    ],
)
def test_rules_of_the_format(before: str, after: str, reason: str) -> None:
    assert reason in only_error(files.lheo().replace(before.encode(), after.encode()))


def test_what_partners_add_for_themselves_is_not_judged() -> None:
    added = "<extras><extra><adresse><ville/></adresse><extras/></extra></extras>"
    content = files.lheo().replace(b"<certifiante>", added.encode() + b"<certifiante>")
    (record,) = read(content)
    assert not record.error
    assert record.raw.formation.find("extras") is None


def test_training_without_action_or_number_is_told() -> None:
    empty = files.formation().split("<action")[0] + files.formation().split("</action>")[1]
    assert "<action> absent de <formation>" in only_error(files.lheo(empty))


LAUGHS = b"<!ENTITY a 'ha'>" + b"".join(
    b"<!ENTITY %c '%s'>" % (98 + n, b"&%c;" % (97 + n) * 10) for n in range(20)
)


@pytest.mark.parametrize(
    "content",
    [
        b"<?xml version='1.0'?><!DOCTYPE lheo [" + LAUGHS + b"]><lheo>&t;</lheo>",
        b"<!DOCTYPE lheo [<!ENTITY a '" + b"x" * 100_000 + b"'>]><lheo>" + b"&a;" * 50_000,
        b"<!DOCTYPE lheo [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><lheo>&x;</lheo>",
        b"<!DOCTYPE lheo [<!ENTITY x SYSTEM 'http://127.0.0.1:1/'>]><lheo>&x;</lheo>",
        b"<!DOCTYPE lheo SYSTEM 'http://127.0.0.1:1/lheo.dtd'><lheo/>",
    ],
    ids=["billion laughs", "quadratic", "file", "http", "outside dtd"],
)
def test_document_types_are_refused_at_once(content: bytes) -> None:
    started = time.monotonic()
    assert "<!DOCTYPE>, refusé par sécurité" in only_error(content)
    assert time.monotonic() - started < 1


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"<?xml version='1.0' encoding='UTF-7'?>+ADw-lheo+AD4-", "encodage déclaré inconnu"),
        (b"<lheo><a b='" + b"x" * 2_000_000, "une balise ou un commentaire de plus de 1 Mo"),
        (b"<lheo><!--" + b"x" * 2_000_000, "une balise ou un commentaire de plus de 1 Mo"),
        (b"<lheo>" + b"<a>" * 100, "imbriqués trop profonds"),
        (b"<rss/>", "ce n’est pas un fichier LHEO"),
        (b"<lheo/>", "aucune formation"),
        (b"", "mal formé"),
        (b"\x00\x01", "mal formé"),
        (b"<lheo>\x00</lheo>", "mal formé"),
        (b"<lheo>&inconnue;</lheo>", "mal formé"),
    ],
)
def test_what_is_no_lheo_is_refused_at_once(content: bytes, reason: str) -> None:
    started = time.monotonic()
    found = read(content)
    assert reason in found[-1].error
    assert not found[-1].complete
    assert time.monotonic() - started < 1


def test_truncated_file_keeps_what_came_before() -> None:
    content = files.lheo(files.formation(), files.formation(number="F2"))
    found = read(content[: len(content) - 300])
    assert [bool(record.error) for record in found] == [False, True]
    assert not found[1].complete


@pytest.mark.parametrize("encoding", ["utf-16", "iso-8859-1", "windows-1252"])
def test_other_encodings_are_read(encoding: str) -> None:
    text = files.lheo().decode().replace("UTF-8", encoding.upper())
    found = read(text.encode(encoding))
    assert found[0].raw.formation.say("intitule-formation") == "Diplôme d'État d'aide-soignant"


def test_heavy_training_is_set_aside_and_the_next_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lheo_xml, "FORMATION_MAX_BYTES", 10_000)
    heavy = files.formation(content="x" * 20_000)
    found = read(files.lheo(heavy, files.formation(number="F2")))
    assert found[0].error.startswith("formation trop lourde")
    assert found[1].raw.formation.number == "F2"


def test_memory_does_not_grow_with_the_file(tmp_path: Path) -> None:
    def peak(count: int) -> int:
        path = tmp_path / f"{count}.xml"
        with path.open("wb") as file:
            file.writelines(files.catalogue(count))
        tracemalloc.start()
        assert sum(1 for record in read_lheo([Source.at(path)]) if record.raw) == count
        _now, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return most

    assert peak(600) < 1.5 * peak(100)


@settings(deadline=None, max_examples=60)
@given(st.binary(max_size=400) | st.text(max_size=400).map(str.encode))
def test_any_bytes_give_a_report(content: bytes) -> None:
    assert read(content)[-1].error


@settings(deadline=None, max_examples=60)
@given(st.data())
def test_damaged_file_gives_a_report(data: st.DataObject) -> None:
    content = bytearray(files.lheo())
    for _ in range(data.draw(st.integers(1, 5))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    for record in read(bytes(content)):
        assert record.error or record.raw is not None
