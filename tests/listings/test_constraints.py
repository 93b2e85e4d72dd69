"""The database has the last word on what a listing may be."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from sqlalchemy.exc import IntegrityError

from app.core.database import db
from tests import factories


@pytest.mark.parametrize(
    "values",
    [
        {"kind": "other"},
        {"status": "erased"},
        {"title": ""},
        {"version": 0},
        {"pay_min_cents": 0},
        {"pay_period": None},
        {"pay_max_cents": 100},
        {"pay_min_cents": None},
        {"hours_min": None},
        {"contract": None},
        {"latitude": None},
        {"positions": 0},
        {"published_at": None},
        {"status": "closed"},
        {"status": "closed", "outcome": "filled"},
        {"outcome": "filled", "closed_at": dt.datetime(2026, 1, 1, tzinfo=dt.UTC)},
        {"diploma_need": "perhaps"},
        {"modality": "moon"},
        {"unfilled_reason": "weather"},
        {"source": "lheo"},
    ],
)
def test_impossible_listing_is_refused(values: dict[str, Any]) -> None:
    with pytest.raises(IntegrityError), db.session.begin_nested():
        factories.listing(**values)


def test_offer_of_a_source_exists_once() -> None:
    origin = {"source": "lheo", "source_id": "42", "source_hash": "0" * 64}
    factories.listing(**origin)
    with pytest.raises(IntegrityError), db.session.begin_nested():
        factories.listing(**origin)


@pytest.mark.parametrize(
    "values",
    [
        {"capacity": 0},
        {"taken": -1},
        {"capacity": 2, "taken": 3},
        {"ends_at": dt.datetime(2020, 1, 1, tzinfo=dt.UTC)},
    ],
)
def test_impossible_session_is_refused(values: dict[str, Any]) -> None:
    listing = factories.listing("event")
    with pytest.raises(IntegrityError), db.session.begin_nested():
        factories.listing_session(listing, **values)
