"""What an application may become, for each kind of listing, and by whom.

One table of transitions. `services.move_application` is the only function that applies it.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from enum import StrEnum

from app.applications.enums import ActorKind, Status
from app.core.errors import NotAllowedTransition
from app.core.i18n import _
from app.listings.enums import Kind


class Family(StrEnum):
    """Kinds of listing whose applications live the same life."""

    WORK = "work"
    TRAINING = "training"
    EVENT = "event"


def family_of(kind: str) -> Family:
    """Return the family of a kind of listing."""
    if kind == Kind.TRAINING:
        return Family.TRAINING
    return Family.EVENT if kind == Kind.EVENT else Family.WORK


S = Status
Table = dict[Status, dict[ActorKind, frozenset[Status]]]


def _row(
    member: tuple[Status, ...] = (),
    candidate: tuple[Status, ...] = (),
    system: tuple[Status, ...] = (),
) -> dict[ActorKind, frozenset[Status]]:
    """Return who may do what. The team may do what a member may: it acts when asked to help."""
    return {
        ActorKind.MEMBER: frozenset(member),
        ActorKind.TEAM: frozenset(member),
        ActorKind.CANDIDATE: frozenset(candidate),
        ActorKind.SYSTEM: frozenset(system),
    }


_OUT = (S.WITHDRAWN,)
_UNANSWERED = (S.EXPIRED_NO_ANSWER, S.CLOSED_ELSEWHERE)

# Only the person brings her application to « pool », after a no, and takes herself out of it.
_KEPT = (S.POOL,)
WORK: Table = {
    S.RECEIVED: _row(
        (S.SEEN, S.CONTACTED, S.MEETING, S.TRIAL, S.HIRED, S.DECLINED), _OUT, _UNANSWERED
    ),
    S.SEEN: _row((S.CONTACTED, S.MEETING, S.TRIAL, S.HIRED, S.DECLINED), _OUT, _UNANSWERED),
    S.CONTACTED: _row((S.MEETING, S.TRIAL, S.HIRED, S.DECLINED), _OUT, _UNANSWERED),
    S.MEETING: _row((S.TRIAL, S.HIRED, S.DECLINED), _OUT, _UNANSWERED),
    S.TRIAL: _row((S.HIRED, S.DECLINED), _OUT, _UNANSWERED),
    # Who cannot come after all gives her place back.
    S.HIRED: _row((), _OUT),
    S.DECLINED: _row(candidate=_KEPT),
    S.CLOSED_ELSEWHERE: _row(candidate=(*_KEPT, *_OUT)),
    S.POOL: _row(candidate=_OUT),
    # A late answer is better than none.
    S.EXPIRED_NO_ANSWER: _row((S.CONTACTED, S.MEETING, S.TRIAL, S.HIRED, S.DECLINED), _OUT),
}
TRAINING: Table = {
    S.RECEIVED: _row(
        (S.SEEN, S.CONTACTED, S.MEETING, S.ADMITTED, S.WAITLISTED, S.REFUSED), _OUT, _UNANSWERED
    ),
    S.SEEN: _row((S.CONTACTED, S.MEETING, S.ADMITTED, S.WAITLISTED, S.REFUSED), _OUT, _UNANSWERED),
    S.CONTACTED: _row((S.MEETING, S.ADMITTED, S.WAITLISTED, S.REFUSED), _OUT, _UNANSWERED),
    S.MEETING: _row((S.ADMITTED, S.WAITLISTED, S.REFUSED), _OUT, _UNANSWERED),
    S.WAITLISTED: _row((S.ADMITTED, S.REFUSED), _OUT, (S.OFFERED, S.CLOSED_ELSEWHERE)),
    # A seat is kept for her until she answers; a member may answer for who has no e-mail.
    S.OFFERED: _row(
        (S.ADMITTED, S.WAITLISTED, S.REFUSED),
        (S.ADMITTED, S.WITHDRAWN),
        (S.WAITLISTED, S.CLOSED_ELSEWHERE),
    ),
    S.ADMITTED: _row((S.ENROLLED, S.REFUSED), _OUT),
    S.ENROLLED: _row((), _OUT),
    S.REFUSED: _row(candidate=_KEPT),
    # A seat may be freed in the first days of a date.
    S.CLOSED_ELSEWHERE: _row((S.ADMITTED, S.REFUSED), (*_KEPT, *_OUT)),
    S.POOL: _row(candidate=_OUT),
    S.EXPIRED_NO_ANSWER: _row((S.CONTACTED, S.MEETING, S.ADMITTED, S.WAITLISTED, S.REFUSED), _OUT),
}
EVENT: Table = {
    S.REGISTERED: _row((S.ATTENDED, S.ABSENT, S.CANCELLED), (S.CANCELLED,), (S.CANCELLED,)),
    S.WAITLISTED: _row((S.REGISTERED, S.CANCELLED), (S.CANCELLED,), (S.REGISTERED, S.CANCELLED)),
    # A box ticked by mistake at the door.
    S.ATTENDED: _row((S.ABSENT,)),
    S.ABSENT: _row((S.ATTENDED,)),
}
TRANSITIONS = {Family.WORK: WORK, Family.TRAINING: TRAINING, Family.EVENT: EVENT}

NEEDS_REASON = frozenset({S.DECLINED, S.REFUSED})
# Changes that are the organisation's own bookkeeping: the person gets no message.
SILENT = frozenset({S.SEEN, S.ATTENDED, S.ABSENT})
# What members note once they have spoken with the person: there is nothing left to tell her.
SPOKEN = frozenset({S.CONTACTED})
# While an application is in one of these states it occupies a seat of its session.
SEATED = {
    # The periods of an internship, the dates of an immersion; a job has neither.
    Family.WORK: frozenset({S.HIRED}),
    Family.TRAINING: frozenset({S.OFFERED, S.ADMITTED, S.ENROLLED}),
    Family.EVENT: frozenset({S.REGISTERED, S.ATTENDED, S.ABSENT}),
}
# Nobody has called yet: the promise runs.
WAITING = frozenset({S.RECEIVED, S.SEEN})
# After this long without any answer, the person is told the truth.
SILENCE = dt.timedelta(days=21)
# They have spoken: something must come of it.
IN_TOUCH = frozenset({S.CONTACTED, S.MEETING, S.TRIAL})
# Neither a yes nor a no.
UNANSWERED = WAITING | IN_TOUCH | {S.WAITLISTED}
# The person has taken it back: nobody sees her details any more, and she may apply again.
TAKEN_BACK = frozenset({S.WITHDRAWN, S.CANCELLED})
FINISHED = frozenset(
    {
        S.HIRED,
        S.DECLINED,
        S.WITHDRAWN,
        S.POOL,
        S.CLOSED_ELSEWHERE,
        S.EXPIRED_NO_ANSWER,
        S.REFUSED,
        S.ENROLLED,
        S.ATTENDED,
        S.ABSENT,
        S.CANCELLED,
    }
)


def allowed(kind: str, status: str, actor_kind: ActorKind) -> frozenset[Status]:
    """Return the states into which this actor may bring an application."""
    return TRANSITIONS[family_of(kind)].get(Status(status), {}).get(actor_kind, frozenset())


def check(kind: str, status: str, to: Status, actor_kind: ActorKind) -> None:
    """Raise NotAllowedTransition unless the table has it."""
    if to not in allowed(kind, status, actor_kind):
        raise NotAllowedTransition(
            _("Cette candidature n’est plus à cette étape. Rechargez la page pour voir la suite.")
        )


def withdrawn_status(kind: str) -> Status:
    """Return the state of an application the person takes back."""
    return S.CANCELLED if family_of(kind) is Family.EVENT else S.WITHDRAWN


def holds_seat(kind: str, status: str) -> bool:
    """Return whether an application in that state occupies a seat."""
    return Status(status) in SEATED[family_of(kind)]


@dataclass(frozen=True, slots=True)
class Ending:
    """Conversations of one organisation about to end without an outcome: numbers, never names."""

    number: int
    first_at: dt.datetime
