"""Objects for tests, valid by default; name what matters to the test, let the rest be."""

from __future__ import annotations

import datetime as dt
import hashlib
import io
import itertools
from collections.abc import Callable
from functools import cache
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from PIL import Image
from sqlalchemy import select

from app.accounts.enums import Awaits, Role
from app.accounts.models import AccessAlarm, User
from app.alerts import tokens
from app.alerts.enums import Frequency
from app.alerts.models import Alert, Watch
from app.alerts.wording import kept as kept_search
from app.alerts.wording import label_of, query_of
from app.applications.enums import Status as Step
from app.applications.models import Application, Relay
from app.applications.services import OFFER_LASTS
from app.core import clock, consents
from app.core.database import db
from app.geography.models import Commune
from app.imports.models import ImportFile
from app.listings.enums import Kind, Status
from app.listings.models import Listing, ListingSession
from app.organisations.enums import MemberRole, OrganisationKind, OrganisationStatus
from app.organisations.models import (
    Establishment,
    Invitation,
    JoinRequest,
    Membership,
    Organisation,
    Picture,
    SignUp,
)
from app.organisations.pictures import draw, keep
from app.professions.models import Profession
from app.reports.enums import Reason
from app.reports.models import Report
from app.reports.services import report_listing
from app.search import decisions
from app.search.criteria import parse
from app.search.enums import WordKind
from app.search.models import SearchQuery, SearchWord

_numbers = itertools.count(1)
PASSWORD = "phrase de passe pour les essais"


@cache
def _password_hash(password: str) -> str:
    """Hash once a process: argon2 is slow on purpose."""
    from app.accounts.services import hash_password

    return hash_password(password)


def user(role: str = Role.RECRUITER, **values: Any) -> User:
    """Add a person with an account; her password is PASSWORD."""
    number = next(_numbers)
    password = values.pop("password", PASSWORD)
    person = User(
        **{
            "email": f"personne{number}@example.org",
            "name": f"Personne {number}",
            "role": role,
            "active": True,
            "password_hash": _password_hash(password) if password else None,
            "created_at": clock.now(),
        }
        | values
    )
    db.session.add(person)
    db.session.flush()
    return person


def organisation(*members: User, **values: Any) -> Organisation:
    """Add a verified employer whose members are the given people."""
    number = next(_numbers)
    added = Organisation(
        **{
            "slug": f"structure-{number}",
            "name": f"Structure {number}",
            "kind": OrganisationKind.EMPLOYER,
            "status": OrganisationStatus.VERIFIED,
            "promise_hours": 48,
            "created_at": clock.now(),
        }
        | values
    )
    db.session.add(added)
    db.session.flush()
    for person in members:
        db.session.add(
            Membership(
                organisation_id=added.id,
                user_id=person.id,
                role=MemberRole.OWNER,
                created_at=clock.now(),
            )
        )
    db.session.flush()
    return added


def establishment(of: Organisation, **values: Any) -> Establishment:
    """Add a place of the organisation, in Bron."""
    base = {"name": "Site de Bron", "commune_code": "69029", "address": "", "publics": []}
    added = Establishment(organisation=of, **base | values)
    db.session.add(added)
    db.session.flush()
    return added


def drawing(colour: str = "teal", size: tuple[int, int] = (1200, 800), kind: str = "PNG") -> bytes:
    """Return a picture of one colour, as a person could send it."""
    buffer = io.BytesIO()
    Image.new("RGB", size, colour).save(buffer, kind)
    return buffer.getvalue()


def photograph() -> bytes:
    """Return a picture full of details: none weighs more."""
    noise = Image.effect_noise((400, 300), 120).convert("RGB").resize((2400, 1800))
    buffer = io.BytesIO()
    noise.save(buffer, "JPEG", quality=95)
    return buffer.getvalue()


def picture(of: Organisation, colour: str = "teal", **values: Any) -> Picture:
    """Add a picture of the organisation, the last, with its files; "many" colours weigh a lot."""
    kept = keep(draw(photograph() if colour == "many" else drawing(colour)))
    last = len(db.session.scalars(select(Picture.id).where(Picture.organisation == of)).all())
    base = {"alt": "Une salle claire.", "position": last + 1, "created_at": clock.now()}
    added = Picture(organisation_id=of.id, **vars(kept) | base | values)
    db.session.add(added)
    db.session.flush()
    return added


def sign_up(**values: Any) -> SignUp:
    """Add what a person declared, not confirmed."""
    now = clock.now()
    base: dict[str, Any] = {
        "email": f"inscription{next(_numbers)}@example.org",
        "person_name": "Nora Sadi",
        "name": "Maison neuve",
        "kind": OrganisationKind.EMPLOYER,
        "siret": "73282932000074",
        "commune_code": "69029",
        "promise_hours": 48,
        "created_at": now,
        "expires_at": now + dt.timedelta(days=2),
    }
    added = SignUp(**base | values)
    db.session.add(added)
    db.session.flush()
    return added


def invitation(to: Organisation, by: User, **values: Any) -> Invitation:
    """Add an invitation that waits for its person."""
    now = clock.now()
    base: dict[str, Any] = {
        "email": f"invitee{next(_numbers)}@example.org",
        "role": MemberRole.MEMBER,
        "created_at": now,
        "expires_at": now + dt.timedelta(days=7),
    }
    added = Invitation(organisation=to, invited_by=by, **base | values)
    db.session.add(added)
    db.session.flush()
    return added


def join_request(to: Organisation, by: User) -> JoinRequest:
    """Add the request of a person who waits for an answer of the owners."""
    added = JoinRequest(organisation=to, user=by, created_at=clock.now())
    db.session.add(added)
    db.session.flush()
    return added


def profession(slug: str = "aide-soignant") -> Profession:
    """Return a profession of the reference base."""
    return db.session.scalars(select(Profession).where(Profession.slug == slug)).one()


def commune(code: str = "69029") -> Commune:
    """Return a commune by INSEE code; Bron by default."""
    found = db.session.get(Commune, code)
    assert found is not None
    return found


def listing(kind: str = Kind.JOB, **values: Any) -> Listing:
    """Add a published listing, complete for its kind, in Bron, of a verified organisation."""
    now = values.pop("now", None) or clock.now()
    place = commune(values.get("commune_code", "69029"))
    owner = values.pop("organisation", None)
    if owner is None and "organisation_id" not in values and values.get("source", "site") == "site":
        owner = organisation()
    base: dict[str, Any] = {
        "kind": kind,
        "status": Status.PUBLISHED,
        "version": 1,
        "title": "Aide-soignant·e de jour",
        "slug": "aide-soignant-e-de-jour",
        "created_at": now,
        "updated_at": now,
        "published_at": now,
        "refreshed_at": now,
        "closes_at": now + dt.timedelta(days=60),
        "organisation": owner,
        "employer_name": owner.name if owner else "",
        "profession_id": profession().id,
        "description": "Vous accompagnez les résidentes et les résidents.",
        "description_html": "<p>Vous accompagnez les résidentes et les résidents.</p>",
        "commune_code": place.code,
        "place_label": place.name,
        "latitude": place.latitude,
        "longitude": place.longitude,
        "publics": [],
        "schedules": [],
        "funding": [],
    }
    if kind == Kind.JOB:
        base |= {
            "contract": "cdi",
            "hours_min": 35.0,
            "pay_min_cents": 207_700,
            "pay_max_cents": 229_000,
            "pay_period": "month",
        }
    added = Listing(**(base | values))
    db.session.add(added)
    db.session.flush()
    return added


def listing_session(of: Listing, **values: Any) -> ListingSession:
    """Add a session in thirty days with ten seats."""
    added = ListingSession(
        **{
            "listing_id": of.id,
            "starts_at": clock.now() + dt.timedelta(days=30),
            "capacity": 10,
            "taken": 0,
            "label": "",
        }
        | values
    )
    db.session.add(added)
    db.session.flush()
    return added


_OF_STATUS: dict[str, Callable[[dt.datetime], dict[str, Any]]] = {
    Step.DECLINED: lambda _now: {"decline_reason": "other"},
    Step.REFUSED: lambda _now: {"decline_reason": "other"},
    Step.POOL: lambda now: {
        "pool_asked_at": now,
        "pool_consent_at": now,
        "pool_wording": "2026-11",
        "pool_until": now + dt.timedelta(days=730),
    },
}


def application(of: Listing | None = None, **values: Any) -> Application:
    """Add an application as it stands just after it was received."""
    number = next(_numbers)
    now = values.pop("now", None) or clock.now()
    values = _OF_STATUS.get(values.get("status", ""), lambda _now: {})(now) | values
    added = Application(
        **{
            "reference": f"PS-T{number:03d}-TEST"[:12],
            "secret_hash": "0" * 64,
            "link_salt": f"{number:064d}",
            "idempotency_key": f"key-{number}",
            "body_hash": "0" * 64,
            "listing": of or listing(),
            "candidate_key": f"{number:064d}",
            "first_name": "Samira",
            "phone": f"+3363998{number % 10000:04d}",
            "email": f"samira{number}@example.org",
            "created_at": now,
            "updated_at": now,
            "offer_until": now + OFFER_LASTS if values.get("status") == "offered" else None,
            "cv_state": "unscanned" if values.get("cv_key") else None,
            "cv_state_at": now if values.get("cv_state") or values.get("cv_key") else None,
        }
        | values
    )
    db.session.add(added)
    db.session.flush()
    return added


def forgotten(of: Listing | None = None, **values: Any) -> Application:
    """Add an application that nobody answered in time, whose person may be called by the team."""
    now = values.pop("now", None) or clock.now()
    return application(
        of,
        **{
            "now": now - dt.timedelta(days=6),
            "answer_due_at": now - dt.timedelta(days=4),
            "counsellor_consent_at": now - dt.timedelta(days=6),
            "counsellor_wording": consents.COUNSELLOR,
            "call_back": "any",
        }
        | values,
    )


def relay(counsellor: User, of: Application | None = None, **values: Any) -> Relay:
    """Let a counsellor take care of a person nobody called back."""
    added = Relay(
        **{
            "application": of or forgotten(),
            "counsellor_id": counsellor.id,
            "taken_at": clock.now(),
        }
        | values
    )
    db.session.add(added)
    db.session.flush()
    return added


def import_file(of: Organisation | None = None, **values: Any) -> ImportFile:
    """Add a CSV file of one listing, read, whose preview may be applied."""
    number = next(_numbers)
    now = clock.now()
    added = ImportFile(
        **{
            "organisation": of or organisation(),
            "format": "csv",
            "name": "annonces.csv",
            "key": f"imports/{number}.csv",
            "sha256": "0" * 64,
            "size_bytes": 100,
            "headers": ["reference", "titre"],
            "columns": {"reference": "reference", "titre": "titre"},
            "state": "ready",
            "plan": "0" * 64,
            "preview": {
                "counts": {
                    "read": 2,
                    "created": 1,
                    "updated": 0,
                    "unchanged": 0,
                    "closed": 0,
                    "skipped": 0,
                    "quarantined_total": 1,
                },
                "changes": [
                    {
                        "what": "created",
                        "position": "annonces.csv, ligne 2",
                        "source_id": "RH-1",
                        "title": "Aide-soignante de nuit",
                    }
                ],
                "set_aside": [
                    {
                        "position": "annonces.csv, ligne 3",
                        "source_id": "RH-2",
                        "reason": "titre absent",
                    }
                ],
            },
            "created_at": now,
            "updated_at": now,
        }
        | values
    )
    db.session.add(added)
    db.session.flush()
    return added


def alert(**values: Any) -> Alert:
    """Add a confirmed daily alert on all listings, served until now; `search`: its parameters."""
    now = values.pop("now", None) or clock.now()
    search = values.pop("search", {})
    query = query_of(kept_search(parse(search)))
    salt, token_hash = tokens.new()
    confirmed = {
        "confirmed_at": now,
        "kept_at": now,
        "seen_until": now,
        "ran_on": clock.paris_date(now) - dt.timedelta(days=1),
        "asks": 0,
    }
    if "confirmed_at" in values and values["confirmed_at"] is None:
        confirmed = {}
    added = Alert(
        **{
            "email": f"alerte{next(_numbers)}@example.org",
            "query": query,
            "query_hash": hashlib.sha256(query.encode()).hexdigest(),
            "label": label_of(parse(search)),
            "frequency": Frequency.DAILY,
            "salt": salt,
            "token_hash": token_hash,
            "asked_at": now,
        }
        | confirmed
        | values
    )
    db.session.add(added)
    db.session.flush()
    return added


def watch(of: Listing | None = None, **values: Any) -> Watch:
    """Add a confirmed notice about a listing."""
    now = values.pop("now", None) or clock.now()
    salt, token_hash = tokens.new()
    added = Watch(
        **{
            "listing_id": (of or listing()).id,
            "email": f"avis{next(_numbers)}@example.org",
            "salt": salt,
            "token_hash": token_hash,
            "asked_at": now,
            "confirmed_at": now,
        }
        | values
    )
    db.session.add(added)
    db.session.flush()
    return added


def report(of: Listing | None = None, **values: Any) -> Report:
    """Add a report of a listing, in its open case."""
    now = values.pop("now", None) or clock.now()
    wanted = {"reason": Reason.UNTRUE, "words": "", "email": None} | values
    return report_listing(of or listing(), **wanted, now=now)


def access_alarm(of: User, **values: Any) -> AccessAlarm:
    """Add the alarm of a person who read a lot, then proved who she is."""
    now = clock.now()
    added = AccessAlarm(**{"user": of, "at": now, "reads": 61, "lifted_at": now} | values)
    db.session.add(added)
    db.session.flush()
    return added


def searched(words: str, *, seen: int = 3, days: int = 5, **values: Any) -> None:
    """Add searches of words: `seen` on each of the last `days` days, which found nothing."""
    today = clock.paris_date(clock.now())
    wanted = {"place_code": "", "kinds": "", "professions": "", "found": "0", "by_engine": True}
    db.session.add_all(
        SearchQuery(
            day=today - dt.timedelta(days=number), words=words, seen=seen, **(wanted | values)
        )
        for number in range(days)
    )
    db.session.flush()


def search_word(word: str, target: str, kind: str = WordKind.SYNONYM, **values: Any) -> SearchWord:
    """Add what the team decided of words."""
    wanted = {"seen": 15, "created_at": clock.now()} | values
    decided = SearchWord(word=word, target=target, kind=kind, **wanted)
    db.session.add(decided)
    db.session.flush()
    decisions.forget()
    return decided


def signed_in_client(app: Flask, person: User) -> FlaskClient:
    """Return a browser signed in as `person`, through the service that sign-in uses."""
    from app.accounts.services import open_session

    token = open_session(person, now=clock.now())
    return _browser(app, _user_id=token, seen=clock.now().timestamp())


def waiting_client(app: Flask, person: User, awaits: Awaits) -> FlaskClient:
    """Return a browser in which `person` still has to give her second factor."""
    from app.accounts.services import open_pending_session

    return _browser(app, pending=open_pending_session(person, awaits, now=clock.now()))


def _browser(app: Flask, **cookie: Any) -> FlaskClient:
    db.session.commit()
    browser = app.test_client()
    with browser.session_transaction() as session:
        session.update(cookie)
    return browser
