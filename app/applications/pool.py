"""The people who agreed that an organisation keeps their contact. Nothing here commits.

A member asks, once she has said no. The person answers on her page; without her yes, stored with
its instant and its words, nothing is kept. She takes it back in one click. It ends two years after
her last answer, and she is told thirty days before.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, or_, select

from app.accounts.models import User
from app.applications import queries
from app.applications.enums import ActorKind, DeclineReason, Status
from app.applications.models import Application, ContactView
from app.applications.services import move_application, withdraw_application
from app.core import consents
from app.core.database import db
from app.core.errors import NotAllowedTransition
from app.core.i18n import _
from app.core.outbox import enqueue
from app.listings.models import Listing
from app.organisations.enums import OrganisationStatus
from app.organisations.models import Membership, Organisation
from app.professions.models import Profession

S = Status
KEPT = dt.timedelta(days=730)
TOLD_BEFORE = dt.timedelta(days=30)
ASKED_AFTER = frozenset({S.DECLINED, S.REFUSED, S.CLOSED_ELSEWHERE})
BATCH = 200
PAGE = 50


@dataclass(frozen=True)
class Kept:
    """A person of the pool as its page shows her: no way to reach her."""

    id: int
    name: str
    profession: str
    commune: str
    listing_title: str
    until: dt.datetime
    opened: bool


def can_ask(application: Application) -> bool:
    """Return whether the person may be asked: after a no, and once."""
    return application.status in ASKED_AFTER and application.pool_asked_at is None


def is_asked(application: Application) -> bool:
    """Return whether the question waits for the person's answer."""
    unanswered = application.pool_asked_at is not None and application.pool_refused_at is None
    return application.status in ASKED_AFTER and unanswered


def say_no(
    application: Application,
    to: Status,
    actor: User,
    now: dt.datetime,
    reason: DeclineReason,
    message: str,
    *,
    ask: bool,
) -> None:
    """Say no and, in the same message, ask to keep the contact if `ask`."""
    event = move_application(application, to, ActorKind.MEMBER, actor, now, reason, message)
    if event is not None and ask and application.pool_asked_at is None:
        application.pool_asked_at = now
        db.session.flush()


def ask(application: Application, now: dt.datetime) -> None:
    """Ask the person whether her contact may be kept. Raises NotAllowedTransition."""
    _lock(application)
    if not can_ask(application):
        raise NotAllowedTransition(_("Cette question a déjà été posée, ou ne se pose plus."))
    application.pool_asked_at = now
    db.session.flush()
    enqueue("application.pool_asked", now=now, application_id=application.id)


def agree(application: Application, now: dt.datetime) -> None:
    """Keep the contact of a person who was asked; two more years when she agrees again.

    Raises NotAllowedTransition when nobody asked.
    """
    _lock(application)
    if application.status != S.POOL and not is_asked(application):
        raise NotAllowedTransition(_("Cette question ne se pose plus."))
    application.pool_consent_at = now
    application.pool_wording = consents.POOL
    application.pool_until = now + KEPT
    application.pool_told_at = None
    move_application(application, S.POOL, ActorKind.CANDIDATE, None, now)
    db.session.flush()


def refuse(application: Application, now: dt.datetime) -> None:
    """Take a person out of the pool, or take her no for an answer. A second click is nothing."""
    _lock(application)
    if application.status == S.POOL:
        withdraw_application(application, now)
        application.pool_until = None
        application.pool_refused_at = now
    elif is_asked(application):
        application.pool_refused_at = now
    db.session.flush()


def tell_ends(now: dt.datetime, *, limit: int = BATCH) -> int:
    """Tell those whose contact is erased in thirty days, once; return how many."""
    total = 0
    while True:
        ending = db.session.scalars(
            select(Application)
            .where(
                Application.status == S.POOL,
                Application.pool_until <= now + TOLD_BEFORE,
                Application.pool_told_at.is_(None),
            )
            .order_by(Application.id)
            .limit(limit)
            .with_for_update(skip_locked=True, of=Application)
        ).all()
        if not ending:
            return total
        for application in ending:
            application.pool_told_at = now
            enqueue("application.pool_ends", now=now, application_id=application.id)
        db.session.flush()
        total += len(ending)


def _lock(application: Application) -> None:
    """Read again, when writing, what another click may have changed."""
    if application.session_id is not None:
        queries.lock_sessions(application.session_id)
    fields = ["status", "pool_asked_at", "pool_refused_at"]
    db.session.refresh(application, fields, with_for_update=True)


def people(
    user_id: int, *, profession_id: int | None = None, words: str = "", page: int = 1
) -> list[Kept]:
    """Return a page of the people kept by the organisations of a member, and one more if another
    page follows; who may be forgotten soonest comes last."""
    opened = select(ContactView.application_id).where(
        ContactView.user_id == user_id, ContactView.what == "contact"
    )
    query = (
        _kept_for(user_id)
        .with_only_columns(
            Application.id,
            Application.first_name,
            Application.last_name,
            Application.commune_label,
            Application.pool_until,
            Listing.title,
            Profession.label,
            Application.id.in_(opened).label("opened"),
        )
        .order_by(Application.pool_consent_at.desc(), Application.id.desc())
        .limit(PAGE + 1)
        .offset((page - 1) * PAGE)
    )
    if profession_id is not None:
        query = query.where(Listing.profession_id == profession_id)
    for word in words.split()[:6]:
        held = [Application.first_name, Application.commune_label, Listing.title, Profession.label]
        query = query.where(or_(*(column.icontains(word, autoescape=True) for column in held)))
    return [
        Kept(
            id=row.id,
            name=f"{row.first_name} {row.last_name[:1]}." if row.last_name else row.first_name,
            profession=row.label or "",
            commune=row.commune_label,
            listing_title=row.title,
            until=row.pool_until,
            opened=bool(row.opened),
        )
        for row in db.session.execute(query)
    ]


def professions(user_id: int) -> list[tuple[int, str]]:
    """Return (id, label) of the professions of the people kept, to filter by."""
    rows = db.session.execute(
        _kept_for(user_id)
        .with_only_columns(Profession.id, Profession.label)
        .where(Profession.id.is_not(None))
        .distinct()
        .order_by(Profession.label)
    )
    return [(id_, label) for id_, label in rows]


def _kept_for(user_id: int) -> Select[Any]:
    return (
        select(Application)
        .join(Listing, Listing.id == Application.listing_id)
        .join(Organisation, Organisation.id == Listing.organisation_id)
        .join(Membership, Membership.organisation_id == Organisation.id)
        .outerjoin(Profession, Profession.id == Listing.profession_id)
        .where(
            Membership.user_id == user_id,
            Organisation.status == OrganisationStatus.VERIFIED,
            Application.status == S.POOL,
        )
    )
