"""The meeting that is proposed: the person answers it, changes her mind, and the team knows."""

from __future__ import annotations

import datetime as dt
import json
import zipfile
from collections.abc import Callable
from io import BytesIO
from typing import Any

import pytest
from flask.testing import FlaskClient

from app.applications import letters, meetings, progress, services
from app.applications.enums import ActorKind, Letter, MeetingAnswer, Status
from app.applications.models import MeetingReply
from app.core.errors import NotAllowedTransition
from app.core.jobs import jobs
from app.privacy.exports import application_copy
from tests import factories
from tests.applications.pages import page, press, words

COMING, CANNOT = MeetingAnswer.COMING, MeetingAnswer.CANNOT


def propose(application: Any, by: Any, now: dt.datetime, **values: Any) -> Any:
    return letters.write(
        application,
        by,
        Letter.MEETING,
        values.pop("text", "Bonjour Samira, à bientôt."),
        now,
        step=Status.MEETING,
        meeting_at=values.pop("at", now + dt.timedelta(days=3)),
        meeting_place="12 rue des Tilleuls, Bron",
    )


@pytest.fixture
def proposed(now: dt.datetime) -> Any:
    """Return a member, an application seen by her, and the meeting she proposes."""
    member, colleague = factories.user(), factories.user()
    of = factories.listing(organisation=factories.organisation(member, colleague))
    application = factories.application(of, answer_due_at=now + dt.timedelta(days=2))
    services.record_view(application, member, "contact", now)
    return member, application, propose(application, member, now)


@pytest.fixture
def follow(client: FlaskClient, proposed: Any, now: dt.datetime) -> FlaskClient:
    with client.session_transaction() as cookie:
        cookie["followed"] = {proposed[1].reference: now.timestamp()}
    return client


def reply(browser: FlaskClient, application: Any, answer: str, **values: Any) -> Any:
    address = f"/candidature/{application.reference}"
    meeting = str(meetings.last_meeting(application).id)
    return press(
        browser,
        f"{address}/rendez-vous",
        address,
        **{"meeting": meeting, "answer": answer} | values,
    )


def test_the_page_asks_and_each_answer_is_one_press_without_script(
    proposed: Any, follow: FlaskClient, session: Any, smtp: Any, sign_in: Callable[..., FlaskClient]
) -> None:
    member, application, meeting = proposed
    address = f"/candidature/{application.reference}"
    asked = page(follow.get(address))
    buttons = {tag["value"] for tag in asked.select("form [name=answer]")}
    assert buttons == {"coming", "cannot"}
    assert {form["action"] for form in asked.select("form:has([name=answer])")} == {
        f"{address}/rendez-vous"
    }
    sheet = f"/recruter/candidatures/{application.id}"
    assert reply(follow, application, "cannot", words="Libre le jeudi.").status_code == 303
    assert "Votre réponse : Cette date ne me convient pas" in words(follow.get(address))
    told = words(sign_in(member).get(sheet))
    assert "La date ne lui convient pas" in told
    assert "Libre le jeudi." in told
    assert "Proposer une autre date" in told
    assert reply(follow, application, "coming").status_code == 303
    told = words(sign_in(member).get(sheet))
    assert told.count("La personne vient") == 3  # the note, the message and the history
    assert [one.answer for one in meeting.replies] == ["cannot", "coming"]
    assert "La personne vient" in words(sign_in(member).get("/recruter/"))
    assert "La personne vient" in words(sign_in(member).get("/recruter/?vue=liste"))
    jobs.drain()
    mails = [one for one in smtp.messages if one["To"] == member.email]
    assert ["vient au rendez-vous" in one["Subject"] for one in mails] == [True]
    assert application.first_name not in str(mails[0])
    assert "Libre le" not in mails[0].get_body(("plain",)).get_content()


def test_only_who_proposed_is_told_and_everybody_once_she_has_left(
    proposed: Any, now: dt.datetime, session: Any, smtp: Any
) -> None:
    member, application, meeting = proposed
    meetings.answer_meeting(application, meeting.id, COMING, "", now)
    session.commit()
    jobs.drain()
    assert [one["To"] for one in smtp.messages if one["To"] != application.email] == [member.email]
    smtp.messages.clear()
    member.active = False
    meetings.answer_meeting(application, meeting.id, CANNOT, "", now)
    session.commit()
    jobs.drain()
    assert len(smtp.messages) == 1
    assert member.email not in smtp.messages[0]["To"]


def test_the_same_answer_twice_is_one(proposed: Any, now: dt.datetime, session: Any) -> None:
    _member, application, meeting = proposed
    first = meetings.answer_meeting(application, meeting.id, CANNOT, "Jeudi.", now)
    again = meetings.answer_meeting(
        application, meeting.id, CANNOT, "Jeudi.", now + dt.timedelta(hours=1)
    )
    assert again is first
    assert session.query(MeetingReply).count() == 1


def test_an_answer_never_lands_on_another_date(
    proposed: Any, follow: FlaskClient, now: dt.datetime, session: Any
) -> None:
    member, application, old = proposed
    propose(application, member, now, at=now + dt.timedelta(days=9))
    session.commit()
    with pytest.raises(NotAllowedTransition):
        meetings.answer_meeting(application, old.id, COMING, "", now)
    sent = reply(follow, application, "coming", meeting=str(old.id))
    assert sent.status_code == 303
    assert "Un autre rendez-vous vous a été proposé" in words(follow.get(sent.location))
    assert session.query(MeetingReply).count() == 0


def test_what_is_past_or_over_is_not_answered(
    proposed: Any, follow: FlaskClient, now: dt.datetime, session: Any, time_machine: Any
) -> None:
    _member, application, meeting = proposed
    with pytest.raises(NotAllowedTransition):
        meetings.answer_meeting(application, meeting.id, COMING, "", now + dt.timedelta(days=4))
    services.move_application(application, Status.HIRED, ActorKind.MEMBER, None, now)
    with pytest.raises(NotAllowedTransition):
        meetings.answer_meeting(application, meeting.id, COMING, "", now)
    address = f"/candidature/{application.reference}"
    assert not page(follow.get(address)).select("[name=answer]")
    assert follow.get(f"{address}/rendez-vous").location == address


def test_words_too_long_or_too_private_are_given_back(proposed: Any, follow: FlaskClient) -> None:
    _member, application, meeting = proposed
    for said in ("x" * 301, "Je suis enceinte."):
        sent = reply(follow, application, "cannot", words=said)
        assert sent.status_code == 422
        assert page(sent).title.get_text().startswith("Erreur")
        assert said in page(sent).select_one("textarea").get_text()
    assert not meeting.replies
    assert reply(follow, application, "cannot", words=said, as_is="y").status_code == 303
    assert meeting.replies[-1].words == said


def test_forged_answers_and_strangers_change_nothing(
    proposed: Any, follow: FlaskClient, client: FlaskClient, app: Any, session: Any
) -> None:
    _member, application, _meeting = proposed
    address = f"/candidature/{application.reference}/rendez-vous"
    assert reply(follow, application, "maybe").status_code == 400
    assert reply(follow, application, "coming", meeting="1; DROP").status_code == 400
    assert reply(follow, application, "coming", csrf_token="false").status_code in {400, 422}
    stranger = app.test_client()
    assert stranger.get(address).location.startswith("/candidature/?reference=")
    assert session.query(MeetingReply).count() == 0


def test_a_person_does_not_change_her_mind_for_ever(proposed: Any, now: dt.datetime) -> None:
    _member, application, meeting = proposed
    for number in range(meetings.MOST_ANSWERS):
        answer = CANNOT if number % 2 else COMING
        meetings.answer_meeting(application, meeting.id, answer, "", now)
    with pytest.raises(meetings.TooManyAnswers):
        meetings.answer_meeting(application, meeting.id, COMING, "", now)


def test_no_step_is_ticked_that_did_not_take_place(
    proposed: Any, now: dt.datetime, session: Any
) -> None:
    _member, application, meeting = proposed
    session.refresh(application, ["events"])
    shown = progress.steps(application)
    assert [one.state for one in shown] == ["done", "done", "now", "next"]
    assert not [one for one in shown if "appel" in one.title]
    told = " ".join(one.text for one in shown) + progress.about_meeting(application, now)
    assert "choisissez la date" not in told
    assert progress.when(meeting.meeting_at) in told
    meetings.answer_meeting(application, meeting.id, CANNOT, "", now)
    assert "Elle vous recontacte" in progress.about_meeting(application, now)
    assert "était prévu" in progress.about_meeting(application, now + dt.timedelta(days=4))


@pytest.mark.parametrize(
    ("status", "titles"),
    [
        (Status.RECEIVED, ["Envoyée", "À lire par l’équipe"]),
        (Status.SEEN, ["Envoyée", "Lue par l’équipe", "Un appel"]),
    ],
)
def test_the_step_under_way_is_not_told_as_done(status: Status, titles: list[str]) -> None:
    shown = progress.steps(factories.application(status=status))
    assert [one.title for one in shown[: len(titles)]] == titles
    assert [one.state for one in shown[: len(titles)]] == ["done"] * (len(titles) - 1) + ["now"]


def test_the_telephone_is_shown_only_when_the_organisation_wrote_one(
    proposed: Any, follow: FlaskClient, now: dt.datetime, session: Any, smtp: Any
) -> None:
    member, application, _meeting = proposed
    address = f"/candidature/{application.reference}"
    assert not page(follow.get(address)).select("main a[href^='tel:']")
    session.commit()
    jobs.drain()
    text = smtp.messages[-1].get_body(("plain",)).get_content()
    assert "appelez" not in text
    propose(application, member, now, text="Sinon, appelez le 04 72 10 20 30.")
    session.commit()
    shown = page(follow.get(address)).select("main a[href^='tel:']")
    assert [one["href"] for one in shown] == ["tel:+33472102030"]
    jobs.drain()
    text = smtp.messages[-1].get_body(("plain",)).get_content()
    assert "appelez la structure : 04 72 10 20 30." in " ".join(text.split())
    assert f"{address}/rendez-vous?cle=" in text


def test_her_answers_are_hers_and_leave_with_her(
    proposed: Any, now: dt.datetime, session: Any
) -> None:
    _member, application, meeting = proposed
    meetings.answer_meeting(application, meeting.id, CANNOT, "Jeudi plutôt.", now)
    with zipfile.ZipFile(BytesIO(application_copy(application))) as archive:
        kept = json.loads(archive.read("candidature.json"))
    assert kept["messages_de_la_structure"][0]["vos_reponses"][0]["mots"] == "Jeudi plutôt."
    services.withdraw_application(application, now)
    assert meeting.replies[0].words == ""
    session.delete(application)
    session.flush()
    assert session.query(MeetingReply).count() == 0
