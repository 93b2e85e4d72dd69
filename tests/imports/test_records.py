"""Reading of the files: whatever their state, what can be read is read, the rest is told."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.imports import records
from app.imports.records import Record, Source, read_json_files

pytestmark = pytest.mark.no_database


def read(folder: Path, content: bytes) -> list[Record]:
    path = folder / "offres.json"
    path.write_bytes(content)
    return list(read_json_files([Source.at(path)], envelope="resultats"))


@pytest.mark.parametrize(
    "content",
    [
        b'[{"id": "1"}, {"id": "2"}]',
        b'{"resultats": [{"id": "1"}, {"id": "2"}], "filtresPossibles": [[]]}',
        b'{"a": {"resultats": [9]}, "b": ["]", "\\"["], "resultats": [{"id": "1"},{"id": "2"}]}',
        '[{"id": "1"}, {"id": "2"}]'.encode("utf-8-sig"),
        '[{"id": "1"}, {"id": "2"}]'.encode("utf-16"),
    ],
)
def test_list_and_envelope_are_read_in_every_encoding(tmp_path: Path, content: bytes) -> None:
    assert [record.raw for record in read(tmp_path, content)] == [{"id": "1"}, {"id": "2"}]


def test_position_names_the_line_and_the_rank(tmp_path: Path) -> None:
    found = read(tmp_path, b'{"resultats": [\n  {"id": "1"},\n\n  {"id":\n "2"},\n{"id": "3"}]}')
    assert [record.position for record in found] == [
        "offres.json, ligne 2, offre 1",
        "offres.json, ligne 4, offre 2",
        "offres.json, ligne 6, offre 3",
    ]


def test_broken_record_does_not_stop_the_others(tmp_path: Path) -> None:
    found = read(tmp_path, b'[{"id": "1"}, {"id": }, {"id": "3", "x": NaN}, {"id": "4"}]')
    assert [bool(record.error) for record in found] == [False, True, True, False]
    assert found[1].error == "JSON mal formé"


def test_latin_1_record_is_named_as_such(tmp_path: Path) -> None:
    found = read(tmp_path, '[{"id": "é"}, {"id": "2"}]'.encode("latin-1"))
    assert found[0].error == "texte qui n’est pas en UTF-8"
    assert found[1].raw == {"id": "2"}


def test_truncated_file_gives_what_precedes_and_says_it_is_not_whole(tmp_path: Path) -> None:
    found = read(tmp_path, b'{"resultats": [{"id": "1"}, {"id": "2", "description": "Bonj')
    assert found[0].raw == {"id": "1"}
    assert not found[1].complete
    assert "coupé" in found[1].error


@pytest.mark.parametrize(
    "content",
    [b"", b"{}", b'"texte"', b"<html></html>", b"garbage [1]", b"[" * 50_000, b"\x00\x01"],
)
def test_file_without_offers_is_not_complete(tmp_path: Path, content: bytes) -> None:
    found = read(tmp_path, content)
    assert [record.complete for record in found] == [False]


def test_missing_file_is_told(tmp_path: Path) -> None:
    found = list(
        read_json_files(map(Source.at, [tmp_path / "absent.json", tmp_path]), envelope="resultats")
    )
    assert [record.complete for record in found] == [False, False]


def test_huge_record_is_set_aside_without_being_kept(tmp_path: Path) -> None:
    huge = b"x" * (records.RECORD_MAX_BYTES + 1)
    found = read(tmp_path, b'[{"id": "%b"}, {"id": "2"}]' % huge)
    assert found[0].error == "offre trop lourde (plus de 1 Mo)"
    assert found[1].raw == {"id": "2"}


def test_deeply_nested_record_is_set_aside(tmp_path: Path) -> None:
    found = read(tmp_path, b'[{"id": %b1%b}, {"id": "2"}]' % (b"[" * 200, b"]" * 200))
    assert "imbriqués" in found[0].error
    assert found[1].raw == {"id": "2"}


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.text(st.characters(codec="utf-8")),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4)
    ),
    max_leaves=12,
)


@given(offers=st.lists(json_values, max_size=6), chunk=st.integers(1, 64), ascii_only=st.booleans())
def test_any_list_is_cut_into_its_values_whatever_the_size_of_the_chunks(
    tmp_path_factory: pytest.TempPathFactory, offers: list[object], chunk: int, ascii_only: bool
) -> None:
    content = json.dumps({"a": [1], "resultats": offers}, ensure_ascii=ascii_only).encode()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(records, "CHUNK_BYTES", chunk)
        found = read(tmp_path_factory.mktemp("cut"), content)
    assert [record.raw for record in found] == offers
    assert all(record.complete and not record.error for record in found)


@given(content=st.binary(max_size=200))
def test_any_bytes_are_read_without_a_crash(
    tmp_path_factory: pytest.TempPathFactory, content: bytes
) -> None:
    for start in (b"", b"[", b'{"resultats":['):
        for record in read(tmp_path_factory.mktemp("bytes"), start + content):
            assert record.position
