"""What the index may hold, what its answers may write in a page, and what moves its version."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st

from app.core import clock
from app.core.database import db
from app.core.jobs import jobs
from app.core.outbox import OutboxEvent
from app.listings.services import mark_changed
from app.search import documents, filters, highlights, rebuild
from app.search.client import Engine
from app.search.guard import forget_guard, index_version
from app.search.results import SearchResults
from app.search.settings import DISPLAYED, FILTERABLE
from tests import factories
from tests.listings.counting import count_queries
from tools.environment import ROOT
from tools.meilisearch import Meilisearch

Found = Callable[..., SearchResults]
Index = Callable[[], None]


# Frozen: whoever adds a field says here that nothing in it is private.
PUBLIC_FIELDS = {
    "id", "version", "kind", "title", "profession", "profession_names", "reads", "employer",
    "place", "commune", "department", "labels", "contract", "workplace", "publics", "schedules",
    "diploma", "duration_months", "published_at", "closes_at", "text", "_geo", "answer_rank",
    "demand", "marks", "marks_more",
}  # fmt: skip


def test_s02_the_fields_of_the_index_are_these_and_no_other(engine: Engine, index: Index) -> None:
    listing = factories.listing()
    index()
    (written,) = documents.documents_of([listing.id], clock.now())
    assert set(documents.FIELDS) == PUBLIC_FIELDS
    assert set(written) <= PUBLIC_FIELDS
    answer = engine.admin().http.get(f"indexes/{engine.index}/documents?limit=1")
    assert set(answer["results"][0]) <= PUBLIC_FIELDS
    # What a browser could be given of them, were the engine ever asked from one.
    assert set(DISPLAYED) <= PUBLIC_FIELDS - {"text"}


def test_s02_what_is_private_is_in_no_index(engine: Engine, index: Index, found: Found) -> None:
    member = factories.user(email="camille.secrete@example.org")
    listing = factories.listing(organisation=factories.organisation(member))
    factories.application(listing, email="samira.discrete@example.org", phone="+33612345678")
    index()
    everything = str(engine.admin().http.get(f"indexes/{engine.index}/documents?limit=100"))
    for private in ("camille.secrete", "samira.discrete", "12345678", "Samira"):
        assert private not in everything
        assert found(q=private).total == 0


@pytest.mark.parametrize(
    "title",
    [
        "<img src=x onerror=alert(1)> aide-soignante",
        "aide-soignante <script>alert(1)</script>",
        'aide-soignante" onmouseover="alert(1)',
        "aide-soignante \ue000<b>\ue001",
        "aide-soignante </mark><svg onload=alert(1)>",
    ],
)
def test_s07_a_title_stays_text_in_both_searches(
    client: FlaskClient, engine: Engine, index: Index, title: str, meilisearch: Meilisearch
) -> None:
    factories.listing(title=title)
    index()
    for frozen in (False, True):
        if frozen:
            meilisearch.kill()
        page = client.get("/recherche?q=aide-soignante").text
        assert "<mark>" in page
        for payload in ("<img src=x", "<script>alert", '" onmouseover="', "<b>", "<svg onload"):
            assert payload not in page


@given(st.text(max_size=60))
def test_s07_marks_add_no_markup_but_their_own(title: str) -> None:
    marked = highlights.with_marks(title, [(0, len(title) // 2), (len(title) // 3, len(title))])
    bare = re.sub(r"</?mark>", "", str(marked))
    assert not re.search(r"[<>\"']", bare)


@given(st.text(max_size=60))
def test_s13_a_quoted_value_is_one_literal(value: str) -> None:
    written = filters.quoted(value)
    assert written[0] == written[-1] == '"'
    # Whoever reads the literal from its first quote finds its end at the last, and the value.
    read, at = "", 1
    while written[at] != '"':
        at += written[at] == "\\"
        read += written[at]
        at += 1
    assert (read, at) == (value, len(written) - 1)


@pytest.mark.parametrize(
    "value",
    ['Z" OR id EXISTS OR kind = "Z', "\\", '\\" OR id EXISTS', "job] OR id EXISTS", "\x00", "é'\n"],
)
def test_s13_no_value_opens_the_filter(engine: Engine, index: Index, value: str) -> None:
    factories.listing()
    index()
    asked = {"filter": [filters.among("kind", [value])], "hitsPerPage": 5, "page": 1}
    assert engine.multi_search([asked])[0]["totalHits"] == 0


def test_s13_filters_are_written_in_one_place_only() -> None:
    """An f-string that looks like a filter of the engine, out of filters.py, fails here."""
    names = "|".join(map(re.escape, FILTERABLE))
    suspect = re.compile(
        rf"""\bf(["']).*(\b({names}) (IN\b|EXISTS|TO\b|[!<>]?=|[<>])|_geoRadius).*\1"""
    )
    faults = [
        f"{path.name}:{number}"
        for path in sorted((ROOT / "app").rglob("*.py"))
        if path.name != "filters.py" or path.parent.name != "search"
        for number, line in enumerate(path.read_text().splitlines(), start=1)
        if suspect.search(line)
    ]
    assert faults == []


def test_the_version_moves_with_each_change_and_each_write(engine: Engine) -> None:
    listing = factories.listing()
    db.session.commit()
    versions = [fresh_version()]
    assert fresh_version() == versions[0]
    mark_changed(listing, clock.now())
    db.session.commit()
    versions.append(fresh_version())
    jobs.drain()
    versions.append(fresh_version())
    rebuild.rebuild()
    versions.append(fresh_version())
    assert len(set(versions)) == 4


def test_the_version_sees_a_transaction_that_ends_late(session: Any) -> None:
    """Two writers: the one that took its number first commits last."""
    listing = factories.listing()
    for number in (1_000_002, 1_000_001):
        mark_changed(listing, clock.now())
        db.session.flush()
        db.session.query(OutboxEvent).filter(OutboxEvent.id < 1_000_000).update({"id": number})
        if number == 1_000_002:
            before = fresh_version()
    assert fresh_version() != before


def test_the_version_costs_one_question_a_second(app: Flask, session: Any) -> None:
    forget_guard()
    with count_queries() as asked:
        for _time in range(50):
            index_version()
    assert len(asked) == 1


def fresh_version() -> str:
    forget_guard()
    return index_version()
