"""What members write about a person and to her: who reads it, what cannot leave, what changes."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy.exc import IntegrityError

from app.applications import erasing, letters, mails, services, workflow
from app.applications.enums import ActorKind, DeclineReason, Letter, Status
from app.applications.models import ApplicationMessage, ApplicationNote
from app.applications.wording import ImproperWords, improper
from app.core.errors import NotAllowedTransition
from app.core.jobs import jobs
from app.listings.enums import Kind
from tests import factories
from tests.applications.pages import page, press, words

HELLO = "Bonjour Samira, rappelez-nous au 04 65 71 12 34 ou à accueil@ehpad.fr."


@pytest.fixture
def world(now: dt.datetime) -> Any:
    """Return a member, one of her colleagues, and an application whose sheet both have opened."""
    member, colleague = factories.user(name="Claire Roux"), factories.user(name="Inès Petit")
    of = factories.listing(organisation=factories.organisation(member, colleague))
    application = factories.application(of, answer_due_at=now + dt.timedelta(days=2))
    for one in (member, colleague):
        services.record_view(application, one, "contact", now)
    return member, colleague, application


def sheet(application: Any) -> str:
    return f"/recruter/candidatures/{application.id}"


def follow(app_client: FlaskClient, application: Any, now: dt.datetime) -> FlaskClient:
    with app_client.session_transaction() as cookie:
        cookie["followed"] = {application.reference: now.timestamp()}
    return app_client


def test_colleagues_share_notes_and_each_deletes_her_own(
    world: Any, sign_in: Callable[..., FlaskClient]
) -> None:
    member, colleague, application = world
    mine, theirs = sign_in(member), sign_in(colleague)
    address = f"{sheet(application)}/notes"
    assert (
        press(mine, address, sheet(application), text="Libre <b>dès</b> lundi.").status_code == 303
    )
    shown = theirs.get(sheet(application))
    assert "Libre <b>dès</b> lundi." in words(shown)
    assert "Claire Roux" in words(shown)
    note = application.notes[0].id
    assert f"/notes/{note}/supprimer" not in shown.text
    delete = f"{address}/{note}/supprimer"
    assert press(theirs, delete, sheet(application)).status_code == 404
    assert press(mine, delete, sheet(application)).status_code == 303
    assert press(mine, delete, sheet(application)).status_code == 404


def test_a_note_too_long_or_empty_is_given_back(
    world: Any, sign_in: Callable[..., FlaskClient], session: Any
) -> None:
    member, _colleague, application = world
    browser = sign_in(member)
    for text in ("x" * 2_001, "   "):
        answer = press(browser, f"{sheet(application)}/notes", sheet(application), text=text)
        assert answer.status_code == 422
        assert page(answer).title.get_text().startswith("Erreur")
        assert text.strip() in answer.text
    assert not application.notes
    with pytest.raises(IntegrityError):
        letters.add_note(application, member, "x" * 2_001, application.created_at)


def test_nothing_is_written_before_the_sheet_was_opened_on_purpose(
    now: dt.datetime, sign_in: Callable[..., FlaskClient]
) -> None:
    member = factories.user()
    application = factories.application(
        factories.listing(organisation=factories.organisation(member))
    )
    browser = sign_in(member)
    for path in ("notes", "ecrire?modele=tried"):
        press(browser, f"{sheet(application)}/{path}", sheet(application), text="Bonjour")
    assert not application.notes
    assert not application.messages


@pytest.mark.parametrize("seed", range(4))
def test_whatever_happens_no_note_reaches_the_person(
    seed: int, world: Any, now: dt.datetime, client: FlaskClient, smtp: Any, session: Any
) -> None:
    member, colleague, application = world
    chance = random.Random(seed)
    browser = follow(client, application, now)
    for number in range(8):
        if application.status in workflow.TAKEN_BACK:
            break
        author = chance.choice([member, colleague])
        letters.add_note(application, author, f"SECRET-{number}", now)
        offered = letters.letters_for(application.listing.kind, application.status)
        if chance.random() < 0.5 and Letter.TRIED in offered:
            letters.write(application, author, Letter.TRIED, f"visible-{number}", now)
        moves = workflow.allowed(Kind.JOB, application.status, ActorKind.MEMBER)
        if moves and chance.random() < 0.3:
            to = chance.choice(sorted(moves - workflow.NEEDS_REASON) or [Status.HIRED])
            if to in moves:
                services.move_application(application, to, ActorKind.MEMBER, author, now)
        session.commit()
        jobs.drain()
        shown = browser.get(f"/candidature/{application.reference}").text
        assert "SECRET" not in shown
        for message in application.messages:
            assert message.text in shown
    assert not any("SECRET" in str(message) for message in smtp.messages)


def test_notes_go_when_the_application_is_taken_back_and_with_it(
    world: Any, now: dt.datetime, session: Any
) -> None:
    member, _colleague, application = world
    letters.add_note(application, member, "Libre lundi.", now)
    logged = len(application.events)
    services.withdraw_application(application, now)
    assert session.query(ApplicationNote).count() == 0
    assert len(application.events) == logged + 1
    with pytest.raises(NotAllowedTransition):
        letters.add_note(application, member, "Trop tard.", now)
    erasing.purge_applications(now + dt.timedelta(days=91))
    assert session.query(ApplicationMessage).count() == 0


@pytest.mark.parametrize(
    ("status", "after"),
    [
        (Status.RECEIVED, Status.CONTACTED),
        (Status.SEEN, Status.CONTACTED),
        (Status.EXPIRED_NO_ANSWER, Status.CONTACTED),
        (Status.MEETING, Status.MEETING),
        (Status.HIRED, Status.HIRED),
    ],
)
def test_writing_is_a_first_contact_and_nothing_more(
    status: Status, after: Status, now: dt.datetime, session: Any, smtp: Any
) -> None:
    application = factories.application(status=status)
    letters.write(application, factories.user(), Letter.TALK, HELLO, now)
    session.commit()
    jobs.drain()
    assert application.status == after
    assert (application.first_contact_at == now) is (status != after)
    assert [one["To"] for one in smtp.messages] == [application.email]
    text = smtp.messages[0].get_body(("plain",)).get_content()
    assert HELLO in text
    assert f"/candidature/{application.reference}?cle=" in text


@pytest.mark.parametrize("status", sorted(letters.CLOSED))
def test_nobody_writes_to_who_has_had_her_no_or_has_gone(status: Status, now: dt.datetime) -> None:
    application = factories.application(status=status, decline_reason="filled")
    assert letters.letters_for(Kind.JOB, status) == []
    with pytest.raises(NotAllowedTransition):
        letters.write(application, factories.user(), Letter.TRIED, HELLO, now)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("Réglez ici : https://paiement.example/dossier", "lien"),
        ("Tout est sur www.paye-ici.com", "lien"),
        ("Inscrivez-vous sur formation-express.top avant demain", "lien"),
        ("Versez 40 € pour réserver", "gratuit"),
        ("Envoyez-moi de l’argent, je vous rembourse", "gratuit"),
        ("Il manque votre RIB.", "RIB"),
        ("Donnez votre numéro de sécurité sociale", "RIB"),
        ("Payez avec une carte PCS", "paiement"),
        ("Avez-vous moins de 30 ans ? Nous cherchons une femme uniquement.", "sexe"),
    ],
)
def test_money_papers_links_and_discrimination_cannot_leave(
    text: str, reason: str, now: dt.datetime, session: Any
) -> None:
    told = " ".join(improper(text))
    assert reason in told
    application = factories.application()
    with pytest.raises(ImproperWords):
        letters.write(application, factories.user(), Letter.MISSING, text, now)
    assert application.status == Status.RECEIVED
    with pytest.raises(ImproperWords):
        services.move_application(
            application, Status.DECLINED, ActorKind.MEMBER, None, now, "other", text
        )


@pytest.mark.parametrize(
    "text",
    [
        HELLO,
        "Venez quand vous voulez, sonnez à l’accueil. Le poste est à 2 077 € brut.",
        "Le repas est offert. Rendez-vous mardi 1er décembre, 12 rue de la Part-Dieu.Merci.",
        "Votre diplôme d’aide-soignant nous manque : pouvez-vous nous dire son année ?",
    ],
)
def test_ordinary_messages_leave(text: str) -> None:
    assert improper(text) == []


def test_every_ready_message_may_leave(now: dt.datetime) -> None:
    application = factories.application()
    for letter in Letter:
        assert improper(mails.letter_message(letter, application, now)) == []
    for reason in DeclineReason:
        assert improper(mails.decline_message(reason, application)) == []


def test_a_refused_message_says_why_and_loses_nothing(
    world: Any, sign_in: Callable[..., FlaskClient]
) -> None:
    member, _colleague, application = world
    browser = sign_in(member)
    typed = "Versez 40 € pour réserver votre place."
    for address in (
        f"{sheet(application)}/ecrire?modele=missing",
        f"{sheet(application)}/refuser?reason=filled",
    ):
        answer = press(browser, address, address, text=typed, message=typed, reason="filled")
        assert answer.status_code == 422
        assert "Candidater est gratuit" in words(answer)
        assert typed in page(answer).select_one("textarea").get_text()
    assert application.status == Status.SEEN
    assert not application.messages


def test_a_meeting_has_a_date_a_place_and_a_calendar(
    world: Any,
    sign_in: Callable[..., FlaskClient],
    client: FlaskClient,
    smtp: Any,
    now: dt.datetime,
) -> None:
    member, _colleague, application = world
    browser = sign_in(member)
    address = f"{sheet(application)}/ecrire?modele=meeting&etape=meeting"
    day = (now + dt.timedelta(days=5)).date()
    said = {"step": "meeting", "hour": "14:30", "text": HELLO}
    wrong = press(browser, address, address, **said, day="", place="")
    assert wrong.status_code == 422
    past = press(browser, address, address, **said, day="2020-01-01", place="12 rue Neuve")
    assert past.status_code == 422
    assert HELLO in page(past).select_one("textarea").get_text()
    place = "12 rue Neuve, Bron; demandez Claire, à l’accueil"
    assert press(browser, address, address, **said, day=f"{day}", place=place).status_code == 303
    jobs.drain()
    assert application.status == Status.MEETING
    assert application.first_contact_at is not None
    # One message says it all: the change of step sends none of its own.
    [mail] = smtp.messages
    text = mail.get_body(("plain",)).get_content()
    assert "14\u00a0h\u00a030" in text
    assert place in text
    person = follow(client, application, now)
    shown = person.get(f"/candidature/{application.reference}")
    assert "12 rue Neuve" in words(shown)
    file = person.get(f"/candidature/{application.reference}/rencontre.ics")
    assert file.mimetype == "text/calendar"
    unfolded = file.text.replace("\r\n ", "")
    assert "LOCATION:12 rue Neuve\\, Bron\\; demandez Claire\\, à l’accueil" in unfolded
    assert all(len(line.encode()) <= 75 for line in file.text.split("\r\n"))
    assert client.application.test_client().get(file.request.path).status_code == 303


def test_without_an_e_mail_nothing_pretends_to_leave(
    world: Any,
    sign_in: Callable[..., FlaskClient],
    client: FlaskClient,
    smtp: Any,
    now: dt.datetime,
) -> None:
    member, _colleague, application = world
    application.email = None
    browser = sign_in(member)
    address = f"{sheet(application)}/ecrire?modele=tried"
    assert "rien ne part" in words(browser.get(address))
    press(browser, address, address, text="Je vous rappelle & demain ?")
    jobs.drain()
    assert smtp.messages == []
    link = page(browser.get(sheet(application))).select_one('a[href^="sms:"]')
    assert link["href"] == (
        f"sms:{application.phone}?body=Je%20vous%20rappelle%20%26%20demain%20%3F"
    )
    shown = follow(client, application, now).get(f"/candidature/{application.reference}")
    assert "Je vous rappelle & demain ?" in words(shown)


def refusal(browser: FlaskClient, application: Any) -> str:
    return words(browser.get(f"{sheet(application)}/refuser?reason=diploma"))


def test_a_missing_diploma_is_doubted_for_who_said_she_has_it(
    world: Any, sign_in: Callable[..., FlaskClient], session: Any
) -> None:
    member, _colleague, application = world
    browser = sign_in(member)
    application.diploma_held = "no"
    session.flush()
    assert "Dit avoir le diplôme" not in refusal(browser, application)
    assert "un diplôme que vous n’avez pas encore" in refusal(browser, application)
    application.diploma_held = "yes"
    session.flush()
    assert f"Dit avoir le diplôme du métier : {application.first_name}." in refusal(
        browser, application
    )
    assert "un autre diplôme que le vôtre" in refusal(browser, application)
    assert "pas encore" not in refusal(browser, application)
    group = browser.get(f"/recruter/candidatures/repondre?qui={application.id}&reason=diploma")
    assert "Dit avoir le diplôme du métier" in words(group)
    application.listing.diploma_need = "none"
    session.flush()
    assert "L’annonce dit « Sans diplôme »" in refusal(browser, application)


@pytest.mark.parametrize(
    ("profession", "said", "unsaid"),
    [
        ("aide-soignant", "en travaillant, ou par la validation de l’expérience", "apprentissage"),
        # The reference lists no such way to the diploma of nurses.
        ("infirmier", "en travaillant, par l’apprentissage", "validation de l’expérience"),
    ],
)
def test_only_the_ways_to_a_diploma_that_the_reference_knows_are_said(
    profession: str, said: str, unsaid: str
) -> None:
    of = factories.listing(profession_id=factories.profession(profession).id)
    text = mails.decline_message(DeclineReason.DIPLOMA, factories.application(of))
    assert said in text
    assert unsaid not in text
    school = factories.application(factories.listing(Kind.TRAINING))
    assert "prépare" not in mails.decline_message(DeclineReason.DIPLOMA, school)
