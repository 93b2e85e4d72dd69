"""The simplified application, as a person with a browser meets it."""

from __future__ import annotations

import datetime as dt
import io
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from app.applications.models import Application
from app.core import clock
from app.core.storage import file_store
from app.listings.enums import Kind, Outcome
from tests import factories
from tests.applications import files
from tests.applications.pages import NORA, answer, confirmation, hidden, page, words


def count(session: Any) -> int:
    return session.scalar(select(func.count()).select_from(Application))


def one(session: Any) -> Application:
    return session.scalars(select(Application)).one()


@pytest.mark.parametrize("kind", Kind)
def test_every_kind_is_answered_in_one_page(kind: Kind, client: FlaskClient, session: Any) -> None:
    of = factories.listing(kind, title="Une annonce", slug="une-annonce")
    response = answer(client, of)
    assert response.status_code == 303
    assert response.location.endswith("/candidature/confirmation")
    reference, code = confirmation(client)
    assert (one(session).reference, len(code)) == (reference, 9)


def test_the_confirmation_tells_the_promise_and_what_comes_next(client: FlaskClient) -> None:
    answer(client, factories.listing())
    response = client.get("/candidature/confirmation")
    text = words(response)
    assert "Merci Nora. On vous appelle avant " in text
    assert "Un appel, l’après-midi" in text
    assert response.headers["Cache-Control"] == "no-store"
    assert response.headers["Referrer-Policy"] == "no-referrer"


def test_who_calls_is_named_as_in_a_sentence(client: FlaskClient) -> None:
    said = {
        "M. Delorme, responsable de secteur": "M. Delorme, responsable de secteur, vous contacte",
        "Mme Ravier": "Mme Ravier vous contacte",
        "": "L’équipe vous contacte",
    }
    for name, sentence in said.items():
        listing = factories.listing(contact_name=name)
        assert sentence in words(client.get(f"{listing.path}/candidater"))


def test_another_browser_sees_no_confirmation(client: FlaskClient, app: Flask) -> None:
    answer(client, factories.listing())
    other = app.test_client().get("/candidature/confirmation")
    assert other.status_code == 303
    assert other.location.endswith("/candidature/")


def test_the_code_is_shown_for_half_an_hour(client: FlaskClient, time_machine: Any) -> None:
    answer(client, factories.listing())
    assert confirmation(client)[1]
    time_machine.move_to(dt.datetime.now(dt.UTC) + dt.timedelta(minutes=31))
    assert confirmation(client)[1] == ""


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"first_name": ""}, "Écrivez votre prénom"),
        ({"phone": "", "email": ""}, "un seul suffit"),
        ({"phone": "06 39 98 12"}, "Il manque deux chiffres : 06 39 98 12"),
        ({"email": "nora@"}, "Cette adresse n’est pas complète"),
        ({"call_back": "midnight"}, "Choisissez un moment"),
        ({"message": "a" * 2001}, "C’est trop long"),
        ({"diploma_held": "maybe"}, "Choisissez une réponse"),
    ],
)
def test_an_error_keeps_all_that_was_typed(
    wrong: dict[str, str], message: str, client: FlaskClient, session: Any
) -> None:
    sent = {"last_name": "Benali", "commune": "Bron", "email": "nora@example.org"} | wrong
    response = answer(client, factories.listing(), **sent)
    tree = page(response)
    assert response.status_code == 422
    assert tree.title.get_text().startswith("Erreur : ".replace(" : ", "\u00a0: "))
    assert message in words(response)
    links = [str(a["href"]) for a in tree.select("[data-error-summary] a")]
    assert links
    assert all(tree.select(link) for link in links)
    for name, value in (NORA | sent).items():
        field = tree.select_one(f"main [name={name}]")
        if field is not None and field.get("type") not in {"radio", "checkbox"}:
            assert value in {field.get("value", ""), field.get_text().strip()}
    if "call_back" not in wrong:
        ticked = [str(box["value"]) for box in tree.select("main [name=call_back][checked]")]
        assert ticked == [NORA["call_back"]]
    assert count(session) == 0


def test_a_correct_resend_after_an_error_makes_one_application(
    client: FlaskClient, session: Any
) -> None:
    of = factories.listing()
    wrong = answer(client, of, phone="06")
    again = client.post(f"{of.path}/candidater", data=hidden(wrong) | NORA)
    assert again.status_code == 303
    assert count(session) == 1


def test_nothing_is_ticked_nor_asked_in_advance(client: FlaskClient, session: Any) -> None:
    tree = page(client.get(f"{factories.listing().path}/candidater"))
    assert not tree.select_one("#consent").has_attr("checked")
    assert [str(field["name"]) for field in tree.select("main [required]")] == ["first_name"]


def test_an_expired_session_gives_the_form_back_filled(
    client: FlaskClient, app: Flask, session: Any
) -> None:
    of = factories.listing()
    address = f"{of.path}/candidater"
    typed = hidden(client.get(address)) | NORA | {"message": "Je connais le quartier."}
    stranger = app.test_client()
    response = stranger.post(address, data=typed)
    assert response.status_code == 422
    assert "Tout ce que vous avez écrit est là" in words(response)
    assert "Je connais le quartier." in response.text
    assert count(session) == 0
    again = stranger.post(address, data=typed | hidden(response))
    assert again.status_code == 303


def test_a_program_that_fills_the_trap_sends_nothing(client: FlaskClient, session: Any) -> None:
    response = answer(client, factories.listing(), website="http://spam.example")
    trap = page(response).select_one("[name=website]")
    assert response.status_code == 422
    assert (trap["tabindex"], trap.get("value")) == ("-1", "")
    assert trap.find_parent(attrs={"aria-hidden": "true"})
    assert count(session) == 0


def test_unknown_fields_are_ignored(client: FlaskClient, session: Any) -> None:
    answer(client, factories.listing(), status="hired", id="7", reference="PS-AAAA-AAAA")
    application = one(session)
    assert (application.status, application.reference) != ("hired", "PS-AAAA-AAAA")
    assert application.status == "received"


def test_back_and_resend_gives_the_same_confirmation(client: FlaskClient, session: Any) -> None:
    of = factories.listing()
    address = f"{of.path}/candidater"
    typed = hidden(client.get(address)) | NORA
    client.post(address, data=typed)
    first = confirmation(client)
    assert client.post(address, data=typed).status_code == 303
    assert confirmation(client) == first
    assert count(session) == 1


def test_the_same_form_with_other_answers_keeps_the_first(
    client: FlaskClient, session: Any
) -> None:
    of = factories.listing()
    address = f"{of.path}/candidater"
    typed = hidden(client.get(address)) | NORA
    client.post(address, data=typed)
    response = client.post(address, data=typed | {"first_name": "Ines"})
    assert response.status_code == 409
    assert "C’est le premier envoi qui compte" in words(response)
    assert one(session).first_name == "Nora"


def test_a_second_tab_of_the_same_browser_leads_to_the_same_confirmation(
    client: FlaskClient, session: Any
) -> None:
    of = factories.listing()
    address = f"{of.path}/candidater"
    tabs = [hidden(client.get(address)) for _tab in range(2)]
    client.post(address, data=tabs[0] | NORA)
    first = confirmation(client)
    assert client.post(address, data=tabs[1] | NORA).status_code == 303
    assert confirmation(client) == first
    assert count(session) == 1


def test_who_only_knows_the_phone_learns_nothing_more(
    client: FlaskClient, app: Flask, session: Any
) -> None:
    of = factories.listing()
    answer(client, of, last_name="Benali", email="nora@example.org")
    reference, code = confirmation(client)
    stranger = app.test_client()
    response = answer(stranger, of, first_name="Curieux")
    text = words(response)
    assert response.status_code == 409
    assert "une demande a déjà été reçue" in text
    for secret in (reference, code, "Nora", "Benali", "nora@example.org"):
        assert secret not in text
    assert stranger.get(f"/candidature/{reference}").status_code == 303
    assert stranger.get("/candidature/confirmation").status_code == 303


def test_a_closed_listing_says_so_and_shows_others(client: FlaskClient, now: dt.datetime) -> None:
    other = factories.listing(title="Autre poste ouvert")
    of = factories.listing(status="closed", closed_at=now, outcome=Outcome.FILLED)
    response = client.get(f"{of.path}/candidater")
    assert response.status_code == 410
    assert other.title in words(response)


def test_a_listing_closed_meanwhile_gives_back_what_was_typed(
    client: FlaskClient, session: Any, now: dt.datetime
) -> None:
    other = factories.listing(title="Autre poste ouvert")
    of = factories.listing()
    address = f"{of.path}/candidater"
    typed = hidden(client.get(address)) | NORA | {"message": "Je connais le quartier."}
    of.status, of.closed_at, of.outcome = "closed", now, Outcome.FILLED
    session.commit()
    response = client.post(address, data=typed)
    text = words(response)
    assert response.status_code == 410
    for expected in ("pendant que vous écriviez", "Je connais le quartier.", other.title):
        assert expected in text
    assert count(session) == 0


def test_a_closed_listing_tells_nobody_who_had_answered(
    client: FlaskClient, app: Flask, session: Any, now: dt.datetime
) -> None:
    of = factories.listing()
    address = f"{of.path}/candidater"
    stranger = app.test_client()
    mine, theirs = hidden(client.get(address)) | NORA, hidden(stranger.get(address))
    client.post(address, data=mine)
    of.status, of.closed_at, of.outcome = "closed", now, Outcome.FILLED
    session.commit()
    told = [
        stranger.post(address, data=theirs | {"first_name": "Curieux", "phone": phone})
        for phone in (NORA["phone"], "06 39 98 55 55")
    ]
    assert [one.status_code for one in told] == [410, 410]
    assert words(told[0]).replace(NORA["phone"], "") == words(told[1]).replace("06 39 98 55 55", "")
    # She who sends the same form again is told that it had arrived.
    assert client.post(address, data=mine).status_code == 303


def test_a_listing_on_pause_may_open_again(client: FlaskClient) -> None:
    response = client.get(f"{factories.listing(status='paused').path}/candidater")
    assert response.status_code == 410
    assert "en pause" in words(response)


def test_a_full_date_offers_its_waiting_list(client: FlaskClient) -> None:
    event = factories.listing(Kind.EVENT)
    full = factories.listing_session(event, capacity=1, taken=1)
    factories.listing_session(event, label="Soirée")
    assert "complet : liste d’attente" in words(client.get(f"{event.path}/candidater"))
    answer(client, event, session=str(full.id))
    assert "Vous êtes sur la liste d’attente" in words(client.get("/candidature/confirmation"))


def test_a_person_without_phone_is_answered_by_mail(client: FlaskClient) -> None:
    answer(client, factories.listing(), phone="", email="Nora@Example.org")
    text = words(client.get("/candidature/confirmation"))
    assert "On vous répond avant" in text
    assert "Une réponse par e-mail" in text


def test_a_listing_past_its_deadline_is_closed(client: FlaskClient, now: dt.datetime) -> None:
    of = factories.listing(closes_at=now - dt.timedelta(seconds=1))
    assert client.get(f"{of.path}/candidater").status_code == 410


@pytest.mark.parametrize("status", ["draft", "in_review"])
def test_a_listing_not_yet_published_does_not_exist(status: str, client: FlaskClient) -> None:
    of = factories.listing(status=status, published_at=None)
    assert client.get(f"{of.path}/candidater").status_code == 404
    assert client.get("/emplois/999999999999999-x/candidater").status_code == 404


def test_an_imported_listing_is_answered_where_it_comes_from(
    client: FlaskClient, session: Any
) -> None:
    of = factories.listing(
        source="france-travail",
        source_id="1",
        source_hash="0" * 64,
        source_url="https://candidat.francetravail.fr/offres/recherche/detail/1",
    )
    response = client.get(f"{of.path}/candidater")
    assert page(response).select_one(f'main a[href="{of.source_url}"]')
    assert client.post(f"{of.path}/candidater", data=NORA).status_code == 303
    assert count(session) == 0


def test_an_old_address_leads_to_the_right_one(client: FlaskClient) -> None:
    of = factories.listing()
    response = client.get(f"/stages/{of.id}-ancien-titre/candidater")
    assert response.status_code == 301
    assert response.location.endswith(f"{of.path}/candidater")


def test_one_chooses_a_date_among_several(client: FlaskClient, session: Any) -> None:
    event = factories.listing(Kind.EVENT)
    dates = [factories.listing_session(event) for _date in range(2)]
    stranger = factories.listing_session(factories.listing(Kind.EVENT))
    for wrong in ({}, {"session": str(stranger.id)}, {"session": "abc"}):
        response = answer(client, event, **wrong)
        assert response.status_code == 422
        assert "Choisissez une date" in words(response)
    answer(client, event, session=str(dates[1].id))
    assert one(session).session_id == dates[1].id


def test_the_date_chosen_on_the_listing_is_chosen_on_the_form(client: FlaskClient) -> None:
    event = factories.listing(Kind.EVENT)
    dates = [factories.listing_session(event) for _date in range(2)]
    link = page(client.get(event.path)).select(f'a[href$="session={dates[1].id}"]')[0]["href"]
    chosen = page(client.get(str(link))).select("input[name=session][checked]")
    assert [box["value"] for box in chosen] == [str(dates[1].id)]


def test_a_date_gone_by_meanwhile_takes_nobody(
    client: FlaskClient, session: Any, time_machine: Any
) -> None:
    event = factories.listing(Kind.EVENT)
    date = factories.listing_session(event, starts_at=clock.now() + dt.timedelta(minutes=5))
    form = hidden(client.get(f"{event.path}/candidater"))
    time_machine.move_to(date.starts_at + dt.timedelta(minutes=1))
    response = client.post(
        f"{event.path}/candidater", data=form | {"first_name": "Nora", "phone": "0639981234"}
    )
    assert response.status_code == 410
    assert "0639981234" in words(response).replace(" ", "")
    assert count(session) == 0


def test_dates_gone_by_close_the_form(client: FlaskClient, now: dt.datetime) -> None:
    event = factories.listing(Kind.EVENT)
    factories.listing_session(event, starts_at=now - dt.timedelta(hours=1))
    assert client.get(f"{event.path}/candidater").status_code == 410


def test_a_file_is_kept_under_another_name_with_its_digest(
    client: FlaskClient, session: Any
) -> None:
    data = files.pdf()
    answer(client, factories.listing(), cv=(io.BytesIO(data), "a/../é😀.pdf"))
    application = one(session)
    assert bytes(file_store().get(application.cv_key).bytes()) == data
    assert application.cv_name == f"cv-{application.reference}.pdf"
    assert "/../" not in application.cv_key


def test_a_refused_file_keeps_the_rest_and_asks_for_it_again(
    client: FlaskClient, session: Any
) -> None:
    response = answer(client, factories.listing(), cv=(io.BytesIO(b"MZ"), "cv.exe"))
    text = words(response)
    assert response.status_code == 422
    assert "Ce type de fichier n’est pas accepté" in text
    assert "choisissez-le à nouveau" in text
    assert 'value="Nora"' in response.text
    assert count(session) == 0


def test_a_file_sent_twice_is_kept_once(client: FlaskClient, app: Flask) -> None:
    of = factories.listing()
    address = f"{of.path}/candidater"
    typed = hidden(client.get(address)) | NORA
    before = sum(len(part) for part in file_store().list("cv"))
    for _click in range(2):
        client.post(address, data=typed | {"cv": (io.BytesIO(files.pdf()), "cv.pdf")})
    assert sum(len(part) for part in file_store().list("cv")) == before + 1


def test_too_many_sends_from_one_address_wait(
    client: FlaskClient, app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(app.config, "APPLICATION_RATE_LIMIT", "2 per minute")
    of = factories.listing()
    statuses = [client.post(f"{of.path}/candidater", data={}).status_code for _try in range(3)]
    assert statuses == [422, 422, 429]
    assert client.get(f"{of.path}/candidater").status_code == 200


def test_an_injected_name_is_shown_as_text(client: FlaskClient) -> None:
    answer(client, factories.listing(), first_name="<script>alert(1)</script>{{7*7}}")
    response = client.get("/candidature/confirmation")
    assert "<script>alert" not in response.text
    assert "{{7*7}}" in words(response)
