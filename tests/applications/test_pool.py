"""Kept for later: asked after a no, only with her yes, told before the end, gone in one click."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
import time_machine
from flask.testing import FlaskClient
from sqlalchemy import update
from sqlalchemy.exc import IntegrityError

from app.applications import erasing, letters, pool, services
from app.applications.enums import ActorKind, DeclineReason, Letter, Status
from app.applications.mails import moved
from app.applications.models import Application, ContactView
from app.core import consents
from app.core.errors import NotAllowedTransition
from app.core.jobs import jobs
from app.listings.enums import Kind
from app.main import verify
from tests import factories
from tests.applications.pages import page, press, words
from tests.listings.counting import count_queries

DAY = dt.timedelta(days=1)
NO = "Merci, la place est prise. Nous aimerions vous revoir."


def declined(now: dt.datetime, *members: Any, ask: bool = True, **values: Any) -> Application:
    """Return an application answered no, with the question or without it."""
    of = values.pop("listing", None) or factories.listing(
        organisation=factories.organisation(*members)
    )
    application = factories.application(of, now=now, **values)
    actor = members[0] if members else factories.user()
    pool.say_no(application, Status.DECLINED, actor, now, DeclineReason.FILLED, NO, ask=ask)
    return application


def kept(now: dt.datetime, *members: Any, **values: Any) -> Application:
    """Return an application of a person who said yes."""
    application = declined(now, *members, **values)
    pool.agree(application, now)
    return application


def person(client: FlaskClient, application: Application, now: dt.datetime) -> FlaskClient:
    with client.session_transaction() as cookie:
        cookie["followed"] = {application.reference: now.timestamp()}
    return client


def test_the_no_carries_the_question_in_one_message(
    now: dt.datetime, sign_in: Callable[..., FlaskClient], smtp: Any
) -> None:
    member = factories.user()
    application = factories.application(
        factories.listing(organisation=factories.organisation(member))
    )
    address = f"/recruter/candidatures/{application.id}/refuser"
    first = f"{address}?reason=filled"
    browser = sign_in(member)
    assert not page(browser.get(first)).select_one("#keep").has_attr("checked")
    press(browser, address, first, reason="filled", message=NO, keep="y")
    jobs.drain()
    assert application.pool_asked_at is not None
    [mail] = smtp.messages
    for kind in ("plain", "html"):
        assert "aimerait garder votre contact" in mail.get_body((kind,)).get_content()


def test_who_said_no_is_not_asked_again_by_another_no(now: dt.datetime, session: Any) -> None:
    application, member = factories.application(), factories.user()
    application.pool_asked_at = application.pool_refused_at = now
    pool.say_no(application, Status.DECLINED, member, now + DAY, DeclineReason.FILLED, NO, ask=True)
    assert application.pool_asked_at == now
    mail = moved(application, application.events[-1], 1, "http://localhost")
    assert mail is not None
    assert "garder votre contact" not in mail.text


def test_she_says_yes_on_her_page_and_looking_changes_nothing(
    now: dt.datetime, client: FlaskClient, session: Any
) -> None:
    application = declined(now)
    session.commit()
    browser, address = person(client, application, now), f"/candidature/{application.reference}"
    shown = browser.get(address)
    assert "J’accepte que" in words(shown)
    assert browser.get(f"{address}/vivier?answer=yes").status_code == 405
    assert application.status == Status.DECLINED
    assert browser.post(f"{address}/vivier", data={"answer": "yes"}).status_code == 400
    assert press(browser, f"{address}/vivier", address, answer="maybe").status_code == 400
    assert application.pool_refused_at is None
    press(browser, f"{address}/vivier", address, answer="yes")
    assert application.status == Status.POOL
    assert application.pool_wording == consents.POOL
    assert application.pool_until - application.pool_consent_at == pool.KEPT
    assert application.events[-1].actor_kind == ActorKind.CANDIDATE
    press(browser, f"{address}/vivier", address, answer="yes")
    assert len([one for one in application.events if one.to_status == Status.POOL]) == 1
    again = browser.get(address)
    assert "Ne plus garder mon contact" in words(again)
    assert "Garder 2 ans de plus" not in words(again)
    press(browser, f"{address}/vivier", address, answer="no")
    assert application.status == Status.WITHDRAWN
    assert application.pool_until is None


def test_her_no_is_final_and_her_application_is_erased_as_planned(
    now: dt.datetime, session: Any
) -> None:
    application = declined(now)
    pool.refuse(application, now)
    pool.refuse(application, now)
    assert application.status == Status.DECLINED
    for again in (lambda: pool.agree(application, now), lambda: pool.ask(application, now)):
        with pytest.raises(NotAllowedTransition):
            again()
    assert erasing.purge_applications(now + 91 * DAY) == 1


def test_nobody_is_kept_without_having_been_asked(now: dt.datetime, session: Any) -> None:
    for application in (declined(now, ask=False), factories.application()):
        with pytest.raises(NotAllowedTransition):
            pool.agree(application, now)
    with pytest.raises(NotAllowedTransition):
        pool.ask(factories.application(), now)
    with pytest.raises(IntegrityError), session.begin_nested():
        session.execute(update(Application).values(status="pool"))


def test_the_question_is_asked_once_from_the_sheet(
    now: dt.datetime, sign_in: Callable[..., FlaskClient], session: Any, smtp: Any
) -> None:
    member = factories.user()
    application = declined(now, member, ask=False)
    services.record_view(application, member, "contact", now)
    browser, sheet = sign_in(member), f"/recruter/candidatures/{application.id}"
    for _click in range(2):
        press(browser, f"{sheet}/garder", sheet)
    jobs.drain()
    asked = [one for one in smtp.messages if "question" in one["Subject"]]
    assert [one["To"] for one in asked] == [application.email]
    assert "Vous lui avez demandé" in words(browser.get(sheet))


def test_the_notice_comes_thirty_days_before_the_end_once_then_she_is_erased(
    now: dt.datetime, session: Any, smtp: Any
) -> None:
    application = kept(now)
    session.commit()
    jobs.drain()
    smtp.messages.clear()
    told, erased = [], None
    for day in range(800):
        instant = now + day * DAY
        if pool.tell_ends(instant):
            told.append(day)
        pool.tell_ends(instant)
        if erasing.purge_applications(instant):
            erased = day
            break
    assert (told, erased) == ([700], 730)
    assert session.get(Application, application.id) is None


def test_the_notice_names_the_day_and_a_second_yes_gives_two_more_years(
    now: dt.datetime, session: Any, smtp: Any
) -> None:
    application = kept(now)
    session.commit()
    jobs.drain()
    smtp.messages.clear()
    late = now + 705 * DAY
    assert pool.tell_ends(late) == 1
    session.commit()
    with time_machine.travel(late, tick=False):
        jobs.drain()
    [mail] = smtp.messages
    assert "effacé" in mail["Subject"]
    assert str((now + pool.KEPT).year) in mail.get_body(("plain",)).get_content()
    pool.agree(application, late)
    assert application.pool_until == late + pool.KEPT
    assert erasing.purge_applications(now + 731 * DAY) == 0
    assert pool.tell_ends(late + 700 * DAY) == 1


def test_who_left_before_the_notice_is_not_told(now: dt.datetime, session: Any, smtp: Any) -> None:
    application = kept(now)
    pool.tell_ends(now + 701 * DAY)
    pool.refuse(application, now + 701 * DAY)
    session.commit()
    with time_machine.travel(now + 702 * DAY, tick=False):
        jobs.drain()
    assert smtp.messages
    assert not any("effacé" in one["Subject"] for one in smtp.messages)


def test_the_pool_of_an_organisation_is_hers_alone_and_is_searched(
    now: dt.datetime, sign_in: Callable[..., FlaskClient]
) -> None:
    member, stranger = factories.user(), factories.user()
    organisation = factories.organisation(member)
    factories.organisation(stranger)
    nurse = factories.listing(
        organisation=organisation,
        title="Infirmier·ère de nuit",
        profession_id=factories.profession("infirmier").id,
    )
    kept(now, member, listing=nurse, first_name="Nadia", commune_label="Vénissieux")
    kept(now, member, listing=factories.listing(organisation=organisation), first_name="Omar")
    declined(now, member, listing=nurse, first_name="Refusée")
    browser = sign_in(member)
    shown = browser.get("/recruter/vivier")
    assert {"Nadia", "Omar"} <= set(words(shown).split())
    assert "Refusée" not in words(shown)
    assert "+3363998" not in shown.text
    assert "@example.org" not in shown.text.replace(member.email, "")
    for address, names in (
        ("?q=vénissieux", {"Nadia"}),
        ("?q=omar", {"Omar"}),
        (f"?metier={nurse.profession_id}", {"Nadia"}),
        ("?q=%25", set()),
        ("?metier=99999999999&page=0", {"Nadia", "Omar"}),
    ):
        found = words(browser.get(f"/recruter/vivier{address}"))
        assert {name for name in ("Nadia", "Omar") if name in found} == names, address
    assert "Nadia" not in sign_in(stranger).get("/recruter/vivier").text


def test_the_pool_asks_as_much_of_the_database_for_one_person_as_for_twenty(
    now: dt.datetime, sign_in: Callable[..., FlaskClient]
) -> None:
    member = factories.user()
    organisation = factories.organisation(member)
    of = factories.listing(organisation=organisation)
    kept(now, member, listing=of)
    browser, counts = sign_in(member), []
    for number in (0, 20):
        for _person in range(number):
            kept(now, member, listing=of)
        factories.db.session.commit()
        with count_queries() as queries:
            assert browser.get("/recruter/vivier").status_code == 200
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_a_listing_is_proposed_and_she_answers_it_herself_or_leaves(
    now: dt.datetime, sign_in: Callable[..., FlaskClient], session: Any, smtp: Any
) -> None:
    member = factories.user()
    application = kept(now, member)
    other = factories.listing(organisation=application.listing.organisation, title="Poste de nuit")
    elsewhere = factories.listing()
    session.commit()
    jobs.drain()
    smtp.messages.clear()
    browser, sheet = sign_in(member), f"/recruter/candidatures/{application.id}"
    browser.get("/recruter/vivier")
    press(browser, f"{sheet}/ouvrir", "/recruter/vivier")
    assert session.query(ContactView).count() == 1
    address = f"{sheet}/ecrire?modele=proposal"
    for wrong in (elsewhere.id, application.listing_id, 999_999):
        assert press(browser, address, address, listing=wrong, text="Bonjour").status_code == 422
    assert press(browser, address, address, listing=other.id, text="Bonjour").status_code == 303
    jobs.drain()
    [mail] = smtp.messages
    assert other.path in mail.get_body(("html",)).get_content()
    assert application.status == Status.POOL
    assert session.query(Application).count() == 1
    assert letters.letters_for(Kind.JOB, Status.POOL) == [Letter.PROPOSAL]


def test_verify_finds_who_is_kept_too_long(now: dt.datetime, session: Any) -> None:
    application = kept(now)
    assert list(verify.kept_people_agreed(now)) == []
    assert list(verify.kept_people_agreed(now + 735 * DAY)) == [
        f"candidature {application.reference} gardée sans accord, ou après sa fin"
    ]
