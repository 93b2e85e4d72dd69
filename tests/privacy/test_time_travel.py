"""Twenty-six months in a few seconds: at the end nothing of anybody is left, anywhere.

A cohort is written with words that nothing else holds. The whole timetable then runs, instant after
instant, with the worker. Each person must still be there before the date she was told, and be
nowhere after it: tables, files, indexes, outbox, logs.
"""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select

from app.accounts.enums import Role
from app.accounts.queries import user_by_email
from app.accounts.services import open_session
from app.alerts.enums import Frequency
from app.alerts.services import UNCONFIRMED_KEPT_DAYS, UNVISITED_DAYS
from app.alerts.watching import LONGEST_DAYS
from app.applications import cv, letters, pool, receiving
from app.applications import services as applications
from app.applications.enums import ActorKind, DeclineReason, Letter, Status
from app.applications.erasing import KEEP_ARCHIVE, KEEP_FINISHED
from app.applications.models import Application, EndedApplication
from app.applications.workflow import SILENCE
from app.core import storage
from app.core.database import db
from app.core.jobs import jobs
from app.listings.enums import Kind, Outcome
from app.listings.services import close_listing
from app.organisations.services.sign_up import SIGN_UP_HOURS
from app.privacy.services import ACCOUNT_KEPT
from app.reports import services as reports
from app.reports.enums import Decision
from app.search import rebuild
from app.search.client import engine
from app.subscriptions import SCHEDULE
from tests import factories
from tests.applications.files import pdf
from tests.conftest import REFERENCE_TABLES
from tests.search.conftest import forget
from tools.meilisearch import Meilisearch

DAY = dt.timedelta(days=1)
START = dt.datetime(2026, 12, 1, 7, 30, tzinfo=dt.UTC)
MONTHS = dt.timedelta(days=26 * 31)
# Not of the end of personal data, and long: the index is compared once, at the end.
ELSEWHERE = {"ensure_index", "check_index", "measure_demand", "tell_team"}


class Cohort:
    """People with words of their own, and until when each may be found."""

    def __init__(self) -> None:
        self.until: dict[str, dt.datetime] = {}
        self.number = 0

    def word(self, until: dt.timedelta) -> str:
        """Return a word that nothing else holds, of somebody who may be found until then."""
        self.number += 1
        word = f"zqx{self.number:02d}yw"
        self.until[word] = START + until
        return word


def application(cohort: Cohort, of: Any, until: dt.timedelta, **more: Any) -> Application:
    word = cohort.word(until)
    stored = None
    if more.pop("with_cv", False):
        stored = cv.store(cv.inspect(f"{word}.pdf", pdf(), max_bytes=1_000_000))
    values = {
        "first_name": word.capitalize(),
        "last_name": f"De {word}",
        "phone": f"+3363998{cohort.number:04d}",
        "email": f"{word}@exemple.test",
        "message": f"Je suis {word}.",
        "commune_label": word,
    }
    sent = receiving.submit_application(of, values, f"cle-{word}", START, cv=stored, **more)
    assert sent.created
    cohort.until[f"3363998{cohort.number:04d}"] = cohort.until[word]
    return sent.application


def cohort_of(session: Any) -> Cohort:
    """Write people of every sort, on the first day."""
    cohort, never = Cohort(), dt.timedelta(days=10_000)
    owner = factories.user(name="Structure", last_seen_at=START)
    house = factories.organisation(owner)
    cohort.until[owner.email] = START + never
    team = factories.user(Role.MODERATOR, last_seen_at=START)

    def listing(kind: str = Kind.JOB, **values: Any) -> Any:
        return factories.listing(
            kind, organisation=house, now=START, closes_at=START + 50 * DAY, **values
        )

    open_, other = listing(), listing()
    after = KEEP_FINISHED + 2 * DAY
    declined = application(cohort, open_, after, with_cv=True)
    applications.move_application(
        declined, Status.DECLINED, ActorKind.MEMBER, owner, START, DeclineReason.FILLED, "Merci."
    )
    letters.add_note(declined, owner, f"Note sur {declined.commune_label}", START)
    withdrawn = application(cohort, open_, after)
    applications.withdraw_application(withdrawn, START)
    hired = application(cohort, other, after)
    applications.move_application(hired, Status.SEEN, ActorKind.MEMBER, owner, START)
    applications.move_application(hired, Status.CONTACTED, ActorKind.MEMBER, owner, START)
    applications.move_application(hired, Status.HIRED, ActorKind.MEMBER, owner, START)
    letters.write(hired, owner, Letter.TALK, f"Bonjour {hired.first_name}", START)
    applications.record_view(hired, owner, "contact", START)
    # Nobody answers: the promise, then the end of the listing, then three months.
    application(cohort, open_, 50 * DAY + SILENCE + after + 10 * DAY)
    kept = application(cohort, other, pool.KEPT + 2 * DAY)
    pool.say_no(
        kept, Status.DECLINED, owner, START, DeclineReason.FILLED, "Pas cette fois.", ask=True
    )
    pool.agree(kept, START)
    event = listing(Kind.EVENT)
    date = factories.listing_session(event, starts_at=START + 20 * DAY, capacity=5)
    application(cohort, event, 20 * DAY + after + 2 * DAY, session=date)

    for until, values in (
        (dt.timedelta(days=UNCONFIRMED_KEPT_DAYS + 2), {"confirmed_at": None}),
        (dt.timedelta(days=UNVISITED_DAYS + 90), {}),
    ):
        word = cohort.word(until)
        factories.alert(
            email=f"{word}@exemple.test", now=START, frequency=Frequency.WEEKLY, **values
        )
    word = cohort.word(dt.timedelta(days=LONGEST_DAYS + 2))
    factories.watch(open_, email=f"{word}@exemple.test", now=START)
    word = cohort.word(dt.timedelta(days=reports.REPORTER_KEPT_DAYS + 3))
    report = factories.report(open_, words=f"Moi {word}", email=f"{word}@exemple.test", now=START)
    reports.decide(team, report.case, Decision.KEEP, "Lue.", "", START)
    word = cohort.word(dt.timedelta(days=reports.UNDECIDED_KEPT_DAYS + 2))
    factories.report(other, words=f"Moi {word}", email=f"{word}@exemple.test", now=START)
    word = cohort.word(dt.timedelta(hours=SIGN_UP_HOURS) + 2 * DAY)
    factories.sign_up(
        email=f"{word}@exemple.test",
        person_name=word,
        created_at=START,
        expires_at=START + dt.timedelta(hours=SIGN_UP_HOURS),
    )
    word = cohort.word(40 * DAY)
    factories.invitation(house, owner, email=f"{word}@exemple.test", created_at=START)
    word = cohort.word(ACCOUNT_KEPT + 2 * DAY)
    gone = factories.user(name=word, email=f"{word}@exemple.test", created_at=START)
    open_session(gone, now=START, device=f"Firefox {word}")
    word = cohort.word(50 * DAY + dt.timedelta(days=365) + 3 * DAY)
    listing(contact_name=word)
    word = cohort.word(32 * DAY)
    factories.searched(word, seen=1, days=1)
    session.commit()
    return cohort


def everything(app: Flask) -> str:
    """Return all that the database, the store and the indexes hold, as one text."""
    said = [
        repr(tuple(row))
        for table in db.metadata.sorted_tables
        if table.name not in REFERENCE_TABLES
        for row in db.session.execute(select(table))
    ]
    db.session.rollback()
    said += [repr(storage.load(key)) + key for key in storage.kept_keys()]
    indexes = engine().call("GET", "/indexes?limit=100")["results"]
    for one in indexes:
        found = engine().call("GET", f"/indexes/{one['uid']}/documents?limit=1000")["results"]
        said.append(json.dumps(found, ensure_ascii=False))
    return "\n".join(said).lower()


def live(instant: dt.datetime) -> None:
    """Let the worker live one instant: the timetable, then what it asked for."""
    with time_machine.travel(instant, tick=False):
        for entry in SCHEDULE:
            if entry.name not in ELSEWHERE:
                entry.run(instant)
                db.session.commit()
        jobs.drain()


def steps() -> list[dt.datetime]:
    """Return the instants lived: every other day at first, then every sixteen days."""
    found, at = [], START
    while at < START + MONTHS:
        found.append(at)
        at += 2 * DAY if at < START + 10 * DAY else 16 * DAY
    return found


@pytest.mark.usefixtures("real_commits", "smtp")
def test_after_twenty_six_months_nothing_of_anybody_is_left(
    app: Flask, session: Any, meilisearch: Meilisearch, capfd: pytest.CaptureFixture[str]
) -> None:
    # What the search of other tests has taught this process.
    forget(app)
    for key in storage.kept_keys():
        storage.remove(key)
    with time_machine.travel(START, tick=False):
        cohort = cohort_of(session)
        jobs.drain()
    rebuild.rebuild()
    owner_email = next(word for word in cohort.until if "@" in word)
    assert all(word in everything(app) for word in cohort.until)
    for instant in steps():
        # Who manages the house signs in now and then: hers is not an account nobody opens.
        owner = user_by_email(owner_email)
        assert owner is not None
        owner.last_seen_at = instant
        session.commit()
        live(instant)
        left = everything(app)
        for word, until in cohort.until.items():
            if instant > until + 16 * DAY:
                assert word not in left, f"{word} encore là le {instant:%d/%m/%Y}"
    rebuild.rebuild()
    left = everything(app)
    assert [word for word in cohort.until if word in left] == [owner_email]
    # The archive knows references, and nobody.
    assert session.scalars(select(EndedApplication)).all()
    # Nothing was erased before its time, and nobody is in the logs.
    captured = capfd.readouterr()
    assert "zqx" not in (captured.out + captured.err).lower()


@pytest.mark.usefixtures("real_commits", "smtp")
def test_nobody_is_erased_before_the_day_she_was_told(
    app: Flask, session: Any, meilisearch: Meilisearch
) -> None:
    now = START
    with time_machine.travel(now, tick=False):
        owner = factories.user(last_seen_at=now)
        of = factories.listing(
            organisation=factories.organisation(owner), now=now, closes_at=now + 50 * DAY
        )
        one = factories.application(of, now=now)
        applications.move_application(
            one, Status.DECLINED, ActorKind.MEMBER, owner, now, DeclineReason.FILLED, "Merci."
        )
        reference = one.reference
        close_listing(owner, of, Outcome.FILLED, now)
        session.commit()
    live(now + KEEP_FINISHED - DAY)
    assert session.scalar(select(Application).where(Application.reference == reference))
    live(now + KEEP_FINISHED + DAY)
    assert session.scalar(select(Application).where(Application.reference == reference)) is None
    line = session.scalars(select(EndedApplication)).one()
    assert (line.reference, line.status) == (reference, Status.DECLINED)
    live(now + KEEP_ARCHIVE - 5 * DAY)
    assert session.scalar(select(EndedApplication)) is not None
    live(now + KEEP_ARCHIVE + 5 * DAY)
    assert session.scalar(select(EndedApplication)) is None
