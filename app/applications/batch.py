"""One gesture for several people: a step, or a no with its message. Nothing here commits.

What cannot be done for one person never holds back the others.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import contains_eager, joinedload, selectinload

from app.accounts.models import User
from app.applications import workflow
from app.applications.enums import STATUS_LABELS, ActorKind, DeclineReason, Status
from app.applications.mails import FIRST_NAME, TITLE
from app.applications.models import Application
from app.applications.queries import lock_sessions, open_to
from app.applications.services import NoSeatLeft, move_held
from app.core.database import db
from app.core.errors import NotAllowedTransition
from app.core.i18n import _
from app.listings.models import Listing

# More would be answered without being read.
MOST = 100
_PLACES = re.compile(f"{re.escape(FIRST_NAME)}|{re.escape(TITLE)}", re.IGNORECASE)


@dataclass(frozen=True)
class Outcome:
    """What a gesture did: who is where it leads, and who is not, with the reason in words."""

    done: list[Application]
    left: list[tuple[Application, str]]

    @property
    def to_phone(self) -> list[Application]:
        """Return those who get no e-mail: they hear it by telephone."""
        return [one for one in self.done if one.email is None]


def people(ids: Collection[int], user_id: int, *, lock: bool = False) -> list[Application]:
    """Return those of `ids` that a person may open, the oldest first, in two queries.

    Ids of others are left out, like those that do not exist. `lock`: hold them until the commit.
    """
    query = (
        select(Application)
        .join(Application.listing)
        .where(
            Application.id.in_(sorted(set(ids))[:MOST]),
            Listing.organisation_id.in_(open_to(user_id)),
        )
        .options(
            contains_eager(Application.listing).joinedload(Listing.organisation),
            joinedload(Application.session),
            selectinload(Application.events),
        )
        .order_by(Application.created_at, Application.id)
    )
    if lock:
        theirs = select(Application.session_id).where(Application.id.in_(sorted(set(ids))[:MOST]))
        lock_sessions(*filter(None, db.session.scalars(theirs.distinct())))
        query = query.with_for_update(of=Application, key_share=True).execution_options(
            populate_existing=True
        )
    return list(db.session.scalars(query))


def refusal(application: Application) -> Status | None:
    """Return the state in which a no leaves that application now, or None."""
    allowed = workflow.allowed(application.listing.kind, application.status, ActorKind.MEMBER)
    return next(iter(allowed & workflow.NEEDS_REASON), None)


def move_people(
    actor: User, ids: Collection[int], to: Status, now: dt.datetime
) -> list[Application]:
    """Bring to a step those who can go; return all those that the actor may open.

    Doing it again changes nothing. What became of each is told by `outcome_of`.
    """
    found = people(ids, actor.id, lock=True)
    for application in _listed_first(found):
        try:
            move_held(application, to, ActorKind.MEMBER, actor, now)
        except (NotAllowedTransition, NoSeatLeft):
            continue
    return found


def decline_people(
    actor: User, ids: Collection[int], reason: DeclineReason, message: str, now: dt.datetime
) -> list[Application]:
    """Say no, each with her own message, to those who still can hear it; return all of them.

    Who has an answer already, or took her application back, is left alone.
    """
    found = people(ids, actor.id, lock=True)
    for application in _listed_first(found):
        to = refusal(application)
        if to is not None:
            own = message_to(application, message)
            move_held(application, to, ActorKind.MEMBER, actor, now, reason, own)
    return found


def _listed_first(found: Collection[Application]) -> list[Application]:
    """Put those who wait for a seat first: one that is given back must not go to one of them."""
    return sorted(found, key=lambda one: one.status != Status.WAITLISTED)


def message_to(application: Application, message: str) -> str:
    """Return the message of a group with the first name and the title of one person."""
    own = {FIRST_NAME: application.first_name, TITLE: application.listing.title}
    return _PLACES.sub(lambda found: own[found[0].lower()], message)


def outcome_of(found: Collection[Application], to: Status | None) -> Outcome:
    """Return what became of people asked to go to a step, or told no when `to` is None."""
    wanted = workflow.NEEDS_REASON if to is None else {to}
    done = [one for one in found if one.status in wanted]
    left = [(one, _why(one, to)) for one in found if one.status not in wanted]
    return Outcome(done, left)


def _why(application: Application, to: Status | None) -> str:
    status = Status(application.status)
    if status in workflow.TAKEN_BACK:
        return _("La personne a retiré sa demande.")
    allowed = workflow.allowed(application.listing.kind, status, ActorKind.MEMBER)
    if to in allowed and workflow.holds_seat(application.listing.kind, to):
        return _("Il n’y a plus de place à sa date.")
    if to is None and not allowed & workflow.NEEDS_REASON:
        return _(
            "Déjà à l’étape «\u00a0%(step)s\u00a0»\u00a0: un non n’y a plus de sens.",
            step=STATUS_LABELS[status],
        )
    return _(
        "Depuis l’étape «\u00a0%(step)s\u00a0», ce passage n’est pas prévu.",
        step=STATUS_LABELS[status],
    )
