"""Writes about alerts: ask, confirm, change, stop, forget. They never commit."""

from __future__ import annotations

import datetime as dt
import hashlib

from sqlalchemy import and_, delete, or_, select, update
from sqlalchemy.exc import IntegrityError

from app.alerts import queries, tokens, wording
from app.alerts.enums import Frequency, Stop
from app.alerts.models import Alert, Watch
from app.core import consents
from app.core.clock import paris_date
from app.core.database import db
from app.core.errors import DomainError
from app.core.i18n import _
from app.core.outbox import enqueue
from app.search.criteria import SearchCriteria

# What nobody confirmed is erased, address included.
UNCONFIRMED_KEPT_DAYS = 7
# Without any sign of its person, an alert stops; she is told before.
UNVISITED_DAYS = 365
WARNED_BEFORE_DAYS = 30
# Time left to start again an alert that stopped by itself.
STOPPED_KEPT_DAYS = 30
# Somebody may write another person's address: beyond, she is left in peace, and nobody is told.
ASKED_A_DAY = 5
ASKS_EACH = 3
ASK_AGAIN_AFTER = dt.timedelta(minutes=10)
ALERTS_EACH = 20


def may_ask(email: str, now: dt.datetime) -> bool:
    """Return whether one more message may leave to an address that did not ask for it, maybe."""
    return queries.asked_since(email, now - dt.timedelta(days=1)) < ASKED_A_DAY


def ask_again(asked: Alert | Watch, now: dt.datetime) -> bool:
    """Count one more message about what was asked already; return whether it may leave."""
    if asked.asks >= ASKS_EACH or now < asked.asked_at + ASK_AGAIN_AFTER:
        return False
    if not may_ask(asked.email, now):
        return False
    asked.asks += 1
    asked.asked_at = now
    return True


def request_alert(
    email: str, criteria: SearchCriteria, frequency: Frequency, now: dt.datetime
) -> None:
    """Ask an address to confirm an alert; nothing says whether it was known.

    The same search of the same address is one alert: its person is written to again, and what
    she chose does not change.
    """
    query = wording.query_of(wording.kept(criteria))
    query_hash = hashlib.sha256(query.encode()).hexdigest()
    alert = queries.alert_of(email, query_hash)
    if alert is None:
        _create(email, query, query_hash, frequency, now)
        return
    if ask_again(alert, now):
        if alert.confirmed_at is None:
            alert.frequency = frequency
        enqueue("alert.requested", now=now, alert_id=alert.id)


def _create(
    email: str, query: str, query_hash: str, frequency: Frequency, now: dt.datetime
) -> None:
    if not may_ask(email, now) or queries.count_alerts(email) >= ALERTS_EACH:
        return
    salt, token_hash = tokens.new()
    alert = Alert(
        email=email,
        query=query,
        query_hash=query_hash,
        label=wording.label_of(wording.criteria_of(query)),
        frequency=frequency,
        salt=salt,
        token_hash=token_hash,
        asked_at=now,
        asks=1,
    )
    try:
        with db.session.begin_nested():
            db.session.add(alert)
    except IntegrityError:
        # Two clicks at once: the other one has asked.
        return
    enqueue("alert.requested", now=now, alert_id=alert.id)


def confirm_alert(alert: Alert, now: dt.datetime) -> None:
    """Start an alert: what is published from now on is for it. Twice is once."""
    if alert.confirmed_at is not None:
        return
    if alert.asked_at < now - dt.timedelta(days=UNCONFIRMED_KEPT_DAYS):
        raise DomainError(_("Cette demande a plus de 7 jours. Refaites-la depuis la recherche."))
    alert.confirmed_at, alert.wording = now, consents.ALERT
    alert.seen_until = now
    alert.ran_on = paris_date(now)
    _visit(alert, now)


def pause_alert(alert: Alert, now: dt.datetime) -> None:
    """Send nothing until it is resumed."""
    _require_confirmed(alert)
    _visit(alert, now)
    alert.paused_at = alert.paused_at or now


def resume_alert(alert: Alert, now: dt.datetime) -> None:
    """Send again, from what is published now on; also after it stopped by itself."""
    _require_confirmed(alert)
    if not alert.active:
        alert.seen_until = now
        alert.ran_on = paris_date(now)
    alert.paused_at = alert.stopped_at = alert.stop_reason = None
    _visit(alert, now)


def change_frequency(alert: Alert, frequency: Frequency, now: dt.datetime) -> None:
    """Send more or less often."""
    _require_confirmed(alert)
    alert.frequency = frequency
    _visit(alert, now)


def keep_alert(alert: Alert, now: dt.datetime) -> None:
    """Keep an alert for another year."""
    _require_confirmed(alert)
    _visit(alert, now)


def delete_alert(alert: Alert, now: dt.datetime) -> None:
    """Forget an alert and its address at once."""
    enqueue("person.erased", now=now, kind="alert", id=alert.id)
    db.session.delete(alert)


def _require_confirmed(alert: Alert) -> None:
    if alert.confirmed_at is None:
        raise DomainError(_("Confirmez d’abord votre alerte."))


def _visit(alert: Alert, now: dt.datetime) -> None:
    alert.kept_at = now
    alert.warned_at = None
    alert.asks = 0


def stop_bounced(email: str, now: dt.datetime) -> int:
    """Stop what is sent to an address that its server refuses; return how many alerts."""
    return _count(
        update(Alert)
        .where(Alert.email == email, Alert.confirmed_at.is_not(None), Alert.stopped_at.is_(None))
        .values(stopped_at=now, stop_reason=Stop.BOUNCED)
    )


def warn_unvisited(now: dt.datetime) -> int:
    """Tell the people of alerts that stop in thirty days, once; return how many."""
    limit = now - dt.timedelta(days=UNVISITED_DAYS - WARNED_BEFORE_DAYS)
    due = db.session.scalars(
        select(Alert)
        .where(queries.is_active(), Alert.kept_at <= limit, Alert.warned_at.is_(None))
        .with_for_update(skip_locked=True)
    ).all()
    for alert in due:
        alert.warned_at = now
        enqueue("alert.ending", now=now, alert_id=alert.id)
    return len(due)


def ends_at(alert: Alert) -> dt.datetime:
    """Return when an alert stops if nobody keeps it: whoever was told late has her thirty days."""
    start = alert.kept_at or alert.asked_at
    end = start + dt.timedelta(days=UNVISITED_DAYS)
    if alert.warned_at is not None:
        return max(end, alert.warned_at + dt.timedelta(days=WARNED_BEFORE_DAYS))
    return end


def stop_unvisited(now: dt.datetime) -> int:
    """Stop the alerts that nobody kept after they were told; return how many."""
    return _count(
        update(Alert)
        .where(
            Alert.confirmed_at.is_not(None),
            Alert.stopped_at.is_(None),
            Alert.kept_at <= now - dt.timedelta(days=UNVISITED_DAYS),
            # A paused alert is told nothing: its person knows.
            or_(
                Alert.paused_at.is_not(None),
                Alert.warned_at <= now - dt.timedelta(days=WARNED_BEFORE_DAYS),
            ),
        )
        .values(stopped_at=now, stop_reason=Stop.UNVISITED)
    )


def purge_alerts(now: dt.datetime) -> int:
    """Erase the requests nobody confirmed and the alerts that stopped; return how many."""
    unconfirmed = now - dt.timedelta(days=UNCONFIRMED_KEPT_DAYS)
    stopped = now - dt.timedelta(days=STOPPED_KEPT_DAYS)
    return _count(
        delete(Alert).where(
            or_(
                and_(Alert.confirmed_at.is_(None), Alert.asked_at < unconfirmed),
                Alert.stopped_at < stopped,
            )
        )
    )


def _count(statement: object) -> int:
    result = db.session.execute(
        statement.execution_options(synchronize_session=False)  # type: ignore[attr-defined]
    )
    return int(result.rowcount)  # type: ignore[attr-defined]
