"""Every message that leaves, whatever it says: one person, two forms, nothing from elsewhere."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, func, select

from app import subscriptions
from app.accounts.enums import Awaits, Role
from app.accounts.models import LoginSession
from app.accounts.services import open_pending_session
from app.alerts.models import Digest, SentListing
from app.applications import letters, pool, replies, transfer
from app.applications.enums import ActorKind, DeclineReason, Letter
from app.applications.enums import Status as Step
from app.applications.models import (
    Application,
    ApplicationEvent,
    ApplicationMessage,
    ApplicationTransfer,
)
from app.applications.services import move_application
from app.core import clock, mail
from app.core.database import db
from app.core.jobs import jobs
from app.core.outbox import OutboxEvent, enqueue
from app.listings.enums import Announcement, Kind, Outcome, Status
from app.listings.models import Listing
from app.organisations import services as organisations
from app.organisations.enums import Action
from app.organisations.models import OrganisationEvent
from app.reports import services as reports
from app.reports.enums import Decision
from tests import factories

EMAILS = Path(__file__).resolve().parent.parent / "templates/emails"
BASE = "http://localhost"
# What a person writes may hold anything: a line break makes no header, a tag no markup.
TITLE = "Aide <b>de nuit</b> & co\nBcc: intruse@example.org"
PERSON = "nora@example.org"
# Topics after which nobody is written to.
SILENT = {
    "application.answered",
    "application.file_dropped",
    "application.file_received",
    "import.file_confirmed",
    "import.file_dropped",
    "import.file_sent",
    "listing.changed",
    "listing.closed",
    "listing.dates_changed",
    "organisation.picture_dropped",
    "organisation.suspended",
    "person.erased",
}
Sent = tuple[str, dict[str, Any]]


def last(model: Any) -> int:
    """Return the id of the last row of a table."""
    return int(db.session.scalar(select(func.max(model.id))) or 0)


def listing(kind: str = Kind.JOB, **values: Any) -> Listing:
    return factories.listing(kind, **{"title": TITLE, "now": clock.now()} | values)


def application(of: Listing | None = None, **values: Any) -> Application:
    return factories.application(of or listing(), **{"email": PERSON} | values)


def dated(kind: str, **values: Any) -> Application:
    of = listing(kind)
    return application(of, session=factories.listing_session(of), **values)


def member_of(of: Listing) -> int:
    person = factories.user()
    assert of.organisation is not None
    organisations.add_member(of.organisation, person, now=clock.now())
    return person.id


def link() -> Sent:
    return "account.link_requested", {"user_id": factories.user().id, "next": "/recruter/"}


def code() -> Sent:
    open_pending_session(factories.user(Role.RECRUITER), Awaits.EMAIL, now=clock.now())
    return "account.code_requested", {"session_id": last(LoginSession)}


def factor_changed() -> Sent:
    return "account.factor_changed", {
        "user_id": factories.user().id,
        "change": "key_added",
        "changed_at": clock.now().isoformat(),
    }


def alarm_raised() -> Sent:
    raised = factories.access_alarm(factories.user())
    return "account.alarm_raised", {
        "alarm_id": raised.id,
        "user_id": factories.user(Role.ADMIN).id,
    }


def person(topic: str, make: Callable[[], Application]) -> Callable[[], Sent]:
    return lambda: (topic, {"application_id": make().id})


def moved(to: Step) -> Callable[[], Sent]:
    def make() -> Sent:
        one = application()
        why = DeclineReason.SCHEDULE if to is Step.DECLINED else None
        move_application(one, to, ActorKind.MEMBER, None, clock.now(), why, "Merci." if why else "")
        return "application.moved", {"application_event_id": last(ApplicationEvent)}

    return make


def came() -> Sent:
    one = dated(Kind.EVENT, status=Step.REGISTERED)
    move_application(one, Step.ATTENDED, ActorKind.MEMBER, None, clock.now())
    return "application.came", {"application_event_id": last(ApplicationEvent)}


def seat_offered() -> Sent:
    one = dated(Kind.TRAINING, status=Step.WAITLISTED)
    move_application(one, Step.OFFERED, ActorKind.SYSTEM, None, clock.now())
    return "application.moved", {"application_event_id": last(ApplicationEvent)}


def announced() -> Sent:
    one = application()
    move_application(one, Step.WITHDRAWN, ActorKind.CANDIDATE, None, clock.now())
    return "application.announced", {
        "application_event_id": last(ApplicationEvent),
        "user_id": member_of(one.listing),
    }


def date_moved() -> Sent:
    one = dated(Kind.TRAINING, status=Step.ADMITTED)
    return "application.date_moved", {
        "application_id": one.id,
        "was": (clock.now() + dt.timedelta(days=3)).isoformat(),
    }


def closed() -> Application:
    over = {"status": Status.CLOSED, "closed_at": clock.now(), "outcome": Outcome.FILLED}
    return application(listing(**over))


def asked() -> Application:
    one = application()
    pool.say_no(
        one,
        Step.DECLINED,
        factories.user(),
        clock.now(),
        DeclineReason.FILLED,
        "Merci.",
        ask=True,
    )
    return one


def overdue() -> Sent:
    now = clock.now()
    one = application(now=now - dt.timedelta(days=8), answer_due_at=now - dt.timedelta(days=5))
    return "application.overdue", {
        "organisation_id": one.listing.organisation_id,
        "user_id": member_of(one.listing),
    }


def ends_soon() -> Sent:
    now = clock.now()
    one = application(now=now - dt.timedelta(days=25), status=Step.CONTACTED)
    one.updated_at = now - dt.timedelta(days=7)
    return "application.overdue", {
        "organisation_id": one.listing.organisation_id,
        "user_id": member_of(one.listing),
    }


def transferred() -> Sent:
    one = application()
    transfer.transfer(
        one,
        listing(organisation=one.listing.organisation),
        None,
        factories.user(),
        clock.now(),
    )
    return "application.transferred", {"application_transfer_id": last(ApplicationTransfer)}


def written() -> Sent:
    letters.write(application(), factories.user(), Letter.TRIED, "À demain.", clock.now())
    return "application.written", {"application_message_id": last(ApplicationMessage)}


def replied(coming: bool | None) -> Callable[[], Sent]:
    def write() -> Sent:
        one, now = application(), clock.now()
        meeting = {
            "step": Step.MEETING,
            "meeting_at": now + dt.timedelta(days=2),
            "meeting_place": "12 rue des Lilas, Bron",
        }
        about = Letter.MISSING if coming is None else Letter.MEETING
        asked = letters.write(
            one,
            factories.user(),
            about,
            "À bientôt.",
            now,
            **(meeting if about == "meeting" else {}),
        )
        replies.reply(one, asked.id, coming, "Je suis au 06 39 98 12 34.", now)
        return "application.replied", {
            "application_message_id": asked.id,
            "user_id": member_of(one.listing),
        }

    return write


def told(what: Announcement) -> Callable[[], Sent]:
    now = clock.now()
    states: dict[str, dict[str, Any]] = {
        Announcement.REFUSED: {"status": Status.DRAFT, "published_at": None},
        Announcement.EXPIRED: {"status": Status.CLOSED, "outcome": Outcome.EXPIRED},
        Announcement.ASKED: {"now": now - dt.timedelta(days=40), "asked_at": now},
        Announcement.RECALLED: {"status": Status.IN_REVIEW},
        Announcement.REMOVED: {"status": Status.CLOSED, "outcome": Outcome.WITHDRAWN},
    }
    states[Announcement.REMINDED] = states[Announcement.ASKED]

    def make() -> Sent:
        values = states.get(what, {})
        if values.get("status") == Status.CLOSED:
            values = values | {"closed_at": clock.now()}
        if "asked_at" in values:
            values = values | {"closes_at": clock.now() + dt.timedelta(days=20)}
        of = listing(**values)
        payload = {"listing_id": of.id, "user_id": member_of(of), "what": what}
        return "listing.announced", payload

    return make


def sign_up() -> Sent:
    return "organisation.sign_up_requested", {"sign_up_id": factories.sign_up(name=TITLE).id}


def invitation() -> Sent:
    to = factories.organisation(name=TITLE)
    sent = factories.invitation(to, factories.user())
    return "organisation.invited", {"invitation_id": sent.id}


def join_request() -> Sent:
    owner = factories.user()
    request = factories.join_request(factories.organisation(owner, name=TITLE), factories.user())
    return "organisation.join_requested", {"join_request_id": request.id, "user_id": owner.id}


def join_answer() -> Sent:
    owner = factories.user()
    request = factories.join_request(factories.organisation(owner, name=TITLE), factories.user())
    organisations.answer_join_request(owner, request, accepted=True, now=clock.now())
    return "organisation.join_answered", {"join_request_id": request.id}


def decision(action: Action) -> Callable[[], Sent]:
    def make() -> Sent:
        owner = factories.user()
        of = factories.organisation(owner, name=TITLE)
        db.session.add(
            OrganisationEvent(
                organisation=of, action=action, at=clock.now(), reason="Le SIRET est fermé."
            )
        )
        db.session.flush()
        payload = {"organisation_event_id": last(OrganisationEvent), "user_id": owner.id}
        return "organisation.decided", payload

    return make


def received() -> Sent:
    return "report.received", {"report_id": factories.report(listing(), email=PERSON).id}


def arrived() -> Sent:
    factories.report(listing(), email=PERSON)
    return "report.arrived", {"user_id": factories.user(Role.MODERATOR).id}


def reported() -> Sent:
    report = factories.report(listing(), email=PERSON)
    reports.decide(
        factories.user(Role.MODERATOR),
        report.case,
        Decision.KEEP,
        "Nous avons lu.",
        "",
        clock.now(),
    )
    return "report.decided", {"report_id": report.id}


def alert_requested() -> Sent:
    now = clock.now()
    asked = factories.alert(email=PERSON, search={"q": TITLE}, confirmed_at=None, now=now)
    return "alert.requested", {"alert_id": asked.id}


def alert_digest() -> Sent:
    asked = factories.alert(email=PERSON, search={"ou": "Bron"})
    many = [listing() for _ in range(3)]
    written = Digest(alert_id=asked.id, day=clock.paris_date(clock.now()), total=14)
    db.session.add(written)
    db.session.flush()
    for rank, one in enumerate(many):
        db.session.add(
            SentListing(alert_id=asked.id, listing_id=one.id, digest_id=written.id, rank=rank)
        )
    db.session.flush()
    return "alert.digest", {"digest_id": written.id}


def alert_ending() -> Sent:
    asked = factories.alert(email=PERSON, search={"q": "Fin"}, warned_at=clock.now())
    return "alert.ending", {"alert_id": asked.id}


def watch(topic: str, **of: Any) -> Callable[[], Sent]:
    def make() -> Sent:
        about = listing(**of)
        listing()
        return topic, {"watch_id": factories.watch(about, email=PERSON).id}

    return make


def erased() -> Sent:
    of = listing()
    return "application.erased", {
        "listing_id": of.id,
        "user_id": member_of(of),
        "reference": "PS-7K2M-94AB",
    }


def account_ending() -> Sent:
    return "account.ending", {"user_id": factories.user(end_told_at=clock.now()).id}


CASES: list[tuple[str, Callable[[], Sent]]] = [
    ("accounts/sign_in_link", link),
    ("accounts/sign_in_code", code),
    ("privacy/erased", erased),
    ("privacy/account_ends", account_ending),
    ("accounts/factor_changed", factor_changed),
    ("accounts/alarm", alarm_raised),
    ("applications/received", person("application.received", application)),
    *(("applications/moved", moved(to)) for to in (Step.CONTACTED, Step.HIRED, Step.DECLINED)),
    ("applications/seat_offered", seat_offered),
    ("applications/announced", announced),
    ("applications/date_moved", date_moved),
    (
        "applications/date_near",
        person("application.date_near", lambda: dated(Kind.EVENT, status=Step.REGISTERED)),
    ),
    ("applications/thanked", came),
    ("applications/listing_closed", person("application.listing_closed", closed)),
    ("applications/reminder", overdue),
    ("applications/ends_soon", ends_soon),
    ("applications/transferred", transferred),
    ("applications/written", written),
    *(("applications/replied", replied(coming)) for coming in (True, False, None)),
    ("applications/pool_asked", person("application.pool_asked", asked)),
    (
        "applications/file_blocked",
        person("application.file_blocked", lambda: application(cv_state="blocked")),
    ),
    (
        "applications/pool_ends",
        person(
            "application.pool_ends",
            lambda: application(status=Step.POOL, pool_told_at=clock.now()),
        ),
    ),
    *((f"listings/{what}", told(what)) for what in Announcement),
    ("organisations/sign_up", sign_up),
    ("organisations/invitation", invitation),
    ("organisations/join_request", join_request),
    ("organisations/join_answer", join_answer),
    *(("organisations/decision", decision(action)) for action in Action),
    ("reports/received", received),
    ("reports/arrived", arrived),
    ("reports/decided", reported),
    ("alerts/requested", alert_requested),
    ("alerts/digest", alert_digest),
    ("alerts/ending", alert_ending),
    ("alerts/watch_requested", watch("watch.requested")),
    (
        "alerts/watch_closed",
        watch(
            "watch.closed",
            status=Status.CLOSED,
            closed_at=clock.now(),
            outcome=Outcome.FILLED,
        ),
    ),
    ("alerts/watch_reopened", watch("watch.reopened")),
]


def test_every_message_and_every_topic_has_its_case(session: Any) -> None:
    folders = {str(one.parent.relative_to(EMAILS)) for one in EMAILS.glob("*/*/subject.txt")}
    topics = {one.topic for one in subscriptions.SUBSCRIPTIONS}

    assert {name for name, _make in CASES} == folders
    assert {make()[0] for _name, make in CASES} | SILENT == topics


@pytest.mark.parametrize(("name", "make"), CASES, ids=[name for name, _make in CASES])
def test_message_is_for_one_person_and_needs_nothing_from_elsewhere(
    name: str,
    make: Callable[[], Sent],
    session: Any,
    smtp: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rendered, render = [], mail.render

    def recorded(folder: str, **context: Any) -> mail.Message:
        rendered.append(folder)
        return render(folder, **context)

    monkeypatch.setattr(mail, "render", recorded)
    topic, payload = make()
    session.flush()
    # Only this message: what led to it says other things.
    session.execute(delete(OutboxEvent))
    enqueue(topic, now=clock.now(), **payload)
    session.commit()
    jobs.drain()

    assert rendered == [name]
    assert len(smtp.messages) == 1
    message, envelope = smtp.messages[0], smtp.envelopes[0]
    assert envelope.rcpt_tos == [message["To"]]
    assert (message["Cc"], message["Bcc"]) == (None, None)
    assert [part.get_content_type() for part in message.iter_parts()] == ["text/plain", "text/html"]
    plain = message.get_body(("plain",)).get_content()
    rich = message.get_body(("html",)).get_content()
    assert "\n" not in message["Subject"]
    # A long subject is folded: its first line may hold a space alone.
    _judge_subject(message["Subject"].strip())
    _judge_text(plain)
    _judge_html(rich)


def _judge_subject(subject: str) -> None:
    assert not re.search(r"&(amp|lt|#39);", subject)
    assert not re.search(r"%\(|{{|{%|\bNone\b", subject)
    assert re.match(r"([A-ZÀ-Ý]|\d+\s)[a-zà-ÿ’]+\b", subject), subject


def _judge_text(plain: str) -> None:
    assert plain.strip()
    assert not re.search(r"&(amp|lt|#39);|%\(|{{|{%|\bNone\b", plain)
    assert "\n\n\n\n" not in plain
    for address in re.findall(r"[a-z]+://\S+", plain):
        assert re.match(rf"{BASE}(/|$)", address), address


def _judge_html(rich: str) -> None:
    assert '<html lang="fr">' in rich
    assert "<b>" not in rich
    assert not re.search(r"%\(|{{|{%|\bNone\b", rich)
    assert not re.search(r"<(img|script|link|iframe|object|form|video)\b", rich)
    assert not re.search(r"\b(src|srcset|background|action)=|url\(|@import", rich)
    links = re.findall(r'href="([^"]*)"', rich)
    assert links
    for address in links:
        assert re.match(rf"{BASE}(/|$)|mailto:|tel:", address), address


@pytest.mark.parametrize(
    "path",
    sorted(EMAILS.rglob("*.txt")),
    ids=lambda path: str(path.relative_to(EMAILS)),
)
def test_a_line_that_ends_with_a_tag_keeps_its_end(path: Path) -> None:
    """Blocks alone on their line leave none; after words, `+%}` keeps the line break."""
    lines = path.read_text().splitlines()
    glued = [line for line in lines[:-1] if re.search(r"\}\}.*[^+]%\}$", line)]
    assert glued == []
