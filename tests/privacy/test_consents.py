"""What people agree to is known word for word, never ticked for them, and taken back in a click."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.alerts.services import confirm_alert
from app.alerts.watching import confirm_watch
from app.applications.forms import ApplicationForm
from app.applications.models import Application
from app.core import consents
from tests import factories
from tests.applications.pages import answer, page, press, words

TEMPLATES = Path(__file__).resolve().parent.parent.parent / "templates"
# Every sentence that somebody may have agreed to, by version: add, never change.
AGREED = {
    (
        "counsellor",
        "2026-11",
    ): "Si la structure ne rappelle pas, une conseillère ou un conseiller peut m’appeler.",
    (
        "pool",
        "2026-11",
    ): "J’accepte que %(employer)s garde ma candidature 2 ans après ma dernière réponse ici, pour "
    "me proposer d’autres annonces. Je peux changer d’avis à tout moment.",
    (
        "alert",
        "2026-11",
    ): "Vous recevrez les nouvelles annonces, %(rhythm)s au plus, et seulement s’il y en a.",
    (
        "watch",
        "2026-11",
    ): "Un message quand elle ferme, un si elle rouvre, puis c’est fini.",
}


def test_a_sentence_and_its_version_go_together(app: Flask) -> None:
    with app.test_request_context():
        form = ApplicationForm(max_bytes=1)
        assert str(form.consent.label.text) == AGREED["counsellor", consents.COUNSELLOR]
    for name, version, template in (
        ("pool", consents.POOL, "applications/pool.html"),
        ("alert", consents.ALERT, "alerts/show.html"),
        ("watch", consents.WATCH, "alerts/watch_show.html"),
    ):
        assert AGREED[name, version] in (TEMPLATES / template).read_text(), name


@pytest.mark.parametrize(
    "address", ["/alertes/?q=soin", "/inscription", "{path}/candidater", "/signaler/{id}"]
)
def test_nothing_is_ticked_for_anybody(client: FlaskClient, address: str) -> None:
    listing = factories.listing()
    shown = client.get(address.format(path=listing.path, id=listing.id))
    assert shown.status_code == 200
    boxes = page(shown).select("input[type=checkbox]")
    assert not [box for box in boxes if box.has_attr("checked")]


def test_what_was_agreed_is_kept_with_its_version(session: Any, now: dt.datetime) -> None:
    alert = factories.alert(confirmed_at=None, now=now)
    watch = factories.watch(factories.listing(), confirmed_at=None, now=now)
    assert (alert.wording, watch.wording) == (None, None)
    confirm_alert(alert, now)
    confirm_watch(watch, now)
    assert (alert.wording, watch.wording) == (consents.ALERT, consents.WATCH)


def test_the_help_of_a_counsellor_is_asked_for_and_taken_back(
    client: FlaskClient, session: Any
) -> None:
    answer(client, factories.listing())
    answer(client, factories.listing(), phone="06 39 98 12 35", consent="y")
    without, with_help = session.query(Application).order_by(Application.id)
    assert (without.counsellor_consent_at, without.counsellor_wording) == (None, None)
    assert with_help.counsellor_wording == consents.COUNSELLOR

    data = f"/candidature/{with_help.reference}/mes-donnees"
    assert "conseillère" in words(client.get(data))
    taken = press(client, f"{data}/sans-aide", data)
    assert taken.status_code == 303
    assert (with_help.counsellor_consent_at, with_help.counsellor_wording) == (None, None)
    again = client.get(data)
    assert "Je ne le veux plus" not in words(again)
    assert page(again).select_one("[role=status]")


def test_somebody_else_takes_nothing_back(client: FlaskClient, app: Flask, session: Any) -> None:
    answer(client, factories.listing(), consent="y")
    application = session.query(Application).one()
    stranger = app.test_client()
    app_page = f"/candidature/{application.reference}/mes-donnees/sans-aide"
    press(stranger, app_page, "/connexion")
    assert application.counsellor_consent_at is not None
