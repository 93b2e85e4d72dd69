"""Two people write the same listing: the second sees what differs, and nothing is lost silently."""

from __future__ import annotations

import datetime as dt
import re
import threading
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update

from app.core import clock
from app.core.database import db
from app.listings.models import Listing
from app.organisations.models import Organisation
from tests import factories
from tests.listings.test_recruiter import (
    BASE,
    _without_tokens,
    browser,
    event,
    job,
    member,
    organisation,
)

__all__ = ["_without_tokens", "browser", "member", "organisation"]


def opened(browser: FlaskClient, listing: Listing) -> str:
    """Return the mark that the page of the editor carries."""
    return mark(browser.get(f"{BASE}/{listing.id}/modifier").text)


def mark(page: str) -> str:
    found = re.search(r'name="version"[^>]* value="([^"]+)"', page)
    assert found
    return found[1]


def save(browser: FlaskClient, listing: Listing, **typed: Any) -> Any:
    values = job(action="save") | typed
    return browser.post(f"{BASE}/{listing.id}/modifier", data=values)


def plain(page: str) -> str:
    return page.replace("\u00a0", " ").replace("\u202f", " ")


def test_second_writer_sees_both_values_keeps_hers_and_saves_knowingly(
    browser: FlaskClient, organisation: Organisation
) -> None:
    listing = factories.listing(organisation=organisation)
    save(browser, listing, version=opened(browser, listing))
    seen = opened(browser, listing)
    save(browser, listing, version=seen, title="Premier titre", schedules=["nuit"], pay_min="2 200")
    hers = {"title": "Second titre", "pay_min": "2 077,00 €", "pay_max": "2290,5", "deadline": ""}

    refused = save(browser, listing, version=seen, **hers)

    assert refused.status_code == 409
    page = plain(refused.text)
    assert "Cette annonce a changé pendant que vous écriviez" in page
    labels = re.findall(r'<dt><a href="#([\w-]+)">', page)
    assert labels == ["title", "pay_min", "schedules-0"]
    assert "En place :</span> Premier titre" in page
    assert "Votre texte :</span> <strong>Second titre" in page
    assert 'value="Second titre"' in page
    assert listing.title == "Premier titre"

    assert save(browser, listing, version=mark(refused.text), **hers).status_code == 303

    db.session.refresh(listing)
    assert (listing.title, listing.pay_min_cents) == ("Second titre", 207_700)


def test_same_text_typed_twice_is_no_quarrel(
    browser: FlaskClient, organisation: Organisation
) -> None:
    listing = factories.listing(organisation=organisation)
    seen = opened(browser, listing)
    assert save(browser, listing, version=seen).status_code == 303
    assert save(browser, listing, version=seen).status_code == 303


def test_what_changes_no_text_loses_nobody_her_text(
    browser: FlaskClient, organisation: Organisation
) -> None:
    listing = factories.listing(organisation=organisation)
    seen = opened(browser, listing)
    for step in ("confirmer", "pause", "reprendre"):
        assert browser.post(f"{BASE}/{listing.id}/{step}").status_code == 303

    assert save(browser, listing, version=seen, title="Mon titre").status_code == 303
    assert listing.title == "Mon titre"


def test_difference_of_a_date_says_which_date(
    browser: FlaskClient, organisation: Organisation
) -> None:
    listing = factories.listing("event", organisation=organisation)
    for days in (5, 9):
        factories.listing_session(listing, starts_at=clock.now() + dt.timedelta(days=days))
    db.session.refresh(listing)
    typed = event(action="save", version="autre", date2_day="2031-05-06", date2_start="09:00")

    page = plain(browser.post(f"{BASE}/{listing.id}/modifier", data=typed).text)

    assert "Date 2, date</a>" in page
    assert "Votre texte :</span> <strong>6 mai 2031" in page


@pytest.mark.usefixtures("real_commits")
def test_save_that_waited_for_another_overwrites_nothing(
    app: Flask, browser: FlaskClient, organisation: Organisation
) -> None:
    listing = factories.listing(organisation=organisation)
    db.session.commit()
    listing_id = listing.id
    seen = opened(browser, listing)
    typed = job(action="save", version=seen, title="Second titre")
    db.session.rollback()
    answers = []
    thread = threading.Thread(
        target=lambda: answers.append(browser.post(f"{BASE}/{listing_id}/modifier", data=typed))
    )
    # The first writes and holds the row; the second arrives, waits, then reads what was written.
    db.session.execute(
        update(Listing)
        .where(Listing.id == listing_id)
        .values(title="Premier titre", version=Listing.version + 1)
    )
    thread.start()
    thread.join(timeout=1)
    db.session.commit()
    thread.join()

    assert [answer.status_code for answer in answers] == [409]
    assert "Premier titre" in answers[0].text
    assert db.session.scalar(select(Listing.title)) == "Premier titre"


def test_date_added_by_another_never_moves_people_to_another_date(
    browser: FlaskClient, organisation: Organisation
) -> None:
    now = clock.now()
    meeting = factories.listing("event", organisation=organisation)
    hers = factories.listing_session(meeting, starts_at=now + dt.timedelta(days=30), capacity=12)
    first = browser.get(f"{BASE}/{meeting.id}/modifier").text
    dates = re.search(r'name="dates"[^>]* value="([^"]+)"', first)
    assert dates
    earlier = factories.listing_session(meeting, starts_at=now + dt.timedelta(days=10), capacity=5)
    db.session.expire(meeting)

    typed = event(action="save", version=mark(first), dates=dates[1], date1_capacity="8")
    refused = browser.post(f"{BASE}/{meeting.id}/modifier", data=typed)
    assert refused.status_code == 409
    again = typed | {"version": mark(refused.text)}
    assert browser.post(f"{BASE}/{meeting.id}/modifier", data=again).status_code == 303

    kept = {session.id: session.capacity for session in meeting.sessions}
    assert kept[hers.id] == 8
    assert kept.get(earlier.id) in {None, 5}
