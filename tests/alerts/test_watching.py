"""Being told that a listing closes, then that it opens again."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

from flask.testing import FlaskClient
from sqlalchemy import func, select

from app.alerts import watching
from app.alerts.models import Watch
from app.core.database import db
from app.listings.enums import Outcome
from app.listings.services import close_listing
from app.listings.services.supplied import _bring_back
from tests import factories
from tests.alerts.conftest import link_in, page_of_watch

DAY = dt.timedelta(days=1)


def count() -> int:
    return db.session.scalar(select(func.count(Watch.id))) or 0


def test_one_message_at_the_closing_and_one_at_the_reopening(
    client: FlaskClient, smtp: Any, drain: Callable[[], None], now: dt.datetime
) -> None:
    listing = factories.listing(title="Poste suivi")
    factories.listing(title="Poste voisin")
    db.session.commit()
    asked = f"/alertes/annonce/{listing.id}"
    for _twice in range(2):
        answer = client.post(asked, data={"email": "nora@example.org"})
        assert answer.headers["Location"] == "/alertes/envoyee"
    assert client.post(asked, data={"email": "nora"}).status_code == 422
    drain()
    page = link_in(smtp.messages[0])
    assert (count(), len(smtp.messages)) == (1, 1)
    assert "Oui, prévenez-moi" in client.get(page).text
    client.post(page)
    assert "Nous vous écrirons quand elle fermera" in client.get(page).text

    smtp.messages.clear()
    close_listing(None, listing, Outcome.FILLED, now)
    drain()
    drain()
    [closed] = smtp.messages
    assert "Poste voisin" in closed.get_body(("plain",)).get_content()
    assert "List-Unsubscribe" in closed

    smtp.messages.clear()
    _bring_back(listing, None, now)
    drain()
    [reopened] = smtp.messages
    assert listing.path in reopened.get_body(("plain",)).get_content()

    smtp.messages.clear()
    close_listing(None, listing, Outcome.FILLED, now)
    drain()
    assert smtp.messages == []
    assert watching.purge_watches(now + 2 * DAY) == 1


def test_nobody_is_told_without_a_confirmation_nor_after_stopping(
    client: FlaskClient, smtp: Any, drain: Callable[[], None], now: dt.datetime
) -> None:
    listing = factories.listing()
    factories.watch(listing, confirmed_at=None)
    stopped = page_of_watch(factories.watch(listing)) + "/arret"
    db.session.commit()
    assert client.get(stopped).status_code == 303
    assert count() == 2
    for _again in range(2):
        assert client.post(stopped, headers={"Origin": "null"}).status_code == 200
    assert count() == 1
    close_listing(None, listing, Outcome.FILLED, now)
    drain()
    assert smtp.messages == []


def test_addresses_are_erased_in_time(now: dt.datetime) -> None:
    factories.watch(confirmed_at=None, now=now - 8 * DAY)
    factories.watch(now=now - 40 * DAY, closed_told_at=now - 31 * DAY)
    factories.watch(now=now - 366 * DAY)
    kept = [
        factories.watch(now=now - 300 * DAY),
        factories.watch(now=now - 40 * DAY, closed_told_at=now - 29 * DAY),
        factories.watch(confirmed_at=None, now=now - 6 * DAY),
    ]
    assert watching.purge_watches(now) == 3
    assert count() == len(kept)


def test_a_closed_listing_or_a_hidden_one_cannot_be_watched(
    client: FlaskClient, now: dt.datetime
) -> None:
    listing = factories.listing()
    close_listing(None, listing, Outcome.FILLED, now)
    hidden = factories.listing(status="in_review", published_at=None)
    db.session.commit()
    data = {"email": "nora@example.org"}
    answer = client.post(f"/alertes/annonce/{listing.id}", data=data)
    assert answer.headers["Location"] == listing.path
    assert client.post(f"/alertes/annonce/{hidden.id}", data=data).status_code == 404
    assert count() == 0
