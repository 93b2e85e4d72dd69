"""Life of a listing: one table of transitions, and the instant at which it closes by itself."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from enum import StrEnum

from app.core.clock import end_of_paris_day, paris_date
from app.core.errors import DomainError, NotAllowedTransition
from app.core.i18n import _, lazy
from app.listings.enums import Kind, Outcome, Status
from app.listings.models import Listing

# A listing that nobody confirms leaves after sixty days.
UNCONFIRMED_LIFE = dt.timedelta(days=60)
# Those who wrote it are asked halfway whether it is still true, and once more before the end.
ASKED_AFTER = dt.timedelta(days=30)
REMINDED_BEFORE = dt.timedelta(days=7)


class Action(StrEnum):
    """What makes a listing pass from one state to another."""

    SUBMIT = "submit"
    PUBLISH = "publish"
    REFUSE = "refuse"
    REVIEW_AGAIN = "review_again"
    PAUSE = "pause"
    RESUME = "resume"
    CLOSE = "close"
    REOPEN = "reopen"


TRANSITIONS: dict[Action, tuple[frozenset[Status], Status]] = {
    Action.SUBMIT: (frozenset({Status.DRAFT}), Status.IN_REVIEW),
    Action.PUBLISH: (frozenset({Status.IN_REVIEW}), Status.PUBLISHED),
    Action.REFUSE: (frozenset({Status.IN_REVIEW}), Status.DRAFT),
    # Pay, contact or place changed after approval: what was approved is no longer what is shown.
    Action.REVIEW_AGAIN: (frozenset({Status.PUBLISHED, Status.PAUSED}), Status.IN_REVIEW),
    Action.PAUSE: (frozenset({Status.PUBLISHED}), Status.PAUSED),
    Action.RESUME: (frozenset({Status.PAUSED}), Status.PUBLISHED),
    Action.CLOSE: (
        frozenset({Status.DRAFT, Status.IN_REVIEW, Status.PUBLISHED, Status.PAUSED}),
        Status.CLOSED,
    ),
    # An imported listing that its source shows again.
    Action.REOPEN: (frozenset({Status.CLOSED}), Status.PUBLISHED),
}

_REFUSALS = {
    Action.SUBMIT: lazy("Cette annonce a déjà été envoyée."),
    Action.PUBLISH: lazy("Cette annonce n’attend pas de relecture."),
    Action.REFUSE: lazy("Cette annonce n’attend pas de relecture."),
    Action.REVIEW_AGAIN: lazy("Cette annonce n’est pas en ligne."),
    Action.PAUSE: lazy(
        "Cette annonce n’est pas en ligne\u00a0: elle ne peut pas être mise en pause."
    ),
    Action.RESUME: lazy("Cette annonce n’est pas en pause."),
    Action.CLOSE: lazy("Cette annonce est déjà close."),
    Action.REOPEN: lazy("Cette annonce n’est pas close."),
}


def can(status: str, action: Action) -> bool:
    """Return whether `action` may be done on a listing in `status`."""
    return Status(status) in TRANSITIONS[action][0]


def target(status: str, action: Action) -> Status:
    """Return the state reached by `action` from `status`; raise NotAllowedTransition."""
    if not can(status, action):
        raise NotAllowedTransition(str(_REFUSALS[action]))
    return TRANSITIONS[action][1]


def check_outcome(status: str, outcome: Outcome, unfilled_reason: str | None) -> None:
    """Raise NotAllowedTransition unless a person may close a listing in `status` this way."""
    if outcome == Outcome.EXPIRED:
        raise NotAllowedTransition(_("Dites si l’annonce est pourvue, non pourvue ou retirée."))
    if outcome != Outcome.WITHDRAWN and status in {Status.DRAFT, Status.IN_REVIEW}:
        raise NotAllowedTransition(
            _("Cette annonce n’a pas été publiée\u00a0: elle peut être retirée.")
        )
    if outcome == Outcome.UNFILLED and not unfilled_reason:
        raise NotAllowedTransition(_("Dites pourquoi personne n’a été recruté."))


def closing_instant(
    deadline: dt.date | None,
    session_days: Iterable[dt.date],
    refreshed_at: dt.datetime,
) -> dt.datetime:
    """Return the UTC instant at which a listing closes by itself.

    Its deadline decides; else the last day on which one of its sessions can be joined; else sixty
    days without anyone saying that it is still true. Days end at midnight in Paris.
    """
    last = deadline or max(session_days, default=None)
    return end_of_paris_day(last) if last else refreshed_at + UNCONFIRMED_LIFE


def session_days(listing: Listing) -> list[dt.date]:
    """Return the last days on which one may join the sessions that decide of its end."""
    return [
        session.deadline or paris_date(session.starts_at)
        for session in (() if listing.kind == Kind.JOB else listing.sessions)
    ]


def last_day(closes_at: dt.datetime) -> dt.date:
    """Return the last Paris day on which a listing closing at `closes_at` can be answered."""
    return paris_date(closes_at - dt.timedelta(microseconds=1))


def require_complete(listing: Listing, now: dt.datetime) -> None:
    """Raise DomainError naming what an own listing lacks to be shown."""
    missing = missing_for_publication(listing)
    if missing:
        raise DomainError(_("Il manque\u00a0: %(what)s.", what=", ".join(missing)))
    if listing.deadline is not None and listing.deadline < paris_date(now):
        raise DomainError(_("La date limite est passée. Indiquez une nouvelle date."))
    if listing.kind == Kind.EVENT and all(session.starts_at <= now for session in listing.sessions):
        raise DomainError(_("La date du rendez-vous est passée. Indiquez une nouvelle date."))
    if closing_instant(listing.deadline, session_days(listing), now) <= now:
        raise DomainError(_("Toutes les dates sont passées. Indiquez une nouvelle date."))


def missing_for_publication(listing: Listing) -> list[str]:
    """Return, in French, what the listing lacks to be published."""
    needed = [
        (bool(listing.title.strip()), _("le titre")),
        (bool(listing.description.strip()), _("la description")),
        (listing.kind == Kind.PATH or listing.commune_code is not None, _("la commune")),
    ]
    if listing.kind == Kind.JOB:
        needed += [
            (listing.profession_id is not None, _("le métier")),
            (listing.pay_min_cents is not None, _("le salaire")),
            (listing.hours_min is not None, _("les heures par semaine")),
            (listing.contract is not None, _("le contrat")),
        ]
    if listing.kind == Kind.EVENT:
        needed.append((bool(listing.sessions), _("la date")))
    if listing.kind == Kind.PATH:
        needed.append((listing.profession_id is not None, _("le métier d’arrivée")))
    return [name for present, name in needed if not present]
