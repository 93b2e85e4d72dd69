"""Who reads the details of too many people: she proves again who she is, administrators are told.

What is counted belongs to the features that show details; here is what a count leads to.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from flask import current_app
from sqlalchemy import delete, func, select
from sqlalchemy.orm import contains_eager, joinedload

from app.accounts import second_factor, services
from app.accounts.enums import Handling, Role
from app.accounts.models import AccessAlarm, User
from app.core import outbox
from app.core.database import db
from app.core.errors import DomainError
from app.core.i18n import _

# A busy morning of calls is thirty people; a copy of everybody is hundreds.
READS_PER_HOUR = 60
WINDOW = dt.timedelta(hours=1)
# How long after a proof many details may leave at once, in a file.
PROOF_LASTS = dt.timedelta(minutes=15)
# Administrators have one message a day about the same person; each alarm is on their page.
TOLD_EVERY = dt.timedelta(days=1)
ALARMS_KEPT = dt.timedelta(days=365)


class ProofNeeded(DomainError):
    """She must prove again who she is before other details are shown. The alarm is to be kept."""

    status = 403


class AlreadyHandled(DomainError):
    """Another administrator has decided."""


def may_be_asked(user: User) -> bool:
    """Return whether this person can prove again who she is: a demonstration has no mailbox."""
    return bool(current_app.config["SECOND_FACTOR"]) or second_factor.has_factor(user)


def counted_since(user: User, now: dt.datetime) -> dt.datetime:
    """Return since when what this person reads is counted, and hold her row until the commit.

    Two openings at the same time are thus counted one after the other.
    """
    db.session.execute(
        select(User.id).where(User.id == user.id).with_for_update(key_share=True, of=User)
    )
    lifted = db.session.scalar(
        select(func.max(AccessAlarm.lifted_at)).where(AccessAlarm.user_id == user.id)
    )
    return max(now - WINDOW, lifted) if lifted else now - WINDOW


def check_reads(user: User, reads: int, now: dt.datetime, *, at_once: bool = False) -> None:
    """Let this person be shown details, `reads` people counted; raise ProofNeeded when too many.

    `at_once`: in a file, which a proof given just before allows whatever it holds.
    """
    alarm = standing(user)
    if alarm is None and reads <= READS_PER_HOUR:
        return
    if alarm is None and at_once and _proved_since(user, now - PROOF_LASTS):
        return
    if alarm is None:
        alarm = _raise_alarm(user, reads, now)
    if may_be_asked(user):
        raise ProofNeeded(_("Vous ouvrez beaucoup de fiches. Confirmez que c’est bien vous."))
    alarm.lifted_at = now
    db.session.flush()


def standing(user: User) -> AccessAlarm | None:
    """Return the alarm that waits for a proof of this person."""
    return db.session.scalar(
        select(AccessAlarm).where(AccessAlarm.user_id == user.id, AccessAlarm.lifted_at.is_(None))
    )


def lift(user: User, now: dt.datetime) -> None:
    """Take note that this person has proved again who she is."""
    alarm = standing(user)
    if alarm is not None:
        alarm.lifted_at = now
        db.session.flush()


def alarms(*, limit: int, offset: int = 0) -> Sequence[AccessAlarm]:
    """Return the alarms, the last first, with their people."""
    return db.session.scalars(
        select(AccessAlarm)
        .join(AccessAlarm.user)
        .options(
            contains_eager(AccessAlarm.user),
            joinedload(AccessAlarm.handled_by),
        )
        .order_by(AccessAlarm.at.desc(), AccessAlarm.id.desc())
        .limit(limit)
        .offset(offset)
    ).all()


def handle(actor: User, alarm: AccessAlarm, handling: Handling, now: dt.datetime) -> None:
    """Decide once about an alarm, and do it. Raises AlreadyHandled."""
    db.session.refresh(alarm, ["handled_at"], with_for_update={"of": AccessAlarm})
    if alarm.handled_at is not None:
        raise AlreadyHandled(_("Quelqu’un de l’équipe a déjà décidé."))
    alarm.handling, alarm.handled_at, alarm.handled_by_id = handling, now, actor.id
    if handling is Handling.SIGNED_OUT:
        services.close_sessions_of([alarm.user_id], now=now)
    elif handling is Handling.SUSPENDED:
        services.suspend_account(alarm.user, now=now)
    db.session.flush()


def purge_alarms(now: dt.datetime) -> None:
    """Delete the alarms that have been kept long enough."""
    db.session.execute(delete(AccessAlarm).where(AccessAlarm.at < now - ALARMS_KEPT))


def _raise_alarm(user: User, reads: int, now: dt.datetime) -> AccessAlarm:
    last = db.session.scalar(select(func.max(AccessAlarm.at)).where(AccessAlarm.user_id == user.id))
    alarm = AccessAlarm(user_id=user.id, at=now, reads=reads)
    db.session.add(alarm)
    db.session.flush()
    if last is None or last <= now - TOLD_EVERY:
        admins = select(User.id).where(User.active, User.role == Role.ADMIN)
        for admin_id in db.session.scalars(admins):
            # One event for one message: a refused address never delays the others.
            outbox.enqueue("account.alarm_raised", now=now, alarm_id=alarm.id, user_id=admin_id)
    return alarm


def _proved_since(user: User, instant: dt.datetime) -> bool:
    found = select(AccessAlarm.id).where(
        AccessAlarm.user_id == user.id, AccessAlarm.lifted_at >= instant
    )
    return db.session.scalar(found.limit(1)) is not None
