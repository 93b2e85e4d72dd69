"""A small world to look at: one of each thing that a page can show."""

from __future__ import annotations

import datetime as dt
import secrets
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask

from app import create_app
from app.accounts import second_factor
from app.accounts import services as accounts
from app.accounts.enums import Awaits, Role
from app.accounts.models import SecondFactor
from app.alerts.tokens import token_of
from app.applications import keys, letters, pool, replies, transfer, workflow
from app.applications import services as applications
from app.applications.enums import ActorKind, DeclineReason, Letter
from app.applications.enums import Status as Step
from app.core import clock
from app.core.database import db
from app.listings.enums import KIND_PARAMS, Kind, Outcome, Status
from app.listings.models import Listing, ListingEvent
from app.organisations import services as organisations
from app.organisations.enums import MemberRole, OrganisationStatus
from app.organisations.models import PICTURES_MAX
from app.reports import services
from app.reports.enums import Decision, Reason
from app.search.enums import WordKind
from config import TestConfig
from tests import factories
from tests.browser import Live, wait_for_worker

LONG_TITLE = (
    "Accompagnatrice·accompagnateur éducative et sociale anticonstitutionnellementspécialisée "
    "en unité d’hébergement renforcée, de nuit comme de jour, à temps partiel annualisé"
)
LONG_WORD = "https://exemple.example/" + "tres-longue-adresse-" * 12
PEOPLE = (
    "recruiter",
    "newcomer",
    "alone",
    "unverified",
    "refused",
    "colleague",
    "asker",
    "coded",
    "adding",
)
WORDS = "Vous aidez au lever, au repas et aux sorties. L’équipe compte douze personnes."


@pytest.fixture(scope="session")
def world(live: Live) -> SimpleNamespace:
    """Return the addresses of one of each thing, and the cookies of one of each person."""
    now = clock.now()
    it = SimpleNamespace(
        open={},
        form={},
        cookies={"": None},
        sheet={},
        follow={},
        mine={},
        review={},
        attendance={},
        file={},
        case={},
        alert={},
    )
    with live.writing():
        people = _people(it)
        _open_listings(it, people["recruiter"], live, now)
        _other_listings(it, people, now)
        _applications(it, people["recruiter"], now)
        _files(it)
        _alerts(it, now)
        _reports(it, people["moderator"], now)
        _searches(people["moderator"], now)
        _alarms(people, now)
        _relays(it, people, now)
        _link, it.link = accounts.create_link(people["alone"], now=now)
        _doors(it, people, now)
        for name in ("coded", "adding", "new moderator"):
            second_factor.set_up_app(people[name], now)
        db.session.get_one(SecondFactor, people["coded"].id).confirmed_at = now
    for name, person in people.items():
        it.cookies[name] = live.cookie_of(person)
    for name, awaits in (
        ("alone", Awaits.EMAIL),
        ("coded", Awaits.APP),
        ("new moderator", Awaits.SETUP),
    ):
        it.cookies[f"waiting {awaits}"] = live.waiting_cookie_of(people[name], awaits)
    wait_for_worker(live)
    return it


def _people(it: SimpleNamespace) -> dict[str, Any]:
    people = {name: factories.user() for name in PEOPLE}
    for name in ("moderator", "new moderator"):
        people[name] = factories.user(Role.MODERATOR)
    people["administrator"] = factories.user(Role.ADMIN)
    people["counsellor"] = factories.user(Role.COUNSELLOR)
    answers = {"answer_cases": 20, "answer_count": 18, "answer_minutes": 4000}
    it.organisation = factories.organisation(
        people["recruiter"], name="Résidence des Tilleuls", **answers
    )
    it.pending = factories.organisation(
        people["unverified"], name="Structure neuve", status=OrganisationStatus.PENDING
    )
    it.bare = factories.organisation(
        people["newcomer"], name="Structure sans annonce", answer_cases=4
    )
    return people


def _doors(it: SimpleNamespace, people: dict[str, Any], now: dt.datetime) -> None:
    """Add what leads into organisations: sign-ups, invitations, requests, decisions."""
    tilleuls, owner = it.organisation, people["recruiter"]
    tilleuls.siren = "732829320"
    tilleuls.description = f"Une maison **calme**.\n\n- un jardin\n- une équipe\n\n{LONG_WORD}"
    tilleuls.conditions = f"Un week-end sur deux.\n{WORDS}"
    tilleuls.team_words = WORDS
    it.place = factories.establishment(
        tilleuls, siret="73282932000074", workplace="ehpad", publics=["personnes-agees"]
    )
    for rank in range(PICTURES_MAX):
        factories.picture(tilleuls, "many", alt=f"Image {rank}. {WORDS}"[:200])
    factories.picture(it.bare)
    organisations.add_member(tilleuls, people["colleague"], now=now)
    factories.invitation(tilleuls, owner, email=f"{'prenom-compose.' * 4}nom@example.org")
    organisations.ask_to_join(people["asker"], tilleuls, now=now)
    it.refused = factories.organisation(
        people["refused"], name=LONG_TITLE, status=OrganisationStatus.PENDING, siren="200046977"
    )
    organisations.refuse_organisation(
        people["moderator"], it.refused, f"{WORDS} {LONG_WORD}", now=now
    )
    it.suspended = factories.organisation(name="Structure fermée")
    organisations.suspend_organisation(
        people["moderator"], it.suspended, now=now, reason="Faux employeur."
    )
    it.invitation = {}
    for name, email in (("new", "neuve@example.org"), ("known", people["alone"].email)):
        sent = factories.invitation(tilleuls, owner, email=email, role=MemberRole.OWNER)
        it.invitation[name] = f"/invitation/{organisations.give_token(sent)}"
    it.confirm = {}
    for name, siret in (
        ("new", "35600000009075"),
        ("known", "73282932000074"),
        ("closed", "20004697700019"),
    ):
        declared = factories.sign_up(siret=siret)
        it.confirm[name] = f"/inscription/confirmer/{organisations.give_token(declared)}"


def _alerts(it: SimpleNamespace, now: dt.datetime) -> None:
    long = {"q": "infirmière de nuit " * 9, "ou": "Villeurbanne"}
    for state, values in {
        "asked": {"confirmed_at": None},
        "active": {},
        "paused": {"paused_at": now},
        "stopped": {"stopped_at": now, "stop_reason": "unvisited"},
    }.items():
        one = factories.alert(search=long | {"contrat": ["cdi", "cdd"]}, **values)
        it.alert[state] = f"/alertes/{token_of(one.salt, one.token_hash)}"
    for state, values in {
        "watch asked": {"confirmed_at": None},
        "watch active": {},
        "watch closed": {"closed_told_at": now},
    }.items():
        about = factories.watch(it.job, **values)
        it.alert[state] = f"/alertes/annonce/{token_of(about.salt, about.token_hash)}"


def _files(it: SimpleNamespace) -> None:
    states: dict[str, dict[str, Any]] = {
        "ready": {},
        "reading": {"plan": None, "preview": {}},
        "columns": {"plan": None, "preview": {}, "columns": {"titre": "titre"}},
        "failed": {"plan": None, "preview": {}, "reason": "Ce fichier est vide."},
    }
    for state, values in states.items():
        name = "annonces.csv" if state != "ready" else f"{'annonces-' * 15}novembre.csv"
        added = factories.import_file(it.organisation, **values | {"state": state, "name": name})
        it.file[state] = f"/recruter/import/{added.id}"


def _listing(it: SimpleNamespace, name: str, kind: str = Kind.JOB, **values: Any) -> Listing:
    words = {"title": f"Soin {name}", "slug": f"soin-{name}", "organisation": it.organisation}
    added = factories.listing(kind, **words | values)
    it.open[name], it.form[name] = added.path, f"{added.path}/candidater"
    it.mine[name] = f"/recruter/annonces/{added.id}"
    return added


RICH: dict[str, dict[str, Any]] = {
    Kind.JOB: {
        "workplace": "ehpad",
        "publics": ["personnes-agees"],
        "schedules": ["temps-plein"],
        "contact_name": "Mme Ravier, cadre de santé",
        "conditions": "Un week-end sur deux.\nTenue fournie.",
        "summary": "Une équipe de douze personnes, des horaires fixes.",
        "hours_label": "6 h 45 – 14 h 15",
        "collective_agreement": "CCN 51",
        "licence_required": True,
        "diploma_need": "required",
        "positions": 2,
    },
    Kind.TRAINING: {
        "duration_months": 11,
        "duration_hours": 1540,
        "modality": "mixed",
        "cost_cents": 0,
        "funding": ["apprentissage"],
        "entry_conditions": "Un dossier.\nUn entretien.",
    },
    Kind.INTERNSHIP: {"duration_label": "4 à 8 semaines", "positions": 3},
    Kind.IMMERSION: {"duration_label": "une matinée", "summary": "Voir le métier de près."},
    Kind.PATH: {"duration_months": 19, "cost_cents": 0, "entry_conditions": "Six mois de poste."},
    Kind.EVENT: {"address": "12 rue des Lilas", "cost_cents": 0},
}


def _open_listings(it: SimpleNamespace, owner: Any, live: Live, now: dt.datetime) -> None:
    added = [_listing(it, KIND_PARAMS[Kind(kind)], kind, **rich) for kind, rich in RICH.items()]
    job, training, internship, immersion, path, event = added
    path.from_profession_id = factories.profession("agent-de-service-hospitalier").id
    for one in (training, internship, immersion, event):
        factories.listing_session(one, label="En journée", deadline=(now.date() + dt.timedelta(9)))
    factories.listing_session(
        training, starts_at=now + dt.timedelta(days=60), capacity=2, taken=2, label="Le soir"
    )
    factories.listing_session(training, starts_at=now + dt.timedelta(days=90), capacity=None)
    full = _listing(it, "complet", Kind.EVENT)
    factories.listing_session(full, capacity=1, taken=1)
    _listing(it, "nue", diploma_need="unknown", commune_code="69123", description_html="")
    _listing(
        it,
        "longue",
        title=LONG_TITLE[:160],
        employer_name="Association interdépartementale d’accompagnement " * 3,
        contact_name="Mme de La Rochefoucauld-Montbéliard, responsable des ressources",
        description_html=f"<p>{LONG_WORD}</p><ul><li>{WORDS * 8}</li></ul>",
        conditions=LONG_WORD,
        pay_max_cents=12_345_600,
        publics=["personnes-agees"],
        schedules=["temps-plein"],
    )
    imported = {"source": "france-travail", "source_hash": "0" * 64, "organisation": None}
    _listing(
        it,
        "importee",
        source_id=secrets.token_hex(8),
        source_url="https://exemple.example/1",
        **imported,
    )
    _listing(it, "sans-origine", source_id=secrets.token_hex(8), source_url=None, **imported)
    it.job, it.event, it.training = job, event, training
    asked = {"now": now - dt.timedelta(days=40), "asked_at": now - dt.timedelta(days=10)}
    _listing(it, "a-confirmer", closes_at=now + dt.timedelta(days=20), **asked)
    _listing(it, "formation-a-confirmer", Kind.TRAINING, **asked)
    live.announce(*db.session.scalars(db.select(Listing).where(Listing.status == "published")))


def _other_listings(it: SimpleNamespace, people: dict[str, Any], now: dt.datetime) -> None:
    waiting = {"published_at": None, "status": Status.IN_REVIEW}
    author = people["recruiter"]
    for name, owner in (("relue", it.organisation), ("a-verifier", it.pending)):
        sent = _listing(it, name, **waiting, organisation=owner, created_by_id=author.id)
        _logged(sent.id, Status.DRAFT, Status.IN_REVIEW, author, now)
        it.review[name] = f"/equipe/annonces/{sent.id}"
    _listing(it, "pause", status=Status.PAUSED)
    draft = {"status": Status.DRAFT, "published_at": None}
    _listing(it, "brouillon", **draft | {"pay_min_cents": None, "pay_max_cents": None})
    refused = _listing(it, "refusee", **draft)
    refusal = "Précisez les horaires de nuit."
    _logged(refused.id, Status.IN_REVIEW, Status.DRAFT, people["moderator"], now, refusal)
    for outcome in (Outcome.FILLED, Outcome.UNFILLED, Outcome.WITHDRAWN, Outcome.EXPIRED):
        reason = "hours" if outcome == Outcome.UNFILLED else None
        closed = {"status": Status.CLOSED, "closed_at": now, "outcome": outcome}
        ended = _listing(it, f"close-{outcome}", **closed, unfilled_reason=reason)
        _application(it, ended, f"closed {outcome}")


def _logged(
    listing_id: int, before: str, to: str, actor: Any, now: dt.datetime, why: str = ""
) -> None:
    db.session.add(
        ListingEvent(
            listing_id=listing_id,
            from_status=before,
            to_status=to,
            at=now,
            actor_id=actor.id,
            reason=why,
        )
    )


STEPS = {
    Kind.JOB: (Step.SEEN, Step.CONTACTED, Step.MEETING, Step.HIRED, Step.DECLINED),
    Kind.TRAINING: (Step.ADMITTED, Step.WAITLISTED),
    Kind.EVENT: (Step.ATTENDED,),
}


def _applications(it: SimpleNamespace, recruiter: Any, now: dt.datetime) -> None:
    late = now - dt.timedelta(days=5)
    listings = {Kind.JOB: it.job, Kind.TRAINING: it.training, Kind.EVENT: it.event}
    for kind, listing in listings.items():
        first = Step.REGISTERED if kind == Kind.EVENT else Step.RECEIVED
        _application(it, listing, f"{kind} {first}", status=first, answer_due_at=late)
        for step in STEPS[kind]:
            added = _application(it, listing, f"{kind} {step}", status=first)
            applications.record_view(added, recruiter, "contact", now)
            applications.move_application(
                added,
                step,
                ActorKind.MEMBER,
                recruiter,
                now,
                reason=DeclineReason.SCHEDULE if step in workflow.NEEDS_REASON else None,
                message="Merci.\n\nLes horaires ne vont pas." if step == Step.DECLINED else "",
            )
    opened = _application(
        it,
        it.job,
        "opened",
        last_name="de La Rochefoucauld-Montbéliard",
        message=f"{WORDS}\n{LONG_WORD}",
        commune_label="Bron (69500)",
        diploma_held="in_progress",
        cv_key="0" * 40 + ".pdf",
        cv_name="cv.pdf",
        cv_sha256="0" * 64,
    )
    applications.record_view(opened, recruiter, "contact", now)
    letters.add_note(opened, recruiter, f"{WORDS}\n{LONG_WORD}", now)
    letters.write(opened, recruiter, Letter.TRIED, f"{WORDS}\n\nÀ demain.", now)
    letters.write(
        opened,
        recruiter,
        Letter.MEETING,
        WORDS,
        now,
        **_meeting(now),
    )
    _meetings(it, recruiter, now)
    for state, key in (("waiting", "cv/1.pdf"), ("blocked", None)):
        with_file = {"cv_key": key, "cv_sha256": key and "0" * 64, "cv_state": state}
        added = _application(it, it.job, f"file {state}", **with_file)
        applications.record_view(added, recruiter, "contact", now)
    phoned = _application(it, it.job, "phoned", email=None)
    applications.record_view(phoned, recruiter, "contact", now)
    letters.write(phoned, recruiter, Letter.MISSING, WORDS, now)
    for name in ("asked", "kept", "ending"):
        added = _application(it, it.job, name, commune_label="Bron (69500)")
        applications.record_view(added, recruiter, "contact", now)
        pool.say_no(added, Step.DECLINED, recruiter, now, DeclineReason.FILLED, "Merci.", ask=True)
        if name != "asked":
            pool.agree(added, now)
    added.pool_told_at = now
    moved = _application(it, it.training, "moved")
    applications.record_view(moved, recruiter, "contact", now)
    other = factories.listing(Kind.TRAINING, organisation=it.organisation, title="Autre groupe")
    transfer.transfer(moved, other, None, recruiter, now)
    for name, step in (("job unanswered", Step.SEEN), ("job dropped", Step.CONTACTED)):
        ended = _application(it, it.job, name)
        applications.move_application(ended, step, ActorKind.MEMBER, recruiter, now)
        applications.move_application(ended, Step.EXPIRED_NO_ANSWER, ActorKind.SYSTEM, None, now)
    _seats(it, now)
    withdrawn = _application(it, it.job, "withdrawn")
    applications.withdraw_application(withdrawn, now)
    waiting = factories.listing(organisation=it.pending, title="Poste d’une structure neuve")
    factories.application(waiting)


def _seats(it: SimpleNamespace, now: dt.datetime) -> None:
    """Add a seat proposed, and the dates of an event: over, to come, without anybody."""
    school = _listing(it, "une-place", Kind.TRAINING)
    date = factories.listing_session(school, capacity=1, taken=1)
    _application(it, school, "training offered", status=Step.OFFERED, session=date)
    event = _listing(it, "presences", Kind.EVENT)
    for name, days, people in (("over", -1, 3), ("to come", 9, 2), ("empty", 20, 0)):
        date = factories.listing_session(
            event, starts_at=now + dt.timedelta(days=days), taken=people
        )
        for number in range(people):
            factories.application(
                event,
                session=date,
                status=Step.ATTENDED if days < 0 and not number else Step.REGISTERED,
                first_name=LONG_WORD if number == 1 else "Samira",
                last_name="Belkacem",
            )
        it.attendance[name] = f"/recruter/dates/{date.id}/presences"


def _reports(it: SimpleNamespace, moderator: Any, now: dt.datetime) -> None:
    said = {"words": f"{WORDS}\n{LONG_WORD}", "email": "lila@example.org"}
    for name in ("emploi", "longue", "importee", "nue"):
        listing_id = int(it.open[name].rpartition("/")[2].partition("-")[0])
        listing = db.session.get(Listing, listing_id)
        assert listing is not None
        factories.report(listing, reason=Reason.MONEY, **said)
        report = factories.report(listing)
        it.case[name] = f"/equipe/signalements/{report.case_id}"
        it.form[f"signaler {name}"] = f"/signaler/{listing_id}"
    services.decide(moderator, report.case, Decision.KEEP, WORDS, "", now)
    again = factories.report(report.case.listing, reason=Reason.ILLEGAL)
    it.case["again"] = f"/equipe/signalements/{again.case_id}"


def _alarms(people: dict[str, Any], now: dt.datetime) -> None:
    """Two people who read a lot: one proved who she is and was judged, the other did not."""
    long_name = factories.user(name="Anne-Sophie de La Rochefoucauld-Montbéliard")
    factories.access_alarm(long_name, lifted_at=None, at=now, reads=4_312)
    judged = {"handling": "normal", "handled_at": now, "handled_by": people["administrator"]}
    factories.access_alarm(people["colleague"], at=now - dt.timedelta(days=2), **judged)


def _relays(it: SimpleNamespace, people: dict[str, Any], now: dt.datetime) -> None:
    """People nobody called back: some wait, a counsellor takes care of others."""
    of = factories.listing(title=f"Aide-soignant·e de nuit {LONG_WORD}", now=now)
    for name in ("Nadia", "Jean-Christophe-Emmanuel"):
        factories.forgotten(of, first_name=name, commune_label="Villeurbanne")
    whole = {"last_name": "Benali", "message": WORDS, "diploma_held": "yes"}
    taken = factories.relay(people["counsellor"], factories.forgotten(of, **whole))
    answered = factories.forgotten(of, status="contacted", phone=None)
    ended = {"outcome": "spoken", "outcome_at": now}
    it.relay = {
        "taken": f"/equipe/a-rattraper/{taken.id}",
        "answered": f"/equipe/a-rattraper/{factories.relay(people['counsellor'], answered).id}",
        "ended": "/equipe/a-rattraper/"
        f"{factories.relay(people['counsellor'], factories.forgotten(of), **ended).id}",
    }


def _searches(moderator: Any, now: dt.datetime) -> None:
    factories.searched("aide soignante", seen=20, days=20, found="more")
    factories.searched("formation de nuit", seen=3, place_code="69091")
    factories.searched("fee du logis gentille et disponible", seen=3)
    factories.searched("anticonstitution" * 5, seen=3, found="1-5")
    factories.searched("plombier", seen=3)
    by = {"author_id": moderator.id}
    factories.search_word("blouse blanche", "infirmier", WordKind.SUGGESTION, **by)
    factories.search_word("plombier", "", WordKind.IGNORED, **by)
    factories.search_word(
        "fee du logis gentille et disponible",
        "infirmier",
        undone_at=now + dt.timedelta(hours=1),
        undone_by_id=moderator.id,
        **by,
    )
    factories.search_word("fee du logis gentille et disponible", "aide-a-domicile", **by)


def _meetings(it: SimpleNamespace, recruiter: Any, now: dt.datetime) -> None:
    """Add people who were proposed a meeting: one comes, one cannot, one has not answered."""
    for answer, coming in (("coming", True), ("not coming", False), ("meeting", None)):
        met = _application(it, it.job, answer)
        applications.record_view(met, recruiter, "contact", now)
        proposed = letters.write(met, recruiter, Letter.MEETING, WORDS, now, **_meeting(now))
        if coming is not None:
            replies.reply(met, proposed.id, coming, f"{WORDS}\n{LONG_WORD}", now)


def _meeting(now: dt.datetime) -> dict[str, Any]:
    return {
        "step": Step.MEETING,
        "meeting_at": now + dt.timedelta(days=3),
        "meeting_place": "12 rue des Tilleuls, Bron",
    }


def _application(it: SimpleNamespace, listing: Listing, name: str, **values: Any) -> Any:
    added = factories.application(listing, **values)
    it.sheet[name] = f"/recruter/candidatures/{added.id}"
    token = keys.link_token(added.link_salt)
    it.follow[name] = f"/candidature/{added.reference}?cle={token}"
    return added


@pytest.fixture(scope="session")
def elsewhere(live: Live, tmp_path_factory: pytest.TempPathFactory) -> Flask:
    """Return the site of another territory: nothing in it yet, no phone, no search server."""
    folder: Path = tmp_path_factory.mktemp("elsewhere")
    app = create_app(
        TestConfig(
            live.stack.environ
            | {
                "DATABASE_URL": f"sqlite:///{folder / 'empty.db'}",
                "DATA_DIR": str(folder),
                "MEILI_URL": "",
                "PHONE": "",
                "DEMO": "1",
                "CONTACT_EMAIL": "contact@exemple.example",
                "JOBS_IN_TESTS": "0",
                "RATELIMIT_ENABLED": "1",
            }
        )
    )
    with app.app_context():
        db.create_all()
        db.engine.dispose()
    return app
