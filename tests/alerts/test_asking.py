"""Asking for an alert, confirming it, changing it, stopping it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from app.alerts import services, tokens
from app.alerts.enums import Frequency, Stop
from app.alerts.models import Alert
from app.core.database import db
from app.core.limits import limiter
from app.core.outbox import OutboxEvent
from app.search.criteria import parse
from tests import factories
from tests.alerts.conftest import link_in, page_of

DAY = dt.timedelta(days=1)
ASKED = {"q": "infirmière", "horaires": "nuit", "ou": "Bron", "email": "Nora@Example.org"}
UNKNOWN = "0" * 64


def count() -> int:
    return db.session.scalar(select(func.count(Alert.id))) or 0


def events() -> int:
    query = select(func.count(OutboxEvent.id)).where(OutboxEvent.topic == "alert.requested")
    return db.session.scalar(query) or 0


def ask(client: FlaskClient, **values: str) -> Any:
    return client.post("/alertes/", data=ASKED | {"frequency": "daily"} | values)


def test_an_alert_starts_by_the_button_of_the_page_that_the_message_opens(
    client: FlaskClient, smtp: Any, drain: Callable[[], None]
) -> None:
    answer = ask(client, frequency="weekly", tri="date", page="3", depuis="7")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/alertes/envoyee")
    assert "Ouvrez votre boîte" in client.get("/alertes/envoyee").text
    drain()
    page = link_in(smtp.messages[0])
    alert = db.session.scalars(select(Alert)).one()
    assert (alert.email, alert.frequency) == ("nora@example.org", Frequency.WEEKLY)
    assert alert.label == "infirmière, de nuit, à 20\u00a0km de Bron"
    assert alert.query == "horaires=nuit&ou=Bron&q=infirmi%C3%A8re"

    shown = client.get(page)
    assert "Confirmer mon alerte" in shown.text
    assert shown.headers["Cache-Control"] == "no-store"
    assert shown.headers["Referrer-Policy"] == "no-referrer"
    db.session.refresh(alert)
    assert alert.confirmed_at is None

    assert client.post(page, data={"geste": "confirmer"}).status_code == 303
    db.session.refresh(alert)
    assert alert.active
    assert "En marche" in client.get(page).text


def test_the_page_of_a_search_holds_the_form_and_sets_no_cookie(client: FlaskClient) -> None:
    page = client.get("/recherche?q=puericultrice&ou=Bron&page=2&tri=date")
    assert 'action="/alertes/"' in page.text
    assert 'name="q" value="puericultrice"' in page.text
    assert "Set-Cookie" not in page.headers
    asked = ask(client)
    assert "Set-Cookie" not in asked.headers
    assert "Set-Cookie" not in client.get("/alertes/envoyee").headers


def test_asking_again_makes_no_second_alert_and_says_nothing(
    client: FlaskClient, now: dt.datetime
) -> None:
    first = ask(client)
    again = ask(client, horaires="nuit", rayon="20", tri="date")
    known = factories.alert(email="connue@example.org", search={"q": "aide-soignante"})
    third = ask(client, q="aide-soignante", horaires="", ou="", email="connue@example.org")
    for answer in (again, third):
        assert (answer.status_code, answer.headers["Location"], answer.data) == (
            first.status_code,
            first.headers["Location"],
            first.data,
        )
    assert count() == 2
    assert known.frequency == Frequency.DAILY


def test_who_has_the_alert_already_is_told_that_nothing_changes(
    client: FlaskClient, smtp: Any, drain: Callable[[], None], now: dt.datetime
) -> None:
    alert = factories.alert(email="nora@example.org", search={"q": "nuit"}, now=now - DAY)
    ask(client, q="nuit", horaires="", ou="", frequency="weekly")
    drain()
    assert smtp.messages[0]["Subject"].strip().startswith("Votre alerte existe déjà")
    db.session.refresh(alert)
    assert alert.frequency == Frequency.DAILY


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"email": ""}, "Indiquez votre e-mail"),
        ({"email": "nora@"}, "n’est pas complète"),
        ({"email": "a@b.fr\nBcc: c@d.fr"}, "n’est pas complète"),
        ({"email": "x" * 250 + "@exemple.fr"}, "Raccourcissez"),
        ({"frequency": "hourly"}, "choi"),
        ({"website": "http://spam"}, "champ caché"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_written(
    client: FlaskClient, values: dict[str, str], said: str
) -> None:
    answer = ask(client, **values)
    assert answer.status_code == 422
    assert said in answer.text
    assert 'value="infirmière"' in answer.text
    assert count() == events() == 0


def test_an_address_written_by_others_is_left_in_peace(
    client: FlaskClient, now: dt.datetime
) -> None:
    for number in range(services.ASKED_A_DAY + 4):
        assert ask(client, q=f"recherche {number}").status_code == 303
    assert count() == events() == services.ASKED_A_DAY
    # The same alert, asked for days: three messages at most.
    for number in range(1, 10):
        later = now + number * dt.timedelta(hours=5)
        services.request_alert("autre@example.org", parse({"q": "nuit"}), Frequency.DAILY, later)
    assert events() == services.ASKED_A_DAY + services.ASKS_EACH


def test_one_address_has_a_bounded_number_of_alerts(now: dt.datetime) -> None:
    for number in range(services.ALERTS_EACH):
        factories.alert(email="n@example.org", search={"q": f"mot {number}"}, now=now - 9 * DAY)
    services.request_alert("n@example.org", parse({"q": "encore"}), Frequency.DAILY, now)
    assert count() == services.ALERTS_EACH


def test_one_visitor_may_not_ask_without_end(client: FlaskClient, app: Flask) -> None:
    limiter.enabled = True
    limiter.reset()
    answers = [ask(client, email=f"n{number}@example.org").status_code for number in range(12)]
    limiter.reset()
    assert answers == [303] * 10 + [429] * 2


def test_another_site_cannot_send_the_form(client: FlaskClient) -> None:
    for headers in (
        {"Origin": "https://autre.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
    ):
        data = ASKED | {"frequency": "daily"}
        assert client.post("/alertes/", data=data, headers=headers).status_code == 403
    headers = {"Origin": "http://localhost", "Sec-Fetch-Site": "same-origin"}
    answer = client.post("/alertes/", data=ASKED | {"frequency": "daily"}, headers=headers)
    assert answer.status_code == 303


def test_a_link_is_worth_nothing_without_its_token(client: FlaskClient, app: Flask) -> None:
    alert = factories.alert()
    for token in ("jeton", UNKNOWN, alert.token_hash, alert.salt):
        assert client.get(f"/alertes/{token}").status_code == 404
        assert client.post(f"/alertes/{token}", data={"geste": "garder"}).status_code == 404
    assert len(tokens.token_of(alert.salt, alert.token_hash)) == 64
    assert client.post(page_of(alert), data={"geste": "autre"}).status_code == 400


def test_links_survive_a_change_of_the_secret_key(
    app: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    alert = factories.alert()
    before = page_of(alert)
    monkeypatch.setitem(app.config, "SECRET_KEY_FALLBACKS", [app.config["SECRET_KEY"]])
    monkeypatch.setitem(app.config, "SECRET_KEY", "an entirely different secret key, long enough")
    assert page_of(alert) == before
    assert client.get(before).status_code == 200


def test_a_person_changes_her_alert(client: FlaskClient, now: dt.datetime) -> None:
    alert = factories.alert(now=now - 340 * DAY, warned_at=now)
    page = page_of(alert)

    def do(action: str) -> None:
        assert client.post(page, data={"geste": action}).status_code == 303
        db.session.refresh(alert)

    do("chaque-semaine")
    assert (alert.frequency, alert.warned_at) == (Frequency.WEEKLY, None)
    do("suspendre")
    assert not alert.active
    assert "En pause" in client.get(page).text
    do("reprendre")
    assert alert.active
    assert alert.seen_until is not None
    assert alert.seen_until >= now
    do("chaque-jour")
    do("garder")
    assert services.ends_at(alert) > now + 364 * DAY


def test_nothing_but_confirming_can_be_done_before(client: FlaskClient, now: dt.datetime) -> None:
    alert = factories.alert(confirmed_at=None, now=now)
    db.session.commit()
    for action in ("suspendre", "reprendre", "garder", "chaque-semaine"):
        client.post(page_of(alert), data={"geste": action})
        db.session.refresh(alert)
        assert (alert.confirmed_at, alert.paused_at, alert.kept_at) == (None, None, None)


def test_one_click_of_the_mail_program_stops_and_erases(client: FlaskClient) -> None:
    alert = factories.alert()
    page = f"{page_of(alert)}/arret"
    assert "Arrêter et effacer" in client.get(page).text
    assert count() == 1
    body = {"List-Unsubscribe": "One-Click"}
    for _again in range(2):
        answer = client.post(page, data=body, headers={"User-Agent": "Mail", "Origin": "null"})
        assert (answer.status_code, "Set-Cookie" in answer.headers) == (200, False)
        assert "C’est arrêté" in answer.text
    assert "C’est arrêté" in client.get(page).text
    assert count() == 0


def test_what_nobody_confirms_is_erased_and_can_no_longer_be_confirmed(
    client: FlaskClient, now: dt.datetime
) -> None:
    kept = services.UNCONFIRMED_KEPT_DAYS
    late = factories.alert(confirmed_at=None, now=now - (kept + 1) * DAY)
    factories.alert(confirmed_at=None, now=now - (kept - 1) * DAY)
    factories.alert(now=now - 30 * DAY)
    db.session.commit()
    client.post(page_of(late), data={"geste": "confirmer"})
    assert late.confirmed_at is None
    assert services.purge_alerts(now) == 1
    assert count() == 2


def test_an_alert_stops_a_year_after_its_last_sign_once_its_person_was_told(
    smtp: Any, drain: Callable[[], None], client: FlaskClient, now: dt.datetime
) -> None:
    alert = factories.alert(now=now - 336 * DAY)
    factories.alert(now=now - 300 * DAY)
    assert services.warn_unvisited(now) == 1
    assert services.warn_unvisited(now) == 0
    drain()
    assert smtp.messages[0]["Subject"].strip().startswith("Votre alerte s’arrête le")
    assert "List-Unsubscribe" in smtp.messages[0]
    later = now + 29 * DAY
    assert services.stop_unvisited(later) == 0
    assert services.stop_unvisited(now + 31 * DAY) == 1
    db.session.refresh(alert)
    assert alert.stop_reason == Stop.UNVISITED
    db.session.commit()
    assert "Cette alerte est arrêtée" in client.get(page_of(alert)).text
    assert services.purge_alerts(now + 32 * DAY) == 0
    assert services.purge_alerts(now + 62 * DAY) == 1


def test_the_button_of_the_notice_keeps_the_alert_a_year_more(
    client: FlaskClient, now: dt.datetime
) -> None:
    alert = factories.alert(now=now - 340 * DAY)
    services.warn_unvisited(now)
    db.session.commit()
    client.get(page_of(alert))
    db.session.refresh(alert)
    assert alert.warned_at is not None
    client.post(page_of(alert), data={"geste": "garder"})
    assert services.stop_unvisited(now + 60 * DAY) == 0


def test_the_database_refuses_an_alert_that_makes_no_sense(now: dt.datetime) -> None:
    for wrong in (
        {"email": ""},
        {"frequency": "hourly"},
        {"stopped_at": now},
        {"seen_until": None},
        {"confirmed_at": None, "paused_at": now},
    ):
        with pytest.raises(IntegrityError), db.session.begin_nested():
            factories.alert(**wrong)
    first = factories.alert(email="n@example.org")
    with pytest.raises(IntegrityError), db.session.begin_nested():
        factories.alert(email=first.email)


def test_no_address_goes_to_the_logs(
    client: FlaskClient, drain: Callable[[], None], smtp: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    ask(client)
    smtp.refuse_with = "550 nora@example.org unknown"
    drain()
    captured = capsys.readouterr()
    assert "nora" not in (captured.out + captured.err).lower()
    payloads = db.session.scalars(select(OutboxEvent.payload))
    assert not any("nora" in str(payload).lower() for payload in payloads)


def test_a_stranger_cannot_have_the_site_write_her_sentence(
    client: FlaskClient, smtp: Any, drain: Callable[[], None]
) -> None:
    sentence = "Votre compte est bloqué, confirmez sur https://mal.example/x infirmière de nuit"
    ask(client, q=sentence)
    drain()
    parts = [part for part in smtp.messages[0].walk() if part.get_content_maintype() == "text"]
    text = "".join(part.get_content() for part in parts)
    assert "mal.example" not in text
    assert "bloqué" not in text
    assert "infirmier·ère" in text, "what the search understood is told in its own words"


def test_one_address_receives_few_messages_that_it_did_not_ask(now: dt.datetime) -> None:
    for minutes in range(0, 600, 11):
        for number in range(6):
            services.request_alert(
                "victime@example.org",
                parse({"q": f"infirmière {number}"}),
                Frequency.DAILY,
                now + dt.timedelta(minutes=minutes),
            )
            db.session.flush()
    assert events() == services.ASKED_A_DAY
