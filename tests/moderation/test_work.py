"""The page of what waits: for administrators, and a button for what was given up."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient

from app.accounts.enums import Role
from app.core import clock, outbox, pulse
from app.core.database import db
from app.core.jobs import jobs
from app.core.outbox import Permanent, Subscription, enqueue
from app.core.pulse import Heartbeat
from tests import factories
from tests.accounts.browser import post
from tests.listings.counting import count_queries

SignIn = Callable[..., FlaskClient]


def fail(_payload: dict[str, Any], _event_id: int) -> None:
    raise Permanent


@pytest.fixture
def admin(sign_in: SignIn) -> FlaskClient:
    return sign_in(factories.user(Role.ADMIN))


@pytest.fixture
def given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "subscriptions", {"report.arrived": [Subscription("x", fail)]})
    enqueue("report.arrived", now=clock.now(), user_id=1)
    enqueue("unknown.topic", now=clock.now())
    db.session.commit()
    jobs.drain()


def test_when_nobody_works_it_is_said(admin: FlaskClient) -> None:
    assert "Aucun processus ne travaille." in admin.get("/equipe/etat/").text


def test_when_all_goes_well_it_is_said(admin: FlaskClient) -> None:
    pulse.beat_as_worker(clock.now())
    pulse.beat(pulse.BACKUP, clock.now() - dt.timedelta(minutes=4))
    db.session.commit()
    page = admin.get("/equipe/etat/").text
    assert "Tout va bien. Rien ne vous attend." in page
    assert "au travail" in page
    assert "il y a 4 min" in page


def test_what_waits_too_long_is_said(admin: FlaskClient) -> None:
    enqueue("listing.changed", now=clock.now() - dt.timedelta(hours=3), listing_id=1)
    db.session.commit()
    page = admin.get("/equipe/etat/").text
    assert "Du travail attend depuis 3 h." in page
    assert "Annonces et recherche" in page


def test_a_group_given_up_is_tried_again_by_a_button(admin: FlaskClient, given_up: None) -> None:
    page = admin.get("/equipe/etat/").text
    assert "Signalements" in page
    group = {"topic": "report.arrived", "error": "Permanent"}
    assert post(admin, "/equipe/etat/reprendre", **group).status_code == 303
    assert "1 envoi est repris" in admin.get("/equipe/etat/").text
    assert outbox.counts() == {"pending": 1, "leased": 0, "done": 0, "dead": 1}
    post(admin, "/equipe/etat/reprendre", **group)
    assert "ont déjà été repris" in admin.get("/equipe/etat/").text


@pytest.mark.parametrize("sent", [{}, {"topic": ""}, {"topic": "x" * 500, "error": "'; --"}])
def test_a_button_that_names_nothing_revives_nothing(
    admin: FlaskClient, given_up: None, sent: dict[str, str]
) -> None:
    assert post(admin, "/equipe/etat/reprendre", **sent).status_code == 303
    assert outbox.counts()["dead"] == 2


def test_a_person_says_that_the_clock_is_right(admin: FlaskClient) -> None:
    db.session.add(Heartbeat(name=pulse.CLOCK, beat_at=clock.now() - dt.timedelta(days=400)))
    db.session.commit()
    assert "L’horloge a bougé" in admin.get("/equipe/etat/").text
    assert pulse.clock_has_leapt(clock.now())
    post(admin, "/equipe/etat/horloge")
    assert "L’horloge a bougé" not in admin.get("/equipe/etat/").text
    assert not pulse.clock_has_leapt(clock.now())


def test_the_way_there_is_shown_to_administrators_only(admin: FlaskClient, sign_in: SignIn) -> None:
    assert "/equipe/etat/" in admin.get("/equipe/annonces").text
    moderator = sign_in(factories.user(Role.MODERATOR))
    assert "/equipe/etat/" not in moderator.get("/equipe/annonces").text
    assert moderator.get("/equipe/etat/").status_code == 404


def test_the_page_asks_the_same_however_much_waits(admin: FlaskClient) -> None:
    admin.get("/equipe/etat/")
    with count_queries() as few:
        admin.get("/equipe/etat/")
    for number in range(30):
        enqueue(f"topic.{number}", now=clock.now())
    db.session.commit()
    jobs.drain()
    for number in range(30):
        enqueue(f"listing.{number}", now=clock.now())
    db.session.commit()
    with count_queries() as many:
        assert admin.get("/equipe/etat/").status_code == 200
    assert len(many) == len(few)
