"""The texts of the reference base that people read follow French typography."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

from app.professions.services import Reference, read_reference

pytestmark = pytest.mark.no_database

# What people read in each file; the rest is slugs, codes, addresses and names as typed in a search.
READ = {
    "professions": {
        *("label", "label_feminine", "label_masculine", "summary", "typical_tasks", "qualities"),
        *("note", "regulated_note", "rome_note", "basis", "extra"),
    },
    "portraits": {
        *("time", "title", "text", "hard", "good", "schedule_note", "start_without_diploma"),
    },
    "diplomas": {"label", "entry_requirements", "access_routes", "notes", "rncp_note"},
    "mobility": {"entry", "exemptions", "note"},
    "terms": {"label", "description"},
}
# The fields that are sentences: they start with a capital or a figure and end with a stop.
SENTENCES = {
    "professions": {"summary", "note", "regulated_note", "rome_note", "basis"},
    "portraits": {"text", "hard", "good", "schedule_note", "start_without_diploma"},
    "diplomas": {"notes"},
    "mobility": {"note"},
    "terms": {"description"},
}
FAULTS = re.compile(
    "'"  # straight apostrophe
    '|"'  # straight quotes
    "|[^\\S\u00a0\u202f][:;?!»€%]"  # a space that breaks before a high sign
    "|[\\w)][;?!»€]"  # no space at all
    "|\\w:(?!\\w|//)"
    "|«[^\u00a0\u202f]"
    "|  |\u00a0 | \u00a0"  # double spaces
    "|^\\s|\\s$"
    "|\\s[.,]"
    "|\\.\\.\\."
)


def words(value: Any, fields: set[str], name: str = "") -> Iterator[str]:
    """Walk a file and yield the texts found under the fields named."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield from words(item, fields, key)
    elif isinstance(value, list):
        for item in value:
            yield from words(item, fields, name)
    elif isinstance(value, str) and name in fields:
        yield value


@pytest.fixture(scope="module")
def reference() -> Reference:
    """Return the files as read."""
    return read_reference()


@pytest.mark.parametrize("file", READ)
def test_signs_and_spaces_are_french(reference: Reference, file: str) -> None:
    found = list(words(getattr(reference, file), READ[file]))

    assert found
    assert [text for text in found if FAULTS.search(text)] == []


@pytest.mark.parametrize("file", SENTENCES)
def test_sentences_start_with_a_capital_and_end_with_a_stop(
    reference: Reference, file: str
) -> None:
    found = words(getattr(reference, file), SENTENCES[file])

    assert [
        t for t in found if not re.search("^[«\u00a0]*[A-ZÀ-ÖØ-ÞŒ0-9].*[.?!…](?:\u00a0»)?$", t)
    ] == []
