"""Writes about what is kept of people with an account. Nothing here commits."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import func, select

from app.accounts.models import User
from app.core.database import db
from app.core.errors import DomainError
from app.core.i18n import _
from app.core.outbox import enqueue
from app.privacy import queries

# After the last time she signed in; the notice says so.
ACCOUNT_KEPT = dt.timedelta(days=730)
TOLD_BEFORE = dt.timedelta(days=30)
_seen_at = func.coalesce(User.last_seen_at, User.created_at)


class StillNeeded(DomainError):
    """Somebody would be left without an answer."""


def erase_own_account(user: User, now: dt.datetime) -> None:
    """Erase the account of somebody who asks. Raises StillNeeded when others count on her."""
    if colleagues := queries.owned_with_colleagues(user):
        raise StillNeeded(
            _(
                "Vous êtes la seule personne responsable de %(name)s. "
                "Donnez d’abord ce rôle à quelqu’un de l’équipe.",
                name=colleagues[0].name,
            )
        )
    if waiting := queries.owned_with_people_waiting(user, now):
        raise StillNeeded(
            _(
                "%(name)s a des annonces ouvertes, ou des personnes qui attendent une réponse. "
                "Fermez d’abord les annonces et répondez à ces personnes.",
                name=waiting[0].name,
            )
        )
    if queries.has_alarm(user):
        raise StillNeeded(
            _(
                "Votre compte a ouvert les coordonnées de beaucoup de personnes en peu de temps. "
                "L’équipe de la plateforme doit d’abord regarder. Réessayez dans quelques jours."
            )
        )
    erase_account(user, now)


def erase_account(user: User, now: dt.datetime) -> None:
    """Erase an account: sessions, proofs, memberships; what she wrote for others loses her name."""
    enqueue("person.erased", now=now, kind="account", id=user.id)
    db.session.delete(user)
    db.session.flush()


def tell_unseen(now: dt.datetime) -> int:
    """Tell those whose account nobody has opened that it ends in thirty days; return how many."""
    unseen = db.session.scalars(
        select(User)
        .where(_seen_at <= now - ACCOUNT_KEPT + TOLD_BEFORE, User.end_told_at.is_(None))
        .order_by(User.id)
    ).all()
    for user in unseen:
        user.end_told_at = now
        enqueue("account.ending", now=now, user_id=user.id)
    db.session.flush()
    return len(unseen)


def purge_accounts(now: dt.datetime) -> int:
    """Erase the accounts that nobody has opened for two years, and told; return how many."""
    over = db.session.scalars(
        select(User)
        .where(_seen_at <= now - ACCOUNT_KEPT, User.end_told_at <= now - TOLD_BEFORE)
        .order_by(User.id)
    ).all()
    for user in over:
        erase_account(user, now)
    return len(over)
