"""A form that is shown again loses nothing, the file included."""

from __future__ import annotations

import datetime as dt
import io
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.applications import kept
from app.applications.models import Application
from app.core import clock, storage
from app.core.limits import limiter
from tests import factories
from tests.applications import files
from tests.applications.pages import NORA, hidden, page, words
from tests.applications.test_form import count, file_store, one

CV = "Mon CV.pdf"


def sent(client: FlaskClient, address: str, shown: Any, **values: Any) -> Any:
    """Send again the form of a page as it is shown, with what changed."""
    return client.post(address, data=hidden(shown) | NORA | values)


def held(key: str) -> bytes:
    return bytes(file_store().get(key).bytes())


@pytest.fixture
def address() -> str:
    return f"{factories.listing().path}/candidater"


@pytest.fixture
def returned(client: FlaskClient, address: str) -> Any:
    """Return the form given back because of another field than the file."""
    response = sent(
        client, address, client.get(address), phone="06", cv=(io.BytesIO(files.pdf()), CV)
    )
    assert response.status_code == 422
    return response


def test_a_wrong_field_loses_no_file(
    client: FlaskClient, address: str, returned: Any, session: Any
) -> None:
    told = words(returned)
    assert f"Gardé, il partira avec votre demande : {CV}" in told
    assert "choisissez-le à nouveau" not in told
    assert page(returned).select_one("details:has(#cv)").has_attr("open")
    again = sent(client, address, returned, phone="07")
    assert CV in words(again)
    assert sent(client, address, again).status_code == 303
    application = one(session)
    assert held(application.cv_key) == files.pdf()
    assert application.cv_name == f"cv-{application.reference}.pdf"


def test_a_verification_asked_loses_no_file(
    client: FlaskClient, address: str, app: Flask, session: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(app.config, "ASK_PROOFS", True)
    monkeypatch.setitem(app.config, "SECONDS_TO_FILL", 60)
    first = client.get(address)
    asked = sent(client, address, first, cv=(io.BytesIO(files.pdf()), CV))
    assert asked.status_code == 422
    assert "une vérification est nécessaire" in words(asked)
    assert CV in words(asked)
    monkeypatch.setitem(app.config, "SECONDS_TO_FILL", 0)
    assert sent(client, address, asked).status_code == 303
    assert held(one(session).cv_key) == files.pdf()


def test_the_file_that_waits_is_replaced_or_left(
    client: FlaskClient, address: str, returned: Any, session: Any
) -> None:
    other = files.pdf(pages=2)
    assert sent(client, address, returned, cv=(io.BytesIO(other), "autre.pdf")).status_code == 303
    assert held(one(session).cv_key) == other


def test_a_person_may_change_her_mind_about_the_file(
    client: FlaskClient, address: str, returned: Any, session: Any
) -> None:
    assert sent(client, address, returned, without_cv="y").status_code == 303
    assert one(session).cv_key is None


def test_the_same_form_sent_twice_keeps_its_file(
    client: FlaskClient, address: str, returned: Any, session: Any
) -> None:
    typed = hidden(returned) | NORA
    for _click in range(2):
        assert client.post(address, data=typed).status_code == 303
    assert held(one(session).cv_key) == files.pdf()


@pytest.mark.parametrize("forgery", ["", "a.b.c", "other form", "too old"])
def test_a_ticket_opens_nothing_else(
    client: FlaskClient, address: str, returned: Any, session: Any, time_machine: Any, forgery: str
) -> None:
    typed = hidden(returned)
    if forgery == "too old":
        time_machine.move_to(clock.now() + kept.LASTS + dt.timedelta(seconds=2))
    elif forgery == "other form":
        typed["key"] = hidden(client.get(address))["key"]
    else:
        typed["kept_cv"] = forgery
    client.post(address, data=typed | NORA)
    assert [one_.cv_key for one_ in session.query(Application)] in ([], [None])


@pytest.mark.parametrize("failure", ["too many", "store"])
def test_what_cannot_be_kept_is_said_near_the_field(
    client: FlaskClient, address: str, session: Any, monkeypatch: pytest.MonkeyPatch, failure: str
) -> None:
    def fail(*_what: Any) -> Any:
        raise storage.StorageUnavailable

    if failure == "store":
        monkeypatch.setattr("app.applications.cv.store", fail)
    else:
        monkeypatch.setattr(kept, "may_keep", lambda: False)
    response = sent(
        client, address, client.get(address), phone="06", cv=(io.BytesIO(files.pdf()), CV)
    )
    assert response.status_code == 422
    near = page(response).select_one("details:has(#cv)")
    assert near.has_attr("open")
    assert "Choisissez à nouveau votre fichier" in " ".join(near.get_text().split())
    assert count(session) == 0


def test_one_place_leaves_few_files_behind(
    client: FlaskClient, address: str, monkeypatch: pytest.MonkeyPatch, app: Flask
) -> None:
    monkeypatch.setattr(kept, "MOST", kept.parse("2 per hour"))
    before = sum(len(part) for part in file_store().list("cv"))
    for _try in range(4):
        sent(client, address, client.get(address), phone="0", cv=(io.BytesIO(files.pdf()), CV))
    assert sum(len(part) for part in file_store().list("cv")) == before + 2


def test_a_site_that_counts_nothing_or_cannot_count_still_answers(
    returned: Any, app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_what: Any) -> Any:
        raise broken

    known = limiter.storage.base_exceptions
    broken = (known[0] if isinstance(known, tuple) else known)("out of reach")
    with app.test_request_context("/"):
        monkeypatch.setattr(limiter.limiter, "hit", fail)
        assert not kept.may_keep()
        monkeypatch.setattr(limiter, "enabled", False)
        monkeypatch.setattr(limiter, "_limiter", None)
        assert kept.may_keep()
