"""Who writes waits for nobody who reads at length."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from flask import Flask
from sqlalchemy import select, text

from app.core.database import db, reading, reads_only
from app.listings.models import Listing
from tests import factories


def test_reading_at_length_keeps_nobody_from_writing(app: Flask, real_commits: None) -> None:
    listing = factories.listing(title="Avant")

    def write() -> None:
        with app.app_context():
            db.session.execute(text("UPDATE listing SET title = 'Pendant'"))
            db.session.commit()

    with reading():
        assert db.session.scalar(select(Listing.title)) == "Avant", "what was pending is committed"
        with ThreadPoolExecutor(1) as other:
            other.submit(write).result(timeout=8)

    assert not reads_only.get()
    db.session.refresh(listing)
    assert listing.title == "Pendant"


def test_a_reading_that_fails_leaves_writing_possible(app: Flask, session: object) -> None:
    with pytest.raises(ValueError, match="stopped"), reading():
        raise ValueError("stopped")
    assert not reads_only.get()
