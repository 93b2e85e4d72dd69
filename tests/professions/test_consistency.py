"""The files of the reference base agree with one another."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

from app.listings.enums import Kind
from app.professions import queries
from app.professions.enums import MobilityKind, TermKind
from app.professions.files import Reference, read_reference
from app.search.reading import OUTSIDE

pytestmark = pytest.mark.no_database


@pytest.fixture(scope="module")
def reference() -> Reference:
    """Return the files as read."""
    return read_reference()


def slugs(rows: list[dict[str, Any]]) -> set[str]:
    found = [row["slug"] for row in rows]
    assert len(found) == len(set(found))
    return set(found)


def cited(value: Any) -> Iterator[str]:
    """Walk a file and yield every source it cites."""
    if isinstance(value, dict):
        for name, item in value.items():
            yield from item if name == "sources" else cited(item)
    elif isinstance(value, list):
        for item in value:
            yield from cited(item)


def test_professions_only_name_what_exists(reference: Reference) -> None:
    known = {kind: slugs(rows) for kind, rows in reference.terms.items()}
    professions, diplomas = slugs(reference.professions), slugs(reference.diplomas)

    for row in reference.professions:
        assert row["sector"] in known["sector"]
        assert set(row["workplaces"]) <= known["workplace"], row["slug"]
        assert set(row["publics"]) <= known["public"], row["slug"]
        assert set(row["required_diplomas"]) <= diplomas, row["slug"]
        assert set(row["next_steps"]) <= professions - {row["slug"]}, row["slug"]
        codes = [rome["code"] for rome in row["rome"]] + row["former_rome_codes"]
        assert all(re.fullmatch(r"[A-N]\d{4}", code) for code in codes), row["slug"]


def test_diplomas_and_moves_only_name_what_exists(reference: Reference) -> None:
    professions, diplomas = slugs(reference.professions), slugs(reference.diplomas)

    for row in reference.diplomas:
        assert set(row["professions"]) <= professions, row["slug"]
    for row in reference.mobility:
        assert {row["from"], row["to"]} <= professions
        assert row["via"] is None or row["via"] in diplomas
        assert set(row["funding"]) <= slugs(reference.terms["funding"])
        assert row["kind"] in list(MobilityKind)
        assert row["sources"] or not row["verified"]


def test_equivalences_only_name_what_exists(reference: Reference) -> None:
    diplomas = slugs(reference.diplomas)

    assert {row["slug"] for row in reference.diploma_structures} <= diplomas
    for row in reference.equivalences:
        assert {row["from_diploma"], row["to_diploma"]} <= diplomas, row["id"]


def test_terms_only_name_what_exists(reference: Reference) -> None:
    assert set(reference.terms) == set(TermKind)
    publics = slugs(reference.terms["public"])
    categories = slugs(reference.terms["workplace-category"])

    for row in reference.terms["workplace"]:
        assert set(row["publics"]) <= publics, row["slug"]
        assert row["category"] in categories, row["slug"]


def test_the_vocabulary_only_names_what_exists(reference: Reference) -> None:
    known = {
        "profession": slugs(reference.professions),
        "diploma": slugs(reference.diplomas),
        "workplace": slugs(reference.terms["workplace"]),
        "public": slugs(reference.terms["public"]),
    }
    for group in reference.vocabulary["synonyms"]:
        for kind, values in known.items():
            assert group[kind] is None or group[kind] in values, group["canonical"]
    known |= {kind: slugs(reference.terms[kind]) for kind in ("contract", "schedule")}
    known |= {"kind": set(Kind), "diploma": {"none"}}
    for meaning in reference.vocabulary["meanings"]:
        for facet in meaning["facets"]:
            name, _slash, value = facet.partition("/")
            assert value in known[name], facet
    for choice in reference.vocabulary["choices"]:
        assert set(choice["professions"]) <= known["profession"], choice["terms"]
    for outside in reference.vocabulary["outside"]:
        assert outside["slug"].startswith(OUTSIDE)


def test_every_cited_source_is_listed(reference: Reference) -> None:
    codes = [row["code"] for row in reference.sources]
    everything = [getattr(reference, name) for name in Reference.__dataclass_fields__]

    assert len(codes) == len(set(codes))
    assert set(cited(everything)) <= set(codes)


def test_no_name_is_empty_or_too_long_for_its_column(reference: Reference) -> None:
    for row in reference.professions:
        for name in (row["label"], row["label_feminine"], *row["alt_labels"]):
            assert 0 < len(queries.normalise(name)) <= 120
        assert len(row["summary"]) <= 600


def test_texts_for_people_follow_french_typography(reference: Reference) -> None:
    texts = [
        text
        for row in reference.professions
        for text in (row["label"], row["summary"], *row["typical_tasks"], *row["qualities"])
    ] + [row["label"] for rows in reference.terms.values() for row in rows]

    for text in texts:
        assert "'" not in text, text
        assert not re.search(r"[^\u00a0\s][:;?!»€]| [:;?!»€%]", text), text
