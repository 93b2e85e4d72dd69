"""A person reads on her page when her details were seen, and by how many people."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient

from app.applications.models import Application, ContactView
from app.applications.reading import seen_by
from app.core import clock
from app.core.database import db
from tests import factories
from tests.applications.pages import answer, confirmation, words


@pytest.fixture
def sent(client: FlaskClient) -> tuple[Application, str]:
    """Return an application sent from this browser, and the address of its page."""
    of = factories.listing(organisation=factories.organisation(name="Les Tilleuls"))
    answer(client, of)
    reference, _code = confirmation(client)
    found = db.session.query(Application).filter_by(reference=reference).one()
    return found, f"/candidature/{reference}"


def view(of: Application, by: Any, what: str, at: dt.datetime) -> None:
    db.session.add(ContactView(application_id=of.id, user_id=by.id, what=what, at=at))
    db.session.flush()


def test_nobody_has_seen_it_yet(client: FlaskClient, sent: tuple[Application, str]) -> None:
    assert "Personne ne les a encore ouvertes" in words(client.get(sent[1]))


def test_each_opening_is_told_with_its_day_and_without_names(
    client: FlaskClient, sent: tuple[Application, str]
) -> None:
    one, page = sent
    first, second = factories.user(name="Anne Ravier"), factories.user(name="Luc Petit")
    at = dt.datetime(2026, 11, 20, 13, 5, tzinfo=dt.UTC)
    for rank in range(3):
        view(one, first, "contact", at + dt.timedelta(minutes=rank))
    view(one, second, "cv", at + dt.timedelta(days=1))
    # Of somebody else: never told here.
    view(factories.application(), second, "contact", at)
    db.session.commit()

    text = words(client.get(page))

    assert "2 personnes de Les Tilleuls les ont ouvertes" in text
    assert "vos coordonnées, 3 fois ce jour-là" in text
    assert "20 novembre 2026, 14 h 07" in text.replace("\u00a0", " ")
    assert "votre CV" in text
    db.session.delete(second)
    db.session.commit()
    assert "2 personnes de Les Tilleuls les ont ouvertes" in words(client.get(page))
    assert "Ravier" not in text
    assert "Petit" not in text


def test_a_file_read_for_months_stays_short_and_costs_the_same(now: dt.datetime) -> None:
    one, reader = factories.application(), factories.user()
    for day in range(50):
        view(one, reader, "contact", now - dt.timedelta(days=day))
    days, readers = seen_by(one)
    assert (len(days), readers) == (30, 1)


def test_the_page_of_another_tells_nothing(
    client: FlaskClient, sign_in: Callable[..., FlaskClient]
) -> None:
    one = factories.application()
    view(one, factories.user(), "contact", clock.now())
    db.session.commit()
    for browser in (client, sign_in(factories.user())):
        assert browser.get(f"/candidature/{one.reference}").status_code == 303
